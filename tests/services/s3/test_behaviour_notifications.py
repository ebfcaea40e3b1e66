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
    key = record["s3"]["object"].get("sequencer", "") + record["eventName"]
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
    *records, tagged = records  # what was tagged has no sequencer, so it stands last
    assert [record["eventName"] for record in (*records, tagged)] == [
        "ObjectCreated:Put", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete", "ObjectTagging:Put",
    ]  # fmt: skip
    assert records[0]["s3"]["object"]["versionId"] == records[4]["s3"]["object"]["versionId"] == first
    assert "size" not in records[4]["s3"]["object"]
    assert tagged["eventVersion"] == "2.3" and set(tagged["s3"]["object"]) == {"key", "eTag", "versionId"}


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
    for kind, member, name in (("Queue", "QueueArn", "q"), ("Topic", "TopicArn", "t")):
        entry = {member: "invalid", "Events": ["s3:ObjectCreated:*"]}
        no = put(**{f"{kind}Configurations": [entry]})
        assert (no.message, no.error["ArgumentName"]) == ("The ARN could not be parsed", kind)
        service = {"Queue": "sqs", "Topic": "sns"}[kind]
        entry[member] = f"arn:aws:{service}:eu-west-1:123456789012:{name}"
        assert "region is not valid for the bucket" in put(**{f"{kind}Configurations": [entry]}).message
        entry[member] = f"arn:aws:{service}:us-east-1:123456789012:{name}.fifo"
        assert "FIFO" in put(**{f"{kind}Configurations": [entry]}).message


# ---- Queues and topics -----------------------------------------------------------------------------------------------


def _policy(service, action, arn, bucket):
    statement = {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": f"{service}:{action}",
        "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}},
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def _received(cloud, sqs, url):
    cloud.settle()
    found = []
    while page := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]).get(
        "Messages"
    ):
        for each in page:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        found += page
    return found


def test_a_queue_is_tried_and_told(cloud, s3, bucket, client, account, refused):
    sqs = client("sqs")
    arn = f"arn:aws:sqs:us-east-1:{account}:told"
    entry = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Id": "mine"}
    given = {"Bucket": bucket, "NotificationConfiguration": {"QueueConfigurations": [entry]}}
    no = refused(s3.put_bucket_notification_configuration, **given)
    assert no.message == "Unable to validate the following destination configurations"
    assert (no.error["ArgumentName1"], no.error["ArgumentValue1"]) == (arn, "The destination queue does not exist")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    no = refused(s3.put_bucket_notification_configuration, **given)
    assert no.error["ArgumentValue1"].startswith("Permissions on the destination queue do not allow S3 to publish")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy("sqs", "SendMessage", arn, bucket)})
    s3.put_bucket_notification_configuration(**given)
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"] == [entry]
    [tried] = _received(cloud, sqs, url)
    body = json.loads(tried["Body"])
    assert (body["Service"], body["Event"], body["Bucket"]) == ("Amazon S3", "s3:TestEvent", bucket)
    header = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"

    def add(request, **_):
        request.headers["x-amzn-trace-id"] = header

    s3.meta.events.register("before-send.s3.PutObject", add)
    s3.put_object(Bucket=bucket, Key="a", Body=b"hello")
    s3.meta.events.unregister("before-send.s3.PutObject", add)
    [told] = _received(cloud, sqs, url)
    [record] = json.loads(told["Body"])["Records"]
    assert (record["s3"]["object"]["key"], record["s3"]["configurationId"]) == ("a", "mine")
    assert told["Attributes"]["AWSTraceHeader"] == header


def test_a_topic_is_tried_and_told(cloud, s3, bucket, client, account, refused):
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="told")["TopicArn"]
    entry = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"], "Id": "mine"}
    given = {"Bucket": bucket, "NotificationConfiguration": {"TopicConfigurations": [entry]}}
    no = refused(s3.put_bucket_notification_configuration, **given)
    assert no.error["ArgumentName1"] == topic
    assert no.error["ArgumentValue1"].startswith("Permissions on the destination topic do not allow S3 to publish")
    policy = _policy("sns", "Publish", topic, bucket)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    url, queue = sqs.create_queue(QueueName="heard")["QueueUrl"], f"arn:aws:sqs:us-east-1:{account}:heard"
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": queue}
    text = json.dumps({"Version": "2012-10-17", "Statement": allow})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    s3.put_bucket_notification_configuration(**given)
    s3.put_object(Bucket=bucket, Key="a", Body=b"hello")
    bodies = [json.loads(each["Body"]) for each in _received(cloud, sqs, url)]
    assert {each["Subject"] for each in bodies} == {"Amazon S3 Notification"}
    messages = [json.loads(each["Message"]) for each in bodies]
    assert [each["Event"] for each in messages if "Event" in each] == ["s3:TestEvent"]
    [record] = next(each["Records"] for each in messages if "Records" in each)
    assert (record["eventName"], record["s3"]["object"]["size"]) == ("ObjectCreated:Put", 5)
    missing = {**given, "NotificationConfiguration": {"TopicConfigurations": [{**entry, "TopicArn": f"{topic}x"}]}}
    assert refused(s3.put_bucket_notification_configuration, **missing).code == "InvalidArgument"
    s3.put_bucket_notification_configuration(**missing, SkipDestinationValidation=True)
    s3.put_object(Bucket=bucket, Key="b", Body=b"")
    assert _received(cloud, sqs, url) == []
