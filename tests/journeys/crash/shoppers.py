"""Customers of a shop that is killed again and again: they order, cancel and look around, and know what they wanted."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from capstone.journey import PASSWORD, Answer, Deployed, JourneyFailed, Shop
from tests.conftest import RunningCloud
from tests.journeys.crash.writers import Program

CATEGORY = "crash"


@dataclass
class Wish:
    """An order that a customer wants under one idempotency key, and what became of it: an order, or refused."""

    key: str
    lines: dict[str, int]  # product: how many
    order: Any = None
    refused: bool = False
    cancelled: bool = False


class Caller(Program):
    """Somebody who calls the shop and does not give up; `failed` are the answers that the shop's insides spoilt."""

    services = ()

    def __init__(self, cloud: RunningCloud, up: threading.Event, shop: Shop) -> None:
        super().__init__(cloud, up)
        self.shop = shop
        self.failed: list[str] = []
        self.unanswered = 0

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> Answer | None:
        """What the shop answers; None when nobody can know whether it was done: the cloud or a function went away."""
        try:
            answer = self.shop.send(method, path, body, {"Idempotency-Key": key} if key else {})
        except (JourneyFailed, HTTPException):
            self.unanswered += 1
            self.waiting = True
            self.up.wait(60)
            self.waiting = False
            return None
        if answer.status >= 500:
            self.failed.append(f"{method} {path} {answer.status} {answer.body}")
            return None
        return answer


class Reader(Caller):
    """Reads the catalogue all the time; `how` counts how its pages were come by, `last` is the last way."""

    def __init__(self, cloud: RunningCloud, up: threading.Event, shop: Shop) -> None:
        super().__init__(cloud, up, shop)
        self.how: Counter[str] = Counter()
        self.last = ""

    def work(self) -> None:
        """One page after the other."""
        while not self.enough.wait(0.02):
            answer = self.ask("GET", f"/products?category={CATEGORY}")
            if answer is not None:
                assert answer.status == 200, answer
                self.last = answer.headers["x-cache"]
                self.how[self.last] += 1


class Customer(Caller):
    """Places orders, sends some of them again, cancels some; in the end every wish has its answer."""

    def __init__(
        self, cloud: RunningCloud, up: threading.Event, deployed: Deployed, name: str, products: list[str], seed: str
    ) -> None:
        super().__init__(cloud, up, deployed.sign_up(name, "crash"))
        self.deployed = deployed
        self.email = f"success+{name.lower()}-crash@simulator.amazonses.com"
        self.chance, self.products = random.Random(seed), products
        self.wishes: list[Wish] = []
        self.open: list[Wish] = []

    @property
    def orders(self) -> dict[str, Wish]:
        """The wishes that were granted, by the order's id."""
        return {wish.order["id"]: wish for wish in list(self.wishes) if wish.order}

    def work(self) -> None:
        """Wish after wish; one whose answer is not known is asked for again under its key."""
        while not self.enough.is_set():
            wish = Wish(f"{self.email}-{len(self.wishes)}", self._basket())
            self.wishes.append(wish)
            self.open = [each for each in [wish, *self.open] if not self._place(each)]
            granted = [each for each in self.wishes if each.order and not each.cancelled]
            if granted and self.chance.random() < 0.2:
                self._cancel(self.chance.choice(granted))
            if granted and self.chance.random() < 0.2:
                self._place(self.chance.choice(granted))
        while self.open:  # a record of a function that died holds for as long as the function might have run
            self.open = [each for each in self.open if not self._place(each)]
            time.sleep(0.05)

    def _basket(self) -> dict[str, int]:
        chosen = self.chance.sample(self.products, self.chance.randint(1, 3))
        return {product: self.chance.randint(1, 4) for product in chosen}

    def _place(self, wish: Wish) -> bool:
        """Send a wish once; whether it has its answer. What was answered before must be answered again."""
        lines = [{"product_id": product, "quantity": count} for product, count in wish.lines.items()]
        answer = self.ask("POST", "/orders", {"lines": lines}, wish.key)
        if answer is None or self._signed_in_again(answer):
            return False
        if answer.status == 201:
            assert wish.order in (None, answer.body), (wish, answer)
            wish.order = answer.body
            return True
        assert answer.status == 409 and wish.order is None, (wish, answer)
        wish.refused = "products" in answer.body  # otherwise it is being placed right now, as far as the record knows
        return wish.refused

    def _cancel(self, wish: Wish) -> None:
        """Cancel an order for sure."""
        while True:
            answer = self.ask("POST", f"/orders/{wish.order['id']}/cancel")
            if answer is not None and not self._signed_in_again(answer):
                assert (answer.status, answer.body["status"]) == (200, "cancelled"), answer
                wish.cancelled = True
                return

    def _signed_in_again(self, answer: Answer) -> bool:
        """Whether the token's time was over; now there is a new one."""
        if answer.status != 401:
            return False
        self.sign_in()
        return True

    def sign_in(self) -> None:
        """Get a new token."""
        signed_in = self.cloud.client("cognito-idp").initiate_auth(
            ClientId=self.deployed.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.email, "PASSWORD": PASSWORD},
        )  # fmt: skip
        self.shop.token = signed_in["AuthenticationResult"]["AccessToken"]
