"""The shop's one table: its keys, its indexes, and the pages of a listing.

Every item lives under `pk`/`sk`. Two sparse indexes serve the listings: `Listing` holds the catalogue and each
customer's orders, `OrdersByStatus` holds orders by their status. README.md lists every access pattern.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import boto3
from botocore.exceptions import ClientError

from shop.web import Busy, Invalid

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table

PAUSES = (0.02, 0.04, 0.08, 0.16, 0.32)  # at most, in seconds, before a transaction is tried again
LISTING = "Listing"
ORDERS_BY_STATUS = "OrdersByStatus"

Item = dict[str, Any]
Result = TypeVar("Result")


@cache
def dynamodb() -> DynamoDBServiceResource:
    """The connection that every invocation of this environment shares."""
    return boto3.resource("dynamodb")


def table() -> Table:
    """The shop's table, named by the environment."""
    return dynamodb().Table(table_name())


def table_name() -> str:
    """The name of the shop's table."""
    return os.environ["TABLE_NAME"]


def key(pk: str, sk: str) -> dict[str, str]:
    """The primary key of an item."""
    return {"pk": pk, "sk": sk}


def product_key(product_id: str) -> dict[str, str]:
    """The key of a product."""
    return key(f"PRODUCT#{product_id}", "PRODUCT")


def customer_key(customer_id: str) -> dict[str, str]:
    """The key of a customer."""
    return key(f"CUSTOMER#{customer_id}", "CUSTOMER")


def order_key(order_id: str) -> dict[str, str]:
    """The key of an order's head; its lines share the `pk`."""
    return key(f"ORDER#{order_id}", "ORDER")


def now() -> str:
    """This moment as a sortable text (UTC, microseconds)."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """An item as boto3 reads it, with whole `Decimal`s as integers."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value


class Page(NamedTuple):
    """One page of a listing and the cursor of the next one."""

    items: list[Item]
    next: str | None


def query_page(cursor: str | None, **query: Any) -> Page:
    """Run one page of a query; a cursor that is not one of this listing's is the caller's mistake."""
    if cursor is not None:
        query["ExclusiveStartKey"] = _decode_cursor(cursor)
    try:
        answer = table().query(**query)
    except ClientError as error:
        # DynamoDB refuses a key of another partition ("outside query boundaries"), and so a cursor of another listing.
        if cursor is not None and error_code(error) == "ValidationException":
            raise Invalid("The cursor does not belong to this listing.") from error
        raise
    last = answer.get("LastEvaluatedKey")
    return Page([plain(item) for item in answer["Items"]], _encode_cursor(last) if last else None)


def _encode_cursor(last_key: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(last_key, separators=(",", ":")).encode()).decode()


def _decode_cursor(cursor: str) -> dict[str, str]:
    try:
        start = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Invalid("The cursor is not one that this API gave out.") from error
    if not isinstance(start, dict) or not all(isinstance(part, str) for part in start.values()):
        raise Invalid("The cursor is not one that this API gave out.")
    return start


def error_code(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response["Error"]["Code"])


class Cancelled(Exception):
    """A transaction did not happen; `reasons` has one code for each of its actions, in their order."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons

    def failed(self, position: int) -> bool:
        """Whether the condition of the action at this position was the one that did not hold."""
        return self.reasons[position] == "ConditionalCheckFailed"

    @property
    def conflict(self) -> bool:
        """Whether another transaction held one of the items: trying again can work."""
        return "TransactionConflict" in self.reasons


def transact(actions: list[dict[str, Any]]) -> None:
    """Do all of the actions or none of them; raise `Cancelled` when none."""
    try:
        dynamodb().meta.client.transact_write_items(TransactItems=actions)  # type: ignore[arg-type]
    except ClientError as error:
        if error_code(error) != "TransactionCanceledException":
            raise
        reasons = error.response.get("CancellationReasons", [])
        raise Cancelled([str(reason["Code"]) for reason in reasons]) from error


def retry_conflicts(work: Callable[[], Result]) -> Result:
    """Run `work` again, a little later, while a transaction holds one of its items; at last raise `Busy`.

    A single write meets transactions, too: DynamoDB refuses to change a product that an order is just taking.
    """
    for pause in PAUSES:
        try:
            return work()
        except Cancelled as cancelled:
            if not cancelled.conflict:
                raise
        except ClientError as error:
            if error_code(error) != "TransactionConflictException":
                raise
        # By chance, lest those who met once meet again.
        time.sleep(random.uniform(0, pause))
    raise Busy("Others are at the same things right now. Try again in a moment.")
