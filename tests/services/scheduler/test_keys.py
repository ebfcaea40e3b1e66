"""Schedules under a customer managed key: who makes one, who reads it and the role that it runs as need the key."""

from __future__ import annotations

import json
from typing import Any

from tests.services.scheduler.conftest import OFF, Desk, refused


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_user(desk: Desk, *actions: str) -> Any:
    """A client of Scheduler for a user who may do this."""
    iam = desk.client("iam")
    iam.create_user(UserName="maker")
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_user_policy(UserName="maker", PolicyName="p", PolicyDocument=document(allow))
    key = iam.create_access_key(UserName="maker")["AccessKey"]
    return desk.cloud.client("scheduler", key=key["AccessKeyId"], secret=key["SecretAccessKey"])


def test_the_input_of_a_schedule_with_a_key_is_for_those_who_may_use_the_key(timed):
    timed.at("2027-01-01T00:00:00")
    key = timed.client("kms").create_key()["KeyMetadata"]["Arn"]
    role, queue = timed.role("sqs:SendMessage"), timed.queue()
    dead = timed.queue("dead")
    target = {
        "Arn": queue, "RoleArn": role, "Input": '{"at": "<aws.scheduler.scheduled-time>"}',
        "DeadLetterConfig": {"Arn": dead},
    }  # fmt: skip
    given = {"Name": "s", "ScheduleExpression": "rate(1 hours)", "FlexibleTimeWindow": OFF, "Target": target}
    user = make_user(timed, "scheduler:*", "iam:PassRole")
    assert "kms:DescribeKey" in refused("AccessDeniedException", user.create_schedule, KmsKeyArn=key, **given)
    timed.scheduler.create_schedule(KmsKeyArn=key, ClientToken="again", **given)
    timed.scheduler.create_schedule(KmsKeyArn=key, ClientToken="again", **given)
    found = timed.scheduler.get_schedule(Name="s")
    assert (found["KmsKeyArn"], found["Target"]["Input"]) == (key, target["Input"])
    assert "kms:Decrypt" in refused("AccessDeniedException", user.get_schedule, Name="s")
    timed.cloud.settle()
    assert timed.received() == [] and len(timed.received("dead")) == 1  # the role may not decrypt
    arn = f"arn:aws:scheduler:us-east-1:{timed.account}:schedule/default/s"
    context = {"StringEquals": {"kms:EncryptionContext:aws:scheduler:schedule:arn": arn}}
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": context}
    timed.client("iam").put_role_policy(RoleName="runs", PolicyName="key", PolicyDocument=document(decrypt))
    timed.cloud.clock_advance(3600)
    assert [message["Body"] for message in timed.received()] == ['{"at": "2027-01-01T01:00:00Z"}']
    timed.scheduler.update_schedule(**given)
    assert "KmsKeyArn" not in timed.scheduler.get_schedule(Name="s")
    assert user.get_schedule(Name="s")["Target"]["Input"] == target["Input"]


def test_a_key_that_cannot_encrypt_is_refused(desk):
    key = desk.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    target = {"Arn": desk.queue(), "RoleArn": desk.role()}
    given = {"Name": "s", "ScheduleExpression": "rate(1 hours)", "FlexibleTimeWindow": OFF, "Target": target}
    refused("ValidationException", desk.scheduler.create_schedule, KmsKeyArn=key, **given)
    refused("ValidationException", desk.scheduler.create_schedule, KmsKeyArn=key[:-1] + "x", **given)
    assert desk.scheduler.list_schedules()["Schedules"] == []
