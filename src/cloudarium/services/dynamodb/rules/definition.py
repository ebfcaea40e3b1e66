"""A table as calls need it: its definition, compiled once per change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from cloudarium.services.dynamodb.rules import keys, values
from cloudarium.services.dynamodb.rules.keys import Attribute, Key
from cloudarium.services.dynamodb.rules.values import Item
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope


class StreamSettings(NamedTuple):
    """The stream that a table's changes go to."""

    id: int
    view: str
    label: str


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: its keys, and which attributes it shows (None: all)."""

    name: str
    slot: int
    is_global: bool
    hashes: tuple[Attribute, ...]  # a global index may have up to four of each kind
    ranges: tuple[Attribute, ...]
    projection: str
    attributes: frozenset[str] | None
    backfilling: bool

    @property
    def kind(self) -> str:
        """The member of ConsumedCapacity that reports it."""
        return "GlobalSecondaryIndexes" if self.is_global else "LocalSecondaryIndexes"

    def key_of(self, item: Item) -> Key | None:
        """Where the item lies in this index, None when it lacks one of the index's keys."""
        hashed = keys.fitting_all(self.hashes, item, keys.MAX_HASH)
        if hashed is None:
            return None
        if not self.ranges:
            return Key(keys.slotted(hashed), b"")
        ranged = keys.fitting_all(self.ranges, item, keys.MAX_RANGE)
        return None if ranged is None else Key(keys.slotted(hashed), ranged)

    def project(self, item: Item) -> Item:
        """What the index shows of an item."""
        if self.attributes is None:
            return item
        return {name: value for name, value in item.items() if name in self.attributes}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: where it is, its keys, its indexes, its stream, and the whole definition as recorded."""

    id: int
    scope: Scope
    name: str
    hash: Attribute
    range: Attribute | None
    indexes: tuple[Index, ...]
    key_names: tuple[str, ...]
    stream: StreamSettings | None
    expiry: str | None  # the TimeToLive attribute
    recovers: bool  # whether what items were is kept
    guarded: bool  # whether calls on items need a look: a customer's key, or items that are still to come
    definition: dict[str, Any]

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return arn.make("dynamodb", self.scope, f"table/{self.name}")

    @property
    def has_collections(self) -> bool:
        """Whether items with one partition key form a collection: only tables with local indexes have them."""
        return any(not index.is_global for index in self.indexes)

    def index(self, name: str) -> Index | None:
        """The secondary index of that name."""
        return next((index for index in self.indexes if index.name == name), None)

    def key(self, given: dict[str, Any]) -> Key:
        """The place that a checked `Key` parameter names."""
        return keys.schema_key(self.hash, self.range, given)

    def key_of(self, item: Item) -> Key:
        """The place of an item that is written; its index keys are checked too."""
        place = keys.item_key(self.hash, self.range, item)
        if self.indexes:
            self.check_index_keys(item)
        return place

    def check_index_keys(self, item: Item) -> None:
        """Refuse an item with a value that may not be a secondary index's key."""
        for index in reversed(self.indexes):
            self.check_index_key(index, item)

    def check_index_key(self, index: Index, item: Item) -> None:
        """Refuse an item with a value that may not be this index's key."""
        for attributes, limit in ((index.hashes, keys.MAX_HASH), (index.ranges, keys.MAX_RANGE)):
            for attribute in attributes:
                value = item.get(attribute.name)
                if value is not None:
                    keys.check_index_value(attribute, value, index.name, limit)
            keys.check_joined(attributes, item, limit)

    def key_values(self, item: Item) -> Item:
        """The key attributes of an item."""
        return {name: item[name] for name in self.key_names}

    def due(self, item: Item) -> float | None:
        """When the item expires, None when it does not.

        The attribute must be a number of epoch seconds, and a time more than five years past does not count.
        Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
        """
        value = item.get(self.expiry) if self.expiry else None
        if value is None or "N" not in value:
            return None
        when = float(value["N"])
        return when if 0 < when < 1e15 else None


def start_names(table: Table, index: Index | None) -> tuple[str, ...]:
    """The attributes of a LastEvaluatedKey: the table's key, and the index's when one is read."""
    names = list(table.key_names)
    if index is not None:
        for attribute in index.hashes + index.ranges:
            if attribute.name not in names:
                names.append(attribute.name)
    return tuple(names)


@lru_cache(maxsize=4096)
def compile_table(id: int, account: str, region: str, name: str, definition: bytes) -> Table:
    """The table of a recorded definition; the cache goes by the definition itself, so it is never stale."""
    parsed = orjson.loads(definition)
    types = {each["AttributeName"]: each["AttributeType"] for each in parsed["AttributeDefinitions"]}
    hashes, ranges = _keys(parsed["KeySchema"], types)
    base = tuple(attribute.name for attribute in hashes + ranges)
    indexes = [_index(each, types, base, False) for each in parsed.get("LocalSecondaryIndexes", ())]
    indexes += [_index(each, types, base, True) for each in parsed.get("GlobalSecondaryIndexes", ())]
    stream = parsed.get("Stream")
    return Table(
        id=id,
        scope=Scope(account, region),
        name=name,
        hash=hashes[0],
        range=ranges[0] if ranges else None,
        indexes=tuple(indexes),
        key_names=base,
        stream=StreamSettings(stream["Id"], stream["View"], stream["Label"]) if stream and stream["On"] else None,
        expiry=parsed.get("TimeToLive"),
        recovers=parsed.get("Recovery") is not None,
        guarded="TableKey" in parsed or "Restoring" in parsed,
        definition=parsed,
    )


def _keys(schema: list[dict[str, str]], types: dict[str, str]) -> tuple[tuple[Attribute, ...], tuple[Attribute, ...]]:
    """The attributes of the partition key and those of the sort key."""
    found: dict[str, list[Attribute]] = {"HASH": [], "RANGE": []}
    for element in schema:
        name = element["AttributeName"]
        found[element["KeyType"]].append(Attribute(name, types[name]))
    return tuple(found["HASH"]), tuple(found["RANGE"])


def _index(definition: dict[str, Any], types: dict[str, str], base: tuple[str, ...], is_global: bool) -> Index:
    hashes, ranges = _keys(definition["KeySchema"], types)
    projection = definition["Projection"]["ProjectionType"]
    shown = None
    if projection != "ALL":
        own = [attribute.name for attribute in hashes + ranges]
        shown = frozenset((*base, *own, *definition["Projection"].get("NonKeyAttributes", ())))
    return Index(
        name=definition["IndexName"],
        slot=definition["Slot"],
        is_global=is_global,
        hashes=hashes,
        ranges=ranges,
        projection=projection,
        attributes=shown,
        backfilling=definition.get("Backfilling", False),
    )


def projected_size(index: Index, item: Item, size: int) -> int:
    """How many bytes of an item of `size` bytes the index shows."""
    return size if index.attributes is None else values.measure(index.project(item))
