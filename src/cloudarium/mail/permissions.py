"""What sending is asked of the policy engine: on which resources, with which condition keys."""

from __future__ import annotations

from typing import Any

from cloudarium.mail import addresses, identities, message, policies
from cloudarium.mail.desk import Data, Desk
from cloudarium.shared import arn as arns
from cloudarium.store import Store

_MOST_HEAD = 256 * 1024  # bytes of a raw message in which its headers are sought


def identity_arn(desk: Desk, name: object) -> str:
    """The ARN of an identity."""
    return arns.make("ses", desk.scope, f"identity/{identities.normal(str(name or ''))}")


def named_arn(desk: Desk, kind: str, name: object) -> str:
    """The ARN of a template or configuration set."""
    return arns.make("ses", desk.scope, f"{kind}/{name}")


def resource_policy(store: Store, arn: str) -> str | None:
    """The policies of an identity as one."""
    return policies.of(store, arn)


def sending(desk: Desk, source: object, given: dict[str, Any]) -> list[str]:
    """The identities that mail goes out from and back to, and the template and configuration set that it names.

    A configuration set that an identity has for mail without one is asked for too, as AWS does.
    """
    found = [_identity(desk, source, given.get("Arn"))]
    found += [each for each in given.get("More", ()) if isinstance(each, str) and each and each not in found]
    if isinstance(given.get("Template"), str) and given["Template"]:
        found.append(named_arn(desk, "template", given["Template"]))
    chosen = given.get("Set")
    if not chosen and not given.get("Arn") and isinstance(source, str):
        chosen = identities.default_set(desk, source, None)
    if isinstance(chosen, str) and chosen:
        found.append(named_arn(desk, "configuration-set", chosen))
    return found


_IN_HEADERS = {
    "Set": "X-SES-CONFIGURATION-SET", "Arn": "X-SES-SOURCE-ARN", "From": "X-SES-FROM-ARN",
    "Return": "X-SES-RETURN-PATH-ARN",
}  # fmt: skip


def named_in(data: object, given: Data) -> Data:
    """What a call with a raw message names: in its parameters (Set, Arn, From, Return), else in its headers."""
    raw = message.lines(data[:_MOST_HEAD]) if isinstance(data, bytes) else b""
    for name, header in _IN_HEADERS.items() if raw else ():
        given = {**given, name: given.get(name) or "".join(message.header(raw, header)[:1])}
    return {**given, "More": [given.get("From"), given.get("Return")]}


def _identity(desk: Desk, source: object, arn: object) -> str:
    if isinstance(arn, str) and arn:
        return arn
    try:
        email = addresses.read(source).email if isinstance(source, str) else ""
    except addresses.NoAddress:
        email = "unknown"
    return identity_arn(desk, identities.owner_of(desk, email) if email else "unknown")


def conditions(source: object, recipients: list[Any], feedback: object) -> Data:
    """ses:FromAddress, ses:FromDisplayName, ses:Recipients and ses:FeedbackAddress of a message."""
    found: Data = {}
    try:
        sender = addresses.read(source) if isinstance(source, str) else None
    except addresses.NoAddress:
        sender = None
    if sender is not None:
        found["ses:FromAddress"] = sender.email
        if sender.name:
            found["ses:FromDisplayName"] = sender.name
    told = []
    for each in recipients:
        try:
            told.append(addresses.read(each).email if isinstance(each, str) else "")
        except addresses.NoAddress:
            told.append(each)
    if told:
        found["ses:Recipients"] = told
    if isinstance(feedback, str) and feedback:
        found["ses:FeedbackAddress"] = feedback
    return found


def of_destination(where: object) -> list[Any]:
    """Every recipient of a Destination, as far as it is well-formed."""
    if not isinstance(where, dict):
        return []
    lists = (where.get(name) for name in ("ToAddresses", "CcAddresses", "BccAddresses"))
    return [each for found in lists if isinstance(found, list) for each in found]


def of_raw(data: object) -> tuple[str, list[str]]:
    """(From, all recipients) in the headers of a raw message."""
    if not isinstance(data, bytes):
        return "", []
    raw = message.lines(data[:_MOST_HEAD])
    to = [
        each for name in ("To", "Cc", "Bcc") for each in message.split_addresses(", ".join(message.header(raw, name)))
    ]
    return message.decoded("".join(message.header(raw, "From")[:1])), to
