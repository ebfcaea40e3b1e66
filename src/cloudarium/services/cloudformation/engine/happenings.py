"""Stack events: what happened, in the API's members."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.happenings import tell
from cloudarium.services.cloudformation.records import events
from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.services.cloudformation.template.parameters import MASK
from cloudarium.shared import clock, ids
from cloudarium.store import Store

OWN_SERVICE = "cloudformation"
STACK_TYPE = "AWS::CloudFormation::Stack"


def of_stack(store: Store, stack: Stack, status: str, reason: str | None, now: float, token: str | None) -> None:
    """Record that the stack itself has come to a status."""
    now = _next_moment(store, stack, now)
    _add(store, stack, ids.uuid(), stack.name, stack.arn, STACK_TYPE, status, reason, now, token, None)


def of_resource(
    store: Store,
    stack: Stack,
    row: ResourceRow,
    status: str,
    reason: str | None,
    now: float,
    token: str | None,
    hidden: list[str],
) -> None:
    """Record that a resource has come to a status."""
    now = _next_moment(store, stack, now)
    id = f"{row.logical}-{status}-{clock.iso_millis(now)}"
    shown = json.dumps(_masked(row.properties, hidden), separators=(",", ":")) if row.properties else None
    _add(store, stack, id, row.logical, row.physical, row.type, status, reason, now, token, shown)


def _next_moment(store: Store, stack: Stack, now: float) -> float:
    """`now`, or a millisecond past the last event: clients tell events apart and put them in order by their times."""
    last = events.page(store, stack.arn, None, 1)
    earliest = round(last[0][1]["Timestamp"] * 1000) + 1 if last else 0
    return max(int(now * 1000), earliest) / 1000


def _add(
    store: Store,
    stack: Stack,
    id: str,
    logical: str,
    physical: str,
    kind: str,
    status: str,
    reason: str | None,
    now: float,
    token: str | None,
    properties: str | None,
) -> None:
    event: dict[str, Any] = {
        "StackId": stack.arn,
        "EventId": id,
        "StackName": stack.name,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "ResourceType": kind,
        "Timestamp": now,
        "ResourceStatus": status,
    }
    for name, value in (
        ("ResourceStatusReason", reason),
        ("ResourceProperties", properties),
        ("ClientRequestToken", token),
    ):
        if value is not None:
            event[name] = value
    events.add(store, stack.arn, event)
    _tell(store, stack, event)


def _tell(store: Store, stack: Stack, event: dict[str, Any]) -> None:
    """Source: AWSCloudFormation/latest/UserGuide/eventbridge-events-reference.html."""
    detail: dict[str, Any] = {
        "stack-id": stack.arn,
        "status-details": {"status": event["ResourceStatus"], "status-reason": event.get("ResourceStatusReason", "")},
        "client-request-token": event.get("ClientRequestToken", ""),
    }
    kind = "CloudFormation Stack Status Change"
    if event["PhysicalResourceId"] != stack.arn:
        kind = "CloudFormation Resource Status Change"
        detail["logical-resource-id"] = event["LogicalResourceId"]
        detail["physical-resource-id"] = event["PhysicalResourceId"]
        detail["resource-type"] = event["ResourceType"]
    tell(store, stack.scope, "aws.cloudformation", kind, detail, [stack.arn], event["Timestamp"])


def _masked(value: Any, hidden: list[str]) -> Any:
    """`value` with the values of NoEcho parameters made unreadable."""
    if not hidden:
        return value
    if isinstance(value, str):
        for secret in hidden:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {key: _masked(member, hidden) for key, member in value.items()}
    if isinstance(value, list):
        return [_masked(item, hidden) for item in value]
    return value
