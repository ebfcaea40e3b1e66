"""Runs plans on a reader connection: what SQLite lacks is added as functions. Lives in a child process of the cloud."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
import signal
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import orjson

from cloudarium.services.logs.insights import additions, clusters
from cloudarium.services.logs.insights.globs import compiled
from cloudarium.services.logs.records import searches

PAGE = 1000  # rows of one stored page of results
_MOST_BYTES = 64 * 1024 * 1024  # of results as JSON
_HEAP = 768 * 1024 * 1024
_LONGEST_KEY = 64
_TICK = 2.0  # seconds; one match may take as long as two ticks
_INSTRUCTIONS = 2_000_000

_PRAGMAS = f"""
PRAGMA temp_store = FILE;
PRAGMA cache_size = -65536;
PRAGMA mmap_size = 268435456;
PRAGMA hard_heap_limit = {_HEAP};
"""


class _Watch:
    """Ends a match that goes on without end, and the process when the cloud is gone."""

    def __init__(self) -> None:
        self.turn = 0
        self._last = -1
        self._parent = os.getppid()
        self.codes: set[Any] = set()

    def start(self) -> None:
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)

    def alive(self) -> bool:
        """Progress handler: False goes on; ends the process when the cloud is gone."""
        if os.getppid() != self._parent:
            os._exit(1)
        return False

    def _tick(self, number: int, frame: Any) -> None:
        self.alive()
        matching = frame is not None and frame.f_code in self.codes
        if matching and self._last == self.turn:
            raise TimeoutError("A regular expression takes too long")
        self._last = self.turn if matching else -1


class Engine:
    """One connection to the cloud's file, for reading only."""

    def __init__(self, path: Path) -> None:
        os.environ["SQLITE_TMPDIR"] = str(path.parent)
        self.watch = _Watch()
        self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        self._connection.set_busy_timeout(10_000)
        list(self._connection.execute(_PRAGMAS))
        self._connection.set_progress_handler(self.watch.alive, _INSTRUCTIONS)
        for name, (function, arguments) in additions.FUNCTIONS.items():
            self._add(name, function, arguments)
        self._connection.create_aggregate_function("stddev", additions.deviation, 1)

    def _add(self, name: str, function: Any, arguments: int) -> None:
        self._connection.create_scalar_function(name, function, arguments, deterministic=True)

    def run(self, plan: dict[str, Any]) -> dict[str, Any]:
        """The results of a plan in pages, and its statistics."""
        for at, (purpose, pattern) in enumerate(plan["regexes"]):
            function = (self._matcher if purpose == "matches" else self._parser)(compiled(pattern))
            self.watch.codes.add(function.__code__)
            self._add(f"{purpose}{at}", function, 1 if purpose == "matches" else 2)
        scanned, size, matched = self._counted(plan, {})
        if plan["earlier"]:
            more = self._counted(plan, plan["earlier"])
            scanned, size, matched = scanned + more[0], size + more[1], matched + more[2]
        if plan["patterns"]:
            self._cluster(plan)
        pages = self._pages(plan)
        return {"scanned": scanned, "bytes": size, "matched": matched, "pages": pages}

    def _counted(self, plan: dict[str, Any], times: dict[str, int]) -> tuple[int, int, int]:
        parameters = {**self._of(plan, "counting"), **times}
        scanned, size, matched = next(self._connection.execute(plan["counting"], parameters))
        return scanned, size or 0, matched or 0

    def _of(self, plan: dict[str, Any], statement: str) -> dict[str, Any]:
        wanted = set(re.findall(r":(p\d+)", plan[statement]))
        return {name: value for name, value in plan["parameters"].items() if name in wanted}

    def _pages(self, plan: dict[str, Any]) -> list[dict[str, Any]]:
        pages: list[dict[str, Any]] = []
        rows: list[bytes] = []
        size = 0
        for row in self._rows(plan):
            written = orjson.dumps(_shown(row, plan["columns"], plan["pointers"]))
            size += len(written)
            if size > _MOST_BYTES:
                break
            rows.append(written)
            if len(rows) == PAGE:
                pages.append(_page(rows))
                rows = []
        if rows:
            pages.append(_page(rows))
        return pages

    def _rows(self, plan: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of the result; of those with equal keys only the first, and all that lack one."""
        rows = self._connection.execute(plan["sql"], self._of(plan, "sql"))
        keys = plan["keys"]
        if not keys:
            yield from rows
            return
        seen: set[tuple[Any, ...]] = set()
        left = plan["most"]
        for row in rows:
            key = row[-keys:]
            if None not in key:
                key = tuple(map(_short, key))
                if key in seen:
                    continue
                seen.add(key)
            yield row[:-keys]
            left -= 1
            if not left:
                return

    def _cluster(self, plan: dict[str, Any]) -> None:
        own = self._of(plan, "patterns")
        found = list(self._connection.execute(plan["patterns"], own))
        earlier = plan["earlier"] and list(self._connection.execute(plan["patterns"], {**own, **plan["earlier"]}))
        rows = clusters.merged(found, earlier or ())
        self._connection.execute("DROP TABLE IF EXISTS temp.patterns")
        self._connection.execute(searches.table("patterns", clusters.COLUMNS))
        self._connection.executemany(searches.fill("patterns", len(clusters.COLUMNS)), rows)

    def _matcher(self, pattern: Any) -> Any:
        search, watch = pattern.search, self.watch

        def matches(text: str | None) -> int | None:
            watch.turn += 1
            return None if text is None else search(text) is not None

        return matches

    def _parser(self, pattern: Any) -> Any:
        search, watch = pattern.search, self.watch
        last: list[Any] = [None, None]  # the fields of one parse ask for the same text one after the other

        def parse(text: str | None, group: int) -> str | None:
            if text is None:
                return None
            watch.turn += 1
            if text != last[0]:
                last[0], last[1] = text, search(text)
            found = last[1]
            part: str | None = None if found is None else found[group]
            return part

        return parse


def _short(key: str) -> str | bytes:
    """A key, or its digest where many keys would fill the memory."""
    if len(key) <= _LONGEST_KEY:
        return key
    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()


def _page(rows: list[bytes]) -> dict[str, Any]:
    return {"rows": len(rows), "data": base64.b64encode(zlib.compress(b"[" + b",".join(rows) + b"]", 1)).decode()}


def _shown(row: tuple[Any, ...], columns: list[tuple[str, str]], pointers: bool) -> list[dict[str, str]]:
    """A row as AWS answers it: what is missing is left out."""
    fields = [
        {"field": name, "value": shown(value, kind)}
        for (name, kind), value in zip(columns, row, strict=False)
        if value is not None
    ]
    if pointers:
        fields.append({"field": "@ptr", "value": pointer(*row[-3:])})
    return fields


def pointer(group: int, timestamp: int, number: int) -> str:
    """The @ptr of an event."""
    return base64.b64encode(orjson.dumps([group, timestamp, number])).decode()


def shown(value: Any, kind: str) -> str:
    """A value as text: times in UTC, computed numbers with four decimals at most."""
    if kind == "time" and isinstance(value, (int, float)) and abs(value) < 2.5e14:
        moment = datetime.fromtimestamp(int(value) // 1000, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{int(value) % 1000:03d}"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        rounded = round(value, 4) if kind == "number" else value
        if rounded == int(rounded) and abs(rounded) < 1e21:
            return str(int(rounded))
        return repr(rounded)
    return value if isinstance(value, str) else str(value)
