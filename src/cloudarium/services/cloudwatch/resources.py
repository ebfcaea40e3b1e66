"""The ARNs of alarms and dashboards, what each call touches, and the condition keys."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope


def alarm_arn(scope: Scope, name: str) -> str:
    """The ARN of an alarm."""
    return arns.make("cloudwatch", scope, f"alarm:{name}")


def dashboard_arn(account: str, name: str) -> str:
    """The ARN of a dashboard, which is in no region."""
    return f"arn:aws:cloudwatch::{account}:dashboard/{name}"


def alarm(call: Call) -> str:
    """The alarm that a call names."""
    return alarm_arn(call.scope, str(call.input.get("AlarmName", "")))


def new_alarm(call: Call) -> list[str | Need]:
    """An alarm to make or change; tags on the way need the permission to tag."""
    own = alarm(call)
    tagging = [Need("cloudwatch:TagResource", own)] if call.input.get("Tags") else []
    return [own, *tagging]


def alarms(call: Call) -> list[str | Need]:
    """The alarms that a call names."""
    names = call.input.get("AlarmNames")
    found: list[str | Need] = [alarm_arn(call.scope, str(name)) for name in (names if isinstance(names, list) else ())]
    return list(dict.fromkeys(found[:100])) or [alarm_arn(call.scope, "*")]


def all_alarms(call: Call) -> str:
    """What a call that lists alarms is checked against, whatever it asks for."""
    return alarm_arn(call.scope, "*")


def dashboard(call: Call) -> str:
    """The dashboard that a call names."""
    return dashboard_arn(call.account, str(call.input.get("DashboardName", "")))


def dashboards(call: Call) -> list[str | Need]:
    """The dashboards that a call names."""
    names = call.input.get("DashboardNames")
    found: list[str | Need] = [
        dashboard_arn(call.account, str(name)) for name in (names if isinstance(names, list) else ())
    ]
    return list(dict.fromkeys(found[:100])) or [dashboard_arn(call.account, "*")]


def tagged(call: Call) -> str:
    """What a tagging call names."""
    return str(call.input.get("ResourceARN", ""))


# ---- Condition keys --------------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html and
# …/iam-cw-condition-keys-alarm-actions.html


def conditions(call: Call) -> dict[str, Any]:
    """The namespace of data that is put, and what an alarm would do."""
    found: dict[str, Any] = {}
    if call.operation_name == "PutMetricData" and isinstance(call.input.get("Namespace"), str):
        found["cloudwatch:namespace"] = call.input["Namespace"]
    if call.operation_name in ("PutMetricAlarm", "PutCompositeAlarm"):
        actions = [each for name in ACTIONS for each in _texts(call.input.get(name))]
        if actions:
            found["cloudwatch:AlarmActions"] = actions
    return found


ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def _texts(given: object) -> list[str]:
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []
