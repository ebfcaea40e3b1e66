"""DynamoDB's numbers: decimals of up to 38 significant digits between 1E-130 and 9.9…E+125, kept as text.

A canonical number is written without exponent, plus sign, needless zeros or negative zero, which is how DynamoDB
prints it; two equal numbers have equal texts.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache

from cloudarium.services.dynamodb.errors import ValidationException

_CANONICAL = re.compile(r"(?:0|-?[1-9][0-9]{0,37})\Z", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(?:([0-9]+)\.?([0-9]*)|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?\Z", re.ASCII)
_EXACT = Context(prec=400, Emax=999, Emin=-999)  # wide enough for any sum of two numbers in range

OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
TOO_LONG = "Attempting to store more than 38 significant digits in a Number"
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"


def canonical(text: str) -> str:
    """`text` as DynamoDB prints the number. Raises ValidationException when it is none or out of range."""
    if _CANONICAL.match(text):
        return text
    return _canonical(text)


def _canonical(text: str) -> str:
    if not text:
        raise ValidationException(NOT_A_NUMBER)
    match = _NUMBER.match(text)
    if match is None:
        raise ValidationException(f"{NOT_A_NUMBER}: {text}")
    sign, whole, fraction, only_fraction, exponent = match.groups()
    whole, fraction = whole or "", fraction or only_fraction or ""
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0"
    leading = len(whole) + len(fraction) - len(digits)
    digits = digits.rstrip("0")
    magnitude = len(whole) - leading - 1 + _exponent(exponent)
    if magnitude > 125:
        raise ValidationException(OVERFLOW)
    if magnitude < -130:
        raise ValidationException(UNDERFLOW)
    if len(digits) > 38:
        raise ValidationException(TOO_LONG)
    return ("-" if sign == "-" else "") + _plain(digits, magnitude)


def _exponent(text: str | None) -> int:
    if text is None:
        return 0
    if len(text.lstrip("+-").lstrip("0")) > 9:  # far out of range, and int() of a huge text is slow
        return -(10**9) if text[0] == "-" else 10**9
    return int(text)


def _plain(digits: str, magnitude: int) -> str:
    if magnitude < 0:
        return "0." + "0" * (-magnitude - 1) + digits
    if len(digits) <= magnitude + 1:
        return digits + "0" * (magnitude + 1 - len(digits))
    return f"{digits[: magnitude + 1]}.{digits[magnitude + 1 :]}"


def add(left: str, right: str) -> str:
    """The exact sum of two canonical numbers. Raises ValidationException when it leaves what can be stored.

    A sum of more than 38 digits is reported as an overflow, as AWS does.
    """
    return _result(_EXACT.add(Decimal(left), Decimal(right)))


def subtract(left: str, right: str) -> str:
    """The exact difference of two canonical numbers; limits as with `add`."""
    return _result(_EXACT.subtract(Decimal(left), Decimal(right)))


def _result(number: Decimal) -> str:
    try:
        return canonical(format(number, "f"))
    except ValidationException as error:
        raise ValidationException(OVERFLOW) if error.message == TOO_LONG else error from None


def size(text: str) -> int:
    """How many bytes a canonical number counts for.

    One, and one per two significant digits before and after the point each, and one for a minus. (AWS documents only
    an approximation; this rule fits measurements against the 400 KB limit, as with 3.14159 that counts 5.)
    """
    if text == "0":
        return 1
    minus = text[0] == "-"
    whole, _, fraction = (text[1:] if minus else text).partition(".")
    if not fraction:
        return 1 + (len(whole.rstrip("0")) + 1) // 2 + minus
    if whole == "0":
        return 1 + (len(fraction.lstrip("0")) + 1) // 2 + minus
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + minus


@lru_cache(maxsize=4096)
def encode(text: str) -> bytes:
    """The canonical number as bytes that sort like the numbers do.

    A byte for the sign, one for the exponent, then the significant digits in pairs; all but the sign are complemented
    for negative numbers, which end with 0xFF so that the longer of two with the same beginning is the smaller.
    """
    if text == "0":
        return b"\x01"
    minus = text[0] == "-"
    whole, _, fraction = (text[1:] if minus else text).partition(".")
    if whole == "0":
        digits = fraction.lstrip("0")
        magnitude = len(digits) - len(fraction) - 1
    else:
        digits = (whole + fraction).rstrip("0")
        magnitude = len(whole) - 1
    if len(digits) % 2:
        digits += "0"
    body = bytes([magnitude + 130, *(int(digits[i : i + 2]) + 1 for i in range(0, len(digits), 2))])
    if minus:
        return b"\x00" + bytes(255 - byte for byte in body) + b"\xff"
    return b"\x02" + body


def order(text: str) -> Decimal:
    """What to compare canonical numbers by."""
    return Decimal(text)
