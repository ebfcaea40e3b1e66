"""Rotation: a real function goes the four steps, at once, on a schedule, after failures and after a crash."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cloudarium.services.secretsmanager.rules import schedule
from tests.services.secretsmanager.conftest import function, refused

DAY = 86_400
# As in AWS's template for rotation functions; a value may name a step at which the function is to fail.
ROTATES = """
import boto3
api = boto3.client("secretsmanager")

def handler(event, context):
    id, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    told = api.describe_secret(SecretId=id)
    assert told["RotationEnabled"] and token in told["VersionIdsToStages"]
    current = api.get_secret_value(SecretId=id, VersionStage="AWSCURRENT")
    print(step)
    if current["SecretString"] == step:
        raise RuntimeError("this step does not work")
    if step == "createSecret":
        try:
            api.get_secret_value(SecretId=id, VersionId=token, VersionStage="AWSPENDING")
        except api.exceptions.ResourceNotFoundException:
            number = current["SecretString"]
            value = str(int(number) + 1) if number.isdecimal() else "0"
            given = {"SecretString": value, "VersionStages": ["AWSPENDING"]}
            api.put_secret_value(SecretId=id, ClientRequestToken=token, **given)
    if step == "finishSecret":
        api.update_secret_version_stage(
            SecretId=id, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current["VersionId"])
"""


@pytest.fixture
def own(fresh_cloud):
    return fresh_cloud.client("secretsmanager")


def value(secrets, **more):
    return secrets.get_secret_value(SecretId="a", **more)["SecretString"]


def rotate(secrets, arn, **more):
    return secrets.rotate_secret(SecretId="a", RotationLambdaARN=arn, **more)


def test_a_function_rotates_a_secret(cloud, client, secrets):
    arn = function(client, ROTATES)
    first = secrets.create_secret(Name="a", SecretString="1")["VersionId"]
    made = rotate(secrets, arn, RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]
    cloud.settle()
    assert value(secrets) == "2" and value(secrets, VersionStage="AWSPREVIOUS") == "1"
    told = secrets.describe_secret(SecretId="a")
    assert told["VersionIdsToStages"] == {first: ["AWSPREVIOUS"], made: ["AWSCURRENT"]}
    assert told["RotationEnabled"] is True and told["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert (told["NextRotationDate"] - told["LastRotatedDate"]).days in (29, 30)
    secrets.rotate_secret(SecretId="a")
    cloud.settle()
    assert value(secrets) == "3"


def test_who_may_not_invoke_the_function_cannot_rotate(client, secrets):
    arn = function(client, ROTATES, allowed=False)
    secrets.create_secret(Name="a", SecretString="1")
    assert "cannot invoke the specified Lambda function" in refused(
        "AccessDeniedException", rotate, secrets=secrets, arn=arn
    )
    assert "RotationLambdaARN" not in secrets.describe_secret(SecretId="a")


def test_a_daily_rotation_happens_on_thirty_days(fresh_cloud, own):
    arn = function(fresh_cloud.client, ROTATES)
    own.create_secret(Name="a", SecretString="0")
    rotate(own, arn, RotationRules={"AutomaticallyAfterDays": 1}, RotateImmediately=False)
    fresh_cloud.settle()
    assert value(own) == "0" and list(own.describe_secret(SecretId="a")["VersionIdsToStages"].values()) == [
        ["AWSCURRENT"]
    ]
    fresh_cloud.clock_advance(30 * DAY)
    assert value(own) == "30"
    told = own.describe_secret(SecretId="a")
    assert 0 < (told["NextRotationDate"] - told["LastRotatedDate"]).total_seconds() < 2 * DAY
    own.cancel_rotate_secret(SecretId="a")
    fresh_cloud.clock_advance(3 * DAY)
    told = own.describe_secret(SecretId="a")
    assert value(own) == "30" and told["RotationEnabled"] is False and "NextRotationDate" not in told


def test_a_trial_sees_the_present_value_as_pending(cloud, client, secrets):
    arn = function(
        client,
        """
import boto3
api = boto3.client("secretsmanager")

def handler(event, context):
    found = api.get_secret_value(SecretId=event["SecretId"], VersionStage="AWSPENDING")
    assert found["VersionId"] == event["ClientRequestToken"] and event["Step"] == "testSecret"
    api.create_secret(Name="seen", SecretString=found["SecretString"])
