"""Policies of buses: who else may put events and rules, statement by statement or as a whole."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy import principals
from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.policy.grammar import load, statements
from cloudarium.services.events import errors, resources
from cloudarium.services.events.operations import lookup
from cloudarium.services.events.records import named
from cloudarium.services.events.records.named import Named

Data = dict[str, Any]
_LONGEST = 10_240
_ACTIONS = ("events:PutEvents", "events:PutPartnerEvents")


@operation("PutPermission")
def put_permission(call: Call) -> Data:
    """Replace a bus's policy (Policy), or let an account put events by one more statement."""
    found, given = lookup.bus(call), call.input
    if given.get("Policy"):
        if any(given.get(name) for name in ("Action", "Principal", "StatementId", "Condition")):
            raise errors.Invalid("You cannot specify Policy together with Action, Principal, StatementId or Condition.")
        _keep(call, found, _checked(call, given["Policy"]))
        return {}
    for name in ("Action", "Principal", "StatementId"):
        if not given.get(name):
            raise errors.Invalid.parameter(name, f"{name} is a required argument.")
    if given["Action"] not in _ACTIONS:
        raise errors.Invalid("Provided value in parameter 'action' is not supported.")
    kept = [each for each in _statements(found) if each.get("Sid") != given["StatementId"]]
    text = json.dumps({"Version": "2012-10-17", "Statement": [*kept, _statement(found, given)]}, separators=(",", ":"))
    _keep(call, found, _checked(call, text))
    return {}


def _statement(found: Named, given: Data) -> Data:
    who = given["Principal"]
    made: Data = {
        "Sid": given["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if who == "*" else {"AWS": f"arn:aws:iam::{who}:root"},
        "Action": given["Action"],
        "Resource": resources.bus_arn(found.scope, found.name),
    }
    condition = given.get("Condition")
    if condition:
        if condition["Type"] != "StringEquals" or condition["Key"] != "aws:PrincipalOrgID":
            raise errors.Invalid.parameter("Condition", "Only StringEquals on aws:PrincipalOrgID is supported.")
        if who != "*":
            raise errors.Invalid.parameter("Principal", "Principal must be * when a Condition is specified.")
        made["Condition"] = {"StringEquals": {condition["Key"]: condition["Value"]}}
    return made


def _checked(call: Call, text: str) -> str:
    if len(text) > _LONGEST:
        raise errors.PolicyTooLong
    try:
        check_document(text, "resource")
        known = all(map(call.cloud.directory.exists, principals.named(text)))
    except MalformedPolicy:
        raise errors.Invalid.parameter("Policy") from None
    if not known:
        raise errors.Invalid.parameter("Policy", "Policy contains an unknown principal.")
    return text


def _statements(found: Named) -> list[Data]:
    text = found.data.get("Policy")
    return statements(load(text)) if text else []


def _keep(call: Call, found: Named, policy: str | None) -> None:
    data = {name: value for name, value in found.data.items() if name != "Policy"}
    data["LastModifiedTime"] = call.now
    named.put(call.store, found._replace(data={**data, "Policy": policy} if policy else data))


@operation("RemovePermission")
def remove_permission(call: Call) -> Data:
    """Take one statement of a bus's policy away, or all of them."""
    found = lookup.bus(call)
    if call.input.get("RemoveAllPermissions"):
        _keep(call, found, None)
        return {}
    if not call.input.get("StatementId"):
        raise errors.Invalid.parameter("StatementId", "StatementId is a required argument.")
    before = _statements(found)
    if not before:
        raise errors.NotFound("EventBus does not have a policy.")
    kept = [each for each in before if each.get("Sid") != call.input["StatementId"]]
    if len(kept) == len(before):
        raise errors.NotFound("Statement with the provided id does not exist.")
    _keep(call, found, json.dumps({"Version": "2012-10-17", "Statement": kept}) if kept else None)
    return {}
