"""A cloud in this process that is asked hostile things, and the judge of what it answers.

It refuses to go on (Found) at: a 5xx that AWS does not answer, a logged error, an answer that no client can read, an
example that takes longer than `PATIENCE` or much memory, and an error that changed what the store or its blobs hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import re
import resource
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import apsw
import cbor2

from cloudarium import model
from cloudarium.cloud import Cloud
from cloudarium.gateway import sigv4
from cloudarium.gateway.app import SMALL_BODY, App, header_value
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.rooms import all_rooms
from cloudarium.services.cloudformation.worker import worker
from tests.gateway.protocols import samples

PATIENCE = 10.0  # seconds of computing for one example; a guard against hangs, not a measure of speed
WAITING = 60.0  # seconds that it may take altogether: the machine may be busy with other things
MOST_MEMORY = 512 * 1024  # KiB that one example may add to the process
REGION = "us-east-1"
# What an error may leave behind; a service that tried whether its role may write has a session of it, as on AWS.
_BOOKKEEPING = re.compile(
    r"journal\w*|volumes|meta|sqlite_\w*|cognito_idp_attempts|sts_sessions|cloudwatch_(metrics|points)"
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STREAM = 16 * 1024  # bytes of each piece of a streamed body
_SIGNED = ("host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-target", "content-type")


class Found(Exception):
    """The fuzzer found something."""


class Hang(BaseException):
    """An example takes too long; no handler of ordinary errors may catch this."""


class Errors(logging.Handler):
    """Keeps what is logged as an error, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.seen.append(f"{record.getMessage()}\n{trace}".strip())


class Changes:
    """Which tables' content has changed since `forget`, by SQLite's own session extension: taken back is no change."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._session: Any = None
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        if self._session is not None:
            if self._session.is_empty:
                return
            self._session.close()
        self._session = apsw.Session(self._connection, "main")
        self._session.table_filter(lambda table: _BOOKKEEPING.fullmatch(table) is None)
        self._session.attach()

    def tables(self) -> list[str]:
        """The tables with different rows, and how."""
        if self._session.is_empty:
            return []
        changes = apsw.Changeset.iter(self._session.changeset())
        return [f"{change.op} {change.name}: {str(change.old or change.new)[:300]}" for change in changes]

    def close(self) -> None:
        """End."""
        self._session.close()


class Target:
    """A cloud of its own, with its loop; `close` ends both."""

    account = "111122223333"

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.errors = Errors()
        for name in ("cloudarium", "asyncio"):
            logging.getLogger(name).addHandler(self.errors)
        self.cloud = Cloud(None, "http://127.0.0.1:1")
        self.app = App(self.cloud)
        self.loop.run_until_complete(self.cloud.start())
        self.changes = Changes(self.cloud.store._connection)
        self.at_close: list[Callable[[], Any]] = []
        self.known: dict[str, Any] = {}
        self.answers: dict[str, int] = {}  # how often which answer came, for the curious

    def close(self) -> None:
        """Stop the cloud."""
        for closer in self.at_close:
            closer()
        self.changes.close()
        self.run(self.cloud.stop())
        self.run(worker.end())
        self.run(self.loop.shutdown_default_executor())
        self.loop.close()
        for name in ("cloudarium", "asyncio"):
            logging.getLogger(name).removeHandler(self.errors)

    def run(self, waiting: Any) -> Any:
        """Run a coroutine to its end."""
        return self.loop.run_until_complete(waiting)

    # ---- Asking -----------------------------------------------------------------------------------------------------

    def ask(self, service: str, operation: str, /, _key: str = account, **input: Any) -> HttpResponse:
        """Send a well-formed call with these values, as the root of the account `_key`, and judge the answer."""
        try:
            request = self.written(service, operation, input)
        except UnicodeEncodeError:  # forms and paths cannot carry lone surrogates
            request = self.written(service, operation, _writable(input))
        return self.send(request, service, _key)

    def do(self, service: str, operation: str, /, _key: str = account, **input: Any) -> dict[str, Any]:
        """Do something that must work, to prepare; answers its output."""
        answer = self.ask(service, operation, _key, **input)
        assert answer.status < 300, f"{service}:{operation}: {answer.status} {answer.body!r}"
        known = model.service(service)
        return samples.output(known.operations[operation], known.protocols[0], answer)

    def written(self, service: str, operation: str, input: dict[str, Any], protocol: str = "") -> HttpRequest:
        """The request that botocore writes, not yet signed. Raises what botocore raises for what cannot be written."""
        known = model.service(service)
        return samples.request(known.operations[operation], protocol or known.protocols[0], input)

    def send(self, request: HttpRequest, service: str, key: str = account, secret: str = "test") -> HttpResponse:
        """Sign a request as it is, by default as the account's root, and judge the answer."""
        self.sign(request, service, key, secret)
        return self.judge(request)

    def sign(self, request: HttpRequest, service: str, key: str, secret: str) -> None:
        """Put a signature into a request."""
        card = all_rooms()[service].card
        digest = hashlib.sha256(request.body).hexdigest()
        headers = request.headers
        headers.setdefault("host", "127.0.0.1:4566")
        headers["x-amz-date"] = _stamp(self.cloud.clock.now())
        if card.signs_path_once:
            headers.setdefault("x-amz-content-sha256", digest)
        names = sorted(name for name in headers if name in _SIGNED or name.startswith("x-amz-"))
        claim = sigv4.Claim(
            key, headers["x-amz-date"][:8], REGION, card.signing_name or service, "aws4_request", ";".join(names),
            "", headers["x-amz-date"], "", None,
        )  # fmt: skip
        proof = sigv4.signature_of(
            claim, request, secret, headers.get("x-amz-content-sha256", digest), card.signs_path_once
        )
        headers["authorization"] = (
            f"{sigv4.ALGORITHM} Credential={key}/{claim.scope},SignedHeaders={claim.signed_headers},Signature={proof}"
        )

    # ---- Judging ----------------------------------------------------------------------------------------------------

    def judge(self, request: HttpRequest, *, fine: tuple[int, ...] = ()) -> HttpResponse:
        """Have a request answered and raise Found at anything that must not be; `fine` are further statuses."""
        self.settle()
        self.changes.forget()
        blobs = self._blobs()
        told = f"{request.method} {request.path[:300]}?{request.query[:300]} {_shown(request)}"[:2500]
        if len(request.body) > SMALL_BODY:
            request.body, request.stream = b"", _pieces(request.body)
        try:
            response = self.run(self._answer(request))
        except Exception as error:
            raise Found(f"{told}\nraised {error!r}\n{traceback.format_exc()}") from error
        self.count(response)
        self._check(told, request, response, fine)
        if response.status >= 400:
            left = [*self.changes.tables(), *(self._blobs() - blobs)]
            if left:
                raise Found(f"{told}\nanswered {response.status} {response.body[:500]!r} and changed {left[:10]}")
        return response

    def _check(self, told: str, request: HttpRequest, response: HttpResponse, fine: tuple[int, ...]) -> None:
        if self.errors.seen:
            seen, self.errors.seen = self.errors.seen, []
            raise Found(f"{told}\nlogged {seen[0]}")
        if response.status >= 500 and response.status not in (*fine, 501):
            raise Found(f"{told}\nanswered {response.status} {response.body[:500]!r}")
        for name, value in response.headers.items():
            if not _HEADER_NAME.fullmatch(name):
                raise Found(f"{told}\nanswered a header named {name!r}")
            header_value(value)
        if request.method != "HEAD" and response.status not in (204, 304):
            _check_readable(told, response)

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        answered = self.app.answer(request)
        response = answered if isinstance(answered, HttpResponse) else await answered
        if not isinstance(response.body, bytes):
            async with contextlib.aclosing(response.body) as chunks:  # type: ignore[type-var]
                response.body = b"".join([chunk async for chunk in chunks])
            response.headers["x-fuzz-streamed"] = "1"
        return response

    def settle(self) -> None:
        """Let what is due happen, so that nothing of an earlier example happens in the next."""
        self.cloud.meter.flush()
        if self.cloud.store.outbox.due(self.cloud.clock.now(), 1, set()) or self.cloud.deliverer._under_way:
            self.run(self.cloud.deliverer.settle())
        if self.errors.seen:
            seen, self.errors.seen = self.errors.seen, []
            raise Found(f"in the background, logged {seen[0]}")

    def count(self, response: HttpResponse) -> None:
        """Note the kind of an answer."""
        kind = f"{response.status // 100}xx"
        self.answers[kind] = self.answers.get(kind, 0) + 1

    def _blobs(self) -> set[str]:
        return set(os.listdir(self.cloud.store.folder / "blobs"))


