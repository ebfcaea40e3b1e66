"""The account: quotas, leaving the sandbox, sending on and off, which reasons suppress."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import account
from cloudarium.services.sesv2 import resources

Data = dict[str, Any]
_DETAILS = ("MailType", "WebsiteURL", "ContactLanguage", "UseCaseDescription", "AdditionalContactEmailAddresses")


@operation("GetAccount")
def get_account(call: Call) -> Data:
    """The account's quotas and state in this region."""
    desk = resources.desk(call)
    state = account.state(desk)
    shown: Data = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": state["Production"],
        "SendQuota": account.quota(desk),
        "SendingEnabled": state["Sending"],
        "SuppressionAttributes": {"SuppressedReasons": state["Reasons"]},
    }
    if state.get("Details"):
        review = {"Status": "GRANTED" if state["Production"] else "PENDING"}
        shown["Details"] = {**state["Details"], "ReviewDetails": review} if state.get("Asked") else state["Details"]
    return shown


@operation("PutAccountDetails")
def put_account_details(call: Call) -> Data:
    """Say what the account sends; asking for production access leaves the sandbox, here without a review."""
    details = {name: call.input[name] for name in _DETAILS if call.input.get(name) is not None}
    desk = resources.desk(call)
    asked = bool(call.input.get("ProductionAccessEnabled"))
    old = account.state(desk)
    account.change(
        desk, Details=details, Asked=asked or old.get("Asked", False), Production=asked or old["Production"]
    )  # fmt: skip
    return {}


@operation("PutAccountSendingAttributes")
def put_account_sending_attributes(call: Call) -> Data:
    """Pause the account's sending, or let it go on."""
    account.change(resources.desk(call), Sending=bool(call.input.get("SendingEnabled")))
    return {}


@operation("PutAccountSuppressionAttributes", refuses=("ValidationAttributes",))
def put_account_suppression_attributes(call: Call) -> Data:
    """For which reasons an address on the suppression list gets no mail."""
    account.change(resources.desk(call), Reasons=call.input.get("SuppressedReasons") or [])
    return {}
