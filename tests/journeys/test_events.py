"""Events by unmodified clients: the AWS CLI in version 2, and the SDK for JavaScript."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients.tools import Shell

PROGRAM = Path(__file__).parent / "javascript" / "events.cjs"


def test_events_by_the_sdk_for_javascript(shell: Shell, account: str) -> None:
    said = json.loads(shell.node(PROGRAM, account))
    assert said["failed"] == [1, "MalformedDetail"]
    assert said["got"] == ['{"price":6}']
    assert said["rules"] == [["Events-Archive-kept", "prod.vhs.events.aws.internal"], ["dear", None]]
    assert said["kept"] == [2, True]
    assert said["managed"] == {"name": "ManagedRuleException", "known": True, "status": 400}
    assert said["missing"] == {"name": "ResourceNotFoundException", "known": True, "status": 400}


def test_what_a_developer_types(shell: Shell, account: str) -> None:
    pattern = json.dumps({"source": ["shop"]})
    arn = json.loads(shell.aws_v2("events", "put-rule", "--name", "r", "--event-pattern", pattern))["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:{account}:rule/r"
    entry = json.dumps([{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    assert json.loads(shell.aws_v2("events", "put-events", "--entries", entry))["FailedEntryCount"] == 0
    [rule] = json.loads(shell.aws_v2("events", "list-rules"))["Rules"]
    assert (rule["Name"], rule["EventPattern"]) == ("r", pattern)
    groups = json.loads(shell.aws_v2("scheduler", "list-schedule-groups"))["ScheduleGroups"]
    assert [group["Name"] for group in groups] == ["default"]
