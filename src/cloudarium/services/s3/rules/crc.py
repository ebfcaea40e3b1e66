"""CRC32C and CRC64NVME, which Python does not have: by the anycrc wheel where it is installed, else by tables.

The wheel does 20 GiB/s and the tables 10 MiB/s. Both start from an earlier value, so that content is summed as it
streams in; `combine` gives the sum of two contents in a row from their sums, which is how an object's checksum comes
from its parts'.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

CRC32 = ("CRC32", 0xEDB88320, 32)
CRC32C = ("CRC32C", 0x82F63B78, 32)
CRC64NVME = ("CRC64-NVME", 0x9A6C9329AC4BC9B5, 64)
Kind = tuple[str, int, int]  # anycrc's name, the reflected polynomial, the width


@cache
def _wheel(kind: Kind) -> Any:
    try:
        import anycrc  # type: ignore[import-untyped]
    except ImportError:
        return None
    return anycrc.Model(kind[0])


@cache
def function(kind: Kind) -> Callable[[bytes, int], int]:
    """The function that continues the CRC of `kind` from a value over more bytes."""
    if kind is CRC32:
        return zlib.crc32
    wheel = _wheel(kind)
    return wheel.calc if wheel is not None else by_table(kind)


@cache
def by_table(kind: Kind) -> Callable[[bytes, int], int]:
    """The same in pure Python, one table look-up a byte."""
    _, polynomial, width = kind
    ones = (1 << width) - 1
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)

    def calculate(data: bytes, value: int = 0) -> int:
        value ^= ones
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        return value ^ ones

    return calculate


def combine(kind: Kind, first: int, second: int, length: int) -> int:
    """The CRC of two contents in a row from their CRCs; `length` is the second's size in bytes."""
    wheel = _wheel(kind)
    return wheel.combine(first, second, length) if wheel is not None else combine_by_powers(kind, first, second, length)


def combine_by_powers(kind: Kind, first: int, second: int, length: int) -> int:
    """The same in pure Python: `first` times x to the 8*length, by squaring, modulo the polynomial."""
    _, polynomial, width = kind
    power, factor = 1 << (width - 1), _multiply(1 << (width - 2), 1 << (width - 1), polynomial, width)
    bits = 8 * length
    while bits:
        if bits & 1:
            power = _multiply(power, factor, polynomial, width)
        factor = _multiply(factor, factor, polynomial, width)
        bits >>= 1
    return _multiply(first, power, polynomial, width) ^ second


def _multiply(left: int, right: int, polynomial: int, width: int) -> int:
    # Reflected polynomials: the highest bit is x to the 0.
    product = 0
    for bit in range(width - 1, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = (right >> 1) ^ (polynomial if right & 1 else 0)
    return product
