"""What a room tells CloudFormation about its resource types: one class per type, in the room's `stack.py`.

    @resource_type("AWS::SSM::Parameter")
    class Parameter(ResourceType):
        properties = ("Name", "Type", "Value", "Description", "Tags")
        required = ("Type", "Value")
        replaces = ("Name",)
        attributes = ("Type", "Value")
        physical_name = "Name"
        tags = "Tags"

        async def create(self, r):
            r.id = r.properties.get("Name") or r.name(2048)
            await r.send("ssm", "PutParameter", {"Name": r.id, "Value": r.properties["Value"]})
            r.attributes = {"Value": r.properties["Value"]}

CloudFormation calls these methods in dependency order, records what they leave in `r.id` (what `Ref` gives) and
`r.attributes` (what `Fn::GetAtt` gives), and turns an `AwsError` into the stack's failure.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, TypeVar

from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

Send = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]


class ResourceFailed(AwsError):
    """A resource type's own no, with AWS's HandlerErrorCode (`NotStabilized`, `InvalidRequest`, `NotUpdatable`, …)."""

    code = "ResourceFailed"

    def __init__(self, message: str, handler_code: str = "InvalidRequest") -> None:
        super().__init__(message)
        self.handler_code = handler_code


@dataclass(frozen=True, slots=True)
class Again:
    """What create, update or delete returns when its work is not done: call it again.

    `at` is the time to look again; None means when something wakes the stack (a signal, a nested stack's end).
    What the method must remember until then it puts into `r.state`.
    """

    at: float | None = None


@dataclass(slots=True)
class Resource:
    """One resource of a stack at work: what the template says, what exists, and the way to other rooms."""

    type: str
    logical_id: str
    properties: dict[str, Any]
    stack_name: str
    stack_id: str
    scope: Scope
    now: float
    sender: Send
    suffix: str = ""
    token: str = ""
    id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    old_properties: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    old_tags: dict[str, str] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False
    arn: str = ""

    async def send(
        self, service: str, operation: str, input: dict[str, Any], gone: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Call another room as the stack's role, or as whoever asked for the stack; its output, or its AwsError.

        Error codes in `gone` count as done and give {}: for deletes, where not found is success.
        """
        try:
            return await self.sender(service, operation, input)
        except AwsError as error:
            if error.code in gone:
                return {}
            raise

    def name(self, limit: int = 255, *, lower: bool = False, separator: str = "-") -> str:
        """The physical name AWS would generate: stack-LogicalId-RANDOM, cut to `limit`; the same when asked again."""
        tail = separator + self.suffix
        room = max(limit - len(tail), 0)
        stack, logical = self.stack_name, self.logical_id
        if len(stack) + len(separator) + len(logical) > room:
            half = max((room - len(separator)) // 2, 0)
            keep = max(room - len(separator) - min(len(logical), half), 0)
            stack = stack[:keep]
            logical = logical[: max(room - len(separator) - len(stack), 0)]
        made = (stack + separator + logical + tail)[-limit:]
        return made.lower() if lower else made

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags (the stack's, overridden by the resource's own) in the [{Key, Value}] form."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    @property
    def removed_tags(self) -> list[str]:
        """The keys of tags an update must take away."""
        return [key for key in self.old_tags if key not in self.tags]

    def changed(self, *names: str) -> bool:
        """Whether an update changes any of these properties."""
        return any(self.properties.get(name) != self.old_properties.get(name) for name in names)


class ResourceType:
    """One CloudFormation resource type: its properties as data, and what create, update and delete do.

    properties     every top-level property that is built; any other fails the stack by name
    refuses        properties AWS has and this type has not built: the stack fails naming them
    required       properties AWS demands
    replaces       properties whose change makes a new resource (all others are updated in place)
    attributes     what Fn::GetAtt may ask; None means whatever create leaves in r.attributes
    physical_name  the property with which a user names the resource himself
    tags           the property that holds tags (list or map form); r.tags has the stack's merged in
    iam            creating it needs CAPABILITY_IAM (with `physical_name` given: CAPABILITY_NAMED_IAM)
    automatic      every update of the stack updates it, for what it points to may have changed (nested stacks)
    """

    type: ClassVar[str] = ""
    properties: ClassVar[tuple[str, ...]] = ()
    refuses: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[tuple[str, ...]] = ()
    replaces: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[str, ...] | None] = None
    physical_name: ClassVar[str] = ""
    tags: ClassVar[str] = ""
    iam: ClassVar[bool] = False
    automatic: ClassVar[bool] = False

    async def create(self, r: Resource) -> Again | None:
        """Make it; leave the physical id in `r.id`, the GetAtt values in `r.attributes`, the ARN (if any) in `r.arn`.

        After a crash it may be called a second time (`r.repeated`) with the same `r.name()` and `r.token`.
        """
        raise NotImplementedError

    async def update(self, r: Resource) -> Again | None:
        """Change it in place from `r.old_properties` to `r.properties`; `r.id` and `r.attributes` are as they were."""
        raise ResourceFailed(f"Resource type {self.type} does not support updates.", "NotUpdatable")

    async def delete(self, r: Resource) -> Again | None:
        """Remove it; that it is gone already is success."""
        raise NotImplementedError

    def replacing(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
        """The changed properties that demand a new resource; a type with a subtler rule overrides this."""
        return tuple(name for name in self.replaces if old.get(name) != new.get(name))


Kind = TypeVar("Kind", bound=type[ResourceType])
_types: dict[str, ResourceType] = {}


def resource_type(name: str) -> Callable[[Kind], Kind]:
    """Register the class as CloudFormation's resource type `name`."""

    def register(kind: Kind) -> Kind:
        kind.type = name
        _types[name] = kind()
        return kind

    return register


@cache
def _load() -> None:
    """Import every room's stack.py, once."""
    services = importlib.import_module("cloudarium.services")
    for room in sorted(module.name for module in pkgutil.iter_modules(services.__path__) if module.ispkg):
        name = f"cloudarium.services.{room}.stack"
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def find(name: str) -> ResourceType | None:
    """The resource type with this name, None when no room has built it."""
    if name not in _types:
        _load()
    return _types.get(name)


def names() -> list[str]:
    """The names of all resource types that are built."""
    _load()
    return sorted(_types)
