"""Byte ranges: of reads (forgiving) and of copied parts (strict)."""

from __future__ import annotations

import re
from typing import NamedTuple

from cloudarium.services.s3 import errors

_READ = re.compile(r"bytes\s*=\s*(\d*)-(\d*)\Z")
_COPY = re.compile(r"bytes=(\d+)-(\d+)\Z")
_COPY_FORM = (
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based"
    " offsets of the first and last bytes to copy"
)


class Range(NamedTuple):
    """Bytes from `start` up to but without `end`."""

    start: int
    end: int

    def header(self, size: int) -> str:
        """The Content-Range header of this range of an object of `size` bytes."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def of_read(text: str | None, size: int) -> Range | None:
    """The range of a read; None reads all, which is also what S3 does with several ranges or nonsense.

    Raises InvalidRange (416) when the range is well-formed and holds no byte.
    """
    match = _READ.match(text) if text else None
    if match is None or text is None:
        return None
    first, last = match.groups()
    if first == "":
        if last == "":
            return None
        if int(last) == 0 or size == 0:
            raise errors.InvalidRange(text, size)
        return Range(max(size - int(last), 0), size)
    if last != "" and int(last) < int(first):
        return None
    if int(first) >= size:
        raise errors.InvalidRange(text, size)
    return Range(int(first), size if last == "" else min(int(last) + 1, size))


def of_copy(text: str | None, size: int) -> Range:
    """The range of a source that becomes a part. Raises InvalidArgument or InvalidRequest."""
    if text is None:
        return Range(0, size)
    match = _COPY.match(text)
    if match is None or int(match[1]) > int(match[2]):
        raise errors.InvalidArgument(_COPY_FORM, "x-amz-copy-source-range", text)
    first, last = int(match[1]), int(match[2])
    if first >= size:
        raise errors.InvalidRequest("The specified copy range is invalid for the source object size")
    if last >= size:
        raise errors.InvalidArgument(
            f"Range specified is not valid for source object of size: {size}", "x-amz-copy-source-range", text
        )
    return Range(first, last + 1)
