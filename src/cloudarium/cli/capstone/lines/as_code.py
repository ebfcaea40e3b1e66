"""Line 1: everything is in the template, and nothing was changed beside it.

What another line answers for (an alarm that is gone, a route that lost its authorizer) is left to that line.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from cloudarium.cli.capstone import inventory
from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.lines import own_policies
from cloudarium.cli.capstone.lines.resolved import differences, listed, text
from cloudarium.cli.capstone.stack import Stack

_SAM = "AWS::Serverless-2016-10-31"
_AGAIN = "put it into capstone/template.yaml and deploy, or undo it by hand"
_DEPLOY = "cloudarium deploy capstone/template.yaml --stack-name {}"
_OF_OTHER_LINES = (
    "AWS::ApiGatewayV2::", "AWS::Cognito::", "AWS::CloudWatch::Alarm", "AWS::ElastiCache::", "AWS::SNS::",
    "AWS::SecretsManager::", "AWS::Lambda::EventSourceMapping",
)  # fmt: skip


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """The stack is whole, from a SAM template; its policies, routes and event sources are the template's own."""
    _stack(stack, found)
    if stack.status.startswith("DELETE_"):
        return  # what is gone with it need not be told one by one
    _resources(stack, found)
    statements = _roles(stack, found)
    _own_policies(stack, found)
    _beside(stack, found)
    found.sum = f"{len(stack.resources)} resources from one SAM template, {statements} policy statements without a *"


def _stack(stack: Stack, found: Found) -> None:
    transform = stack.code.get("Transform", [])
    if _SAM not in (transform if isinstance(transform, list) else [transform]):
        found.breaks(f"the template of {stack.arn} is not SAM's", f"Transform: {_SAM} belongs at its top")
    if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        again = f"cloudarium capstone down --stack-name {stack.name}, when its reason is mended"
        is_going = stack.status.startswith("DELETE_")
        found.breaks(f"{stack.arn} is {stack.status}", again if is_going else _DEPLOY.format(stack.name))
    found.saw(f"stack {stack.arn}, {stack.status}, transform {_SAM}")


def _resources(stack: Stack, found: Found) -> None:
    for each in stack.resources:
        if not each.status.endswith("_COMPLETE"):
            found.breaks(f"{each.logical} ({each.kind}) is {each.status}", _DEPLOY.format(stack.name))
    there = inventory.ids(stack.reach, {each.kind for each in stack.resources})
    for each in stack.resources:
        gone = each.kind in there and each.listed not in there[each.kind]
        if gone and not each.kind.startswith(_OF_OTHER_LINES):
            found.breaks(
                f"{each.logical} ({each.kind} {each.id}) is in the stack and no longer there",
                f"cloudarium capstone down, then up: a stack does not see what was deleted by hand ({each.logical})",
            )
    services = Counter(each.kind.split("::")[1] for each in stack.resources)
    found.saw(", ".join(f"{count} {service}" for service, count in services.most_common()))


# ---- Policies -------------------------------------------------------------------------------------------------------


def _roles(stack: Stack, found: Found) -> int:
    """How many statements the roles' own policies have."""
    count, by_code = 0, stack.processed["Resources"]
    for role in stack.of("AWS::IAM::Role"):
        deployed = _inline(stack, role.id)
        count += sum(len(each) for each in deployed.values())
        sids = [each.get("Sid") or text(each.get("Action")) for statements in deployed.values() for each in statements]
        found.saw(f"{role.id}: {', '.join(sids) or 'AWS-managed policies alone'}")
        wanted = by_code.get(role.logical, {}).get("Properties", {})
        for told in [
            *differences(deployed, wanted.get("Policies", []), stack.names),
            *_attached(stack, role.id, wanted),
        ]:
            found.breaks(f"the role {role.id} is not as the template has it: {told}", _AGAIN)
        for policy, statements in deployed.items():
            for statement in filter(_is_wide, statements):
                action, resource = statement.get("Action"), statement.get("Resource")
                found.breaks(
                    f"{policy} of {role.id} allows {text(action)} on {text(resource)}",
                    "name the actions and resources that the function needs; cloudarium journal shows what it calls",
                )
    found.saw(f"{len(stack.of('AWS::IAM::Role'))} roles, their {count} statements as in the template")
    return count


def _inline(stack: Stack, role: str) -> dict[str, list[dict[str, Any]]]:
    iam = stack.reach("iam")
    try:
        names = stack.reach.all("iam", "list_role_policies", "PolicyNames", RoleName=role)
    except iam.exceptions.NoSuchEntityException:
        return {}  # that the role is gone is said already
    return {
        name: listed(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"])
        for name in names
    }


def _own_policies(stack: Stack, found: Found) -> None:
    for told in [*own_policies.invokers(stack), *own_policies.bucket_policies(stack, stack.names)]:
        found.breaks(told, _AGAIN)
    permissions, buckets = len(stack.of("AWS::Lambda::Permission")), len(stack.of("AWS::S3::BucketPolicy"))
    found.saw(f"{permissions} permissions to invoke functions and {buckets} policies of buckets, held against it too")


def _attached(stack: Stack, role: str, wanted: dict[str, Any]) -> list[str]:
    by_code = {each for each in wanted.get("ManagedPolicyArns", []) if isinstance(each, str)}
    try:
        there = set(
            stack.reach.all("iam", "list_attached_role_policies", "AttachedPolicies[].PolicyArn", RoleName=role)
        )
    except stack.reach("iam").exceptions.NoSuchEntityException:
        return []
    gone = [f"{arn} is detached" for arn in sorted(by_code - there)]
    return gone + [f"{arn} is attached by hand" for arn in sorted(there - by_code)]


def _is_wide(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    actions, resources = listed(statement.get("Action", [])), listed(statement.get("Resource", []))
    return any(each == "*" or each.endswith(":*") for each in actions) or "*" in resources


# ---- What came beside it --------------------------------------------------------------------------------------------


def _beside(stack: Stack, found: Found) -> None:
    by_code = stack.routes_by_code()
    for route in stack.routes:
        if route["RouteKey"] not in by_code:
            found.breaks(f"the route {route['RouteKey']} of {route['ApiId']} is not in the template", _AGAIN)
    known = set(stack.ids("AWS::Lambda::EventSourceMapping"))
    arns = {each["FunctionArn"] for each in stack.functions}
    mappings = stack.reach.all("lambda", "list_event_source_mappings", "EventSourceMappings")
    for each in mappings:
        if each["FunctionArn"] in arns and each["UUID"] not in known:
            found.breaks(f"the event source mapping {each['UUID']} is not in the template", _AGAIN)
    found.saw(f"{len(by_code)} routes and {len(known)} event source mappings, none beside the template")
