"""The ARNs of Lambda, and what each call touches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.services.lambda_ import records
from cloudarium.services.lambda_.records import event_sources
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.vpc import records as network_records

POLICY_TOPIC = records.POLICIES

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)
_LAYER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[a-zA-Z0-9_-]+)"
    r"(?::(?P<number>\d{1,15}))?"
)


class FunctionName(NamedTuple):
    """What a FunctionName stands for; `qualifier` is empty when none was said."""

    scope: Scope
    name: str
    qualifier: str

    @property
    def arn(self) -> str:
        """The ARN, with the qualifier if there is one."""
        return function_arn(self.scope, self.name, self.qualifier)


def function_arn(scope: Scope, name: str, qualifier: str = "") -> str:
    """The ARN of a function, version or alias."""
    return arns.make("lambda", scope, f"function:{name}" + (f":{qualifier}" if qualifier else ""))


def layer_arn(scope: Scope, name: str, number: int | None = None) -> str:
    """The ARN of a layer or layer version."""
    return arns.make("lambda", scope, f"layer:{name}" + ("" if number is None else f":{number}"))


def parse_function(text: object, own: Scope) -> FunctionName:
    """Read a name, partial ARN or ARN; anything else becomes a name that no function has."""
    match = _NAME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return FunctionName(own, str(text or ""), "")
    scope = Scope(match["account"] or own.account, match["region"] or own.region)
    return FunctionName(scope, match["name"], match["qualifier"] or "")


def parse_layer(text: object, own: Scope) -> tuple[Scope, str, int | None]:
    """Read a layer's name, ARN or version ARN."""
    match = _LAYER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return own, str(text or ""), None
    number = int(match["number"]) if match["number"] else None
    return Scope(match["account"], match["region"]), match["name"], number


def named(call: Call) -> FunctionName:
    """The function that a call names; its Qualifier counts when the name has none."""
    found = parse_function(call.input.get("FunctionName"), call.scope)
    qualifier = call.input.get("Qualifier")
    if not found.qualifier and isinstance(qualifier, str):
        return found._replace(qualifier=qualifier)
    return found


# ---- what calls touch: `on=` -----------------------------------------------------------------------------------------


def function(call: Call) -> str:
    """The function as a whole."""
    return named(call)._replace(qualifier="").arn


def qualified(call: Call) -> str:
    """The function, version or alias that is named."""
    return named(call).arn


def alias(call: Call) -> str:
    """What the calls on aliases are checked against: the function."""
    return function(call)


def configured(call: Call) -> list[str | Need]:
    """The function, the role that is passed to it, and the layers that it takes in."""
    needs: list[str | Need] = [function(call)]
    role = call.input.get("Role")
    if isinstance(role, str) and role:
        passed = {"iam:PassedToService": "lambda.amazonaws.com", "iam:AssociatedResourceArn": function(call)}
        needs.append(Need("iam:PassRole", role, passed))
    layers = call.input.get("Layers")
    if isinstance(layers, list):
        needs += [Need("lambda:GetLayerVersion", text) for text in layers if arns.parse(text)]
    return needs


def created(call: Call) -> list[str | Need]:
    """What CreateFunction touches; tags need a permission of their own."""
    needs = configured(call)
    if call.input.get("Tags"):
        needs.append(Need("lambda:TagResource", function(call)))
    return needs


def mapping_arn(scope: Scope, uuid: str) -> str:
    """The ARN of an event source mapping."""
    return arns.make("lambda", scope, f"event-source-mapping:{uuid}")


def mapping(call: Call) -> str:
    """The event source mapping that is named."""
    return mapping_arn(call.scope, str(call.input.get("UUID", "")))


def mapped(call: Call) -> list[str | Need]:
    """What CreateEventSourceMapping touches; tags need a permission of their own, on mappings yet unnamed."""
    needs: list[str | Need] = ["*"]
    if call.input.get("Tags"):
        needs.append(Need("lambda:TagResource", mapping_arn(call.scope, "*")))
    return needs


def signing_arn(scope: Scope, id: str) -> str:
    """The ARN of a code signing configuration."""
    return arns.make("lambda", scope, f"code-signing-config:{id}")


def signing(call: Call) -> str:
    """The code signing configuration that is named."""
    return str(call.input.get("CodeSigningConfigArn", ""))


