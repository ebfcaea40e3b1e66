"""An older folder is taken on to the present format, all or nothing, and a copy of what it was stays beside it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from cloudarium.gateway import rooms
from cloudarium.glass import records as journal
from cloudarium.store import MigrationFailed, NewerFolder, Store, database, migrations
from tests.conftest import RunningCloud
from tests.store import table_shapes as shapes

FOLDERS = Path(__file__).with_name("folders")
PRESENT = database.FORMAT


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    """A folder that Cloudarium wrote on its first morning (commit 93b83ab), before blobs had numbers."""
    with tarfile.open(FOLDERS / "format-1.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "format-1"


@pytest.fixture
def old_cloud(old_folder: Path) -> Iterator[RunningCloud]:
    running = RunningCloud(old_folder)
    yield running
    running.stop()


def rows(folder: Path, sql: str) -> list[Any]:
    connection = apsw.Connection(str(folder / database.FILE), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_a_folder_of_the_first_morning_opens_and_answers(old_cloud: RunningCloud, old_folder: Path) -> None:
    s3 = old_cloud.client("s3")
    large = (b"0123456789abcdef" * 4096 + b"x") * 2
    assert s3.get_object(Bucket="old-bucket", Key="small")["Body"].read() == b"second"
    versions = s3.list_object_versions(Bucket="old-bucket", Prefix="small")["Versions"]
    first = s3.get_object(Bucket="old-bucket", Key="small", VersionId=versions[1]["VersionId"])
    assert first["Body"].read() == b"first"
    for key in ("large", "copy"):
        assert s3.get_object(Bucket="old-bucket", Key=key)["Body"].read() == large
    upload = s3.list_multipart_uploads(Bucket="old-bucket")["Uploads"][0]
    named = {"Bucket": "old-bucket", "Key": "under-way", "UploadId": upload["UploadId"]}
    parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in s3.list_parts(**named)["Parts"]]
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="old-bucket", Key="under-way")["Body"].read() == b"part one"

    assert old_cloud.client("dynamodb").scan(TableName="old-table")["Items"] == [{"id": {"S": "1"}, "n": {"N": "42"}}]
    assert old_cloud.client("iam").get_role(RoleName="old-role")["Role"]["RoleName"] == "old-role"
    answer = old_cloud.client("lambda").invoke(FunctionName="old-function", Payload=b'"hello"')
    assert json.load(answer["Payload"]) == {"old": "hello"}
    assert old_cloud.client("ssm").get_parameter(Name="/old")["Parameter"]["Value"] == "v"
    assert old_cloud.client("logs").describe_log_groups(logGroupNamePrefix="old")["logGroups"]
    stack = old_cloud.client("cloudformation").describe_stacks(StackName="old-stack")["Stacks"][0]
    assert (stack["StackStatus"], stack["Outputs"][0]["OutputValue"]) == ("CREATE_COMPLETE", "/stacked")
    old_cloud.client("cloudformation").delete_stack(StackName="old-stack")
    old_cloud.settle()
    assert [each["Name"] for each in old_cloud.client("ssm").describe_parameters()["Parameters"]] == ["/old"]

    assert f"taken from format 1 to {database.FORMAT}" in old_cloud.log.read_text()
    s3.delete_object(
        Bucket="old-bucket", Key="large", VersionId=s3.head_object(Bucket="old-bucket", Key="large")["VersionId"]
    )
    old_cloud.restart()
    assert s3.get_object(Bucket="old-bucket", Key="copy")["Body"].read() == large
    assert len([file for file in (old_folder / "blobs").glob("*/*")]) == 1  # the old names are swept away


def test_the_journal_of_an_older_folder_is_still_read(old_folder: Path) -> None:
    columns = "request_id, operation, principal, status, agent"
    before = rows(old_folder, f"SELECT {columns} FROM journal ORDER BY number DESC")
    store = Store(old_folder, rooms.schemas())
    found = journal.find(store, limit=1000)
    assert before and [(e.request_id, e.operation, e.principal, e.status, e.agent) for e in found] == before
    assert len(before) > store.one("SELECT count(*) FROM journal_kinds")[0]
    store.close()


def test_the_copy_is_the_folder_as_it_was(old_folder: Path) -> None:
    before = rows(old_folder, "SELECT id, size, uses FROM blobs ORDER BY id")
    files = {file.name: file.read_bytes() for file in (old_folder / "blobs").glob("*/*")}
    store = Store(old_folder, rooms.schemas())
    store.blobs.sweep()
    store.close()
    copy = old_folder / f"before-format-{database.FORMAT}"
    assert rows(copy, "SELECT id, size, uses FROM blobs ORDER BY id") == before
    assert {file.name: file.read_bytes() for file in (copy / "blobs").glob("*/*")} == files
    again = Store(copy, rooms.schemas())  # and it opens like the first
    again.close()


def test_a_folder_of_format_1_with_numbered_blobs_stays_as_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path, rooms.schemas())
    blob = store.blobs.write_bytes(b"x" * 100_000)
    with store.transaction():
        store.blobs.keep(blob.id)
    store.remember("format", "1")
    store.close()
    store = Store(tmp_path, rooms.schemas())
    assert store.blobs.whole(blob.id) == b"x" * 100_000
    assert store.setting("format") == str(database.FORMAT)
    store.close()


def test_a_newer_folder_is_refused_by_name_and_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path, rooms.schemas())
    store.remember("format", "99")
    store.close()
    before = (tmp_path / database.FILE).read_bytes()
    for _ in range(2):  # the first refusal leaves the folder free
        with pytest.raises(NewerFolder, match=r"written by a newer Cloudarium \(format 99; this one knows"):
            Store(tmp_path, rooms.schemas())
    assert (tmp_path / database.FILE).read_bytes() == before
    assert not list(tmp_path.glob("before-*"))


# ---- The mechanism, with steps of our own ----------------------------------------------------------------------------


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes these the steps that follow the present format."""

    def install(*made: migrations.Step) -> None:
        known = migrations.steps

        def found(old: int, new: int) -> list[migrations.Step]:
            return [*known(old, PRESENT), *made[max(old - PRESENT, 0) : new - PRESENT]]

        monkeypatch.setattr(database, "FORMAT", PRESENT + len(made))
        monkeypatch.setattr(migrations, "steps", found)

    return install


