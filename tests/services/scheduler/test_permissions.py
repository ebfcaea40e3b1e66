"""Whom schedules act as: the role must be passed, trust Scheduler, and be allowed what the target needs."""

from __future__ import annotations

from tests.services.scheduler.conftest import OFF, refused


def test_a_role_must_be_passed(desk, iam_user):
    role, queue = desk.role(), desk.queue()
    allow = {"Effect": "Allow", "Action": "scheduler:*", "Resource": "*"}
    caller = iam_user({"Version": "2012-10-17", "Statement": allow})("scheduler")
    given = {"Name": "s", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF}
    message = refused("AccessDeniedException", caller.create_schedule, **given, Target={"Arn": queue, "RoleArn": role})
    assert f"iam:PassRole on resource: {role}" in message


def test_a_trust_policy_may_ask_for_the_group(desk):
    queue = desk.queue()
    arn = f"arn:aws:scheduler:us-east-1:{desk.account}:schedule-group/default"
    good = desk.role(name="good", condition={"ArnEquals": {"aws:SourceArn": arn}})
    bad = desk.role(name="bad", condition={"ArnEquals": {"aws:SourceArn": arn.replace("schedule-group", "schedule")}})
    desk.make("rate(1 day)", queue, good, State="DISABLED")
    message = refused("ValidationException", desk.make, expression="rate(1 day)", target=queue, role=bad, name="t")
    assert message == "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."


def test_a_role_that_may_not_send_leads_to_a_dead_letter(desk):
    role, queue, dead = desk.role("sqs:SendMessage"), desk.queue(), desk.queue("dead")
    topic = desk.client("sns").create_topic(Name="t")["TopicArn"]
    arn = desk.make("rate(30 days)", topic, role, target_more={"DeadLetterConfig": {"Arn": dead}, "Input": "hi"})
    [letter] = desk.received("dead")
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert "sns:Publish" in attributes.pop("ERROR_MESSAGE") and letter["Body"] == "hi"
    assert attributes.pop("ERROR_CODE").startswith("A") and len(attributes.pop("EXECUTION_ID")) == 16
    assert attributes.pop("SCHEDULED_TIME").endswith("Z")
    expected = {"RETRY_ATTEMPTS": "0", "SCHEDULE_ARN": arn, "TARGET_ARN": topic, "IS_PAYLOAD_TRUNCATED": "false"}
    assert attributes == expected
    assert desk.received() == [] and queue
