"""The ARNs of groups and sampling rules, what each call touches, and the account's resource policies."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.policy import principals
from cloudarium.policy.grammar import statements
from cloudarium.services.xray import records
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICY_TOPIC = records.POLICIES
DEFAULT = "Default"


def group_arn(scope: Scope, group: records.Group) -> str:
    """The ARN of a group; that of the default one has no suffix."""
    return arns.make("xray", scope, f"group/{group.name}" + (f"/{group.suffix}" if group.suffix else ""))


def rule_arn(scope: Scope, name: str) -> str:
    """The ARN of a sampling rule."""
    return arns.make("xray", scope, f"sampling-rule/{name}")


def name_in(arn: object, kind: str, own: Scope) -> str | None:
    """The name in the ARN of a group or sampling rule of the own account and region, None when it is none."""
    parsed = arns.parse(arn)
    if parsed is None or parsed.service != "xray" or Scope(parsed.account, parsed.region) != own:
        return None
    found, _, rest = parsed.resource.partition("/")
    return rest.partition("/")[0] if found == kind and rest else None


# ---- What a call touches ---------------------------------------------------------------------------------------------


def group(call: Call) -> str:
    """The group that a call names, by name or ARN."""
    given = call.input.get("GroupARN")
    if given:
        return str(given)
    name = str(call.input.get("GroupName", ""))
    found = records.find_group(call.store, call.scope, name)
    return arns.make("xray", call.scope, f"group/{name}/*") if found is None else group_arn(call.scope, found)


def rule(call: Call) -> str:
    """The sampling rule that a call names, by name or ARN."""
    given: Any = call.input
    for member in ("SamplingRule", "SamplingRuleUpdate"):
        if isinstance(call.input.get(member), dict):
            given = call.input[member]
    return str(given.get("RuleARN") or rule_arn(call.scope, str(given.get("RuleName", ""))))


def tagged(call: Call) -> str:
    """The ARN that a tagging call names."""
    return str(call.input.get("ResourceARN", ""))


def written(call: Call) -> str:
    """Segments have no ARN; for AWS's services the account's own resource policies decide."""
    return arns.make("xray", call.scope, "*") if call.principal.kind == "service" else "*"


def policy_name(call: Call) -> dict[str, Any]:
    """The condition key of the operations on resource policies."""
    name = call.input.get("PolicyName")
    return {"xray:ResourcePolicyName": name} if isinstance(name, str) else {}


def destination(call: Call) -> dict[str, Any]:
    """The condition key of the operation that says where segments are kept."""
    wanted = call.input.get("Destination")
    return {"xray:TraceSegmentDestination": wanted} if isinstance(wanted, str) else {}


# ---- Policies --------------------------------------------------------------------------------------------------------


def resource_policy(call: Call, resource: str) -> str | None:
    """The account's own resource policies, as one.

    Source: https://docs.aws.amazon.com/xray/latest/api/API_PutResourcePolicy.html
    """
    parsed = arns.parse(resource)
    if parsed is None or parsed.resource != "*":
        return None
    own = records.policies(call.store, Scope(parsed.account, parsed.region))
    found = [statement for policy in own for statement in statements(json.loads(policy.document))]
    return json.dumps({"Version": "2012-10-17", "Statement": found}) if found else None


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the resource policies that name the principal `old` name it `new`."""
    for scope, policy in records.policies_on(store, old.split(":")[4]):
        document = principals.renamed(policy.document, old, new)
        if document != policy.document:
            records.put_policy(store, scope, policy._replace(document=document))
