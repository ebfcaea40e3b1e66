"""Text messages: they land in a box of the cloud's own."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.sns.delivery.publication import Publication
from cloudarium.services.sns.measuring import texted
from cloudarium.services.sns.records import messages
from cloudarium.shared import ids
from cloudarium.shared.clock import iso_millis
from cloudarium.shared.scope import Scope

SENDER_ID, SMS_TYPE = "AWS.SNS.SMS.SenderID", "AWS.SNS.SMS.SMSType"
_ONE, _PART = 140, 134  # bytes of a message, and of each part of a longer one


def normal(phone: str) -> str:
    """A number in E.164's form: a plus and digits."""
    return "+" + re.sub(r"[^0-9]", "", phone)


def opted_out(call: Call, scope: Scope, phone: str) -> bool:
    """Whether the phone's owner wants no messages from this account."""
    return messages.get(call.store, scope, messages.OPTED_OUT, normal(phone)) is not None


def text_to(call: Call, scope: Scope, phone: str, publication: Publication) -> bool:
    """Put a text message into the box, unless the phone's owner opted out; whether it is there now."""
    settings = messages.get(call.store, scope, messages.ATTRIBUTES, "") or {}
    own = {name: each.get("StringValue") for name, each in publication.attributes.items()}
    data = {
        "Message": publication.text,
        "MessageId": publication.id,
        "Topic": publication.topic or None,
        "SenderId": own.get(SENDER_ID) or settings.get("DefaultSenderID"),
        "Type": own.get(SMS_TYPE) or settings.get("DefaultSMSType") or "Promotional",
        "Parts": parts(publication.text),
    }
    taken = not opted_out(call, scope, phone)
    if taken:
        messages.add(call.store, scope, f"{publication.id}{normal(phone)}", normal(phone), publication.at, data)
    texted(call, scope, taken, publication.topic)
    _report(call, scope, settings, phone, data, publication.at, taken)
    return taken


def _report(
    call: Call, scope: Scope, settings: dict[str, str], phone: str, data: dict[str, Any], at: float, taken: bool
) -> None:
    """Have what became of a text message written, if the account wants it.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html
    """
    role = settings.get("DeliveryStatusIAMRole")
    if not role or (taken and ids.fraction() * 100 >= int(settings.get("DeliveryStatusSuccessSamplingRate") or 0)):
        return
    said = "Message has been accepted by phone carrier" if taken else "Phone has opted out"
    entry = {
        "notification": {"messageId": data["MessageId"], "timestamp": stamp(at)},
        "delivery": {
            "numberOfMessageParts": data["Parts"],
            "destination": normal(phone),
            "smsType": data["Type"],
            "providerResponse": said,
            "dwellTimeMs": max(0, round((call.now - at) * 1000)),
        },
        "status": "SUCCESS" if taken else "FAILURE",
    }
    group = f"sns/{scope.region}/{scope.account}/DirectPublishToPhoneNumber" + ("" if taken else "/Failure")
    payload = {"Role": role, "Topic": data["Topic"], "Group": group, "Entry": entry}
    call.store.outbox.put("sns", "DeliveryStatus", scope, payload, call.now, trace=call.trace)


def stamp(moment: float) -> str:
    """A time as delivery status logs have it."""
    return iso_millis(moment).replace("T", " ").removesuffix("Z")


def parts(text: str) -> int:
    """In how many parts a text is sent: a message holds 160 letters of the common alphabet, or 70 of any."""
    common = text.isascii()
    length = (len(text) * 7 + 7) // 8 if common else len(text.encode("utf-16-be", "surrogatepass"))
    return 1 if length <= _ONE else -(-length // _PART)
