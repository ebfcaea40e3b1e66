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
_STOCK = 1_000_000
_SAMPLE = 50  # traces of a case
_COLD = 5  # first requests
_FUNCTIONS = {"hit": "ProductsFunction", "miss": "ProductsFunction", "order": "OrdersFunction"}
_AIM_P50 = 25.0  # ms of a warm request of one user: what the shop's README reckons with
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


def _load(stand: Stand, case: str, users: int, seconds: float) -> list[Request]:
    """What locust's users saw."""
    written = Path(stand.server.folder.name) / "requests"
    said = {
        "case": case, "tokens": [each.token for each in stand.customers], "products": stand.products,
        "categories": stand.categories, "write": str(written),
    }  # fmt: skip
    command = [
        str(servers.installed("locust") / "locust"), "--headless", "--only-summary", "--skip-log",
        "--exit-code-on-error", "0", "-f", str(_ROOT / "bench" / "shop_load.py"), "--host", stand.deployed.api_url, "-u", str(users), "-r",
        str(users), "-t", f"{seconds:.0f}s", "--stop-timeout", "10",
    ]  # fmt: skip
    done = subprocess.run(command, env={**os.environ, "SHOP_LOAD": json.dumps(said)}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"locust failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [Request(**json.loads(line)) for line in written.read_text().splitlines()]


def _cold(stand: Stand, case: str) -> list[Request]:
    """The first request after each of some changes of the case's function."""
    functions = boto3.client("lambda")
    names = [each["FunctionName"] for each in functions.list_functions(MaxItems=50)["Functions"]]
    name = next(name for name in names if name.startswith(f"shop-{_FUNCTIONS[case]}-"))
    found = []
    for number in range(_COLD):
        functions.update_function_configuration(FunctionName=name, Description=f"Change {number}")
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        found.append(_first(stand, case))
    return found


def _first(stand: Stand, case: str) -> Request:
    trace = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    headers = {"X-Amzn-Trace-Id": f"Root={trace};Sampled=1"}
    began = time.perf_counter()
    if case == "order":
        body = {"lines": [{"product_id": id, "quantity": 1} for id in stand.products[:2]]}
        answer = stand.customers[0].send("POST", "/orders", body, {**headers, "Idempotency-Key": trace})
    else:
        answer = stand.deployed.nobody().send("GET", f"/products?category={stand.categories[0]}", headers=headers)
    took = (time.perf_counter() - began) * 1000
    wrong = "" if answer.status in (200, 201) else str(answer.body)
    return Request(
        "order" if case == "order" else f"page, {answer.headers.get('x-cache')}", trace, took, time.time(), wrong
    )


# ---- where the time went ---------------------------------------------------------------------------------------------


def _shares(server: Server, requests: list[Request]) -> dict[str, float]:
    """The milliseconds that a request spent in each service, on average over some of them, as their traces tell."""
    every = max(1, len(requests) // _SAMPLE)
    spent: dict[str, float] = defaultdict(float)
    for request in requests[::every]:
        top = next(span for span in _ask(server, f"traces/{request.trace}")["spans"] if span["kind"] == "door")
        spent["way there"] += request.milliseconds - (top["end"] - top["start"]) * 1000
        for name, seconds in _own_times(top, top["end"], ""):
            spent[name] += seconds * 1000
    return {name: value / len(requests[::every]) for name, value in spent.items()}


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
        return "function's code"
    if span["name"] == "cache":
        return "cache"
    return str(span.get("service") or "")


# ---- the table -------------------------------------------------------------------------------------------------------


def _row(server: Server, title: str, requests: list[Request], per_second: float | None) -> list[str]:
    """Print what a case measured; what it has missed."""
    wrong = [request for request in requests if request.wrong]
    good = [request for request in requests if not request.wrong]
    taken = sorted(request.milliseconds for request in good)
    p50, p99 = statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    rate = "" if per_second is None else f"{per_second:,.0f}"
    failed = f"  {len(wrong)} FAILED: {wrong[0].wrong}" if wrong else ""
    print(f"{title:<32}{len(good):>7}{rate:>8}{p50:>9.1f}{p99:>9.1f}{failed}", flush=True)
    shares = _shares(server, good)
    told = sorted(shares.items(), key=lambda share: -share[1])
    print("    " + " · ".join(f"{name} {value:.1f} ms" for name, value in told), flush=True)
    return [f"{title}: {len(wrong)} requests failed"] if wrong else []


def _measure(stand: Stand, case: str, users: int, seconds: float) -> list[str]:
    """One case under load: its rows, and which aims it has missed."""
    server = stand.server
    before, ordered = _mailed(), len(_load(stand, case, users, 1))
    own, all_of_it = server.cpu(), server.cpu(children=True)
    requests = _load(stand, case, users, seconds)
    own, all_of_it = server.cpu() - own, server.cpu(children=True) - all_of_it
    took = max(each.ended for each in requests) - min(each.ended - each.milliseconds / 1000 for each in requests)
    missed = []
    for name in sorted({request.name for request in requests}):
        these = [request for request in requests if request.name == name]
        title = f"{name}, {users} user{'s' if users > 1 else ''}"
        missed += _row(server, title, these, len(these) / took)
        if users == 1 and statistics.median(each.milliseconds for each in these) > _AIM_P50:
            missed.append(f"{title}: p50 above {_AIM_P50:.0f} ms")
        if sorted(each.milliseconds for each in these)[int(len(these) * 0.99)] > _AIM_P99:
            missed.append(f"{title}: p99 above {_AIM_P99:.0f} ms")
    count = len(requests)
    print(f"    CPU of a request: cloud {own / count * 1e3:.1f} ms, functions {(all_of_it - own) / count * 1e3:.1f} ms")
    if case == "order":
        while _mailed() - before < ordered + count:
            time.sleep(0.02)
        [last] = _ask(server, "mail?limit=1")["mails"]
        late = datetime.fromisoformat(last["sent"]).timestamp() - max(each.ended for each in requests)
        print(f"    {count} confirmations, the last one mailed {late * 1000:,.0f} ms after the last order")
    return missed


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
        print(f"\n{'':<32}{'count':>7}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}")
        missed = []
        for case in _FUNCTIONS:
            missed += _row(server, f"{case}, cold", _cold(stand, case), None)
            for users in (1, options.users):
                missed += _measure(stand, case, users, options.seconds)
    print("\nEvery aim is met." if not missed else "\nMISSED\n  " + "\n  ".join(missed))


if __name__ == "__main__":
    main()
