"""The SQL of Logs Insights: statements put together from the fragments that a query was compiled to."""

from __future__ import annotations

from collections.abc import Sequence

GROUP_OF_EVENT = "(SELECT g.account || ':' || g.name FROM logs_groups g WHERE g.id = e.group_id)"
EVENTS = "logs_events e JOIN logs_streams s ON s.id = e.stream_id"  # those of deleted streams are left out
_MASKED = (
    "SELECT e.group_id, e.timestamp, e.id, e.stream_id, e.ingested, coalesce(m.message, e.message) AS message"
    " FROM logs_events e LEFT JOIN logs_masks m"
    " ON m.group_id = e.group_id AND m.timestamp = e.timestamp AND m.id = e.id"
)
MASKED_EVENTS = EVENTS.replace("logs_events e", f"({_MASKED}) e")  # as data protection policies let them be seen
EVENT_COLUMNS = ("group_id", "timestamp", "id", "stream_id", "ingested", "message")


def of_groups(groups: Sequence[int], first: str, last: str) -> list[str]:
    """The conditions on events: whose they are, and from when to when."""
    return [
        f"e.group_id IN ({', '.join(map(str, groups))})" if len(groups) != 1 else f"e.group_id = {groups[0]}",
        f"e.timestamp BETWEEN {first} AND {last}",
    ]


def select(
    columns: Sequence[str],
    source: str,
    conditions: Sequence[str] = (),
    group: Sequence[str] = (),
    order: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """One SELECT."""
    sql = f"SELECT {', '.join(columns)} FROM {source}"
    if conditions:
        sql += " WHERE " + " AND ".join(f"({each})" for each in conditions)
    if group:
        sql += " GROUP BY " + ", ".join(group)
    if order:
        sql += " ORDER BY " + ", ".join(order)
    return sql if limit is None else f"{sql} LIMIT {limit}"


def each_once(columns: Sequence[str], source: str, conditions: Sequence[str]) -> str:
    """A SELECT that SQLite runs as it stands; without the LIMIT it would write the columns into the outer query."""
    return f"{select(columns, source, conditions)} LIMIT -1"


def with_items(source: str, items: str) -> str:
    """The rows of `source`, once for each item of a JSON list."""
    return f"{source}, json_each({items}) item"


def counted(source: str, conditions: Sequence[str], matching: Sequence[str]) -> str:
    """How many events were looked at, how many bytes they have, and how many of them match."""
    matched = f"sum(CASE WHEN {' AND '.join(f'({each})' for each in matching)} THEN 1 ELSE 0 END)"
    columns = ["count(*)", "sum(octet_length(e.message))", matched if matching else "count(*)"]
    return select(columns, source, conditions)


def fill(table: str, columns: int) -> str:
    """What fills a table of a reader's own."""
    return f"INSERT INTO temp.{table} VALUES ({', '.join('?' * columns)})"


def table(name: str, columns: Sequence[str]) -> str:
    """What makes a table of a reader's own."""
    return f"CREATE TEMP TABLE {name} ({', '.join(columns)})"
