"""The cloud's own paths and the clock's language."""

from __future__ import annotations

from random import Random

import orjson

from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.clock import moment_of, seconds_of
from tests.fuzz.area import area, grammar, hostile_json
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target
from tests.fuzz.wire import latin, line


def _steps(target: Target, text: str) -> None:
    for read in (seconds_of, moment_of):
        try:
            read(text)
        except ValueError:
            continue


grammar("clock-text", ("+30d", "-1h30m", "1.5h", "2w", "2027-01-01T00:00:30Z", "2027-01-01", "2027-W01-1",
"20270101T000000+0100"),
        _steps, "+ - d h m s w . T Z : 24:00 +24:00 9999-12-31T23:59:59 0001-01-01 -0000")  # fmt: skip


@area("own-paths")
def _own_paths(target: Target, source: Random) -> None:
    """The cloud's own paths but reset; the clock is asked to move to moments that are not."""
    mutator = Mutator(source, ["advance", "at", "freeze", "limit", "account", "service", "&", "=", "true"])
    method, path, body = source.choice(
        (("GET", "journal", b""), ("POST", "clock", b'{"advance": "soon"}'), ("POST", "clock",
        b'{"at": "99999-01-01"}'),
         ("GET", "health", b""), ("POST", "settle", b"{}"), ("GET", "clock", b""), ("POST", "clock", b'{"freeze": 1}'))
    )  # fmt: skip
    headers = {"host": source.choice(("localhost:4566", "127.0.0.1:4566", "[::1]:4566", "evil.example.com"))}
    for name in ("origin", "host", "content-type"):
        if source.random() < 0.2:
            headers[name] = latin(mutator.text("http://[::1]:4566"))
    query = line(mutator.text("limit=5&account=1")) if source.random() < 0.7 else ""
    given = hostile_json(mutator, orjson.loads(body)).encode("utf-8", "surrogatepass") if body else b""
    if b"reset" not in given and not _moves(given):
        target.judge(HttpRequest(method, f"/_cloudarium/{path}", query, headers, given))


def _moves(body: bytes) -> bool:
    """Whether this would really move the clock, which takes the rest of a second."""
    try:
        given = orjson.loads(body)
        ((_, value),) = given.items()
        return value is True or isinstance(value, (int, float)) or seconds_of(str(value)) is not None
    except (ValueError, AttributeError):
        try:
            return moment_of(str(value)) > 0
        except (ValueError, UnboundLocalError):
            return False
