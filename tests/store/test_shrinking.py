"""The database file becomes small again when much was deleted, and older files learn to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from cloudarium.store import Store, shrinking
from cloudarium.store.database import FILE

PAGES = 300


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shrinking, "LEFT", 20)
    monkeypatch.setattr(shrinking, "_LATER", 0.0)
    monkeypatch.setattr(shrinking, "_PAUSE", 0.0)


def pages(store: Store) -> int:
    return int(store.one("PRAGMA page_count")[0])


def fill(store: Store) -> None:
    with store.transaction():
        for number in range(PAGES):
            store.remember(f"note {number}", "x" * 3900)


def test_what_was_deleted_is_given_back_in_steps(tmp_path: Path) -> None:
    store = Store(tmp_path)

    async def run() -> None:
        store.shrinking.start()
        fill(store)
        store.remember("kept", "still there")
        full = pages(store)
        store.run("DELETE FROM meta WHERE name LIKE 'note %'")
        assert pages(store) == full  # not within the call
        while pages(store) > full - PAGES + 60:
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(run(), 20))
    assert store.setting("kept") == "still there" and store.one("PRAGMA integrity_check") == ("ok",)
    assert store.one("PRAGMA freelist_count")[0] >= 20  # for what comes next
    store.close()
    assert (tmp_path / FILE).stat().st_size < PAGES * 4096


def test_nothing_is_given_back_amid_a_transaction(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fill(store)
    with store.transaction():
        store.run("DELETE FROM meta WHERE name LIKE 'note %'")
        assert not store.shrinking.step()
    assert store.shrinking.step()
    store.close()


def test_an_older_file_is_written_anew_once(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with_none = apsw.Connection(str(tmp_path / FILE))
    with_none.execute("PRAGMA journal_mode = DELETE")
    with_none.execute("PRAGMA auto_vacuum = 0")
    with_none.execute("VACUUM")
    with_none.close()
    for _ in range(2):
        store = Store(tmp_path)
        fill(store)
        store.run("DELETE FROM meta WHERE name LIKE 'note %'")
        assert store.shrinking.step()
        store.close()
