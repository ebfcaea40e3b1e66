"""The cloud's own paths: `/`, health, reset, clock, journal and why, guarded against web pages that are not ours."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from cloudarium import __version__, console
from cloudarium.cloud import Cloud
from cloudarium.gateway.body import read_whole
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.rooms import all_rooms
from cloudarium.gateway.sigv4 import claimed_values
from cloudarium.glass.journal import KEPT
from cloudarium.glass.maps import service_map
from cloudarium.glass.trace_logs import add_logs
from cloudarium.glass.traces import trace, traces
from cloudarium.glass.why import why, why_last
from cloudarium.shared.clock import iso_millis, moment_of, seconds_of

PREFIX = "/_cloudarium/"
_MOST_BODY = 64 * 1024
_OUR_HOSTS = re.compile(r"(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:[\w-]+\.)*localhost(?:\.localstack\.cloud)?)(?::\d+)?")


class Refused(Exception):
    """A request to the cloud's own paths that is answered with `status` and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def is_own(request: HttpRequest) -> bool:
    """Whether a request is for the cloud itself and not for an AWS service in it."""
    path = request.path
    if path.startswith(PREFIX):
        return True
    if path != "/" or request.method not in ("GET", "HEAD") or request.query:
        return False
    return "authorization" not in request.headers and _OUR_HOSTS.fullmatch(request.host) is not None and (
        request.host.split(":")[0].split(".")[0] in ("127", "localhost", "[")
    )  # fmt: skip


async def answer(cloud: Cloud, request: HttpRequest) -> HttpResponse:
    """Answer a request for the cloud itself; JSON, never cached."""
    try:
        _guard(request)
        handler = _HANDLERS.get((request.method, request.path)) or _HANDLERS_BELOW.get(
            (request.method, request.path[: request.path.rfind("/") + 1])
        )
        if _wants_console(request, handler is not None):
            from cloudarium.console import answering  # loaded when somebody first looks

            return await answering.answer(cloud, request)
        page = _page(request) if handler is None else None
        if page is not None:
            return await page(cloud, request)
        if handler is None:
            raise Refused(404, f"There is nothing at {request.method} {request.path[:200]}.")
        shown = await handler(cloud, request)
        return json(200, shown)
    except Refused as refused:
        return json(refused.status, {"error": str(refused)})


def _page(request: HttpRequest) -> Callable[[Cloud, HttpRequest], Awaitable[HttpResponse]] | None:
    """The function of a room's pages.py that answers below one of its own labels, guarded like the cloud's own paths.

    Its Refused is answered as JSON; `json` and `body_of` below are for it too.
    """
    label = request.path.removeprefix(PREFIX).partition("/")[0]
    for room in all_rooms().values():
        if label in room.card.pages:
            return getattr(room.module("pages"), room.card.pages[label])
    return None


def _wants_console(request: HttpRequest, is_json: bool) -> bool:
    """Whether a path is one of the console's pages; where programs get JSON, a page is for browsers alone."""
    if is_json and "text/html" not in request.headers.get("accept", ""):
        return False
    return request.path in ("/", PREFIX) or request.path.removeprefix(PREFIX).partition("/")[0] in console.LABELS


def _guard(request: HttpRequest) -> None:
    """A page somewhere on the web must not reach a developer's cloud through the browser (DNS rebinding, CSRF)."""
    if not _OUR_HOSTS.fullmatch(request.host):
        raise Refused(403, "This Host is not one of the cloud's own names.")
    origin = request.headers.get("origin")
    if request.method not in ("GET", "HEAD") and origin is not None and _netloc(origin) != request.host:
        raise Refused(403, "A change cannot come from a page of another origin.")


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as an address in brackets that is none
        return None


