"""Checkpoints: the write-ahead log stays short, and nothing is lost, however long a writer goes on."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from cloudarium.store import Store, checkpoints

PAGE = 4096


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose log is moved every 20 pages, and at the latest after 100."""
    monkeypatch.setattr(checkpoints, "STEP", 20)
    monkeypatch.setattr(checkpoints, "MOST", 100)
    return Store(tmp_path)


def _write(store: Store, first: int, last: int) -> None:
    for number in range(first, last):
        store.remember(f"note {number}", "x" * 3000)


def _log_pages(folder: Path) -> int:
    return (folder / "cloud.sqlite-wal").stat().st_size // PAGE


def test_the_log_stays_short_under_a_writer_that_never_rests(store: Store, tmp_path: Path) -> None:
    _write(store, 0, 2000)
    assert _log_pages(tmp_path) < 200
    store.close()


def test_what_was_written_before_and_after_checkpoints_is_there(store: Store, tmp_path: Path) -> None:
    _write(store, 0, 300)
    copy = tmp_path / "copy"  # as a crash would leave the files at this moment
    copy.mkdir()
    store._checkpoints.close()
    for name in ("cloud.sqlite", "cloud.sqlite-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    found = apsw.Connection(str(copy / "cloud.sqlite")).execute("SELECT count(*) FROM meta WHERE name LIKE 'note %'")
    assert found.get == 300
    store._connection.close()


def test_a_reader_that_stays_holds_nothing_up(store: Store, tmp_path: Path) -> None:
    _write(store, 0, 10)
    reader = apsw.Connection(str(tmp_path / "cloud.sqlite"))
    rows = reader.execute("SELECT name FROM meta ORDER BY name")
    first = next(rows)
    _write(store, 10, 500)
    assert store.setting("note 499") == "x" * 3000
    assert [first, *rows][-1] == ("schema",)
    reader.close()
    store.close()
