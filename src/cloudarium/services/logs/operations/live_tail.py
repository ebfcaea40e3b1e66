"""StartLiveTail: events of some groups as they come in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, records, resources
from cloudarium.services.logs.operations.metric_filters import compiled
from cloudarium.services.logs.tailing import Tail, tails
from cloudarium.shared import arn, ids

_PAUSE = 1.0  # seconds between updates when nothing comes
_LONGEST = 3 * 3600.0
_AT_A_TIME = 15  # of an account in a region


@operation("StartLiveTail", on=resources.tailed)
def start_live_tail(call: Call) -> dict[str, Any]:
    """Follow up to ten groups; an update comes with new events, and each second without."""
    given = call.input
    names, prefixes = given.get("logStreamNames") or [], given.get("logStreamNamePrefixes") or []
    identifiers = given["logGroupIdentifiers"]
    if names and prefixes:
        raise errors.InvalidParameter("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.")
    if (names or prefixes) and len(identifiers) > 1:
        raise errors.InvalidParameter("Log streams can be chosen when one log group is followed only.")
    matches = compiled(given.get("logEventFilterPattern", ""))
    groups = dict(_followed(call, each) for each in identifiers)
    if sum(tail.scope == call.scope for tail in tails(call.cloud)) >= _AT_A_TIME:
        raise errors.LimitExceeded
    tail = Tail(call.scope, groups, names, prefixes, matches)
    session = {
        "requestId": call.request_id,
        "sessionId": ids.uuid(),
        "logGroupIdentifiers": identifiers,
        "logStreamNames": names,
        "logStreamNamePrefixes": prefixes,
        "logEventFilterPattern": given.get("logEventFilterPattern", ""),
    }
    return {"responseStream": _updates(call, tail, session)}


def _followed(call: Call, identifier: str) -> tuple[int, str]:
    parsed = arn.parse(identifier)
    if parsed is None or parsed.service != "logs":
        raise errors.InvalidParameter(f"Log group identifier {identifier} is not an ARN.")
    scope, name = resources.group_of(identifier, call.scope)
    group = records.find_group(call.store, call.account, call.region, name) if scope == call.scope else None
    if group is None:
        raise errors.GroupNotFound
    if group.log_class != "STANDARD":
        raise errors.InvalidOperation("Live Tail is not supported for log groups of the Infrequent Access class.")
    return group.id, identifier.removesuffix(":*")


async def _updates(call: Call, tail: Tail, session: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    loop = asyncio.get_running_loop()
    end = loop.time() + _LONGEST
    tails(call.cloud).append(tail)  # from here on nothing is missed
    try:
        yield {"sessionStart": session}
        while loop.time() < end and not call.abandoned and not call.cloud.bells.silent:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(tail.came.wait(), _PAUSE)
            yield {"sessionUpdate": tail.update()}
        yield {"SessionTimeoutException": {"message": "The session has reached its time limit of 3 hours."}}
    finally:
        with contextlib.suppress(ValueError):  # a reset of the cloud has forgotten it
            tails(call.cloud).remove(tail)