def json(status: int, shown: Any) -> HttpResponse:
    """An answer in JSON that nobody keeps."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return HttpResponse(status, headers, orjson.dumps(shown, option=orjson.OPT_INDENT_2) + b"\n")


async def body_of(request: HttpRequest) -> bytes:
    """The bytes that came with a request. Raises Refused when they are too many."""
    data = await read_whole(request.stream, _MOST_BODY) if request.stream is not None else request.body
    if data is None:
        raise Refused(413, "The body is too large.")
    return data


async def _body(request: HttpRequest) -> dict[str, Any]:
    return object_of(await body_of(request))


def object_of(data: bytes) -> dict[str, Any]:
    """The JSON object in a body, {} for an empty one. Raises Refused for anything else."""
    try:
        given = orjson.loads(data or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refused(400, f"The body is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise Refused(400, "The body must be a JSON object.")
    return given


async def _index(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    return {
        "cloudarium": __version__,
        "endpoint": cloud.endpoint,
        "services": sorted(all_rooms()),
        "next": "export AWS_ENDPOINT_URL=" + cloud.endpoint + " and use any AWS client; `cloudarium env` prints it all",
    }


async def _health(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    return {
        "status": "running",
        "version": __version__,
        "data": None if cloud.store.ephemeral else str(cloud.store.folder),
        "up_seconds": round(cloud.clock.machine_now() - cloud.started_at, 3),
        "undelivered": cloud.store.outbox.waiting(cloud.clock.now()),
        "services": {name: "built" for name in sorted(all_rooms())},
        "ports": cloud.ports,
        "runtime": {name: kept.status() for name, kept in cloud.keep.items() if hasattr(kept, "status")},
    }


async def _reset(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    await _body(request)
    await cloud.reset()
    return {"status": "empty"}


def _shown_clock(cloud: Cloud) -> dict[str, Any]:
    now, to = cloud.clock.now(), cloud.journeys.to
    return {
        "now": iso_millis(now),
        "epoch": now,
        "offset_seconds": round(now - cloud.clock.machine_now(), 3),
        "frozen": cloud.clock.frozen_at is not None and to is None,
        "moving_to": None if to is None else iso_millis(to),
    }


async def _clock(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    return _shown_clock(cloud)


_CLOCK_WORDS = (
    'Give one of: advance ("+30d" or seconds), at ("2027-01-01T00:00" or epoch seconds), freeze, run, reset (true).'
    ' With "wait": false the answer does not wait for the second to end; URLs presigned in it count as older.'
)
_LAST_MOMENT = 253402300800.0  # the year 10000: no timestamp of AWS can say it


def _number(name: str, value: Any) -> float:
    if isinstance(value, str):
        try:
            return seconds_of(value) if name == "advance" else moment_of(value)
        except ValueError as error:
            raise Refused(400, f"{error}.") from error
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused(400, f"`{name}` must be a number of seconds, or text. {_CLOCK_WORDS}")
    return float(value)


def _target(name: str, value: Any) -> Callable[[float], float]:
    """Where the clock is to stand, from where it stands when the move's turn has come. Raises Refused, then as now."""
    number = _number(name, value)

    def of(now: float) -> float:
        moment = now + number if name == "advance" else number
        if not 0.0 <= moment < _LAST_MOMENT:
            raise Refused(400, "The clock can show times between 1970 and 9999.")
        if name == "at" and moment < now:
            raise Refused(
                400,
                f"{iso_millis(moment)} is past: the cloud's clock shows {iso_millis(now)}. A negative step (-1h) sets"
                " it back, and reset returns to the machine's time.",
            )
        return moment

    return of


