"""A call on its way: every step reads and fills it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.policy.principal import Principal
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.traces import header

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.gateway.operation import Handler
    from cloudarium.gateway.rooms import Room
    from cloudarium.model import OperationModel
    from cloudarium.policy.engine import Decision
    from cloudarium.policy.ruling import Ruling
    from cloudarium.store import Store
    from cloudarium.store.tags import Tags


class Door(NamedTuple):
    """A request that is not an API call: the label of the door, whose it is, and the path behind it.

    A room adds what the owner is called, and the route that was taken: only then the journal keeps the request's path.
    """

    label: str
    id: str
    path: str
    by_host: bool
    name: str = ""
    route: str = ""


class Call:
    """One API call (or one request at a door): who, where, what, when, and what became of it.

    `input` and `output` are plain data in the model's member names; times are epoch seconds. `status` and `headers`
    override the response when a handler sets them. `decision` is the policy engine's answer, None before.
    """

    # What most calls never set is a default of the class: making a call is on every call's way.
    scope: Scope
    principal: Principal
    trace: str = ""
    access_key: str = ""
    signed = False
    service: str = ""
    room: Room | None = None
    protocol: str = ""
    operation: OperationModel | None = None
    operation_name: str = ""
    handler: Handler | None = None
    door: Door | None = None
    claim: Any = None  # the credential scope that the request claims, before it is proved
    context: Mapping[str, Any] = {}
    decision: Any = None
    consulted: list[Ruling] | None = None  # what the handler asked beside what the call needs
    output: dict[str, Any] | None = None
    error: Exception | None = None
    response: HttpResponse | None = None
    status: int | None = None
    bytes_out = 0
    looks = False  # what a page of the console asks by such a call is not recorded

    def __init__(self, cloud: Cloud, request: HttpRequest | None, parent: Call | None = None) -> None:
        self.cloud = cloud
        self.request = request
        self.parent = parent
        self.now: float = cloud.clock.now()
        self.started: float = cloud.stopwatch()
        self.request_id: str = ids.request_id()
        if parent is not None:
            self.trace = parent.trace
        self.scope = cloud.home
        self.principal = ANONYMOUS
        self.decisions: list[Ruling] = []
        self.input: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.trailers: dict[str, str] = {}

    # ---- Short names for rooms --------------------------------------------------------------------------------------

    @property
    def account(self) -> str:
        """The account that is acted in."""
        return self.scope.account

    @property
    def region(self) -> str:
        """The region that is acted in."""
        return self.scope.region

    @property
    def store(self) -> Store:
        """The store, inside this call's transaction."""
        return self.cloud.store

    @property
    def tags(self) -> Tags:
        """The tags of all resources."""
        return self.cloud.store.tags

    @property
    def onward(self) -> str:
        """The trace header of what happens later because of this call."""
        return header.onward(self.trace, self.request_id) if self.trace else ""

    def new_trace(self) -> str:
        """A trace that begins with this call."""
        return f"Root=1-{int(self.now):08x}-{self.request_id.replace('-', '')[:24]}"

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing of what is recorded inside; only asynchronous handlers need it. No await inside."""
        return self.cloud.store.transaction()

    @property
    def abandoned(self) -> bool:
        """Whether the client has hung up, so that nobody would read an answer."""
        return self.request is not None and self.request.client is not None and self.request.client.gone

    # ---- To others --------------------------------------------------------------------------------------------------

    async def send(
        self,
        service: str,
        operation: str,
        input: Mapping[str, Any],
        *,
        as_: Principal | None = None,
        context: Mapping[str, Any] | None = None,
        scope: Scope | None = None,
    ) -> dict[str, Any]:
        """Call another room and answer its output; `as_` is who calls (None: whoever made this call).

        The call enters the pipeline at authorize, with `context` added to its condition keys, and joins this call's
        trace. Raises the AwsError that the other room answers.
        """
        return await self.cloud.send(
            self, service, operation, input, as_ or self.principal, context, scope or self.scope
        )

    def source(self) -> dict[str, Any]:
        """For whose resource a service makes this call: condition keys that go on with what it asks of others."""
        if self.principal.kind != "service":
            return {}
        return {name: value for name, value in self.context.items() if name.startswith("aws:Source")}

    def later(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        due: float | None = None,
        key: str | None = None,
        service: str | None = None,
    ) -> None:
        """Leave an event for the delivery `kind` of a room's background.py (None: the own room), now or at `due`.

        It is part of the present transaction. One with the same `key` takes the place of the earlier one.
        """
        when = self.now if due is None else due
        self.cloud.store.outbox.put(service or self.service, kind, self.scope, payload, when, key, self.onward)

    def not_later(self, kind: str, key: str) -> None:
        """Take back the own room's event with this key, if it still waits."""
        self.cloud.store.outbox.cancel(self.service, kind, self.scope, key)

    def require(self, action: str, resource: str, context: Mapping[str, Any] | None = None) -> None:
        """Raise AccessDenied unless this call's principal has a permission of which only the handler knows."""
        from cloudarium.gateway.authorize import require

        require(self, action, resource, context or {})

    def may(self, action: str, resource: str, context: Mapping[str, Any] | None = None) -> bool:
        """Whether this call's principal would be allowed `action` on `resource`; nothing is refused."""
        return self.judged(action, resource, context).allowed

    def judged(self, action: str, resource: str, context: Mapping[str, Any] | None = None) -> Decision:
        """The same with its reason and AWS's sentence for a denial."""
        from cloudarium.gateway.authorize import rule

        ruling = rule(self, action, resource, context or {})
        self.consulted = self.consulted or []
        self.consulted.append(ruling)
        return ruling.decision


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


class BodyStream:
    """A body that is still arriving: iterate over its chunks once, or `read` it whole.

    `length` is the decoded length in bytes when the client said it, else None. `data` is the whole body when it was
    small and is at hand already.
    """

    __slots__ = ("_chunks", "data", "length")

    def __init__(self, chunks: AsyncIterator[bytes] | None, length: int | None, data: bytes | None = None) -> None:
        self._chunks = chunks
        self.length = length
        self.data = data

    @classmethod
    def whole(cls, data: bytes) -> BodyStream:
        """A body that is at hand."""
        return cls(None, len(data), data)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks if self._chunks is not None else _once(self.data or b"")

    async def read(self, limit: int) -> bytes:
        """The whole body; ValueError when it is larger than `limit` bytes."""
        parts, size = [], 0
        async for chunk in self:
            size += len(chunk)
            if size > limit:
                raise ValueError(f"the body is larger than {limit} bytes")
            parts.append(chunk)
        return b"".join(parts)


ANONYMOUS = Principal.anonymous()
