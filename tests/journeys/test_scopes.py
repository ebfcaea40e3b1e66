"""The same names in two accounts and two regions, side by side in every room: nobody sees or touches another's."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudarium.gateway.rooms import all_rooms
from tests.conftest import RunningCloud
from tests.journeys.samples import (
    NAME,
    Alarm,
    Bus,
    CacheUser,
    ChangeStream,
    Clients,
    ConfigurationSet,
    MailTemplate,
    Parameter,
    Queue,
    Sample,
    ScheduleGroup,
    SecurityGroup,
    Topic,
    TraceGroup,
)

ACCOUNTS = ("111111111111", "222222222222")
REGIONS = ("us-east-1", "eu-west-1")
SCOPES = tuple(product(ACCOUNTS, REGIONS))
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LOGGING = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

# Rooms that are tested otherwise: each with the reason.
ELSEWHERE = {
    "s3": "bucket names are global: test_bucket_names_are_global",
    "sts": "it makes sessions, not names: test_sessions_act_in_their_account",
    "organizations": "an organization is made of accounts, and stands above them",
}


class Table(Sample):
    def make(self, value: str) -> None:
        self.clients("dynamodb").create_table(
            TableName=NAME, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
        self.change(value)

    def names(self) -> list[str]:
        return self.clients("dynamodb").list_tables()["TableNames"]

    def value(self) -> str:
        items = self.clients("dynamodb").scan(TableName=NAME)["Items"]
        assert len(items) == 1
        return items[0]["v"]["S"]

    def change(self, value: str) -> None:
        self.clients("dynamodb").put_item(TableName=NAME, Item={"id": {"S": "1"}, "v": {"S": value}})

    def delete(self) -> None:
        self.clients("dynamodb").delete_table(TableName=NAME)

    def _arn(self) -> str:
        return self.clients("dynamodb").describe_table(TableName=NAME)["Table"]["TableArn"]

    def tag(self, value: str) -> None:
        self.clients("dynamodb").tag_resource(ResourceArn=self._arn(), Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("dynamodb").list_tags_of_resource(ResourceArn=self._arn())["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}


class Function(Sample):
    def make(self, value: str) -> None:
        self.clients("lambda").create_function(
            FunctionName=NAME, Role=role(self.clients), Handler="app.handler", Runtime="python3.11", Description=value,
            Code={"ZipFile": zipped("def handler(event, context):\n    return context.invoked_function_arn\n")},
        )  # fmt: skip

    def names(self) -> list[str]:
        return [each["FunctionName"] for each in self.clients("lambda").list_functions()["Functions"]]

    def value(self) -> str:
        return self.clients("lambda").get_function(FunctionName=NAME)["Configuration"]["Description"]

    def change(self, value: str) -> None:
        self.clients("lambda").update_function_configuration(FunctionName=NAME, Description=value)

    def delete(self) -> None:
        self.clients("lambda").delete_function(FunctionName=NAME)

    def _arn(self) -> str:
        return self.clients("lambda").get_function(FunctionName=NAME)["Configuration"]["FunctionArn"]

    def tag(self, value: str) -> None:
        self.clients("lambda").tag_resource(Resource=self._arn(), Tags={"k": value})

    def tags(self) -> dict[str, str]:
        return self.clients("lambda").list_tags(Resource=self._arn())["Tags"]


class LogGroup(Sample):
    def make(self, value: str) -> None:
        logs = self.clients("logs")
        logs.create_log_group(logGroupName=NAME)
        logs.create_log_stream(logGroupName=NAME, logStreamName=NAME)
        self.change(value)

    def names(self) -> list[str]:
        return [group["logGroupName"] for group in self.clients("logs").describe_log_groups()["logGroups"]]

    def value(self) -> str:
        events = self.clients("logs").get_log_events(logGroupName=NAME, logStreamName=NAME)["events"]
        return events[-1]["message"]

    def change(self, value: str) -> None:
        import time

        event = {"timestamp": int(time.time() * 1000), "message": value}
        self.clients("logs").put_log_events(logGroupName=NAME, logStreamName=NAME, logEvents=[event])

    def delete(self) -> None:
        self.clients("logs").delete_log_group(logGroupName=NAME)

    def _arn(self) -> str:
        return self.clients("logs").describe_log_groups()["logGroups"][0]["logGroupArn"]

    def tag(self, value: str) -> None:
        self.clients("logs").tag_resource(resourceArn=self._arn(), tags={"k": value})

    def tags(self) -> dict[str, str]:
        return self.clients("logs").list_tags_for_resource(resourceArn=self._arn())["tags"]


class Key(Sample):
    """An alias is the name of a key; its description is the value."""

    def make(self, value: str) -> None:
        made = self.clients("kms").create_key(Description=value)["KeyMetadata"]["KeyId"]
        self.clients("kms").create_alias(AliasName=f"alias/{NAME}", TargetKeyId=made)

    def names(self) -> list[str]:
        return [each["AliasName"].removeprefix("alias/") for each in self.clients("kms").list_aliases()["Aliases"]]

    def _id(self) -> str:
        return self.clients("kms").describe_key(KeyId=f"alias/{NAME}")["KeyMetadata"]["KeyId"]

    def value(self) -> str:
        kms, name = self.clients("kms"), f"alias/{NAME}"
        blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(KeyId=name, CiphertextBlob=blob)["Plaintext"] == b"x"
        return kms.describe_key(KeyId=name)["KeyMetadata"]["Description"]

    def change(self, value: str) -> None:
        self.clients("kms").update_key_description(KeyId=self._id(), Description=value)

    def delete(self) -> None:
        self.clients("kms").delete_alias(AliasName=f"alias/{NAME}")

    def tag(self, value: str) -> None:
        self.clients("kms").tag_resource(KeyId=self._id(), Tags=[{"TagKey": "k", "TagValue": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("kms").list_resource_tags(KeyId=self._id())["Tags"]
        return {tag["TagKey"]: tag["TagValue"] for tag in found}


class Stack(Sample):
    taggable = False  # a stack's tags are part of its template's deployment

    def make(self, value: str) -> None:
        self.clients("cloudformation").create_stack(StackName=NAME, TemplateBody=_template(value))
        self._wait("stack_create_complete")

    def names(self) -> list[str]:
        found = self.clients("cloudformation").describe_stacks()["Stacks"]
        exports = self.clients("cloudformation").list_exports()["Exports"]
        assert [export["Name"] for export in exports] == [NAME for _ in found]
        return [stack["StackName"] for stack in found]

    def value(self) -> str:
        exported = self.clients("cloudformation").list_exports()["Exports"][0]["Value"]
        assert self.clients("ssm").get_parameter(Name="of-the-stack")["Parameter"]["Value"] == exported
        return exported

    def change(self, value: str) -> None:
        self.clients("cloudformation").update_stack(StackName=NAME, TemplateBody=_template(value))
        self._wait("stack_update_complete")

    def delete(self) -> None:
        self.clients("cloudformation").delete_stack(StackName=NAME)
        self._wait("stack_delete_complete")

    def _wait(self, waiter: str) -> None:
        named = {"StackName": NAME, "WaiterConfig": {"Delay": 0.05, "MaxAttempts": 400}}
        self.clients("cloudformation").get_waiter(waiter).wait(**named)


class HttpApi(Sample):
    def make(self, value: str) -> None:
        self.clients("apigatewayv2").create_api(Name=NAME, ProtocolType="HTTP", Description=value)

    def names(self) -> list[str]:
        return [api["Name"] for api in self.clients("apigatewayv2").get_apis()["Items"]]

    def _id(self) -> str:
        return self.clients("apigatewayv2").get_apis()["Items"][0]["ApiId"]

    def value(self) -> str:
        return self.clients("apigatewayv2").get_api(ApiId=self._id())["Description"]

    def change(self, value: str) -> None:
        self.clients("apigatewayv2").update_api(ApiId=self._id(), Description=value)

    def delete(self) -> None:
        self.clients("apigatewayv2").delete_api(ApiId=self._id())

    def _arn(self) -> str:
        api = self.clients("apigatewayv2")
        return f"arn:aws:apigateway:{api.meta.region_name}::/apis/{self._id()}"

    def tag(self, value: str) -> None:
        self.clients("apigatewayv2").tag_resource(ResourceArn=self._arn(), Tags={"k": value})

    def tags(self) -> dict[str, str]:
        return self.clients("apigatewayv2").get_tags(ResourceArn=self._arn())["Tags"]


class Role(Sample):
    regional = False

    def make(self, value: str) -> None:
        self.clients("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST), Description=value)

    def names(self) -> list[str]:
        return [role["RoleName"] for role in self.clients("iam").list_roles()["Roles"]]

    def value(self) -> str:
        return self.clients("iam").get_role(RoleName=NAME)["Role"]["Description"]

    def change(self, value: str) -> None:
        self.clients("iam").update_role(RoleName=NAME, Description=value)

    def delete(self) -> None:
        self.clients("iam").delete_role(RoleName=NAME)

    def tag(self, value: str) -> None:
        self.clients("iam").tag_role(RoleName=NAME, Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.clients("iam").list_role_tags(RoleName=NAME)["Tags"]}


class Secret(Sample):
    def make(self, value: str) -> None:
        self.clients("secretsmanager").create_secret(Name=NAME, SecretString=value)

    def names(self) -> list[str]:
        return [each["Name"] for each in self.clients("secretsmanager").list_secrets()["SecretList"]]

    def value(self) -> str:
        return self.clients("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]

    def change(self, value: str) -> None:
        self.clients("secretsmanager").put_secret_value(SecretId=NAME, SecretString=value)

    def delete(self) -> None:
        self.clients("secretsmanager").delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)

    def tag(self, value: str) -> None:
        self.clients("secretsmanager").tag_resource(SecretId=NAME, Tags=[{"Key": "k", "Value": value}])

    def tags(self) -> dict[str, str]:
        found = self.clients("secretsmanager").describe_secret(SecretId=NAME).get("Tags") or []
        return {tag["Key"]: tag["Value"] for tag in found}


class IdentityPool(Sample):
    def _settings(self, value: str) -> dict[str, Any]:
        client = value.encode().hex()
        provider = {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_same", "ClientId": client}
        named = {"IdentityPoolName": NAME, "AllowUnauthenticatedIdentities": True}
        return {**named, "CognitoIdentityProviders": [provider]}

    def make(self, value: str) -> None:
        self.clients("cognito-identity").create_identity_pool(**self._settings(value))

    def _listed(self) -> list[dict[str, str]]:
        return self.clients("cognito-identity").list_identity_pools(MaxResults=60)["IdentityPools"]

    def _id(self) -> str:
        return self._listed()[0]["IdentityPoolId"]

    def names(self) -> list[str]:
        return [each["IdentityPoolName"] for each in self._listed()]

    def value(self) -> str:
        found = self.clients("cognito-identity").describe_identity_pool(IdentityPoolId=self._id())
        return bytes.fromhex(found["CognitoIdentityProviders"][0]["ClientId"]).decode()

    def change(self, value: str) -> None:
        self.clients("cognito-identity").update_identity_pool(IdentityPoolId=self._id(), **self._settings(value))

    def delete(self) -> None:
        self.clients("cognito-identity").delete_identity_pool(IdentityPoolId=self._id())

    def _arn(self) -> str:
        pools = self.clients("cognito-identity")
        account = self.clients("sts").get_caller_identity()["Account"]
        return f"arn:aws:cognito-identity:{pools.meta.region_name}:{account}:identitypool/{self._id()}"

    def tag(self, value: str) -> None:
        self.clients("cognito-identity").tag_resource(ResourceArn=self._arn(), Tags={"k": value})

    def tags(self) -> dict[str, str]:
        return self.clients("cognito-identity").list_tags_for_resource(ResourceArn=self._arn())["Tags"]


class UserPool(Sample):
    def make(self, value: str) -> None:
        self.clients("cognito-idp").create_user_pool(PoolName=NAME, EmailVerificationSubject=value)

    def _pool(self) -> dict[str, Any]:
        idp = self.clients("cognito-idp")
        return next(one for one in idp.list_user_pools(MaxResults=60)["UserPools"] if one["Name"] == NAME)

    def names(self) -> list[str]:
        return [each["Name"] for each in self.clients("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]]

    def value(self) -> str:
        found = self.clients("cognito-idp").describe_user_pool(UserPoolId=self._pool()["Id"])["UserPool"]
        return found["EmailVerificationSubject"]

    def change(self, value: str) -> None:
        self.clients("cognito-idp").update_user_pool(UserPoolId=self._pool()["Id"], EmailVerificationSubject=value)

    def delete(self) -> None:
        self.clients("cognito-idp").delete_user_pool(UserPoolId=self._pool()["Id"])

    def _arn(self) -> str:
        return self.clients("cognito-idp").describe_user_pool(UserPoolId=self._pool()["Id"])["UserPool"]["Arn"]

    def tag(self, value: str) -> None:
        self.clients("cognito-idp").tag_resource(ResourceArn=self._arn(), Tags={"k": value})

    def tags(self) -> dict[str, str]:
        return self.clients("cognito-idp").list_tags_for_resource(ResourceArn=self._arn())["Tags"]


SAMPLES: dict[str, type[Sample]] = {
    "cognito-identity": IdentityPool,
    "apigatewayv2": HttpApi,
    "cloudformation": Stack,
    "cloudwatch": Alarm,
    "cognito-idp": UserPool,
    "dynamodb": Table,
    "dynamodbstreams": ChangeStream,
    "ec2": SecurityGroup,
    "events": Bus,
    "iam": Role,
    "kms": Key,
    "lambda": Function,
    "logs": LogGroup,
    "scheduler": ScheduleGroup,
    "secretsmanager": Secret,
    "ses": MailTemplate,
    "sesv2": ConfigurationSet,
    "sns": Topic,
    "sqs": Queue,
    "elasticache": CacheUser,
    "ssm": Parameter,
    "xray": TraceGroup,
}


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


def role(clients: Clients) -> str:
    """The execution role of an account, made when it is not there."""
    iam = clients("iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="runs", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName="runs", PolicyArn=LOGGING)
    return iam.get_role(RoleName="runs")["Role"]["Arn"]


def _template(value: str) -> str:
    parameter = {"Name": "of-the-stack", "Type": "String", "Value": value}
    resources = {"P": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}
    outputs = {"O": {"Value": {"Fn::GetAtt": ["P", "Value"]}, "Export": {"Name": NAME}}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture(scope="module")
def two_by_two() -> Iterator[RunningCloud]:
    """A cloud in which these accounts are nobody else's."""
    running = RunningCloud()
    yield running
    running.stop()


