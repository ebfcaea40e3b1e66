"""The directory of principals: asked once, remembered until something changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudarium.gateway import identity
from cloudarium.gateway.identity import HOME_ACCOUNT, Directory
from cloudarium.policy.principal import Credential, Principal
from cloudarium.store import Store


@pytest.fixture
def store(tmp_path: Any) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that reach a room, which knows the key AKIAKNOWN."""
    questions: list[str] = []

    def find_credential(_: Store, key: str) -> Credential | None:
        questions.append(key)
        return Credential(Principal.root("111122223333"), "secret") if key == "AKIAKNOWN" else None

    module = SimpleNamespace(find_credential=find_credential)
    monkeypatch.setattr(identity, "rooms_with", lambda name: iter([(None, SimpleNamespace()), (None, module)]))
    return questions


def test_root_keys_need_no_room(store: Store, asked: list[str]) -> None:
    directory = Directory(store)
    for key, account in (("test", HOME_ACCOUNT), ("111122223333", "111122223333")):
        found = directory.credential(key)
        assert found is not None and found.secret == "test"
        assert found.principal.arn == f"arn:aws:iam::{account}:root"
    assert asked == []
    for key in ("11112222333", "1111222233334", "١١١١٢٢٢٢٣٣٣٣", "tests", ""):
        assert directory.credential(key) is None


def test_an_answer_is_remembered_even_if_it_is_no(store: Store, asked: list[str]) -> None:
    directory = Directory(store)
    for _ in range(3):
        assert directory.credential("AKIAKNOWN") is not None
        assert directory.credential("AKIAOTHER") is None
    assert asked == ["AKIAKNOWN", "AKIAOTHER"]


def test_a_change_and_a_rollback_are_asked_again(store: Store, asked: list[str]) -> None:
    directory = Directory(store)
    directory.credential("AKIAKNOWN")
    store.changed("identity")
    directory.credential("AKIAKNOWN")
    store.changed("something else")
    directory.credential("AKIAKNOWN")
    assert len(asked) == 2
    with pytest.raises(RuntimeError), store.transaction():
        store.remember("x", "y")
        store.changed("identity")
        directory.credential("AKIAKNOWN")  # an answer that the rollback takes back
        raise RuntimeError
    directory.credential("AKIAKNOWN")
    assert len(asked) == 4


def test_what_is_remembered_is_bounded(store: Store, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_MOST", 10)
    directory = Directory(store)
    for n in range(100):
        directory.credential(f"AKIA{n}")
    assert len(directory._credentials) <= 10


def test_whom_an_organisation_limits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users, sessions and root of its member accounts; not services, and not the roles that are theirs."""
    levels = ((("policy", "{}"),),)
    asked: list[str] = []

    def service_control(_: Store, account: str) -> Any:
        asked.append(account)
        return levels if account == "111122223333" else None

    module = SimpleNamespace(service_control=service_control)
    monkeypatch.setattr(identity, "rooms_with", lambda name: iter([(None, module)]))
    directory = Directory(store)
    role = "arn:aws:iam::111122223333:role"
    linked = f"{role}/aws-service-role/logs.amazonaws.com/AWSServiceRoleForLogs"
    for limited in (
        Principal.root("111122223333", "111122223333"),
        Principal.user("111122223333", "ann"),
        Principal.session(f"{role}/worker", "run"),
    ):
        assert directory.policies_of(limited).service_control == levels
    for free in (
        Principal.root("444455556666", "444455556666"),
        Principal.user("444455556666", "bob"),
        Principal.session(linked, "run"),
        Principal.service("s3.amazonaws.com", "111122223333"),
        Principal.anonymous(),
    ):
        assert directory.policies_of(free) is None
    assert asked == ["111122223333", "444455556666"]  # each account is asked for once, until something changes


def test_a_key_a_policy_and_a_user_count_from_the_next_call_on(
    client: Callable[..., Any], iam_user: Callable[..., Callable[..., Any]]
) -> None:
    iam, user = client("iam"), iam_user()
    ssm = user("ssm")

    def code() -> str:
        try:
            ssm.describe_parameters()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return ""

    allow = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ssm:*","Resource":"*"}}'
    assert code() == "AccessDeniedException"
    iam.put_user_policy(UserName="someone", PolicyName="p", PolicyDocument=allow)
    assert code() == ""
    iam.delete_user_policy(UserName="someone", PolicyName="p")
    assert code() == "AccessDeniedException"
    key = iam.list_access_keys(UserName="someone")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName="someone", AccessKeyId=key, Status="Inactive")
    assert code() in ("UnrecognizedClientException", "InvalidClientTokenId")
    iam.update_access_key(UserName="someone", AccessKeyId=key, Status="Active")
    assert code() == "AccessDeniedException"
    iam.delete_access_key(UserName="someone", AccessKeyId=key)
    assert code() in ("UnrecognizedClientException", "InvalidClientTokenId")
