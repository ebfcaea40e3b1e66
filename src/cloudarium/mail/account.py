"""The account's state: sandbox or production, quotas, sending on or off, which reasons suppress."""

from __future__ import annotations

from cloudarium.mail import records
from cloudarium.mail.desk import Data, Desk

KIND = "account"
SANDBOX = (200.0, 1.0)  # (recipients in 24 hours, recipients a second)
PRODUCTION = (50_000.0, 14.0)
DAILY = "Daily message quota exceeded."
_DAY = 86400.0
_BURST = 10.0  # seconds: the rate may be exceeded for a moment, never for longer
_NEW: Data = {"Production": False, "Sending": True, "Reasons": ["BOUNCE", "COMPLAINT"]}


def state(desk: Desk) -> Data:
    """The account's state in this region; a new account is in the sandbox."""
    return {**_NEW, **(desk.get(KIND, "") or {})}


def change(desk: Desk, **changes: object) -> None:
    """Change parts of the account's state."""
    desk.put(KIND, "", {**state(desk), **changes})


def quota(desk: Desk) -> Data:
    """Max24HourSend, MaxSendRate and SentLast24Hours."""
    most, rate = PRODUCTION if state(desk)["Production"] else SANDBOX
    sent = records.sent_since(desk.store, desk.scope, desk.now - _DAY)
    return {"Max24HourSend": most, "MaxSendRate": rate, "SentLast24Hours": float(sent)}


def check_quota(desk: Desk, recipients: int) -> None:
    """Raise when the day's quota is used up, or when so many more recipients go beyond the rate."""
    known = quota(desk)
    # Who has anything left may send to all recipients of a message: AWS Messaging blog, how quotas are counted.
    if known["SentLast24Hours"] >= known["Max24HourSend"]:
        raise desk.error(desk.codes.quota, DAILY)
    # "You can exceed this quota for short bursts, but not for sustained periods": SES developer guide, quotas.
    lately = records.sent_since(desk.store, desk.scope, desk.now - _BURST)
    if lately + recipients > max(known["MaxSendRate"] * _BURST, recipients):
        raise desk.error(desk.codes.throttled, "Maximum sending rate exceeded.")
