"""Event notifications: which functions hear of which events, and what they are told."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

# The function writes each event it gets back into a bucket that is not watched.
_CODE = """
import json, os, boto3

def handler(event, context):
    record = event["Records"][0]
    key = record["s3"]["object"]["sequencer"] + record["eventName"]
    boto3.client("s3").put_object(Bucket=os.environ["HEARD"], Key=key, Body=json.dumps(event).encode())
"""


@pytest.fixture
def heard(s3, bucket):
    name = f"{bucket}-heard"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def function(client, account, heard):
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}  # fmt: skip
    iam = client("iam")
    role = iam.create_role(RoleName="listener", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    may = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{heard}/*"}]}  # fmt: skip
    iam.put_role_policy(RoleName="listener", PolicyName="may", PolicyDocument=json.dumps(may))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", _CODE)
    return client("lambda").create_function(
        FunctionName="listener", Runtime="python3.12", Role=role, Handler="app.handler",
        Code={"ZipFile": package.getvalue()}, Environment={"Variables": {"HEARD": heard}}, Timeout=30,
    )["FunctionArn"]  # fmt: skip


@pytest.fixture
def allowed(client, account, bucket, function):
    client("lambda").add_permission(
        FunctionName=function, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount=account,
    )  # fmt: skip
    return function


def _listen(s3, bucket, function, *events, rules=()):
    entry = {"Id": "mine", "LambdaFunctionArn": function, "Events": list(events)}
    if rules:
        entry["Filter"] = {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules]}}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [entry]}
    )


def _records(cloud, s3, heard):
    cloud.settle()
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=heard).get("Contents", [])]
    return [json.load(s3.get_object(Bucket=heard, Key=key)["Body"])["Records"][0] for key in keys]


def test_a_function_is_told_of_what_it_asked_for(cloud, s3, bucket, heard, allowed, account):
    _listen(s3, bucket, allowed, "s3:ObjectCreated:*", rules=(("Prefix", "in/"), ("suffix", ".txt")))
    s3.put_object(Bucket=bucket, Key="in/a b.txt", Body=b"hello")
    s3.put_object(Bucket=bucket, Key="in/other.jpg", Body=b"")
    s3.put_object(Bucket=bucket, Key="out/a.txt", Body=b"")
    s3.delete_object(Bucket=bucket, Key="in/a b.txt")
    (record,) = _records(cloud, s3, heard)
    assert (record["eventVersion"], record["eventSource"]) == ("2.1", "aws:s3")
    assert (record["eventName"], record["awsRegion"]) == ("ObjectCreated:Put", "us-east-1")
    assert record["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    assert set(record["responseElements"]) == {"x-amz-request-id", "x-amz-id-2"}
    told = record["s3"]
    assert (told["s3SchemaVersion"], told["configurationId"]) == ("1.0", "mine")
    assert (told["bucket"]["name"], told["bucket"]["arn"]) == (bucket, f"arn:aws:s3:::{bucket}")
    assert (told["object"]["key"], told["object"]["size"]) == ("in/a+b.txt", 5)
    assert told["object"]["eTag"] == "5d41402abc4b2a76b9719d911017c592"
    assert "versionId" not in told["object"]


def test_every_kind_of_event(cloud, s3, versioned, heard, allowed):
    _listen(s3, versioned, allowed, "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:Put")
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]
    s3.put_object_tagging(Bucket=versioned, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    s3.copy_object(Bucket=versioned, Key="c", CopySource=f"{versioned}/k")
    upload = s3.create_multipart_upload(Bucket=versioned, Key="m")["UploadId"]
    part = s3.upload_part(Bucket=versioned, Key="m", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part}]}
    s3.complete_multipart_upload(Bucket=versioned, Key="m", UploadId=upload, MultipartUpload=parts)
    s3.delete_object(Bucket=versioned, Key="k")
    s3.delete_object(Bucket=versioned, Key="k", VersionId=first)
    records = _records(cloud, s3, heard)
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Put", "ObjectTagging:Put", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete",
    ]  # fmt: skip
    assert records[0]["s3"]["object"]["versionId"] == records[5]["s3"]["object"]["versionId"] == first
    assert "size" not in records[5]["s3"]["object"]
    assert records[1]["eventVersion"] == "2.3"


def test_the_function_must_let_s3_in(s3, bucket, function, refused):
    entry = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
    configuration = {"LambdaFunctionConfigurations": [entry]}
    no = refused(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=configuration)
    assert (no.code, no.message) == ("InvalidArgument", "Unable to validate the following destination configurations")
    assert no.error["ArgumentValue1"] == f"Not authorized to invoke function [{function}]"
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=configuration, SkipDestinationValidation=True
    )
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"][0]
    assert (kept["LambdaFunctionArn"], bool(kept["Id"])) == (function, True)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_configurations_that_are_no_good(s3, bucket, refused):
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"

    def put(*entries, **others):
        configuration = {"LambdaFunctionConfigurations": list(entries), **others} if entries else others
        return refused(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=configuration)

    assert put({"LambdaFunctionArn": "nonsense", "Events": ["s3:ObjectCreated:*"]}).message == (
        "The ARN could not be parsed"
    )
    assert put({"LambdaFunctionArn": arn, "Events": ["s3:Nothing"]}).code == "InvalidArgument"
    entry = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    overlap = put(entry, {**entry, "Events": ["s3:ObjectCreated:Put"]})
    assert overlap.message.startswith("Configurations overlap.")
    queue = {"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}
    assert put(QueueConfigurations=[queue]).code == "NotImplemented"
    topic = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Events": ["s3:ObjectCreated:*"]}
    assert put(TopicConfigurations=[topic]).code == "NotImplemented"
    assert put(EventBridgeConfiguration={}).code == "NotImplemented"