""",
    )
    first = secrets.create_secret(Name="a", SecretString="old")["VersionId"]
    rotate(secrets, arn, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)
    cloud.settle()
    assert secrets.get_secret_value(SecretId="seen")["SecretString"] == "old"
    assert secrets.describe_secret(SecretId="a")["VersionIdsToStages"] == {first: ["AWSCURRENT"]}


@pytest.mark.parametrize("step", ["createSecret", "setSecret", "testSecret", "finishSecret"])
def test_what_a_failing_step_leaves(cloud, client, secrets, step):
    arn = function(client, ROTATES)
    first = secrets.create_secret(Name="a", SecretString=step)["VersionId"]
    made = rotate(secrets, arn)["VersionId"]
    cloud.settle()
    told = secrets.describe_secret(SecretId="a")
    assert told["VersionIdsToStages"] == {first: ["AWSCURRENT"], made: ["AWSPENDING"]}
    assert told["RotationEnabled"] and "LastRotatedDate" not in told and value(secrets) == step
    if step == "createSecret":
        refused("ResourceNotFoundException", value, secrets=secrets, VersionStage="AWSPENDING")
    else:
        assert value(secrets, VersionStage="AWSPENDING") == "0"
    assert "A previous rotation isn't complete." in refused("InvalidRequestException", rotate, secrets=secrets, arn=arn)


def test_a_step_that_fails_is_tried_again_from_the_first(fresh_cloud, own):
    arn = function(fresh_cloud.client, ROTATES)
    own.create_secret(Name="a", SecretString="testSecret")
    made = rotate(own, arn)["VersionId"]
    fresh_cloud.settle()
    assert value(own) == "testSecret" and value(own, VersionStage="AWSPENDING") == "0"
    assert "A previous rotation isn't complete." in refused("InvalidRequestException", rotate, secrets=own, arn=arn)
    own.update_secret(SecretId="a", SecretString="7")
    fresh_cloud.clock_advance(3600)
    told = own.describe_secret(SecretId="a")["VersionIdsToStages"]
    assert value(own) == "0" and "AWSCURRENT" in told[made]


def test_a_rotation_that_never_works_is_given_up_until_the_next(fresh_cloud, own):
    arn = function(fresh_cloud.client, ROTATES)
    own.create_secret(Name="a", SecretString="setSecret")
    rotate(own, arn, RotationRules={"AutomaticallyAfterDays": 10})
    fresh_cloud.clock_advance(2 * DAY)
    calls = fresh_cloud.control("journal?limit=1000&service=lambda&operation=Invoke")["entries"]
    assert len(calls) == 1 + 5 * 2  # a dry run; then each time createSecret works, and setSecret does not
    own.update_secret(SecretId="a", SecretString="7")
    fresh_cloud.clock_advance(5 * DAY)
    assert value(own) == "7"
    fresh_cloud.clock_advance(5 * DAY)
    assert value(own) == "0"


def test_a_crash_in_the_middle_goes_on(fresh_cloud, own):
    arn = function(fresh_cloud.client, ROTATES.replace("print(step)", "print(step); import time; time.sleep(0.1)"))
    own.create_secret(Name="a", SecretString="1")
    made = rotate(own, arn)["VersionId"]
    fresh_cloud.restart()
    fresh_cloud.settle()
    own = fresh_cloud.client("secretsmanager")
    assert value(own) == "2" and own.get_secret_value(SecretId="a")["VersionId"] == made


def test_a_secret_that_goes_is_rotated_no_more(fresh_cloud, own):
    arn = function(fresh_cloud.client, ROTATES)
    own.create_secret(Name="a", SecretString="1")
    rotate(own, arn, RotationRules={"ScheduleExpression": "rate(4 hours)"}, RotateImmediately=False)
    fresh_cloud.settle()
    own.delete_secret(SecretId="a")
    fresh_cloud.clock_advance(DAY)
    own.restore_secret(SecretId="a")
    assert value(own) == "1"
    fresh_cloud.clock_advance(5 * 3600)
    assert value(own) == "2"


AT = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("rules", "start", "end"),
    [
        ({"AutomaticallyAfterDays": 1}, "2026-11-24T00:00:00", "2026-11-24T23:59:59"),
        ({"AutomaticallyAfterDays": 30, "Duration": "3h"}, "2026-12-23T00:00:00", "2026-12-23T02:59:59"),
        ({"ScheduleExpression": "rate(10 days)"}, "2026-12-03T00:00:00", "2026-12-03T23:59:59"),
        ({"ScheduleExpression": "rate(4 hours)"}, "2026-11-23T10:00:00", "2026-11-23T10:59:59"),
        ({"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "2h"}, "2026-12-01T08:00:00", "2026-12-01T09:59:59"),
        ({"ScheduleExpression": "cron(0 16 ? * SAT#1 *)"}, "2026-12-05T16:00:00", "2026-12-06T15:59:59"),
        ({"ScheduleExpression": "cron(0 0 ? 1/3 SUN#2 *)"}, "2027-01-10T00:00:00", "2027-01-10T23:59:59"),
        ({"ScheduleExpression": "cron(0 1 L * ? *)"}, "2026-11-30T01:00:00", "2026-12-01T00:59:59"),
        ({"ScheduleExpression": "cron(0 1 ? * 6L *)"}, "2026-11-27T01:00:00", "2026-11-28T00:59:59"),
        ({"ScheduleExpression": "cron(0 1 LW * ? *)"}, "2026-11-30T01:00:00", "2026-12-01T00:59:59"),
        ({"ScheduleExpression": "cron(0 1 29W * ? *)"}, "2026-11-30T01:00:00", "2026-12-01T00:59:59"),
        ({"ScheduleExpression": "cron(0 /8 * * ? *)"}, "2026-11-23T08:00:00", "2026-11-23T08:59:59"),
        ({"ScheduleExpression": "cron(0 3 ? FEB MON-WED *)"}, "2027-02-01T03:00:00", "2027-02-02T02:59:59"),
    ],
)
def test_windows(rules, start, end):
    schedule.check(rules)
    window = schedule.next_window(rules, AT.timestamp())
    told = [datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S") for moment in window]
    assert told == [start, end]
