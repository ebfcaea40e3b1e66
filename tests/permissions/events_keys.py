"""The condition keys of EventBridge, and the calls by which each is tried."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team


def rule(pattern: dict[str, Any]) -> Callable[[Team], Ask]:
    """A rule with this pattern."""
    return lambda team: ("put_rule", {"Name": team.new(), "EventPattern": json.dumps(pattern)})


def event(team: Team) -> Ask:
    """One event."""
    return "put_events", {"Entries": [{"Source": "shop", "DetailType": "sold", "Detail": "{}"}]}


def target(team: Team) -> Ask:
    """A target of a new rule."""
    name = team.new()
    team.root("events").put_rule(Name=name, EventPattern='{"source": ["x"]}')
    return "put_targets", {"Rule": name, "Targets": [{"Id": "t", "Arn": QUEUE}]}


QUEUE = "arn:aws:sqs:us-east-1:730000000002:q"
USER = {"detail": {"userIdentity": {"principalId": ["AIDA1"]}, "service": ["EC2"], "eventTypeCode": ["down"]}}
PROBES = [
    Probe("events:source", event, "shop"),
    Probe("events:detail-type", event, "sold"),
    Probe("events:eventBusInvocation", event, "false", "true", "Bool"),
    Probe("events:source", rule({"source": ["shop"]}), "shop"),
    Probe("events:detail-type", rule({"detail-type": ["sold"]}), "sold"),
    Probe("events:detail.service", rule(USER), "EC2"),
    Probe("events:detail.eventTypeCode", rule(USER), "down"),
    Probe("events:detail.userIdentity.principalId", rule(USER), "AIDA1"),
    Probe("events:creatorAccount", rule(USER), "730000000002"),
    Probe("events:TargetArn", target, QUEUE, "arn:aws:sqs:us-east-1:730000000002:other", "ArnEquals"),
]
ABSENT = {"events:ManagedBy": "Of rules that AWS's services make, and none here does."}
