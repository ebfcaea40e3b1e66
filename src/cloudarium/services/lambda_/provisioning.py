"""Provisioned concurrency: what is wished for in the records is held ready by the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudarium.gateway.call import Call
from cloudarium.runtime.launcher import LauncherLost
from cloudarium.services.lambda_ import records, running
from cloudarium.services.lambda_.records import Version, provisioned
from cloudarium.services.lambda_.records.provisioned import Provisioned
from cloudarium.services.lambda_.rules import configuration
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

DELIVERY = "ProvisionConcurrency"
_INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
_NO_ROOM = "this machine "


def wish(call: Call, scope: Scope, name: str, qualifier: str, wanted: int) -> None:
    """Record that environments are wanted, and have them started."""
    provisioned.put(call.store, scope, name, qualifier, wanted, call.now)
    later(call, scope, name, qualifier)


def later(call: Call, scope: Scope, name: str, qualifier: str) -> None:
    """Have the runtime brought to what is wished for a version or alias, or no longer."""
    payload = {"Account": scope.account, "Region": scope.region, "Name": name, "Qualifier": qualifier}
    call.later(DELIVERY, payload, key=f"{scope.account}:{scope.region}:{name}:{qualifier}")


def counts(cloud: Cloud, one: Provisioned) -> tuple[int, int]:
    """How many environments are allocated, and how many of them are initialised and in place."""
    held = running.workshop(cloud).environments.provisioned(_held(cloud).get(one[:4], ""))
    return (held.allocated, held.allocated) if held is not None else (0, 0)


async def carry_out(cloud: Cloud, scope: Scope, name: str, qualifier: str) -> None:
    """Start what is wished for, stop what is not, and record how that went."""
    environments, held = running.workshop(cloud).environments, _held(cloud)
    one = provisioned.find(cloud.store, scope, name, qualifier)
    version = _version(cloud, one) if one is not None else None
    place = (*scope, name, qualifier)
    if one is None or version is None:
        _release(cloud, held.pop(place, ""))
        return
    try:
        spec = await running.spec_of(cloud, version)
        before, held[place] = held.get(place, spec.key), spec.key
        problem = await environments.provision(spec, one.wanted)
    except (AwsError, LauncherLost) as error:
        before, problem = "", str(error)
    if before != held.get(place):
        _release(cloud, before)  # an alias that went on to another version
    status = provisioned.FAILED if problem else provisioned.READY
    reason = problem if problem.startswith(_NO_ROOM) else _INIT_FAILURE if problem else ""
    with cloud.store.transaction():
        provisioned.set_status(cloud.store, one, status, reason, counts(cloud, one)[1])
    await running.workshop(cloud).logs.flush()


def resume(cloud: Cloud) -> None:
    """Have started again what an earlier run of the cloud held ready."""
    rows = provisioned.everywhere(cloud.store)
    if not rows:
        return
    with cloud.store.transaction():
        for one in rows:
            provisioned.set_status(cloud.store, one, provisioned.IN_PROGRESS)
            call = Call(cloud, None)
            call.service, call.scope = "lambda", one.scope
            later(call, one.scope, one.name, one.qualifier)


def _release(cloud: Cloud, key: str) -> None:
    """Stop what is held ready of a version, unless it is for another qualifier by now."""
    if key not in _held(cloud).values():
        running.workshop(cloud).environments.release(key)


def _held(cloud: Cloud) -> dict[tuple[str, ...], str]:
    """The key of the spec whose environments are held ready, by account, region, function and qualifier."""
    return running.workshop(cloud).provisioned


def _version(cloud: Cloud, one: Provisioned) -> Version | None:
    """The version that the environments are of: an alias's first, also while it has weights."""
    number = one.qualifier
    if configuration.is_alias(number):
        alias = records.find_alias(cloud.store, one.scope, one.name, number)
        if alias is None:
            return None
        number = alias.version
    return records.find_version(cloud.store, one.scope, one.name, number)
