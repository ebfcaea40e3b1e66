"""Orders: placed once, all or nothing; every reason to refuse has its own answer."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from botocore.stub import Stubber

import order_api
import order_store
import payments
from http_calls import EVE, STAFF, call
from order_models import NewOrder
from shop import table as shop

NOVEL = {
    "id": {"S": "p1"},
    "name": {"S": "A Novel"},
    "price_cents": {"N": "1490"},
    "stock": {"N": "5"},
}
HEAD = {
    "pk": {"S": "ORDER#o1"},
    "sk": {"S": "ORDER"},
    "id": {"S": "o1"},
    "customer_id": {"S": "c1"},
    "status": {"S": "placed"},
    "total_cents": {"N": "2980"},
    "line_count": {"N": "1"},
    "placed_at": {"S": "2026-01-01T00:00:00.000000Z"},
    "fingerprint": {"S": "another"},
}
LINE = {
    "pk": {"S": "ORDER#o1"},
    "sk": {"S": "LINE#01"},
    "product_id": {"S": "p1"},
    "name": {"S": "A Novel"},
    "price_cents": {"N": "1490"},
    "quantity": {"N": "2"},
}
WANTED = {"lines": [{"product_id": "p1", "quantity": 2}]}
KEY = {"idempotency-key": "key-00001"}


def found(stub: Stubber, *items: dict[str, Any]) -> None:
    """Lay in the products that the order names."""
    stub.add_response("batch_get_item", {"Responses": {"shop": list(items)}, "UnprocessedKeys": {}})


def refuse(stub: Stubber, *codes: str) -> None:
    """Lay in a transaction that was cancelled for these reasons."""
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


@pytest.fixture(autouse=True)
def payment_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The payment key, at hand."""
    key = {"id": "first", "key": "k" * 64}
    monkeypatch.setattr("aws_lambda_powertools.utilities.parameters.get_secret", lambda *_, **__: key)


def test_an_order_is_placed_at_the_shops_prices(stub: Stubber) -> None:
    found(stub, NOVEL)
    stub.add_response("transact_write_items", {})
    answer = call(order_api, "POST", "/orders", WANTED, headers=KEY)
    assert answer.status == 201
    assert (answer.body["status"], answer.body["total_cents"]) == ("placed", 2980)
    assert answer.body["payment"]["key_id"] == "first"
    assert answer.body["payment"]["signature"] == payments.signature("k" * 64, answer.body["id"], 2980)
    assert answer.body["lines"] == [{"product_id": "p1", "name": "A Novel", "price_cents": 1490, "quantity": 2}]


def test_an_order_without_a_key_is_refused() -> None:
    answer = call(order_api, "POST", "/orders", WANTED)
    assert (answer.status, answer.body["errors"][0]["code"]) == (422, "missing")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"product_id": "p1", "quantity": 0}],
        [{"product_id": "p1", "quantity": 1}, {"product_id": "p1", "quantity": 2}],
        [{"product_id": f"p{number}", "quantity": 1} for number in range(21)],
    ],
)
def test_lines_of_the_wrong_form_are_refused(lines: list[Any]) -> None:
    assert call(order_api, "POST", "/orders", {**WANTED, "lines": lines}, headers=KEY).status == 422


@pytest.mark.parametrize("stored", [[], [{**NOVEL, "withdrawn_at": {"S": "2026-02-01"}}]])
def test_a_product_that_is_not_on_sale_is_refused(stub: Stubber, stored: list[Any]) -> None:
    found(stub, *stored)
    stub.add_response("get_item", {})
    answer = call(order_api, "POST", "/orders", WANTED, headers=KEY)
    assert (answer.status, answer.body["products"]) == (422, ["p1"])


def test_an_order_that_stands_is_answered_again_though_its_product_was_withdrawn(stub: Stubber) -> None:
    new = NewOrder.model_validate(WANTED)
    found(stub)
    stub.add_response("get_item", {"Item": {**HEAD, "fingerprint": {"S": order_store._fingerprint(new)}}})
    stub.add_response("query", {"Items": [LINE, HEAD]})
    assert order_store.place("c1", new, "key-00001").total_cents == 2980


def test_an_order_beyond_the_stock_is_a_conflict(stub: Stubber) -> None:
    found(stub, NOVEL)
    refuse(stub, "None", "None", "ConditionalCheckFailed", "None")
    answer = call(order_api, "POST", "/orders", WANTED, headers=KEY)
    assert (answer.status, answer.body["products"]) == (409, ["p1"])


