"""What SES tells CloudWatch of an account's mail, whatever its configuration sets ask for.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-cloudwatch.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudarium.mail import records
from cloudarium.mail.events import KINDS, Happening
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

if TYPE_CHECKING:
    from cloudarium.gateway.meters import Meter

_NAMESPACE = "AWS/SES"
_LATELY = 14 * 86_400  # what the rates are of


def happened(meter: Meter, now: float, scope: Scope, happenings: Iterable[Happening]) -> None:
    """Count what happened to messages."""
    for each in happenings:
        meter.add(now, scope, _NAMESPACE, KINDS[each.kind].metric, (), 1.0, "Count")


def reputation(meter: Meter, store: Store, now: float, scope: Scope) -> None:
    """Tell the share of bounces and of complaints among what was sent lately."""
    rows = records.statistics(store, scope, now - _LATELY)
    sent = sum(row[1] for row in rows)
    if sent:
        for name, place in (("BounceRate", 2), ("ComplaintRate", 3)):
            rate = sum(row[place] for row in rows) / sent
            meter.add(now, scope, _NAMESPACE, f"Reputation.{name}", (), rate, "None")
