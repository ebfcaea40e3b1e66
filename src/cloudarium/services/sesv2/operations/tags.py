"""Tags of identities, templates, configuration sets and contact lists."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import identities
from cloudarium.mail.desk import Desk
from cloudarium.services.sesv2 import errors, resources
from cloudarium.shared import arn as arns
from cloudarium.shared import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_BUILT = ("identity", "template", "configuration-set", "contact-list", "custom-verification-email-template")


def checked(desk: Desk, given: list[dict[str, str]] | None) -> dict[str, str]:
    """The tags of a list. Raises for what no tag may be."""
    found = tags.from_list(given)
    wrong = tags.problem(found)
    if wrong:
        raise desk.invalid(wrong)
    return found


def shown(call: Call, arn: str) -> list[dict[str, str]]:
    """The tags of a resource as a list."""
    return tags.to_list(call.tags.of(arn))


def _arn(call: Call) -> str:
    """The ARN that tags are kept under. Raises when there is no such resource."""
    desk, given = resources.desk(call), call.input["ResourceArn"]
    parsed = arns.parse(given)
    if parsed is None or parsed.service != "ses":
        raise desk.invalid(f"Failed to parse the ARN {given[:300]}.")
    kind, _, name = parsed.resource.partition("/")
    if kind not in _BUILT:
        raise NotBuilt(f"sesv2: tags of a {kind[:100]}")
    name = identities.normal(name) if kind == "identity" else name
    if (parsed.account, parsed.region) != tuple(call.scope) or desk.get(kind, name) is None:
        raise errors.NotFound(f"Resource {given[:300]} does not exist.")
    return arns.make("ses", call.scope, f"{kind}/{name}")


@operation("TagResource", on=resources.tagged)
def tag_resource(call: Call) -> Data:
    """Add tags, or change their values."""
    desk, arn = resources.desk(call), _arn(call)
    new = checked(desk, call.input["Tags"])
    kept = {key: value for key, value in {**call.tags.of(arn), **new}.items() if not key.startswith("aws:")}
    checked(desk, tags.to_list(kept))  # together they must not be too many; a stack's own do not count
    call.tags.put(arn, new)
    return {}


@operation("UntagResource", on=resources.tagged)
def untag_resource(call: Call) -> Data:
    """Take tags away."""
    call.tags.remove(_arn(call), call.input["TagKeys"])
    return {}


@operation("ListTagsForResource", on=resources.tagged)
def list_tags_for_resource(call: Call) -> Data:
    """The tags of a resource."""
    return {"Tags": shown(call, _arn(call))}
