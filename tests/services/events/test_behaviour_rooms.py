"""What other services tell the default bus of an account, as themselves."""

from __future__ import annotations

import json

from tests.services.events.conftest import Desk


def told(desk: Desk, source: str) -> list[dict]:
    """The events of a source that reached the log group, oldest first."""
    found = [json.loads(text) for text in desk.seen()]
    return sorted((event for event in found if event["source"] == source), key=lambda event: event["time"])


def listening(desk: Desk, source: str) -> None:
    desk.rule(desk.log_group(), pattern={"source": [source]})


def test_a_bucket_tells_of_its_objects(desk):
    listening(desk, "aws.s3")
    s3, bucket = desk.client("s3"), f"told-{desk.account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert answer["EventBridgeConfiguration"] == {}
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"data")
    [event] = told(desk, "aws.s3")
    detail = event["detail"]
    assert (event["detail-type"], event["resources"]) == ("Object Created", [f"arn:aws:s3:::{bucket}"])
    assert len(detail.pop("request-id")) > 8 and len(detail["object"].pop("sequencer")) == 18
    assert detail == {
        "version": "0",
        "bucket": {"name": bucket},
        "object": {"key": "a b/ü", "size": 4, "etag": "8d777f385d3dfec8815d20f7496026dc"},
        "reason": "PutObject",
        "requester": desk.account,
        "source-ip-address": "127.0.0.1",
    }
    s3.put_object_tagging(Bucket=bucket, Key="a b/ü", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object(Bucket=bucket, Key="a b/ü")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/before")
    s3.delete_object(Bucket=bucket, Key="c")
    found = {(event["detail-type"], event["detail"].get("reason", "")): event for event in told(desk, "aws.s3")}
    assert found.keys() == {
        ("Object Created", "PutObject"), ("Object Tags Added", ""), ("Object Deleted", "DeleteObject"),
        ("Object Created", "CopyObject"),
    }  # fmt: skip
    kinds = {e["detail"].get("deletion-type") for e in told(desk, "aws.s3")} - {None}
    assert kinds == {"Permanently Deleted", "Delete Marker Created"}
    assert "version-id" in found["Object Created", "CopyObject"]["detail"]["object"]
    assert "size" not in found["Object Tags Added", ""]["detail"]["object"]


def test_nobody_else_may_speak_for_a_service(desk):
    listening(desk, "aws.s3")
    entry = {"Source": "aws.s3", "DetailType": "Object Created", "Detail": "{}"}
    answer = desk.put(entry)
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert desk.seen() == []


def test_parameters_tell_of_their_changes(desk):
    desk.client("ssm").put_parameter(Name="/before", Value="x", Type="String")
    listening(desk, "aws.ssm")
    ssm = desk.client("ssm")
    ssm.put_parameter(Name="/p", Value="secret", Type="SecureString", Description="d")
    ssm.put_parameter(Name="/p", Value="other", Overwrite=True)
    ssm.label_parameter_version(Name="/p", Labels=["l"])
    ssm.delete_parameter(Name="/p")
    found = {event["detail"]["operation"]: event for event in told(desk, "aws.ssm")}
    assert found.keys() == {"Create", "Update", "LabelParameterVersion", "Delete"}
    created = found["Create"]
    assert created["resources"] == [f"arn:aws:ssm:us-east-1:{desk.account}:parameter/p"]
    expected = {"operation": "Create", "name": "/p", "type": "SecureString", "description": "d"}
    assert (created["detail-type"], created["detail"]) == ("Parameter Store Change", expected)


def test_keys_tell_of_their_rotation_and_end(timed):
    listening(timed, "aws.kms")
    timed.at("2027-01-01T00:00")
    kms = timed.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=90)
    timed.cloud.clock_advance(91 * 86_400)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    timed.cloud.clock_advance(8 * 86_400)
    found = told(timed, "aws.kms")
    assert [event["detail-type"] for event in found] == ["KMS CMK Rotation", "KMS CMK Deletion"]
    assert [event["detail"] for event in found] == [{"key-id": key["KeyId"]}] * 2
    assert found[0]["resources"] == [key["Arn"]] and found[0]["time"].startswith("2027-04-01")


def test_stacks_tell_of_their_states(desk):
    listening(desk, "aws.cloudformation")
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Type": "String", "Value": "v"}}
    body = json.dumps({"Resources": {"P": parameter}})
    stack = desk.client("cloudformation").create_stack(StackName="s", TemplateBody=body)["StackId"]
    found = told(desk, "aws.cloudformation")
    details = [event["detail"] for event in found if event["detail-type"] == "CloudFormation Stack Status Change"]
    assert {detail["status-details"]["status"] for detail in details} == {"CREATE_IN_PROGRESS", "CREATE_COMPLETE"}
    resource = [event["detail"] for event in found if event["detail-type"] == "CloudFormation Resource Status Change"]
    assert {detail["logical-resource-id"] for detail in resource} == {"P"}
    assert all(event["resources"] == [stack] for event in found)
