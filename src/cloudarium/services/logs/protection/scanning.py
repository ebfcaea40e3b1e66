"""What the policies of a group and its account make of log events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cloudarium.services.logs.protection.documents import Policy
from cloudarium.services.logs.protection.identifiers import IDENTIFIERS, Span

Event = dict[str, Any]


class Scanned(NamedTuple):
    """A batch with its messages masked, and what was found: by the place of an event, spans by identifier."""

    events: list[Event]
    found: dict[int, dict[str, list[Span]]]


class Protection(NamedTuple):
    """The policies that hold for a group: its own and its account's, of which all that either names is masked."""

    policies: tuple[Policy, ...]

    def scanned(self, events: Sequence[Event]) -> Scanned:
        """A batch, masked."""
        names = list(dict.fromkeys(name for policy in self.policies for name in policy.identifiers))
        masked, found = list(events), {}
        for at, event in enumerate(events):
            message = event["message"]
            spans = {name: where for name in names if (where := IDENTIFIERS[name].spans(message))}
            if spans:
                found[at] = spans
                masked[at] = {**event, "message": _masked(message, spans)}
        return Scanned(masked, found)


def findings_of(policy: Policy, spans: dict[str, list[Span]]) -> list[dict[str, Any]]:
    """What a policy audits of an event's spans, as a findings report says it."""
    return [
        {
            "name": name,
            "count": len(spans[name]),
            "detections": [{"start": start, "end": end} for start, end in spans[name]],
        }
        for name in policy.identifiers
        if name in spans
    ]


def _masked(message: str, spans: dict[str, list[Span]]) -> str:
    """The message with an asterisk for each character that was found."""
    parts, place = [], 0
    for start, end in sorted(span for where in spans.values() for span in where):
        if end > place:
            parts.append(message[place : max(start, place)])
            parts.append("*" * (end - max(start, place)))
            place = end
    return "".join([*parts, message[place:]])
