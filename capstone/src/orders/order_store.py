"""Orders in the table: placed and cancelled in one transaction each, listed by customer and by status.

An order's id is derived from the customer and their idempotency key. The same request sent twice is therefore the same
order, and its second transaction fails on the order that is already there: the order itself is the idempotency token.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid5

from boto3.dynamodb.conditions import Key

from order_models import NewLine, NewOrder, Order, OrderHead, OrderLine, OrderPage, OrderStatus
from shop import table as shop
from shop.web import Conflict, NotFound, Unprocessable

ORDER_IDS = UUID("5a7c7f0e-3f43-4a63-9f0b-6c1f0b6f5d11")
NO_ORDER = "There is no such order."


def place(customer_id: str, new: NewOrder, idempotency_key: str) -> Order:
    """Place an order: take the stock and write the order and its lines, all or nothing, once per idempotency key."""
    order_id = uuid5(ORDER_IDS, f"{customer_id}\n{idempotency_key}").hex
    fingerprint = _fingerprint(new)
    try:
        return shop.retry_conflicts(lambda: _place(customer_id, new, order_id, fingerprint))
    except Unprocessable:
        before = _placed_before(order_id, fingerprint)  # goods may have been withdrawn since
        if before is None:
            raise
        return before
    except shop.Cancelled as cancelled:
        if cancelled.failed(0) and (before := _placed_before(order_id, fingerprint)) is not None:
            return before
        if cancelled.failed(1):
            raise Unprocessable("Sign up before you order: there is no such customer.") from cancelled
        lacking = [line.product_id for at, line in enumerate(new.lines, start=2) if cancelled.failed(at)]
        if lacking:
            raise Conflict("Not enough in stock, or the price just changed.", products=lacking) from cancelled
        raise


def get(order_id: str) -> Order:
    """The order with its lines, as the last write left it."""
    head = shop.order_key(order_id)
    answer = shop.table().query(KeyConditionExpression=Key("pk").eq(head["pk"]), ConsistentRead=True)
    items = [shop.plain(item) for item in answer["Items"]]
    heads = [item for item in items if item["sk"] == head["sk"]]
    if not heads:
        raise NotFound(NO_ORDER)
    lines = [OrderLine.model_validate(item) for item in items if item["sk"].startswith("LINE#")]
    return Order.model_validate({**heads[0], "lines": lines})


def of_customer(customer_id: str, limit: int, cursor: str | None) -> OrderPage:
    """One page of a customer's orders, newest first."""
    return _page(shop.LISTING, Key("listing_pk").eq(_customer_listing(customer_id)), limit, cursor)


def by_status(status: OrderStatus, limit: int, cursor: str | None) -> OrderPage:
    """One page of the orders that stand so, newest first."""
    return _page(shop.ORDERS_BY_STATUS, Key("status_pk").eq(_status_listing(status)), limit, cursor)


def with_product(product_id: str, cursor: str | None) -> OrderPage:
    """Those of the next hundred placed orders in which a product is, the newest first.

    Slow on purpose, one read for the page and one for each order on it: README.md has the exercise.
    """
    page = by_status(OrderStatus.PLACED, 100, cursor)
    found = [head for head in page.orders if any(line.product_id == product_id for line in get(head.id).lines)]
    return OrderPage(orders=found, next=page.next)


def cancel(order: Order) -> tuple[Order, bool]:
    """Cancel a placed order and put its goods back; says too whether it was this call that did it."""
    if order.status is OrderStatus.CANCELLED:
        return order, False
    try:
        shop.retry_conflicts(lambda: shop.transact(_cancellation(order)))
    except shop.Cancelled as cancelled:
        if not cancelled.failed(0):
            raise
        return get(order.id), False
    return get(order.id), True


def _place(customer_id: str, new: NewOrder, order_id: str, fingerprint: str) -> Order:
    products = _products([line.product_id for line in new.lines])
    lines = [_line(line, products[line.product_id]) for line in new.lines]
    order = Order(
        id=order_id,
        customer_id=customer_id,
        status=OrderStatus.PLACED,
        total_cents=sum(line.price_cents * line.quantity for line in lines),
        line_count=len(lines),
        placed_at=shop.now(),
        lines=lines,
    )
    shop.transact(
        [
            _put_head(order, fingerprint),
            _customer_exists(order.customer_id),
            *(_take_stock(line) for line in lines),
            *(_put_line(order, position, line) for position, line in enumerate(lines, start=1)),
        ]
    )
    return order


