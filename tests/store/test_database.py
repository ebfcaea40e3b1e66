"""The store: transactions, versions, the lock on its folder, and what a crash leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudarium.store import FolderInUse, NewerFolder, Store


@pytest.fixture
def store(tmp_path: Path):
    made = Store(tmp_path / "cloud")
    yield made
    made.close()


def names(store: Store) -> list[str]:
    return [name for (name,) in store.all("SELECT name FROM meta WHERE name LIKE 'x%' ORDER BY name")]


def test_a_transaction_keeps_all_or_nothing(store: Store) -> None:
    with store.transaction():
        store.remember("x1", "1")
        store.remember("x2", "2")
    with pytest.raises(RuntimeError), store.transaction():
        store.remember("x3", "3")
        raise RuntimeError
    assert names(store) == ["x1", "x2"]


def test_an_inner_transaction_is_part_of_the_outer_one(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        with store.transaction():
            store.remember("x1", "1")
        raise RuntimeError
    assert names(store) == []


def test_a_rollback_counts_as_a_change_for_caches(store: Store) -> None:
    before = store.version("identity")
    with pytest.raises(RuntimeError), store.transaction():
        store.changed("identity")
        raise RuntimeError
    assert store.version("identity") > before


def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    first = Store(tmp_path)
    with first.transaction():
        first.remember("x1", "1")
    first.close()
    second = Store(tmp_path)
    assert second.setting("x1") == "1"
    second.close()


def test_a_folder_serves_one_cloud(store: Store) -> None:
    with pytest.raises(FolderInUse, match="another cloud runs on"):
        Store(store.folder)


def test_a_newer_folder_is_refused_by_name(tmp_path: Path) -> None:
    first = Store(tmp_path)
    first.remember("format", "99")
    first.close()
    with pytest.raises(NewerFolder, match="format 99"):
        Store(tmp_path)


def test_a_temporary_store_leaves_nothing() -> None:
    store = Store(None)
    folder = store.folder
    assert folder.exists()
    store.close()
    assert not folder.exists()


def test_empty_forgets_rows_and_blobs(store: Store) -> None:
    blob = store.blobs.write_bytes(b"z" * 200_000)
    with store.transaction():
        store.blobs.keep(blob.id)
        store.tags.put("arn:aws:s3:::b", {"k": "v"})
    store.empty()
    assert store.tags.of("arn:aws:s3:::b") == {}
    with pytest.raises(KeyError):
        store.blobs.whole(blob.id)


def test_tags_keep_their_order_and_are_overwritten(store: Store) -> None:
    with store.transaction():
        store.tags.put("arn:1", {"b": "1", "a": "2"})
        store.tags.put("arn:1", {"b": "3"})
        store.tags.put("arn:10", {"c": "4"})
    assert list(store.tags.of("arn:1").items()) == [("b", "3"), ("a", "2")]
    assert store.tags.matching("arn:1") == {"arn:1": {"b": "3", "a": "2"}, "arn:10": {"c": "4"}}
    store.tags.remove("arn:1", ["b", "unknown"])
    assert store.tags.of("arn:1") == {"a": "2"}
