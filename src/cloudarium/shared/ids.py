"""All randomness of the cloud: ids, tokens and numbers. `seed` makes a run repeatable."""

from __future__ import annotations

import itertools
import random
import string
import uuid as _uuid
from collections.abc import Iterator

_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LOWER = string.ascii_lowercase + string.digits
_BASE64 = string.ascii_letters + string.digits + "-_"
_SECRET = string.ascii_letters + string.digits + "+/"

_source: random.Random = random.SystemRandom()
_quick: random.Random = random.Random()  # request ids and the like: unique, not secret, a microsecond each
_serial: Iterator[int] = itertools.count(_quick.getrandbits(32))


def seed(number: int) -> None:
    """Make every id from here on repeatable (tests only: secrets become guessable)."""
    global _source, _quick, _serial
    _source = random.Random(number)
    _quick = random.Random(number + 1)
    _serial = itertools.count(_quick.getrandbits(32))


def uuid() -> str:
    """A random UUID in lower case."""
    return str(_uuid.UUID(int=_source.getrandbits(128), version=4))


def request_id() -> str:
    """A UUID for a request: unique, but not a secret.

    It begins with a number that grows, so that the journal finds neighbours side by side and writes few pages.
    """
    text = f"{next(_serial) & 0xFFFFFFFF:08x}{_quick.getrandbits(96):024x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def hex(length: int) -> str:
    """`length` hexadecimal digits in lower case."""
    return f"{_source.getrandbits(4 * length):0{length}x}"


def upper(length: int) -> str:
    """`length` characters of A-Z and 2-7, as in access key and principal ids."""
    return "".join(_source.choices(_UPPER, k=length))


def lower(length: int) -> str:
    """`length` characters of a-z and 0-9."""
    return "".join(_source.choices(_LOWER, k=length))


def token(length: int) -> str:
    """`length` characters that are safe in a URL, each of six random bits."""
    return "".join(_source.choices(_BASE64, k=length))


def secret(length: int = 40) -> str:
    """A secret access key: `length` characters of the base64 alphabet."""
    return "".join(_source.choices(_SECRET, k=length))


def integer(low: int, high: int) -> int:
    """A whole number from `low` to `high`, both included."""
    return _source.randint(low, high)


def fraction() -> float:
    """A number from 0 up to 1, for weighted choices."""
    return _quick.random()


def data(length: int) -> bytes:
    """`length` random bytes."""
    return _source.randbytes(length)
