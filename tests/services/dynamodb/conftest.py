"""A client and tables for DynamoDB's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def dynamodb(client: Callable[..., Any]) -> Any:
    """A client that sends parameters as they are: the cloud is to judge them."""
    return client("dynamodb", parameter_validation=False)


def schema(**keys: str) -> dict[str, Any]:
    """KeySchema and AttributeDefinitions of one or two attributes, such as schema(pk="S", sk="N")."""
    kinds = ("HASH", "RANGE")
    return {
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, kinds, strict=False)],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()],
    }


def index(name: str, *keys: str, projection: str = "ALL", extra: list[str] | None = None) -> dict[str, Any]:
    """A secondary index."""
    kinds = ("HASH", "RANGE")
    shown: dict[str, Any] = {"ProjectionType": projection}
    if extra:
        shown["NonKeyAttributes"] = extra
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
        "Projection": shown,
    }


@pytest.fixture
def table(dynamodb: Any) -> str:
    """A table with a partition key `pk` and a sort key `sk`, both text."""
    dynamodb.create_table(TableName="things", BillingMode="PAY_PER_REQUEST", **schema(pk="S", sk="S"))
    return "things"


@pytest.fixture
def refused() -> Callable[..., str]:
    """Runs a call that must fail; gives "Code: message"."""

    def run(call: Callable[..., Any], **given: Any) -> str:
        with pytest.raises(ClientError) as error:
            call(**given)
        found = error.value.response["Error"]
        return f"{found['Code']}: {found['Message']}"

    return run