def _placed_before(order_id: str, fingerprint: str) -> Order | None:
    head = shop.table().get_item(Key=shop.order_key(order_id), ConsistentRead=True).get("Item")
    if head is None:
        return None
    if head["fingerprint"] != fingerprint:
        raise Unprocessable("This idempotency key was used for a different order.")
    return get(order_id)


def _products(product_ids: list[str]) -> dict[str, shop.Item]:
    """The named products that are on sale; naming another one is the caller's mistake."""
    wanted: dict[str, Any] = {
        shop.table_name(): {"Keys": [shop.product_key(each) for each in product_ids], "ConsistentRead": True}
    }
    found: dict[str, shop.Item] = {}
    while wanted:
        answer = shop.dynamodb().batch_get_item(RequestItems=wanted)
        for item in answer["Responses"].get(shop.table_name(), []):
            if "withdrawn_at" not in item:
                found[str(item["id"])] = shop.plain(item)
        wanted = dict(answer.get("UnprocessedKeys", {}))
    missing = [each for each in product_ids if each not in found]
    if missing:
        raise Unprocessable("There is no such product.", products=missing)
    return found


def _line(line: NewLine, product: shop.Item) -> OrderLine:
    return OrderLine(
        product_id=line.product_id, name=product["name"], price_cents=product["price_cents"], quantity=line.quantity
    )


def _put_head(order: Order, fingerprint: str) -> dict[str, Any]:
    item = {
        **shop.order_key(order.id),
        "listing_pk": _customer_listing(order.customer_id),
        "listing_sk": _listing_position(order),
        "status_pk": _status_listing(order.status),
        "status_sk": _listing_position(order),
        "fingerprint": fingerprint,
        **order.model_dump(mode="json", exclude={"lines"}, exclude_none=True),
    }
    return {"Put": _on_table(Item=item, ConditionExpression="attribute_not_exists(pk)")}


def _put_line(order: Order, position: int, line: OrderLine) -> dict[str, Any]:
    item = {**shop.key(shop.order_key(order.id)["pk"], f"LINE#{position:02}"), **line.model_dump()}
    return {"Put": _on_table(Item=item)}


def _customer_exists(customer_id: str) -> dict[str, Any]:
    key = shop.customer_key(customer_id)
    return {"ConditionCheck": _on_table(Key=key, ConditionExpression="attribute_exists(pk)")}


def _take_stock(line: OrderLine) -> dict[str, Any]:
    """Take the goods if they are there, on sale, and at the price that the order says."""
    return {
        "Update": _on_table(
            Key=shop.product_key(line.product_id),
            UpdateExpression="SET stock = stock - :quantity",
            ConditionExpression=(
                "stock >= :quantity AND price_cents = :price_cents AND attribute_not_exists(withdrawn_at)"
            ),
            ExpressionAttributeValues={":quantity": line.quantity, ":price_cents": line.price_cents},
        )
    }


def _cancellation(order: Order) -> list[dict[str, Any]]:
    head = {
        "Update": _on_table(
            Key=shop.order_key(order.id),
            UpdateExpression="SET #status = :cancelled, status_pk = :listing, cancelled_at = :now",
            ConditionExpression="#status = :placed",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":cancelled": OrderStatus.CANCELLED.value,
                ":placed": OrderStatus.PLACED.value,
                ":listing": _status_listing(OrderStatus.CANCELLED),
                ":now": shop.now(),
            },
        )
    }
    return [head, *(_put_back(line) for line in order.lines)]


def _put_back(line: OrderLine) -> dict[str, Any]:
    return {
        "Update": _on_table(
            Key=shop.product_key(line.product_id),
            UpdateExpression="SET stock = stock + :quantity",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":quantity": line.quantity},
        )
    }


def _page(index: str, place: Any, limit: int, cursor: str | None) -> OrderPage:
    page = shop.query_page(cursor, IndexName=index, KeyConditionExpression=place, Limit=limit, ScanIndexForward=False)
    return OrderPage(orders=[OrderHead.model_validate(item) for item in page.items], next=page.next)


def _on_table(**action: Any) -> dict[str, Any]:
    return {"TableName": shop.table_name(), **action}


def _customer_listing(customer_id: str) -> str:
    return f"ORDERS_OF#{customer_id}"


def _status_listing(status: OrderStatus) -> str:
    return f"STATUS#{status.value}"


def _listing_position(order: Order) -> str:
    return f"{order.placed_at}#{order.id}"


def _fingerprint(new: NewOrder) -> str:
    lines = sorted((line.product_id, line.quantity) for line in new.lines)
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()
