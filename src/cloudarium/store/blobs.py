"""Blobs: content of any size, written as it streams in and visible only when a transaction keeps it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudarium.shared import ids

if TYPE_CHECKING:
    from cloudarium.store.database import Store

SMALL = 64 * 1024  # up to here content lives in the database: one write, no file
CHUNK = 256 * 1024
_CHANCE = 24  # random bits at the end of a number: what a crash left unkept never meets a new blob


class Blob(NamedTuple):
    """Written content: its id, size in bytes and MD5 in hex."""

    id: str
    size: int
    md5_hex: str


class _ContentFile(io.FileIO):
    """A file without a buffer that takes all it is given: a nearly full disk takes a part and says so by a number."""

    def write(self, content: Any) -> int:
        left = memoryview(content)
        while left:
            left = left[os.write(self.fileno(), left) :]
        return len(content)


class Blobs:
    """The blobs of a store. Write, then `keep` inside the transaction that refers to them; what is not kept is lost."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._pending: dict[str, tuple[int, bytes | None]] = {}
        self._unlink: list[str] = []  # files to remove at commit
        self._kept: list[str] = []  # files to remove at rollback
        self._last = (store.one("SELECT max(number) FROM blobs")[0] or 0) >> _CHANCE
        folder.mkdir(exist_ok=True)

    async def write(self, content: bytes | AsyncIterator[bytes]) -> Blob:
        """Take in `content`; a small one stays in memory until it is kept, a larger one goes to a file."""
        if isinstance(content, (bytes, bytearray, memoryview)):
            return self.write_bytes(bytes(content))
        md5 = hashlib.md5(usedforsecurity=False)
        name, size, head, file = self._new_id(), 0, bytearray(), None
        try:
            async for chunk in content:
                md5.update(chunk)
                size += len(chunk)
                if file is None:
                    head += chunk
                    if size > SMALL:
                        file = self._create(name)
                        file.write(head)
                        head.clear()
                else:
                    file.write(chunk)
        except BaseException:
            if file is not None:
                file.close()
                self._file(name).unlink(missing_ok=True)
            raise
        if file is not None:
            file.close()
        self._pending[name] = (size, bytes(head) if file is None else None)
        return Blob(name, size, md5.hexdigest())

    def write_bytes(self, content: bytes) -> Blob:
        """Take in bytes that are at hand."""
        name = self._new_id()
        if len(content) > SMALL:
            with self._create(name) as file:
                try:
                    file.write(content)
                except OSError:
                    self._file(name).unlink(missing_ok=True)
                    raise
        self._pending[name] = (len(content), content if len(content) <= SMALL else None)
        return Blob(name, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())

    def keep(self, blob_id: str) -> None:
        """Make a written blob part of the present transaction, with one user."""
        size, data = self._pending.pop(blob_id)
        if data is None:
            self._kept.append(blob_id)
        self._store.run("INSERT INTO blobs VALUES (?, ?, 1, ?)", (_number(blob_id), size, data))

    def waits(self, blob_id: str) -> bool:
        """Whether a blob is written and not kept yet."""
        return blob_id in self._pending

    def replace(self, old_id: str, new_id: str) -> str:
        """Keep a written blob and take a user from the old one; the id under which the new content is found.

        The row of a small blob without another user takes the new content: one page is written where keeping and
        dropping write three. Whoever finds the id of small content reads it at once, so nobody can see it change.
        """
        size, data = self._pending[new_id]
        if data is not None and self._store.run(
            "UPDATE blobs SET size = ?, data = ? WHERE number = ? AND uses = 1 AND data IS NOT NULL",
            (size, data, _number(old_id)),
        ):
            del self._pending[new_id]
            return old_id
        self.keep(new_id)
        self.drop(old_id)
        return new_id

    def share(self, blob_id: str) -> None:
        """One more user of a kept blob: a copy that costs nothing."""
        self._store.run("UPDATE blobs SET uses = uses + 1 WHERE number = ?", (_number(blob_id),))

    def drop(self, blob_id: str) -> None:
        """One user less; the last one takes the content away when the transaction commits."""
        number = _number(blob_id)
        gone = self._store.one("SELECT data IS NULL FROM blobs WHERE number = ? AND uses <= 1", (number,))
        if gone is None:
            self._store.run("UPDATE blobs SET uses = uses - 1 WHERE number = ?", (number,))
            return
        self._store.run("DELETE FROM blobs WHERE number = ?", (number,))
        if gone[0]:
            self._unlink.append(blob_id)

    def discard(self, blob_id: str) -> None:
        """Forget a written blob that nobody will keep."""
        entry = self._pending.pop(blob_id, None)
        if entry is not None and entry[1] is None:
            self._file(blob_id).unlink(missing_ok=True)

    def size(self, blob_id: str) -> int:
        """The size in bytes. Raises KeyError for an unknown blob."""
        return self._row(blob_id)[0]

    def whole(self, blob_id: str) -> bytes:
        """The whole content, for content that is known to be of moderate size. Raises KeyError."""
        _, data = self._row(blob_id)
        return data if data is not None else self._file(blob_id).read_bytes()

    def small(self, blob_id: str) -> bytes | None:
        """The content if it lives in the database, else None. Raises KeyError."""
        return self._row(blob_id)[1]

    def head(self, blob_id: str, count: int) -> bytes:
        """The first `count` bytes, at once. Raises KeyError."""
        _, data = self._row(blob_id)
        if data is not None:
            return data[:count]
        with self._file(blob_id).open("rb", buffering=0) as file:
            return file.read(count)

    def path(self, blob_id: str) -> Path | None:
        """The file of a large blob; None for a small one. Raises KeyError."""
        return self._file(blob_id) if self._row(blob_id)[1] is None else None

    def read(self, blob_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The content from `start` up to but without `end`, in chunks. A drop meanwhile does not cut it off.

        Raises KeyError at once for an unknown blob.
        """
        size, data = self._row(blob_id)
        end = size if end is None else min(end, size)
        if data is not None:
            return _once(data[start:end])
        return _from_file(os.open(self._file(blob_id), os.O_RDONLY), start, end)

    # ---- Called by the store ----------------------------------------------------------------------------------------

    def after_commit(self) -> None:
        """Remove the files whose last user is gone."""
        self._kept.clear()
        while self._unlink:
            self._file(self._unlink.pop()).unlink(missing_ok=True)

    def after_rollback(self) -> None:
        """Take back: dropped files stay, kept files go."""
        self._unlink.clear()
        while self._kept:
            self._file(self._kept.pop()).unlink(missing_ok=True)

    def forget_all(self) -> None:
        """Remove every file; the rows are the store's."""
        self._pending.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(exist_ok=True)

    def sweep(self) -> int:
        """Remove files that no row knows, left by a crash between writing and keeping; their number."""
        removed = 0
        for file in self._folder.glob("*/*"):
            known = file.name in self._pending or self._store.one(
                "SELECT 1 FROM blobs WHERE number = ?", (_number(file.name),)
            )
            if not known:
                file.unlink(missing_ok=True)
                removed += 1
        return removed

    # ---- Inside -----------------------------------------------------------------------------------------------------

    def _row(self, blob_id: str) -> tuple[int, bytes | None]:
        row = self._store.one("SELECT size, data FROM blobs WHERE number = ?", (_number(blob_id),))
        if row is None:
            if blob_id not in self._pending:
                raise KeyError(blob_id)
            return self._pending[blob_id]
        return row

    def _new_id(self) -> str:
        self._last += 1
        return f"{self._last << _CHANCE | int(ids.fraction() * (1 << _CHANCE)):016x}"

    def _file(self, blob_id: str) -> Path:
        return self._folder / blob_id[-2:] / blob_id

    def _create(self, blob_id: str) -> _ContentFile:
        path = self._file(blob_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        return _ContentFile(path, "xb")


def _number(blob_id: str) -> int:
    try:
        return int(blob_id, 16) if len(blob_id) == 16 and blob_id < "8" else -1  # another file's name is no number
    except ValueError:
        return -1


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _from_file(descriptor: int, start: int, end: int) -> AsyncIterator[bytes]:
    # pread needs no position, and an open descriptor outlives the file's name.
    try:
        while start < end:
            chunk = os.pread(descriptor, min(CHUNK, end - start), start)
            if not chunk:
                raise OSError("a blob ended early")
            start += len(chunk)
            yield chunk
    finally:
        os.close(descriptor)
