"""Ports beside HTTP: their usual numbers where they are free, other ones where they are not, wanted ones or none."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from cloudarium.gateway import ports
from cloudarium.gateway.rooms import Room, Service


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The usual number of the only port there is: a free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
    card = Service("x", "speaks", ports={"speech": number})
    monkeypatch.setattr(ports, "all_rooms", lambda: {"x": Room("x", card)})
    yield number


def number_of(**given: object) -> int:
    found = ports.bind("127.0.0.1", given.get("wanted", {}), bool(given.get("usual", True)))  # type: ignore[arg-type]
    number = found["speech"].getsockname()[1]
    found["speech"].close()
    return int(number)


def test_usual_numbers_and_free_ones(free: int) -> None:
    assert number_of() == free
    assert number_of(usual=False) != free
    with socket.create_server(("127.0.0.1", free)):
        assert number_of() not in (0, free)


def test_a_wanted_number_or_none(free: int) -> None:
    assert number_of(wanted={"speech": free}, usual=False) == free
    with socket.create_server(("127.0.0.1", free)), pytest.raises(OSError) as caught:
        number_of(wanted={"speech": free})
    assert caught.value.errno == errno.EADDRINUSE and caught.value.filename == f"speech={free}"


def test_names_of_ports_are_of_one_room_each() -> None:
    named = [name for room in ports.all_rooms().values() for name in room.card.ports]
    assert len(set(named)) == len(named) and set(named) == set(ports.known())
    for name, (room, number) in ports.known().items():
        assert callable(getattr(room.module("ports"), name.replace("-", "_"))) and 1024 <= number <= ports.HIGHEST
