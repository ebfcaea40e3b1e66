"""The ARNs of the first API, the identities' policies, and the condition keys of sending."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.mail import permissions
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import errors

POLICY_TOPIC = "mail"


def desk(call: Call) -> Desk:
    """The desk of a call."""
    return Desk.of(call, errors.CODES)


def resource_policy(call: Call, arn: str) -> str | None:
    """What an identity's own policies say."""
    return permissions.resource_policy(call.store, arn)


def configuration_set(call: Call) -> str:
    """The configuration set that a call names."""
    given = call.input.get("ConfigurationSet")
    name = given.get("Name") if isinstance(given, dict) else call.input.get("ConfigurationSetName")
    return permissions.named_arn(desk(call), "configuration-set", name)


def _raw(call: Call) -> tuple[str, list[str]]:
    given = call.input.get("RawMessage")
    return permissions.of_raw(given.get("Data") if isinstance(given, dict) else None)


def sending(call: Call) -> list[str]:
    """What a call sends from and with."""
    given = call.input
    source = given.get("Source") or (_raw(call)[0] if "RawMessage" in given else "")
    named = {"Template": given.get("Template"), "Set": given.get("ConfigurationSetName"), "Arn": given.get("SourceArn")}
    return permissions.sending(desk(call), source, named)


def conditions(call: Call) -> dict[str, Any]:
    """ses:ApiVersion and, of what sends, who to whom."""
    given = call.input
    source, recipients = given.get("Source"), permissions.of_destination(given.get("Destination"))
    if "RawMessage" in given:
        from_, to = _raw(call)
        source = source or from_
        recipients = given["Destinations"] if isinstance(given.get("Destinations"), list) else to
    for each in given["Destinations"] if "Template" in given and isinstance(given.get("Destinations"), list) else ():
        recipients += permissions.of_destination(each.get("Destination") if isinstance(each, dict) else None)
    return {"ses:ApiVersion": "1", **permissions.conditions(source, recipients, given.get("ReturnPath"))}


def identity_arn(call: Call, name: str) -> str:
    """The ARN of an identity; its tags are kept under it."""
    return permissions.identity_arn(desk(call), name)


def passed_roles(call: Call) -> list[str | Need]:
    """What making a rule needs: iam:PassRole for every role that SES is to write with."""
    rule = call.input.get("Rule")
    actions = rule.get("Actions") if isinstance(rule, dict) else None
    needs: list[str | Need] = ["*"]
    for action in actions if isinstance(actions, list) else ():
        given = action.get("S3Action") if isinstance(action, dict) else None
        role = given.get("IamRoleArn") if isinstance(given, dict) else None
        if isinstance(role, str):
            needs.append(Need("iam:PassRole", role, {"iam:PassedToService": "ses.amazonaws.com"}))
    return needs
