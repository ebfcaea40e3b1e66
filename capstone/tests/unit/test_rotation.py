"""Secrets that rotate: step by step, each step again, and never a version that is not pending."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

import cache_rotation
import payment_rotation
from http_calls import context
from shop import rotation
from stubs import stubbed

CURRENT = {"username": "catalogue", "password": "present"}
PENDING = {"username": "catalogue", "password": "next"}


@pytest.fixture
def secrets() -> Iterator[Stubber]:
    """The connection to Secrets Manager."""
    with stubbed(rotation.secrets()) as stubber:
        yield stubber


def event(step: str) -> dict[str, str]:
    """What Secrets Manager sends."""
    return {"SecretId": "cache", "ClientRequestToken": "n" * 32, "Step": step}


def described(secrets: Stubber, *stages: str) -> None:
    """Lay in what stages the version has."""
    versions = {"o" * 32: ["AWSCURRENT"], **({"n" * 32: list(stages)} if stages else {})}
    secrets.add_response("describe_secret", {"VersionIdsToStages": versions})


def reads(secrets: Stubber, *values: dict[str, str]) -> None:
    """Lay in what is read."""
    for value in values:
        secrets.add_response("get_secret_value", {"SecretString": json.dumps(value)})


def test_a_new_password_is_made_once(secrets: Stubber) -> None:
    described(secrets, "AWSPENDING")
    reads(secrets, CURRENT)
    secrets.add_client_error("get_secret_value", "ResourceNotFoundException")
    put = {"SecretId": "cache", "ClientRequestToken": "n" * 32, "SecretString": ANY, "VersionStages": ["AWSPENDING"]}
    secrets.add_response("put_secret_value", {}, put)
    cache_rotation.handler(event("createSecret"), context())
    described(secrets, "AWSPENDING")
    reads(secrets, CURRENT, PENDING)
    cache_rotation.handler(event("createSecret"), context())


def test_both_passwords_hold_until_every_node_knows(secrets: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    described(secrets, "AWSPENDING")
    reads(secrets, CURRENT, PENDING)
    with stubbed(cache_rotation.elasticache()) as elasticache:
        elasticache.add_response("modify_user", {}, {"UserId": "shop-catalogue", "Passwords": ["present", "next"]})
        for status in ("modifying", "active"):
            elasticache.add_response("describe_users", {"Users": [{"Status": status}]})
        cache_rotation.handler(event("setSecret"), context())
    assert waited == [1]


def test_the_new_one_becomes_the_present_one(secrets: Stubber) -> None:
    described(secrets, "AWSPENDING")
    reads(secrets, CURRENT)
    moved = {
        "SecretId": "cache",
        "VersionStage": "AWSCURRENT",
        "MoveToVersionId": "n" * 32,
        "RemoveFromVersionId": "o" * 32,
    }
    secrets.add_response("update_secret_version_stage", {}, moved)
    cache_rotation.handler(event("finishSecret"), context())


@pytest.mark.parametrize("stages", [(), ("AWSPREVIOUS",)])
def test_what_is_not_pending_is_not_rotated(secrets: Stubber, stages: tuple[str, ...]) -> None:
    described(secrets, *stages)
    with pytest.raises(ValueError, match="version"):
        payment_rotation.handler(event("createSecret"), context())


def test_what_is_done_is_done(secrets: Stubber) -> None:
    secrets.add_response("describe_secret", {"VersionIdsToStages": {"n" * 32: ["AWSCURRENT"]}})
    payment_rotation.handler(event("createSecret"), context())


def test_a_new_payment_key_has_a_name_of_its_own() -> None:
    key: Any = payment_rotation.PaymentKey()
    first, second = key.renewed({}), key.renewed({})
    assert first["id"] != second["id"] and first["key"] != second["key"]
    key.try_out(first)
    with pytest.raises(ValueError, match="not one"):
        key.try_out({"id": "x", "key": "short"})