def test_an_order_of_nobody_is_refused(stub: Stubber) -> None:
    found(stub, NOVEL)
    refuse(stub, "None", "ConditionalCheckFailed", "None", "None")
    answer = call(order_api, "POST", "/orders", WANTED, headers=KEY)
    assert (answer.status, answer.body["detail"]) == (422, "Sign up before you order: there is no such customer.")


def test_a_key_used_for_another_order_is_refused(stub: Stubber) -> None:
    found(stub, NOVEL)
    refuse(stub, "ConditionalCheckFailed", "None", "None", "None")
    stub.add_response("get_item", {"Item": HEAD})
    assert call(order_api, "POST", "/orders", WANTED, headers=KEY).status == 422


def test_an_order_reads_back_with_its_lines(stub: Stubber) -> None:
    stub.add_response("query", {"Items": [LINE, HEAD]})
    answer = call(order_api, "GET", "/orders/o1")
    assert (answer.status, len(answer.body["lines"]), answer.body["cancelled_at"]) == (200, 1, None)


def test_cancelling_puts_the_goods_back_once(stub: Stubber) -> None:
    cancelled = {**HEAD, "status": {"S": "cancelled"}, "cancelled_at": {"S": "2026-01-02T00:00:00.000000Z"}}
    stub.add_response("query", {"Items": [LINE, HEAD]})
    stub.add_response("transact_write_items", {})
    stub.add_response("query", {"Items": [LINE, cancelled]})
    stub.add_response("query", {"Items": [LINE, cancelled]})
    assert call(order_api, "POST", "/orders/o1/cancel").body["status"] == "cancelled"
    assert call(order_api, "POST", "/orders/o1/cancel").body["status"] == "cancelled"


def test_somebody_elses_order_is_not_there(stub: Stubber) -> None:
    for method, path in (("GET", "/orders/o1"), ("POST", "/orders/o1/cancel")):
        stub.add_response("query", {"Items": [LINE, HEAD]})
        assert call(order_api, method, path, caller=EVE).status == 404
    stub.add_response("query", {"Items": [LINE, HEAD]})
    assert call(order_api, "GET", "/orders/o1", caller=STAFF).status == 200


def test_a_customer_lists_their_own_orders(stub: Stubber) -> None:
    stub.add_response("query", {"Items": [HEAD]})
    assert [order["id"] for order in call(order_api, "GET", "/customers/me/orders").body["orders"]] == ["o1"]


def test_the_staff_list_orders_by_a_status_that_exists(stub: Stubber) -> None:
    stub.add_response("query", {"Items": [HEAD]})
    placed = {"status": "placed"}
    listed = call(order_api, "GET", "/orders", query=placed, caller=STAFF)
    assert [order["id"] for order in listed.body["orders"]] == ["o1"]
    assert call(order_api, "GET", "/orders", query=placed).status == 403
    assert call(order_api, "GET", "/orders", query={"status": "lost"}, caller=STAFF).status == 422
    assert call(order_api, "GET", "/orders", caller=STAFF).status == 422


def test_the_staff_find_who_has_bought_a_product(stub: Stubber) -> None:
    other = {**HEAD, "pk": {"S": "ORDER#o2"}, "id": {"S": "o2"}}
    stub.add_response("query", {"Items": [HEAD, other]})
    stub.add_response("query", {"Items": [LINE, HEAD]})
    stub.add_response("query", {"Items": [{**LINE, "product_id": {"S": "p2"}}, other]})
    bought = call(order_api, "GET", "/products/p1/orders", caller=STAFF)
    assert (bought.status, [order["id"] for order in bought.body["orders"]]) == (200, ["o1"])
    assert call(order_api, "GET", "/products/p1/orders").status == 403


def test_who_meets_others_again_and_again_is_told_to_come_back(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr("time.sleep", paused.append)
    for _ in shop.PAUSES:
        found(stub, NOVEL)
        refuse(stub, "None", "None", "TransactionConflict", "None")
    answer = call(order_api, "POST", "/orders", WANTED, headers=KEY)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert len(paused) == len(shop.PAUSES) and all(map(operator.le, paused, shop.PAUSES))


def test_who_meets_another_once_gets_their_order(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    found(stub, NOVEL)
    refuse(stub, "None", "None", "TransactionConflict", "None")
    found(stub, NOVEL)
    stub.add_response("transact_write_items", {})
    assert call(order_api, "POST", "/orders", WANTED, headers=KEY).status == 201
