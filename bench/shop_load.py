"""What locust does to the shop: users who read the catalogue or place orders, one request after the other.

It runs in locust's own environment and knows of the shop what SHOP_LOAD says: a JSON object with the `case` (hit, miss
or order), the `tokens` of customers, the ids of `products`, the names of `categories`, the `largest` page, which one is
the `first`, one of how many requests is to be `sampled` for certain, and the file to `write` to. Each request's line
says its name, the trace of one that was sampled, its milliseconds, when it ended and what was wrong.
"""

import itertools
import json
import os
import random
import secrets
import time

from locust import FastHttpUser, task  # type: ignore[import-not-found]

SHOP = json.loads(os.environ["SHOP_LOAD"])
_all = [
    f"/products?category={each}&limit={limit}" for limit in range(1, SHOP["largest"] + 1) for each in SHOP["categories"]
]
random.Random(SHOP["case"]).shuffle(_all)
_pages = itertools.islice(itertools.cycle(_all), SHOP["first"], None)
_numbers = itertools.count()
_tokens = itertools.cycle(SHOP["tokens"])
_file = open(SHOP["write"], "w", buffering=1)  # noqa: SIM115 - as long as the process


class Visitor(FastHttpUser):
    """Somebody at the shop. What a page of the catalogue is called depends on how the shop came by it."""

    def on_start(self):
        """Take one of the customers' places."""
        self.token = next(_tokens)

    @task
    def visit(self):
        """One request of the case."""
        getattr(self, SHOP["case"])()

    def hit(self):
        """The same page again and again."""
        self._read(f"/products?category={SHOP['categories'][0]}")

    def miss(self):
        """A page that nobody has asked for."""
        self._read(next(_pages))

    def order(self):
        """An order of two products."""
        lines = [{"product_id": id, "quantity": 1} for id in random.sample(SHOP["products"], 2)]
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(16)}
        self._send("POST", "/orders", lambda answer: "order", json={"lines": lines}, headers=headers)

    def _read(self, path):
        self._send("GET", path, lambda answer: f"page, {answer.headers.get('x-cache')}", headers={})

    def _send(self, method, path, named, headers, **more):
        sampled = next(_numbers) % SHOP["sampled"] == 0
        root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        traced = {**headers, "X-Amzn-Trace-Id": f"Root={root}" + (";Sampled=1" if sampled else "")}
        began = time.perf_counter()
        with self.client.request(
            method, path, name=SHOP["case"], headers=traced, catch_response=True, **more
        ) as answer:
            took = time.perf_counter() - began
            wrong = "" if answer.status_code in (200, 201) else f"{answer.status_code} {(answer.text or '')[:200]}"
            if wrong:
                answer.failure(wrong)
            said = {
                "name": named(answer),
                "trace": root if sampled else "",
                "milliseconds": took * 1000,
                "ended": time.time(),
            }
            _file.write(json.dumps({**said, "wrong": wrong}) + "\n")