def clients_of(cloud: RunningCloud, account: str, region: str) -> Clients:
    return cache(lambda service: cloud.client(service, key=account, region=region))


def refused(code: str, what: Callable[..., Any], *given: Any, **named: Any) -> None:
    with pytest.raises(ClientError) as error:
        what(*given, **named)
    assert error.value.response["Error"]["Code"] == code


def test_every_room_takes_part() -> None:
    missing = all_rooms().keys() - SAMPLES.keys() - ELSEWHERE.keys()
    assert not missing, f"give {sorted(missing)} a Sample, so that its accounts and regions are tested side by side"


@pytest.mark.parametrize("room", sorted(SAMPLES))
def test_same_names_side_by_side(two_by_two: RunningCloud, room: str) -> None:
    kind = SAMPLES[room]
    scopes = SCOPES if kind.regional else tuple((account, REGIONS[0]) for account in ACCOUNTS)
    samples = {f"{account} {region}": kind(clients_of(two_by_two, account, region)) for account, region in scopes}
    expected: dict[str, str] = {}
    others: dict[str, list[str]] = {scope: sample.names() for scope, sample in samples.items()}

    def look() -> None:
        for scope, sample in samples.items():
            there = [NAME] if scope in expected else []
            assert sorted(sample.names()) == sorted(others[scope] + there), scope
            if there:
                assert sample.value() == expected[scope]

    look()
    for scope, sample in samples.items():
        sample.make(scope)
        expected[scope] = scope
        look()
    for scope, sample in samples.items():
        expected[scope] = f"{scope} changed"
        sample.change(expected[scope])
        look()
    if kind.taggable:
        tagged: dict[str, dict[str, str]] = {scope: {} for scope in samples}
        for scope, sample in samples.items():
            sample.tag(scope)
            tagged[scope] = {"k": scope}
            assert {each: other.tags() for each, other in samples.items()} == tagged
    for scope, sample in samples.items():
        sample.delete()
        del expected[scope]
        look()


