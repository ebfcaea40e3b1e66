"""A file system may take less than it is given: content is whole, or it is refused."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cloudarium.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk that takes 1,000 bytes at a time, and `room[0]` in all."""
    left = [10_000_000]
    write = os.write

    def slow(descriptor: int, content: bytes) -> int:
        taken = min(1000, len(content), left[0])
        if taken == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= taken
        return write(descriptor, content[:taken])

    monkeypatch.setattr(os, "write", slow)
    return left


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


def test_content_is_whole(store: Store, room: list[int]) -> None:
    for blob in (
        store.blobs.write_bytes(b"x" * 123_456),
        asyncio.run(store.blobs.write(chunks(50_000, 50_000, 23_456))),
    ):
        with store.transaction():
            store.blobs.keep(blob.id)
        path = store.blobs.path(blob.id)
        assert path is not None and path.stat().st_size == blob.size == 123_456


def test_content_without_room_is_refused_and_leaves_no_file(store: Store, room: list[int]) -> None:
    room[0] = 99_500
    with pytest.raises(OSError, match="No space left"):
        store.blobs.write_bytes(b"x" * 100_000)
    room[0] = 99_500
    with pytest.raises(OSError, match="No space left"):
        asyncio.run(store.blobs.write(chunks(70_000, 30_000)))
    assert [path for path in (store.folder / "blobs").rglob("*") if path.is_file()] == []