@pytest.fixture
def present(tmp_path: Path) -> Path:
    store = Store(tmp_path, rooms.schemas())
    store.remember("note", "kept")
    store.close()
    return tmp_path


def test_steps_run_in_order_and_once(present: Path, steps: Callable[..., None]) -> None:
    ran = []

    def first(connection: apsw.Connection, folder: Path) -> None:
        ran.append(1)
        connection.execute("CREATE TABLE made (n)")

    def second(connection: apsw.Connection, folder: Path) -> None:
        ran.append(2)
        connection.execute("INSERT INTO made VALUES (4)")

    steps(first, second)
    for _ in range(2):
        store = Store(present, rooms.schemas())
        assert (store.setting("format"), store.setting("note")) == (str(PRESENT + 2), "kept")
        assert store.one("SELECT n FROM made") == (4,)
        store.close()
    assert ran == [1, 2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "FORMAT", PRESENT + 1)
        with pytest.raises(NewerFolder):
            Store(present, rooms.schemas())


def test_a_step_that_fails_leaves_the_old(present: Path, steps: Callable[..., None]) -> None:
    def works(connection: apsw.Connection, folder: Path) -> None:
        connection.execute("DELETE FROM meta WHERE name = 'note'")

    def fails(connection: apsw.Connection, folder: Path) -> None:
        connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.MonkeyPatch.context():
        steps(works, fails)
        for _ in range(2):
            words = f"from format {PRESENT} to {PRESENT + 2}, and is as it was: .*no such table"
            with pytest.raises(MigrationFailed, match=words):
                Store(present, rooms.schemas())
    assert dict(rows(present, "SELECT name, value FROM meta"))["note"] == "kept"
    assert dict(rows(present, "SELECT name, value FROM meta"))["format"] == str(PRESENT)


def test_a_kill_in_the_middle_leaves_the_old(old_folder: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from cloudarium.gateway import rooms
from cloudarium.store import Store, migrations
known = migrations.steps
def killed(connection, folder):
    os.kill(os.getpid(), signal.SIGKILL)
migrations.steps = lambda old, new: [*known(old, new), killed]
Store(Path({str(old_folder)!r}), rooms.schemas())
"""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": "src"})
        assert done.returncode == -signal.SIGKILL
        assert dict(rows(old_folder, "SELECT name, value FROM meta"))["format"] == "1"
        assert rows(old_folder, "SELECT count(*) FROM blobs WHERE id <> ''") == [(5,)]
    store = Store(old_folder, rooms.schemas())
    assert store.setting("format") == str(database.FORMAT)
    for (name,) in store.all("SELECT blob FROM s3_objects"):
        assert store.blobs.whole(name)
    store.close()


def test_without_room_for_the_copy_nothing_is_migrated(old_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *given: Any, **named: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(MigrationFailed, match="no copy of it could be kept .* No space left on device"):
        Store(old_folder, rooms.schemas())
    assert not list(old_folder.glob("before-*"))
    assert dict(rows(old_folder, "SELECT name, value FROM meta"))["format"] == "1"


def test_there_is_a_step_to_every_format() -> None:
    assert len(migrations.steps(1, database.FORMAT)) == database.FORMAT - 1
    with pytest.raises(LookupError, match=f"no migration to format {database.FORMAT + 1}"):
        migrations.steps(database.FORMAT, database.FORMAT + 1)
    known = {int(found[1]) for path in Path(migrations.__file__).parent.iterdir()
             if (found := re.fullmatch(r"to_(\d+)\.(?:py|sql)", path.name))}  # fmt: skip
    assert known == set(range(2, database.FORMAT + 1))


# ---- The shape of the tables -----------------------------------------------------------------------------------------


def test_no_table_changes_its_shape_within_a_format() -> None:
    """CREATE TABLE IF NOT EXISTS leaves an older table as it is: a cloud would meet columns that it does not know."""
    recorded, present = shapes.recorded(), shapes.present()
    changed = sorted(name for name, sql in recorded.items() if present.get(name) != sql)
    assert not changed, (
        f"{changed} are not what folders of format {database.FORMAT} have. Raise FORMAT in store/database.py, add"
        f" store/migrations/to_{database.FORMAT + 1}.py, then run: python -m tests.store.table_shapes"
    )
    new = sorted(present.keys() - recorded.keys())
    assert not new, f"{new} are new, which needs no migration. Record them: python -m tests.store.table_shapes"


def test_a_migrated_folder_looks_like_a_new_one(old_folder: Path) -> None:
    store = Store(old_folder, rooms.schemas())
    try:
        assert shapes.of(store) == shapes.present()
    finally:
        store.close()
