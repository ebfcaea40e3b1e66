"""Groups under a key of KMS: the key's policy decides whether CloudWatch Logs takes and gives events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOT_ALLOWED = "The specified KMS key does not exist or is not allowed to be used with LogGroup"


def key_for(kms: Any, account: str, group: str, service: str = "logs.us-east-1.amazonaws.com") -> str:
    """A key that CloudWatch Logs may use for one group."""
    bound = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{account}:log-group:{group}"}}
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": bound,
        },
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["Arn"])


def refused(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException", caught.value
    return str(caught.value.response["Error"]["Message"])


def test_a_group_is_made_under_a_key_whose_policy_names_logs(client, account):
    logs, kms = client("logs"), client("kms")
    key = key_for(kms, account, "made")
    logs.create_log_group(logGroupName="made", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    other = f"arn:aws:logs:us-east-1:{account}:log-group:other"
    assert refused(logs.create_log_group, logGroupName="other", kmsKeyId=key) == f"{NOT_ALLOWED} '{other}'"
    plain = kms.create_key()["KeyMetadata"]["Arn"]
    assert NOT_ALLOWED in refused(logs.create_log_group, logGroupName="other", kmsKeyId=plain)
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["made"]


def test_a_key_is_associated_and_taken_away(client, account):
    logs, kms = client("logs"), client("kms")
    logs.create_log_group(logGroupName="g")
    wrong = key_for(kms, account, "g", service="logs.eu-west-1.amazonaws.com")
    assert NOT_ALLOWED in refused(logs.associate_kms_key, logGroupName="g", kmsKeyId=wrong)
    key = key_for(kms, account, "g")
    logs.associate_kms_key(resourceIdentifier=f"arn:aws:logs:us-east-1:{account}:log-group:g", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="g")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    refused(logs.associate_kms_key, kmsKeyId=key)


def test_a_disabled_key_stops_writing_and_reading_after_five_minutes(fresh_cloud):
    logs, kms = fresh_cloud.client("logs"), fresh_cloud.client("kms")
    key = key_for(kms, "000000000000", "g")
    logs.create_log_group(logGroupName="g", kmsKeyId=key)
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    now = fresh_cloud.control("clock")["now"]
    place = {"logGroupName": "g", "logStreamName": "s"}
    event = {"timestamp": int(now_in_seconds(now) * 1000), "message": "x"}
    logs.put_log_events(**place, logEvents=[event])
    kms.disable_key(KeyId=key)
    assert len(logs.get_log_events(**place)["events"]) == 1
    fresh_cloud.clock_advance(301)
    for call, given in (
        (logs.get_log_events, place),
        (logs.filter_log_events, {"logGroupName": "g"}),
        (logs.put_log_events, {**place, "logEvents": [event]}),
        (logs.start_query, {"logGroupName": "g", "startTime": 0, "endTime": 1, "queryString": "fields @message"}),
    ):
        assert NOT_ALLOWED in refused(call, **given)
    kms.enable_key(KeyId=key)
    assert len(logs.filter_log_events(logGroupName="g")["events"]) == 1


def now_in_seconds(now: Any) -> float:
    """The clock's time, which the control path writes as ISO."""
    from datetime import datetime

    return now if isinstance(now, float) else datetime.fromisoformat(str(now)).timestamp()