@contextlib.contextmanager
def guarded(patience: float = PATIENCE, waiting: float = WAITING) -> Iterator[None]:
    """Raise Found when what is inside hangs or takes much memory; on the main thread only."""

    def ring(*_: Any) -> None:
        raise Hang()

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    earlier = [(each, signal.signal(each, ring)) for each in (signal.SIGVTALRM, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_VIRTUAL, patience)
    signal.setitimer(signal.ITIMER_REAL, waiting)
    try:
        yield
    except Hang as error:
        raise Found(
            f"no end after {patience} s of computing or {waiting} s\n{traceback.format_exc()[-3000:]}"
        ) from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in earlier:
            signal.signal(number, handler)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // (1024 if sys.platform == "darwin" else 1)
    if grown > MOST_MEMORY:
        raise Found(f"one example took {grown // 1024} MiB of memory")


def _writable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_writable(key): _writable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_writable(each) for each in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _stamp(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y%m%dT%H%M%SZ")


def _shown(request: HttpRequest) -> str:
    headers = {name: value[:200] for name, value in request.headers.items() if name != "authorization"}
    return f"{headers} {request.body[:1500]!r}"


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _STREAM):
        yield body[start : start + _STREAM]


def _check_readable(told: str, response: HttpResponse) -> None:
    """An answer that calls itself JSON, XML or CBOR is that: nothing of the request breaks out of it."""
    kind, body = response.headers.get("content-type", response.headers.get("Content-Type", "")), response.body
    assert isinstance(body, bytes)
    if (
        not body
        or "x-fuzz-streamed" in response.headers
        or (response.status < 300 and "x-amz-id-2" in response.headers)
    ):
        return
    try:
        if "json" in kind:
            json.loads(body)
        elif "cbor" in kind:
            cbor2.loads(body)
        elif "xml" in kind:
            ElementTree.fromstring(body)
    except Exception as error:
        raise Found(
            f"{told}\nanswered {response.status} {kind} that cannot be read: {error!r} {body[:1500]!r}"
        ) from error
