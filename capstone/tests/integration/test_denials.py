"""Who has no token of this shop's own does not come in, however good what they have looks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from journey import Deployed, Shop

FLOWS: Any = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


def refused(shop: Shop, token: str) -> bool:
    """Whether this token opens neither what customers may see nor what the staff may."""
    paths = ("/customers/me", "/orders?status=placed")
    answers = [Shop(shop.api_url, token).send("GET", path) for path in paths]
    assert all(
        "invalid_token" in answer.headers.get("www-authenticate", "") for answer in answers if answer.status == 401
    )
    return [answer.status for answer in answers] == [401, 401]


def part(content: Any) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A token's header, claims and signature."""
    header, claims, signature = token.split(".")
    read = [json.loads(base64.urlsafe_b64decode(each + "==")) for each in (header, claims)]
    return read[0], read[1], signature


def with_other_claims(token: str) -> str:
    """The same signature below claims that name the staff's group."""
    header, claims, signature = parts(token)
    return f"{part(header)}.{part({**claims, 'cognito:groups': ['staff']})}.{signature}"


def with_another_signature(token: str) -> str:
    """The same claims, signed by nobody."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{signature[::-1]}"


def without_signature(token: str) -> str:
    """A token that says of itself that it needs no signature."""
    header, claims, _ = parts(token)
    return f"{part({**header, 'alg': 'none'})}.{part(claims)}."


def signed_by_a_secret(token: str) -> str:
    """A token signed by what everybody knows: the name of the public key."""
    header, claims, _ = parts(token)
    text = f"{part({**header, 'alg': 'HS256'})}.{part(claims)}"
    made = hmac.new(header["kid"].encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "tamper", [with_other_claims, with_another_signature, without_signature, signed_by_a_secret, lambda _: "nonsense"]
)
def test_a_token_that_was_tampered_with_opens_nothing(staff: Shop, tamper: Callable[[str], str]) -> None:
    assert staff.token is not None and not refused(staff, staff.token)
    assert refused(staff, tamper(staff.token))


@pytest.fixture
def other_program(deployed: Deployed) -> Iterator[Deployed]:
    """The same shop's users, by another program's name."""
    cognito = boto3.client("cognito-idp")
    made = cognito.create_user_pool_client(
        UserPoolId=deployed.pool, ClientName=f"test-{uuid4().hex[:8]}", ExplicitAuthFlows=FLOWS
    )
    client = made["UserPoolClient"]["ClientId"]
    yield deployed._replace(client=client)
    cognito.delete_user_pool_client(UserPoolId=deployed.pool, ClientId=client)


def test_a_token_for_another_program_opens_nothing(other_program: Deployed, run: str) -> None:
    mallory = other_program.sign_up("Mallory", run)
    assert mallory.token is not None and refused(mallory, mallory.token)


@pytest.fixture
def other_pool(deployed: Deployed) -> Iterator[Deployed]:
    """A user pool of somebody else's."""
    cognito = boto3.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=f"test-{uuid4().hex[:8]}", UsernameAttributes=["email"])["UserPool"]["Id"]
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="test", ExplicitAuthFlows=FLOWS)
    yield deployed._replace(pool=pool, client=made["UserPoolClient"]["ClientId"])
    cognito.delete_user_pool(UserPoolId=pool)


def test_a_token_of_another_pool_opens_nothing(other_pool: Deployed, run: str) -> None:
    mallory = other_pool.sign_up("Mallory", run)
    assert mallory.token is not None and refused(mallory, mallory.token)
