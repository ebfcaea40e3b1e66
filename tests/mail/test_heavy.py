"""Heavy work: on the spot or apart, with the same result, and each piece between in a transaction of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cloudarium.mail import heavy, message
from cloudarium.mail.addresses import Address
from cloudarium.mail.heavy import Steps, work


class Recorder:
    """A call that knows how often a transaction began."""

    def __init__(self) -> None:
        self.begun = 0

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self.begun += 1
        yield


def steps(seen: list[Any]) -> Steps[int]:
    first = yield work(lambda given: (given + 1, threading.get_ident()), 1)
    seen.append(first[1])
    try:
        yield work(int, "x")
    except ValueError:
        seen.append("caught")
    return first[0]


def test_at_once_and_apart() -> None:
    here, there, call = [], [], Recorder()  # type: ignore[var-annotated]
    assert heavy.at_once(steps(here)) == 2
    assert asyncio.run(heavy.apart(call, steps(there))) == 2  # type: ignore[arg-type]
    own = threading.get_ident()
    assert here == [own, "caught"] and there[1] == "caught" and there[0] != own
    assert call.begun == 3


def test_what_is_large_goes_apart() -> None:
    @heavy.in_steps
    def handler(call: Any) -> Steps[dict[str, Any]]:
        yield work(int, "1")
        return {"done": True}

    call = SimpleNamespace(request=None, transaction=contextlib.nullcontext)
    assert handler(call) == {"done": True}  # type: ignore[arg-type]
    call.request = SimpleNamespace(headers={"content-length": str(10**7)}, body=b"")
    assert asyncio.run(handler(call)) == {"done": True}  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [10, 70_000, 3_000_001])
def test_large_attachments_are_what_they_were(size: int) -> None:
    from email import message_from_bytes, policy

    data = bytes(number % 251 for number in range(size))
    content = message.Content("s", "text", None, (), (message.Attachment("a.bin", data), message.Attachment("b", b"b")))
    raw = message.build(content, Address("", "a@example.com"), [Address("", "b@example.com")], [], [])
    read = message_from_bytes(raw, policy=policy.default)
    found = [each.get_payload(decode=True) for each in read.iter_attachments()]  # type: ignore[attr-defined]
    assert found == [data, b"b"]
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_line_ends_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    given = b"a\r\n\r\r\n\nb\rc\n\r\nd\r\n" * 50
    whole = message.lines(given)
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(message, "_PIECE", size)
        assert message.lines(given) == whole
    assert whole.count(b"\r\n") == whole.count(b"\r") == whole.count(b"\n")


def test_signatures_do_not_hang_on_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudarium.mail import dkim

    body = b"a  b\t\r\n" * 40 + b"end \r\n\r\n\r\n"
    whole = b"".join(dkim._relaxed_body(body))
    assert whole == b"a b\r\n" * 40 + b"end\r\n"
    for size in (1, 5, 9, 100):
        monkeypatch.setattr(dkim, "_PIECE", size)
        assert b"".join(dkim._relaxed_body(body)) == whole
    assert b"".join(dkim._relaxed_body(b"\r\n \r\n")) == b""
