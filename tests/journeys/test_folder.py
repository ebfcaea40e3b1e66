"""The data folder: one cloud at a time, a sentence for each that cannot be used, and a disk that gives out at work."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.journeys.crash.writers import content

_UNPRIVILEGED = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")  # root, held to permissions like anyone


def refusal(data: Path, *before: str) -> str:
    """What a cloud says that does not start on `data`: one sentence, and no traceback."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "cloudarium", "serve", "--port", "0", "--data", str(data)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("cloudarium: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("cloudarium: ").strip()


@contextlib.contextmanager
def mounted(image: Path | None, folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own in `folder`; the test is skipped where this machine mounts none."""
    if os.getuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("only root can mount a file system")
    folder.mkdir(parents=True, exist_ok=True)
    if image is not None:
        with image.open("wb") as file:
            file.truncate(48 << 20)
        if shutil.which("mkfs.ext4") is None or subprocess.run(["mkfs.ext4", "-q", str(image)]).returncode:
            pytest.skip("this machine makes no ext4")
    if subprocess.run(["mount", *options, str(folder)], capture_output=True).returncode:
        pytest.skip(f"this machine does not mount {options}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    with mounted(None, tmp_path / "disk", "-t", "tmpfs", "-o", "size=12m", "tmpfs") as folder:
        yield folder


@pytest.fixture
def breaking_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that can be made to break, as ext4 does on an error: from then on it is read-only."""
    image = tmp_path / "image"
    with mounted(image, tmp_path / "disk", "-o", "loop", str(image)) as folder:
        yield folder


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """A folder with a bucket, a large object and a small one, of a cloud that has been stopped."""
    cloud = RunningCloud(tmp_path / "used")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bucket")
    for size in (100, 100_000):
        s3.put_object(Bucket="bucket", Key=str(size), Body=content("x", size))
    cloud.stop()
    return tmp_path / "used"


def assert_whole(data: Path) -> None:
    """A cloud starts on the folder and has both objects."""
    cloud = RunningCloud(data)
    try:
        for size in (100, 100_000):
            answer = cloud.client("s3").get_object(Bucket="bucket", Key=str(size))
            assert answer["Body"].read() == content("x", size)
    finally:
        cloud.stop()


# ---- One cloud at a time ---------------------------------------------------------------------------------------------


def test_a_second_cloud_on_the_folder_refuses_by_whatever_path(fresh_cloud: RunningCloud, tmp_path: Path) -> None:
    assert fresh_cloud.data is not None
    (tmp_path / "link").symlink_to(fresh_cloud.data)
    (tmp_path / "above").symlink_to(fresh_cloud.data.parent)
    for path in (
        fresh_cloud.data,
        tmp_path / "link",
        tmp_path / "above" / fresh_cloud.data.name,
        fresh_cloud.data / ".." / fresh_cloud.data.name,
    ):
        assert refusal(path) == f"another cloud runs on {path}; stop it with `cloudarium down`"
    assert fresh_cloud.control("health")["status"] == "running"
    fresh_cloud.kill()
    second = RunningCloud(tmp_path / "link")  # the killed one holds nothing back
    assert second.control("health")["status"] == "running"
    assert "another cloud runs on" in refusal(fresh_cloud.data)
    second.stop()
    fresh_cloud.start()


# ---- Folders that cannot be used -------------------------------------------------------------------------------------


def test_a_folder_is_made_with_all_above_it_for_its_user_alone(tmp_path: Path) -> None:
    cloud = RunningCloud(tmp_path / "a" / "b" / "c")
    try:
        assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o700
    finally:
        cloud.stop()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    assert refusal(file) == f"the data folder cannot be used: {file} is a file"
    assert refusal(file / "below") == f"the data folder cannot be used: Not a directory: {file / 'below'}"
    assert file.read_text() == "mine"


def test_a_link_to_nowhere_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "the data folder cannot be used" in refusal(tmp_path / "link")


def test_a_folder_without_permission_is_said(used: Path) -> None:
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root ignores permissions, and there is no setpriv to hold it to them")
    before = _UNPRIVILEGED if os.getuid() == 0 else ()
    used.chmod(0o500)
    try:
        assert refusal(used / "below", *before) == (
            f"the data folder cannot be used: Permission denied: {used / 'below'}"
        )
        (used / "lock").chmod(0)
        assert refusal(used, *before) == f"the data folder cannot be used: Permission denied: {used / 'lock'}"
        (used / "lock").chmod(0o600)
        (used / "cloud.sqlite").chmod(0o400)
        assert f"the data in {used} cannot be " in refusal(used, *before)
        (used / "cloud.sqlite").chmod(0o600)
    finally:
        used.chmod(0o700)
    assert_whole(used)


def test_a_read_only_folder_is_said_and_left_alone(used: Path) -> None:
    with mounted(None, used, "--bind", str(used)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(used)], check=True)
        assert refusal(used) == f"the data folder cannot be used: Read-only file system: {used / 'lock'}"
    assert_whole(used)


