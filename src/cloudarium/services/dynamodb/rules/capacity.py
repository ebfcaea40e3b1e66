"""Consumed capacity: what a call costs in units, and how the answer reports it.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.services.dynamodb.rules.definition import Index, Table, projected_size
from cloudarium.services.dynamodb.rules.values import Item, equal

READ_UNIT = 4096
WRITE_UNIT = 1024


def read_units(size: int, consistent: bool) -> float:
    """The units of reading `size` bytes: at least one block of 4 KB, half price when eventually consistent."""
    blocks = max(1, -(-size // READ_UNIT))
    return float(blocks) if consistent else blocks / 2


def write_units(size: int) -> float:
    """The units of writing `size` bytes: blocks of 1 KB, at least one."""
    return float(max(1, -(-size // WRITE_UNIT)))


def index_units(index: Index, old: Item | None, old_size: int, new: Item | None, new_size: int) -> float:
    """What a write costs in one index: nothing when what the index shows stays, two writes when its key moves."""
    was = index.key_of(old) if old is not None else None
    is_ = index.key_of(new) if new is not None else None
    before = write_units(projected_size(index, old, old_size)) if old is not None and was is not None else 0.0
    after = write_units(projected_size(index, new, new_size)) if new is not None and is_ is not None else 0.0
    if was is None or is_ is None or was != is_ or old is None or new is None:
        return before + after
    return 0.0 if equal({"M": index.project(old)}, {"M": index.project(new)}) else max(before, after)


class Meter:
    """Adds up one table's units over a call."""

    __slots__ = ("indexes", "kinds", "table", "units")

    def __init__(self, table: Table) -> None:
        self.table = table
        self.units = 0.0
        self.indexes: dict[str, float] = {}
        self.kinds: dict[str, str] = {}

    def add(self, units: float, index: Index | None = None) -> None:
        """Count units of the table, or of one of its indexes."""
        if index is None:
            self.units += units
        elif units:
            self.indexes[index.name] = self.indexes.get(index.name, 0.0) + units
            self.kinds[index.name] = index.kind

    def add_write(self, old: Item | None, old_size: int, new: Item | None, new_size: int, factor: int = 1) -> None:
        """Count a write of one item: the larger of before and after, and what it does to each index."""
        self.add(factor * write_units(max(old_size, new_size)))
        for index in self.table.indexes:
            self.add(factor * index_units(index, old, old_size, new, new_size), index)

    def report(self, wanted: str | None, split: str | None = None) -> dict[str, Any] | None:
        """The ConsumedCapacity that `ReturnConsumedCapacity` asks for, None when it asks for none.

        Transactions also say whether the units are read or written: `split` is ReadCapacityUnits or WriteCapacityUnits.
        """
        if wanted not in ("TOTAL", "INDEXES"):
            return None
        total = self.units + sum(self.indexes.values())
        answer: dict[str, Any] = {"TableName": self.table.name, **_units(total, split)}
        if wanted == "INDEXES":
            answer["Table"] = _units(self.units, split)
            for name, units in self.indexes.items():
                answer.setdefault(self.kinds[name], {})[name] = _units(units, split)
        return answer


def _units(units: float, split: str | None) -> dict[str, float]:
    return {"CapacityUnits": units} if split is None else {"CapacityUnits": units, split: units}
