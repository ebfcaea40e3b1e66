"""What Parameter Store tells EventBridge, and what it says where there is none to tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from cloudarium.gateway.rooms import room
from cloudarium.services.ssm import policies, telling
from cloudarium.shared.scope import Scope

HAS_EVENTS = room("events") is not None
NOW = 1_800_000_000.0
STALE = {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "20", "Unit": "Days"}}


def ending(moment, before="15"):
    notice = {"Type": "ExpirationNotification", "Version": "1.0", "Attributes": {"Before": before, "Unit": "Hours"}}
    expires = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": moment.isoformat()}}
    return [expires, notice]


def test_when_notices_are_due():
    moment = datetime.fromtimestamp(NOW, UTC) + timedelta(days=3)
    found = policies.of(policies.read(json.dumps([*ending(moment), STALE])), NOW)
    assert found.expires == moment.timestamp()
    assert found.notices == [(moment.timestamp() - 15 * 3600, 1), (NOW + 20 * 86_400, 2)]
    assert [each["PolicyStatus"] for each in found.shown] == ["Pending"] * 3
    late = policies.of(policies.read(json.dumps(ending(moment, before="100"))), NOW)
    assert late.notices == [], "what is past already is not told"


def test_an_entry_says_what_acted():
    data = {"Type": "String", "Policies": [{"PolicyType": "NoChangeNotification", "PolicyText": json.dumps(STALE)}]}
    entry = telling.action(Scope("123456789012", "us-east-1"), "/a", data, 0)
    detail = entry.pop("Detail")
    assert entry == {
        "Source": "aws.ssm",
        "DetailType": "Parameter Store Policy Action",
        "Resources": ["arn:aws:ssm:us-east-1:123456789012:parameter/a"],
    }
    assert (detail["parameter-name"], detail["policy-type"]) == ("/a", "NoChangeNotification")


@pytest.mark.skipif(HAS_EVENTS, reason="there is an EventBridge")
def test_policies_that_notify_are_refused_where_nobody_hears(client):
    ssm = client("ssm")
    with pytest.raises(ClientError) as caught:
        ssm.put_parameter(Name="a", Value="v", Type="String", Tier="Advanced", Policies=json.dumps([STALE]))
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "EventBridge" in caught.value.response["Error"]["Message"]
    assert ssm.describe_parameters()["Parameters"] == []


@pytest.mark.skipif(not HAS_EVENTS, reason="EventBridge is not built")
def test_a_rule_hears_changes_and_policies(fresh_cloud):
    ssm, events, logs = (fresh_cloud.client(service) for service in ("ssm", "events", "logs"))
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/heard"
    logs.create_log_group(logGroupName="/aws/events/heard")
    who = {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    allow = {"Effect": "Allow", "Principal": who, "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
             "Resource": f"{group}:*"}  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    logs.put_resource_policy(policyName="events", policyDocument=document)
    events.put_rule(Name="ssm", EventPattern=json.dumps({"source": ["aws.ssm"]}))
    events.put_targets(Rule="ssm", Targets=[{"Id": "q", "Arn": group}])
    seen: set[str] = set()

    def heard():
        fresh_cloud.settle()
        found = logs.filter_log_events(logGroupName="/aws/events/heard")["events"]
        new = [json.loads(each["message"]) for each in found if each["eventId"] not in seen]
        seen.update(each["eventId"] for each in found)
        return new

    ssm.put_parameter(Name="/a", Value="v", Type="String", Tier="Advanced", Policies=json.dumps([STALE]))
    [made] = heard()
    assert (made["detail-type"], made["detail"]["operation"]) == ("Parameter Store Change", "Create")
    fresh_cloud.clock_advance(15 * 86_400)
    ssm.put_parameter(Name="/a", Value="w", Overwrite=True)
    assert [each["detail"]["operation"] for each in heard()] == ["Update"]
    fresh_cloud.clock_advance(15 * 86_400)
    assert heard() == [], "it has changed meanwhile"
    fresh_cloud.clock_advance(5 * 86_400 + 1)
    [stale] = heard()
    assert stale["detail"]["policy-type"] == "NoChangeNotification"
    [shown] = ssm.describe_parameters()["Parameters"][0]["Policies"]
    assert shown["PolicyStatus"] == "Finished"
    ssm.delete_parameter(Name="/a")
    assert [each["detail"]["operation"] for each in heard()] == ["Delete"]