def test_bucket_names_are_global(two_by_two: RunningCloud) -> None:
    mine, other = (clients_of(two_by_two, account, "us-east-1")("s3") for account in ACCOUNTS)
    mine_elsewhere = clients_of(two_by_two, ACCOUNTS[0], "eu-west-1")("s3")
    there = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    mine.create_bucket(Bucket="same-bucket")
    mine.create_bucket(Bucket="same-bucket")  # in us-east-1 one's own again is success
    refused("BucketAlreadyExists", other.create_bucket, Bucket="same-bucket")
    refused("BucketAlreadyOwnedByYou", mine_elsewhere.create_bucket, Bucket="same-bucket", **there)
    mine.put_object(Bucket="same-bucket", Key="k", Body=b"mine")
    refused("AccessDenied", other.get_object, Bucket="same-bucket", Key="k")
    refused("AccessDenied", other.put_object, Bucket="same-bucket", Key="k", Body=b"other's")
    refused("AccessDenied", other.delete_bucket, Bucket="same-bucket")
    assert [bucket["Name"] for bucket in mine.list_buckets()["Buckets"]] == ["same-bucket"]
    assert other.list_buckets()["Buckets"] == []
    assert mine.get_object(Bucket="same-bucket", Key="k")["Body"].read() == b"mine"
    mine.delete_object(Bucket="same-bucket", Key="k")
    mine.delete_bucket(Bucket="same-bucket")
    other.create_bucket(Bucket="same-bucket")  # free again, for anybody
    assert mine.list_buckets()["Buckets"] == []
    other.delete_bucket(Bucket="same-bucket")


