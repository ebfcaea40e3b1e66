"""Calls of EventBridge that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

PATTERN = '{"source": ["shop"]}'
TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "Tags of a new resource need events:TagResource (EventBridge User Guide, identity-based policies)."
PASSED = "A target's or rule's role is passed to EventBridge (EventBridge User Guide, using IAM roles)."
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"},
}
BASIC = {
    "AuthorizationType": "BASIC",
    "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}},
}
ENDPOINT = {"InvocationEndpoint": "https://localhost/x", "HttpMethod": "POST"}


def bus(at: Stage, name: str = "") -> str:
    """The ARN of a new bus, named as the operation."""
    return str(at.root().create_event_bus(Name=name or at.name)["EventBusArn"])


def rule(at: Stage, **settings: Any) -> str:
    """The ARN of a new rule on the default bus, named as the operation."""
    return str(at.root().put_rule(Name=at.name, EventPattern=PATTERN, **settings)["RuleArn"])


def role(at: Stage) -> str:
    """The ARN of a role that EventBridge may assume."""
    given = {"RoleName": "for-events", "AssumeRolePolicyDocument": json.dumps(TRUST)}
    return str(at.root("iam").create_role(**given)["Role"]["Arn"])


# ---- buses -----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateEventBus")
def create_event_bus(at: Stage) -> Case:
    arn = at.arn(f"event-bus/{at.name}")
    return Case({"Name": at.name, "Tags": TAGS}, arn, also=[Also("events:TagResource", arn, TAGGED)])


@EXAMPLES("DescribeEventBus", "UpdateEventBus", "DeleteEventBus")
def by_bus(at: Stage) -> Case:
    return Case({"Name": at.name}, bus(at))


@EXAMPLES("ListEventBuses", "ListConnections", "ListApiDestinations", "ListArchives", "ListReplays", "ListRules")
def listing(at: Stage) -> Case:
    return Case({})


@EXAMPLES("PutPermission")
def put_permission(at: Stage) -> Case:
    bus(at)
    given = {"Action": "events:PutEvents", "Principal": "111122223333", "StatementId": "s", "EventBusName": at.name}
    return Case(given)


@EXAMPLES("RemovePermission")
def remove_permission(at: Stage) -> Case:
    bus(at)
    return Case({"RemoveAllPermissions": True, "EventBusName": at.name})


# ---- rules and targets -----------------------------------------------------------------------------------------------


@EXAMPLES("PutRule")
def put_rule(at: Stage) -> Case:
    arn, passed = at.arn(f"rule/{at.name}"), at.once(role)
    also = [Also("events:TagResource", arn, TAGGED), Also("iam:PassRole", passed, PASSED)]
    return Case({"Name": at.name, "EventPattern": PATTERN, "Tags": TAGS, "RoleArn": passed}, arn, also=also)


@EXAMPLES("DescribeRule", "EnableRule", "DisableRule", "DeleteRule")
def by_rule(at: Stage) -> Case:
    return Case({"Name": at.name}, rule(at))


@EXAMPLES("DescribeRule", variant="bus")
def by_rule_of_a_bus(at: Stage) -> Case:
    bus(at)
    return Case({"Name": at.name, "EventBusName": at.name}, rule(at, EventBusName=at.name))


@EXAMPLES("PutTargets")
def put_targets(at: Stage) -> Case:
    passed = at.once(role)
    target = {"Id": "t", "Arn": at.arn("queue", "sqs"), "RoleArn": passed}
    also = [Also("iam:PassRole", passed, PASSED)]
    return Case({"Rule": at.name, "Targets": [target]}, rule(at), also=also)


@EXAMPLES("ListTargetsByRule")
def list_targets_by_rule(at: Stage) -> Case:
    return Case({"Rule": at.name}, rule(at))


@EXAMPLES("RemoveTargets")
def remove_targets(at: Stage) -> Case:
    arn = rule(at)
    at.root().put_targets(Rule=at.name, Targets=[{"Id": "t", "Arn": at.arn("queue", "sqs")}])
    return Case({"Rule": at.name, "Ids": ["t"]}, arn)


@EXAMPLES("ListRuleNamesByTarget")
def list_rule_names_by_target(at: Stage) -> Case:
    foreign = "The ARN is what the caller's own rules are searched for, in whatever account the target is."
    return Case({"TargetArn": at.arn("queue", "sqs")}, foreign=foreign)


# ---- events ----------------------------------------------------------------------------------------------------------


@EXAMPLES("PutEvents")
def put_events(at: Stage) -> Case:
    arn = bus(at)
    return Case({"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": at.name}]}, arn)


@EXAMPLES("TestEventPattern")
def test_event_pattern(at: Stage) -> Case:
    event = {"id": "1", "source": "shop", "detail-type": "t", "account": "1", "region": "r", "time": "t"}
    return Case({"EventPattern": PATTERN, "Event": json.dumps(event)})


# ---- archives and replays --------------------------------------------------------------------------------------------


@EXAMPLES("CreateArchive")
def create_archive(at: Stage) -> Case:
    source = bus(at)
    return Case({"ArchiveName": at.name, "EventSourceArn": source}, [at.arn(f"archive/{at.name}"), source])


@EXAMPLES("DescribeArchive", "UpdateArchive", "DeleteArchive")
def by_archive(at: Stage) -> Case:
    answer = at.root().create_archive(ArchiveName=at.name, EventSourceArn=bus(at))
    more = {"RetentionDays": 1} if at.operation == "UpdateArchive" else {}
    return Case({"ArchiveName": at.name, **more}, answer["ArchiveArn"])


def replay(at: Stage) -> dict[str, Any]:
    """What a replay is started with, of a new archive."""
    source = bus(at)
    archive = at.root().create_archive(ArchiveName=at.name, EventSourceArn=source)["ArchiveArn"]
    span = {"EventStartTime": 1_700_000_000, "EventEndTime": 1_700_000_001}
    return {"ReplayName": at.name, "EventSourceArn": archive, "Destination": {"Arn": source}, **span}


@EXAMPLES("StartReplay")
def start_replay(at: Stage) -> Case:
    given = replay(at)
    arns = [at.arn(f"replay/{at.name}"), given["EventSourceArn"], given["Destination"]["Arn"]]
    return Case(given, arns)


@EXAMPLES("DescribeReplay")
def describe_replay(at: Stage) -> Case:
    return Case({"ReplayName": at.name}, at.root().start_replay(**replay(at))["ReplayArn"])


@EXAMPLES("CancelReplay")
def cancel_replay(at: Stage) -> Case:
    arn = at.root().start_replay(**replay(at))["ReplayArn"]
    return Case({"ReplayName": at.name}, arn)


# ---- connections and API destinations --------------------------------------------------------------------------------


@EXAMPLES("CreateConnection")
def create_connection(at: Stage) -> Case:
    return Case({"Name": at.name, **BASIC}, at.arn(f"connection/{at.name}"))


def connection(at: Stage) -> str:
    """The ARN of a new connection."""
    return str(at.root().create_connection(Name=at.name, **BASIC)["ConnectionArn"])


@EXAMPLES("DescribeConnection", "UpdateConnection", "DeauthorizeConnection", "DeleteConnection")
def by_connection(at: Stage) -> Case:
    connection(at)
    more = {"Description": "d"} if at.operation == "UpdateConnection" else {}
    return Case({"Name": at.name, **more}, at.arn(f"connection/{at.name}"))


@EXAMPLES("CreateApiDestination")
def create_api_destination(at: Stage) -> Case:
    over = connection(at)
    given = {"Name": at.name, "ConnectionArn": over, **ENDPOINT}
    return Case(given, [at.arn(f"api-destination/{at.name}"), over])


@EXAMPLES("DescribeApiDestination", "UpdateApiDestination", "DeleteApiDestination")
def by_api_destination(at: Stage) -> Case:
    at.root().create_api_destination(Name=at.name, ConnectionArn=connection(at), **ENDPOINT)
    return Case({"Name": at.name}, at.arn(f"api-destination/{at.name}"))


# ---- tags ------------------------------------------------------------------------------------------------------------


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    arn = rule(at)
    return Case({"ResourceARN": arn, "Tags": TAGS}, arn)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    arn = bus(at)
    return Case({"ResourceARN": arn, "TagKeys": ["team"]}, arn)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    arn = rule(at)
    return Case({"ResourceARN": arn}, arn)
