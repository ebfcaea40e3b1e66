"""One move of the clock, all rooms: everything due happens in order of due time, each at its own moment."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import json
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from cloudarium.cloud import Cloud
from cloudarium.gateway import background
from cloudarium.gateway.background import Event, Retry
from cloudarium.gateway.call import BodyStream, Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.rooms import rooms_with
from cloudarium.policy.principal import Principal
from cloudarium.services.lambda_ import attaching
from tests.conftest import RunningCloud

START = datetime(2027, 1, 1, 12, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

# Work that happens at a time of its own, and work that only goes on as soon as it can. A new delivery belongs to one.
TIMED = {
    ("cloudformation", "Deploy"), ("cloudwatch", "Evaluate"), ("cloudwatch", "GrowOld"),
    ("cloudwatch", "ReadGauges"), ("cloudwatch", "Release"),
    ("dynamodb", "ExpireItems"), ("dynamodb", "TrimStream"), ("ec2", "ForgetAnswer"),
    ("ec2", "ForgetNatGateway"), ("events", "Expire"), ("events", "Replay"), ("events", "Schedule"),
    ("kms", "ExpireMaterial"), ("lambda_", "AsyncInvoke"), ("lambda_", "ReleaseInterfaces"),
    ("logs", "ExpireLogEvents"), ("s3", "Lifecycle"), ("scheduler", "Fire"), ("secretsmanager", "ScheduledRotation"),
    ("sns", "DeliverByHttp"), ("sns", "Unconfirmed"), ("sqs", "MoveMessages"),
    ("ssm", "ExpireParameter"),
}  # fmt: skip
# Timed too, but AWS lets nobody set them to less than a week.
LATE = {
    ("ec2", "AgePeering"), ("kms", "DeleteKey"), ("kms", "RotateKey"), ("logs", "ForgetQuery"),
    ("secretsmanager", "DeleteSecret"), ("xray", "ExpireTraces"),
}  # fmt: skip
# Timed too, where there is an EventBridge to tell of it: tests/services/ssm/test_behaviour_events.py waits for it.
HEARD = {("ssm", "TellPolicy")}
# Timed when others do not take it now: tests/services/ses/test_behaviour_relay.py and _receiving.py wait for them,
# and tests/services/logs for what is subscribed to.
AGAIN = {("logs", "Subscription"), ("ses", "Receipt"), ("ses", "Relay")}
# Timed too, with a test of their own below: a cache has network interfaces.
APART = {("elasticache", "Daily")}
# Timed too, while an alarm, a running cache, a metric filter or a table with recovery has somebody look:
# tests/services/sqs, elasticache, logs and dynamodb wait for them.
SEEN = {
    ("dynamodb", "DropBackup"),
    ("dynamodb", "TrimChanges"),
    ("elasticache", "Measure"),
    ("logs", "DefaultValue"),
    ("sqs", "Sample"),
}
AT_ONCE = {
    ("apigatewayv2", "AccessLog"), ("cloudwatch", "Act"), ("cloudwatch", "Compose"),
    ("cognito_idp", "CustomSender"), ("cognito_idp", "Import"),
    ("dynamodb", "EmptyIndex"), ("dynamodb", "EmptyTable"), ("dynamodb", "FillIndex"), ("dynamodb", "FindExpiries"),
    ("dynamodb", "ForgetExpiries"), ("dynamodb", "RestoreItems"), ("elasticache", "Change"),
    ("elasticache", "Notify"), ("elasticache", "Reboot"), ("elasticache", "Release"),
    ("elasticache", "Remove"), ("elasticache", "Snapshot"), ("elasticache", "Start"), ("events", "Authorize"),
    ("events", "DropArchived"), ("events", "Emit"), ("events", "Target"), ("events", "TargetByHttp"),
    ("lambda_", "EventSourceFailure"), ("lambda_", "ProvisionConcurrency"), ("lambda_", "SettleEventSource"),
    ("lambda_", "TraceSegments"), ("logs", "DropLogEvents"), ("logs", "Export"), ("logs", "Findings"),
    ("logs", "FineMetrics"), ("logs", "RunQuery"),
    ("organizations", "CloseAccount"), ("organizations", "CreateAccount"), ("s3", "Notification"),
    ("scheduler", "DropGroup"), ("scheduler", "Invoke"), ("secretsmanager", "Rotate"), ("ses", "Arrival"),
    ("ses", "Mail"), ("ses", "MailEvent"), ("ses", "Notice"), ("sns", "Deliver"),
    ("sns", "DeliverInOrder"), ("sns", "DeliveryStatus"),
    ("sqs", "ClearShelf"),
}  # fmt: skip
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


class House:
    """A cloud in this process, its clock frozen at START; `happened` are the deliveries by room, kind and time."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.happened: list[tuple[str, str, float]] = []

    async def do(self, service: str, operation: str, **given: Any) -> dict[str, Any]:
        root = Principal.root(self.cloud.home.account)
        request = HttpRequest(method="PUT", path="/", query="", headers={}, peer="127.0.0.1", scheme="http")
        parent = Call(self.cloud, request)
        return await self.cloud.send(parent, service, operation, given, root, None, self.cloud.home)

    async def move(self, seconds: float) -> None:
        await self.cloud.journeys.move(lambda now: now + seconds)

    def watched(self, owner: str, kind: str, deliver: Any) -> Callable[[Event], Awaitable[Retry | None]]:
        async def watch(event: Event) -> Retry | None:
            assert event.now == self.cloud.clock.now() == event.due
            self.happened.append((owner, kind, event.now - START))
            return await deliver(event)

        return watch

    def times(self, kind: str) -> list[float]:
        return [when for _, each, when in self.happened if each == kind]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    list(rooms_with("background"))

    def run(test: Callable[[House], Awaitable[None]]) -> None:
        async def main() -> None:
            cloud = Cloud(tmp_path / "cloud")
            cloud.clock.freeze()
            cloud.clock.move_to(START)
            made = House(cloud)
            for (owner, kind), deliver in list(background.DELIVERIES.items()):
                monkeypatch.setitem(background.DELIVERIES, (owner, kind), made.watched(owner, kind, deliver))
            cloud.deliverer.start()
            try:
                await asyncio.wait_for(test(made), 60)
            finally:
                await cloud.stop()

        asyncio.run(main())

    yield run


