"""Bounces of one's own: a report on a mail that was received."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need, operation
from cloudarium.mail import bounces, outgoing, permissions, records, sending
from cloudarium.mail.desk import Desk
from cloudarium.mail.message import BadMessage
from cloudarium.services.ses import resources
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
_DAY = 86400.0
_MOST = 50
# https://docs.aws.amazon.com/ses/latest/APIReference/API_BouncedRecipientInfo.html names the types; RFC 3463 the codes.
_STATUS = {
    "DoesNotExist": ("5.1.1", "smtp; 550 5.1.1 user unknown"),
    "MessageTooLarge": ("5.3.4", "smtp; 552 5.3.4 message too large"),
    "ExceededQuota": ("5.2.2", "smtp; 552 5.2.2 mailbox full"),
    "ContentRejected": ("5.6.1", "smtp; 554 5.6.1 content rejected"),
    "Undefined": ("5.0.0", "smtp; 550 5.0.0 undefined"),
    "TemporaryFailure": ("4.0.0", "smtp; 450 4.0.0 temporary failure"),
}


def _sender(call: Call) -> list[str | Need]:
    """The identity that the report comes from."""
    given = call.input
    named = {"Arn": given.get("BounceSenderArn")}
    return list(permissions.sending(resources.desk(call), given.get("BounceSender"), named))


@operation("SendBounce", on=_sender)
def send_bounce(call: Call) -> Data:
    """Report to the sender of a mail that was received within the last day that some recipients did not get it."""
    desk, given = resources.desk(call), call.input
    original = records.mail(call.store, given["OriginalMessageId"])
    if original is None or original.scope != call.scope or original.data["Status"] != "Received":
        raise AwsError(f"The message {given['OriginalMessageId'][:100]} was not received.", code="MessageRejected")
    if call.now - original.sent > _DAY:
        raise AwsError("The message was received more than 24 hours ago.", code="MessageRejected")
    to = original.data["ReturnPath"]
    if not to:
        raise AwsError("The message has no sender who could be told.", code="MessageRejected")
    sender = sending.read_address(desk, given["BounceSender"])
    sending.check_source(desk, sender, outgoing.owner(desk, given.get("BounceSenderArn")))
    listed = given["BouncedRecipientInfoList"]
    if not 1 <= len(listed) <= _MOST:
        raise desk.invalid(f"BouncedRecipientInfoList must have 1 to {_MOST} recipients.")
    failed = [_failed(desk, each) for each in listed]
    told = given.get("MessageDsn") or {}
    names = "\n".join(each.recipient for each in failed)
    text = given.get("Explanation") or (
        f"An error occurred while trying to deliver the mail to the following recipients:\n{names}\n"
    )
    kept = call.store.blobs.whole(original.raw)
    reporter = told.get("ReportingMta") or f"dns; inbound-smtp.{call.region}.amazonaws.com"
    try:
        raw = bounces.report(
            sender.header(), to, text, reporter, failed, kept, _more(told), told.get("ArrivalDate", original.sent)
        )  # fmt: skip
    except BadMessage as error:
        raise desk.invalid(str(error)) from error
    return {"MessageId": sending.post_raw(desk, given["BounceSender"], [to], raw, call.operation_name)}


def _more(given: Data) -> tuple[tuple[str, str], ...]:
    return tuple((each["Name"], each["Value"]) for each in given.get("ExtensionFields") or ())


def _failed(desk: Desk, given: Data) -> bounces.Failed:
    if given.get("RecipientArn"):
        outgoing.owner(
            desk, given["RecipientArn"]
        )  # it is checked for being one; who may bounce is the sender's matter
    recipient = sending.read_address(desk, given["Recipient"]).email
    fields = given.get("RecipientDsnFields")
    if fields is None:
        if not given.get("BounceType"):
            raise desk.invalid("Each bounced recipient must have a BounceType or RecipientDsnFields.")
        status, diagnostic = _STATUS[given["BounceType"]]
        action = "delayed" if given["BounceType"] == "TemporaryFailure" else "failed"
        return bounces.Failed(recipient, status, diagnostic, action)
    more = list(_more(fields))
    if fields.get("LastAttemptDate") is not None:
        more.insert(0, ("Last-Attempt-Date", bounces.date(fields["LastAttemptDate"])))
    return bounces.Failed(
        recipient, fields["Status"], fields.get("DiagnosticCode") or "", fields["Action"],
        fields.get("RemoteMta") or "",
        (fields.get("FinalRecipient") or "").removeprefix("rfc822;").strip(), tuple(more),
    )  # fmt: skip
