"""Who may put events, on whose bus, and what a rule's targets must allow."""

from __future__ import annotations

import json

from tests.services.events.conftest import PATTERN, Desk, entry, refused


def other_of(desk):
    return f"{(int(desk.account) + 1) % 10**12:012}"


def test_the_policy_of_a_bus_statement_by_statement(desk):
    other = other_of(desk)
    given = {"Action": "events:PutEvents", "Principal": other, "StatementId": "s1"}
    desk.events.put_permission(**given)
    arn = f"arn:aws:events:us-east-1:{desk.account}:event-bus/default"
    statement = {
        "Sid": "s1",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{other}:root"},
        "Action": "events:PutEvents",
        "Resource": arn,
    }
    policy = json.loads(desk.events.describe_event_bus()["Policy"])
    assert policy == {"Version": "2012-10-17", "Statement": [statement]}
    desk.events.put_permission(**{**given, "StatementId": "s2", "Principal": "*"})
    assert json.loads(desk.events.describe_event_bus()["Policy"])["Statement"][1]["Principal"] == "*"
    desk.events.remove_permission(StatementId="s1")
    message = refused("ResourceNotFoundException", desk.events.remove_permission, StatementId="s1")
    assert message == "Statement with the provided id does not exist."
    desk.events.remove_permission(RemoveAllPermissions=True)
    message = refused("ResourceNotFoundException", desk.events.remove_permission, StatementId="s2")
    assert message == "EventBus does not have a policy."
    assert "Policy" not in desk.events.describe_event_bus()
    whole = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    desk.events.put_permission(Policy=whole)
    assert desk.events.describe_event_bus()["Policy"] == whole
    refused("ValidationException", desk.events.put_permission, Policy="{}")
    refused("ValidationException", desk.events.put_permission, **{**given, "Action": "events:Other"})
    message = refused("ResourceNotFoundException", desk.events.put_permission, EventBusName="none", **given)
    assert message == "Event bus none does not exist."


def test_another_account_puts_events_only_where_the_bus_lets_it(desk):
    stranger = Desk(desk.cloud, other_of(desk))
    desk.rule(desk.log_group())
    bus = f"arn:aws:events:us-east-1:{desk.account}:event-bus/default"
    refused("AccessDeniedException", stranger.events.put_events, Entries=[entry(EventBusName=bus)])
    desk.events.put_permission(Action="events:PutEvents", Principal=stranger.account, StatementId="s")
    assert stranger.put(entry(EventBusName=bus))["FailedEntryCount"] == 0
    [seen] = desk.seen()
    assert json.loads(seen)["account"] == stranger.account
    refused("AccessDeniedException", stranger.events.describe_event_bus, Name=bus)


def test_a_user_puts_events_of_one_kind_only(desk, iam_user):
    allow = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"StringEquals": {"events:source": "shop", "events:detail-type": "sold"}},
    }
    caller = iam_user({"Version": "2012-10-17", "Statement": allow})("events")
    assert caller.put_events(Entries=[entry()])["FailedEntryCount"] == 0
    refused("AccessDeniedException", caller.put_events, Entries=[entry(), entry(DetailType="lost")])


def test_a_role_must_be_passed_and_trust_eventbridge(desk, iam_user):
    role = desk.role("r", "sqs:*")
    desk.events.put_rule(Name="r", EventPattern=json.dumps(PATTERN))
    allow = {"Effect": "Allow", "Action": "events:*", "Resource": "*"}
    caller = iam_user({"Version": "2012-10-17", "Statement": allow})("events")
    target = {"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{desk.account}:q", "RoleArn": role}
    message = refused("AccessDeniedException", caller.put_targets, Rule="r", Targets=[target])
    assert f"iam:PassRole on resource: {role}" in message
    trust = {
        "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    }
    text = json.dumps({"Version": "2012-10-17", **trust})
    desk.client("iam").update_assume_role_policy(RoleName="r", PolicyDocument=text)
    message = refused("ValidationException", desk.events.put_targets, Rule="r", Targets=[target])
    assert message == f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'."


def test_a_log_group_must_let_eventbridge_write(desk):
    arn = desk.log_group(allowed=False)
    desk.rule(arn)
    desk.put(entry())
    assert desk.seen() == []
    desk.client("logs").delete_log_group(logGroupName="/aws/events/seen")
    desk.log_group()
    desk.put(entry())
    assert len(desk.seen()) == 1


def test_only_rules_of_one_sort_may_be_made(desk, iam_user):
    allow = {
        "Effect": "Allow",
        "Action": "events:PutRule",
        "Resource": "*",
        "Condition": {"StringEquals": {"events:source": "shop"}},
    }
    caller = iam_user({"Version": "2012-10-17", "Statement": allow})("events")
    caller.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    refused("AccessDeniedException", caller.put_rule, Name="r", EventPattern='{"source": ["other"]}')
