"""The running cloud: store, clock, directory of principals, journal, deliveries and the processes it supervises."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudarium.gateway import pipeline, rooms
from cloudarium.gateway.background import Deliverer
from cloudarium.gateway.bells import Bells
from cloudarium.gateway.call import Call
from cloudarium.gateway.identity import HOME_ACCOUNT, Directory
from cloudarium.gateway.journey import Journeys
from cloudarium.gateway.meters import Meter
from cloudarium.glass.journal import Journal
from cloudarium.policy.principal import Principal
from cloudarium.shared.arn import Arn
from cloudarium.shared.clock import Clock
from cloudarium.shared.errors import AccessDenied, NotBuilt
from cloudarium.shared.passage import Passage
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

if TYPE_CHECKING:
    from cloudarium.gateway.certificates import Authority

DEFAULT_REGION = "us-east-1"


class Cloud:
    """Everything that one `cloudarium up` runs. `folder` None: an ephemeral cloud that leaves nothing behind.

    `endpoint` is the URL that clients and functions use. `settings` are what `cloudarium up` was told. Rooms keep what
    must live as long as the cloud (supervised processes) in `keep`, and have it closed by `at_close`.
    """

    stopwatch = staticmethod(time.perf_counter)

    def __init__(self, folder: Path | None = None, endpoint: str = "http://127.0.0.1:4566") -> None:
        self.store = Store(folder, rooms.schemas())
        self.endpoint = endpoint
        self.home = Scope(HOME_ACCOUNT, DEFAULT_REGION)
        self.clock = _remembered_clock(self.store)
        self.bells = Bells(self.clock)
        self.directory = Directory(self.store)
        self.journal = Journal(self)
        self.meter = Meter(self)
        self.deliverer = Deliverer(self)
        self.journeys = Journeys(self)
        self.decided: dict[Any, Any] = {}  # decisions that hold until a policy changes; see gateway/authorize.py
        self.keep: dict[str, Any] = {}
        self.settings: dict[str, str] = {}
        self.ports: dict[str, int] = {}  # beside the endpoint's: see gateway/ports.py
        self.certificate: Callable[..., ssl.SSLContext] | None = None  # for what speaks TLS on those, or at an address
        self.authority_file: Path | None = None  # its certificate is here once something has wanted one
        self.authority: Authority | None = None  # whose certificates this machine trusts, if the cloud answers https
        # Makes the protocol of a client whose calls a network has to let through; see gateway/attached.py.
        self.connect: Callable[[Callable[[str, tuple[str, int]], Passage | None]], asyncio.BaseProtocol] | None = None
        self.started_at = self.clock.machine_now()
        self._closers: list[Callable[[], Awaitable[None]]] = []

    @property
    def port(self) -> int:
        """The port of the endpoint."""
        return int(self.endpoint.rpartition(":")[2])

    def door_url(self, label: str, owner: str) -> str:
        """The URL of a door, such as execute-api's of an API: its path form, which every resolver knows.

        `OWNER.LABEL.localhost` is answered too, where the system's resolver finds `*.localhost`.
        """
        return f"{self.endpoint}/_aws/{label}/{owner}"

    async def start(self) -> None:
        """Begin what happens without a request."""
        self.store.blobs.sweep()
        self.deliverer.start()
        self.journeys.resume()
        self.store.shrinking.start()
        self.journal.start()
        self.meter.start()
        for _, module in rooms.rooms_with("startup"):
            await module.start(self)

    def at_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Have `closer` awaited when the cloud stops or is emptied: it ends processes and drops what they knew."""
        self._closers.append(closer)

    async def stop(self) -> None:
        """End deliveries and processes, write the journal, close the store."""
        await self.journeys.stop()
        await self.deliverer.stop()
        await self._close_kept()
        self.store.shrinking.stop()
        self.meter.stop()
        self.journal.stop()
        self.store.close()

    async def reset(self) -> None:
        """Empty the cloud: every room, every process, the journal and the clock."""
        await self.journeys.stop()
        await self.deliverer.stop()
        await self._close_kept()
        self.journal.forget()
        self.meter.forget()
        self.decided.clear()
        self.store.empty()
        self.clock.reset()
        self.remember_clock()
        self.store.remember("journey", "")
        self.deliverer = Deliverer(self)
        self.journeys = Journeys(self)
        self.deliverer.start()

    def remember_clock(self) -> None:
        """Keep the clock's setting for the next start."""
        frozen = "" if self.clock.frozen_at is None else repr(self.clock.frozen_at)
        self.store.remember("clock", f"{self.clock.offset!r};{frozen}")

    async def send(
        self,
        parent: Call,
        service: str,
        operation: str,
        input: Mapping[str, Any],
        principal: Principal,
        context: Mapping[str, Any] | None,
        scope: Scope,
    ) -> dict[str, Any]:
        """Take a call from one room to another through the pipeline; see Call.send."""
        from cloudarium import model

        call = Call(self, None, parent)
        call.service, call.operation_name, call.principal, call.scope = service, operation, principal, scope
        call.access_key = principal.access_key_id
        call.room = rooms.room(service)
        handler = call.room.handlers.get(operation) if call.room is not None else None
        if handler is None:
            raise NotBuilt(f"{service}:{operation}")
        call.handler = handler
        call.operation = model.service(service).operations[operation]
        call.input = dict(input)
        call.context = context or {}
        await pipeline.deliver(call)
        return call.output or {}

    async def assume(
        self,
        parent: Call,
        role: str,
        name: str,
        service: Principal,
        context: Mapping[str, Any] | None = None,
        scope: Scope | None = None,
        **more: Any,
    ) -> Principal:
        """A session called `name` of a role, made as a service: the role must trust it. Raises the AwsError of STS.

        `context` is what a trust policy may ask for, `more` are further members of AssumeRole.
        """
        given = {"RoleArn": role, "RoleSessionName": name, **more}
        answer = await parent.send("sts", "AssumeRole", given, as_=service, context=context, scope=scope)
        credential = self.directory.credential(answer["Credentials"]["AccessKeyId"])
        if credential is None:
            raise AccessDenied("The role's session is gone.")
        return credential.principal

    async def queue_url(self, parent: Call, queue: Arn) -> str:
        """The URL of the queue with this ARN, which AWS itself knows: only what is done there is judged.

        Raises the AwsError of SQS when there is no such queue.
        """
        named = {"QueueName": queue.resource, "QueueOwnerAWSAccountId": queue.account}
        owner, scope = Principal.root(queue.account), Scope(queue.account, queue.region)
        answer = await parent.send("sqs", "GetQueueUrl", named, as_=owner, scope=scope)
        return str(answer["QueueUrl"])

    async def _close_kept(self) -> None:
        closers, self._closers = self._closers, []
        for closer in reversed(closers):
            with contextlib.suppress(Exception):
                await closer()
        self.keep.clear()


def _remembered_clock(store: Store) -> Clock:
    setting = store.setting("clock")
    if not setting:
        return Clock()
    offset, _, frozen = setting.partition(";")
    return Clock(float(offset), float(frozen) if frozen else None)
