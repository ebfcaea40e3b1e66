"""The deployed shop keeps its promises: what is stored reads back, and nothing is sold twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from journey import Deployed, Shop, eventually, travel


def new_product(staff: Shop, run: str, **given: Any) -> Any:
    """Put a product on sale in this test's own category."""
    product = {"name": "A Novel", "category": f"test-{run}", "price_cents": 1_490, "stock": 3, **given}
    return staff.ask(201, "POST", "/products", product).body


def order_of(*products: Any, quantity: int = 1) -> Any:
    """An order of so much of each product."""
    return {"lines": [{"product_id": product["id"], "quantity": quantity} for product in products]}


def test_a_customers_whole_journey(deployed: Deployed) -> None:
    lines: list[str] = []
    travel(deployed, lines.append)
    assert lines[-1].startswith("cancelled the order")


def test_a_product_lives_and_leaves(staff: Shop, anyone: Shop, run: str) -> None:
    product = new_product(staff, run)
    path = f"/products/{product['id']}"
    changed = staff.ask(200, "PATCH", path, {"price_cents": 990, "stock_change": -1}).body
    assert (changed["price_cents"], changed["stock"], changed["version"]) == (990, 2, 2)
    assert anyone.ask(200, "GET", path).body == changed
    staff.ask(409, "PATCH", path, {"stock_change": -3})
    staff.ask(204, "DELETE", path)
    anyone.ask(404, "GET", path)
    staff.ask(404, "DELETE", path)


def test_the_catalogue_is_paged_in_order(staff: Shop, anyone: Shop, run: str) -> None:
    for name in ("C", "A", "B"):
        new_product(staff, run, name=name)
    eventually(lambda: len(_names(anyone, run, 100)[0]) == 3, "the catalogue does not list all three")
    first, cursor = _names(anyone, run, 2)
    second, end = _names(anyone, run, 2, cursor)
    assert (first, second, end) == (["A", "B"], ["C"], None)
    anyone.ask(400, "GET", f"/products?cursor={cursor}x!")


def test_the_catalogue_is_cached_until_a_product_changes(staff: Shop, anyone: Shop, ada: Shop, run: str) -> None:
    product = new_product(staff, run, stock=1)
    path = f"/products?category=test-{run}"

    def listed() -> Any:
        return (anyone.ask(200, "GET", path).body["products"] or [None])[0]

    eventually(lambda: listed() is not None, "the catalogue does not list the product")
    eventually(lambda: anyone.ask(200, "GET", path).headers["x-cache"] == "hit", "the page is not kept")
    staff.ask(200, "PATCH", f"/products/{product['id']}", {"price_cents": 990})
    eventually(lambda: listed()["price_cents"] == 990, "the page shows the price of before")
    ada.ask(201, "POST", "/orders", {"lines": [{"product_id": product["id"], "quantity": 1}]}, idempotency_key=run)
    eventually(lambda: not listed()["available"], "the page offers what is sold out")


def test_a_customer_reads_and_changes_themselves_alone(ada: Shop, eve: Shop) -> None:
    address = {"street": "St James's Square 12", "city": "London", "postal_code": "SW1Y", "country": "GB"}
    changed = ada.ask(200, "PATCH", "/customers/me", {"address": address}).body
    assert (changed["name"], changed["address"]) == ("Ada", address)
    assert ada.ask(200, "GET", "/customers/me").body == changed
    assert eve.ask(200, "GET", "/customers/me").body["name"] == "Eve"
    ada.ask(422, "PATCH", "/customers/me", {"email": "eve@example.com"})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/products", {"name": "x", "category": "y", "price_cents": 1}),
        ("PATCH", "/products/p", {"price_cents": 1}),
        ("DELETE", "/products/p", None),
        ("POST", "/products/p/picture", {"content_type": "image/png"}),
        ("GET", "/orders?status=placed", None),
        ("GET", "/products/p/orders", None),
    ],
)
def test_what_the_staff_do_a_customer_may_not(anyone: Shop, eve: Shop, method: str, path: str, body: Any) -> None:
    assert anyone.send(method, path, body).status == 401
    assert Shop(anyone.api_url, f"{eve.token}x").send(method, path, body).status == 401
    assert eve.ask(403, method, path, body).body["title"] == "Forbidden"


