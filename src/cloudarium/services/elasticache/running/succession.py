"""A replica that is to be primary first copies all that its primary has, which takes no writes meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from cloudarium.runtime.caches import Valkey

log = logging.getLogger("cloudarium")
_PATIENCE = 5
_PAUSE = 0.01


def place(server: Valkey) -> tuple[str, str]:
    """The address and the port at which a server takes other servers."""
    return str(server.settings["bind"]), str(server.settings["port"])


@asynccontextmanager
async def caught_up(heir: Valkey, servers: Iterable[Valkey]) -> AsyncIterator[None]:
    """Within, a replica has what its primary has, and that one takes no writes; for a primary nothing is done."""
    told = await heir.command("INFO", "replication")
    primary = None
    if told["role"] != "master":
        those = (one for one in servers if one is not heir and one.running)
        primary = next((one for one in those if place(one) == (told["master_host"], str(told["master_port"]))), None)
    if primary is None:
        yield
        return
    await primary.command("CLIENT", "PAUSE", 2 * _PATIENCE * 1000, "WRITE")
    try:
        await _copy(heir, primary)
        yield
    finally:
        await primary.command("CLIENT", "UNPAUSE")


async def _copy(heir: Valkey, primary: Valkey) -> None:
    goal = (await primary.command("INFO", "replication"))["master_repl_offset"]
    try:
        async with asyncio.timeout(_PATIENCE):
            while (await heir.command("INFO", "replication"))["slave_repl_offset"] < goal:
                await asyncio.sleep(_PAUSE)
    except TimeoutError:  # a failover does not wait for ever, on AWS either: what was not copied is lost
        log.warning("a replica became primary before it had copied everything")
