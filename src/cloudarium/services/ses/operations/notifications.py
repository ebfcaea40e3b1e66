"""Notifications of identities: topics for bounces, complaints and deliveries, and whether mail tells of them."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import identities
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import resources, setup

Data = dict[str, Any]


def _found(call: Call) -> tuple[Desk, Data]:
    desk, name = resources.desk(call), call.input["Identity"]
    found = identities.find(desk, name)
    if found is None:
        raise desk.invalid(f"Identity {name[:320]} does not exist.")
    return desk, found


def _with(data: Data, member: str, kind: str, value: Any) -> Data:
    kept = {**data.get(member, {}), kind: value}
    return {**data, member: {name: each for name, each in kept.items() if each}}


@operation("SetIdentityNotificationTopic")
async def set_identity_notification_topic(call: Call) -> Data:
    """Tell a topic of an identity's bounces, complaints or deliveries; without one no topic is told."""
    kind, topic = call.input["NotificationType"], call.input.get("SnsTopic")
    desk, found = _found(call)
    if not topic and kind != "Delivery" and not found.get("Forwarding", True):
        raise desk.invalid(f"Feedback forwarding must be enabled while no {kind} topic is set.")
    if topic:
        caller = setup.Caller(call, resources.identity_arn(call, call.input["Identity"]))
        await setup.try_topic(call, caller, topic, kind, f" for identity '{call.input['Identity']}'")
    with call.transaction():
        desk, found = _found(call)
        identities.save(desk, call.input["Identity"], _with(found, "Topics", kind, topic))
    return {}


@operation("SetIdentityHeadersInNotificationsEnabled")
def set_identity_headers_in_notifications_enabled(call: Call) -> Data:
    """Have notifications of a kind tell the headers of the mail, or not."""
    desk, found = _found(call)
    kind, enabled = call.input["NotificationType"], call.input["Enabled"]
    identities.save(desk, call.input["Identity"], _with(found, "TopicHeaders", kind, enabled))
    return {}


@operation("SetIdentityFeedbackForwardingEnabled")
def set_identity_feedback_forwarding_enabled(call: Call) -> Data:
    """Tell an identity's bounces and complaints by mail; that can only end where topics are told of both."""
    desk, found = _found(call)
    enabled = call.input["ForwardingEnabled"]
    if not enabled and not {"Bounce", "Complaint"} <= found.get("Topics", {}).keys():
        raise desk.invalid(
            f"Identity <{call.input['Identity']}>: feedback forwarding can only be disabled when bounce and complaint"
            " topics are set."
        )
    identities.save(desk, call.input["Identity"], {**found, "Forwarding": enabled})
    return {}


@operation("GetIdentityNotificationAttributes")
def get_identity_notification_attributes(call: Call) -> Data:
    """Where identities' bounces, complaints and deliveries are told; unknown identities are left out."""
    desk, shown = resources.desk(call), {}
    for name in dict.fromkeys(call.input["Identities"]):
        found = identities.find(desk, name)
        if found is None:
            continue
        topics, headers = found.get("Topics", {}), found.get("TopicHeaders", {})
        shown[name] = {"ForwardingEnabled": found.get("Forwarding", True)}
        for kind in ("Bounce", "Complaint", "Delivery"):
            shown[name][f"{kind}Topic"] = topics.get(kind, "")
            shown[name][f"HeadersIn{kind}NotificationsEnabled"] = headers.get(kind, False)
    return {"NotificationAttributes": shown}