def test_an_order_is_its_customers_alone(staff: Shop, ada: Shop, eve: Shop, anyone: Shop, run: str) -> None:
    product = new_product(staff, run)
    order = ada.ask(201, "POST", "/orders", order_of(product), idempotency_key=run).body
    path = f"/orders/{order['id']}"
    for asked in (("GET", path), ("POST", f"{path}/cancel")):
        anyone.ask(401, *asked)
        eve.ask(404, *asked)
    assert eve.ask(200, "GET", "/customers/me/orders").body["orders"] == []
    assert staff.ask(200, "GET", path).body["customer_id"] == order["customer_id"]


def test_a_withdrawn_product_cannot_be_ordered_but_comes_back_when_cancelled(staff: Shop, ada: Shop, run: str) -> None:
    product = new_product(staff, run)
    wanted = order_of(product)
    order = ada.ask(201, "POST", "/orders", wanted, idempotency_key=f"{run}-1").body
    staff.ask(204, "DELETE", f"/products/{product['id']}")
    ada.ask(422, "POST", "/orders", wanted, idempotency_key=f"{run}-2")
    assert ada.ask(200, "POST", f"/orders/{order['id']}/cancel").body["status"] == "cancelled"


def test_an_order_is_all_or_nothing(staff: Shop, ada: Shop, run: str) -> None:
    plenty, gone = new_product(staff, run), new_product(staff, run, stock=0)
    refused = ada.ask(409, "POST", "/orders", order_of(plenty, gone), idempotency_key=f"{run}-1")
    assert refused.body["products"] == [gone["id"]]
    assert ada.ask(200, "GET", f"/products/{plenty['id']}").body["stock"] == 3


def test_the_last_one_is_sold_once(staff: Shop, ada: Shop, run: str) -> None:
    last = new_product(staff, run, stock=1)

    def buy(number: int) -> int:
        return ada.send("POST", "/orders", order_of(last), {"idempotency-key": f"{run}-{number}"}).status

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(buy, range(6)))
    assert statuses == [201, 409, 409, 409, 409, 409]
    assert ada.ask(200, "GET", f"/products/{last['id']}").body["stock"] == 0


def test_one_key_is_one_order_even_at_the_same_time(staff: Shop, ada: Shop, run: str) -> None:
    product = new_product(staff, run)
    wanted = order_of(product)

    def buy(_: int) -> Any:
        return ada.send("POST", "/orders", wanted, {"idempotency-key": f"{run}-same"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(buy, range(4)))
    # Who comes while the first is still at it is told so (409); everyone else gets the one order.
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body["id"] for answer in answers if answer.status == 201}) == 1
    assert ada.ask(200, "GET", f"/products/{product['id']}").body["stock"] == 2
    ada.ask(422, "POST", "/orders", order_of(product, quantity=2), idempotency_key=f"{run}-same")


def test_orders_are_listed_newest_first(staff: Shop, ada: Shop, run: str) -> None:
    product = new_product(staff, run)
    placed = [
        ada.ask(201, "POST", "/orders", order_of(product), idempotency_key=f"{run}-{number}").body["id"]
        for number in range(3)
    ]
    path = "/customers/me/orders"
    eventually(lambda: len(_order_ids(ada, path)) == 3, "the customer's orders do not list all three")
    assert _order_ids(ada, path) == placed[::-1]
    bought = f"/products/{product['id']}/orders"
    eventually(lambda: _order_ids(staff, bought) == placed[::-1], "who has bought the product is not found")
    page = ada.ask(200, "GET", f"{path}?limit=2").body
    assert _order_ids(ada, f"{path}?limit=2&cursor={page['next']}") == placed[:1]
    staff.ask(400, "GET", f"/orders?status=placed&cursor={page['next']}")


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        (422, "POST", "/products", {"name": "no price", "category": "books"}),
        (422, "POST", "/products", ["not", "a", "product"]),
        (404, "GET", "/customers/me", None),
        (404, "POST", "/orders/nothing/cancel", None),
        (422, "GET", "/orders?status=lost", None),
        (422, "GET", "/products?limit=1000", None),
    ],
)
def test_a_bad_request_gets_a_problem_document(staff: Shop, status: int, method: str, path: str, body: Any) -> None:
    answer = staff.ask(status, method, path, body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert answer.headers["x-correlation-id"]


def _names(shop: Shop, run: str, limit: int, cursor: str | None = None) -> tuple[list[str], str | None]:
    path = f"/products?category=test-{run}&limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    page = shop.ask(200, "GET", path).body
    return [product["name"] for product in page["products"]], page["next"]


def _order_ids(shop: Shop, path: str) -> list[str]:
    return [order["id"] for order in shop.ask(200, "GET", path).body["orders"]]
