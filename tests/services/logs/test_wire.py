"""What CloudWatch Logs refuses, and in which words."""

import json
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError


def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def logs(client):
    made = client("logs", parameter_validation=False)
    made.create_log_group(logGroupName="g")
    made.create_log_stream(logGroupName="g", logStreamName="s")
    return made


def refused(code, call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def test_names_are_checked_by_the_model(logs):
    message = refused("InvalidParameterException", logs.create_log_group, logGroupName="")
    assert "validation errors detected: Value '' at 'logGroupName' failed to satisfy constraint" in message
    refused("InvalidParameterException", logs.create_log_group, logGroupName="a b")
    refused("InvalidParameterException", logs.create_log_group, logGroupName="aws/x")
    refused("InvalidParameterException", logs.create_log_stream, logGroupName="g", logStreamName="a:b")


def test_batches_are_checked(logs):
    put = lambda *events: refused(  # noqa: E731
        "InvalidParameterException",
        logs.put_log_events,
        logGroupName="g",
        logStreamName="s",
        logEvents=[{"timestamp": at, "message": text} for at, text in events],
    )
    assert "chronological order" in put((now(), "b"), (now() - 10, "a"))
    assert "cannot span more than 24 hours" in put((now() - 25 * 3_600_000, "a"), (now(), "b"))
    assert put((now(), "x" * 1_048_576)).startswith("Upload too large: 1048602 bytes exceeds limit of 1048576")
    put()
    put(*[(now(), "x")] * 10_001)


def test_days_of_retention_are_aws_own(logs):
    message = refused("InvalidParameterException", logs.put_retention_policy, logGroupName="g", retentionInDays=2)
    assert "Member must satisfy enum value set: [1, 3, 5, 7, 14" in message


@pytest.mark.parametrize(
    "token", ["x", "f/1/s", "f/" + "9" * 57 + "/s", "z/" + "0" * 56 + "/s", "f/" + "٣" * 56 + "/s"]
)
def test_read_tokens_are_checked(logs, token):
    refused("InvalidParameterException", logs.get_log_events, logGroupName="g", logStreamName="s", nextToken=token)


@pytest.mark.parametrize("token", ["x", "bnVsbA", "WzEsMl0", "WyJhIiwiYiIsdHJ1ZV0", "[]"])
def test_page_tokens_are_checked(logs, token):
    refused("InvalidParameterException", logs.filter_log_events, logGroupName="g", nextToken=token)
    refused("InvalidParameterException", logs.describe_log_groups, nextToken=token)
    refused("InvalidParameterException", logs.describe_log_streams, logGroupName="g", nextToken=token)


def test_what_cannot_go_together(logs):
    refused("InvalidParameterException", logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b")
    refused(
        "InvalidParameterException",
        logs.filter_log_events,
        logGroupName="g",
        logStreamNames=["s"],
        logStreamNamePrefix="s",
    )
    refused("ValidationException", logs.filter_log_events, logGroupName="g", logGroupIdentifier="g")
    refused("InvalidParameterException", logs.filter_log_events)
    refused("InvalidParameterException", logs.filter_log_events, logGroupName="g", filterPattern="{ $.a")


def test_what_is_not_there(logs, account):
    arn = lambda region, name: f"arn:aws:logs:{region}:{account}:log-group:{name}"  # noqa: E731
    refused("ResourceNotFoundException", logs.create_log_stream, logGroupName="no", logStreamName="s")
    refused("ResourceNotFoundException", logs.get_log_events, logGroupName="g", logStreamName="no")
    refused("ResourceNotFoundException", logs.filter_log_events, logGroupIdentifier=arn("eu-west-1", "g"))
    refused("ResourceAlreadyExistsException", logs.create_log_stream, logGroupName="g", logStreamName="s")
    refused("ResourceNotFoundException", logs.list_tags_for_resource, resourceArn=arn("us-east-1", "h"))


def test_an_identifier_of_a_group_is_an_arn_without_its_star(logs):
    group = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    assert len(logs.describe_log_streams(logGroupIdentifier=group)["logStreams"]) == 1
    for call, more in ((logs.describe_log_streams, {}), (logs.get_log_events, {"logStreamName": "s"})):
        assert refused("InvalidParameterException", call, logGroupIdentifier=f"{group}:*", **more) == (
            "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w#+=/:,.@-]*"
        )


def test_what_is_not_built_says_so(logs):
    kind = {"policyName": "p", "policyDocument": "{}", "policyType": "FIELD_INDEX_POLICY"}
    assert "FIELD_INDEX_POLICY" in refused("NotImplemented", logs.put_account_policy, **kind)
    assert "DELIVERY" in refused("NotImplemented", logs.create_log_group, logGroupName="k", logGroupClass="DELIVERY")
    assert "CreateLogAnomalyDetector" in refused("NotImplemented", logs.create_log_anomaly_detector)
    assert "PutDestination" in refused("NotImplemented", logs.put_destination, destinationName="d")
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == ["g"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"logGroupName": {"a": 1}}', b'{"logGroupName": "\\ud800"}'])
def test_malformed_bodies_are_a_clients_mistake(cloud, body):
    headers = {
        "X-Amz-Target": "Logs_20140328.CreateLogGroup",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(cloud.url, body, headers))
    assert 400 <= caught.value.code < 500
    assert json.load(caught.value)["__type"]
