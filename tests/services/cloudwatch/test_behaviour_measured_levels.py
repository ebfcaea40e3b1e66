"""What the rooms tell of storage, people and mail: request metrics, levels once a day, sign-ins, reputation."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudwatch.test_behaviour_measured import found

PASSWORD = "Correct-h0rse"


def test_a_buckets_requests_count_where_it_is_asked_for(desk):
    s3, bucket = desk.client("s3"), f"measured-{desk.account}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    red = {"Tag": {"Key": "color", "Value": "red"}}
    filters = {"EntireBucket": None, "docs": {"Prefix": "docs/"}, "red": red}
    for id, filter in filters.items():
        more = {"Filter": filter} if filter else {}
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=id, MetricsConfiguration={"Id": id, **more})
    s3.put_object(Bucket=bucket, Key="docs/a", Body=b"12345", Tagging="color=red")
    s3.get_object(Bucket=bucket, Key="docs/a")["Body"].read()
    s3.head_object(Bucket=bucket, Key="before")
    s3.list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="none")
    get = lambda name, id="EntireBucket": found(desk, "AWS/S3", name, BucketName=bucket, FilterId=id)  # noqa: E731
    assert [get(name) for name in ("PutRequests", "GetRequests", "HeadRequests", "ListRequests")] == [
        1.0,
        2.0,
        1.0,
        1.0,
    ]
    assert (get("BytesUploaded"), get("BytesDownloaded")) == (5.0, 5.0)
    assert (get("4xxErrors"), get("5xxErrors")) == (1.0, 0.0)
    assert (get("AllRequests", "docs"), get("AllRequests", "red")) == (2.0, 2.0)
    assert found(desk, "AWS/S3", "FirstByteLatency", "SampleCount", BucketName=bucket, FilterId="docs") == 2.0

    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert [each["Id"] for each in listed["MetricsConfigurationList"]] == ["EntireBucket", "docs", "red"]
    assert s3.get_bucket_metrics_configuration(Bucket=bucket, Id="red")["MetricsConfiguration"]["Filter"] == red
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="red")
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="red")
    with pytest.raises(ClientError, match="MalformedXML"):
        both = {"And": {"Prefix": "only one"}}
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id="x", MetricsConfiguration={"Id": "x", "Filter": both})


def test_levels_once_a_day(timed):
    s3, bucket = timed.client("s3"), f"levels-{timed.account}"
    s3.create_bucket(Bucket=bucket)
    for key, storage in (("a", "STANDARD"), ("b", "STANDARD"), ("c", "STANDARD_IA")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 10, StorageClass=storage)
    timed.client("secretsmanager").create_secret(Name="s", SecretString="x")
    timed.client("dynamodb").create_table(
        TableName="tab", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )  # fmt: skip
    timed.cloud.clock_advance(3 * 86_400)

    def daily(namespace, name, **own):
        dimensions = [{"Name": key, "Value": value} for key, value in own.items()]
        points = timed.watch.get_metric_statistics(
            Namespace=namespace, MetricName=name, Dimensions=dimensions, StartTime=timed.now() - 4 * 86_400,
            EndTime=timed.now(), Period=86_400, Statistics=["Average"],
        )["Datapoints"]  # fmt: skip
        return [each["Average"] for each in points]

    assert daily("AWS/S3", "NumberOfObjects", BucketName=bucket, StorageType="AllStorageTypes") == [3.0] * 3
    assert daily("AWS/S3", "BucketSizeBytes", BucketName=bucket, StorageType="StandardStorage") == [20.0] * 3
    assert daily("AWS/S3", "BucketSizeBytes", BucketName=bucket, StorageType="StandardIAStorage") == [10.0] * 3
    assert daily("AWS/DynamoDB", "AccountMaxReads") == [80_000.0] * 3
    assert daily("AWS/DynamoDB", "AccountMaxTableLevelWrites") == [40_000.0] * 3
    own = {"Service": "Secrets Manager", "Type": "Resource", "Resource": "SecretCount", "Class": "None"}
    assert daily("AWS/SecretsManager", "ResourceCount", **own) == [1.0] * 3


def test_provisioned_tables_streams_and_transactions(desk):
    dynamodb, streams = desk.client("dynamodb"), desk.client("dynamodbstreams")
    made = dynamodb.create_table(
        TableName="prov", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]  # fmt: skip
    dynamodb.put_item(TableName="prov", Item={"k": {"S": "a"}})
    dynamodb.batch_get_item(RequestItems={"prov": {"Keys": [{"k": {"S": "a"}}]}})
    put = {"TableName": "prov", "Item": {"k": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(k)"}
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(TransactItems=[{"Put": put}])
    get = lambda name, stat="Sum", **own: found(desk, "AWS/DynamoDB", name, stat, TableName="prov", **own)  # noqa: E731
    assert get("ProvisionedWriteCapacityUnits", "Maximum") == 3.0
    assert get("ProvisionedReadCapacityUnits", "Maximum") == 7.0
    assert get("SuccessfulRequestLatency", "SampleCount", Operation="BatchGetItem") == 1.0
    assert get("ConditionalCheckFailedRequests") == 1.0
    [shard] = streams.describe_stream(StreamArn=made["LatestStreamArn"])["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=made["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    assert len(streams.get_records(ShardIterator=iterator)["Records"]) == 1
    label = {"Operation": "GetRecords", "StreamLabel": made["LatestStreamLabel"]}
    assert get("ReturnedRecordsCount", **label) == 1.0
    assert get("ReturnedBytes", **label) > 0


def test_people_who_sign_in(desk):
    cognito = desk.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.sign_up(ClientId=client, Username="ann", Password=PASSWORD)
    cognito.admin_create_user(UserPoolId=pool, Username="bob", MessageAction="SUPPRESS")
    cognito.admin_confirm_sign_up(UserPoolId=pool, Username="ann")

    def sign_in(password):
        given = {"USERNAME": "ann", "PASSWORD": password}
        return cognito.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)

    token = sign_in(PASSWORD)["AuthenticationResult"]["RefreshToken"]
    with pytest.raises(ClientError):
        sign_in("wrong")
    cognito.initiate_auth(ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token})
    own = {"UserPool": pool, "UserPoolClient": client}
    get = lambda name, stat="Sum": found(desk, "AWS/Cognito", name, stat, **own)  # noqa: E731
    assert (get("SignInSuccesses"), get("SignInSuccesses", "SampleCount")) == (1.0, 2.0)
    assert (get("SignUpSuccesses"), get("TokenRefreshSuccesses")) == (1.0, 1.0)
    assert found(desk, "AWS/Cognito", "SignUpSuccesses", UserPool=pool, UserPoolClient="Admin") == 1.0


def test_mail_and_what_configuration_sets_want_of_it(desk):
    ses = desk.client("sesv2")
    ses.create_email_identity(EmailIdentity="a@example.com")
    link = json.load(urllib.request.urlopen(f"{desk.cloud.url}/_cloudarium/mail?account={desk.account}"))["mails"][0]
    text = json.load(urllib.request.urlopen(f"{desk.cloud.url}/_cloudarium/mail/{link['id']}"))["text"]
    path = next(word for word in text.split() if "/verify/" in word)
    urllib.request.urlopen(path)
    ses.create_configuration_set(ConfigurationSetName="c")
    dimensions = [{"DimensionName": "campaign", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}]
    ses.create_configuration_set_event_destination(
        ConfigurationSetName="c", EventDestinationName="d",
        EventDestination={
            "Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE"],
            "CloudWatchDestination": {"DimensionConfigurations": dimensions},
        },
    )  # fmt: skip

    def send(to, **more):
        content = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
        ses.send_email(FromEmailAddress="a@example.com", Destination={"ToAddresses": [to]}, Content=content, **more)

    tags = [{"Name": "campaign", "Value": "spring"}]
    send("success@simulator.amazonses.com", ConfigurationSetName="c", EmailTags=tags)
    send("bounce@simulator.amazonses.com", ConfigurationSetName="c")
    send("success@simulator.amazonses.com")
    desk.cloud.settle()
    get = lambda name, stat="Sum", **own: found(desk, "AWS/SES", name, stat, **own)  # noqa: E731
    assert (get("Send"), get("Delivery"), get("Bounce")) == (3.0, 2.0, 1.0)
    assert get("Reputation.BounceRate", "Maximum") == 0.5
    assert (get("Send", campaign="spring"), get("Send", campaign="none")) == (1.0, 1.0)
    assert (get("Delivery", campaign="spring"), get("Bounce", campaign="none")) == (1.0, 1.0)
