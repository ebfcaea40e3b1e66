"""The deployed shop keeps its promises: what is stored reads back, and nothing is sold twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from journey import Shop, eventually, travel


def new_product(shop: Shop, run: str, **given: Any) -> Any:
    """Put a product on sale in this test's own category."""
    product = {"name": "A Novel", "category": f"test-{run}", "price_cents": 1_490, "stock": 3, **given}
    return shop.ask(201, "POST", "/products", product).body


def new_customer(shop: Shop, run: str) -> Any:
    """Sign a customer up."""
    return shop.ask(201, "POST", "/customers", {"name": "Ada", "email": f"ada-{run}@example.com"}).body


def order_of(customer: Any, *products: Any, quantity: int = 1) -> Any:
    """An order of so much of each product."""
    lines = [{"product_id": product["id"], "quantity": quantity} for product in products]
    return {"customer_id": customer["id"], "lines": lines}


def test_a_customers_whole_journey(shop: Shop) -> None:
    lines: list[str] = []
    travel(shop.api_url, lines.append)
    assert lines[-1].startswith("cancelled the order")


def test_a_product_lives_and_leaves(shop: Shop, run: str) -> None:
    product = new_product(shop, run)
    path = f"/products/{product['id']}"
    changed = shop.ask(200, "PATCH", path, {"price_cents": 990, "stock_change": -1}).body
    assert (changed["price_cents"], changed["stock"], changed["version"]) == (990, 2, 2)
    assert shop.ask(200, "GET", path).body == changed
    shop.ask(409, "PATCH", path, {"stock_change": -3})
    shop.ask(204, "DELETE", path)
    shop.ask(404, "GET", path)
    shop.ask(404, "DELETE", path)


def test_the_catalogue_is_paged_in_order(shop: Shop, run: str) -> None:
    for name in ("C", "A", "B"):
        new_product(shop, run, name=name)
    eventually(lambda: len(_names(shop, run, 100)[0]) == 3, "the catalogue does not list all three")
    first, cursor = _names(shop, run, 2)
    second, end = _names(shop, run, 2, cursor)
    assert (first, second, end) == (["A", "B"], ["C"], None)
    shop.ask(400, "GET", f"/products?cursor={cursor}x!")


def test_an_address_belongs_to_one_customer(shop: Shop, run: str) -> None:
    ada = new_customer(shop, run)
    taken = {"name": "Eve", "email": f"ADA-{run}@example.com"}
    assert shop.ask(409, "POST", "/customers", taken).body["title"] == "Conflict"
    shop.ask(200, "PATCH", f"/customers/{ada['id']}", {"email": f"lovelace-{run}@example.com"})
    shop.ask(201, "POST", "/customers", taken)


def test_a_withdrawn_product_cannot_be_ordered_but_comes_back_when_cancelled(shop: Shop, run: str) -> None:
    product, customer = new_product(shop, run), new_customer(shop, run)
    wanted = order_of(customer, product)
    order = shop.ask(201, "POST", "/orders", wanted, idempotency_key=f"{run}-1").body
    shop.ask(204, "DELETE", f"/products/{product['id']}")
    shop.ask(422, "POST", "/orders", wanted, idempotency_key=f"{run}-2")
    assert shop.ask(200, "POST", f"/orders/{order['id']}/cancel").body["status"] == "cancelled"


def test_an_order_is_all_or_nothing(shop: Shop, run: str) -> None:
    plenty, gone, customer = new_product(shop, run), new_product(shop, run, stock=0), new_customer(shop, run)
    refused = shop.ask(409, "POST", "/orders", order_of(customer, plenty, gone), idempotency_key=f"{run}-1")
    assert refused.body["products"] == [gone["id"]]
    assert shop.ask(200, "GET", f"/products/{plenty['id']}").body["stock"] == 3


def test_the_last_one_is_sold_once(shop: Shop, run: str) -> None:
    last, customer = new_product(shop, run, stock=1), new_customer(shop, run)

    def buy(number: int) -> int:
        key = {"idempotency-key": f"{run}-{number}"}
        return shop.send("POST", "/orders", order_of(customer, last), key).status

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(buy, range(6)))
    assert statuses == [201, 409, 409, 409, 409, 409]
    assert shop.ask(200, "GET", f"/products/{last['id']}").body["stock"] == 0


def test_one_key_is_one_order_even_at_the_same_time(shop: Shop, run: str) -> None:
    product, customer = new_product(shop, run), new_customer(shop, run)
    wanted = order_of(customer, product)

    def buy(_: int) -> Any:
        return shop.send("POST", "/orders", wanted, {"idempotency-key": f"{run}-same"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(buy, range(4)))
    # Who comes while the first is still at it is told so (409); everyone else gets the one order.
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body["id"] for answer in answers if answer.status == 201}) == 1
    assert shop.ask(200, "GET", f"/products/{product['id']}").body["stock"] == 2
    shop.ask(422, "POST", "/orders", order_of(customer, product, quantity=2), idempotency_key=f"{run}-same")


def test_orders_are_listed_newest_first(shop: Shop, run: str) -> None:
    product, customer = new_product(shop, run), new_customer(shop, run)
    placed = [
        shop.ask(201, "POST", "/orders", order_of(customer, product), idempotency_key=f"{run}-{number}").body["id"]
        for number in range(3)
    ]
    path = f"/customers/{customer['id']}/orders"
    eventually(lambda: len(_order_ids(shop, path)) == 3, "the customer's orders do not list all three")
    assert _order_ids(shop, path) == placed[::-1]
    page = shop.ask(200, "GET", f"{path}?limit=2").body
    assert _order_ids(shop, f"{path}?limit=2&cursor={page['next']}") == placed[:1]
    shop.ask(400, "GET", f"/orders?status=placed&cursor={page['next']}")


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        (422, "POST", "/products", {"name": "no price", "category": "books"}),
        (422, "POST", "/products", ["not", "a", "product"]),
        (422, "POST", "/customers", {"name": "Ada", "email": "not an address"}),
        (404, "GET", "/customers/nobody", None),
        (404, "POST", "/orders/nothing/cancel", None),
        (422, "GET", "/orders?status=lost", None),
        (422, "GET", "/products?limit=1000", None),
    ],
)
def test_a_bad_request_gets_a_problem_document(shop: Shop, status: int, method: str, path: str, body: Any) -> None:
    answer = shop.ask(status, method, path, body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert answer.headers["x-correlation-id"]


def _names(shop: Shop, run: str, limit: int, cursor: str | None = None) -> tuple[list[str], str | None]:
    path = f"/products?category=test-{run}&limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    page = shop.ask(200, "GET", path).body
    return [product["name"] for product in page["products"]], page["next"]


def _order_ids(shop: Shop, path: str) -> list[str]:
    return [order["id"] for order in shop.ask(200, "GET", path).body["orders"]]
