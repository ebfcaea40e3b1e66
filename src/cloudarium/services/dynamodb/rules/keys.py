"""Keys as bytes that sort as DynamoDB sorts them, and what a key may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zlib import crc32

from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.rules import numbers, values
from cloudarium.services.dynamodb.rules.values import Item, Value

MAX_HASH = 2048
MAX_RANGE = 1024
SLOTS = 1 << 32  # as many as four bytes can tell apart
MISMATCH = "The provided key element does not match the schema"
HASH_TOO_LONG = "Size of hashkey has exceeded the maximum size limit of2048 bytes"  # sic
RANGE_TOO_LONG = "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"


class Attribute(NamedTuple):
    """A key attribute: its name, and its type S, N or B."""

    name: str
    type: str


class Key(NamedTuple):
    """An item's place: its encoded partition key and sort key (empty without one)."""

    hash: bytes
    range: bytes


def encode(kind: str, content: Any) -> bytes:
    """A key's content in bytes: text as UTF-8, numbers by `numbers.encode`, binary as it is."""
    if kind == "S":
        return content.encode()
    if kind == "N":
        return numbers.encode(content)
    return content


def slotted(encoded: bytes) -> bytes:
    """A partition key with its checksum in front, so that partitions lie in an order of no meaning."""
    return crc32(encoded).to_bytes(4, "big") + encoded


def slot_start(segment: int, total: int) -> bytes | None:
    """Where segment `segment` of `total` begins among the slotted partition keys, None past the last."""
    return (-(-segment * SLOTS // total)).to_bytes(4, "big") if segment < total else None


def successor(prefix: bytes) -> bytes | None:
    """The first bytes after all that begin with `prefix`, None when nothing is."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else None


def schema_key(hash_: Attribute, range_: Attribute | None, key: Mapping[str, Value]) -> Key:
    """The place that a `Key` parameter names, of checked values. Raises ValidationException when it does not fit."""
    if len(key) != (1 if range_ is None else 2):
        raise ValidationException(MISMATCH)
    hashed = slotted(_piece(hash_, key, MAX_HASH))
    return Key(hashed, b"" if range_ is None else _piece(range_, key, MAX_RANGE))


def _piece(attribute: Attribute, key: Mapping[str, Value], limit: int) -> bytes:
    value = key.get(attribute.name)
    if value is None or attribute.type not in value:
        raise ValidationException(MISMATCH)
    return content(attribute, value, limit)


def content(attribute: Attribute, value: Value, limit: int) -> bytes:
    """A key attribute's value of the right type, encoded. Raises ValidationException when it is empty or too long."""
    encoded = encode(attribute.type, value[attribute.type])
    if not encoded:
        kind = "string" if attribute.type == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an"
            f" empty {kind} value. Key: {attribute.name}"
        )
    if len(encoded) > limit:
        raise Invalid(HASH_TOO_LONG if limit == MAX_HASH else RANGE_TOO_LONG)
    return encoded


def fitting(attribute: Attribute, item: Item, limit: int) -> bytes | None:
    """An item's value as an index's key, encoded; None when the item has none that may be one.

    Writes refuse what may not, but an item may be older than the index.
    """
    value = item.get(attribute.name)
    if value is None or attribute.type not in value:
        return None
    encoded = encode(attribute.type, value[attribute.type])
    return encoded if 0 < len(encoded) <= limit else None


def fitting_all(attributes: Sequence[Attribute], item: Item, limit: int) -> bytes | None:
    """An item's values as the partition or the sort key of an index, joined; None when the item has none."""
    if len(attributes) == 1:
        return fitting(attributes[0], item, limit)
    pieces = []
    for attribute in attributes:
        piece = fitting(attribute, item, limit)
        if piece is None:
            return None
        pieces.append(piece)
    return joined(pieces) if sum(map(len, pieces)) <= limit else None


def joined(pieces: Sequence[bytes]) -> bytes:
    """The values of several attributes in bytes that sort as the values do, the first before the second."""
    return b"".join(escaped(piece) + _END for piece in pieces)


def escaped(piece: bytes) -> bytes:
    """A value without what ends it: whatever begins with it does so joined, too."""
    return piece.replace(b"\x00", b"\x00\xff")


_END = b"\x00\x00"


def check_joined(attributes: Sequence[Attribute], item: Item, limit: int) -> None:
    """Refuse an item whose values for an index's key of several attributes are too long together."""
    if len(attributes) > 1:
        pieces = [fitting(attribute, item, limit) or b"" for attribute in attributes]
        if sum(map(len, pieces)) > limit:
            raise Invalid(HASH_TOO_LONG if limit == MAX_HASH else RANGE_TOO_LONG)


def item_key(hash_: Attribute, range_: Attribute | None, item: Item) -> Key:
    """The place of an item that is put. Raises ValidationException when a key attribute is missing or wrong."""
    hashed = slotted(_item_piece(hash_, item, MAX_HASH))
    return Key(hashed, b"" if range_ is None else _item_piece(range_, item, MAX_RANGE))


def _item_piece(attribute: Attribute, item: Item, limit: int) -> bytes:
    value = item.get(attribute.name)
    if value is None:
        raise Invalid(f"Missing the key {attribute.name} in the item")
    if attribute.type not in value:
        raise Invalid(
            f"Type mismatch for key {attribute.name} expected: {attribute.type} actual: {values.kind_of(value)}"
        )
    return content(attribute, value, limit)


def check_index_value(attribute: Attribute, value: Value, index: str, limit: int) -> None:
    """Refuse an item's value that may not be the key of the secondary index `index`."""
    if attribute.type not in value:
        raise Invalid(
            f"Type mismatch for Index Key {attribute.name} Expected: {attribute.type} Actual:"
            f" {values.kind_of(value)} IndexName: {index}"
        )
    length = 1 if attribute.type == "N" else len(encode(attribute.type, value[attribute.type]))
    if length == 0:
        kind = "string" if attribute.type == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported."
            f" The AttributeValue for a key attribute cannot contain an empty {kind} value."
            f" IndexName: {index}, IndexKey: {attribute.name}"
        )
    if length > limit:
        raise Invalid(HASH_TOO_LONG if limit == MAX_HASH else RANGE_TOO_LONG)
