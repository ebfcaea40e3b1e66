"""`python -m bench`: measure, side by side, and print ratios; absolute numbers on a shared machine prove nothing."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

from bench import load, servers
from bench.cases import CASES, Case, Setup, changed_function
from bench.load import Outcome, request_bytes

_AIM_CPU = 4.0  # times the bare request's CPU, at most
_AIM_THROUGHPUT = 4.0  # times ministack's requests per second, at least


def measure(server: servers.Server, requests: list[bytes], connections: int, seconds: float, children: bool) -> Outcome:
    """Warm up, then run one case on one server."""
    asyncio.run(load.run(server.port, requests, connections, min(0.5, seconds / 4)))
    before = server.cpu(children)
    latencies, errors, took = asyncio.run(load.run(server.port, requests, connections, seconds))
    return Outcome(len(latencies), errors, took, tuple(latencies), server.cpu(children) - before)


def _line(name: str, outcome: Outcome, notes: str) -> str:
    failed = f"  {outcome.errors} ERRORS" if outcome.errors else ""
    return (
        f"{name:<34}{outcome.per_second:>9,.0f}{outcome.percentile(50):>9.2f}{outcome.percentile(99):>9.2f}"
        f"{outcome.cpu_micros:>9,.0f}   {notes}{failed}"
    )


def _case(
    case: Case,
    ours: servers.Server,
    setup: Setup,
    peers: dict[str, tuple[servers.Server, Setup]],
    bare: Outcome,
    seconds: float,
) -> None:  # noqa: E501
    outcome = measure(ours, case.requests(setup), case.connections, seconds, case.children)
    ratio = outcome.cpu_micros / bare.cpu_micros
    notes = [f"{ratio:.1f}× bare CPU{'' if ratio <= _AIM_CPU else ' (aim 4)'}"]
    rows = []
    for name, (server, peer_setup) in peers.items() if case.peers else ():
        try:
            theirs = measure(server, case.requests(peer_setup), case.connections, seconds, False)
        except (ConnectionError, OSError) as error:
            rows.append(f"    {name}: {error}")
            continue
        faster = outcome.per_second / theirs.per_second
        missed = " (aim 4)" if name == "ministack" and faster < _AIM_THROUGHPUT else ""
        notes.append(f"{faster:.1f}× {name}'s throughput{missed}")
        rows.append(_line(f"    {name}", theirs, ""))
    print(_line(case.name, outcome, " · ".join(notes)), *rows, sep="\n", flush=True)


def _cold(setup: Setup, times: int) -> None:
    client = setup.client("lambda", setup.user)
    seen = []
    for number in range(times):
        with changed_function(setup, number):
            began = time.perf_counter()
            client.invoke(FunctionName="bench-hello", Payload=b"{}")
            seen.append((time.perf_counter() - began) * 1000)
    seen.sort()
    print(f"{'Lambda Invoke, cold (with boto3)':<34}{'':>9}{statistics.median(seen):>9.2f}{seen[-1]:>9.2f}")


def _http_api(server: servers.Server, path: str, bare: Outcome, seconds: float) -> None:
    requests = [request_bytes(server.url, "GET", path, {}, b"")]
    outcome = measure(server, requests, 2, seconds, children=False)
    notes = f"{outcome.cpu_micros / bare.cpu_micros:.1f}× bare CPU, the function's own left out"
    print(_line("HTTP API → Lambda → DynamoDB", outcome, notes), flush=True)


def main() -> None:
    """Start the servers, run the cases in turn, print one line for each."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each measurement takes")
    parser.add_argument("--no-peers", action="store_true", help="leave moto and ministack out")
    parser.add_argument("--only", help="cases whose name has this in it")
    options = parser.parse_args()
    running = {name: servers.start(name) for name in ("bare", "cloudarium")}
    try:
        if not options.no_peers:
            running |= {name: servers.start(name) for name in servers.PEERS}
        _run(running, options)
    finally:
        for server in running.values():
            server.stop()


def _run(running: dict[str, servers.Server], options: argparse.Namespace) -> None:
    ours = running["cloudarium"]
    print("start to first answer: " + ", ".join(f"{s.name} {s.start_seconds * 1000:.0f} ms" for s in running.values()))
    print(f"idle memory: {', '.join(f'{s.name} {s.rss_mb():.0f} MB' for s in running.values())}")
    setup = Setup(ours.url, enforcing=True)
    setup.prepare()
    peers = {}
    for name in running.keys() - {"bare", "cloudarium"}:
        peers[name] = (running[name], Setup(running[name].url, enforcing=False))
        peers[name][1].prepare()
    bare_requests = [request_bytes(running["bare"].url, "GET", "/", {}, b"")]
    bare = measure(running["bare"], bare_requests, 8, options.seconds, False)
    print(f"\n{'':<34}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}")
    print(_line("bare hello-world, same server", bare, ""))
    path = setup.prepare_functions()
    for case in CASES:
        if not options.only or options.only.lower() in case.name.lower():
            _case(case, ours, setup, peers, bare, options.seconds)
    if not options.only:
        _cold(setup, 10)
        _http_api(ours, path, bare, options.seconds)
    print(f"\nmemory after: {', '.join(f'{s.name} {s.rss_mb():.0f} MB' for s in running.values())}")


if __name__ == "__main__":
    main()