def test_every_delivery_of_every_room_is_known_here() -> None:
    list(rooms_with("background"))
    known = set(background.DELIVERIES)
    assert known == TIMED | LATE | HEARD | AGAIN | APART | SEEN | AT_ONCE, (
        "say above, by a set, what a new delivery is, and give a timed one its part below"
    )


async def _table_with_expiry(house: House) -> None:
    await house.do(
        "dynamodb", "CreateTable", TableName="table", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )  # fmt: skip
    wanted = {"Enabled": True, "AttributeName": "ends"}
    await house.do("dynamodb", "UpdateTimeToLive", TableName="table", TimeToLiveSpecification=wanted)
    for after in (3 * DAY, HOUR, DAY):
        ends = {"N": str(int(START + after))}
        await house.do("dynamodb", "PutItem", TableName="table", Item={"id": {"S": str(after)}, "ends": ends})


async def _bucket_with_lifecycle(house: House) -> None:
    await house.do("s3", "CreateBucket", Bucket="bucket")
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2}}
    await house.do("s3", "PutBucketLifecycleConfiguration", Bucket="bucket", LifecycleConfiguration={"Rules": [rule]})
    await house.do("s3", "PutObject", Bucket="bucket", Key="k", Body=BodyStream.whole(b"x"))


async def _group_with_retention(house: House) -> None:
    await house.do("logs", "CreateLogGroup", logGroupName="g")
    await house.do("logs", "CreateLogStream", logGroupName="g", logStreamName="s")
    await house.do("logs", "PutRetentionPolicy", logGroupName="g", retentionInDays=1)
    events = [{"timestamp": int((START - after) * 1000), "message": str(after)} for after in (20 * HOUR, 0)]
    await house.do("logs", "PutLogEvents", logGroupName="g", logStreamName="s", logEvents=events)


