"""How full queues are, minute by minute, as CloudWatch shows it of queues that are active.

Nothing looks at a queue every minute: what its rows say of the minutes since the last look is worked out before the
first call of a minute changes them, and when somebody reads metrics. Only where an alarm watches is there a timer.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.services.sqs.records import groups, messages, queues
from cloudarium.services.sqs.records.queues import Queue
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

NAMESPACE = "AWS/SQS"
DELIVERY = "Sample"
_RING = "sqs samples"
_IDLE = 360  # minutes without a call after which an empty queue is not active any more
_MOST = 1440  # minutes that are made up for at once


class _Seen:
    """A queue that was active: the last minute that is sampled, and the last in which somebody used it."""

    __slots__ = ("active", "minute", "scope")

    def __init__(self, scope: Scope, minute: int) -> None:
        self.scope, self.minute, self.active = scope, minute, minute


def touch(call: Call, found: Queue) -> None:
    """Note that a queue is used now; to be called before anything in it changes."""
    ring: dict[int, _Seen] | None = call.cloud.keep.get(_RING)
    if ring is None:
        ring = call.cloud.keep.setdefault(_RING, {})
    minute = int(call.now // 60)
    seen = ring.get(found.id)
    if seen is not None and seen.active == minute:
        return
    if seen is None:
        seen = ring[found.id] = _Seen(found.scope, minute)
    _fill(call.cloud, found, seen, minute)
    seen.active = minute
    if call.cloud.meter.watched(found.scope, NAMESPACE):
        call.store.outbox.put("sqs", DELIVERY, found.scope, {}, (minute + 1) * 60.0, "sample")


def sample(cloud: Cloud, scope: Scope, now: float) -> None:
    """Tell the meter how full the active queues of an account were until now."""
    ring: dict[int, _Seen] = cloud.keep.setdefault(_RING, {})
    minute = int(now // 60)
    for id in [id for id, seen in ring.items() if seen.scope == scope]:
        found = queues.by_id(cloud.store, id)
        if found is None:
            del ring[id]
        else:
            _fill(cloud, found, ring[id], minute)
    for found in queues.filled(cloud.store, scope):  # those that nobody has used since the start
        if found.id not in ring:
            ring[found.id] = _Seen(scope, minute)


def _fill(cloud: Cloud, found: Queue, seen: _Seen, until: int) -> None:
    for minute in range(max(seen.minute, until - _MOST) + 1, until + 1):
        if minute - seen.active > _IDLE and not messages.total(cloud.store, found.shelf):
            break
        for name, value in _numbers(cloud.store, found, minute * 60.0).items():
            unit = "Seconds" if name == "ApproximateAgeOfOldestMessage" else "Count"
            own = (("QueueName", found.name),)
            cloud.meter.add((minute - 1) * 60.0, found.scope, NAMESPACE, name, own, float(value), unit)
    seen.minute = until


def _numbers(store: Store, found: Queue, at: float) -> dict[str, float]:
    flying, delayed = messages.hidden(store, found.shelf, at)
    total = messages.total(store, found.shelf)
    oldest = messages.oldest(store, found.shelf) if total else at
    numbers: dict[str, float] = {
        "ApproximateNumberOfMessagesVisible": max(total - flying - delayed, 0),
        "ApproximateNumberOfMessagesNotVisible": flying,
        "ApproximateNumberOfMessagesDelayed": delayed,
        "ApproximateAgeOfOldestMessage": int(max(at - oldest, 0.0)),
    }
    if found.fifo:
        numbers["ApproximateNumberOfGroupsWithInflightMessages"] = groups.flying(store, found.shelf, at)
    return numbers
