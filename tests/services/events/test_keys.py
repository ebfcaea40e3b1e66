"""Customer managed keys of buses, archives and connections: their policies decide, and what is kept is encrypted."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.services.events.conftest import Desk, entry, refused

MEMBER = "KmsKeyIdentifier"
CREDENTIALS = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}


def statement(who: Any, *actions: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Principal": who, "Action": list(actions), "Resource": "*"}


class Keys:
    """Keys of an account, whose policies a test may change."""

    def __init__(self, desk: Desk) -> None:
        self.kms, self.root = desk.client("kms"), {"AWS": f"arn:aws:iam::{desk.account}:root"}

    def policy(self, *more: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement(self.root, "kms:*"), *more]})

    def make(self, *more: dict[str, Any], **said: Any) -> str:
        return str(self.kms.create_key(Policy=self.policy(*more), **said)["KeyMetadata"]["Arn"])

    def of_events(self, bus: str = "") -> dict[str, Any]:
        made = statement({"Service": "events.amazonaws.com"}, "kms:GenerateDataKey", "kms:Decrypt")
        at = {"aws:SourceArn": bus, "kms:EncryptionContext:aws:events:event-bus:arn": bus}
        return {**made, "Condition": {"StringEquals": at}} if bus else made


@pytest.fixture
def keys(desk: Desk) -> Keys:
    return Keys(desk)


def queue(desk: Desk, name: str) -> tuple[str, str]:
    """URL and ARN of a queue that EventBridge may fill."""
    sqs = desk.client("sqs")
    arn = f"arn:aws:sqs:us-east-1:{desk.account}:{name}"
    policy = {"Version": "2012-10-17", "Statement": statement({"Service": "events.amazonaws.com"}, "sqs:SendMessage")}
    return sqs.create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})["QueueUrl"], arn


def test_the_key_of_a_bus_is_one_that_events_may_use(desk, keys):
    events, make = desk.events, desk.events.create_event_bus
    own = keys.make()
    said = refused("AccessDeniedException", make, Name="b", KmsKeyIdentifier=own)
    assert said.startswith("Access to call kms:GenerateDataKey is denied. Reason: ")
    only = statement({"Service": "events.amazonaws.com"}, "kms:GenerateDataKey")
    keys.kms.put_key_policy(KeyId=own, PolicyName="default", Policy=keys.policy(only))
    assert "kms:Decrypt" in refused("AccessDeniedException", make, Name="b", KmsKeyIdentifier=own)
    refused("ValidationException", make, Name="b", KmsKeyIdentifier="not-a-key")
    refused("ValidationException", make, Name="b", KmsKeyIdentifier="alias/aws/events")
    signing = keys.make(keys.of_events(), KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    refused("ValidationException", make, Name="b", KmsKeyIdentifier=signing)
    keys.kms.put_key_policy(KeyId=own, PolicyName="default", Policy=keys.policy(keys.of_events()))
    keys.kms.create_alias(AliasName="alias/bus", TargetKeyId=own)
    alias = own.rpartition(":")[0] + ":alias/bus"
    assert make(Name="b", KmsKeyIdentifier="alias/bus")[MEMBER] == alias
    assert events.update_event_bus(Name="b", Description="kept")[MEMBER] == alias
    keys.kms.disable_key(KeyId=own)
    said = refused("ValidationException", events.update_event_bus, Name="b", KmsKeyIdentifier="")
    assert said == f"Parameter kmsKeyIdentifier is not valid. Reason: {own} is disabled."
    keys.kms.enable_key(KeyId=own)
    assert MEMBER not in events.update_event_bus(Name="b", KmsKeyIdentifier="")
    assert events.describe_event_bus(Name="b")["Description"] == "kept"


def test_who_makes_the_bus_must_be_allowed_the_key_too(desk, keys):
    own = keys.make(keys.of_events())
    iam = desk.client("iam")
    iam.create_user(UserName="maker")
    allow = {"Effect": "Allow", "Action": "events:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_user_policy(UserName="maker", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="maker")["AccessKey"]
    theirs = desk.cloud.client("events", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    said = refused("AccessDeniedException", theirs.create_event_bus, Name="b", KmsKeyIdentifier=own)
    assert said.startswith("Access to call kms:DescribeKey is denied.") and "user/maker" in said
    arn = desk.events.create_event_bus(Name="plain")["EventBusArn"]
    refused("ValidationException", theirs.create_archive, ArchiveName="a", EventSourceArn=arn, KmsKeyIdentifier=own)


def test_events_of_a_bus_with_a_key_are_encrypted_until_they_are_delivered(timed):
    keys = Keys(timed)
    bus = f"arn:aws:events:us-east-1:{timed.account}:event-bus/safe"
    own = keys.make(keys.of_events(bus))
    url, dead = queue(timed, "dead")
    timed.events.create_event_bus(Name="safe", KmsKeyIdentifier=own, DeadLetterConfig={"Arn": dead})
    timed.events.create_archive(ArchiveName="kept", EventSourceArn=bus, KmsKeyIdentifier=own)
    group = timed.log_group()
    timed.rule(group, bus="safe", InputPath="$.detail")
    timed.put(entry({"n": 1}, EventBusName="safe"))
    assert timed.seen() == ['{"n":1}']
    assert timed.events.describe_archive(ArchiveName="kept")["EventCount"] == 1
    timed.cloud.control("clock", {"freeze": True})
    timed.put(entry({"n": 2}, EventBusName="safe"))
    timed.cloud.settle()
    assert timed.seen() == ['{"n":1}', '{"n":2}']
    keys.kms.disable_key(KeyId=own)
    assert timed.put(entry({"n": 3}, EventBusName="safe"))["FailedEntryCount"] == 0  # a data key serves half a minute
    timed.cloud.clock_advance(31)
    [failed] = timed.put(entry({"n": 4}, EventBusName="safe"))["Entries"]
    assert failed == {"ErrorCode": "KMSEncryptionException", "ErrorMessage": f"{own} is disabled."}
    span = {"EventStartTime": 0, "EventEndTime": 4_000_000_000, "Destination": {"Arn": bus}}
    source = f"arn:aws:events:us-east-1:{timed.account}:archive/kept"
    timed.events.start_replay(ReplayName="closed", EventSourceArn=source, **span)
    timed.cloud.clock_advance(10)
    replay = timed.events.describe_replay(ReplayName="closed")
    assert (replay["State"], replay["StateReason"]) == ("FAILED", "Internal Failure.")
    keys.kms.enable_key(KeyId=own)
    timed.events.start_replay(ReplayName="open", EventSourceArn=source, **span)
    timed.cloud.clock_advance(10)
    assert timed.events.describe_replay(ReplayName="open")["State"] == "COMPLETED"
    assert sorted(timed.seen()[3:]) == ['{"n":1}', '{"n":2}', '{"n":3}']
    assert "Messages" not in timed.client("sqs").receive_message(QueueUrl=url)


def test_an_event_that_its_key_no_longer_opens_goes_to_the_dead_letter_queue_of_its_bus(timed):
    keys, events = Keys(timed), timed.events
    timed.cloud.control("clock", {"freeze": True})
    own = keys.make(keys.of_events())
    (url, dead), (unused, targets_own) = queue(timed, "dead"), queue(timed, "unused")
    events.create_event_bus(Name="safe", KmsKeyIdentifier=own, DeadLetterConfig={"Arn": dead})
    given = {"AuthorizationType": "API_KEY", "AuthParameters": CREDENTIALS}
    connection = events.create_connection(Name="c", **given)["ConnectionArn"]
    nowhere = events.create_api_destination(
        Name="d", ConnectionArn=connection, InvocationEndpoint="http://localhost:1/", HttpMethod="POST"
    )["ApiDestinationArn"]
    role = timed.role("caller", "events:InvokeApiDestination")
    timed.rule(nowhere, bus="safe", RoleArn=role, DeadLetterConfig={"Arn": targets_own})
    timed.put(entry({"n": 1}, EventBusName="safe"))
    timed.cloud.settle()
    keys.kms.disable_key(KeyId=own)
    timed.cloud.clock_advance(120)
    sqs = timed.client("sqs")
    [letter] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    texts = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert texts == {
        "ERROR_CODE": "RULE_DECRYPTION_FAILURE",
        "ERROR_MESSAGE": "Unable to decrypt rule using the Kms key.",
    }
    assert b"detail" not in base64.b64decode(letter["Body"])
    assert "Messages" not in sqs.receive_message(QueueUrl=unused)


def test_the_secret_of_a_connection_under_a_key_with_the_tag_that_events_asks_for(desk, keys):
    own, secrets = keys.make(), desk.client("secretsmanager")
    given = {"Name": "c", "AuthorizationType": "API_KEY", "AuthParameters": CREDENTIALS}
    refused("ValidationException", desk.events.create_connection, KmsKeyIdentifier=own, **given)
    keys.kms.tag_resource(KeyId=own, Tags=[{"TagKey": "EventBridgeApiDestinations", "TagValue": "true"}])
    desk.events.create_connection(KmsKeyIdentifier=own, **given)
    found = desk.events.describe_connection(Name="c")
    assert found[MEMBER] == own
    assert secrets.describe_secret(SecretId=found["SecretArn"])["KmsKeyId"] == own
    desk.events.update_connection(Name="c", KmsKeyIdentifier="")
    assert MEMBER not in desk.events.describe_connection(Name="c")
    assert "KmsKeyId" not in secrets.describe_secret(SecretId=found["SecretArn"])


def test_a_queue_under_a_key_whose_policy_names_the_rule(desk, keys):
    events, account = desk.events, desk.account
    rules = {name: f"arn:aws:events:us-east-1:{account}:rule/{name}" for name in ("one", "two")}
    allowed = {**keys.of_events(), "Condition": {"ArnEquals": {"aws:SourceArn": rules["one"]}}}
    url, arn = queue(desk, "sealed")
    dead_url, dead = queue(desk, "dead")
    desk.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": keys.make(allowed)})
    for name in rules:
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn, "DeadLetterConfig": {"Arn": dead}}])
    for name in ("two", "one"):  # in this order: a data key serves whoever comes next
        desk.put({**entry(), "Source": name})
        desk.cloud.settle()
    sqs = desk.client("sqs")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["source"] == "one"
    [letter] = sqs.receive_message(QueueUrl=dead_url, MessageAttributeNames=["All"])["Messages"]
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS" and "kms:GenerateDataKey" in attributes["ERROR_MESSAGE"]
    assert attributes["RULE_ARN"] == rules["two"]
