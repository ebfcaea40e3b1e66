"""kill -9 of the shop's functions, its cache and the whole cloud while customers order: every order is there, once.

CLOUDARIUM_CRASHES=40 kills that often; CLOUDARIUM_CRASH_SEED repeats a run's choices.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from capstone.journey import Deployed
from cloudarium.cli.deploy import deploy_stack
from tests.clients.tools import CAPSTONE
from tests.journeys.crash.checks import scan
from tests.journeys.crash.processes import (
    CrashableCloud,
    await_bad_moment,
    descendants,
    kill_and_see_nobody_left,
    wait_for,
)
from tests.journeys.crash.shoppers import CATEGORY, Customer, Reader, Wish

FEW = ("function", "cache", "function", "cloud")  # when no number of kills is asked for
WEIGHTS = {"function": 10, "cache": 3, "cloud": 4, "anything": 3}
NAMES = ("Ada", "Grace", "Joan")
STOCK = (100_000, 100_000, 100_000, 100_000, 100_000, 40)  # of the products: one of them is soon sold out
PATIENCE = 3  # seconds that orders and confirmations may take, and that the record of one that died is believed
HIDDEN = 181  # seconds after which the queue shows a confirmation again that a killed function had in hand
AT_ONCE = 5  # confirmations that are under way at the same time, at most


class Stand(NamedTuple):
    """The deployed shop: where it is, its outputs, and its products."""

    deployed: Deployed
    outputs: dict[str, str]
    products: dict[str, int]  # id: how many there were


@pytest.fixture
def stand(cloud: CrashableCloud, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """The shop on a cloud that may be killed, its mail out of the sandbox."""
    own = {
        "AWS_ENDPOINT_URL": cloud.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    outputs = deploy_stack(CAPSTONE / "template.yaml", "shop", cloud.url, quiet=True).outputs
    [mail] = cloud.control("mail?to=shop@example.com")["mails"]
    text = cloud.control(f"mail/{mail['id']}")["text"]
    urllib.request.urlopen(next(line for line in text.splitlines() if line.startswith("http"))).close()
    cloud.client("sesv2").put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=True
    )
    functions = cloud.client("lambda")
    for function in functions.list_functions(MaxItems=50)["Functions"]:
        if function["FunctionName"].startswith(("shop-OrdersFunction", "shop-ConfirmationsFunction")):
            functions.update_function_configuration(FunctionName=function["FunctionName"], Timeout=PATIENCE)
    deployed = Deployed(outputs["ApiUrl"], outputs["UserPoolId"], outputs["UserPoolClientId"])
    staff = deployed.hire("crash")
    products = {}
    for at, stock in enumerate(STOCK):
        product = {"name": f"Thing {at}", "category": CATEGORY, "price_cents": 100 + at, "stock": stock}
        products[staff.ask(201, "POST", "/products", product).body["id"]] = stock
    return Stand(deployed, outputs, products)


class Killer:
    """Kills what a shop is made of, at bad moments: the processes that are at work. `kills` counts them by kind."""

    def __init__(self, cloud: CrashableCloud, up: threading.Event, chance: random.Random) -> None:
        self.cloud, self.up, self.chance = cloud, up, chance
        self.kills: Counter[str] = Counter()
        self.last = 0.0

    def kill(self, kind: str) -> None:
        """Kill one of these; the cloud is there again afterwards."""
        if kind == "cloud":
            await_bad_moment(self.cloud, self.chance)
            self.up.clear()
            kill_and_see_nobody_left(self.cloud)
            self.cloud.start()
            self.up.set()
        else:
            wait_for(f"a {kind} to kill", lambda: bool(self._below(kind)))
            before = {pid: _ticks(pid) for pid in self._below(kind)}
            time.sleep(self.chance.random() / 20)
            at_work = [pid for pid, ticks in before.items() if _ticks(pid) > ticks]
            with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                os.kill(self.chance.choice(at_work or list(before)), signal.SIGKILL)
        self.kills[kind] += 1
        self.last = time.monotonic()

    def _below(self, kind: str) -> list[int]:
        return [pid for pid in descendants(self.cloud.process.pid) if kind in ("anything", _kind_of(pid))]


def _ticks(pid: int) -> int:
    """How much a process has worked so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _kind_of(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return "cache" if b"valkey-server" in command else "function" if b"launcher.py" in command else ""


def test_no_order_is_lost_or_doubled_or_half_placed(cloud: CrashableCloud, stand: Stand) -> None:
    seed = os.environ.get("CLOUDARIUM_CRASH_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"CLOUDARIUM_CRASH_SEED={seed}")
    chance, up = random.Random(seed), threading.Event()
    up.set()
    reader = Reader(cloud, up, stand.deployed.nobody())
    customers = [Customer(cloud, up, stand.deployed, name, list(stand.products), f"{seed} {name}") for name in NAMES]
    killer = Killer(cloud, up, chance)
    programs = [reader, *customers]
    for program in programs:
        program.start()
    for number, kind in enumerate(_kinds(chance)):
        goal = _granted(customers) + chance.randrange(5, 20)
        wait_for("orders", lambda goal=goal: _granted(customers) >= goal or not all(p.is_alive() for p in programs))
        for program in programs:
            assert program.failure is None, repr(program.failure)
        killer.kill(kind)
        if number % 10 == 9:
            cloud.clock_advance(HIDDEN)
    reader.last = ""
    wait_for("the cache's return", lambda: reader.last == "hit")
    for program in programs:
        program.enough.set()
    for program in programs:
        program.join(60)
        assert not program.is_alive()
        assert program.failure is None, repr(program.failure)
    orders = {id: wish for customer in customers for id, wish in customer.orders.items()}
    again = confirm_all(cloud, customers, killer)
    check_orders(cloud, stand, orders)
    check_listings(stand, customers)
    refused = sum(wish.refused for customer in customers for wish in customer.wishes)
    failed = [text for program in programs for text in program.failed]
    print(f"kills: {dict(killer.kills)}; {len(orders)} orders, {refused} refused; pages: {dict(reader.how)}")
    print(f"{again} mails more than orders; {sum(p.unanswered for p in programs)} calls without an answer")
    print(f"{len(failed)} answers 5xx")
    assert len(failed) <= len(programs) * (killer.kills.total() - killer.kills["cloud"]), failed


def _kinds(chance: random.Random) -> list[str]:
    wanted = int(os.environ.get("CLOUDARIUM_CRASHES", "0"))
    return chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=wanted) if wanted else list(FEW)


def _granted(customers: list[Customer]) -> int:
    return sum(len(customer.orders) for customer in customers)


def confirm_all(cloud: CrashableCloud, customers: list[Customer], killer: Killer) -> int:
    """Let time pass until every order has its mail; how many mails more than that came.

    A mail comes a second time only when its function died before it had written down that it was sent: the record
    names the last one that was sent.
    """

    def behind() -> tuple[int, int, int]:
        records = _records(cloud)
        sent = sum(_is_confirmation(record) and record["status"] == "COMPLETED" for record in records)
        under_way = sum(record["status"] != "COMPLETED" for record in records)
        return _granted(customers) - sent, under_way, _queued(cloud, "ConfirmationQueue")

    limit = time.monotonic() + 90
    while any(behind()):
        assert time.monotonic() < limit, behind()
        before, pause = behind(), time.monotonic() + 1
        while behind() == before and time.monotonic() < pause:
            time.sleep(0.02)
        if behind() == before and time.monotonic() > killer.last + PATIENCE + 1:
            cloud.clock_advance(HIDDEN)
    cloud.settle()
    assert _queued(cloud, "DeadLetters") == 0
    return check_mails(cloud, customers, killer)


def check_mails(cloud: CrashableCloud, customers: list[Customer], killer: Killer) -> int:
    """Each order is confirmed, the record names its last mail, and no more came twice than functions died."""
    records = _records(cloud)
    recorded = {json.loads(record["data"])["message_id"] for record in records if _is_confirmation(record)}
    again = 0
    for customer in customers:
        mails = cloud.control(f"mail?to={customer.email.replace('+', '%2B')}&limit=1000")["mails"]
        sent: dict[str, list[str]] = {}
        for mail in mails:  # the newest first
            if mail["subject"].startswith("Your order "):
                sent.setdefault(mail["subject"].removeprefix("Your order "), []).append(mail["id"])
        assert sent.keys() == {id[:8] for id in customer.orders}
        for ids in sent.values():
            assert ids[0] in recorded and not recorded & set(ids[1:]), ids
            again += len(ids) - 1
    assert again <= killer.kills.total() - killer.kills["cloud"] + AT_ONCE * killer.kills["cloud"]
    return again


def check_orders(cloud: CrashableCloud, stand: Stand, orders: dict[str, Wish]) -> None:
    """The table has each order with all its lines, no other, and what is left of each product."""
    heads: dict[str, dict[str, str]] = {}
    lines: dict[str, list[dict[str, str]]] = {}
    left: dict[str, int] = {}
    for item in scan(cloud, stand.outputs["TableName"]):
        kind, _, id = item["pk"].partition("#")
        if item["sk"] == "ORDER":
            heads[id] = item
        elif item["sk"].startswith("LINE#"):
            lines.setdefault(id, []).append(item)
        elif kind == "PRODUCT":
            left[id] = int(item["stock"])
    assert heads.keys() == lines.keys() == orders.keys()
    taken: Counter[str] = Counter()
    for id, wish in orders.items():
        assert {line["product_id"]: int(line["quantity"]) for line in lines[id]} == wish.lines, id
        total = sum(int(line["price_cents"]) * int(line["quantity"]) for line in lines[id])
        assert int(heads[id]["total_cents"]) == wish.order["total_cents"] == total, id
        assert heads[id]["status"] == ("cancelled" if wish.cancelled else "placed"), id
        taken.update({} if wish.cancelled else wish.lines)
    assert left == {id: stock - taken[id] for id, stock in stand.products.items()}
    assert min(left.values()) >= 0


def check_listings(stand: Stand, customers: list[Customer]) -> None:
    """Customers and staff see the orders that there are, each once."""
    staff = stand.deployed.hire("later")  # the time of the first one's token may be over
    for customer in customers:
        customer.sign_in()
        assert sorted(_listed(customer.shop, "/customers/me/orders?")) == sorted(customer.orders)
    for status in ("placed", "cancelled"):
        wanted = [
            id for each in customers for id, wish in each.orders.items() if wish.cancelled == (status == "cancelled")
        ]
        assert sorted(_listed(staff, f"/orders?status={status}&")) == sorted(wanted)


def _listed(shop: Any, path: str) -> list[str]:
    found, cursor = [], ""
    while True:
        page = shop.ask(200, "GET", f"{path}limit=100{cursor}").body
        found += [order["id"] for order in page["orders"]]
        if not page["next"]:
            return found
        cursor = f"&cursor={page['next']}"


def _queued(cloud: CrashableCloud, name: str) -> int:
    [url] = cloud.client("sqs").list_queues(QueueNamePrefix=f"shop-{name}-")["QueueUrls"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
    return sum(int(value) for value in found.values())


def _records(cloud: CrashableCloud) -> list[dict[str, str]]:
    """What the functions have written down of their work, so as not to do it twice."""
    tables = cloud.client("dynamodb").list_tables()["TableNames"]
    return scan(cloud, next(name for name in tables if name.startswith("shop-IdempotencyTable-")))


def _is_confirmation(record: dict[str, str]) -> bool:
    return record["id"].startswith("confirm-order#")
