"""SES's condition keys: by which call each is tried, or why it cannot be in any request here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

TO = {"ToAddresses": ["success@simulator.amazonses.com"]}
MESSAGE = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
SOURCE = "News <news@example.com>"


def sent(**given: Any) -> Callable[[Team], Ask]:
    """Sending by the first API."""
    return lambda team: ("send_email", {"Source": SOURCE, "Destination": TO, "Message": MESSAGE, **given})


def sent_newer(team: Team) -> Ask:
    """Sending by the second API."""
    given = {"FeedbackForwardingEmailAddress": "back@example.com", "Content": {"Simple": MESSAGE}}
    return "send_email", {"FromEmailAddress": SOURCE, "Destination": TO, **given}


V1 = [
    Probe("ses:ApiVersion", lambda _: ("get_send_quota", {}), "1", "2"),
    Probe("ses:FromAddress", sent(), "news@example.com"),
    Probe("ses:FromDisplayName", sent(), "News"),
    Probe("ses:Recipients", sent(), "success@simulator.amazonses.com", operator="ForAnyValue:StringEquals"),
    Probe("ses:FeedbackAddress", sent(ReturnPath="back@example.com"), "back@example.com"),
]
V2 = [
    Probe("ses:ApiVersion", lambda _: ("get_account", {}), "2", "1"),
    Probe("ses:FromAddress", sent_newer, "news@example.com"),
    Probe("ses:FromDisplayName", sent_newer, "News"),
    Probe("ses:Recipients", sent_newer, "success@simulator.amazonses.com", operator="ForAnyValue:StringEquals"),
    Probe("ses:FeedbackAddress", sent_newer, "back@example.com"),
]
ABSENT = {
    "ses:MultiRegionEndpointId": "Multi-region endpoints are not built.",
    "ses:TenantName": "Tenants are not built.",
}
