"""Columns of rows in which something is missing."""

from __future__ import annotations

from cloudarium.shared.columns import columns_of


def test_a_column_that_the_first_row_lacks_stands_where_later_rows_have_it() -> None:
    rows = [{"time": 1, "message": "a"}, {"time": 2, "level": "E", "message": "b", "id": 7}, {"first": 0, "time": 3}]
    assert columns_of(rows) == ["first", "time", "level", "message", "id"]
    assert columns_of(rows, ("time", "id")) == ["first", "level", "message"]
    assert columns_of([]) == []
