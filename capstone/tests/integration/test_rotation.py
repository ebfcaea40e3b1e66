"""Secrets rotate under traffic, and no customer sees an error.

CACHE_SECRET_ARN=… PAYMENT_SECRET_ARN=…, beside what the other tests need
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import boto3
import pytest
from journey import Shop, eventually


def named(variable: str) -> str:
    """A variable of the environment; without it the test is skipped."""
    if variable not in os.environ:
        pytest.skip(f"{variable} does not say which secret")
    return os.environ[variable]


def rotate(secret: str) -> Any:
    """Rotate a secret and wait until it has a new version; what it then holds."""
    secrets = boto3.client("secretsmanager")
    wanted = secrets.rotate_secret(SecretId=secret)["VersionId"]

    def rotated() -> bool:
        return "AWSCURRENT" in secrets.describe_secret(SecretId=secret)["VersionIdsToStages"].get(wanted, [])

    eventually(rotated, "the secret was not rotated", 120)
    return json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])


def test_the_caches_password_rotates_unseen(anyone: Shop) -> None:
    secret, done = named("CACHE_SECRET_ARN"), Event()

    def browse() -> set[tuple[int, str]]:
        seen = set()
        while not done.is_set():
            answer = anyone.send("GET", "/products?limit=1")
            seen.add((answer.status, answer.headers.get("x-cache", "")))
        return seen

    with ThreadPoolExecutor(2) as pool:
        customers = [pool.submit(browse) for _ in range(2)]
        try:
            first = rotate(secret)
            second = rotate(secret)
        finally:
            done.set()
        seen = set().union(*(customer.result() for customer in customers))
    assert first["password"] != second["password"]
    # Twice, and so the password of the start holds no more: the function has read the secret again by itself.
    assert seen <= {(200, "hit"), (200, "miss")}, seen


def test_the_payment_key_rotates_and_what_it_signed_still_verifies(staff: Shop, ada: Shop, run: str) -> None:
    secret = named("PAYMENT_SECRET_ARN")
    product = {"name": "A Novel", "category": f"test-{run}", "price_cents": 1_490, "stock": 3}
    line = {"product_id": staff.ask(201, "POST", "/products", product).body["id"], "quantity": 1}
    before = ada.ask(201, "POST", "/orders", {"lines": [line]}, idempotency_key=f"{run}-1").body["payment"]
    rotate(secret)
    ada.ask(201, "POST", "/orders", {"lines": [line]}, idempotency_key=f"{run}-2")
    known = boto3.client("secretsmanager").get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")
    assert json.loads(known["SecretString"])["id"] == before["key_id"]
