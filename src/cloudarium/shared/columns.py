"""The columns of rows that leave out what they lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def columns_of(rows: Sequence[Mapping[str, object]], without: Iterable[str] = ()) -> list[str]:
    """The names of all rows, in the order that the rows agree on: a new one stands behind the one it follows."""
    left_out, names = set(without), list[str]()
    for row in rows:
        place = 0
        for name in row:
            if name in left_out:
                continue
            if name in names:
                place = names.index(name) + 1
            else:
                names.insert(place, name)
                place += 1
    return names