def new_signing(call: Call) -> list[str | Need]:
    """What CreateCodeSigningConfig touches; tags need a permission of their own, on what is yet unnamed."""
    needs: list[str | Need] = ["*"]
    if call.input.get("Tags"):
        needs.append(Need("lambda:TagResource", signing_arn(call.scope, "*")))
    return needs


def layer(call: Call) -> str:
    """The layer that is named."""
    scope, name, _ = parse_layer(call.input.get("LayerName"), call.scope)
    return layer_arn(scope, name)


def layer_version(call: Call) -> str:
    """The layer version that is named, by name and number or by ARN."""
    if "Arn" in call.input:
        return str(call.input["Arn"])
    scope, name, _ = parse_layer(call.input.get("LayerName"), call.scope)
    number = call.input.get("VersionNumber")
    return layer_arn(scope, name, number if isinstance(number, int) else 0)


def tagged(call: Call) -> str:
    """The resource that a tagging call names."""
    return str(call.input.get("Resource", ""))


# ---- what authorize asks ---------------------------------------------------------------------------------------------


def resource_policy(call: Call, arn: str) -> str | None:
    """The policy of a function, version, alias or layer version."""
    found = records.find_policy(call.store, arn)
    return policy_text(found) if found is not None else None


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the policies of functions and layers that name the principal `old` name it `new`."""
    for arn, statements in records.policies_on(store, old.split(":")[4]):
        if principals.rename({"Statement": statements}, old, new):
            records.put_policy(store, arn, statements)


def policy_text(policy: records.Policy) -> str:
    """A resource policy as the document that AWS shows."""
    document = {"Version": "2012-10-17", "Id": "default", "Statement": policy.statements}
    return orjson.dumps(document).decode()


def tags_of(call: Call, arn: str) -> dict[str, str]:
    """The tags of a mapping, or of a function, which its versions and aliases share."""
    return call.tags.of(":".join(arn.split(":")[:7]))


def conditions(call: Call) -> Mapping[str, Any]:
    """The condition keys of Lambda's own that a call's input gives."""
    given = call.input
    found: dict[str, Any] = {}
    for key, member in _FROM_INPUT.items():
        if isinstance(given.get(member), str):
            found[key] = given[member]
    network = given.get("VpcConfig")
    for key, held, member in (
        ("lambda:Layer", given, "Layers"),
        ("lambda:SubnetIds", network, "SubnetIds"),
        ("lambda:SecurityGroupIds", network, "SecurityGroupIds"),
    ):
        listed = held.get(member) if isinstance(held, dict) else None
        if isinstance(listed, list) and listed:
            found[key] = [text for text in listed if isinstance(text, str)]
    if "lambda:SubnetIds" in found:
        rows = (network_records.find(call.store, call.scope, "subnet", id) for id in found["lambda:SubnetIds"])
        found["lambda:VpcIds"] = list(dict.fromkeys(row["VpcId"] for row in rows if row is not None))
    if call.operation_name == "RemovePermission":
        found.update(_removed(call))
    if call.operation_name.endswith("EventSourceMapping"):
        found.update(_of_mapping(call))
    return found


def _of_mapping(call: Call) -> Iterator[tuple[str, Any]]:
    """The function that a mapping leads to, as it is or is to be."""
    if isinstance(call.input.get("FunctionName"), str):
        yield "lambda:FunctionArn", parse_function(call.input["FunctionName"], call.scope).arn
        return
    found = event_sources.find(call.store, call.scope, str(call.input.get("UUID", "")))
    if found is not None:
        yield "lambda:FunctionArn", function_arn(found.scope, found.name, found.qualifier)


_FROM_INPUT = {
    "lambda:Principal": "Principal",
    "lambda:FunctionUrlAuthType": "FunctionUrlAuthType",
    "lambda:CodeSigningConfigArn": "CodeSigningConfigArn",
}


def _removed(call: Call) -> Iterator[tuple[str, Any]]:
    """What the statement that RemovePermission takes away says."""
    policy = records.find_policy(call.store, named(call).arn)
    for statement in policy.statements if policy is not None else ():
        if statement["Sid"] == call.input.get("StatementId"):
            principal = statement["Principal"]
            yield "lambda:Principal", principal if isinstance(principal, str) else next(iter(principal.values()))
            condition = statement.get("Condition", {}).get("StringEquals", {})
            if "lambda:FunctionUrlAuthType" in condition:
                yield "lambda:FunctionUrlAuthType", condition["lambda:FunctionUrlAuthType"]
