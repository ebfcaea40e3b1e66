"""Receipt handles: which receive of which message, told apart from anything else by a checksum."""

from __future__ import annotations

import base64
import binascii
import struct
from hashlib import blake2b
from typing import NamedTuple

from cloudarium.services.sqs import errors

_FORM = struct.Struct(">QQQI")
_HEAD = "AQEB"
_PAD = b"cloudarium.sqs.receipt"


class Receipt(NamedTuple):
    """One receive of a message: the queue, its shelf, the message's place on it, the how manieth receive."""

    queue: int
    shelf: int
    seq: int
    received: int


def handle(receipt: Receipt) -> str:
    """The receipt handle of a receive."""
    content = _FORM.pack(*receipt)
    return _HEAD + base64.b64encode(content + blake2b(content, key=_PAD, digest_size=32).digest()).decode()


def parse(text: str, queue: int) -> Receipt:
    """The receive that a handle of this queue names. Raises ReceiptHandleIsInvalid."""
    try:
        whole = base64.b64decode(text.removeprefix(_HEAD), validate=True) if text.startswith(_HEAD) else b""
    except (binascii.Error, ValueError):
        whole = b""
    content = whole[: _FORM.size]
    if len(whole) != _FORM.size + 32 or whole[_FORM.size :] != blake2b(content, key=_PAD, digest_size=32).digest():
        raise errors.ReceiptHandleIsInvalid(text)
    found = Receipt(*_FORM.unpack(content))
    if found.queue != queue:
        raise errors.ReceiptHandleIsInvalid(text)
    return found