def _overwrite(used: Path) -> None:
    (used / "cloud.sqlite").write_bytes(os.urandom(200_000))


def _scribble(used: Path) -> None:
    with (used / "cloud.sqlite").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom((used / "cloud.sqlite").stat().st_size - 4096))


def _empty(used: Path) -> None:
    (used / "cloud.sqlite").write_bytes(b"")


def _lose(used: Path) -> None:
    (used / "cloud.sqlite").unlink()


def _make_folder(used: Path) -> None:
    _lose(used)
    (used / "cloud.sqlite").mkdir()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_overwrite, "the data in {used} cannot be read: file is not a database"),
        (_scribble, "the data in {used} cannot be read: database disk image is malformed"),
        (_make_folder, "the data in {used} cannot be read: unable to open database file"),
        (_empty, "{used} holds content, but cloud.sqlite in it is missing or empty. Put it back, or remove {used}/blobs"
                 " to begin anew"),
        (_lose, "{used} holds content, but cloud.sqlite in it is missing or empty. Put it back, or remove {used}/blobs"
                " to begin anew"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_said_and_left_alone(used: Path, damage: Callable[[Path], None], said: str) -> None:
    kept = used.with_name("kept")
    (used / "lock").unlink()
    shutil.copytree(used, kept)
    damage(used)
    for _ in range(2):
        assert refusal(used) == said.format(used=used)
    if (used / "cloud.sqlite").is_dir():
        (used / "cloud.sqlite").rmdir()
    for name in ("cloud.sqlite-wal", "cloud.sqlite-shm"):
        (used / name).unlink(missing_ok=True)
    shutil.copyfile(kept / "cloud.sqlite", used / "cloud.sqlite")
    assert_whole(used)  # no content was swept away meanwhile


# ---- A disk that gives out at work -----------------------------------------------------------------------------------


def test_a_disk_that_becomes_read_only_is_said_and_breaks_nothing(breaking_disk: Path) -> None:
    cloud = RunningCloud(breaking_disk / "data")
    try:
        s3, ssm = cloud.client("s3"), cloud.client("ssm")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="before", Body=content("before", 100_000))
        ssm.put_parameter(Name="/before", Value="x", Type="String")
        subprocess.run(["mount", "-o", "remount,abort", str(breaking_disk)], check=True)
        for write in (
            lambda: s3.put_object(Bucket="bucket", Key="after", Body=content("after", 100_000)),
            lambda: s3.put_object(Bucket="bucket", Key="after", Body=b"small"),
            lambda: s3.delete_object(Bucket="bucket", Key="before"),
            lambda: ssm.put_parameter(Name="/after", Value="x", Type="String"),
            lambda: ssm.put_parameter(Name="/before", Value="y", Type="String", Overwrite=True),
        ):
            with pytest.raises(ClientError) as refused:
                write()
            error = refused.value.response["Error"]
            assert (error["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (
                "ServiceUnavailable",
                503,
            )
            assert error["Message"].startswith("This cloud's data folder cannot be used: ")
        assert ssm.get_parameter(Name="/before")["Parameter"]["Value"] == "x"
        assert s3.get_object(Bucket="bucket", Key="before")["Body"].read() == content("before", 100_000)
        assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["before"]
        assert "Traceback" not in cloud.log.read_text()
    finally:
        cloud.stop()


def test_a_full_disk_is_said_and_breaks_nothing(small_disk: Path) -> None:
    cloud = RunningCloud(small_disk / "data")
    try:
        s3, ssm = cloud.client("s3"), cloud.client("ssm")
        s3.create_bucket(Bucket="full")
        ssm.put_parameter(Name="/before", Value="x", Type="String")
        (small_disk / "ballast").write_bytes(b"x" * 2_000_000)
        kept = fill(s3, 500_000)
        kept += fill(s3, 30_000)
        for key in kept:
            assert s3.get_object(Bucket="full", Key=key)["Body"].read() == content(key, int(key.split("-")[0]))
        assert ssm.get_parameter(Name="/before")["Parameter"]["Value"] == "x"
        (small_disk / "ballast").unlink()
        ssm.put_parameter(Name="/after", Value="y", Type="String")
        cloud.restart()
        assert ssm.get_parameter(Name="/after")["Parameter"]["Value"] == "y"
        listed = s3.list_objects_v2(Bucket="full").get("Contents", [])
        assert sorted(entry["Key"] for entry in listed) == sorted(kept)
        for key in kept:
            assert s3.get_object(Bucket="full", Key=key)["Body"].read() == content(key, int(key.split("-")[0]))
    finally:
        cloud.stop()


def fill(s3: Any, size: int) -> list[str]:
    """Put objects of this size until the disk is full; the keys of those that were taken."""
    kept: list[str] = []
    while True:
        key = f"{size}-{len(kept)}"
        try:
            s3.put_object(Bucket="full", Key=key, Body=content(key, size))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ServiceUnavailable"
            assert "disk" in error.response["Error"]["Message"]
            return kept
        kept.append(key)
        assert len(kept) < 1000