def test_sessions_act_in_their_account(two_by_two: RunningCloud) -> None:
    for account in ACCOUNTS:
        sts = two_by_two.client("sts", key=account)
        made = sts.get_session_token()["Credentials"]
        session = {"key": made["AccessKeyId"], "secret": made["SecretAccessKey"], "token": made["SessionToken"]}
        for region in REGIONS:
            two_by_two.client("ssm", region=region, **session).put_parameter(Name="by", Value=account, Type="String")
            assert two_by_two.client("sts", region=region, **session).get_caller_identity()["Account"] == account
    for account, region in SCOPES:
        ssm = clients_of(two_by_two, account, region)("ssm")
        assert ssm.get_parameter(Name="by")["Parameter"]["Value"] == account
        ssm.delete_parameter(Name="by")


def test_the_journal_tells_accounts_and_regions_apart(two_by_two: RunningCloud) -> None:
    for account, region in SCOPES:
        refused("ParameterNotFound", clients_of(two_by_two, account, region)("ssm").get_parameter, Name=f"of-{account}")
    for account in ACCOUNTS:
        entries = two_by_two.control(f"journal?account={account}&operation=GetParameter&error=ParameterNotFound")
        assert {entry["account"] for entry in entries["entries"]} == {account}
        assert {entry["region"] for entry in entries["entries"]} == set(REGIONS)


