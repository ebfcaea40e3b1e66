"""The journal's rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudarium.glass.grounds import Grounds, digest_of
from cloudarium.traces.runs import Run

if TYPE_CHECKING:
    from cloudarium.store import Store


class Kind(NamedTuple):
    """What many calls share: it is kept once for all of them."""

    account: str
    region: str
    service: str
    operation: str
    principal: str
    access_key: str
    error: str
    signed: bool
    source: str
    agent: str


class Own(NamedTuple):
    """What is a call's own: times in epoch seconds, duration in microseconds, sizes in bytes.

    `decision` is the JSON of (action, resource, allowed, reason, ((policy, sid), …), digest of its grounds, values of
    the condition keys or null, whether the handler asked it beside what the call needs) for each permission asked for.
    """

    request_id: str
    parent: str
    trace: str
    started: float
    micros: int
    status: int
    bytes_in: int
    bytes_out: int
    decision: bytes


class Asked(NamedTuple):
    """What a request at a door asked for: `path` as it was sent, `route` the key of the route that was taken.

    `owner` is whose door it is, the id of an API for example, and `owner_name` what it is called.
    """

    method: str
    path: str
    route: str
    owner: str
    owner_name: str


class Entry(NamedTuple):
    """One call, whole: the fields of its Own and of its Kind, and of what it Asked for if it came by a door."""

    request_id: str
    parent: str
    trace: str
    started: float
    micros: int
    status: int
    bytes_in: int
    bytes_out: int
    decision: bytes
    account: str
    region: str
    service: str
    operation: str
    principal: str
    access_key: str
    error: str
    signed: bool
    source: str
    agent: str
    method: str
    path: str
    route: str
    owner: str
    owner_name: str

    @property
    def title(self) -> str:
        """What was asked for: `GET /products/{id}` at a door, else service and operation."""
        if not self.method:
            return f"{self.service}:{self.operation}"
        place = self.route.partition(" ")[2]  # one for all paths says less than the path
        return f"{self.method} {self.path if not place or '+}' in place else place}"

    @property
    def asked(self) -> dict[str, str] | None:
        """What was asked for at a door, as JSON has it; None for calls."""
        if not self.method:
            return None
        named = {"id": self.owner, "name": self.owner_name}
        return {"method": self.method, "path": self.path, "route": self.route, **named}


_ENTRY = 250  # bytes of an entry beside its decisions, with its indexes
_PORTION = 1000  # entries that are taken away at a time
_MOST_FAILED = 10_000  # calls with an error that are looked through
_SHARED = ", ".join(Kind._fields)
_KEEP_KIND = f"""INSERT INTO journal_kinds ({_SHARED}, last) VALUES ({", ".join("?" * len(Kind._fields))}, ?)
    ON CONFLICT DO UPDATE SET last = excluded.last RETURNING id"""
_KEEP = f"INSERT INTO journal (kind, {', '.join(Own._fields)}) VALUES (?, {', '.join('?' * len(Own._fields))})"
_KEEP_DOOR = f"INSERT INTO journal_doors VALUES (?, {', '.join('?' * len(Asked._fields))})"
_ASKED = ", ".join(f"coalesce({name}, '')" for name in Asked._fields)
_PLACE = "substr(route, instr(route, ' ') + 1)"
_COLUMNS = f"{', '.join(Own._fields)}, {_SHARED}, {_ASKED}"
# The planner must walk the journal from its end: what is asked for is nearly always near.
_ENTRIES = f"""SELECT {_COLUMNS} FROM journal CROSS JOIN journal_kinds ON id = kind
    LEFT JOIN journal_doors ON entry = number"""


def write(store: Store, entries: Sequence[tuple[Kind, Sequence[Any], Asked | None]]) -> int:
    """Add entries in the order in which the calls ended; the last's number.

    Each is its kind, the values of an Own, and what was asked for if it came by a door.
    """
    before = (store.one("SELECT seq FROM sqlite_sequence WHERE name = 'journal'") or (0,))[0]
    last = before + len(entries)
    numbers: dict[Kind, int] = {}
    with store.transaction():
        store.begin()
        for kind, *_ in entries:
            if kind not in numbers:
                numbers[kind] = store.one(_KEEP_KIND, (*kind, last))[0]
        store.run_many(_KEEP, ((numbers[kind], *own) for kind, own, _ in entries))
        asked = [(number, *one) for number, (*_, one) in enumerate(entries, before + 1) if one is not None]
        if asked:
            store.run_many(_KEEP_DOOR, asked)
    return last


def write_grounds(store: Store, last: int, grounds: Iterable[Grounds]) -> None:
    """Keep what the decisions of entries up to the number `last` rested on, each of it once."""
    kept = list(grounds)
    documents = {digest_of(document): document for each in kept for document in each.documents}
    for table, values in (
        ("grounds", [(each.digest, each.shown, last) for each in kept]),
        ("texts", [(digest, document.text, last) for digest, document in documents.items()]),
    ):
        store.run_many(
            f"INSERT INTO journal_{table} VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last", values
        )


def trim(store: Store, kept: int, most: int, grown: int) -> None:
    """Take away the first entries until there are at most `kept` and they take at most `most` bytes.

    `grown` is by how many bytes (see `size_of`) there are more since the last time. What only those rested on that are
    gone goes, too.
    """
    last = store.one("SELECT max(number) FROM journal")[0] or 0
    bytes_ = _volume(store, grown) - _remove(store, last - kept)
    while bytes_ > most:
        first = store.one("SELECT number FROM journal ORDER BY number LIMIT 1 OFFSET ?", (_PORTION,))
        if first is None:
            break
        bytes_ -= _remove(store, first[0])


def size_of(own: Sequence[Any]) -> int:
    """About how many bytes an entry takes."""
    return _ENTRY + len(own[-1])


def _volume(store: Store, grown: int) -> int:
    sql = f"SELECT coalesce(sum({_ENTRY} + length(decision)), 0) FROM journal"
    return store.volumes.add("journal", grown, lambda: store.one(sql)[0])


def _remove(store: Store, until: int) -> int:
    """Take away the entries up to a number; how many bytes they took."""
    sql = f"SELECT count(*), coalesce(sum({_ENTRY} + length(decision)), 0) FROM journal WHERE number <= ?"
    count, size = store.one(sql, (until,))
    if not count:
        return 0
    others = (("doors", "entry"), ("kinds", "last"), ("grounds", "last"), ("texts", "last"))
    for table, number in (("journal", "number"), *((f"journal_{name}", number) for name, number in others)):
        store.run(f"DELETE FROM {table} WHERE {number} <= ?", (until,))
    _volume(store, -size)
    return int(size)


def grounds(store: Store, digest: str) -> bytes | None:
    """The JSON of the grounds with this digest."""
    row = store.one("SELECT shown FROM journal_grounds WHERE digest = ?", (digest,))
    return row and row[0]


def text(store: Store, digest: str) -> str | None:
    """The policy text with this digest."""
    row = store.one("SELECT text FROM journal_texts WHERE digest = ?", (digest,))
    return row and row[0]


def find(
    store: Store,
    *,
    account: str | None = None,
    service: str | None = None,
    operation: str | None = None,
    request_id: str | None = None,
    error: str | None = None,
    path: str | None = None,
    parent: str | None = None,
    failed: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """The entries that match every filter that is given, the newest first.

    `path` is that of a request or a route, `parent` is empty for what came from outside of the cloud.
    """
    wanted = {
        "account": account, "service": service, "operation": operation, "request_id": request_id, "error": error,
        "parent": parent,
    }  # fmt: skip
    given = {name: value for name, value in wanted.items() if value is not None}
    conditions = [f"{name} = ?" for name in given]
    if failed:
        conditions.append("status >= 400")
    if before is not None:
        conditions.append("number < ?")
    params = [*given.values(), *([] if before is None else [before])]
    if path is not None:
        conditions.append(f"number IN (SELECT entry FROM journal_doors WHERE ? IN (path, route, {_PLACE}))")
        params.append(path)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    params.append(limit)
    return store.all(f"{_ENTRIES} {where} ORDER BY number DESC LIMIT ?", params, Entry)


def by_start(store: Store, start: str) -> Entry | None:
    """The newest entry whose request id starts so; one that is whole has no other."""
    sql = f"{_ENTRIES} WHERE request_id >= ? AND request_id < ? ORDER BY number DESC LIMIT 1"
    return store.one(sql, (start, start + "~"), Entry)


def failed(store: Store, *, account: str | None = None) -> Iterator[Entry]:
    """The calls that ended with an error, the newest first."""
    mine, params = ("AND account = ?", [account]) if account is not None else ("", [])
    sql = f"{_ENTRIES} WHERE status >= 400 {mine} ORDER BY number DESC LIMIT {_MOST_FAILED}"
    return store.each(sql, params, Entry)


def failed_of_trace(store: Store, root: str) -> list[Entry]:
    """The calls of a trace (its `Root=…`) that ended with an error, in the order in which they ended."""
    sql = f"{_ENTRIES} WHERE status >= 400 AND trace >= ? AND trace < ? ORDER BY number LIMIT {_MOST_FAILED}"
    return store.all(sql, (root, root + "~"), Entry)


def last_of_key(store: Store, access_key: str) -> Entry | None:
    """The newest call that this access key really signed."""
    return _last_of_kinds(store, "access_key = ? AND access_key <> '' AND signed", (access_key,))


def last_of_callers(store: Store, start: str) -> Entry | None:
    """The newest call of callers whose ARN starts with `start`, as those of all sessions of a role do."""
    return _last_of_kinds(store, "principal >= ? AND principal < ?", (start, start + chr(0x10FFFF)))


def _last_of_kinds(store: Store, condition: str, params: tuple[str, ...]) -> Entry | None:
    newest = f"SELECT max((SELECT max(number) FROM journal WHERE kind = id)) FROM journal_kinds WHERE {condition}"
    return store.one(f"{_ENTRIES} WHERE number = ({newest})", params, Entry)


# ---- Traces: the calls and runs of one ------------------------------------------------------------------------------

_RUN = ", ".join(Run._fields)
_KEEP_RUN = f"INSERT INTO journal_runs ({_RUN}) VALUES ({', '.join('?' * len(Run._fields))})"


def write_runs(store: Store, runs: Sequence[Run], kept: int) -> None:
    """Add runs of functions, and take away all but the last `kept`."""
    store.run_many(_KEEP_RUN, runs)
    store.run("DELETE FROM journal_runs WHERE number <= (SELECT max(number) FROM journal_runs) - ?", (kept,))


def of_trace(store: Store, root: str, most: int) -> list[Entry]:
    """The calls of a trace (its id), in the order in which they ended.

    There is no index over traces, which would cost every call: the whole journal is walked.
    """
    start = f"Root={root}"
    return store.all(
        f"{_ENTRIES} WHERE trace >= ? AND trace < ? ORDER BY number LIMIT ?", (start, start + "~", most), Entry
    )


def latest(store: Store, limit: int) -> list[Entry]:
    """The last calls, the newest first."""
    return store.all(f"{_ENTRIES} ORDER BY number DESC LIMIT ?", (limit,), Entry)


def latest_runs(store: Store, limit: int) -> list[Run]:
    """The last runs of functions, the newest first."""
    return store.all(f"SELECT {_RUN} FROM journal_runs ORDER BY number DESC LIMIT ?", (limit,), Run)


def runs_of_trace(store: Store, root: str, most: int) -> list[Run]:
    """The runs of functions in a trace, in the order in which they ended."""
    return store.all(f"SELECT {_RUN} FROM journal_runs WHERE root = ? ORDER BY number LIMIT ?", (root, most), Run)


def run_of_request(store: Store, request_id: str) -> Run | None:
    """The last run of a function for a request or an event."""
    sql = f"SELECT {_RUN} FROM journal_runs WHERE request_id = ? ORDER BY number DESC LIMIT 1"
    return store.one(sql, (request_id,), Run)


def run_of_line(store: Store, place: tuple[str, str, str, str], moment: float) -> Run | None:
    """The run that wrote into a log at a moment: the last that had begun by then, else the first, which began cold.

    `place` is account, region, log group and log stream, which is an environment's own.
    """
    sql = f"""SELECT {_RUN} FROM journal_runs WHERE (account, region, log_group, log_stream) = (?, ?, ?, ?)
        ORDER BY started > ?, abs(started - ?) LIMIT 1"""
    return store.one(sql, (*place, moment, moment), Run)


def traces_linked_to(store: Store, root: str, most: int = 20) -> list[str]:
    """The traces of runs that say that their records came from the trace `root`."""
    sql = "SELECT DISTINCT root FROM journal_runs WHERE links <> '' AND instr(links, ?) LIMIT ?"
    return [found for (found,) in store.all(sql, (root, most))]
