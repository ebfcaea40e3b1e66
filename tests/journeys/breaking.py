"""Ways to break the deployed shop by hand, and to mend it: each takes away or adds one thing by the public API."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from tests.conftest import RunningCloud


class Live:
    """The deployed shop, by the names that its template has for things."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.client = cloud.client
        listed = cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName="shop")
        self.ids = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in listed
            for each in page["StackResourceSummaries"]
        }

    def statements(self, role: str) -> tuple[dict[str, str], dict[str, Any]]:
        """The one policy that a role has of its own: where it is, and its document."""
        where = {"RoleName": self.ids[role], "PolicyName": f"{role}Policy0"}
        return where, self.client("iam").get_role_policy(**where)["PolicyDocument"]

    @contextmanager
    def policy(self, role: str, change: Callable[[list[Any]], list[Any]]) -> Iterator[None]:
        """The role with its statements changed."""
        iam, (where, document) = self.client("iam"), self.statements(role)
        changed = {**document, "Statement": change(json.loads(json.dumps(document["Statement"])))}
        iam.put_role_policy(**where, PolicyDocument=json.dumps(changed))
        yield
        iam.put_role_policy(**where, PolicyDocument=json.dumps(document))

    def alarm(self, logical: str) -> dict[str, Any]:
        """What makes an alarm as it is."""
        cloudwatch = self.client("cloudwatch")
        [alarm] = cloudwatch.describe_alarms(AlarmNames=[self.ids[logical]])["MetricAlarms"]
        taken = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
        return {key: value for key, value in alarm.items() if key in taken}

    @contextmanager
    def variables(self, function: str, **changed: str) -> Iterator[None]:
        """The function with other environment variables."""
        functions, name = self.client("lambda"), self.ids[function]
        there = functions.get_function_configuration(FunctionName=name)["Environment"]
        update = functions.update_function_configuration
        update(FunctionName=name, Environment={"Variables": {**there["Variables"], **changed}})
        yield
        update(FunctionName=name, Environment=there)


# ---- 1: infrastructure as code --------------------------------------------------------------------------------------


@contextmanager
def a_wildcard(live: Live) -> Iterator[None]:
    def widen(statements: list[Any]) -> list[Any]:
        return [{**statements[0], "Action": "dynamodb:*"}, *statements[1:]]

    with live.policy("CustomersFunctionRole", widen):
        yield


@contextmanager
def no_policy(live: Live) -> Iterator[None]:
    iam, (where, document) = live.client("iam"), live.statements("ReportsFunctionRole")
    iam.delete_role_policy(**where)
    yield
    iam.put_role_policy(**where, PolicyDocument=json.dumps(document))


@contextmanager
def a_route_by_hand(live: Live) -> Iterator[None]:
    api, gateway = live.ids["ShopApi"], live.client("apigatewayv2")
    like = next(each for each in gateway.get_routes(ApiId=api)["Items"] if each["RouteKey"] == "GET /orders")
    given = {name: like[name] for name in ("AuthorizationType", "AuthorizerId", "Target")}
    made = gateway.create_route(ApiId=api, RouteKey="GET /secret-orders", **given)
    yield
    gateway.delete_route(ApiId=api, RouteId=made["RouteId"])


@contextmanager
def no_dashboard(live: Live) -> Iterator[None]:
    cloudwatch, name = live.client("cloudwatch"), live.ids["Dashboard"]
    body = cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]
    cloudwatch.delete_dashboards(DashboardNames=[name])
    yield
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)


@contextmanager
def no_invoker(live: Live) -> Iterator[None]:
    functions, name = live.client("lambda"), live.ids["PaymentRotationFunction"]
    id = live.ids["PaymentRotationPermission"]
    functions.remove_permission(FunctionName=name, StatementId=id)
    yield
    given = {"Principal": "secretsmanager.amazonaws.com", "SourceAccount": "000000000000"}
    functions.add_permission(FunctionName=name, StatementId=id, Action="lambda:InvokeFunction", **given)


