"""The journal: batches off the way of a call, bounded in length, and nothing that fails a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call, Door
from cloudarium.gateway.http import HttpRequest
from cloudarium.glass import journal as journals
from cloudarium.glass import records


def run(folder: Path, test: Callable[[Cloud], Awaitable[None]]) -> None:
    async def main() -> None:
        cloud = Cloud(folder)
        try:
            await asyncio.wait_for(test(cloud), 20)
        finally:
            await cloud.stop()

    asyncio.run(main())


def note(cloud: Cloud, operation: str, door: Door | None = None) -> None:
    call = Call(cloud, HttpRequest("GET", "/") if door is not None else None)
    call.door = door
    call.service, call.operation_name = "s3", operation
    cloud.journal.add(call)


def written(cloud: Cloud) -> list[str]:
    return [entry.operation for entry in records.find(cloud.store, limit=1000)]


def test_entries_wait_for_company_and_are_seen_at_once(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        cloud.journal.start()
        note(cloud, "A")
        note(cloud, "B")
        assert written(cloud) == []
        assert [entry["operation"] for entry in cloud.journal.find()] == ["B", "A"]
        note(cloud, "C")
        while not (found := written(cloud)) or found[0] != "C":
            await asyncio.sleep(0.01)

    run(tmp_path, test)


def test_a_full_batch_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(journals, "_FULL", 10)
        cloud.journal.start()
        for n in range(10):
            note(cloud, f"N{n}")
        assert written(cloud) == [f"N{n}" for n in reversed(range(10))]

    run(tmp_path, test)


def test_what_waits_is_written_at_the_end(tmp_path: Path) -> None:
    async def first(cloud: Cloud) -> None:
        note(cloud, "Last")

    async def second(cloud: Cloud) -> None:
        assert written(cloud) == ["Last"]

    run(tmp_path, first)
    run(tmp_path, second)


def test_old_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(journals, "KEPT", 5)
        for batch in range(4):
            for n in range(3):
                note(cloud, f"{batch}{n}")
            cloud.journal.flush()
        assert written(cloud) == ["32", "31", "30", "22", "21"]

    run(tmp_path, test)


def test_entries_have_a_budget_of_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(records, "_PORTION", 1)
        one = records.size_of([b"[]"])
        monkeypatch.setattr(journals, "MOST_BYTES", 4 * one)
        for batch in range(3):
            for n in range(3):
                note(cloud, f"{batch}{n}")
            cloud.journal.flush()
        assert written(cloud) == ["22", "21", "20"]
        cloud.store.run("DELETE FROM volumes")  # a folder of before: it is counted
        note(cloud, "30")
        note(cloud, "31")
        cloud.journal.flush()
        assert written(cloud) == ["31", "30", "22"]
        assert cloud.store.one("SELECT bytes FROM volumes WHERE kind = 'journal'") == (3 * one,)

    run(tmp_path, test)


def test_an_entry_does_not_hang_on_another_calls_transaction(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        with pytest.raises(RuntimeError), cloud.store.transaction():
            cloud.store.remember("x", "y")
            note(cloud, "Kept")
            cloud.journal.flush()
            raise RuntimeError
        assert [entry["operation"] for entry in cloud.journal.find()] == ["Kept"]

    run(tmp_path, test)


def test_a_full_disk_fails_no_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(cloud: Cloud) -> None:
        def full(*_: object) -> None:
            raise apsw.FullError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(records, "write", full)
            note(cloud, "Lost")
            cloud.journal.flush()
        note(cloud, "Kept")
        cloud.journal.flush()
        assert written(cloud) == ["Kept"]

    run(tmp_path, test)
    assert "1 entries of the journal are lost" in caplog.text


def test_filters_and_the_newest_first(tmp_path: Path) -> None:
    async def test(cloud: Cloud) -> None:
        for name in ("A", "B", "A"):
            note(cloud, name)
        assert [entry["operation"] for entry in cloud.journal.find(operation="A", limit=1)] == ["A"]
        assert len(cloud.journal.find(service="s3", operation="A")) == 2
        assert cloud.journal.find(service="sqs") == []
        assert len(records.find(cloud.store, before=3)) == 2

    run(tmp_path, test)


def test_what_was_asked_for_at_a_door_is_kept_as_long_as_its_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(cloud: Cloud) -> None:
        monkeypatch.setattr(journals, "KEPT", 4)
        named = Door("d", "id", "/a\x1b[31m" + "b" * 2000, True, "name", "GET /a")
        for door in (None, named, named._replace(name=""), None):  # one whose owner nobody named may be a secret
            note(cloud, "N", door)
        [_, secret, one, _] = cloud.journal.find()
        assert one["title"] == "GET /a" and one["asked"]["path"] == "/a?[31m" + "b" * 993 and secret["asked"] is None
        assert [each["asked"] for each in cloud.journal.find(path="/a")] == [one["asked"]]
        for _ in range(3):
            note(cloud, "N")
        assert cloud.journal.find(path="/a") == []
        assert not cloud.store.all("SELECT entry FROM journal_doors")

    run(tmp_path, test)