async def _move_clock(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    given = await _body(request)
    began, wait = cloud.clock.machine_now(), given.pop("wait", True)
    if len(given) != 1 or not isinstance(wait, bool):
        raise Refused(400, _CLOCK_WORDS)
    ((name, value),) = given.items()
    if name in ("advance", "at"):
        await cloud.journeys.move(_target(name, value))
    elif name in ("freeze", "run", "reset") and value is True:
        await cloud.journeys.end()
        if name == "reset":
            await cloud.journeys.reset()
        else:
            getattr(cloud.clock, name)()
            cloud.remember_clock()
            await cloud.deliverer.settle()
    else:
        raise Refused(400, _CLOCK_WORDS)
    if wait:  # presigned URLs tell whole seconds: one signed after the move would look like one before it
        await asyncio.sleep(max(0.0, math.floor(began) + 1 - cloud.clock.machine_now()))
    return _shown_clock(cloud)


async def _settle(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    await _body(request)
    await cloud.journeys.ended()
    await cloud.deliverer.settle()
    return {"undelivered": 0}


async def _journal(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    given = claimed_values(request.query)
    limit = given.pop("limit", "50")
    if not limit.isdecimal() or not 1 <= int(limit[:6]) <= 1000:
        raise Refused(400, "limit must be 1 to 1000.")
    unknown = given.keys() - {"account", "service", "operation", "request_id", "error", "path"}
    if unknown:
        raise Refused(400, f"Unknown filter: {', '.join(sorted(unknown))[:200]}")
    return {"entries": cloud.journal.find(**given, limit=int(limit))}


async def _why(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    request_id = unquote(request.path.removeprefix(PREFIX + "why").strip("/"))[:500]
    told = why(cloud, request_id) if request_id else why_last(cloud)
    if told is None and request_id:
        raise Refused(404, f"The journal knows no request {request_id}. {_WHERE_IDS_ARE}")
    if told is None:
        raise Refused(404, "No call in the journal was denied.")
    return told


async def _traces(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    given = claimed_values(request.query)
    limit, single, failed = given.pop("limit", "20"), given.pop("single", ""), given.pop("failed", "")
    known = not given and {single, failed} <= {"", "true"}
    if not known or not limit.isdecimal() or not 1 <= int(limit[:6]) <= 1000:
        raise Refused(400, "traces takes limit, 1 to 1000, single=true and failed=true.")
    return {"traces": traces(cloud, int(limit), bool(single), failed=bool(failed))}


async def _trace(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    wanted = unquote(request.path.removeprefix(PREFIX + "traces").strip("/"))[:500]
    given = claimed_values(request.query)
    if given not in ({}, {"lines": "true"}):
        raise Refused(400, "A trace takes lines=true.")
    told = trace(cloud, wanted)
    if told is None:
        raise Refused(404, f"Nothing is known of a trace or request {wanted}. GET {PREFIX}traces lists the last ones.")
    if given:
        await add_logs(cloud, told)
    return told


async def _map(cloud: Cloud, request: HttpRequest) -> dict[str, Any]:
    given = claimed_values(request.query)
    minutes = given.pop("minutes", "60")
    if given or not minutes.isdecimal() or not 1 <= int(minutes[:6]) <= 1440:
        raise Refused(400, "map takes minutes, 1 to 1440.")
    now = cloud.clock.now()
    return {"services": service_map(cloud, now - int(minutes) * 60, now, single=True)}


_WHERE_IDS_ARE = (
    "A request's id is in the error (RequestId), in the header x-amzn-requestid or x-amz-request-id, and in GET"
    f" {PREFIX}journal, which keeps the last {KEPT} calls. After a crash the last quarter of a second may be missing."
)

_HANDLERS: dict[tuple[str, str], Callable[[Cloud, HttpRequest], Awaitable[Any]]] = {
    ("GET", "/"): _index,
    ("HEAD", "/"): _index,
    ("GET", PREFIX): _index,
    ("GET", PREFIX + "health"): _health,
    ("POST", PREFIX + "reset"): _reset,
    ("GET", PREFIX + "clock"): _clock,
    ("POST", PREFIX + "clock"): _move_clock,
    ("POST", PREFIX + "settle"): _settle,
    ("GET", PREFIX + "journal"): _journal,
    ("GET", PREFIX + "why"): _why,
    ("GET", PREFIX + "traces"): _traces,
    ("GET", PREFIX + "map"): _map,
}
_HANDLERS_BELOW = {("GET", PREFIX + "why/"): _why, ("GET", PREFIX + "traces/"): _trace}
