"""The service map of everything: who called whom of late, by the journal, whether anything was traced or not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.glass import records
from cloudarium.glass.records import Entry
from cloudarium.shared import arn as arns
from cloudarium.traces import header
from cloudarium.traces.assembled import TYPES, Node
from cloudarium.traces.graph import CLIENT, Graph, Request, Statistics
from cloudarium.traces.runs import Run

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

MOST = 5000  # of the last calls, and of the last runs
_CLIENT = Node("client", CLIENT)
_FUNCTION = "AWS::Lambda::Function"
_DOORS = {"execute-api": "AWS::ApiGateway", "lambda-url": "AWS::Lambda::Url"}  # the types of their nodes
HOUSEKEEPING = frozenset(
    ("AssumeRole", "DeleteMessageBatch", "GetQueueAttributes", "GetQueueUrl", "PutTraceSegments", "ReceiveMessage")
)
_SETS_UP = re.compile(r"(?:Create|Update|Delete|Add|Remove|Attach|Detach|Register|Set|Tag|Untag)[A-Z]")
_OF_DATA = ("Item", "Object", "Objects", "Message", "MessageBatch", "Upload")  # how the names of others end
_ABOUT_RIGHTS = frozenset(("cloudformation", "iam", "organizations", "sts"))
_NAMES: dict[str, Callable[[str], str]] = {
    "dynamodb": lambda resource: resource.removeprefix("table/").partition("/")[0],
    "s3": lambda resource: resource.partition("/")[0],
    "sqs": lambda resource: resource,
    "sns": lambda resource: resource.partition(":")[0],
    "lambda": lambda resource: resource.removeprefix("function:").partition(":")[0],
    "secretsmanager": lambda resource: resource.removeprefix("secret:"),
    "events": lambda resource: resource.rpartition("/")[2],
}


def service_map(
    cloud: Cloud,
    first: float,
    last: float,
    account: str | None = None,
    region: str | None = None,
    *,
    single: bool = False,
) -> list[dict[str, Any]]:
    """The services that were called between two moments, each with its edges, as GetServiceGraph of X-Ray has them.

    Nodes are clients, HTTP APIs, functions, and what calls were about: a table, a bucket, a queue, else the service.
    How they came to be is another matter: what a stack's deployment called is left out, and who may what. `account` and
    `region` are where services are wanted, None for everywhere. Unless `single` ones are wanted, calls of clients that
    led to nothing else or made something that functions did not notice are left out, as long as there are others:
    whoever looks for what is slow would not find it among them.
    """

    def is_wanted(one: Entry | Run) -> bool:
        here = account in (None, one.account) and region in (None, one.region)
        return here and first <= one.started <= last

    cloud.journal.flush()
    latest = [one for one in records.latest(cloud.store, MOST) if is_wanted(one)]
    deployments = {_root(one) for one in latest if one.service == "cloudformation"}
    entries = [one for one in latest if one.service not in _ABOUT_RIGHTS and _root(one) not in deployments]
    runs = [one for one in records.latest_runs(cloud.store, MOST) if is_wanted(one)]
    if not single:
        count = Counter(_root(one) for one in entries)
        ran = {one.root for one in runs}
        made = {_root(one) for one in entries if not one.parent and _sets_up(one)}
        leading = [one for one in entries if _root(one) in ran or (count[_root(one)] > 1 and _root(one) not in made)]
        entries = leading if leading or runs else entries
    return _Map(entries, runs).graph().shown()


class _Map:
    def __init__(self, entries: list[Entry], runs: list[Run]) -> None:
        self._entries = {one.request_id: one for one in entries}
        self._by_segment = {header.segment_of(one.request_id): one for one in entries}
        self._by_invocation = {one.invocation: one for one in runs}
        self._by_request = {one.request_id: one for one in runs}
        self._callers = Callers(runs)
        self._runs = runs
        self._twins = twins(entries)

    def graph(self) -> Graph:
        """Nodes and edges with their requests."""
        made = Graph("")
        for entry in reversed(self._entries.values()):
            source = self._source(entry)
            if source is None or is_aside(entry):
                continue  # nobody's call: what readers of queues and the like do by themselves, and what logs
            target = node_of(entry, self._twins)
            asked = _request(entry)
            made.nodes.setdefault(source, Statistics())
            made.edges.setdefault((source, target), Statistics()).requests.append(asked)
            answered = made.nodes.setdefault(target, Statistics())
            if target.type != _FUNCTION:
                answered.requests.append(asked)
            if source.type == CLIENT:
                made.roots.add(target)
        for run in self._runs:
            took = run.micros / 1e6
            ran = Request(run.started, run.started + took, took, False, False, bool(run.error))
            function = node_of_run(run)
            made.nodes.setdefault(function, Statistics()).requests.append(ran)
            door = self._entries.get(run.request_id)
            source = node_of(door, self._twins) if door is not None and door.method else source_of(run)
            if source is not None:
                made.nodes.setdefault(source, Statistics())
                made.edges.setdefault((source, function), Statistics()).requests.append(ran)
        return made

    def _source(self, entry: Entry) -> Node | None:
        """Who made a call; None when the cloud did so by itself."""
        above = self._entries.get(entry.parent) or self._by_segment.get(header.cause_of(entry.trace))
        if above is not None and above is not entry:
            return node_of(above, self._twins)
        came = header.parse(entry.trace)
        run = self._by_invocation.get(came.parent) if came is not None and came.parent else None
        run = run or self._by_request.get(entry.parent) or self._callers.of(entry)
        if run is not None:
            return node_of_run(run)
        return None if entry.parent else _CLIENT


class Callers:
    """Finds the run that made a call by its trace and its role's session, which Lambda names after the function.

    A call says itself which run made it, unless a tracer in the function's code names its own subsegment instead, of
    which nobody ever hears when the trace is not sampled.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs: dict[tuple[str, str], list[Run]] = {}
        for run in runs:
            self._runs.setdefault((run.root, run.name[:64]), []).append(run)

    def of(self, entry: Entry) -> Run | None:
        """The run that began last before the call, None when no function of the trace made it."""
        if entry.parent or ":assumed-role/" not in entry.principal:
            return None
        ran = self._runs.get((_root(entry), entry.principal.rpartition("/")[2]), ())
        begun = [run for run in ran if run.started <= entry.started]
        return max(begun, key=lambda run: run.started, default=None)


