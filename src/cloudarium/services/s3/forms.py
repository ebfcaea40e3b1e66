"""Reading a browser's form as it comes in: its fields first, then the file as a stream.

Source: RFC 7578 (multipart/form-data) and RFC 2046, section 5.1.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import NamedTuple

from cloudarium.services.s3 import errors
from cloudarium.services.s3.rules.forms import Fields

_MOST_FIELDS = 20_480  # bytes in front of the file
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"|;\s*(name|filename)=([^\s;"]+)', re.IGNORECASE)


class Form(NamedTuple):
    """A form of which the fields are read; `file` is still arriving. `filename` is None when the part names none."""

    fields: Fields
    filename: str | None
    file: AsyncIterator[bytes]


def _malformed() -> errors.S3Error:
    return errors.S3Error(
        "The body of your POST request is not well-formed multipart/form-data.", code="MalformedPOSTRequest", status=400
    )


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type header names. Raises MalformedPOSTRequest."""
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise _malformed()
    return (match[1] or match[2]).encode("latin-1", "replace")


async def read(chunks: AsyncIterator[bytes], boundary: bytes) -> Form:
    """Read up to the file. What comes behind the file is not looked at, as on S3."""
    parts = _Parts(chunks, boundary)
    values: dict[str, str] = {}
    sent: dict[str, str] = {}
    while (head := await parts.head()) is not None:
        name, filename = _disposition(head)
        if name.lower() == "file":
            return Form(Fields(values, sent), filename, parts.content())
        value = b"".join([chunk async for chunk in parts.content(_MOST_FIELDS)])
        values[name.lower()] = value.decode("utf-8", "replace")
        sent[name.lower()] = name
    raise errors.InvalidArgument("POST requires exactly one file upload per request.", "file", 0)


def _disposition(head: bytes) -> tuple[str, str | None]:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        label, _, value = line.partition(":")
        if label.strip().lower() == "content-disposition" and value.strip().lower().startswith("form-data"):
            found = {(match[1] or match[3]).lower(): _unescaped(match) for match in _PARAMETER.finditer(value)}
            if "name" in found:
                return found["name"], found.get("filename")
    raise _malformed()


def _unescaped(match: re.Match[str]) -> str:
    if match[3]:
        return match[4]
    # Browsers write quotes and line ends as %22, %0D and %0A, older clients with a backslash.
    text = re.sub(r"\\([\"\\])", r"\1", match[2])
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


class _Parts:
    """The parts of a multipart body, one after the other."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks.__aiter__()
        self._mark = b"\r\n--" + boundary
        self._data = bytearray(b"\r\n")  # so that the first boundary is like all others
        self._read = 0
        self._begun = False

    async def _more(self) -> None:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            raise _malformed()
        self._data += chunk

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > _MOST_FIELDS:
            raise errors.S3Error(
                "Your POST request fields preceeding the upload file was too large.",
                code="MaxPostPreDataLengthExceeded", status=400, MaxPostPreDataLengthBytes=str(_MOST_FIELDS),
            )  # fmt: skip

    async def _until(self, mark: bytes) -> bytes:
        while (end := self._data.find(mark)) < 0:
            if len(self._data) > _MOST_FIELDS:
                self._count(len(self._data))
            await self._more()
        found = bytes(self._data[:end])
        del self._data[: end + len(mark)]
        self._count(len(found))
        return found

    async def head(self) -> bytes | None:
        """The headers of the next part; None behind the last one."""
        if not self._begun:
            self._begun = True
            await self._until(self._mark)
        while len(self._data) < 2:
            await self._more()
        if self._data.startswith(b"--"):
            return None
        return await self._until(b"\r\n\r\n")

    async def content(self, most: int | None = None) -> AsyncIterator[bytes]:
        """The content of the part whose head was read; `most` bounds what is read of the form so far."""
        mark = self._mark
        while (end := self._data.find(mark)) < 0:
            ready = len(self._data) - len(mark) + 1
            if ready > 0:
                chunk = bytes(self._data[:ready])
                del self._data[:ready]
                if most is not None:
                    self._count(len(chunk))
                yield chunk
            await self._more()
        chunk = bytes(self._data[:end])
        del self._data[: end + len(mark)]
        if most is not None:
            self._count(len(chunk))
        if chunk:
            yield chunk
