"""What Parameter Store tells EventBridge: changes of parameters, and what their policies say at their time.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.rooms import room
from cloudarium.services.ssm import resources
from cloudarium.services.ssm.policies import Policies
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_MOST = 10  # policies of a parameter


def is_heard() -> bool:
    """Whether there is an EventBridge to tell."""
    return room("events") is not None


def check_built() -> None:
    """Raise NotBuilt for policies that notify, where nobody could be notified."""
    if not is_heard():
        raise NotBuilt("EventBridge, to which ssm:PutParameter Policies with notifications would go")


def change(call: Call, operation: str, name: str, data: Mapping[str, Any]) -> None:
    """Leave the event that a parameter changed; part of the present transaction."""
    if is_heard():
        detail = {"operation": operation, "name": name, "type": data["Type"]}
        if data.get("Description"):
            detail["description"] = data["Description"]
        _emit(call, entry(call.scope, name, "Parameter Store Change", detail))


def schedule(call: Call, name: str, version: int, found: Policies) -> None:
    """Set the timers of a new version in place of those of the one before."""
    cancel(call, name)
    if found.expires is not None:
        call.later("ExpireParameter", {"Name": name}, due=found.expires, key=name)
    for due, number in found.notices:
        payload = {"Name": name, "Version": version, "Number": number}
        call.later("TellPolicy", payload, due=due, key=f"{name}:{number}")


def cancel(call: Call, name: str) -> None:
    """Take back the timers of a parameter."""
    call.not_later("ExpireParameter", name)
    if is_heard():
        for number in range(_MOST):
            call.not_later("TellPolicy", f"{name}:{number}")


def acted(call: Call, name: str, data: Mapping[str, Any], number: int) -> None:
    """Leave the event that a policy acted; part of the present transaction."""
    if is_heard():
        _emit(call, action(call.scope, name, data, number))


def _emit(call: Call, found: Data) -> None:
    call.later("Emit", found, service="events")


def action(scope: Scope, name: str, data: Mapping[str, Any], number: int) -> Data:
    """The event that a policy acted."""
    policy = data["Policies"][number]
    detail = {
        "parameter-name": name,
        "parameter-type": data["Type"],
        "policy-type": policy["PolicyType"],
        "policy-content": policy["PolicyText"],
        "action-status": "Success",
    }
    return entry(scope, name, "Parameter Store Policy Action", detail)


def entry(scope: Scope, name: str, kind: str, detail: Mapping[str, Any]) -> Data:
    """An event as EventBridge is told of it."""
    arn = resources.parameter_arn(scope, name)
    return {"Source": "aws.ssm", "DetailType": kind, "Detail": dict(detail), "Resources": [arn]}