@contextmanager
def no_bucket_policy(live: Live) -> Iterator[None]:
    s3, bucket = live.client("s3"), live.ids["PicturesBucket"]
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    yield
    s3.put_bucket_policy(Bucket=bucket, Policy=before)


# ---- 2: secrets -----------------------------------------------------------------------------------------------------


def a_secret_in_a_variable(live: Live) -> AbstractContextManager[None]:
    return live.variables("ReportsFunction", PAYMENT_PROVIDER="sk_live_51HxQ2eZvKYlo2C")


@contextmanager
def a_secret_in_the_code(live: Live) -> Iterator[None]:
    functions, name = live.client("lambda"), live.ids["ReportsFunction"]
    secret = live.client("secretsmanager").get_secret_value(SecretId=live.ids["PaymentSecret"])["SecretString"]
    with urllib.request.urlopen(functions.get_function(FunctionName=name)["Code"]["Location"]) as answer:
        before = answer.read()
    with zipfile.ZipFile(changed := io.BytesIO(before), "a") as archive:
        archive.writestr("settings.py", f"WORD = {json.loads(secret)['key']!r}\n")
    functions.update_function_code(FunctionName=name, ZipFile=changed.getvalue())
    yield
    functions.update_function_code(FunctionName=name, ZipFile=before)


@contextmanager
def no_rotation(live: Live) -> Iterator[None]:
    secrets, arn = live.client("secretsmanager"), live.ids["PaymentSecret"]
    before = secrets.describe_secret(SecretId=arn)
    secrets.cancel_rotate_secret(SecretId=arn)
    yield
    rotation = {"RotationLambdaARN": before["RotationLambdaARN"], "RotationRules": before["RotationRules"]}
    secrets.rotate_secret(SecretId=arn, RotateImmediately=False, **rotation)


@contextmanager
def a_reader_too_many(live: Live) -> Iterator[None]:
    def let(statements: list[Any]) -> list[Any]:
        action = "secretsmanager:GetSecretValue"
        return [*statements, {"Effect": "Allow", "Action": action, "Resource": live.ids["PaymentSecret"]}]

    with live.policy("CustomersFunctionRole", let):
        yield


@contextmanager
def a_secret_shared(live: Live) -> Iterator[None]:
    secrets, arn = live.client("secretsmanager"), live.ids["PaymentSecret"]
    everybody = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "secretsmanager:GetSecretValue"}
    policy = {"Version": "2012-10-17", "Statement": [{**everybody, "Resource": "*"}]}
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(policy))
    yield
    secrets.delete_resource_policy(SecretId=arn)


# ---- 3: endpoints ---------------------------------------------------------------------------------------------------


@contextmanager
def no_authorizer(live: Live) -> Iterator[None]:
    api, gateway = live.ids["ShopApi"], live.client("apigatewayv2")
    route = next(each for each in gateway.get_routes(ApiId=api)["Items"] if each["RouteKey"] == "POST /orders")
    where = {"ApiId": api, "RouteId": route["RouteId"]}
    gateway.update_route(**where, AuthorizationType="NONE")
    yield
    gateway.update_route(**where, AuthorizationType="JWT", AuthorizerId=route["AuthorizerId"])


@contextmanager
def another_audience(live: Live) -> Iterator[None]:
    api, gateway = live.ids["ShopApi"], live.client("apigatewayv2")
    [authorizer] = gateway.get_authorizers(ApiId=api)["Items"]
    where, before = {"ApiId": api, "AuthorizerId": authorizer["AuthorizerId"]}, authorizer["JwtConfiguration"]
    gateway.update_authorizer(**where, JwtConfiguration={**before, "Audience": ["somebody-elses-app"]})
    yield
    gateway.update_authorizer(**where, JwtConfiguration=before)


# ---- 4: alarms ------------------------------------------------------------------------------------------------------


@contextmanager
def no_alarm(live: Live) -> Iterator[None]:
    cloudwatch, alarm = live.client("cloudwatch"), live.alarm("ApiLatencyAlarm")
    cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])
    yield
    cloudwatch.put_metric_alarm(**alarm)


