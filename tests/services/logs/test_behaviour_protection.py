"""Data protection policies: what they mask wherever events are read, who sees through, and what they report."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.services.logs.test_behaviour_filters import group, metrics, put, refused, seconds
from tests.services.logs.test_protection import document

BEFORE, AFTER = "before ada@example.com", "after ada@example.com came"
MASKED = "after *************** came"


def protect(logs: Any, name: str, *identifiers: str, findings: str = "") -> dict[str, Any]:
    policy = document(*(identifiers or ("EmailAddress",)), Name=f"of-{name}")
    if findings:
        policy["Statement"][0]["Operation"]["Audit"]["FindingsDestination"] = {"CloudWatchLogs": {"LogGroup": findings}}
    answer: dict[str, Any] = logs.put_data_protection_policy(logGroupIdentifier=name, policyDocument=json.dumps(policy))
    return answer


def queried(own: RunningCloud, logs: Any, name: str, text: str) -> list[str]:
    now = int(seconds(own))
    query = logs.start_query(logGroupName=name, startTime=now - 3600, endTime=now + 3600, queryString=text)["queryId"]
    while (answer := logs.get_query_results(queryId=query))["status"] in ("Scheduled", "Running"):
        time.sleep(0.01)
    assert answer["status"] == "Complete"
    return [row[0]["value"] for row in answer["results"]]


def test_events_are_masked_wherever_they_are_read(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "read")
    put(own, logs, name, BEFORE)
    protect(logs, name)
    put(own, logs, name, AFTER)
    stream = {"logGroupName": name, "logStreamName": "s", "startFromHead": True}

    def read(**given: Any) -> list[str]:
        return [event["message"] for event in logs.get_log_events(**stream, **given)["events"]]

    def found(pattern: str, **given: Any) -> list[str]:
        events = logs.filter_log_events(logGroupName=name, filterPattern=pattern, **given)["events"]
        return [event["message"] for event in events]

    assert read() == [BEFORE, MASKED]
    assert read(unmask=True) == [BEFORE, AFTER]
    assert found("%example%") == [BEFORE]
    assert found("%example%", unmask=True) == [BEFORE, AFTER]
    assert sorted(queried(own, logs, name, "fields @message")) == [MASKED, BEFORE]
    assert queried(own, logs, name, "filter @message like 'ada' | stats count(*)") == ["1"]
    assert sorted(queried(own, logs, name, "fields @timestamp | unmask @message | display @message")) == [AFTER, BEFORE]
    assert sorted(queried(own, logs, name, "fields unmask(@message) as seen")) == [AFTER, BEFORE]
    logs.delete_data_protection_policy(logGroupIdentifier=name)
    put(own, logs, name, AFTER)
    assert read() == [BEFORE, MASKED, AFTER]


def test_a_policy_is_kept_shown_and_deleted(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "kept")
    assert "policyDocument" not in logs.get_data_protection_policy(logGroupIdentifier=name)
    made = protect(logs, name)
    shown = logs.get_data_protection_policy(logGroupIdentifier=name)
    for each in (made, shown):
        assert json.loads(each["policyDocument"]) == document("EmailAddress", Name="of-kept")
        assert each["logGroupIdentifier"] == name
        assert abs(each["lastUpdatedTime"] / 1000 - seconds(own)) < 600

    def status() -> Any:
        return logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0].get("dataProtectionStatus")

    assert status() == "ACTIVATED"
    logs.delete_data_protection_policy(logGroupIdentifier=name)
    assert status() == "DELETED"
    assert "policyDocument" not in logs.get_data_protection_policy(logGroupIdentifier=name)
    logs.delete_log_group(logGroupName=name)
    group(logs, name)
    assert status() is None
    refused(lambda: logs.get_data_protection_policy(logGroupIdentifier="none"), "ResourceNotFoundException")
    refused(lambda: protect(logs, "none"), "ResourceNotFoundException")
    refused(lambda: protect(logs, name, "Nonsense"), "InvalidParameterException")
    refused(lambda: protect(logs, name, "DriversLicense-US"), "NotImplemented")
    refused(lambda: protect(logs, name, findings="none"), "InvalidParameterException")


def test_findings_are_counted_and_reported(own: RunningCloud, logs: Any) -> None:
    name, reports = group(logs, "audited"), group(logs, "reports")
    logs.put_metric_filter(
        logGroupName=name,
        filterName="f",
        filterPattern="%example%",
        metricTransformations=[{"metricName": "Seen", "metricNamespace": "App/audited", "metricValue": "1"}],
    )
    protect(logs, name, "EmailAddress", "IpAddress", findings=reports)
    put(own, logs, name, AFTER, "a@b.cc, c@d.ee from 10.0.0.1", "nothing")
    own.settle()
    events = logs.filter_log_events(logGroupName=reports)["events"]
    first, second = (json.loads(event["message"]) for event in events)
    assert first["resourceArn"] == f"arn:aws:logs:us-east-1:000000000000:log-group:{name}:*"
    assert first["dataIdentifiers"] == [{"name": "EmailAddress", "count": 1, "detections": [{"start": 6, "end": 21}]}]
    assert [(each["name"], each["count"]) for each in second["dataIdentifiers"]] == [
        ("EmailAddress", 2),
        ("IpAddress", 1),
    ]
    found = metrics(own, "AWS/Logs")
    assert found["LogEventsWithFindings", ("Audit", name)][0] == 2
    assert found["LogEventsWithFindings", ("Audit", name, f"of-{name}")][0] == 2
    assert ("Seen", ()) not in metrics(own, "App/audited")  # metric filters see what is masked


def test_reports_of_a_group_on_itself_come_to_an_end(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "itself")
    protect(logs, name, "IpAddress", "EmailAddress", findings=name)
    put(own, logs, name, AFTER)
    own.settle()
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=name)["events"]]
    assert len(messages) == 2
    assert MASKED in messages


def test_an_accounts_policy_holds_for_all_groups_beside_their_own(own: RunningCloud) -> None:
    logs = own.client("logs", region="eu-west-1")
    name = group(logs, "both")
    text = json.dumps(document("IpAddress", Name="ACCOUNT"))
    given = {"policyName": "account", "policyType": "DATA_PROTECTION_POLICY"}
    made = logs.put_account_policy(**given, policyDocument=text)["accountPolicy"]
    assert (made["policyName"], made["scope"], made["accountId"]) == ("account", "ALL", "000000000000")
    assert logs.describe_account_policies(policyType="DATA_PROTECTION_POLICY")["accountPolicies"] == [made]
    assert logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"] == []
    (described,) = logs.describe_log_groups()["logGroups"]
    assert described["inheritedProperties"] == ["ACCOUNT_DATA_PROTECTION"]
    protect(logs, name)
    put(own, logs, name, "ada@example.com from 10.0.0.1")
    logs.delete_account_policy(**given)
    put(own, logs, name, "ada@example.com from 10.0.0.1")
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=name)["events"]]
    assert messages == ["*************** from ********", "*************** from 10.0.0.1"]
    refused(lambda: logs.delete_account_policy(**given), "ResourceNotFoundException")
    other = {**given, "policyType": "SUBSCRIPTION_FILTER_POLICY"}
    refused(lambda: logs.put_account_policy(**other, policyDocument="{}"), "NotImplemented")
    logs.put_account_policy(**given, policyDocument=text)
    second = {**given, "policyName": "second", "policyDocument": text}
    refused(lambda: logs.put_account_policy(**second), "LimitExceededException")


def test_masks_go_with_their_events(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "gone")
    protect(logs, name)
    put(own, logs, name, AFTER)
    logs.put_retention_policy(logGroupName=name, retentionInDays=1)
    own.clock_advance(2 * 86_400)
    own.settle()
    put(own, logs, name, AFTER, "plain")
    assert sorted(queried(own, logs, name, "fields @message")) == [MASKED, "plain"]
    logs.delete_log_stream(logGroupName=name, logStreamName="s")
    own.settle()
    assert logs.filter_log_events(logGroupName=name)["events"] == []


def test_unmasking_needs_its_permission(own: RunningCloud, logs: Any) -> None:
    name = group(logs, "seen")
    protect(logs, name)
    put(own, logs, name, AFTER)
    iam = own.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": ["logs:Get*", "logs:Filter*", "logs:StartQuery"], "Resource": "*"}
    iam.put_user_policy(
        UserName="reader",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = own.client("logs", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    assert reader.get_log_events(logGroupName=name, logStreamName="s")["events"][0]["message"] == MASKED
    for call in (
        lambda: reader.get_log_events(logGroupName=name, logStreamName="s", unmask=True),
        lambda: reader.filter_log_events(logGroupName=name, unmask=True),
        lambda: queried(own, reader, name, "unmask @message"),
        lambda: queried(own, reader, name, "fields concat('>', UnMask(@message))"),
    ):
        with pytest.raises(ClientError) as raised:
            call()
        assert "logs:Unmask" in raised.value.response["Error"]["Message"]
