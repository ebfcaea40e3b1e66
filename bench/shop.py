"""`python -m bench.shop`: the shop under load, through its HTTP API, as locust drives it.

Pages of the catalogue from the cache and past it, and orders: one user alone, eight at once, and the first request
after each change of a function (cold). Where a request's time went is read from the traces that the load left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from bench import servers
from bench.servers import Server
from capstone.journey import Deployed, Shop
from cloudarium.cli.deploy import deploy_stack

_ROOT = Path(__file__).parents[1]
_CATEGORIES, _PRODUCTS = 20, 8  # of each
_LARGEST = 100  # products that a page may be asked to have
_STOCK = 1_000_000
_SAMPLED = 20  # one of so many requests is traced into every corner: what AWS samples beyond one a second
_WANTED = {"hit": "page, hit", "miss": "page, miss", "order": "order"}
_COLD = {"page": "ProductsFunction", "order": "OrdersFunction"}
_FIRST = 5  # requests to a new function
_PATIENCE = 120.0  # seconds for confirmations: SES takes 14 mails a second
_PARTS = {"Initialization": "its start", "valkey": "valkey"}
_AIM_P99 = 2000.0  # ms: beyond it the shop's own alarm rings


class Stand(NamedTuple):
    """The deployed shop, its staff's and its customers' tokens, and what it sells."""

    server: Server
    deployed: Deployed
    customers: list[Shop]
    categories: list[str]
    products: list[str]


class Request(NamedTuple):
    """A request that was measured."""

    name: str
    trace: str
    milliseconds: float
    ended: float  # by the machine's clock
    wrong: str


def _set_up(server: Server, users: int) -> Stand:
    own = {
        "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    os.environ.update(own)
    began = time.perf_counter()
    outputs = deploy_stack(_ROOT / "capstone" / "template.yaml", "shop", server.url, quiet=True).outputs
    print(f"deployed in {time.perf_counter() - began:.1f} s")
    [mail] = _ask(server, "mail?to=shop@example.com")["mails"]
    text = _ask(server, f"mail/{mail['id']}")["text"]
    urllib.request.urlopen(next(line for line in text.splitlines() if line.startswith("http"))).close()
    boto3.client("sesv2").put_account_details(
        MailType="TRANSACTIONAL", WebsiteURL="https://example.com", ProductionAccessEnabled=True
    )
    deployed = Deployed(outputs["ApiUrl"], outputs["UserPoolId"], outputs["UserPoolClientId"])
    _lift_throttle(deployed)
    staff = deployed.hire("bench")
    categories = [f"kind-{number}" for number in range(_CATEGORIES)]
    products = [
        staff.ask(201, "POST", "/products", {"name": f"Thing {number}", "category": category, "price_cents": 990,
                                            "stock": _STOCK}).body["id"]
        for category in categories for number in range(_PRODUCTS)
    ]  # fmt: skip
    customers = [deployed.sign_up(f"User{number}", "bench") for number in range(users)]
    return Stand(server, deployed, customers, categories, products)


def _lift_throttle(deployed: Deployed) -> None:
    """The API lets 200 requests a second through; more may come here."""
    api = deployed.api_url.rpartition("/")[2]
    settings = {"ThrottlingRateLimit": 10_000, "ThrottlingBurstLimit": 5_000, "DetailedMetricsEnabled": True}
    boto3.client("apigatewayv2").update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=settings)


def _ask(server: Server, path: str) -> Any:
    with urllib.request.urlopen(f"{server.url}/_cloudarium/{path}", timeout=60) as answer:
        return json.load(answer)


def _load(stand: Stand, case: str, users: int, seconds: float, first: int) -> list[Request]:
    """What locust's users saw; `first` is the page that they begin with, so that none is read twice."""
    written = Path(stand.server.folder.name) / "requests"
    said = {
        "case": case, "tokens": [each.token for each in stand.customers], "products": stand.products,
        "categories": stand.categories, "largest": _LARGEST, "first": first, "sampled": _SAMPLED, "write": str(written),
    }  # fmt: skip
    command = [
        str(servers.installed("locust") / "locust"), "--headless", "--only-summary", "--skip-log",
        "--exit-code-on-error", "0", "-f", str(_ROOT / "bench" / "shop_load.py"), "--host", stand.deployed.api_url,
        "-u", str(users), "-r", str(users), "-t", f"{seconds:.0f}s", "--stop-timeout", "10",
    ]  # fmt: skip
    done = subprocess.run(command, env={**os.environ, "SHOP_LOAD": json.dumps(said)}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"locust failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [Request(**json.loads(line)) for line in written.read_text().splitlines()]


def _first_ones(stand: Stand, case: str, function: str) -> list[Request]:
    """The first request after each of some changes of a function."""
    functions = boto3.client("lambda")
    names = [each["FunctionName"] for each in functions.list_functions(MaxItems=50)["Functions"]]
    name = next(name for name in names if name.startswith(f"shop-{function}-"))
    found = []
    for number in range(_FIRST):
        functions.update_function_configuration(FunctionName=name, Description=f"Change {number}")
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        found.append(_one(stand, case))
    _settle(stand.server)
    return found


def _one(stand: Stand, case: str) -> Request:
    trace = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    headers = {"X-Amzn-Trace-Id": f"Root={trace};Sampled=1"}
    began = time.perf_counter()
    if case == "order":
        body = {"lines": [{"product_id": id, "quantity": 1} for id in stand.products[:2]]}
        answer = stand.customers[0].send("POST", "/orders", body, {**headers, "Idempotency-Key": trace})
    else:
        answer = stand.deployed.nobody().send("GET", f"/products?category={stand.categories[0]}", headers=headers)
    took = (time.perf_counter() - began) * 1000
    return Request(case, trace, took, time.time(), "" if answer.status in (200, 201) else str(answer.body))


def _settle(server: Server) -> None:
    """Wait for what was left behind: programs hand their part of a trace in a moment after they have answered."""
    time.sleep(0.5)
    urllib.request.urlopen(urllib.request.Request(f"{server.url}/_cloudarium/settle", b"{}"), timeout=60).close()


# ---- where the time went ---------------------------------------------------------------------------------------------


def _shares(server: Server, requests: list[Request]) -> dict[str, float]:
    """The milliseconds that a request spent in each service, on average over those that were traced for certain."""
    traced = [request for request in requests if request.trace]
    spent: dict[str, float] = defaultdict(float)
    for request in traced:
        top = next(span for span in _ask(server, f"traces/{request.trace}")["spans"] if span["kind"] == "door")
        spent["way there"] += request.milliseconds - (top["end"] - top["start"]) * 1000
        for name, seconds in _own_times(top, top["end"], ""):
            spent[name] += seconds * 1000
    return {name: value / len(traced) for name, value in spent.items()}


def _own_times(span: Any, limit: float, above: str) -> Iterator[tuple[str, float]]:
    """What a span and each one inside of it took beyond what is inside of that, by service."""
    name = _service(span) or above
    end = min(span["end"] or limit, limit)
    inside, at = 0.0, span["start"]
    for part in span["spans"]:
        if part["start"] < end:
            until = min(part["end"] or end, end)
            inside += max(0.0, until - max(at, part["start"]))
            at = max(at, until)
            yield from _own_times(part, end, name)
    yield name, max(0.0, end - span["start"] - inside)


def _service(span: Any) -> str:
    """The service that a span is about, "" for a part of the one above it."""
    if span["kind"] == "function":
        return "the function"
    return _PARTS.get(span["name"]) or str(span.get("service") or "")


# ---- the table -------------------------------------------------------------------------------------------------------


def _row(server: Server, title: str, requests: list[Request], per_second: float | None) -> list[str]:
    """Print what was measured of requests of one kind; what they have missed."""
    wrong = [request for request in requests if request.wrong]
    good = [request for request in requests if not request.wrong]
    failed = f"  {len(wrong)} FAILED: {wrong[0].wrong}" if wrong else ""
    missed = [f"{title}: {len(wrong)} of {len(requests)} requests failed"] if wrong else []
    if not good:
        print(f"{title:<28}{failed}", flush=True)
        return missed or [f"{title}: there was none"]
    taken = sorted(request.milliseconds for request in good)
    p50, p99 = statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    rate = "" if per_second is None else f"{per_second:,.0f}"
    print(f"{title:<28}{len(good):>7}{rate:>8}{p50:>9.1f}{p99:>9.1f}{failed}", flush=True)
    told = sorted(_shares(server, good).items(), key=lambda share: -share[1])
    print("    " + " · ".join(f"{name} {value:.1f}" for name, value in told), flush=True)
    if p99 > _AIM_P99:
        missed.append(f"{title}: p99 above {_AIM_P99:.0f} ms")
    return missed


def _measure(stand: Stand, case: str, users: int, seconds: float) -> list[str]:
    """One case under load: its row, and what it has missed."""
    server, wanted = stand.server, _WANTED[case]
    first = 0 if users == 1 else _CATEGORIES * _LARGEST // 2
    mailed, ordered = _mailed(), len(_load(stand, case, users, 1, first))
    own, with_functions = server.cpu(), server.cpu(children=True)
    requests = _load(stand, case, users, seconds, first + ordered)
    count = len(requests)
    own, with_functions = server.cpu() - own, server.cpu(children=True) - with_functions
    took = max(each.ended for each in requests) - min(each.ended - each.milliseconds / 1000 for each in requests)
    _settle(server)
    these = [request for request in requests if request.name == wanted or request.wrong]
    missed = _row(server, f"{wanted}, {users} user{'s' if users > 1 else ''}", these, len(these) / took)
    others = f", {count - len(these)} were found otherwise" if len(these) < count else ""
    cpu = f"cloud {own / count * 1e3:.1f} ms, functions {(with_functions - own) / count * 1e3:.1f} ms"
    print(f"    CPU of each of all {count} requests: {cpu}{others}", flush=True)
    return missed + (_see_mails(server, mailed + ordered + count, requests) if case == "order" else [])


def _see_mails(server: Server, awaited: int, requests: list[Request]) -> list[str]:
    """Wait for the confirmations of all orders, and print how late the last one was."""
    limit = time.perf_counter() + _PATIENCE
    while (missing := awaited - _mailed()) > 0:
        if time.perf_counter() > limit:
            print(f"    {missing} orders were not confirmed within {_PATIENCE:.0f} s", flush=True)
            return [f"{missing} orders were not confirmed within {_PATIENCE:.0f} s"]
        time.sleep(0.05)
    [last] = _ask(server, "mail?limit=1")["mails"]
    late = datetime.fromisoformat(last["sent"]).timestamp() - max(each.ended for each in requests)
    print(f"    confirmed: all, the last one {late:.2f} s after the last order", flush=True)
    return []


def _mailed() -> int:
    return int(boto3.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"])


def main() -> None:
    """Deploy the shop, put it under load, print a row for each case and what was missed."""
    parser = argparse.ArgumentParser(prog="bench.shop", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each measurement takes")
    parser.add_argument("--users", type=int, default=8, help="how many come at once")
    options = parser.parse_args()
    with ExitStack() as stack:
        server = servers.start("cloudarium")
        stack.callback(server.stop)
        stand = _set_up(server, options.users)
        print(f"\n{'':<28}{'count':>7}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}   (below: where the milliseconds went)")
        missed = []
        for case, function in _COLD.items():
            missed += _row(server, f"{case}, cold", _first_ones(stand, case, function), None)
        for case in _WANTED:
            for users in (1, options.users):
                missed += _measure(stand, case, users, options.seconds)
    print("\nEvery aim is met." if not missed else "\nMISSED\n  " + "\n  ".join(missed))


if __name__ == "__main__":
    main()
