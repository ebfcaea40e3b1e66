"""Many items in order: Query and Scan, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.dynamodb import measuring, resources
from cloudarium.services.dynamodb.errors import Invalid, ValidationException
from cloudarium.services.dynamodb.expressions import keyconditions, request
from cloudarium.services.dynamodb.expressions.keyconditions import KeyRange
from cloudarium.services.dynamodb.expressions.request import Expressions
from cloudarium.services.dynamodb.operations.encryption import keyed
from cloudarium.services.dynamodb.operations.lookup import find_table
from cloudarium.services.dynamodb.records import items
from cloudarium.services.dynamodb.records.items import Start
from cloudarium.services.dynamodb.rules import keys, values
from cloudarium.services.dynamodb.rules.capacity import Meter, read_units
from cloudarium.services.dynamodb.rules.definition import Index, Table, projected_size, start_names
from cloudarium.services.dynamodb.rules.keys import Attribute
from cloudarium.services.dynamodb.rules.values import Item

PAGE_BYTES = 1024 * 1024
_LISTED = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")  # the order in texts that list them
_QUERY = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")
_QUERY_VALUES = ("FilterExpression", "KeyConditionExpression")
_OLDER_QUERY = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")
_SCAN = ("FilterExpression", "ProjectionExpression")
_OLDER_SCAN = ("AttributesToGet", "ScanFilter", "ConditionalOperator")
_BAD_START = "The provided starting key is invalid"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a Query or Scan reads and shows."""

    table: Table
    index: Index | None
    parts: Expressions
    fetches: bool  # a local index is read, and the rest of each item from the table

    def seen(self, item: Item) -> Item:
        """What of an item the filter and the projection see."""
        return item if self.index is None or self.fetches else self.index.project(item)