async def _parameter_with_expiry(house: House) -> None:
    at = datetime.fromtimestamp(START + 2 * DAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = [{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": at}}]
    await house.do(
        "ssm", "PutParameter", Name="/p", Value="x", Type="String", Tier="Advanced", Policies=json.dumps(policy)
    )


async def _function_that_fails(house: House) -> None:
    trust = json.dumps({"Version": "2012-10-17", **TRUST})
    role = await house.do("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=trust)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    raise ValueError\n")
    await house.do(
        "lambda", "CreateFunction", FunctionName="f", Role=role["Role"]["Arn"], Handler="app.handler",
        Runtime="python3.11", Code={"ZipFile": package.getvalue()},
    )  # fmt: skip
    await house.do("lambda", "Invoke", FunctionName="f", InvocationType="Event", Payload=b"{}")


async def _stack_that_waits(house: House) -> None:
    resources = {
        "Gateway": {"Type": "AWS::EC2::InternetGateway"},
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Waits": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "7200"},
        },
    }
    await house.do("cloudformation", "CreateStack", StackName="s", TemplateBody=json.dumps({"Resources": resources}))


async def _key_with_material_that_expires(house: House) -> None:
    key = (await house.do("kms", "CreateKey", Origin="EXTERNAL"))["KeyMetadata"]["KeyId"]
    how = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    made = await house.do("kms", "GetParametersForImport", KeyId=key, **how)
    public: Any = serialization.load_der_public_key(made["PublicKey"])
    wrapped = public.encrypt(b"k" * 32, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    given = {"ImportToken": made["ImportToken"], "EncryptedKeyMaterial": wrapped, "ValidTo": START + 3 * DAY}
    await house.do("kms", "ImportKeyMaterial", KeyId=key, **given)


async def _secret_on_a_schedule(house: House) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    pass\n")
    arn = (
        await house.do(
            "lambda", "CreateFunction", FunctionName="rotates", Role=f"arn:aws:iam::{house.cloud.home.account}:role/r",
            Handler="app.handler", Runtime="python3.11", Code={"ZipFile": package.getvalue()},
        )
    )["FunctionArn"]  # fmt: skip
    who = {"Principal": "secretsmanager.amazonaws.com", "Action": "lambda:InvokeFunction"}
    await house.do("lambda", "AddPermission", FunctionName="rotates", StatementId="s", **who)
    await house.do("secretsmanager", "CreateSecret", Name="a", ClientRequestToken="a" * 32)
    rules = {"ScheduleExpression": "cron(0 12 2 1 ? *)"}
    await house.do(
        "secretsmanager", "RotateSecret", SecretId="a", RotationLambdaARN=arn, RotationRules=rules,
        RotateImmediately=False, ClientRequestToken="c" * 32,
    )  # fmt: skip


async def _messages_that_move_slowly(house: House) -> None:
    place = f"{house.cloud.home.region}:{house.cloud.home.account}"
    dead, target = f"arn:aws:sqs:{place}:dead", f"arn:aws:sqs:{place}:target"
    for name in ("dead", "target"):
        await house.do("sqs", "CreateQueue", QueueName=name)
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    await house.do("sqs", "SetQueueAttributes", QueueUrl="target", Attributes={"RedrivePolicy": policy})
    for number in range(3):
        await house.do("sqs", "SendMessage", QueueUrl="dead", MessageBody=str(number))
    given = {"SourceArn": dead, "DestinationArn": target, "MaxNumberOfMessagesPerSecond": 1}
    await house.do("sqs", "StartMessageMoveTask", **given)


async def _topic_with_a_server_that_is_not_there(house: House) -> None:
    arn = (await house.do("sns", "CreateTopic", Name="news"))["TopicArn"]
    await house.do("sns", "Subscribe", TopicArn=arn, Protocol="http", Endpoint="http://127.0.0.1:1/hook")


async def _schedule_in_a_time_zone(house: House) -> None:
    account = house.cloud.home.account
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    await house.do(
        "iam", "CreateRole", RoleName="schedules", Path="/", AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": trust}),
    )  # fmt: skip
    role = f"arn:aws:iam::{account}:role/schedules"
    target = {"Arn": f"arn:aws:sqs:us-east-1:{account}:none", "RoleArn": role}
    await house.do(
        "scheduler", "CreateSchedule", Name="s", Target=target, FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression="cron(0 13 2-3 1 ? 2027)", ScheduleExpressionTimezone="Europe/Berlin",
    )  # fmt: skip


async def _rule_on_a_schedule_and_archive(house: House) -> None:
    place = f"{house.cloud.home.region}:{house.cloud.home.account}"
    await house.do("events", "PutRule", Name="r", ScheduleExpression="cron(0 12 2-3 1 ? 2027)")
    bus = f"arn:aws:events:{place}:event-bus/default"
    pattern = '{"source": ["s"]}'
    await house.do(
        "events", "CreateArchive", ArchiveName="a", EventSourceArn=bus, EventPattern=pattern, RetentionDays=2
    )
    await house.do("events", "PutEvents", Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
    await house.do(
        "events", "StartReplay", ReplayName="r", EventSourceArn=f"arn:aws:events:{place}:archive/a",
        EventStartTime=START - 1, EventEndTime=START + 1, Destination={"Arn": bus},
    )  # fmt: skip


async def _gateway_that_is_gone(house: House) -> None:
    subnets = (await house.do("ec2", "DescribeSubnets"))["Subnets"]
    given = {"SubnetId": subnets[0]["SubnetId"], "ConnectivityType": "private"}
    made = await house.do("ec2", "CreateNatGateway", **given)
    await house.do("ec2", "DeleteNatGateway", NatGatewayId=made["NatGateway"]["NatGatewayId"])


async def _function_that_left_its_network(house: House) -> None:
    trust = json.dumps({"Version": "2012-10-17", **TRUST})
    role = (await house.do("iam", "CreateRole", RoleName="n", AssumeRolePolicyDocument=trust))["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
    await house.do("iam", "AttachRolePolicy", RoleName="n", PolicyArn=policy)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    pass\n")
    subnet = (await house.do("ec2", "DescribeSubnets"))["Subnets"][0]["SubnetId"]
    group = (await house.do("ec2", "DescribeSecurityGroups"))["SecurityGroups"][0]["GroupId"]
    await house.do(
        "lambda", "CreateFunction", FunctionName="inside", Role=role, Handler="app.handler", Runtime="python3.11",
        Code={"ZipFile": package.getvalue()}, VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]},
    )  # fmt: skip
    await house.do("lambda", "DeleteFunction", FunctionName="inside")


async def _alarm_with_a_suppressor(house: House) -> None:
    data = [{"MetricName": "m", "Value": 9.0, "StorageResolution": 1}]
    await house.do("cloudwatch", "PutMetricData", Namespace="shop", MetricData=data)
    for name in ("busy", "works"):
        await house.do(
            "cloudwatch", "PutMetricAlarm", AlarmName=name, Namespace="shop", MetricName=name[0], Statistic="Sum",
            Period=60, EvaluationPeriods=1, Threshold=5.0, ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching" if name == "busy" else "missing",
        )  # fmt: skip
    await house.do(
        "cloudwatch", "PutCompositeAlarm", AlarmName="c", AlarmRule="ALARM(busy)", ActionsSuppressor="works",
        ActionsSuppressorWaitPeriod=7, ActionsSuppressorExtensionPeriod=1,
    )  # fmt: skip


def test_all_that_is_due_happens_in_order_across_all_rooms(house: Callable[..., None]) -> None:
    async def test(house: House) -> None:
        for prepare in (
            _table_with_expiry, _bucket_with_lifecycle, _group_with_retention, _parameter_with_expiry,
            _function_that_fails, _stack_that_waits, _key_with_material_that_expires,
            _rule_on_a_schedule_and_archive, _schedule_in_a_time_zone,
            _secret_on_a_schedule, _messages_that_move_slowly, _topic_with_a_server_that_is_not_there,
            _gateway_that_is_gone, _function_that_left_its_network,
            _alarm_with_a_suppressor,
        ):  # fmt: skip
            await prepare(house)
        await house.cloud.deliverer.settle()
        assert {when for _, _, when in house.happened} == {0.0}
        await house.move(5 * DAY)

        whens = [when for _, _, when in house.happened]
        assert whens == sorted(whens)
        assert house.times("AsyncInvoke") == [0.0, MINUTE, 3 * MINUTE]
        assert house.times("ExpireItems") == [HOUR, DAY, 3 * DAY]
        assert house.times("Deploy") == [0.0, 2 * HOUR]
        assert house.times("ExpireLogEvents") == pytest.approx([4 * HOUR + 0.001, DAY + 0.001])
        assert house.times("Lifecycle") == [0.5 * DAY, 1.5 * DAY, 2.5 * DAY, 3.5 * DAY, 4.5 * DAY]
        assert house.times("Schedule") == house.times("Fire") == [DAY, 2 * DAY]
        assert (house.times("Expire"), house.times("Replay")) == ([2 * DAY], [2.0])
        assert house.times("ExpireParameter") == [2 * DAY]
        assert house.times("ExpireMaterial") == [3 * DAY]
        assert house.times("ScheduledRotation") == [DAY]
        assert house.times("DeliverByHttp") == [0.0, 20.0, 40.0, 60.0]
        assert house.times("Unconfirmed") == [2 * DAY]
        assert house.times("ForgetAnswer") == [DAY]
        assert house.times("ForgetNatGateway") == [HOUR]
        assert house.times("ReleaseInterfaces") == [20 * MINUTE]
        assert house.times("Evaluate") == [MINUTE, MINUTE]  # what is missing for good is not looked at again
        assert house.times("Release") == [MINUTE + 7]
        assert house.times("GrowOld") == [4 * HOUR]  # seconds; the minute that they become is young for two weeks
        assert house.times("ReadGauges") == [(n + 0.5) * DAY for n in range(5)]  # there is a bucket
        assert house.times("MoveMessages") == [1.0, 2.0, 3.0]
        # A trial first; the function does nothing, so no version becomes current, and it is tried five times.
        assert house.times("Rotate") == [0.0, *(DAY + n * MINUTE for n in (0, 1, 3, 7, 15))]
        # Records of the stream: three puts at the start, a removal at each expiry, each gone a day later.
        assert house.times("TrimStream") == [DAY, DAY + HOUR, 2 * DAY, 4 * DAY]
        assert {(room, kind) for room, kind, _ in house.happened} >= TIMED

        assert (await house.do("ec2", "DescribeNatGateways"))["NatGateways"] == []
        assert (await house.do("ec2", "DescribeNetworkInterfaces"))["NetworkInterfaces"] == []
        assert (await house.do("dynamodb", "Scan", TableName="table"))["Count"] == 0
        assert (await house.do("s3", "ListObjectsV2", Bucket="bucket"))["KeyCount"] == 0
        stack = (await house.do("cloudformation", "DescribeStacks", StackName="s"))["Stacks"][0]
        last = (await house.do("cloudformation", "DescribeStackEvents", StackName="s"))["StackEvents"][0]
        assert (stack["StackStatus"], last["Timestamp"] - START) == (
            "ROLLBACK_COMPLETE",
            pytest.approx(2 * HOUR, abs=1),
        )
        assert house.cloud.store.outbox.waiting(START + 5 * DAY) == 0

    house(test)


def test_caches_are_copied_daily_and_copies_go_in_their_time(house: Callable[..., None]) -> None:
    async def test(house: House) -> None:
        await house.do(
            "elasticache", "CreateCacheCluster", CacheClusterId="c", Engine="valkey", CacheNodeType="cache.t4g.micro",
            SnapshotRetentionLimit=2, SnapshotWindow="13:00-14:00",
        )  # fmt: skip
        await house.cloud.deliverer.settle()
        await house.move(3.5 * DAY)
        assert house.times("Daily") == [HOUR + number * DAY for number in range(4)]
        found = (await house.do("elasticache", "DescribeSnapshots", CacheClusterId="c"))["Snapshots"]
        assert [(one["SnapshotSource"], one["SnapshotStatus"], one["SnapshotName"]) for one in found] == [
            ("automated", "available", f"automatic.c-2027-01-0{day}-13-00") for day in (3, 4)
        ]

    house(test)


def test_keys_rotate_and_go_after_their_time(house: Callable[..., None]) -> None:
    async def test(house: House) -> None:
        stays, goes = [(await house.do("kms", "CreateKey"))["KeyMetadata"]["KeyId"] for _ in range(2)]
        await house.do("kms", "EnableKeyRotation", KeyId=stays, RotationPeriodInDays=100)
        await house.do("kms", "ScheduleKeyDeletion", KeyId=goes, PendingWindowInDays=10)
        await house.move(365 * DAY)
        assert house.times("RotateKey") == [100 * DAY, 200 * DAY, 300 * DAY]
        assert house.times("DeleteKey") == [10 * DAY]
        assert [key["KeyId"] for key in (await house.do("kms", "ListKeys"))["Keys"]] == [stays]

    house(test)


def test_a_month_at_once_is_thirty_days_one_by_one(house: Callable[..., None], tmp_path: Path) -> None:
    async def test(house: House) -> None:
        await _bucket_with_lifecycle(house)
        await house.move(30 * DAY)
        assert house.times("Lifecycle") == [(n + 0.5) * DAY for n in range(30)]

    house(test)


def test_credentials_and_urls_age_with_a_journey(fresh_cloud: RunningCloud) -> None:
    s3, sts = (fresh_cloud.client(name) for name in ("s3", "sts"))
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"content")
    made = sts.get_session_token(DurationSeconds=900)["Credentials"]
    session = fresh_cloud.client(
        "sts", key=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"]
    )
    short, long = (
        s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}, ExpiresIn=n) for n in (600, 7200)
    )
    fresh_cloud.clock_advance(840)
    assert session.get_caller_identity()["Arn"].endswith(":root")
    assert urllib.request.urlopen(long, timeout=20).read() == b"content"
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(short, timeout=20):
        pass
    assert refused.value.code == 403 and b"Request has expired" in refused.value.read()
    fresh_cloud.clock_advance(120)
    with pytest.raises(ClientError) as expired:
        session.get_caller_identity()
    assert expired.value.response["Error"]["Code"] == "ExpiredToken"
    s3.put_object(Bucket="bucket", Key="later", Body=b"signed by the machine's time, which did not move")
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(short, timeout=20):
        pass
    refused.value.close()


