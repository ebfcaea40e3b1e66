"""The ARNs of parameters: the name's leading slash is the slash of `parameter/`."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope

_PREFIX = "parameter"

TAG_KEYS = ("ssm:resourceTag",)


def parameter_arn(scope: Scope, name: str) -> str:
    """The ARN of a parameter; its tags are kept under it."""
    return arn.make("ssm", scope, _PREFIX + (name if name.startswith("/") else f"/{name}"))


def split(text: str) -> tuple[str, str]:
    """A name (or ARN) and its selector: /a/b:3 → (/a/b, 3); the selector is "" when there is none."""
    if text.startswith("arn:"):
        head, colon, rest = text.partition(f":{_PREFIX}/")
        name, _, selector = rest.partition(":")
        return f"{head}{colon}{name}", selector
    name, _, selector = text.partition(":")
    return name, selector


def locate(text: str, own: Scope) -> tuple[Scope, list[str]]:
    """The scope and the possible names that a name or ARN stands for: a flat name may have its leading slash or not."""
    parsed = arn.parse(text)
    if parsed is None or not parsed.resource.startswith(f"{_PREFIX}/"):
        return own, _spellings(text)
    name = parsed.resource.removeprefix(_PREFIX)
    return Scope(parsed.account, parsed.region), _spellings(name)


def _spellings(name: str) -> list[str]:
    bare = name.removeprefix("/")
    if "/" in bare:
        return [name]
    return [name, bare if name.startswith("/") else f"/{bare}"]


def _arn_of(call: Call, text: object) -> str:
    name = split(text)[0] if isinstance(text, str) else ""
    return name if name.startswith("arn:") else parameter_arn(call.scope, name)


def parameter(call: Call) -> str:
    """The parameter that a call names."""
    return _arn_of(call, call.input.get("Name"))


def new_parameter(call: Call) -> list[str | Need]:
    """A parameter to put; tagging it on the way needs the permission to tag."""
    own = parameter(call)
    return [own, Need("ssm:AddTagsToResource", own)] if call.input.get("Tags") else [own]


def parameters(call: Call) -> list[str]:
    """The parameters that a call names."""
    names = call.input.get("Names")
    return [_arn_of(call, name) for name in names] if isinstance(names, list) and names else [parameter(call)]


def path(call: Call) -> str:
    """The hierarchy that a call reads."""
    return parameter_arn(call.scope, str(call.input.get("Path", "")))


def everything(call: Call) -> str:
    """What a listing of all parameters is checked against."""
    return arn.make("ssm", call.scope, "*")


def tagged(call: Call) -> str:
    """The parameter that a tagging call names."""
    return _arn_of(call, call.input.get("ResourceId"))


def conditions(call: Call) -> dict[str, Any]:
    """Parameter Store's own condition keys: ssm:Overwrite and ssm:Recursive with their defaults, ssm:Policies."""
    given = call.input
    found: dict[str, Any] = {
        "ssm:Overwrite": given.get("Overwrite") is True,
        "ssm:Recursive": given.get("Recursive") is True,
    }
    if given.get("Policies"):
        found["ssm:Policies"] = given["Policies"]
    return found
