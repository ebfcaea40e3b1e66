"""The digests of attributes, beside the algorithm as the developer guide writes it down, for whatever attributes."""

from __future__ import annotations

import struct
from hashlib import md5
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from cloudarium.services.sqs.rules import messages

NAMES = some.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
TEXTS = some.text(some.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=50)
VALUES = some.one_of(
    some.builds(lambda value: {"DataType": "String", "StringValue": value}, TEXTS),
    some.builds(lambda value: {"DataType": "String.label", "StringValue": value}, TEXTS),
    some.builds(lambda value: {"DataType": "Number", "StringValue": str(value)}, some.integers()),
    some.builds(lambda value: {"DataType": "Binary.png", "BinaryValue": value}, some.binary(min_size=1, max_size=50)),
)


def guide(attributes: dict[str, Any]) -> str:
    """Sorted by name: length and bytes of name and type, one byte for the transport type, length and bytes of value.

    Source: SQSDeveloperGuide/sqs-message-metadata.html
    """
    digest = md5()

    def add(text: bytes) -> None:
        digest.update(struct.pack("!I", len(text)) + text)

    for name, value in sorted(attributes.items()):
        add(name.encode())
        add(value["DataType"].encode())
        if value["DataType"].startswith("Binary"):
            digest.update(bytes([2]))
            add(value["BinaryValue"])
        else:
            digest.update(bytes([1]))
            add(value["StringValue"].encode())
    return digest.hexdigest()


@given(some.dictionaries(NAMES, VALUES, min_size=1, max_size=10))
def test_the_digest_is_that_of_the_guide(attributes: dict[str, Any]) -> None:
    messages.check_attributes(attributes)
    assert messages.digest(attributes) == guide(attributes)
    assert messages.restored(messages.kept(attributes)) == attributes
