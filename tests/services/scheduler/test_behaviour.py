"""When schedules fire, what targets get, and that nothing is lost."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.services.scheduler.conftest import OFF


def times(messages: list[dict]) -> list[str]:
    return sorted(json.loads(message["Body"])["time"] for message in messages)


def test_a_rate_begins_at_once_and_goes_on(timed):
    timed.at("2027-01-01T00:00:00")
    role, queue = timed.role(), timed.queue()
    arn = timed.make("rate(6 hours)", queue, role)
    timed.cloud.clock_advance(86_400 - 1)
    messages = timed.received()
    assert times(messages) == [f"2027-01-01T{hour:02}:00:00Z" for hour in (0, 6, 12, 18)]
    body = json.loads(messages[0]["Body"])
    assert len(body.pop("id")) == 36 and body.pop("time")
    assert body == {
        "version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": timed.account,
        "region": "us-east-1", "resources": [arn], "detail": "{}",
    }  # fmt: skip
    given = {"Name": "s", "ScheduleExpression": "rate(6 hours)", "FlexibleTimeWindow": OFF, "State": "DISABLED"}
    timed.scheduler.update_schedule(**given, Target={"Arn": queue, "RoleArn": role})
    timed.cloud.clock_advance(86_400)
    assert timed.received() == []


def test_cron_in_a_time_zone_between_two_dates(timed):
    timed.at("2027-03-26T00:00:00")
    berlin = ZoneInfo("Europe/Berlin")
    dates = {"StartDate": "2027-03-27T00:00:00Z", "EndDate": "2027-03-30T00:00:00Z"}
    zone = {"ScheduleExpressionTimezone": "Europe/Berlin"}
    timed.make("cron(30 2 * * ? *)", timed.queue(), timed.role(), ActionAfterCompletion="DELETE", **dates, **zone)
    timed.cloud.clock_advance(10 * 86_400)
    local = [datetime.fromisoformat(each).astimezone(berlin).isoformat() for each in times(timed.received())]
    assert local == ["2027-03-27T02:30:00+01:00", "2027-03-29T02:30:00+02:00"]
    assert timed.scheduler.list_schedules()["Schedules"] == []


def test_once_and_then_deleted_or_kept(timed):
    timed.at("2027-01-01T00:00:00")
    role, queue = timed.role(), timed.queue()
    zone = {"ScheduleExpressionTimezone": "America/New_York"}
    timed.make("at(2027-01-02T10:00:00)", queue, role, name="goes", ActionAfterCompletion="DELETE", **zone)
    timed.make("at(2027-01-03T10:00:00)", queue, role, name="stays")
    timed.make("at(2026-01-03T10:00:00)", queue, role, name="past")
    timed.cloud.clock_advance(7 * 86_400)
    assert times(timed.received()) == ["2027-01-02T15:00:00Z", "2027-01-03T10:00:00Z"]
    assert [each["Name"] for each in timed.scheduler.list_schedules()["Schedules"]] == ["past", "stays"]


def test_a_flexible_window_spreads_invocations(timed):
    timed.at("2027-01-01T00:00:00")
    role, queue = timed.role(), timed.queue()
    window = {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}}
    for number in range(6):
        timed.make("at(2027-01-01T12:00:00)", queue, role, name=f"s{number}", **window)
    timed.cloud.clock_advance(13 * 3600)
    messages = timed.received()
    assert times(messages) == ["2027-01-01T12:00:00Z"] * 6
    noon = datetime.fromisoformat("2027-01-01T12:00:00Z").timestamp()
    sent = {int(message["Attributes"]["SentTimestamp"]) / 1000 - noon for message in messages}
    assert len(sent) > 3 and all(0 <= each < 3600 for each in sent)


def test_an_input_with_context_attributes_goes_to_every_kind_of_target(timed):
    timed.at("2027-01-01T00:00:00")
    role, queue = timed.role(), timed.queue()
    text = json.dumps({"of": "<aws.scheduler.schedule-arn>", "at": "<aws.scheduler.scheduled-time>",
                       "id": "<aws.scheduler.execution-id>", "try": "<aws.scheduler.attempt-number>"})  # fmt: skip
    arn = timed.make("at(2027-01-01T01:00:00)", queue, role, target_more={"Input": text})
    timed.queue("f.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    fifo = queue.replace(":q", ":f.fifo")
    more = {"Input": "x", "SqsParameters": {"MessageGroupId": "g"}}
    timed.make("at(2027-01-01T01:00:00)", fifo, role, name="fifo", target_more=more)
    timed.client("logs").create_log_group(logGroupName="/seen")
    document = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": document})
    timed.client("logs").put_resource_policy(policyName="p", policyDocument=policy)
    timed.client("events").put_rule(Name="r", EventPattern='{"source": ["clock"]}')
    group = f"arn:aws:logs:us-east-1:{timed.account}:log-group:/seen"
    timed.client("events").put_targets(Rule="r", Targets=[{"Id": "t", "Arn": group, "InputPath": "$.detail"}])
    said = {"EventBridgeParameters": {"Source": "clock", "DetailType": "tick"}, "Input": '{"a":1}'}
    bus = f"arn:aws:events:us-east-1:{timed.account}:event-bus/default"
    timed.make("at(2027-01-01T01:00:00)", bus, role, name="bus", target_more=said)
    timed.cloud.clock_advance(3600)
    [message] = timed.received()
    body = json.loads(message["Body"])
    assert (body["of"], body["at"], body["try"]) == (arn, "2027-01-01T01:00:00Z", "1") and len(body["id"]) == 16
    assert [each["Attributes"]["MessageGroupId"] for each in timed.received("f.fifo")] == ["g"]
    timed.cloud.settle()
    assert [e["message"] for e in timed.client("logs").filter_log_events(logGroupName="/seen")["events"]] == ['{"a":1}']


def test_any_operation_of_the_services_that_are_there(timed):
    timed.at("2027-01-01T00:00:00")
    role, sdk = timed.role(), "arn:aws:scheduler:::aws-sdk:"
    timed.client("s3").create_bucket(Bucket="by-schedule")
    calls = {
        "ssm:putParameter": {"Name": "/p", "Value": "<aws.scheduler.scheduled-time>", "Type": "String"},
        "dynamodb:createTable": {
            "TableName": "table", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        },
        "s3:putObject": {"Bucket": "by-schedule", "Key": "k", "Body": "content"},
        "eventbridge:putEvents": {"Entries": [{"Source": "aws.s3", "DetailType": "t", "Detail": "{}"}]},
    }  # fmt: skip
    for number, (action, given) in enumerate(calls.items()):
        more = {"Input": json.dumps(given)}
        timed.make("at(2027-01-01T01:00:00)", sdk + action, role, name=f"s{number}", target_more=more)
    timed.cloud.clock_advance(3600)
    assert timed.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"] == "2027-01-01T01:00:00Z"
    assert timed.client("dynamodb").list_tables()["TableNames"] == ["table"]
    assert timed.client("s3").get_object(Bucket="by-schedule", Key="k")["Body"].read() == b"content"


def test_a_failing_target_is_tried_again_until_the_policy_says_no(timed):
    timed.at("2027-01-01T00:00:00")
    role, dead = timed.role(), timed.queue("dead")
    policy = {"RetryPolicy": {"MaximumRetryAttempts": 0}, "DeadLetterConfig": {"Arn": dead}}
    gone = f"arn:aws:sqs:us-east-1:{timed.account}:gone"
    timed.make("at(2027-01-01T01:00:00)", gone, role, target_more=policy)
    timed.cloud.clock_advance(7200)
    [letter] = timed.received("dead")
    code = letter["MessageAttributes"]["ERROR_CODE"]["StringValue"]
    assert code in ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")


def test_what_was_due_is_done_after_a_crash(timed):
    timed.at("2027-01-01T00:00:00")
    timed.make("rate(1 hour)", timed.queue(), timed.role())
    timed.cloud.restart()
    timed.cloud.clock_advance(2 * 3600)
    assert times(timed.received()) == [f"2027-01-01T0{hour}:00:00Z" for hour in (0, 1, 2)]
