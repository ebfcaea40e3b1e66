"""The documents that endpoints get: notifications and notices as JSON, a function's event, mails.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from cloudarium.cloud import Cloud
from cloudarium.services.sns.delivery.publication import NOTIFICATION, Publication, scope_of_topic
from cloudarium.services.sns.delivery.signing import signer
from cloudarium.services.sns.records.subscriptions import Subscription
from cloudarium.shared.clock import iso_millis

Data = dict[str, Any]


def base_url(cloud: Cloud, topic: str) -> str:
    """Where the links in messages of a topic lead."""
    return cloud.door_url("sns", scope_of_topic(topic).region)


def _secure(cloud: Cloud, url: str) -> str:
    """The address over https where the cloud answers that: receivers demand it of a certificate's address."""
    return url if cloud.authority is None else f"https://{url.removeprefix('http://')}"


def unsubscribe_url(cloud: Cloud, target: Subscription) -> str:
    """The link by which an endpoint ends its subscription."""
    return f"{base_url(cloud, target.topic)}/?Action=Unsubscribe&SubscriptionArn={target.arn}"


def subscribe_url(cloud: Cloud, publication: Publication) -> str:
    """The link by which an endpoint confirms."""
    where = base_url(cloud, publication.topic)
    return f"{where}/?Action=ConfirmSubscription&TopicArn={publication.topic}&Token={publication.token}"


async def document(cloud: Cloud, target: Subscription, publication: Publication, version: str) -> Data:
    """The fields of a notification or notice, in AWS's order, signed unless it comes from a FIFO topic."""
    made: Data = {"Type": publication.type, "MessageId": publication.id}
    if publication.sequence is not None:
        made["SequenceNumber"] = publication.sequence
    if publication.token is not None:
        made["Token"] = publication.token
    made["TopicArn"] = publication.topic
    if publication.subject is not None:
        made["Subject"] = publication.subject
    made["Message"] = publication.text
    if publication.token is not None:
        made["SubscribeURL"] = subscribe_url(cloud, publication)
    made["Timestamp"] = iso_millis(publication.at)
    if publication.sequence is None:
        own = await signer(cloud)
        made["SignatureVersion"] = version
        made["Signature"] = own.sign(made, version)
        made["SigningCertURL"] = f"{_secure(cloud, base_url(cloud, publication.topic))}/{own.file}"
    if publication.type == NOTIFICATION:
        made["UnsubscribeURL"] = unsubscribe_url(cloud, target)
    if publication.attributes:
        made["MessageAttributes"] = attributes(publication)
    return made


def attributes(publication: Publication) -> Data:
    """Message attributes as documents have them."""
    return {
        name: {"Type": each["DataType"], "Value": each.get("StringValue") or each.get("BinaryValue") or ""}
        for name, each in publication.attributes.items()
    }


def printed(made: Data) -> str:
    """A document as AWS prints it: a line per field, spaces around the colon."""
    lines = [f"  {_text(name)} : {_text(value)}" for name, value in made.items() if not isinstance(value, dict)]
    for name, value in made.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {_text(key)} : {_compact(each)}" for key, each in value.items())
            lines.append(f"  {_text(name)} : {{\n{inner}\n  }}")
    return "{\n" + ",\n".join(lines) + "\n}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- Functions -------------------------------------------------------------------------------------------------------


async def event(cloud: Cloud, target: Subscription, publication: Publication, version: str) -> bytes:
    """The event of a function: it spells two names otherwise and has every field.

    AWS signs it as the topic wants, but always calls that version 1.
    """
    made = await document(cloud, target, publication, version)
    record = {
        "Type": made["Type"], "MessageId": made["MessageId"], "TopicArn": made["TopicArn"],
        "Subject": made.get("Subject"), "Message": made["Message"], "Timestamp": made["Timestamp"],
        "SignatureVersion": "1" if "Signature" in made else None, "Signature": made.get("Signature"),
        "SigningCertUrl": made.get("SigningCertURL"), "UnsubscribeUrl": made.get("UnsubscribeURL"),
        "MessageAttributes": made.get("MessageAttributes", {}),
    }  # fmt: skip
    if publication.token is not None:
        record.update({"Token": publication.token, "SubscribeUrl": made["SubscribeURL"]})
    whole = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": target.arn,
        "Sns": record,
    }
    return _compact({"Records": [whole]}).encode("utf-8", "surrogatepass")


# ---- Mails -----------------------------------------------------------------------------------------------------------


def confirmation_mail(cloud: Cloud, target: Subscription, publication: Publication) -> Data:
    """The mail that asks for a confirmation."""
    query = f"TopicArn={publication.topic}&Token={publication.token}&Endpoint={quote(target.endpoint)}"
    link = f"{base_url(cloud, publication.topic)}/confirmation.html?{query}"
    text = (
        f"You have chosen to subscribe to the topic: \n{publication.topic}\n\n"
        "To confirm this subscription, click or visit the link below (If this was in error no action is necessary): \n"
        f"{link}\n\n"
        "Please do not reply directly to this email. If you wish to remove yourself from receiving all future SNS"
        " subscription confirmation requests please send an email to sns-opt-out\n"
    )
    page = (
        f"<p>You have chosen to subscribe to the topic: <br /><b>{_html(publication.topic)}</b></p>"
        "<p>To confirm this subscription, click or visit the link below (If this was in error no action is necessary):"
        f' <br /><a href="{_html(link)}">Confirm subscription</a></p>'
    )
    return {"subject": "AWS Notification - Subscription Confirmation", "text": text, "html": page}


def removal_mail(cloud: Cloud, target: Subscription, publication: Publication) -> Data:
    """The mail that says that a subscription is gone, with the link to have it back."""
    query = f"TopicArn={publication.topic}&Token={publication.token}&Endpoint={quote(target.endpoint)}"
    link = f"{base_url(cloud, publication.topic)}/confirmation.html?{query}"
    text = (
        f"Your subscription to the topic below has been deactivated:\n{publication.topic}\n\n"
        f"If this was in error or you wish to resubscribe, click or visit the link below:\n{link}\n"
    )
    page = (
        f"<p>Your subscription to the topic below has been deactivated:<br /><b>{_html(publication.topic)}</b></p>"
        f'<p>If this was in error or you wish to resubscribe, <a href="{_html(link)}">click here</a>.</p>'
    )
    return {"subject": "AWS Notification - Unsubscribe Confirmation", "text": text, "html": page}


def mail(cloud: Cloud, target: Subscription, publication: Publication) -> Data:
    """The mail of a message: its text, and below how to get no more of them."""
    query = f"SubscriptionArn={target.arn}&Endpoint={quote(target.endpoint)}"
    link = f"{base_url(cloud, publication.topic)}/unsubscribe.html?{query}"
    text = (
        f"{publication.text}\n\n--\n"
        "If you wish to stop receiving notifications from this topic, please click or visit the link below to"
        f" unsubscribe:\n{link}\n\nPlease do not reply directly to this email. If you have any questions or comments"
        " regarding this email, please contact us at https://aws.amazon.com/support\n"
    )
    return {"subject": publication.subject or "AWS Notification Message", "text": text}


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
