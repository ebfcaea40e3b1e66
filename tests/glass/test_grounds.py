"""What decisions rest on: each text once, gone with the journal's entries, and no secret in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway.authorize import authorize
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.rooms import room
from cloudarium.glass import grounds as grounds_module
from cloudarium.glass import journal as journals
from cloudarium.glass.why import why, why_last
from cloudarium.policy.principal import Principal
from cloudarium.shared.errors import AccessDenied
from tests.conftest import RunningCloud

ACCOUNT = "000000000000"
USER = Principal.user(ACCOUNT, "someone", id="AIDASOMEONE")
PUBLIC = {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}


def run(folder: Path, test: Callable[[Cloud], Awaitable[None]]) -> None:
    async def main() -> None:
        cloud = Cloud(folder)
        try:
            await asyncio.wait_for(test(cloud), 20)
        finally:
            await cloud.stop()

    asyncio.run(main())


async def give(cloud: Cloud, *statements: dict[str, Any]) -> None:
    """Make the user, with these statements."""
    root = Principal.root(ACCOUNT)
    for operation, given in (
        ("CreateUser", {}),
        ("PutUserPolicy", {"PolicyName": "p", "PolicyDocument": json.dumps({"Statement": list(statements)})}),
    ):
        if operation == "PutUserPolicy" or cloud.directory.policies_of(USER) is None:
            await cloud.send(
                Call(cloud, None), "iam", operation, {"UserName": "someone", **given}, root, None, cloud.home
            )
    cloud.journal.forget()


def ask(cloud: Cloud, operation: str = "DescribeParameters", **headers: str) -> str:
    """One call of the user, decided and noted; its request id."""
    call = Call(cloud, HttpRequest("POST", "/", headers=headers, peer="127.0.0.1"))
    call.service, call.operation_name, call.room = "ssm", operation, room("ssm")
    assert call.room is not None
    call.handler, call.principal, call.signed = call.room.handlers[operation], USER, True
    try:
        authorize(call)
    except AccessDenied as error:
        call.error = error
    cloud.journal.add(call)
    return call.request_id


def count(cloud: Cloud, table: str) -> int:
    found: int = cloud.store.one(f"SELECT count(*) FROM journal_{table}")[0]
    return found


def test_many_calls_under_one_policy_keep_it_once(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, PUBLIC)
        for _ in range(3):
            for _ in range(50):
                ask(cloud)
                ask(cloud, "GetParametersByPath")
            cloud.journal.flush()
        assert (count(cloud, "grounds"), count(cloud, "texts")) == (1, 1)

    run(tmp_path, test)


def test_a_changed_policy_is_another_text(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, {**PUBLIC, "Sid": "First"})
        first = ask(cloud)
        cloud.journal.flush()
        await give(cloud, {**PUBLIC, "Sid": "Second"})
        second = ask(cloud)
        told = [why(cloud, one) for one in (first, second)]
        assert [one["decisions"][0]["decided_by"][0]["sid"] for one in told if one] == ["First", "Second"]
        assert (count(cloud, "grounds"), count(cloud, "texts")) == (2, 2)

    run(tmp_path, test)


def test_what_only_old_entries_rested_on_goes_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(journals, "KEPT", 5)
        await give(cloud, {**PUBLIC, "Sid": "Old"})
        old = ask(cloud)
        cloud.journal.flush()
        await give(cloud, {**PUBLIC, "Sid": "New"})
        for _ in range(3):
            for _ in range(3):
                last = ask(cloud)
            cloud.journal.flush()
        assert why(cloud, old) is None
        assert (count(cloud, "grounds"), count(cloud, "texts")) == (1, 1)
        told = why(cloud, last)
        assert told is not None and told["decisions"][0]["decided_by"][0]["sid"] == "New"

    run(tmp_path, test)


def test_a_decision_that_is_found_again_still_keeps_its_grounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(journals, "KEPT", 1)
        await give(cloud, PUBLIC)
        ask(cloud)
        cloud.journal.flush()
        cloud.store.run("DELETE FROM journal_grounds")
        cloud.store.run("DELETE FROM journal_texts")
        told = why(cloud, ask(cloud))
        assert told is not None and told["decisions"][0]["layers"]

    run(tmp_path, test)


def test_an_entry_whose_grounds_are_gone_says_so(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, PUBLIC)
        asked = ask(cloud)
        cloud.journal.flush()
        cloud.store.run("DELETE FROM journal_grounds")
        told = why(cloud, asked)
        assert told is not None
        assert told["answer"].startswith("allowed: identity-based policy (ssm:DescribeParameters on ")
        assert told["decisions"][0]["note"] == "What this decision rested on is not kept any more."

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (str, lambda one: one),
        (str.upper, lambda one: one),
        (lambda one: one.replace("-", "").upper(), lambda one: one),
        (lambda one: f"An error occurred (AccessDenied): no (RequestId: {one}, HostId: x)", lambda one: one),
        (lambda one: one[:8], lambda one: one),
        (lambda one: one[:7], lambda one: None),
        (lambda one: "no id", lambda one: None),
        (lambda one: "", lambda one: None),
        (lambda one: "f" * 32, lambda one: None),
    ],
)
def test_ids_as_clients_print_them(
    tmp_path: Path, written: Callable[[str], str], shown: Callable[[str], str | None]
) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, PUBLIC)
        asked = ask(cloud)
        told = why(cloud, written(asked))
        assert (told and told["request_id"]) == shown(asked)

    run(tmp_path, test)


def test_the_last_that_was_denied(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, {**PUBLIC, "Action": "ssm:DescribeParameters"})
        assert why_last(cloud) is None
        denied = ask(cloud, "GetParametersByPath")
        ask(cloud)
        told = why_last(cloud)
        assert told is not None and told["request_id"] == denied

    run(tmp_path, test)


# ---- nothing secret -------------------------------------------------------------------------------------------------


def test_values_are_kept_of_keys_that_policies_speak_of_alone(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, {**PUBLIC, "Condition": {"StringLike": {"aws:UserAgent": "curl*"}}})
        told = why(cloud, ask(cloud, **{"user-agent": "curl/8", "referer": "http://localhost/?token=hidden"}))
        assert told is not None
        assert told["decisions"][0]["context"] == {"aws:UserAgent": ["curl/8"]}

    run(tmp_path, test)


def test_a_referer_with_a_query_is_not_kept(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        await give(cloud, {**PUBLIC, "Condition": {"StringLike": {"aws:Referer": "http://localhost/*"}}})
        told = why(cloud, ask(cloud, referer="http://localhost/?token=hidden"))
        assert told is not None
        assert told["decisions"][0]["context"] == {"aws:Referer": "(not kept)"}
        assert told["answer"].startswith("allowed: identity-based policy")
        assert "may not have been kept" in told["decisions"][0]["note"]
        assert "hidden" not in json.dumps(told)

    run(tmp_path, test)


def test_long_values_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(grounds_module, "_MOST_CONTEXT", 100)
        condition = {"StringLike": {"aws:UserAgent": "curl*", "aws:SourceIp": "*"}}
        await give(cloud, {**PUBLIC, "Condition": condition})
        told = why(cloud, ask(cloud, **{"user-agent": "curl" + "x" * 200}))
        assert told is not None
        assert told["decisions"][0]["context"] == {"aws:UserAgent": "(not kept)", "aws:SourceIp": ["127.0.0.1"]}

    run(tmp_path, test)


def test_tokens_and_parameters_are_nowhere_in_the_journal(fresh_cloud: RunningCloud) -> None:
    iam = fresh_cloud.client("iam")
    user = iam.create_user(UserName="ann")["User"]["Arn"]
    pair = iam.create_access_key(UserName="ann")["AccessKey"]
    trust = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole",
             "Condition": {"StringEquals": {"sts:ExternalId": "agreed"}}}  # fmt: skip
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]["Arn"]
    allowed = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"Null": {"aws:TokenIssueTime": "false"}},
    }
    iam.put_role_policy(
        RoleName="r", PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )  # fmt: skip
    sts = fresh_cloud.client("sts", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    made = sts.assume_role(RoleArn=role, RoleSessionName="run", ExternalId="agreed")["Credentials"]
    key, secret, token = made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]
    ssm = fresh_cloud.client("ssm", key=key, secret=secret, token=token)
    answer = ssm.put_parameter(Name="/p", Value="hunter2hunter2", Type="String")
    told = json.dumps(fresh_cloud.control(f"why/{answer['ResponseMetadata']['RequestId']}"))
    assert '"aws:TokenIssueTime"' in told
    entries = json.dumps(fresh_cloud.control("journal")["entries"])
    for hidden in (token, secret, pair["SecretAccessKey"], "hunter2hunter2"):
        assert hidden not in told + entries
    assumed = fresh_cloud.control("journal?operation=AssumeRole")["entries"][0]["request_id"]
    (decision,) = fresh_cloud.control(f"why/{assumed}")["decisions"]
    assert decision["context"]["sts:ExternalId"] == ["agreed"]  # AWS does not take it for a secret
