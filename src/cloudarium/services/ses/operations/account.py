"""The account: quotas, statistics, sending on and off."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import account, records
from cloudarium.services.ses import resources

Data = dict[str, Any]
_TWO_WEEKS = 14 * 86400


@operation("GetSendQuota")
def get_send_quota(call: Call) -> Data:
    """The day's quota, the rate, and what was sent in the last 24 hours."""
    return account.quota(resources.desk(call))


@operation("GetSendStatistics")
def get_send_statistics(call: Call) -> Data:
    """What was sent, bounced and complained about in each quarter of an hour of the last two weeks."""
    rows = records.statistics(call.store, call.scope, call.now - _TWO_WEEKS)
    names = ("DeliveryAttempts", "Bounces", "Complaints", "Rejects")
    return {"SendDataPoints": [{"Timestamp": row[0] * 900, **dict(zip(names, row[1:], strict=True))} for row in rows]}


@operation("GetAccountSendingEnabled")
def get_account_sending_enabled(call: Call) -> Data:
    """Whether the account may send in this region."""
    return {"Enabled": account.state(resources.desk(call))["Sending"]}


@operation("UpdateAccountSendingEnabled")
def update_account_sending_enabled(call: Call) -> Data:
    """Pause the account's sending, or let it go on."""
    account.change(resources.desk(call), Sending=bool(call.input.get("Enabled")))
    return {}