@contextmanager
def a_deaf_alarm(live: Live) -> Iterator[None]:
    cloudwatch, alarm = live.client("cloudwatch"), live.alarm("ApiErrorsAlarm")
    cloudwatch.put_metric_alarm(**{**alarm, "Threshold": 1e9})
    yield
    cloudwatch.put_metric_alarm(**alarm)


@contextmanager
def a_mute_alarm(live: Live) -> Iterator[None]:
    cloudwatch, name = live.client("cloudwatch"), live.ids["DeadLettersAlarm"]
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    yield
    cloudwatch.enable_alarm_actions(AlarmNames=[name])


@contextmanager
def a_closed_topic(live: Live) -> Iterator[None]:
    sns, topic = live.client("sns"), live.ids["AlarmTopic"]
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    other = before.replace("cloudwatch.amazonaws.com", "s3.amazonaws.com")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=other)
    yield
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=before)


@contextmanager
def a_topic_of_others(live: Live) -> Iterator[None]:
    sns, topic = live.client("sns"), live.ids["AlarmTopic"]
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    other = before.replace('"000000000000"', '"111111111111"')
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=other)
    yield
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=before)


@contextmanager
def a_filtered_topic(live: Live) -> Iterator[None]:
    sns = live.client("sns")
    [one] = sns.list_subscriptions_by_topic(TopicArn=live.ids["AlarmTopic"])["Subscriptions"]
    named = {"SubscriptionArn": one["SubscriptionArn"], "AttributeName": "FilterPolicy"}
    sns.set_subscription_attributes(**named, AttributeValue='{"team": ["b"]}')
    yield
    sns.set_subscription_attributes(**named, AttributeValue="{}")


# ---- 5: traces ------------------------------------------------------------------------------------------------------


@contextmanager
def no_tracing(live: Live) -> Iterator[None]:
    functions, name = live.client("lambda"), live.ids["ReportsFunction"]
    functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "PassThrough"})
    yield
    functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "Active"})


@contextmanager
def traces_not_allowed(live: Live) -> Iterator[None]:
    iam, role = live.client("iam"), live.ids["ReportsFunctionRole"]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    [arn] = [each["PolicyArn"] for each in attached if "xray" in each["PolicyName"].lower()]
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    yield
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)


# ---- 6: what follows by itself --------------------------------------------------------------------------------------


@contextmanager
def an_unplugged_queue(live: Live) -> Iterator[None]:
    functions, uuid = live.client("lambda"), live.ids["ConfirmationsFunctionConfirmation"]
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)


@contextmanager
def a_rule_that_sleeps(live: Live) -> Iterator[None]:
    events, name = live.client("events"), live.ids["ThumbnailsFunctionPictureCame"]
    events.disable_rule(Name=name)
    yield
    events.enable_rule(Name=name)


@contextmanager
def no_nights(live: Live) -> Iterator[None]:
    scheduler = live.client("scheduler")
    schedule = scheduler.get_schedule(Name=live.ids["ReportsFunctionNightly"])
    given = {name: schedule[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**given, State="DISABLED")
    yield
    scheduler.update_schedule(**given, State="ENABLED")


@contextmanager
def no_mail_allowed(live: Live) -> Iterator[None]:
    with live.policy("WelcomeFunctionRole", lambda statements: statements[:-1]):
        yield


# ---- 7: the cache ---------------------------------------------------------------------------------------------------


def a_cache_elsewhere(live: Live) -> AbstractContextManager[None]:
    return live.variables("ProductsFunction", CACHE_HOST="127.0.0.1", CACHE_PORT="1")


# ---- 8: what would stay ---------------------------------------------------------------------------------------------


@contextmanager
def a_bucket_beside(live: Live) -> Iterator[None]:
    live.client("s3").create_bucket(Bucket="shop-left-behind")
    yield
    live.client("s3").delete_bucket(Bucket="shop-left-behind")


@contextmanager
def a_backup(live: Live) -> Iterator[None]:
    dynamodb = live.client("dynamodb")
    made = dynamodb.create_backup(TableName=live.ids["ShopTable"], BackupName="before")["BackupDetails"]
    yield
    dynamodb.delete_backup(BackupArn=made["BackupArn"])


@contextmanager
def a_log_for_ever(live: Live) -> Iterator[None]:
    logs = live.client("logs")
    logs.delete_retention_policy(logGroupName="/shop/api")
    yield
    logs.put_retention_policy(logGroupName="/shop/api", retentionInDays=14)


@contextmanager
def a_protected_table(live: Live) -> Iterator[None]:
    dynamodb, table = live.client("dynamodb"), live.ids["ShopTable"]
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    yield
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)


class Breakage(NamedTuple):
    """A way to break the shop, and what is said then: for each line that no longer holds, a pattern of its reasons."""

    how: Callable[[Live], AbstractContextManager[None]]
    told: dict[int, str]
    anew: bool = False  # whether only a visit after it can tell


ALONE = (
    Breakage(no_policy, {1: "the policy ReportsFunctionRolePolicy0 is gone"}),
    Breakage(a_secret_in_a_variable, {2: "has a secret in its variable PAYMENT_PROVIDER"}),
    Breakage(no_authorizer, {3: "POST /orders"}),
    Breakage(no_alarm, {4: "no alarm watches the API's latency"}),
    Breakage(no_tracing, {5: "is PassThrough"}),
    Breakage(an_unplugged_queue, {6: "its mapping is Disabled"}),
    Breakage(a_cache_elsewhere, {7: r"0% came from the cache \(12 × gone\)"}, anew=True),
    Breakage(a_bucket_beside, {8: "AWS::S3::Bucket shop-left-behind"}),
)
TOGETHER = (
    (
        Breakage(a_wildcard, {1: r"dynamodb:\*"}),
        Breakage(a_secret_in_the_code, {2: "settings.py in the code of shop-ReportsFunction-"}),
        Breakage(another_audience, {3: "for somebody-elses-app|answered 401 instead of 403"}),
        Breakage(a_mute_alarm, {4: "may not act"}),
        Breakage(a_deaf_alarm, {4: "is not as the template has it: Threshold 1000000000"}),
        Breakage(a_rule_that_sleeps, {6: "the rule shop-ThumbnailsFunctionPictureCame-.* is DISABLED"}),
        Breakage(no_nights, {6: "the schedule shop-nightly is DISABLED"}),
        Breakage(a_log_for_ever, {8: "/shop/api keeps its lines for ever"}),
    ),
    (
        Breakage(a_route_by_hand, {1: "GET /secret-orders"}),
        Breakage(no_bucket_policy, {1: "bucket shop-picturesbucket-.* is gone"}),
        Breakage(a_secret_shared, {2: "has a policy that is not in the template"}),
        Breakage(no_rotation, {2: "does not rotate"}),
        Breakage(a_closed_topic, {4: "does not let CloudWatch publish"}),
        Breakage(traces_not_allowed, {1: "AWSXrayWriteOnlyAccess is detached", 5: "may not write traces"}),
        Breakage(a_protected_table, {8: "is protected from deletion"}),
    ),
    (
        Breakage(
            no_dashboard, {1: r"Dashboard \(AWS::CloudWatch::Dashboard shop\) is in the stack and no longer there"}
        ),
        Breakage(
            a_reader_too_many, {1: "came by hand", 2: r"and has no use for it \(by CustomersFunctionRolePolicy0\)"}
        ),
        Breakage(no_invoker, {1: "PaymentRotationPermission is gone: secretsmanager.amazonaws.com may not invoke"}),
        Breakage(a_filtered_topic, {4: "a filter lets no alarm through to owner@example.com"}),
        Breakage(a_topic_of_others, {4: "statement AlarmsOfThisAccount of .* now has Condition"}),
        Breakage(a_backup, {8: "AWS::DynamoDB::Backup arn:aws:dynamodb:"}),
        Breakage(no_mail_allowed, {1: "SayWelcome of WelcomeFunctionRolePolicy0 is gone", 6: "not sent"}, anew=True),
    ),
)
BREAKAGES = (*((each,) for each in ALONE), *TOGETHER)
