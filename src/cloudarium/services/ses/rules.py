"""What receipt rules say: their checks, which recipients they match, and whom IP filters let in."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from cloudarium.mail import addresses

Data = dict[str, Any]
MOST_SETS, MOST_RULES, MOST_ACTIONS, MOST_RECIPIENTS, MOST_FILTERS = 40, 200, 10, 100, 100
ACTIONS = ("S3Action", "LambdaAction", "SNSAction", "BounceAction", "StopAction", "AddHeaderAction")
NOT_BUILT = {"WorkmailAction": "workmail", "ConnectAction": "connect"}
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,50}")
_LONGEST_HEADER = 2048
_REPLY_CODE = re.compile(r"[45][0-9]{2}")
_STATUS_CODE = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}")


class BadRule(ValueError):
    """A name or a rule is not as SES takes it; says why."""


def check_name(kind: str, name: str) -> None:
    """Raise BadRule for what cannot be the name of a rule set, a rule or a filter."""
    if not _NAME.fullmatch(name):
        raise BadRule(f"{kind} name is not valid: {name[:100]}")


def kind_of(action: Data) -> str:
    """Which kind of action this is. Raises BadRule when it is not exactly one."""
    kinds = [kind for kind in (*ACTIONS, *NOT_BUILT) if action.get(kind) is not None]
    if len(kinds) != 1:
        raise BadRule("A receipt action must have exactly one type of action.")
    return kinds[0]


def normal(rule: Data) -> Data:
    """The rule with SES's defaults. Raises BadRule."""
    check_name("Rule", rule["Name"])
    recipients, actions = rule.get("Recipients") or [], rule.get("Actions") or []
    if len(recipients) > MOST_RECIPIENTS:
        raise BadRule(f"A receipt rule can have at most {MOST_RECIPIENTS} recipients.")
    if len(actions) > MOST_ACTIONS:
        raise BadRule(f"A receipt rule can have at most {MOST_ACTIONS} actions.")
    for each in recipients:
        if not _is_recipient(each):
            raise BadRule(f"Invalid recipient: {each[:320]}")
    for action in actions:
        kind = kind_of(action)
        if kind in _CHECKS:
            _CHECKS[kind](action[kind])
    return {
        "Name": rule["Name"], "Enabled": bool(rule.get("Enabled")), "TlsPolicy": rule.get("TlsPolicy") or "Optional",
        "Recipients": recipients, "Actions": actions, "ScanEnabled": bool(rule.get("ScanEnabled")),
    }  # fmt: skip


def _is_recipient(text: str) -> bool:
    if "@" in text:
        return addresses.is_address(text)
    return addresses.is_domain(text.removeprefix("."))


def _check_header(action: Data) -> None:
    if not _HEADER_NAME.fullmatch(action["HeaderName"]):
        raise BadRule(f"Invalid header name: {action['HeaderName'][:100]}")
    value = action["HeaderValue"]
    if len(value) >= _LONGEST_HEADER or "\r" in value or "\n" in value or "\0" in value:
        raise BadRule("Invalid header value: it must be less than 2048 characters without line breaks.")


def _check_bounce(action: Data) -> None:
    if not _REPLY_CODE.fullmatch(action["SmtpReplyCode"]):
        raise BadRule(f"Invalid SMTP reply code: {action['SmtpReplyCode'][:20]}")
    if action.get("StatusCode") and not _STATUS_CODE.fullmatch(action["StatusCode"]):
        raise BadRule(f"Invalid status code: {action['StatusCode'][:20]}")
    if not addresses.is_address(action["Sender"]):
        raise BadRule(f"Invalid bounce sender: {action['Sender'][:320]}")
    if "\r" in action["Message"] or "\n" in action["Message"]:
        raise BadRule("Invalid bounce message: it must not have line breaks.")


_CHECKS = {"AddHeaderAction": _check_header, "BounceAction": _check_bounce}


# ---- Whom a rule is about --------------------------------------------------------------------------------------------


def matched(rule: Data, recipients: list[str]) -> list[str]:
    """The recipients that a rule is about; one without any is about all."""
    if not rule["Recipients"]:
        return list(recipients)
    return [each for each in recipients if any(_matches(each.lower(), wanted.lower()) for wanted in rule["Recipients"])]


def _matches(recipient: str, wanted: str) -> bool:
    """An address, with any label if it names none; a domain without those below it; after a dot, those below it."""
    domain = recipient.rpartition("@")[2]
    if "@" in wanted:
        return recipient == wanted or addresses.unlabelled(recipient) == wanted
    return domain.endswith(wanted) if wanted.startswith(".") else domain == wanted


# ---- Whom filters let in ---------------------------------------------------------------------------------------------


def check_filter(given: Data) -> None:
    """Raise BadRule for a filter that is none."""
    check_name("Filter", given["Name"])
    try:
        ipaddress.ip_network(given["IpFilter"]["Cidr"], strict=False)
    except ValueError as error:
        raise BadRule(f"Invalid CIDR: {given['IpFilter']['Cidr'][:100]}") from error


def lets_in(filters: list[Data], peer: str) -> bool:
    """Whether mail is taken from an address: who is blocked and allowed is allowed."""
    policies = {each["IpFilter"]["Policy"] for each in filters if _within(peer, each["IpFilter"]["Cidr"])}
    return "Block" not in policies or "Allow" in policies


def _within(peer: str, cidr: str) -> bool:
    try:
        return ipaddress.ip_address(peer) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
