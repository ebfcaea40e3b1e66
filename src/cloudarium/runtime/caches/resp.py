"""Commands as clients of Valkey send them (RESP arrays of bulk strings), told apart while they stream by."""

from __future__ import annotations

from collections.abc import Iterator

NAMES = frozenset({b"AUTH", b"HELLO"})
MOST_WORDS = 16
LONGEST_WORD = 16 * 1024  # an authentication token is a presigned URL of about 1 KiB
_LONGEST_LINE = 64


class Broken(Exception):
    """The bytes are not the protocol."""


def encode(words: list[bytes]) -> bytes:
    """A command as it is sent."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


class Splitter:
    """Cuts a stream of commands into pieces: `bytes` to pass on as they are, or the words of an AUTH or a HELLO.

    Nothing but these two is held back or looked into, so a value of any size streams through. Inline commands (a line
    of words) are passed on too, unless they are one of the two. `feed` raises Broken.
    """

    def __init__(self) -> None:
        self._held = b""
        self._pass = 0  # bytes of the current bulk string, with its line end, that pass unseen
        self._bulks = 0  # bulk strings of the current command that are still to come

    def feed(self, data: bytes) -> Iterator[bytes | list[bytes]]:
        """Take what has come."""
        data = self._held + data
        self._held = b""
        at = start = 0
        while at < len(data):
            if self._pass:
                step = min(self._pass, len(data) - at)
                at += step
                self._pass -= step
                continue
            if self._bulks:
                end = self._line(data, at)
                if end < 0:
                    break
                self._pass = _number(data[at:end], b"$") + 2
                self._bulks -= 1
                at = end + 2
                continue
            command = self._command(data, at)
            if command is None:
                break
            words, end = command
            if words is not None:
                if at > start:
                    yield data[start:at]
                yield words
                start = end
            at = end
        if at > start:
            yield data[start:at]
        self._held = data[at:]

    def _line(self, data: bytes, at: int) -> int:
        end = data.find(b"\r\n", at, at + _LONGEST_LINE)
        if end < 0 and len(data) - at >= _LONGEST_LINE:
            raise Broken
        return end

    def _command(self, data: bytes, at: int) -> tuple[list[bytes] | None, int] | None:
        """The command that begins here: its words if it is one to look into, and where what was read ends."""
        if data[at] != 0x2A:
            return self._inline(data, at)
        end = self._line(data, at)
        if end < 0:
            return None
        count = _number(data[at:end], b"*")
        if count <= 0:
            return None, end + 2
        name_at = self._line(data, end + 2)
        if name_at < 0:
            return None
        length = _number(data[end + 2 : name_at], b"$")
        if length not in (4, 5):
            self._bulks = count
            return None, end + 2
        if len(data) < name_at + 2 + length:
            return None
        if data[name_at + 2 : name_at + 2 + length].upper() not in NAMES:
            self._bulks = count
            return None, end + 2
        if count > MOST_WORDS:
            raise Broken
        return self._words(data, end + 2, count)

    def _words(self, data: bytes, at: int, count: int) -> tuple[list[bytes], int] | None:
        words = []
        for _ in range(count):
            end = self._line(data, at)
            if end < 0:
                return None
            length = _number(data[at:end], b"$")
            if not 0 <= length <= LONGEST_WORD:
                raise Broken
            if len(data) < end + 4 + length:
                return None
            words.append(data[end + 2 : end + 2 + length])
            at = end + 4 + length
        return words, at

    def _inline(self, data: bytes, at: int) -> tuple[list[bytes] | None, int] | None:
        end = data.find(b"\n", at)
        if end < 0:
            if len(data) - at > LONGEST_WORD:
                raise Broken
            return None
        words = data[at:end].split()
        return (words if words and words[0].upper() in NAMES else None), end + 1


def _number(line: bytes, kind: bytes) -> int:
    if line[:1] != kind or not line[1:].lstrip(b"-").isdigit():
        raise Broken
    return int(line[1:])
