"""One trace as a tree: calls from the journal, runs of functions, and what programs sent of their own work.

X-Ray shows what AWS's X-Ray would: sampled runs of actively traced functions, and segments that were sent to it. The
glass shows everything: each call is there with its decision, whether anything was traced or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.glass import maps, records
from cloudarium.glass.records import Entry
from cloudarium.glass.why import start_of
from cloudarium.traces import documents, header, runs
from cloudarium.traces import records as kept
from cloudarium.traces.assembled import Assembled, Entity
from cloudarium.traces.documents import Document
from cloudarium.traces.runs import Run

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

Span = dict[str, Any]
_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_CLOSE = 0.002  # seconds: a line's time is in whole milliseconds
_MOST = 5000  # calls of one trace
_DEEPEST = 60  # spans inside of one another
_FARTHEST = 10_000  # steps up a tree
_LOOKED_AT = 5000  # of the last calls, for the list of traces


def trace(cloud: Cloud, wanted: str) -> Span | None:
    """The trace of that id, or of a request's id (its first eight characters do), None when nothing is known of it.

    A span has `id`, `kind` (call, door, function, segment or part), `name`, `start` and `end` (epoch seconds, None
    while it is in progress), `status`, `ok`, `error`, `spans` (what is inside, in order); a call has `request_id`,
    `service`, `operation`, `principal`, `account`, `region` and `decision`; a door also `asked`: `method`, `path`,
    `route`, and the `id` and `name` of the API or whose else it is; a function `arn`, `cold`, `log_group`,
    `log_stream` and `request_id`. The trace has `id`, `start`, `end`, `spans`, and `came_from` and `went_on`: the ids
    of traces that it is linked with by the messages of queues.
    """
    cloud.journal.flush()
    root = _root_of(cloud, wanted)
    if root is None:
        return None
    entries = records.of_trace(cloud.store, root, _MOST)
    found = records.runs_of_trace(cloud.store, root, _MOST)
    sent = [one for _, each in kept.everywhere(cloud.store, root) for one in kept.documents_of(cloud.store, each)]
    if not (entries or found or sent):
        return None
    tree = _Tree(root, entries, found, sent)
    came = list(dict.fromkeys(id for run in found for id, *_ in orjson.loads(run.links or b"[]")))
    tops = tree.spans()
    return {
        "id": root,
        "start": min(one["start"] for top in tops for one in whole(top)),
        "end": max(one["end"] or one["start"] for top in tops for one in whole(top)),
        "calls": len(entries),
        "came_from": [id for id in came if id != root],
        "went_on": [id for id in records.traces_linked_to(cloud.store, root) if id != root],
        "spans": tops,
    }


def traces(
    cloud: Cloud,
    limit: int = 20,
    single: bool = False,
    about: tuple[str, str] | None = None,
    account: str | None = None,
    region: str | None = None,
    failed: bool = False,
    since: float = 0.0,
) -> list[dict[str, Any]]:
    """The last traces, the newest first; those of a single call only when they are wanted.

    `about` is the name and type of a node of the service map: only the traces that led there are taken, single ones
    too. `account` and `region` are where calls are looked at, None for everywhere; `failed` takes those in which
    something did, `since` those that ended after that moment.
    """
    cloud.journal.flush()
    latest = records.latest(cloud.store, _LOOKED_AT)
    twins = maps.twins(latest)
    by_root: dict[str, list[Entry]] = {}
    for entry in latest:
        came = header.parse(entry.trace)
        wanted = (account is None or entry.account == account) and entry.started + entry.micros / 1e6 >= since
        if came is not None and wanted:
            by_root.setdefault(came.root, []).append(entry)
    ran: dict[str, list[Run]] = {}
    for run in records.latest_runs(cloud.store, _LOOKED_AT):
        ran.setdefault(run.root, []).append(run)
    shown = []
    for root, entries in by_root.items():
        runs_of = ran.get(root, [])
        if region is not None and not any(entry.region == region for entry in entries):
            continue
        if about is None and (_is_housekeeping(entries) or (len(entries) == 1 and not single and not runs_of)):
            continue
        nodes = dict.fromkeys(
            maps.node_of(entry, twins) for entry in sorted(entries, key=_begun) if not maps.is_aside(entry)
        )
        nodes |= dict.fromkeys(maps.node_of_run(run) for run in runs_of)
        if about is not None and not any((node.name, node.type) == about for node in nodes):
            continue
        brief = _brief(root, entries, runs_of)
        if failed and not (brief["errors"] or brief["throttles"] or brief["faults"]):
            continue
        shown.append(brief | {"services": [{"name": node.name, "type": node.type} for node in nodes]})
        if len(shown) >= limit:
            break
    return shown


def _begun(entry: Entry) -> float:
    return entry.started


def _brief(root: str, entries: list[Entry], ran: list[Run]) -> dict[str, Any]:
    known = {entry.request_id for entry in entries}
    tops = [entry for entry in entries if entry.parent not in known]
    first = min(tops or entries, key=_begun)
    read = next((f"{source.name} → {run.name}" for run in ran if (source := maps.source_of(run)) is not None), "")
    seen: list[Entry | Run] = [*entries, *ran]
    start = min(one.started for one in seen)
    end = max(one.started + one.micros / 1e6 for one in seen)
    throttles = sum(entry.status == 429 for entry in entries)
    return {
        "id": root,
        "start": start,
        "duration": round(end - start, 6),
        "name": read or first.title,
        "asked": None if read else first.asked,
        "status": 0 if read else first.status,
        "calls": len(entries),
        "failed": sum(entry.status >= 400 for entry in entries),
        "denied": sum(_is_denied(entry) for entry in entries),
        "errors": sum(400 <= entry.status < 500 for entry in entries) - throttles,
        "throttles": throttles,
        "faults": sum(entry.status >= 500 for entry in entries) + sum(bool(run.error) for run in ran),
    }


def run_of_line(cloud: Cloud, place: tuple[str, str, str, str], moment: float) -> Run | None:
    """The run of a function that wrote a line at a moment; `place` is account, region, log group and log stream."""
    cloud.journal.flush()
    return records.run_of_line(cloud.store, place, moment + _CLOSE)


def whole(span: Span) -> Iterator[Span]:
    """A span and all that is inside of it."""
    waiting = [span]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one["spans"]


def _root_of(cloud: Cloud, wanted: str) -> str | None:
    text = wanted.strip().lower()
    found = _TRACE_ID.search(text)
    if found is not None:
        return found[0]
    start = start_of(text)
    entry = records.by_start(cloud.store, start) if start else None
    came = header.parse(entry.trace) if entry is not None else None
    if came is not None:
        return came.root
    run = records.run_of_request(cloud.store, text)
    return run.root if run is not None else None


def _is_housekeeping(entries: list[Entry]) -> bool:
    """Whether nobody asked for it: segments that are handed over, queues that are looked at for a function."""
    return all(entry.parent and entry.operation in maps.HOUSEKEEPING for entry in entries)


def _is_denied(entry: Entry) -> bool:
    return any(not one[2] for one in orjson.loads(entry.decision))


# ---- the tree --------------------------------------------------------------------------------------------------------


class _Tree:
    """Puts together what belongs together."""

    def __init__(self, root: str, entries: list[Entry], found: list[Run], sent: Iterable[Document]) -> None:
        self._entries = {entry.request_id: entry for entry in entries}
        self._by_segment = {header.segment_of(entry.request_id): entry for entry in entries}
        self._runs = {run.function: run for run in found}
        self._services = {run.service: run for run in found}
        self._callers = maps.Callers(found)
        own = {one["id"]: documents.of(one) for run in found for one in runs.documents(run)}
        self._assembled = Assembled(root, {**own, **{one.id: one for one in sent}}.values(), infer=False)
        self._spans: dict[str, Span] = {}  # of calls by request id, of all else by segment id
        self._tops: list[Span] = []
        self._above: dict[int, Span] = {}  # by the identity of what is placed below

    def spans(self) -> list[Span]:
        """The spans that nothing led to, each with all that it led to."""
        for entry in self._entries.values():
            self._spans[entry.request_id] = _call(entry)
        entities = list(self._assembled.entities())
        for one in entities:
            self._spans[one.id] = self._segment(one)
        self._let_calls_stand_for_services()
        for one in entities:
            if one.id in self._spans:
                self._place(self._spans[one.id], self._above_segment(one))
        for entry in self._entries.values():
            span = self._spans[entry.request_id]
            if not self._is_said_by_a_program(entry, span):
                self._place(span, self._above_call(entry))
        for span in self._spans.values():
            span["spans"].sort(key=lambda one: one["start"])
        _flatten(self._tops)
        return sorted(self._tops, key=lambda one: one["start"])

    def _place(self, span: Span, above: Span | None) -> None:
        if above is None or self._comes_from(above, span):
            self._tops.append(span)
        else:
            self._above[id(span)] = above
            above["spans"].append(span)

    def _comes_from(self, one: Span | None, other: Span) -> bool:
        """Whether a span lies below another, as what documents and headers say of each other may have it."""
        steps = 0
        while one is not None and one is not other and steps < _FARTHEST:
            one, steps = self._above.get(id(one)), steps + 1
        return one is other

    def _let_calls_stand_for_services(self) -> None:
        """A call of Invoke says all that Lambda's own segment would; an event's has its waiting time."""
        for run in self._services.values():
            if run.request_id in self._entries and not run.taken:
                self._spans.pop(run.service, None)

    def _above_segment(self, one: Entity) -> Span | None:
        if one.above is not None and one.above.id in self._spans:
            return self._spans[one.above.id]
        run = self._services.get(one.id) or self._runs.get(one.id)
        if run is not None and run.request_id in self._entries:
            return self._spans[run.request_id]
        entry = self._by_segment.get(str(one.data.get("parent_id") or ""))
        return None if entry is None else self._spans[entry.request_id]

    def _above_call(self, entry: Entry) -> Span | None:
        if entry.parent in self._entries:
            return self._spans[entry.parent]
        cause = self._by_segment.get(header.cause_of(entry.trace))
        if cause is not None and cause is not entry:
            return self._spans[cause.request_id]
        came = header.parse(entry.trace)
        if came is not None and came.parent in self._spans:
            return self._spans[came.parent]
        run = self._callers.of(entry)
        return None if run is None else self._spans.get(run.invocation) or self._spans.get(run.function)

    def _is_said_by_a_program(self, entry: Entry, span: Span) -> bool:
        """A subsegment that a program made of this very call takes in what the journal knows of it."""
        came = header.parse(entry.trace)
        one = self._assembled.by_id.get(came.parent) if came is not None and not entry.parent else None
        if one is None or one.data.get("namespace") != "aws" or one.id not in self._spans:
            return False
        said = one.part("aws", "request_id")
        if said is not None and said != entry.request_id:
            return False
        taken = {name: value for name, value in span.items() if name not in ("id", "start", "end", "spans", "ok")}
        inside = self._spans[one.id]
        inside.update(taken)
        self._spans[entry.request_id] = inside
        return True

    def _segment(self, one: Entity) -> Span:
        run = self._runs.get(one.id)
        span: Span = {
            "id": one.id,
            "kind": "function" if run is not None else "segment" if one.is_segment else "part",
            "name": one.name,
            "type": one.data.get("origin") or one.data.get("namespace") or "",
            "start": one.start,
            "end": one.end,
            "status": one.status,
            "ok": not (one.error or one.fault),
            "error": _said(one),
            "annotations": one.data.get("annotations") or {},
            "spans": [],
        }
        if run is not None:
            span |= {
                "arn": run.arn, "cold": bool(run.init), "request_id": run.request_id, "log_group": run.log_group,
                "log_stream": run.log_stream, "account": run.account, "region": run.region,
                "sampled": bool(run.sampled),
            }  # fmt: skip
        return span


def _flatten(tops: list[Span]) -> None:
    """Put what lies deeper than JSON is written beside what encloses it."""
    waiting = [(top, 0) for top in tops]
    while waiting:
        span, depth = waiting.pop()
        if depth < _DEEPEST:
            waiting += [(one, depth + 1) for one in span["spans"]]
        elif span["spans"]:
            inside = [one for one in whole(span) if one is not span]
            for one in inside:
                one["spans"] = []
            span["spans"] = inside


def _said(one: Entity) -> str:
    exceptions = one.part("cause", "exceptions")
    first = exceptions[0] if isinstance(exceptions, list) and exceptions else None
    if not isinstance(first, dict):
        return ""
    return ": ".join(str(first[name]) for name in ("type", "message") if first.get(name))


def _call(entry: Entry) -> Span:
    rulings = orjson.loads(entry.decision)
    return {
        "id": header.segment_of(entry.request_id),
        "kind": "call" if entry.signed or entry.parent or entry.access_key else "door",
        "name": entry.title,
        "asked": entry.asked,
        "type": "",
        "start": entry.started,
        "end": entry.started + entry.micros / 1e6,
        "status": entry.status,
        "ok": entry.status < 400,
        "error": entry.error,
        "request_id": entry.request_id,
        "service": entry.service,
        "operation": entry.operation,
        "principal": entry.principal,
        "account": entry.account,
        "region": entry.region,
        "decision": [
            {
                "action": one[0],
                "resource": one[1],
                "allowed": one[2],
                "reason": one[3],
                "statements": [{"policy": policy, "sid": sid} for policy, sid in one[4]],
            }
            for one in rulings
        ],
        "spans": [],
    }
