"""`python -m bench`: measure, side by side, and say which aims are met; on a shared machine only the ratios count."""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench import load, servers
from bench.cases import CASES, Case, Setup, changed_function
from bench.load import Outcome, request_bytes

_TURNS = 3  # of the measurements with and without telemetry
_AIM_CPU = 4.0  # times the bare request's CPU, at most
_AIM_THROUGHPUT = 4.0  # times ministack's requests per second, at least
_AIM_START = 0.6  # seconds until the first answer, at most
_AIM_MEMORY = 120.0  # MB of an idle cloud, at most
_NOTES = """\
Cloudarium checks each signature and an IAM user's policies, writes to disk and records every call; the peers
are as they come: they check neither and keep everything in memory. CPU is the server's own for each request. The bare
hello-world (same HTTP server, same load) is measured before and after each case; 8 connections, 2 for functions."""


@dataclass
class Bench:
    """The running servers, what was prepared in them, and which aims were met so far."""

    running: dict[str, servers.Server]
    seconds: float
    setups: dict[str, Setup] = field(default_factory=dict)
    aims: list[tuple[bool, str]] = field(default_factory=list)

    @property
    def ours(self) -> servers.Server:
        """The server that all this is about."""
        return self.running["cloudarium"]

    def aim(self, met: bool, text: str) -> None:
        """Note an aim and whether it was met."""
        self.aims.append((met, text))

    def measure(self, name: str, requests: list[bytes], connections: int, *, children: bool = False) -> Outcome:
        """Warm up, then run one case on one server."""
        return load.measure(self.running[name], requests, connections, self.seconds, children)

    def bare(self, connections: int) -> float:
        """The CPU microseconds of a bare request just now."""
        server = self.running["bare"]
        requests = [request_bytes(server.url, "GET", "/", {}, b"")]
        return load.measure(server, requests, connections, self.seconds / 3, False).cpu_micros


def _line(name: str, outcome: Outcome, notes: str = "") -> str:
    failed = f"  {outcome.errors} ERRORS" if outcome.errors else ""
    return (
        f"{name:<30}{outcome.per_second:>9,.0f}{outcome.percentile(50):>9.2f}{outcome.percentile(99):>9.2f}"
        f"{outcome.cpu_micros:>9,.0f}   {notes}{failed}".rstrip()
    )


def _case(bench: Bench, case: Case) -> None:
    before = bench.bare(case.connections)
    requests = case.requests(bench.setups["cloudarium"])
    outcome = bench.measure("cloudarium", requests, case.connections, children=case.children)
    ratio = outcome.cpu_micros / statistics.mean((before, bench.bare(case.connections)))
    print(_line(case.name, outcome, f"{ratio:.1f}× bare"), flush=True)
    if case.small:
        bench.aim(ratio <= _AIM_CPU and not outcome.errors, f"{case.name}: {ratio:.1f}× bare CPU (at most 4)")
    if case.small:
        _untold(bench, case)
    for name in bench.setups.keys() - {"cloudarium", servers.UNTOLD} if case.peers else ():
        _peer(bench, case, name, outcome)


def _untold(bench: Bench, case: Case) -> None:
    """What telemetry costs: the same case without, one after the other several times, since only ratios count."""
    told: list[float] = []
    untold: list[float] = []
    for _ in range(_TURNS):
        for name, seen in (("cloudarium", told), (servers.UNTOLD, untold)):
            requests = case.requests(bench.setups[name])
            seen.append(bench.measure(name, requests, case.connections, children=case.children).cpu_micros)
    more = statistics.median(one - other for one, other in zip(told, untold, strict=True))
    ratio = statistics.median(one / other for one, other in zip(told, untold, strict=True))
    print(f"    without telemetry {statistics.median(untold):.0f} µs: with it {ratio:.2f}×, {more:+.0f} µs", flush=True)


def _peer(bench: Bench, case: Case, name: str, ours: Outcome) -> None:
    try:
        theirs = bench.measure(name, case.requests(bench.setups[name]), case.connections)
    except OSError as error:
        print(f"    {name}: {error}")
        return
    faster = ours.per_second / theirs.per_second
    print(_line(f"    {name}", theirs, f"Cloudarium answers {faster:.1f}× as many"), flush=True)
    if name == "ministack":
        bench.aim(faster >= _AIM_THROUGHPUT, f"{case.name}: {faster:.1f}× ministack's throughput (at least 4)")


def _cold(setup: Setup, times: int) -> None:
    client = setup.client("lambda", setup.user)
    seen = []
    for number in range(times):
        with changed_function(setup, number):
            began = time.perf_counter()
            client.invoke(FunctionName="bench-hello", Payload=b"{}")
            seen.append((time.perf_counter() - began) * 1000)
    seen.sort()
    print(f"{'Lambda Invoke, cold, boto3':<30}{'':>9}{statistics.median(seen):>9.2f}{seen[-1]:>9.2f}", flush=True)


def _http_api(bench: Bench, path: str) -> None:
    before = bench.bare(2)
    outcome = bench.measure("cloudarium", [request_bytes(bench.ours.url, "GET", path, {}, b"")], 2)
    ratio = outcome.cpu_micros / statistics.mean((before, bench.bare(2)))
    print(_line("HTTP API → Lambda → DynamoDB", outcome, f"{ratio:.1f}× bare, the function's own CPU left out"))


def _head(bench: Bench) -> None:
    print("start to first answer   ", ", ".join(f"{s.name} {s.start_seconds:.2f} s" for s in bench.running.values()))
    print("memory, idle            ", ", ".join(f"{s.name} {s.rss_mb():.0f} MB" for s in bench.running.values()))
    start, memory = bench.ours.start_seconds, bench.ours.rss_mb()
    bench.aim(start <= _AIM_START, f"start to first answer: {start:.2f} s (at most {_AIM_START})")
    bench.aim(memory <= _AIM_MEMORY, f"memory, idle: {memory:.0f} MB (at most {_AIM_MEMORY:.0f})")


def _run(bench: Bench, only: str) -> None:
    _head(bench)
    for name in bench.running.keys() - {"bare"}:
        setup = bench.setups[name] = Setup(bench.running[name].url, enforcing=name in ("cloudarium", servers.UNTOLD))
        setup.prepare()
    print(f"\n{'':<30}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}")
    bare_requests = [request_bytes(bench.running["bare"].url, "GET", "/", {}, b"")]
    print(_line("bare hello-world", bench.measure("bare", bare_requests, 8)))
    path = bench.setups["cloudarium"].prepare_functions()
    for case in CASES:
        if only.lower() in case.name.lower():
            _case(bench, case)
    if not only:
        _http_api(bench, path)
        _cold(bench.setups["cloudarium"], 10)
    print("\nmemory, after           ", ", ".join(f"{s.name} {s.rss_mb():.0f} MB" for s in bench.running.values()))


def main() -> None:
    """Start the servers, run the cases in turn, print a line for each, then the aims."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each measurement takes")
    parser.add_argument("--no-peers", action="store_true", help="leave moto and ministack out")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    options = parser.parse_args()
    names = ["bare", "cloudarium", servers.UNTOLD, *([] if options.no_peers else servers.PEERS)]
    with ExitStack() as stack:
        running = {}
        for name in names:
            running[name] = servers.start(name)
            stack.callback(running[name].stop)
        bench = Bench(running, options.seconds)
        _run(bench, options.only)
    print(f"\n{_NOTES}\n\naims")
    for met, text in bench.aims:
        print(f"  {'met    ' if met else 'MISSED '} {text}")


if __name__ == "__main__":
    main()
