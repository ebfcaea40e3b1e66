"""SMS of an account: its settings, its sandbox numbers, and whose owners opted out."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.sns import errors
from cloudarium.services.sns.delivery import texting
from cloudarium.services.sns.delivery.publication import NOTIFICATION, Publication
from cloudarium.services.sns.operations.topics import page_key, page_token
from cloudarium.services.sns.records import messages
from cloudarium.services.sns.rules.subscriptions import is_phone
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.errors import NotBuilt

_PAGE = 100
_MOST_SANDBOX = 10
_PASSWORD_LIFE = 15 * 60.0
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}")
_VALUES = {"DefaultSMSType": ("Promotional", "Transactional")}
_NAMES = frozenset(
    ("MonthlySpendLimit", "DefaultSenderID", "DefaultSMSType", "DeliveryStatusIAMRole")
    + ("DeliveryStatusSuccessSamplingRate",)
)


@operation("SetSMSAttributes")
def set_sms_attributes(call: Call) -> dict[str, Any]:
    """Set how the account's text messages are sent."""
    kept = dict(messages.get(call.store, call.scope, messages.ATTRIBUTES, "") or {})
    for name, value in call.input["attributes"].items():
        if name == "UsageReportS3Bucket":
            raise NotBuilt("sns:SetSMSAttributes UsageReportS3Bucket")
        _check_setting(name, value or "")
        kept[name] = value or ""
    messages.put(
        call.store, call.scope, messages.ATTRIBUTES, "", {name: value for name, value in kept.items() if value}
    )
    return {}


def _check_setting(name: str, value: str) -> None:
    if name not in _NAMES:
        raise errors.InvalidParameter(f"{name[:100]} is not a valid attribute")
    fine = not value
    if name == "DefaultSMSType":
        fine = fine or value in _VALUES[name]
    elif name == "DefaultSenderID":
        fine = fine or _SENDER_ID.fullmatch(value) is not None
    elif name == "DeliveryStatusIAMRole":
        role = arns.parse(value)
        fine = fine or (role is not None and role.service == "iam" and role.resource.startswith("role/"))
    else:  # messages cost nothing here, so no spending limit is ever reached
        most = 100 if name == "DeliveryStatusSuccessSamplingRate" else 10**9
        fine = fine or (value.isascii() and value.isdecimal() and int(value[:10]) <= most)
    if not fine:
        raise errors.InvalidParameter(name)


@operation("GetSMSAttributes")
def get_sms_attributes(call: Call) -> dict[str, Any]:
    """How the account's text messages are sent, as far as it was set."""
    kept = messages.get(call.store, call.scope, messages.ATTRIBUTES, "") or {}
    wanted = call.input.get("attributes")
    return {"attributes": {name: value for name, value in kept.items() if not wanted or name in wanted}}


# ---- Who wants no messages -------------------------------------------------------------------------------------------


def _phone(call: Call, name: str) -> str:
    given = call.input[name]
    if not is_phone(given):
        raise errors.InvalidParameter("PhoneNumber Reason: input incorrectly formatted")
    return texting.normal(given)


@operation("CheckIfPhoneNumberIsOptedOut")
def check_if_phone_number_is_opted_out(call: Call) -> dict[str, Any]:
    """Whether a phone's owner wants no messages from this account."""
    return {"isOptedOut": texting.opted_out(call, call.scope, _phone(call, "phoneNumber"))}


@operation("ListPhoneNumbersOptedOut")
def list_phone_numbers_opted_out(call: Call) -> dict[str, Any]:
    """The numbers whose owners want no messages; `nextToken` pages."""
    after = page_key(call, str, "")
    found = messages.listed(call.store, call.scope, messages.OPTED_OUT, after, _PAGE + 1)
    more = {"nextToken": page_token(found[_PAGE - 1][0])} if len(found) > _PAGE else {}
    return {"phoneNumbers": [name for name, _ in found[:_PAGE]], **more}


@operation("OptInPhoneNumber")
def opt_in_phone_number(call: Call) -> dict[str, Any]:
    """Have a phone get messages again."""
    messages.drop(call.store, call.scope, messages.OPTED_OUT, _phone(call, "phoneNumber"))
    return {}


# ---- The sandbox -----------------------------------------------------------------------------------------------------


@operation("GetSMSSandboxAccountStatus")
def get_sms_sandbox_account_status(call: Call) -> dict[str, Any]:
    """Accounts are out of the sandbox here: messages reach no real phone, so nobody is to be kept from them."""
    return {"IsInSandbox": False}


@operation(
    "CreateSMSSandboxPhoneNumber",
    ignores={"LanguageCode": "the text with the password is for whoever looks into the box, in English"},
)
def create_sms_sandbox_phone_number(call: Call) -> dict[str, Any]:
    """Add a number to the sandbox and send it a one-time password."""
    phone = _phone(call, "PhoneNumber")
    there = messages.get(call.store, call.scope, messages.SANDBOX, phone)
    if there is not None and there["Status"] == "Verified":
        raise errors.UserError("The phone number is already verified.")
    if there is None and len(messages.listed(call.store, call.scope, messages.SANDBOX, "", 11)) >= _MOST_SANDBOX:
        raise errors.UserError("You have reached the maximum number of sandbox phone numbers.")
    if texting.opted_out(call, call.scope, phone):
        raise errors.OptedOut("The phone number has opted out.")
    password = f"{ids.integer(0, 999_999):06d}"
    data = {"Status": "Pending", "Password": password, "Expires": call.now + _PASSWORD_LIFE}
    messages.put(call.store, call.scope, messages.SANDBOX, phone, data)
    text = f"Your AWS SNS verification code is {password}."
    texting.text_to(call, call.scope, phone, Publication(NOTIFICATION, ids.uuid(), "", text, call.now))
    return {}


@operation("VerifySMSSandboxPhoneNumber")
def verify_sms_sandbox_phone_number(call: Call) -> dict[str, Any]:
    """Prove a sandbox number by the one-time password that it was sent."""
    phone = _phone(call, "PhoneNumber")
    found = messages.get(call.store, call.scope, messages.SANDBOX, phone)
    if found is None:
        raise errors.ResourceNotFound("The phone number is not in the sandbox.")
    if found["Status"] == "Pending":
        if found["Password"] != call.input["OneTimePassword"] or found["Expires"] < call.now:
            raise errors.VerificationFailed("The one-time password is invalid or has expired.", Status="400")
        messages.put(call.store, call.scope, messages.SANDBOX, phone, {"Status": "Verified"})
    return {}


@operation("DeleteSMSSandboxPhoneNumber")
def delete_sms_sandbox_phone_number(call: Call) -> dict[str, Any]:
    """Take a number out of the sandbox."""
    if not messages.drop(call.store, call.scope, messages.SANDBOX, _phone(call, "PhoneNumber")):
        raise errors.ResourceNotFound("The phone number is not in the sandbox.")
    return {}


@operation("ListSMSSandboxPhoneNumbers")
def list_sms_sandbox_phone_numbers(call: Call) -> dict[str, Any]:
    """The numbers of the sandbox."""
    limit = call.input.get("MaxResults") or _PAGE
    found = messages.listed(call.store, call.scope, messages.SANDBOX, page_key(call, str, ""), limit + 1)
    shown = [{"PhoneNumber": phone, "Status": data["Status"]} for phone, data in found[:limit]]
    more = {"NextToken": page_token(found[limit - 1][0])} if len(found) > limit else {}
    return {"PhoneNumbers": shown, **more}