def test_work_in_the_background_stays_in_its_scope(fresh_cloud: RunningCloud) -> None:
    everywhere = {f"{account} {region}": clients_of(fresh_cloud, account, region) for account, region in SCOPES}
    says = "def handler(event, context):\n    print('said in', context.invoked_function_arn, event.get('by', 's3'))\n"
    for scope, clients in everywhere.items():
        clients("lambda").create_function(
            FunctionName=NAME, Role=role(clients), Handler="app.handler", Runtime="python3.11",
            Code={"ZipFile": zipped(says)},
        )  # fmt: skip
        sample = Table(clients)
        sample.make(scope)
        clients("dynamodb").update_time_to_live(
            TableName=NAME, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
        )
        clients("logs").create_log_group(logGroupName=NAME)
        clients("logs").create_log_stream(logGroupName=NAME, logStreamName=NAME)
        LogGroup(clients).change(scope)
    now = fresh_cloud.control("clock")["epoch"]
    # An item expires, a retention runs out, an event is sent, an object noticed: each in one scope of the four.
    scopes = list(everywhere)
    expires, retained, invoked, noticed = scopes
    item = {"id": {"S": "1"}, "v": {"S": expires}, "ends": {"N": str(int(now) + 3600)}}
    everywhere[expires]("dynamodb").put_item(TableName=NAME, Item=item)
    everywhere[retained]("logs").put_retention_policy(logGroupName=NAME, retentionInDays=1)
    everywhere[invoked]("lambda").invoke(FunctionName=NAME, InvocationType="Event", Payload=b'{"by": "event"}')
    _notice(everywhere[noticed])
    fresh_cloud.settle()
    lines = {scope: _said(clients) for scope, clients in everywhere.items()}
    assert {scope: len(said) for scope, said in lines.items()} == {expires: 0, retained: 0, invoked: 1, noticed: 1}
    assert f"lambda:{invoked.split()[1]}:{invoked.split()[0]}:function:{NAME} event" in lines[invoked][0]
    assert f"lambda:{noticed.split()[1]}:{noticed.split()[0]}:function:{NAME} s3" in lines[noticed][0]
    fresh_cloud.clock_advance(3 * 86400)
    for scope, clients in everywhere.items():
        assert clients("dynamodb").scan(TableName=NAME)["Count"] == (0 if scope == expires else 1), scope
        events = clients("logs").filter_log_events(logGroupName=NAME)["events"]
        assert [event["message"] for event in events] == ([] if scope == retained else [scope])


def _notice(clients: Clients) -> None:
    """Put an object of which the function of the same scope is told; one of another region is refused."""
    region = clients("s3").meta.region_name
    clients("s3").create_bucket(Bucket="noticed", CreateBucketConfiguration={"LocationConstraint": region})
    function = clients("lambda").get_function(FunctionName=NAME)["Configuration"]["FunctionArn"]
    clients("lambda").add_permission(
        FunctionName=NAME, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    for arn, taken in ((function.replace(region, REGIONS[0]), False), (function, True)):
        wanted = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        put = clients("s3").put_bucket_notification_configuration
        if taken:
            put(Bucket="noticed", NotificationConfiguration=wanted)
        else:
            refused("InvalidArgument", put, Bucket="noticed", NotificationConfiguration=wanted)
    clients("s3").put_object(Bucket="noticed", Key="k", Body=b"x")


def _said(clients: Clients) -> list[str]:
    try:
        events = clients("logs").filter_log_events(logGroupName=f"/aws/lambda/{NAME}")["events"]
    except ClientError:
        return []
    return [event["message"] for event in events if "said in" in event["message"]]