def _root(entry: Entry) -> str:
    came = header.parse(entry.trace)
    return came.root if came is not None else entry.request_id


def _request(entry: Entry) -> Request:
    took = entry.micros / 1e6
    status = entry.status
    return Request(entry.started, entry.started + took, took, 400 <= status < 500, status == 429, status >= 500)


def twins(entries: Iterable[Entry]) -> frozenset[tuple[str, str]]:
    """(door, name) of those whose name another of the kind has as well."""
    named = {(entry.operation, entry.owner_name, entry.owner) for entry in entries if entry.method}
    count = Counter((door, name) for door, name, _ in named)
    return frozenset(one for one, times in count.items() if times > 1)


def regions(cloud: Cloud, account: str) -> list[str]:
    """The regions in which the last calls of an account were made."""
    cloud.journal.flush()
    return sorted({one.region for one in records.latest(cloud.store, MOST) if one.account == account})


def is_aside(entry: Entry) -> bool:
    """Whether nobody asked for a call: what functions log, queues that are looked at for them."""
    return bool(entry.parent) and (entry.service == "logs" or entry.operation in HOUSEKEEPING)


def _sets_up(entry: Entry) -> bool:
    return _SETS_UP.match(entry.operation) is not None and not entry.operation.endswith(_OF_DATA)


def type_of_door(service: str, door: str) -> str:
    """The type of the node of what is behind a door."""
    return _DOORS.get(door) or f"AWS::{service}"


def node_of_run(run: Run) -> Node:
    """The function that ran."""
    return Node(run.name, _FUNCTION, run.account)


def source_of(run: Run) -> Node | None:
    """The queue or the table whose stream was read for a run."""
    place = arns.parse(run.source)
    return None if place is None else _named(place.service, place.resource, place.account)


def node_of(entry: Entry, twins: Container[tuple[str, str]] = ()) -> Node:
    """What a call was about: an API, a table, a queue, a function, else its service; `twins` get their ids shown."""
    if entry.method:
        kind = type_of_door(entry.service, entry.operation)
        name = entry.owner_name
        return Node(f"{name} ({entry.owner})" if (entry.operation, name) in twins else name, kind, entry.account)
    resource = next((str(one[1]) for one in orjson.loads(entry.decision) if not (len(one) > 7 and one[7])), "")
    place = arns.parse(resource)
    node = _named(entry.service, place.resource if place is not None else "", entry.account)
    if entry.service == "lambda" and entry.operation.startswith("Invoke"):
        return node._replace(type=_FUNCTION)
    return node


def _named(service: str, resource: str, account: str) -> Node:
    """The node of what a call was about: a resource if it is of a kind that maps show, else the service."""
    name = _NAMES[service](resource) if service in _NAMES else ""
    kind = TYPES.get(service, (f"AWS::{service}", ""))[0]
    return Node(name if name and name != "*" else service, kind, account)
