"""A customer's journey through the shop: `python journey.py API_URL`.

It stocks the catalogue, signs a customer up, places an order, reads everything back and is refused where it should be.
Every step prints a line; the first one that does not go as promised ends it with exit code 1. Standard library only.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from uuid import uuid4


class Answer(NamedTuple):
    """What the API answered."""

    status: int
    body: Any
    headers: dict[str, str]


class JourneyFailed(Exception):
    """A step did not go as the shop promises."""


class Shop:
    """The shop's API as a customer's program sees it."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url.rstrip("/")

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send one request; an error status is an answer too."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.api_url + path, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urlopen(request, timeout=30) as response:
                return _answer(response.status, response.read(), response.headers)
        except HTTPError as error:
            with error:
                return _answer(error.code, error.read(), error.headers)
        except (URLError, OSError) as error:
            raise JourneyFailed(f"{method} {path} got no answer: {error}") from error

    def ask(self, expected: int, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request that must be answered with the expected status."""
        answer = self.send(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        if answer.status != expected:
            raise JourneyFailed(f"{method} {path} answered {answer.status} instead of {expected}: {answer.body}")
        return answer


def _answer(status: int, body: bytes, headers: Any) -> Answer:
    try:
        content = json.loads(body) if body else None
    except ValueError:
        content = body.decode(errors="replace")
    return Answer(status, content, {name.lower(): value for name, value in headers.items()})


def euros(cents: int) -> str:
    """An amount as people read it."""
    return f"€{cents / 100:,.2f}"


def require(holds: bool, otherwise: str) -> None:
    """End the journey unless this holds."""
    if not holds:
        raise JourneyFailed(otherwise)


def eventually(look: Callable[[], bool], otherwise: str, seconds: float = 10) -> None:
    """Look again until it is so: a table's indexes follow its items with a short delay."""
    until = time.monotonic() + seconds
    while not look():
        require(time.monotonic() < until, otherwise)
        time.sleep(0.1)


def travel(api_url: str, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Make the whole journey; return what it left behind (ids of the products, the customer and the order)."""
    shop = Shop(api_url)
    run = uuid4().hex[:8]
    category = f"books-{run}"

    novel = shop.ask(201, "POST", "/products", _product("A Novel", category, 1_490, 5)).body
    atlas = shop.ask(201, "POST", "/products", _product("The Atlas", category, 4_900, 1)).body
    say(f"stocked the catalogue: {novel['name']} ({euros(1_490)}, 5 left) and {atlas['name']} ({euros(4_900)}, 1 left)")

    customer = shop.ask(201, "POST", "/customers", {"name": "Ada", "email": f"ada-{run}@example.com"}).body
    say(f"signed up {customer['name']}, customer {customer['id'][:8]}")

    eventually(lambda: len(_products(shop, category)) == 2, "the catalogue does not list both products")
    say(f"browsed the catalogue: {', '.join(_products(shop, category))}")

    order = _place(shop, customer, novel, atlas, run, say)
    _see_orders(shop, customer, order, say)
    _be_refused(shop, customer, atlas, run, say)
    _cancel(shop, order, novel, atlas, say)
    return {"products": [novel["id"], atlas["id"]], "customer": customer["id"], "order": order["id"]}


def _place(shop: Shop, customer: Any, novel: Any, atlas: Any, run: str, say: Callable[[str], None]) -> Any:
    wanted = {"customer_id": customer["id"], "lines": [_line(novel, 2), _line(atlas, 1)]}
    order = shop.ask(201, "POST", "/orders", wanted, idempotency_key=f"journey-{run}-1").body
    require(order["total_cents"] == 2 * 1_490 + 4_900, f"the order's total is {order['total_cents']}")
    say(f"placed an order: 2 x {novel['name']}, 1 x {atlas['name']}, {euros(order['total_cents'])} in one transaction")

    again = shop.ask(201, "POST", "/orders", wanted, idempotency_key=f"journey-{run}-1").body
    require(again["id"] == order["id"], "the same request placed a second order")
    left = shop.ask(200, "GET", f"/products/{novel['id']}").body["stock"]
    require(left == 3, f"{left} novels are left instead of 3")
    say("sent it again with the same idempotency key: the same order, and stock was taken once")
    return order


def _see_orders(shop: Shop, customer: Any, order: Any, say: Callable[[str], None]) -> None:
    read = shop.ask(200, "GET", f"/orders/{order['id']}").body
    require(read == order, "the order reads back differently")
    mine = f"/customers/{customer['id']}/orders"
    eventually(lambda: _orders(shop, mine) == [order["id"]], "the customer's orders do not list it")
    eventually(lambda: order["id"] in _orders(shop, "/orders?status=placed"), "the placed orders do not list it")
    say("read it back, and found it under the customer's orders and the placed ones")


def _be_refused(shop: Shop, customer: Any, atlas: Any, run: str, say: Callable[[str], None]) -> None:
    wanted = {"customer_id": customer["id"], "lines": [_line(atlas, 1)]}
    refused = shop.ask(409, "POST", "/orders", wanted, idempotency_key=f"journey-{run}-2")
    require("problem+json" in refused.headers["content-type"], "the refusal is not a problem document")
    say(f"tried to buy another {atlas['name']}: refused ({refused.body['detail']})")
    shop.ask(422, "POST", "/orders", {**wanted, "lines": []}, idempotency_key=f"journey-{run}-3")
    shop.ask(404, "GET", "/orders/nowhere")
    say("sent an empty order and asked for one that is not there: refused (422, 404)")


def _cancel(shop: Shop, order: Any, novel: Any, atlas: Any, say: Callable[[str], None]) -> None:
    cancelled = shop.ask(200, "POST", f"/orders/{order['id']}/cancel").body
    require(cancelled["status"] == "cancelled", f"the order is {cancelled['status']}")
    stock = [shop.ask(200, "GET", f"/products/{each['id']}").body["stock"] for each in (novel, atlas)]
    require(stock == [5, 1], f"after cancelling, the stock is {stock}")
    say("cancelled the order: everything is back in stock")


def _product(name: str, category: str, price_cents: int, stock: int) -> dict[str, Any]:
    return {"name": name, "category": category, "price_cents": price_cents, "stock": stock}


def _line(product: Any, quantity: int) -> dict[str, Any]:
    return {"product_id": product["id"], "quantity": quantity}


def _products(shop: Shop, category: str) -> list[str]:
    page = shop.ask(200, "GET", f"/products?category={category}").body
    return [product["name"] for product in page["products"]]


def _orders(shop: Shop, path: str) -> list[str]:
    return [order["id"] for order in shop.ask(200, "GET", path).body["orders"]]


def main() -> int:
    """Make the journey through the API named on the command line."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        travel(sys.argv[1], lambda line: print(f"  ✓ {line}", flush=True))
    except JourneyFailed as failure:
        print(f"  ✗ {failure}", file=sys.stderr)
        return 1
    print(f"  a customer's whole journey took {time.monotonic() - started:.2f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
