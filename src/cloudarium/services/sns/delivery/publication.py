"""What is on its way to a subscription: a message, or a notice about the subscription. It waits in the outbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.sns.records import topics
from cloudarium.services.sns.records.subscriptions import Subscription
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope, scope_of

NOTIFICATION = "Notification"


@dataclass(frozen=True)
class Publication:
    """One message: `text` is the one for the protocol, `attributes` hold bytes in base64, `token` is a notice's.

    `attempts` and `due` are those of a message of a FIFO topic, which waits in its own line.
    """

    type: str
    id: str
    topic: str
    text: str
    at: float
    subject: str | None = None
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    group: str | None = None
    duplicate: str | None = None
    sequence: str | None = None
    trace: str | None = None
    token: str | None = None
    attempts: int = 0
    due: float = 0.0

    @classmethod
    def notice(cls, type: str, topic: str, text: str, token: str, at: float) -> Publication:
        """A notice about a subscription."""
        return cls(type, ids.uuid(), topic, text, at, token=token)


def scope_of_topic(arn: str) -> Scope:
    """Where a topic lives."""
    parts = arn.split(":")
    return scope_of(parts[4], parts[3])


def leave(call: Call, target: Subscription, publication: Publication, *, gone: bool = False) -> None:
    """Leave a publication for a subscription, as part of the present transaction; `gone`: it is deleted by now."""
    scope, content = scope_of_topic(target.topic), asdict(publication)
    outbox = call.store.outbox
    if publication.sequence is not None:
        topics.add_ordered(call.store, target.arn, content)
        outbox.put("sns", "DeliverInOrder", scope, {"Subscription": target.arn}, call.now, target.arn, call.onward)
        return
    payload = {"Subscription": target.arn, "Publication": content, "Gone": list(target) if gone else None}
    kind = "DeliverByHttp" if target.protocol in ("http", "https") else "Deliver"
    outbox.put("sns", kind, scope, payload, call.now, trace=call.onward)
