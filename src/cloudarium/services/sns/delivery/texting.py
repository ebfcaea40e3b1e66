"""Text messages: they land in a box of the cloud's own."""

from __future__ import annotations

import re

from cloudarium.gateway.call import Call
from cloudarium.services.sns.delivery.publication import Publication
from cloudarium.services.sns.records import messages
from cloudarium.shared.scope import Scope

SENDER_ID, SMS_TYPE = "AWS.SNS.SMS.SenderID", "AWS.SNS.SMS.SMSType"
_ONE, _PART = 140, 134  # bytes of a message, and of each part of a longer one


def normal(phone: str) -> str:
    """A number in E.164's form: a plus and digits."""
    return "+" + re.sub(r"[^0-9]", "", phone)


def opted_out(call: Call, scope: Scope, phone: str) -> bool:
    """Whether the phone's owner wants no messages from this account."""
    return messages.get(call.store, scope, messages.OPTED_OUT, normal(phone)) is not None


def text_to(call: Call, phone: str, publication: Publication) -> bool:
    """Put a text message into the box, unless the phone's owner opted out; whether it is there now."""
    if opted_out(call, call.scope, phone):
        return False
    settings = messages.get(call.store, call.scope, messages.ATTRIBUTES, "") or {}
    own = {name: each.get("StringValue") for name, each in publication.attributes.items()}
    data = {
        "Message": publication.text,
        "MessageId": publication.id,
        "Topic": publication.topic or None,
        "SenderId": own.get(SENDER_ID) or settings.get("DefaultSenderID"),
        "Type": own.get(SMS_TYPE) or settings.get("DefaultSMSType") or "Promotional",
        "Parts": parts(publication.text),
    }
    messages.add(call.store, call.scope, f"{publication.id}{normal(phone)}", normal(phone), publication.at, data)
    return True


def parts(text: str) -> int:
    """In how many parts a text is sent: a message holds 160 letters of the common alphabet, or 70 of any."""
    common = text.isascii()
    length = (len(text) * 7 + 7) // 8 if common else len(text.encode("utf-16-be", "surrogatepass"))
    return 1 if length <= _ONE else -(-length // _PART)
