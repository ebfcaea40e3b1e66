"""A trace put together from its documents: segments, what is inside of them, and the nodes that they stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cloudarium.traces.documents import Data, Document

TYPES = {  # of services by their names in SDKs: the type of their node, and where its name stands
    "dynamodb": ("AWS::DynamoDB::Table", "table_name"),
    "s3": ("AWS::S3::Bucket", "bucket_name"),
    "sqs": ("AWS::SQS::Queue", "queue_url"),
    "sns": ("AWS::SNS", ""),
    "lambda": ("AWS::Lambda", "function_name"),
    "kms": ("AWS::KMS", ""),
    "secretsmanager": ("AWS::SecretsManager", ""),
    "ssm": ("AWS::SSM", ""),
    "sts": ("AWS::STS", ""),
    "stepfunctions": ("AWS::StepFunctions::StateMachine", ""),
    "eventbridge": ("AWS::Events", ""),
    "events": ("AWS::Events", ""),
}


_DEEPEST = 60


class Node(NamedTuple):
    """A service as it appears on the map."""

    name: str
    type: str
    account: str = ""


@dataclass(eq=False)
class Entity:
    """A segment or subsegment of a trace; `segment` is the segment that it is a part of, itself for a segment."""

    id: str
    data: Data
    segment: Entity | None = None
    above: Entity | None = None
    inferred: bool = False
    below: list[Entity] = field(default_factory=list)

    @property
    def is_segment(self) -> bool:
        """Whether it stands for a node's work, not for a piece of it."""
        return self.segment is self

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data["name"])

    @property
    def start(self) -> float:
        """When it began, in epoch seconds."""
        return float(self.data["start_time"])

    @property
    def end(self) -> float | None:
        """When it ended, None while it is in progress."""
        end = self.data.get("end_time")
        return None if end is None else float(end)

    @property
    def duration(self) -> float:
        """How long it took, 0 while it is in progress."""
        end = self.end
        return 0.0 if end is None else max(0.0, round(end - self.start, 6))

    def part(self, *names: str) -> Any:
        """What stands below these names in the document, None when nothing does."""
        value: Any = self.data
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    @property
    def status(self) -> int | None:
        """The HTTP status of the answer, if it says one."""
        found = self.part("http", "response", "status")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def throttled(self) -> bool:
        """Whether it was answered that there were too many requests."""
        return self.data.get("throttle") is True or self.status == 429

    @property
    def error(self) -> bool:
        """Whether whoever asked was wrong (4xx)."""
        return self.data.get("error") is True or self.throttled or 400 <= (self.status or 0) < 500

    @property
    def fault(self) -> bool:
        """Whether it failed (5xx)."""
        return self.data.get("fault") is True or (self.status or 0) >= 500

    def whole(self) -> Iterator[Entity]:
        """It and every piece of its own segment below it."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += [each for each in one.below if each.segment is self.segment]

    def node(self, account: str = "") -> Node:
        """The node that a segment stands for."""
        origin = self.data.get("origin")
        kind = origin if isinstance(origin, str) else ""
        names = self.part("aws", "resource_names")
        name = self.name
        if self.inferred and isinstance(names, list) and names and isinstance(names[0], str):
            name = names[0]
        said = self.part("aws", "account_id")
        return Node(name, kind, said if isinstance(said, str) else account)


class Assembled:
    """All entities of one trace. `segments` stand for nodes, `loose` are subsegments whose segment is unknown."""

    def __init__(self, id: str, documents: Iterable[Document], infer: bool = True) -> None:
        self.id = id
        self.segments: list[Entity] = []
        self.loose: list[Entity] = []
        self.by_id: dict[str, Entity] = {}
        separate = []
        for document in documents:
            if document.separate:
                separate.append(document)
            else:
                self.segments.append(self._grow(Entity(document.id, document.data)))
        self._attach(separate)
        self.segments.sort(key=lambda one: one.start)
        self._join()
        if infer:
            self._infer()

    @property
    def roots(self) -> list[Entity]:
        """The segments that nothing of the trace led to, the first one first."""
        return [one for one in self.segments if one.above is None]

    def entities(self) -> Iterator[Entity]:
        """Every segment and subsegment."""
        for one in [*self.segments, *self.loose]:
            yield from one.whole()

    @property
    def start(self) -> float:
        """When the first of it began."""
        return min((one.start for one in [*self.segments, *self.loose]), default=0.0)

    @property
    def end(self) -> float:
        """When the last of it that is known ended."""
        return max((one.end if one.end is not None else one.start for one in self.entities()), default=0.0)

    @property
    def partial(self) -> bool:
        """Whether something is still in progress."""
        return any(one.end is None for one in self.entities())

    # ---- Putting together -------------------------------------------------------------------------------------------

    def _grow(self, top: Entity, segment: Entity | None = None) -> Entity:
        """Make entities of what is inside a document."""
        top.segment = segment or top
        waiting = [top]
        while waiting:
            one = waiting.pop()
            self.by_id[one.id] = one
            for data in one.data.get("subsegments") or ():
                made = Entity(data["id"], data, top.segment, one)
                one.below.append(made)
                waiting.append(made)
        return top

    def _attach(self, separate: list[Document]) -> None:
        """Put the subsegments that came on their own where they belong, in whatever order they came."""
        waiting = {one.id: one for one in separate if one.id not in self.by_id}
        while waiting:
            ready = [one for one in waiting.values() if one.within in self.by_id]
            if not ready:  # what encloses them has not come (yet): each chain of them begins somewhere
                first = next((one for one in waiting.values() if one.within not in waiting), None)
                first = first or next(iter(waiting.values()))
                self.loose.append(self._grow(Entity(first.id, first.data)))
                del waiting[first.id]
            for one in ready:
                above = self.by_id[one.within]
                made = Entity(one.id, one.data, above.segment, above)
                above.below.append(self._grow(made, above.segment))
                del waiting[one.id]

    def _join(self) -> None:
        """Say of each segment what led to it; documents that say so of each other in a circle begin one."""
        led = {one: self.by_id.get(one.data.get("parent_id") or "") for one in self.segments}
        settled: set[Entity] = set()
        for one in self.segments:
            way: set[Entity] = set()
            at: Entity | None = one
            while at is not None and at not in settled:
                way.add(at)
                above = led.get(at)
                if above is not None and above.segment in way:
                    led[at] = above = None
                at = above.segment if above is not None else None
            settled |= way
        for one, above in led.items():
            if above is not None:
                one.above = above
                above.below.append(one)

    def _infer(self) -> None:
        """Add a segment for each call of a service that sent none itself, as X-Ray does."""
        for one in list(self.entities()):
            namespace = one.data.get("namespace")
            sql = one.data.get("sql")
            if one.is_segment or (namespace not in ("aws", "remote") and not isinstance(sql, dict)):
                continue
            if any(each.is_segment for each in one.below):
                continue  # it told of its part itself
            made = Entity(_inferred_id(one.id), _inferred(one, self.id), inferred=True, above=one)
            made.segment = made
            one.below.append(made)
            self.segments.append(made)


def _inferred_id(id: str) -> str:
    return hashlib.sha256(f"inferred {id}".encode()).hexdigest()[:16]


def _inferred(one: Entity, trace: str) -> Data:
    """The document of a segment that is inferred from the call of it."""
    made: Data = {"id": _inferred_id(one.id), "name": one.name, "start_time": one.data["start_time"]}
    for name in ("end_time", "in_progress", "http", "aws", "sql", "error", "fault", "throttle", "cause"):
        if name in one.data:
            made[name] = one.data[name]
    made |= {"parent_id": one.id, "inferred": True, "trace_id": trace, "origin": "remote"}
    if isinstance(one.data.get("sql"), dict):
        made["origin"] = "Database::SQL"
    elif one.data.get("namespace") == "aws":
        kind, key = TYPES.get(one.name.lower(), (f"AWS::{one.name}", ""))
        made["origin"] = kind
        named = one.part("aws", key) if key else None
        if isinstance(named, str) and named and isinstance(made.get("aws"), dict):
            made["aws"] = {**made["aws"], "resource_names": [named.rpartition("/")[2] or named]}
    return made


def nested(top: Entity) -> Data:
    """The document of a segment with everything that was sent apart put where it belongs."""
    whole = _bare(top)
    waiting = [(top, whole, 0)]
    while waiting:
        one, data, depth = waiting.pop()
        for each in one.below:
            if each.segment is top.segment:
                inner = _bare(each)
                data.setdefault("subsegments", []).append(inner)
                # Deeper than this no JSON is written: what is further inside stands beside its own.
                waiting.append((each, inner, depth + 1) if depth < _DEEPEST else (each, data, depth))
    return whole


def _bare(one: Entity) -> Data:
    left_out = (
        ("subsegments",) if one.above is None or one.is_segment else ("subsegments", "trace_id", "parent_id", "type")
    )
    return {name: value for name, value in one.data.items() if name not in left_out}
