"""Zips: what is unpacked, and what is refused before a byte is written."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from cloudarium.runtime.packages import PackageError, Packages, unzipped_size
from tests.runtime.conftest import zipped


def _with(name: str, mode: int, content: str = "x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return buffer.getvalue()


def test_unpacks_once_with_modes(tmp_path: Path) -> None:
    packages = Packages(tmp_path)
    data = zipped({"a/b.py": "1", "run": "#!"}, {"run": 0o755})
    path = packages.unpack(data)
    assert (path / "a/b.py").read_text() == "1"
    assert os.access(path / "run", os.X_OK) and not (path / "a/b.py").stat().st_mode & 0o111
    assert packages.unpack(data) == path
    assert [entry.name for entry in packages.folder.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil"])
def test_paths_that_leave_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PackageError):
        Packages(tmp_path).unpack(_with(name, 0o100644))
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", ".."])
def test_links_that_leave_are_refused(tmp_path: Path, target: str) -> None:
    packages = Packages(tmp_path)
    with pytest.raises(PackageError):
        packages.unpack(_with("link", stat.S_IFLNK | 0o777, target))
    assert list(packages.folder.iterdir()) == []


def test_links_inside_are_kept(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("real", "content")
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "real")
    assert (Packages(tmp_path).unpack(buffer.getvalue()) / "link").read_text() == "content"


@pytest.mark.parametrize("mode", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_devices_are_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(PackageError):
        Packages(tmp_path).unpack(_with("dev", mode | 0o644))


def test_bomb_is_refused_by_what_it_claims() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), bytes(100 * 1024 * 1024))
    with pytest.raises(PackageError, match="Unzipped size must be smaller than 262144000 bytes"):
        unzipped_size(buffer.getvalue())


def test_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", bytes(5_000_000))
    size = (5_000_000).to_bytes(4, "little")
    data = buffer.getvalue().replace(size, (10).to_bytes(4, "little"))
    with pytest.raises(PackageError):
        Packages(tmp_path).unpack(data)


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x05\x06" + bytes(10), zipped({"a": "b"})[:-10]])
def test_what_is_no_zip(data: bytes) -> None:
    with pytest.raises(PackageError, match="Could not unzip uploaded file"):
        unzipped_size(data)


def test_layers_are_merged_later_over_earlier(tmp_path: Path) -> None:
    packages = Packages(tmp_path)
    one = packages.unpack(zipped({"x": "1", "only": "a"}))
    two = packages.unpack(zipped({"x": "2"}))
    merged = packages.merged((one, two))
    assert merged is not None
    assert [(merged / name).read_text() for name in ("x", "only")] == ["2", "a"]
    assert (one / "x").read_text() == "1"
    assert packages.merged((one, two)) == merged and packages.merged(()) is None and packages.merged((one,)) == one


def _broken(method: int) -> bytes:
    """A package whose one file does not decompress, whatever its index says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("app.py", "x = 1\n" * 1000)
    data = bytearray(buffer.getvalue())
    start = data.find(b"app.py") + len("app.py")
    end = data.find(b"PK\x01\x02")
    data[start:end] = bytes(0xFF - byte for byte in data[start:end])
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_files_that_do_not_decompress_are_refused(tmp_path: Path, method: int) -> None:
    packages = Packages(tmp_path)
    with pytest.raises(PackageError, match="Could not unzip uploaded file"):
        packages.unpack(_broken(method))
    assert list(packages.folder.iterdir()) == []


def test_links_and_names_that_no_file_system_takes_are_refused(tmp_path: Path) -> None:
    packages = Packages(tmp_path)
    for data in (
        _with("link", stat.S_IFLNK | 0o777, "a" * 5000),
        _with("link", stat.S_IFLNK | 0o777, "a\0b"),
        _with("n" * 300, 0o100644),
        zipped({"a": "a file", "a/b": "in it"}),
    ):
        with pytest.raises(PackageError, match="Could not unzip uploaded file"):
            packages.unpack(data)
    assert list(packages.folder.iterdir()) == []
