"""Blobs: small ones in the database, large ones in files, kept and dropped with the transaction around them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloudarium.store import Blob, Store
from cloudarium.store.blobs import SMALL

SIZES = [0, 1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL + 7]


@pytest.fixture
def store(tmp_path: Path):
    made = Store(tmp_path / "cloud")
    yield made
    made.close()


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def write(store: Store, content: bytes) -> Blob:
    return asyncio.run(store.blobs.write(pieces(content)))


def read(store: Store, blob: Blob, start: int = 0, end: int | None = None) -> bytes:
    async def gather() -> bytes:
        return b"".join([chunk async for chunk in store.blobs.read(blob.id, start, end)])

    return asyncio.run(gather())


def files(store: Store) -> int:
    return len(list((store.folder / "blobs").glob("*/*")))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_read(store: Store, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    blob = write(store, content)
    assert blob[1:] == (size, hashlib.md5(content).hexdigest())
    with store.transaction():
        store.blobs.keep(blob.id)
    assert read(store, blob) == content == store.blobs.whole(blob.id)
    assert read(store, blob, 5, 70_000) == content[5:70_000]
    assert store.blobs.size(blob.id) == size


def test_a_rollback_takes_the_file_away(store: Store) -> None:
    blob = write(store, b"a" * 100_000)
    with pytest.raises(RuntimeError), store.transaction():
        store.blobs.keep(blob.id)
        raise RuntimeError
    assert files(store) == 0


def test_the_last_user_takes_the_content_away_when_it_commits(store: Store) -> None:
    blob = write(store, b"a" * 100_000)
    with store.transaction():
        store.blobs.keep(blob.id)
        store.blobs.share(blob.id)
    with store.transaction():
        store.blobs.drop(blob.id)
    assert store.blobs.size(blob.id) == 100_000
    with pytest.raises(RuntimeError), store.transaction():
        store.blobs.drop(blob.id)
        raise RuntimeError
    assert files(store) == 1
    with store.transaction():
        store.blobs.drop(blob.id)
        assert files(store) == 1
    assert files(store) == 0


def test_a_reader_is_not_cut_off_by_a_drop(store: Store) -> None:
    blob = write(store, b"a" * 100_000)
    with store.transaction():
        store.blobs.keep(blob.id)
    reading = store.blobs.read(blob.id)
    with store.transaction():
        store.blobs.drop(blob.id)

    async def gather() -> bytes:
        return b"".join([chunk async for chunk in reading])

    assert len(asyncio.run(gather())) == 100_000


def test_a_stream_that_breaks_leaves_nothing(store: Store) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"a" * 100_000
        raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(store.blobs.write(broken()))
    assert files(store) == 0


def test_the_sweep_removes_what_a_crash_left(tmp_path: Path) -> None:
    first = Store(tmp_path)
    kept, lost = write(first, b"k" * 100_000), write(first, b"l" * 100_000)
    with first.transaction():
        first.blobs.keep(kept.id)
    first.close()
    second = Store(tmp_path)
    assert second.blobs.sweep() == 1
    assert second.blobs.size(kept.id) == 100_000
    with pytest.raises(KeyError):
        second.blobs.size(lost.id)
    second.close()


@pytest.mark.parametrize("old_size", [10, SMALL + 1])
@pytest.mark.parametrize("new_size", [10, SMALL + 1])
@pytest.mark.parametrize("shared", [False, True])
def test_new_content_takes_the_place_of_old(store: Store, old_size: int, new_size: int, shared: bool) -> None:
    old = write(store, b"o" * old_size)
    with store.transaction():
        store.blobs.keep(old.id)
        if shared:
            store.blobs.share(old.id)
    new = write(store, b"n" * new_size)
    with store.transaction():
        held = store.blobs.replace(old.id, new.id)
    assert store.blobs.whole(held) == b"n" * new_size and store.blobs.size(held) == new_size
    assert not store.blobs.waits(new.id)
    if shared:
        assert store.blobs.whole(old.id) == b"o" * old_size
    rows = store.one("SELECT count(*), sum(uses) FROM blobs")
    assert rows == ((2, 2) if shared else (1, 1))
    assert files(store) == (new_size > SMALL) + (shared and old_size > SMALL)


def test_a_replacement_that_is_taken_back_changes_nothing(store: Store) -> None:
    old, new = write(store, b"old"), write(store, b"newer")
    with store.transaction():
        store.blobs.keep(old.id)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.blobs.replace(old.id, new.id)
        raise ZeroDivisionError
    assert store.blobs.whole(old.id) == b"old"
