"""A customer's journey through the shop: `API_URL=… USER_POOL_ID=… USER_POOL_CLIENT_ID=… python journey.py`.

The staff stock the catalogue and picture a product; a customer signs up, looks around, orders, reads everything back,
is refused where it should be, and cancels. Every step prints a line; the first one that does not go as promised ends it
with exit code 1. Where the shop is, three of its stack's outputs say; boto3 signs users in, with AWS's usual
environment, and what a customer does needs no AWS credentials beyond their own token.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import boto3


class Answer(NamedTuple):
    """What the API answered."""

    status: int
    body: Any
    headers: dict[str, str]


class JourneyFailed(Exception):
    """A step did not go as the shop promises."""


class Shop:
    """The shop's API as a program sees it: one of nobody's, or one whose user has signed in."""

    def __init__(self, api_url: str, token: str | None = None) -> None:
        self.api_url = api_url.rstrip("/")
        self.token = token

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send one request; an error status is an answer too."""
        data = None if body is None else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if data is not None:
            given["Content-Type"] = "application/json"
        return fetch(Request(self.api_url + path, data, {**given, **(headers or {})}, method=method))

    def ask(self, expected: int, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request that must be answered with the expected status."""
        answer = self.send(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        if answer.status != expected:
            raise JourneyFailed(f"{method} {path} answered {answer.status} instead of {expected}: {answer.body}")
        return answer


def fetch(request: Request) -> Answer:
    """Send a request; an error status is an answer too."""
    try:
        with urlopen(request, timeout=30) as response:
            return _answer(response.status, response.read(), response.headers)
    except HTTPError as error:
        with error:
            return _answer(error.code, error.read(), error.headers)
    except (URLError, OSError) as error:
        raise JourneyFailed(f"{request.method} {request.full_url} got no answer: {error}") from error


class Deployed(NamedTuple):
    """Where the shop is."""

    api_url: str
    pool: str
    client: str

    @classmethod
    def by_environment(cls) -> Deployed:
        """The shop that the environment names. Raises KeyError when it names none."""
        return cls(*(os.environ[name] for name in ("API_URL", "USER_POOL_ID", "USER_POOL_CLIENT_ID")))

    def nobody(self) -> Shop:
        """The shop without having signed in."""
        return Shop(self.api_url)

    def sign_up(self, name: str, run: str, address: str | None = None) -> Shop:
        """The shop as a new customer, whose address, unless one is given, takes mail in SES's sandbox too."""
        cognito, email = _cognito(), address or f"success+{name.lower()}-{run}@simulator.amazonses.com"
        attributes = [{"Name": "email", "Value": email}, {"Name": "name", "Value": name}]
        cognito.sign_up(ClientId=self.client, Username=email, Password=PASSWORD, UserAttributes=attributes)
        # Nobody reads the code that was mailed there, so the shop's operator confirms.
        cognito.admin_confirm_sign_up(UserPoolId=self.pool, Username=email)
        return self._signed_in(cognito, email)

    def hire(self, run: str) -> Shop:
        """The shop as one of its staff."""
        cognito, email = _cognito(), f"success+staff-{run}@simulator.amazonses.com"
        user = {"UserPoolId": self.pool, "Username": email}
        attributes = [{"Name": "email", "Value": email}, {"Name": "name", "Value": "Staff"}]
        cognito.admin_create_user(**user, UserAttributes=attributes, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(**user, GroupName="staff")
        return self._signed_in(cognito, email)

    def _signed_in(self, cognito: Any, email: str) -> Shop:
        given = {"USERNAME": email, "PASSWORD": PASSWORD}
        answer = cognito.initiate_auth(ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        return Shop(self.api_url, answer["AuthenticationResult"]["AccessToken"])


def _cognito() -> Any:
    return boto3.client("cognito-idp")


PASSWORD = f"Aa1!{uuid4().hex}"  # of this run's users alone


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


def travel(deployed: Deployed, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Make the whole journey; return what it left behind (ids of the products, the customer and the order)."""
    run = uuid4().hex[:8]
    anyone, staff = deployed.nobody(), deployed.hire(run)
    category = f"books-{run}"

    novel = staff.ask(201, "POST", "/products", _product("A Novel", category, 1_490, 5)).body
    atlas = staff.ask(201, "POST", "/products", _product("The Atlas", category, 4_900, 1)).body
    say(f"stocked the catalogue: {novel['name']} ({euros(1_490)}, 5 left) and {atlas['name']} ({euros(4_900)}, 1 left)")
    _picture(anyone, staff, atlas, say)

    ada = deployed.sign_up("Ada", run)
    customer = ada.ask(200, "GET", "/customers/me").body
    say(f"signed up {customer['name']}, customer {customer['id'][:8]}")

    _browse(anyone, category, say)
    order = _place(ada, novel, atlas, run, say)
    _see_orders(ada, staff, order, say)
    _be_refused(anyone, ada, atlas, order, deployed.sign_up("Eve", run), run, say)
    _cancel(ada, order, novel, atlas, say)
    return {"products": [novel["id"], atlas["id"]], "customer": customer["id"], "order": order["id"]}


def _picture(anyone: Shop, staff: Shop, atlas: Any, say: Callable[[str], None]) -> None:
    path = f"/products/{atlas['id']}"
    form = staff.ask(200, "POST", f"{path}/picture", {"content_type": "image/png"}).body
    sent = fetch(post_form(form, red_square(600)))
    require(sent.status == 204, f"the picture was not taken: {sent.status} {sent.body}")
    eventually(lambda: bool(anyone.ask(200, "GET", path).body["thumbnail_url"]), "no thumbnail was made", 30)
    thumbnail = fetch(Request(anyone.ask(200, "GET", path).body["thumbnail_url"]))
    require(thumbnail.headers["content-type"] == "image/jpeg", "the thumbnail is no JPEG")
    say(f"sent a picture of {atlas['name']} straight to S3, and its thumbnail came by itself")


def post_form(form: Any, file: bytes, **changed: str) -> Request:
    """A request that sends a file by a presigned POST."""
    boundary = uuid4().hex
    parts = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {**form["fields"], **changed}.items()
    )
    named = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="picture"\r\n\r\n'.encode()
    body = parts + named + file + f"\r\n--{boundary}--\r\n".encode()
    return Request(form["url"], body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}, method="POST")


def red_square(edge: int) -> bytes:
    """A picture, as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xe0\x20\x20" * edge) * edge
    header = struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _browse(anyone: Shop, category: str, say: Callable[[str], None]) -> None:
    path = f"/products?category={category}"
    eventually(lambda: len(_products(anyone, category)) == 2, "the catalogue does not list both products")
    say(f"browsed the catalogue: {', '.join(_products(anyone, category))}")
    eventually(lambda: anyone.ask(200, "GET", path).headers["x-cache"] == "hit", "the cache is not used")
    say("browsed it again: the page came from the cache")


def _place(shop: Shop, novel: Any, atlas: Any, run: str, say: Callable[[str], None]) -> Any:
    wanted = {"lines": [_line(novel, 2), _line(atlas, 1)]}
    order = shop.ask(201, "POST", "/orders", wanted, idempotency_key=f"journey-{run}-1").body
    require(order["total_cents"] == 2 * 1_490 + 4_900, f"the order's total is {order['total_cents']}")
    say(f"placed an order: 2 x {novel['name']}, 1 x {atlas['name']}, {euros(order['total_cents'])} in one transaction")

    again = shop.ask(201, "POST", "/orders", wanted, idempotency_key=f"journey-{run}-1").body
    require(again["id"] == order["id"], "the same request placed a second order")
    left = shop.ask(200, "GET", f"/products/{novel['id']}").body["stock"]
    require(left == 3, f"{left} novels are left instead of 3")
    say("sent it again with the same idempotency key: the same order, and stock was taken once")
    return order


def _see_orders(shop: Shop, staff: Shop, order: Any, say: Callable[[str], None]) -> None:
    read = shop.ask(200, "GET", f"/orders/{order['id']}").body
    require({**read, "payment": order["payment"]} == order, "the order reads back differently")
    mine = "/customers/me/orders"
    eventually(lambda: _orders(shop, mine) == [order["id"]], "the customer's orders do not list it")
    eventually(lambda: order["id"] in _orders(staff, "/orders?status=placed"), "the placed orders do not list it")
    say("read it back, and found it under her own orders; the staff found it under the placed ones")


def _be_refused(
    anyone: Shop, shop: Shop, atlas: Any, order: Any, eve: Shop, run: str, say: Callable[[str], None]
) -> None:
    anyone.ask(401, "GET", f"/orders/{order['id']}")
    shop.ask(403, "GET", "/orders?status=placed")
    eve.ask(404, "GET", f"/orders/{order['id']}")
    say("looked at the order without a token, at everybody's as a customer, at Ada's as Eve: refused (401, 403, 404)")
    wanted = {"lines": [_line(atlas, 1)]}
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
    """Make the journey through the shop that the environment names."""
    try:
        deployed = Deployed.by_environment()
    except KeyError:
        print(__doc__, file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        travel(deployed, lambda line: print(f"  ✓ {line}", flush=True))
    except JourneyFailed as failure:
        print(f"  ✗ {failure}", file=sys.stderr)
        return 1
    print(f"  a customer's whole journey took {time.monotonic() - started:.2f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
