"""Deployment packages on disk: zips unpacked once per content, layers merged once per combination.

A zip is hostile until shown otherwise: paths that leave the folder, links, devices and bombs are refused before a byte
is written, and what is written is counted.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

UNZIPPED_LIMIT = 262144000  # AWS's 250 MB, as its error text spells it
ENTRY_LIMIT = 100_000
CHUNK = 1 << 20
# What zipfile and the decompressors behind it raise for archives that are broken or of a kind they do not read.
_UNREADABLE = (
    zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, struct.error, zlib.error,
    lzma.LZMAError, MemoryError,
)  # fmt: skip


class PackageError(Exception):
    """A zip that cannot be used. `too_large` says that the only thing wrong is its size."""

    def __init__(self, message: str, too_large: bool = False) -> None:
        super().__init__(message)
        self.too_large = too_large


def unzipped_size(data: bytes) -> int:
    """The size a package claims to have unzipped; raises PackageError when it is not a usable zip."""
    return sum(entry.file_size for entry in _entries(data))


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except _UNREADABLE as error:
        raise PackageError(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from error
    if not entries:
        raise PackageError("Uploaded file must be a non-empty zip")
    if len(entries) > ENTRY_LIMIT:
        raise PackageError("Too many entries in the uploaded file.")
    for entry in entries:
        _check_entry(entry)
    if sum(entry.file_size for entry in entries) > UNZIPPED_LIMIT:
        raise PackageError(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes", too_large=True)
    return entries


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.replace("\\", "/").split("/")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith("/") or ".." in parts or "\0" in name or not name:
        raise PackageError(f"Zip entry leaves the package: {name!r}")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        raise PackageError(f"Zip entry is neither a file nor a folder: {name!r}")
    if entry.flag_bits & 1:
        raise PackageError(f"Zip entry is encrypted: {name!r}")


class Packages:
    """The unpacked packages of one cloud, under `folder`/packages, each made once and then only read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "packages"
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path | None:
        """Where the package with this hash (hex) lies, when it is unpacked already."""
        path = self.folder / sha256
        return path if path.is_dir() else None

    def unpack(self, data: bytes) -> Path:
        """Unpack a zip, unless its content already is; raises PackageError."""
        target = self.folder / hashlib.sha256(data).hexdigest()
        if target.is_dir():
            return target
        entries = _entries(data)
        place = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                _extract(archive, entries, place)
            place.chmod(0o755)
            return _publish(place, target)
        except _UNREADABLE as error:
            raise PackageError(
                "Could not unzip uploaded file. Please check your file, then try to upload again."
            ) from error
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def merged(self, layers: tuple[Path, ...]) -> Path | None:
        """One folder with the content of all layers, later ones over earlier ones: what /opt is."""
        if len(layers) < 2:
            return layers[0] if layers else None
        name = hashlib.sha256("\n".join(layer.name for layer in layers).encode()).hexdigest()
        target = self.folder / f"layers-{name}"
        if target.is_dir():
            return target
        place = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            for layer in layers:
                shutil.copytree(layer, place, symlinks=True, dirs_exist_ok=True, copy_function=_link)
            place.chmod(0o755)
            return _publish(place, target)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _publish(place: Path, target: Path) -> Path:
    try:
        place.rename(target)
    except OSError:
        if not target.is_dir():  # otherwise another call was faster with the same content
            raise
    return target


def _link(source: str, target: str) -> None:
    if os.path.lexists(target):
        os.unlink(target)
    os.link(source, target, follow_symlinks=False)


def _extract(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], place: Path) -> None:
    left = UNZIPPED_LIMIT
    links: list[tuple[Path, str]] = []
    for entry in entries:
        target = place / entry.filename
        mode = entry.external_attr >> 16
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_IFMT(mode) == stat.S_IFLNK:
            links.append((target, archive.read(entry)[:4096].decode("utf-8", "surrogateescape")))
            continue
        left = _write(archive, entry, target, left)
        target.chmod(0o755 if mode & 0o111 else 0o644)
    for target, text in links:
        _make_link(place, target, text)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    with archive.open(entry) as source, open(target, "wb") as file:
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise PackageError(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes", too_large=True)
            file.write(chunk)
    return left


def _make_link(place: Path, target: Path, text: str) -> None:
    """Make a link of the package; one that would lead out of it is refused."""
    inside = os.path.normpath(os.path.join(os.path.dirname(target), text))
    if os.path.isabs(text) or not (inside + "/").startswith(f"{place}/"):
        raise PackageError(f"Zip entry links out of the package: {target.relative_to(place).as_posix()!r}")
    if os.path.lexists(target):
        target.unlink()
    os.symlink(text, target)
