"""What X-Ray says of a trace without showing it: GetTraceSummaries' answer, and what filter expressions look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudarium.traces import causes
from cloudarium.traces.assembled import Assembled, Entity, Node
from cloudarium.traces.records import Kept

Data = dict[str, Any]
_HTTP = (
    ("HttpURL", ("request", "url")),
    ("HttpStatus", ("response", "status")),
    ("HttpMethod", ("request", "method")),
    ("UserAgent", ("request", "user_agent")),
    ("ClientIp", ("request", "client_ip")),
)
_MOST_ANNOTATIONS = 50  # of one trace


class Summary:
    """A trace and what is said of it; most of it is made only when it is asked for."""

    def __init__(self, kept: Kept, trace: Assembled, account: str) -> None:
        self.kept = kept
        self.trace = trace
        self.account = account
        roots = trace.roots or trace.loose
        self.root: Entity | None = roots[0] if roots else None

    @property
    def duration(self) -> float:
        """From the beginning of the first piece to the end of the last one."""
        return max(0.0, round(self.trace.end - self.trace.start, 3))

    @property
    def response_time(self) -> float:
        """How long the first segment took to answer."""
        return round(self.root.duration, 3) if self.root is not None else 0.0

    def http(self) -> Data:
        """What the request was, by the first segment."""
        found = {}
        for name, path in _HTTP:
            value = self.root.part("http", *path) if self.root is not None else None
            wanted = int if name == "HttpStatus" else str
            if isinstance(value, wanted) and not isinstance(value, bool):
                found[name] = value
        return found

    def annotations(self) -> Iterator[tuple[str, Any, Entity]]:
        """(key, value, segment) of every annotation; the first fifty count."""
        count = 0
        for one in self.trace.entities():
            given = one.data.get("annotations")
            for key, value in given.items() if isinstance(given, dict) else ():
                if count < _MOST_ANNOTATIONS and isinstance(value, (str, int, float, bool)):
                    count += 1
                    yield key, value, one.segment or one

    def users(self) -> Iterator[tuple[str, Entity]]:
        """(user, segment) of every segment that names one."""
        for one in self.trace.segments:
            if isinstance(one.data.get("user"), str):
                yield one.data["user"], one

    def texts(self, *path: str) -> list[str]:
        """What the segments say below these names, each once."""
        found: dict[str, None] = {}
        for one in self.trace.entities():
            value = one.part(*path)
            if isinstance(value, str):
                found[value] = None
        return list(found)

    def resources(self) -> list[str]:
        """The ARNs of what took part."""
        return list(dict.fromkeys([*self.texts("resource_arn"), *self.texts("aws", "function_arn")]))

    def zones(self) -> list[str]:
        """The availability zones in which it ran."""
        return self.texts("aws", "ec2", "availability_zone")

    def instances(self) -> list[str]:
        """The instances on which it ran."""
        return self.texts("aws", "ec2", "instance_id")

    def root_causes(self, kind: str) -> list[Data]:
        """The root causes of a kind: fault, error or responsetime."""
        if kind == "responsetime":
            return causes.slowness(self.trace, self.account)
        return causes.failures(self.trace, (lambda one: one.fault) if kind == "fault" else _erred, self.account)

    def shown(self) -> Data:
        """The summary as the API has it."""
        root = self.root
        said: Data = {
            "Id": self.kept.id,
            "StartTime": self.trace.start,
            "Duration": self.duration,
            "ResponseTime": self.response_time,
            "HasFault": root is not None and root.fault,
            "HasError": root is not None and root.error,
            "HasThrottle": root is not None and root.throttled,
            "IsPartial": self.trace.partial,
            "Http": self.http(),
            "Annotations": self._annotations(),
            "Users": self._users(),
            "ServiceIds": [service_id(node) for node in self._nodes()],
            "ResourceARNs": [{"ARN": arn} for arn in self.resources()],
            "InstanceIds": [{"Id": id} for id in self.instances()],
            "AvailabilityZones": [{"Name": name} for name in self.zones()],
            "FaultRootCauses": self.root_causes("fault"),
            "ErrorRootCauses": self.root_causes("error"),
            "ResponseTimeRootCauses": self.root_causes("responsetime"),
            "Revision": self.kept.revision,
            "MatchedEventTime": self.trace.end,
        }
        if root is not None and root.is_segment:
            said["EntryPoint"] = service_id(root.node(self.account))
        return said

    def _nodes(self) -> list[Node]:
        return list(dict.fromkeys(one.node(self.account) for one in self.trace.segments))

    def _annotations(self) -> Data:
        found: dict[str, list[Data]] = {}
        for key, value, segment in self.annotations():
            kind = "BooleanValue" if isinstance(value, bool) else "StringValue"
            kind = kind if isinstance(value, (bool, str)) else "NumberValue"
            said = {"AnnotationValue": {kind: value}, "ServiceIds": [service_id(segment.node(self.account))]}
            if said not in found.setdefault(key, []):
                found[key].append(said)
        return found

    def _users(self) -> list[Data]:
        found: dict[str, list[Data]] = {}
        for name, segment in self.users():
            said = service_id(segment.node(self.account))
            if said not in found.setdefault(name, []):
                found[name].append(said)
        return [{"UserName": name, "ServiceIds": ids} for name, ids in found.items()]


def _erred(one: Entity) -> bool:
    return one.error


def service_id(node: Node) -> Data:
    """A node as the API names it."""
    said: Data = {"Name": node.name, "Names": [node.name]}
    if node.account:
        said["AccountId"] = node.account
    if node.type:
        said["Type"] = node.type
    return said