def test_a_kill_in_the_middle_of_a_long_move_goes_on(fresh_cloud: RunningCloud) -> None:
    dynamodb = fresh_cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="table", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    wanted = {"Enabled": True, "AttributeName": "ends"}
    dynamodb.update_time_to_live(TableName="table", TimeToLiveSpecification=wanted)
    began = fresh_cloud.control("clock")["epoch"]
    for first in range(0, 2000, 25):
        items = [{"id": {"S": str(n)}, "ends": {"N": str(int(began) + 1000 + n)}} for n in range(first, first + 25)]
        dynamodb.batch_write_item(RequestItems={"table": [{"PutRequest": {"Item": item}} for item in items]})

    def move() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            fresh_cloud.clock_advance(DAY)

    asking = threading.Thread(target=move)
    asking.start()
    limit = time.monotonic() + 30
    while fresh_cloud.control("clock")["moving_to"] is None and time.monotonic() < limit:
        pass
    fresh_cloud.restart()
    asking.join(30)
    fresh_cloud.settle()  # waits for the move that goes on, too
    shown = fresh_cloud.control("clock")
    assert (shown["moving_to"], shown["frozen"]) == (None, False)
    assert began + DAY <= shown["epoch"] < began + DAY + 120
    assert dynamodb.scan(TableName="table", Select="COUNT")["Count"] == 0


def test_an_interface_that_a_killed_cloud_still_had_goes_a_minute_later(
    house: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any) -> None:
        raise asyncio.CancelledError

    async def test(house: House) -> None:
        let_go = attaching.let_go
        monkeypatch.setattr(attaching, "let_go", killed)
        with pytest.raises(asyncio.CancelledError):
            await _function_that_left_its_network(house)
        monkeypatch.setattr(attaching, "let_go", let_go)
        assert len((await house.do("ec2", "DescribeNetworkInterfaces"))["NetworkInterfaces"]) == 1
        await house.move(HOUR)
        assert house.times("ReleaseInterfaces") == [MINUTE, 20 * MINUTE]
        assert (await house.do("ec2", "DescribeNetworkInterfaces"))["NetworkInterfaces"] == []

    house(test)