@operation("Query", on=resources.table_or_index)
@keyed
def query(call: Call) -> dict[str, Any]:
    """The items with one partition key, a page of at most 1 MB, filtered after they are read."""
    given = call.input
    request.check_together(given, _LISTED, _OLDER_QUERY, _QUERY_VALUES)
    _check_start(given, _OLDER_QUERY[:3])
    parts = request.parts_of(given, _QUERY, _OLDER_QUERY)
    _check_select(given, parts, "Querying")
    if parts.key is None:
        raise ValidationException(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    reading = _reading(call, parts)
    table, index = reading.table, reading.index
    hashes, ranges = _keys_of(table, index)
    if len(hashes) + len(ranges) > 2 or len(hashes) > 1:
        _refuse_older(given)
    start_key = given.get("ExclusiveStartKey")
    if start_key is not None:
        _check_start_hash(start_key, hashes, len(start_names(table, index)))
    hashed, test = keyconditions.bind(parts.key, hashes, ranges, parts.values)
    if start_key is not None:
        _check_start_range(start_key, ranges)
    start = _start(start_key, table, index)
    if start is not None:
        _check_boundaries(start, hashed, test)
    _check_filter(parts, [attribute.name for attribute in hashes + ranges])
    parts.check_keys(table)
    forward = given.get("ScanIndexForward", True)
    rows = items.query(call.store, table, index, hashed, test, start, forward)
    return _page(call, reading, rows)


@operation("Scan", on=resources.table_or_index)
@keyed
def scan(call: Call) -> dict[str, Any]:
    """All items of a table or index, or of a segment of it, a page of at most 1 MB, filtered after they are read."""
    given = call.input
    request.check_together(given, _LISTED[:2], _OLDER_SCAN, ("FilterExpression",))
    _check_start(given, _OLDER_SCAN)
    segment, total = _segment(given)
    parts = request.parts_of(given, _SCAN, _OLDER_SCAN)
    _check_select(given, parts, "Scanning")
    reading = _reading(call, parts)
    table, index, start_key = reading.table, reading.index, given.get("ExclusiveStartKey")
    if start_key is not None and index is not None:
        _check_start_hash(start_key, index.hashes, len(start_names(table, index)))
        _check_start_range(start_key, index.ranges)
    start = _start(start_key, table, index)
    first, last = keys.slot_start(segment, total), keys.slot_start(segment + 1, total)
    if start is not None:
        place = (start.entry or start.base).hash
        if (first is not None and place < first) or (last is not None and place >= last):
            raise ValidationException(
                f"{_BAD_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment."
                f" TotalSegments: {total} Segment: {segment}"
            )
    parts.check_keys(table)
    rows = items.scan(call.store, table, index, start, first if segment else None, last)
    return _page(call, reading, rows)


# ---- What is asked --------------------------------------------------------------------------------------------------


def _check_select(given: Mapping[str, Any], parts: Expressions, doing: str) -> None:
    select = given.get("Select")
    if select == "ALL_PROJECTED_ATTRIBUTES" and "IndexName" not in given:
        raise Invalid(f"ALL_PROJECTED_ATTRIBUTES can be used only when {doing} using an IndexName")
    if select == "SPECIFIC_ATTRIBUTES" and parts.projection is None:
        raise Invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if parts.projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        what = "only the Count" if select == "COUNT" else select
        raise Invalid(f"Cannot specify the AttributesToGet when choosing to get {what}")


def _check_start(given: Mapping[str, Any], older: tuple[str, ...]) -> None:
    """Refuse wrong values in the ExclusiveStartKey, after what is wrong in the legacy parameters `older`."""
    if "ExclusiveStartKey" not in given:
        return
    request.parts_of(given, (), older)
    try:
        values.measure(given["ExclusiveStartKey"])
    except ValidationException as error:
        if any(text in error.message for text in _BARE):
            raise
        raise ValidationException(f"{_BAD_START}: {error.message}") from None


# What AWS says of a start key's values without saying that it speaks of the start key.
_BARE = ("umber", "numeric value", "contains duplicates")


def _keys_of(table: Table, index: Index | None) -> tuple[tuple[Attribute, ...], tuple[Attribute, ...]]:
    """The partition key and the sort key of what is read."""
    if index is not None:
        return index.hashes, index.ranges
    return (table.hash,), () if table.range is None else (table.range,)


def _refuse_older(given: Mapping[str, Any]) -> None:
    if "KeyConditions" in given:
        raise Invalid("KeyConditions cannot be used with an index whose key has several attributes of one kind")


def _check_start_hash(given: Item, hashes: Sequence[Attribute], count: int) -> None:
    """What AWS checks first of an ExclusiveStartKey by what is read; a Query's key condition comes next."""
    if len(given) != count:
        raise ValidationException(_BAD_START)
    _check_start_range(given, hashes)


def _segment(given: Mapping[str, Any]) -> tuple[int, int]:
    segment, total = given.get("Segment"), given.get("TotalSegments")
    if segment is None and total is None:
        return 0, 1
    request.parts_of(given, (), _OLDER_SCAN)  # what is wrong in the legacy parameters comes first
    if total is None:
        raise ValidationException(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is"
            " present"
        )
    if segment is None:
        raise ValidationException(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is"
            " present"
        )
    if segment >= total:
        raise ValidationException(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments:"
            f" Segment: {segment} is not less than TotalSegments: {total}"
        )
    return segment, total


def _reading(call: Call, parts: Expressions) -> Reading:
    given = call.input
    table = find_table(call, given["TableName"])
    index = _index(table, given) if "IndexName" in given else None
    if index is None or index.attributes is None:
        return Reading(table, index, parts, False)
    wants_all = given.get("Select") == "ALL_ATTRIBUTES"
    beyond = sorted((parts.projection.heads if parts.projection else frozenset()) - index.attributes)
    if index.is_global:
        if wants_all:
            raise Invalid(
                f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name}"
                " because its projection type is not ALL"
            )
        if beyond:
            raise Invalid(f"Global secondary index {index.name} does not project [{', '.join(beyond)}]")
        return Reading(table, index, parts, False)
    unseen = (parts.filter.heads if parts.filter else frozenset()) - index.attributes
    return Reading(table, index, parts, bool(wants_all or beyond or unseen))


