"""The ARNs of EventBridge Scheduler, and what each call touches."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope

DEFAULT = "default"
SERVICE = "scheduler.amazonaws.com"


def schedule_arn(scope: Scope, group: str, name: str) -> str:
    """The ARN of a schedule."""
    return arns.make("scheduler", scope, f"schedule/{group}/{name}")


def group_arn(scope: Scope, name: str) -> str:
    """The ARN of a group."""
    return arns.make("scheduler", scope, f"schedule-group/{name}")


def schedule(call: Call) -> str:
    """The schedule that a call names."""
    return schedule_arn(call.scope, str(call.input.get("GroupName") or DEFAULT), str(call.input.get("Name", "")))


def schedule_with_role(call: Call) -> list[str | Need]:
    """The schedule, and the role that is passed to Scheduler."""
    target = call.input.get("Target")
    role = target.get("RoleArn") if isinstance(target, dict) else None
    passed = {"iam:PassedToService": SERVICE}
    return [schedule(call), *([Need("iam:PassRole", role, passed)] if isinstance(role, str) else [])]


def group(call: Call) -> str:
    """The group that a call names."""
    return group_arn(call.scope, str(call.input.get("Name", "")))


def new_group(call: Call) -> list[str | Need]:
    """A group to make, with its tags on the way."""
    own = group(call)
    return [own, Need("scheduler:TagResource", own)] if call.input.get("Tags") else [own]


def tagged(call: Call) -> str:
    """What a tagging call names."""
    return str(call.input.get("ResourceArn", ""))


def tags_of(call: Call, resource: str) -> dict[str, str]:
    """The tags of a group, which its schedules share."""
    parsed = arns.parse(resource)
    if parsed is not None and parsed.resource.startswith("schedule/"):
        return call.tags.of(group_arn(Scope(parsed.account, parsed.region), parsed.resource.split("/")[1]))
    return call.tags.of(resource)
