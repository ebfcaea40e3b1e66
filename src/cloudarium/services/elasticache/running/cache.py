"""One cache at work: its servers, started when somebody comes, and the doors through which one comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from uvicorn.server import ServerState
from valkey.exceptions import ResponseError, ValkeyError

from cloudarium.gateway.tls import Secured
from cloudarium.runtime.caches import EngineFailed, Front, Gate, Pass, Valkey
from cloudarium.runtime.caches.front import Secure, Stranger
from cloudarium.services.elasticache.rules import access
from cloudarium.services.elasticache.running import forming, sharding
from cloudarium.services.elasticache.running.measuring import Seen
from cloudarium.services.elasticache.running.plans import INNER, Destination, Door, Plan, Setting
from cloudarium.shared import ids

log = logging.getLogger("cloudarium")
Judge = Callable[[Plan, str, str], float | None]  # until when a user may be in a cache with a token; None: not at all
_SAVE_SECONDS = 600
_PAUSE = 0.01
_SHORTEST_LIFE = 1.0  # a server that ends sooner is started again by the next client only
DUMP = "dump.rdb"
_DURABLE: dict[str, Setting] = {"save": "", "appendonly": "yes", "appendfsync": "everysec"}


class Cache:
    """The servers and doors of one plan.

    `judge` is asked about tokens of IAM, `stranger` about connections; `used` is told when clients come or go on, and
    `recovered` when a server that had ended by itself runs again.
    """

    def __init__(self, plan: Plan, judge: Judge, stranger: Stranger, used: Callable[[Cache], None]) -> None:
        self.plan = plan
        self.judge = judge
        self.stranger = stranger
        self.used = used
        self.recovered: Callable[[Cache, str], None] = lambda cache, id: None
        self.seen = Seen()
        self.servers: dict[str, Valkey] = {}
        self.fronts: dict[Destination, Front] = {}
        self._turn = 0
        self._inner = ids.hex(40)
        self._password = ids.hex(40)
        self._starting = asyncio.Lock()
        self._watching: set[asyncio.Task[None]] = set()
        self._closed = False
        self._joined: set[str] = set()  # the servers that are what the plan says: of these, clients get one at once

    # ---- Servers ----------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Do all servers run, joined as the plan says?"""
        return self._complete and all(one.id in self._joined for one in self.plan.nodes)

    @property
    def _complete(self) -> bool:
        return len(self.servers) == len(self.plan.nodes) and all(one.running for one in self.servers.values())

    async def start(self) -> None:
        """Have all servers run, joined as the plan says. Raises EngineFailed, EngineMissing."""
        async with self._starting:
            if self.running:
                return
            ended = [id for id, server in self.servers.items() if not server.running]
            await self._run([one.id for one in self.plan.nodes if one.id not in self.servers or one.id in ended])
            await self._form()
            for id in ended:
                self.recovered(self, id)
            self.used(self)

    async def _form(self) -> None:
        await forming.form(self.plan, self.servers)
        self._joined = {one.id for one in self.plan.nodes}

    async def _run(self, names: Sequence[str]) -> None:
        self._joined -= set(names)
        for id in names:
            old = self.servers.pop(id, None)
            if old is not None:
                await old.stop()
        new = {id: self._server(id) for id in names}
        outcomes = await asyncio.gather(*(_started(one) for one in new.values()), return_exceptions=True)
        self.servers.update(new)
        for id, server in new.items():
            task = asyncio.create_task(self._watch(id, server), name=f"{self.plan.name}: {id}")
            self._watching.add(task)
            task.add_done_callback(self._watching.discard)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _watch(self, id: str, server: Valkey) -> None:
        """Start a server anew that has ended by itself, unless it does so again and again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await server.ended()
        if self._closed or self.servers.get(id) is not server or loop.time() - began < _SHORTEST_LIFE:
            return
        log.error("%s: the server of %s has ended; it is started anew", self.plan.name, id)
        try:
            await self.start()
        except (EngineFailed, OSError, ValkeyError) as error:
            log.error("%s did not start again: %s", self.plan.name, error)

    def _server(self, id: str) -> Valkey:
        node = self.plan.node(id)
        settings = {**self.plan.settings, **_DURABLE, **forming.settings(self.plan, node, self._password)}
        return Valkey(node.folder, settings, self._users(self.plan), self._password)

    def _users(self, plan: Plan) -> list[list[str]]:
        inner = f">{self._inner}"
        return [[inner if word == f">{INNER}" else word for word in user] for user in plan.users]

    async def reboot(self, plan: Plan, id: str) -> None:
        """End one server and start it anew: what only a start can change is changed then. Its data stay."""
        async with self._starting:
            self.plan = plan
            await self._run([id])
            if self._complete:
                await self._form()

    # ---- Doors ------------------------------------------------------------------------------------------------------

    async def listen(self, context: Callable[[str], ssl.SSLContext]) -> None:
        """Take clients at every door that is not open yet, and at none that the plan has no more. Raises OSError."""
        wanted = {door.place: door for door in self.plan.doors}
        for place in [place for place in self.fronts if place not in wanted]:
            self.fronts.pop(place).close()
        for place, door in wanted.items():
            if place in self.fronts:
                continue
            tls = secured(context(place[0])) if self.plan.tls else None
            front = self.fronts[place] = Front(self._backend(door.place), tls, self._gate(), self.stranger)
            front.wake = partial(self.used, self)
            await front.listen(*place)

    def _gate(self) -> Gate | None:
        return self._judged if self.plan.iam or self.plan.tokens else None

    async def _judged(self, user: bytes, password: bytes) -> Pass | None:
        name = user.decode("utf-8", "replace")
        if name == "default" and self.plan.tokens:
            known = access.digest(password.decode("utf-8", "replace")) in self.plan.tokens
            return Pass(password) if known else None
        if name not in self.plan.iam:
            return Pass(password)
        until = self.judge(self.plan, name, password.decode("utf-8", "replace"))
        return Pass(self._inner.encode(), until) if until is not None else None

    def _backend(self, place: Destination) -> Callable[[], Any]:
        async def backend() -> str:
            door = self._door(place)
            if door is None:
                raise OSError("the door is closed")
            ready = self._ready(door)
            if not ready:
                try:
                    await self.start()
                except EngineFailed as error:
                    log.error("%s did not start: %s", self.plan.name, error)
                    raise OSError("the server did not start") from error
                ready = self._ready(door)
            if not ready:  # one has just ended
                raise OSError("the server does not run")
            self.used(self)  # also where nothing was started: a measurement may be due much later
            self._turn += 1
            return ready[self._turn % len(ready)].socket

        return backend

    def _ready(self, door: Door) -> list[Valkey]:
        """The servers behind a door that take clients now, whatever is done with the others."""
        found = [self.servers.get(id) for id in door.nodes if id in self._joined]
        return [one for one in found if one is not None and one.running]

    def _door(self, place: Destination) -> Door | None:
        return next((door for door in self.plan.doors if door.place == place), None)

    # ---- Change -----------------------------------------------------------------------------------------------------

    async def change(self, plan: Plan, listen: Callable[[], Awaitable[None]]) -> None:
        """Be as another plan says from now on: users, settings, servers. What is connected stays where it can.

        Its doors are opened by `listen` before slots move: clients are sent to new servers at once.
        """
        if plan.slots and (self.servers or plan.slots != self.plan.slots):
            await self.start()  # who hands over slots must run
        old, self.plan = self.plan, plan
        roles = {one.id: one.primary for one in old.nodes}
        self._joined -= {one.id for one in plan.nodes if one.primary != roles.get(one.id)}
        before = {door.place: door.nodes for door in old.doors}
        await listen()
        for front in self.fronts.values():
            front.gate = self._gate()
        async with self._starting:
            kept = {one.id for one in plan.nodes}
            gone = {id: self.servers.pop(id) for id in list(self.servers) if id not in kept}
            if plan.slots:
                await sharding.forget(self.servers.values(), [one for one in gone.values() if one.running])
            for server in gone.values():
                await server.stop()
            if not self.servers:
                return
            for server in self.servers.values():
                if server.running:
                    await self._adjust(server, old, plan)
            if kept - self.servers.keys():
                await self._run(sorted(kept - self.servers.keys()))
            await self._form()
        for door in plan.doors:  # clients come back to whoever is behind it now
            if door.place in self.fronts and before.get(door.place, door.nodes) != door.nodes:
                self.fronts[door.place].drop()

    async def _adjust(self, server: Valkey, old: Plan, plan: Plan) -> None:
        server.users = self._users(plan)
        if plan.users != old.users:
            names = {user[0] for user in plan.users}
            for name in [user[0] for user in old.users if user[0] not in names]:
                await server.command("ACL", "DELUSER", name)
            for user in server.users:
                await server.command("ACL", "SETUSER", *user)
        for name, value in plan.settings.items():
            if old.settings.get(name) != value:
                with contextlib.suppress(ValkeyError):  # what only a start can change
                    await server.command("CONFIG", "SET", name, value if isinstance(value, str) else " ".join(value))

    async def saved(self, id: str) -> Path:
        """Have a server write all that it holds into a file of its own; where that is. Raises EngineFailed."""
        server = self.servers[id]
        async with asyncio.timeout(_SAVE_SECONDS):
            while not await _begins_to_save(server):
                await asyncio.sleep(_PAUSE)
            told = await _idle(server)
        if told["rdb_last_bgsave_status"] != "ok":
            raise EngineFailed("the server could not write its snapshot")
        return server.folder / DUMP

    async def close(self) -> None:
        """Take no more clients and end the servers."""
        self._closed = True
        for front in self.fronts.values():
            front.close()
        self.fronts.clear()
        await asyncio.gather(*(one.stop() for one in self.servers.values()), return_exceptions=True)
        self.servers.clear()


def secured(context: ssl.SSLContext) -> Secure:
    """What ends TLS in front of whoever speaks with a client."""
    state = ServerState()
    return lambda make: Secured(make, state, context)


async def _started(server: Valkey) -> None:
    """Start a server; where its folder holds a copy to begin with and nothing of its own, with what is in there."""
    copied = (server.folder / DUMP).exists() and not has_begun(server.folder)
    wanted = server.settings
    if copied:  # with appendonly it would not look at the file
        server.settings = {**wanted, "appendonly": "no"}
    await server.start()
    if copied:
        server.settings = wanted
        await server.command("CONFIG", "SET", "appendonly", "yes")
        async with asyncio.timeout(_SAVE_SECONDS):
            await _idle(server)


def has_begun(folder: Path) -> bool:
    """Does a server's folder hold data that it has written by itself?"""
    return any((folder / "appendonlydir").glob("*.manifest"))


async def _begins_to_save(server: Valkey) -> bool:
    try:
        await server.command("BGSAVE")
    except ResponseError:  # it writes something else
        return False
    return True


async def _idle(server: Valkey) -> Any:
    """Wait until a server writes no file in the background; what it says then."""
    busy = ("rdb_bgsave_in_progress", "aof_rewrite_in_progress", "aof_rewrite_scheduled")
    while True:
        told = await server.command("INFO", "persistence")
        if not any(told[name] for name in busy):
            return told
        await asyncio.sleep(_PAUSE)
