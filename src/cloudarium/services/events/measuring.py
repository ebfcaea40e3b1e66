"""What EventBridge tells CloudWatch: of PutEvents, and of rules with their invocations.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from __future__ import annotations

from cloudarium.gateway.background import Event
from cloudarium.gateway.call import Call
from cloudarium.services.events.rules import entries
from cloudarium.shared.scope import Scope

_NAMESPACE = "AWS/Events"


def measured(call: Call) -> None:
    """Count a call of PutEvents and its entries."""
    if call.operation_name != "PutEvents":
        return

    def add(name: str, value: float, unit: str = "Count") -> None:
        call.cloud.meter.add(call.now, call.scope, _NAMESPACE, f"PutEvents{name}", (), value, unit)

    given = call.input.get("Entries") or ()
    add("ApproximateCallCount", 1.0)
    add("ApproximateFailedCount" if call.error is not None else "ApproximateSuccessCount", 1.0)
    add("Latency", round((call.cloud.stopwatch() - call.started) * 1000, 2), "Milliseconds")
    if call.error is None:
        add("EntriesCount", float(len(given)))
        add("RequestSize", float(sum(map(entries.size, given))), "Bytes")
        failed = (call.output or {}).get("FailedEntryCount", 0)
        if failed:
            add("FailedEntriesCount", float(failed))


def counted(call: Call, scope: Scope, bus: str, rule: str, name: str, value: float = 1.0, unit: str = "Count") -> None:
    """Count something of a rule, for itself and for all rules of its account."""
    own = (("RuleName", rule),) if bus == "default" else (("EventBusName", bus), ("RuleName", rule))
    for dimensions in ((), own):
        call.cloud.meter.add(call.cloud.clock.now(), scope, _NAMESPACE, name, dimensions, value, unit)


class Attempt:
    """One attempt to bring an event to a target, counted from its beginning to its end."""

    def __init__(self, event: Event, place: tuple[Scope, str, str]) -> None:
        self._event, self._place = event, place
        first = not event.payload["Attempts"]
        self._add("InvocationAttempts")
        self._add("Invocations" if first else "RetryInvocationAttempts")
        if first:
            self._took("Start")

    def succeeded(self) -> None:
        """The target has the event."""
        self._add("SuccessfulInvocationAttempts")
        self._took("Complete")
        self._took("Success")

    def failed(self) -> None:
        """The target will never have the event."""
        self._add("FailedInvocations")
        self._took("Complete")

    def buried(self, arrived: bool) -> None:
        """The event went to the target's dead-letter queue, or did not arrive there."""
        self._add("InvocationsSentToDlq" if arrived else "InvocationsFailedToBeSentToDlq")

    def _add(self, name: str, value: float = 1.0, unit: str = "Count") -> None:
        counted(self._event, *self._place, name, value, unit)

    def _took(self, until: str) -> None:
        took = (self._event.cloud.clock.now() - self._event.payload["Since"]) * 1000
        self._add(f"IngestionToInvocation{until}Latency", round(max(took, 0.0), 2), "Milliseconds")