def _index(table: Table, given: Mapping[str, Any]) -> Index:
    index = table.index(given["IndexName"])
    if index is None:
        raise ValidationException(f"The table does not have the specified index: {given['IndexName']}")
    if index.is_global and given.get("ConsistentRead"):
        raise ValidationException("Consistent reads are not supported on global secondary indexes")
    if index.backfilling:
        raise ValidationException(f"Cannot read from backfilling global secondary index: {index.name}")
    return index


def _check_start_range(given: Item, ranges: Sequence[Attribute]) -> None:
    """The same for the sort key of what is queried."""
    for attribute in ranges:
        if attribute.name not in given:
            raise ValidationException(_BAD_START)
        if attribute.type not in given[attribute.name]:
            raise ValidationException(keys.MISMATCH)


def _start(given: Item | None, table: Table, index: Index | None) -> Start | None:
    """Where to begin. Raises ValidationException when the ExclusiveStartKey is not a key of what is read."""
    if given is None:
        return None
    try:
        if set(given) != set(start_names(table, index)):
            raise ValidationException(keys.MISMATCH)
        base = table.key({name: given[name] for name in table.key_names})
    except ValidationException as error:
        raise ValidationException(f"{_BAD_START}: {error.message}") from None
    if index is None:
        return Start(base, None)
    entry = index.key_of(given)
    if entry is None:
        raise ValidationException(_BAD_START)
    return Start(base, entry)


def _check_boundaries(start: Start, hashed: bytes, test: KeyRange | None) -> None:
    place = start.entry or start.base
    if test is None:
        if place.hash != hashed:
            raise ValidationException(
                "The provided starting key is outside query boundaries based on provided conditions"
            )
        return
    if not test.holds(place.range):
        raise ValidationException("The provided starting key does not match the range key predicate")
    if place.hash != hashed:
        raise ValidationException("The query can return at most one row and cannot be restarted")


def _check_filter(parts: Expressions, names: Sequence[str]) -> None:
    for name in names if parts.filter is not None else ():
        if parts.filter is not None and name in parts.filter.heads:
            raise ValidationException(
                f"{parts.filter_name} can only contain non-primary key attributes: Primary key attribute: {name}"
            )


# ---- The page -------------------------------------------------------------------------------------------------------


def _page(call: Call, reading: Reading, rows: Iterable[tuple[int, bytes]]) -> dict[str, Any]:
    """Read rows up to the limit or 1 MB, keep those the filter lets through, and say where to go on."""
    given, parts, index = call.input, reading.parts, reading.index
    limit, counting = given.get("Limit"), given.get("Select") == "COUNT"
    shown: list[Any] = []
    scanned = kept = size = fetched = 0
    consistent = given.get("ConsistentRead", False)
    last: bytes | None = None
    narrow = index is not None and index.attributes is not None
    whole = not narrow and parts.filter is None and parts.projection is None
    for row_size, stored in rows:
        scanned += 1
        if whole:
            kept += 1
            if not counting:
                shown.append(values.whole(stored, call.protocol))
        else:
            item = values.load(stored)
            if narrow and index is not None:
                fetched += int(2 * read_units(row_size, consistent)) if reading.fetches else 0
                row_size = projected_size(index, item, row_size)
            seen = reading.seen(item)
            if parts.filter is None or parts.filter.test(seen, parts.values):
                kept += 1
                if not counting:
                    shown.append(seen if parts.projection is None else parts.projection.show(seen))
        size += row_size
        if scanned == limit or size >= PAGE_BYTES:
            last = stored
            break
    answer: dict[str, Any] = {"Count": kept, "ScannedCount": scanned}
    if not counting:
        answer["Items"] = shown
    if last is not None:
        item = values.load(last)
        answer["LastEvaluatedKey"] = {name: item[name] for name in start_names(reading.table, index)}
    meter = Meter(reading.table)
    meter.add(read_units(size, consistent), index)
    meter.add(fetched / 2)
    measuring.read(call, meter)
    wanted = given.get("ReturnConsumedCapacity")
    if wanted is not None:
        answer["ConsumedCapacity"] = meter.report(wanted)
    return answer
