"""Changes of state: kept, told to the event bus and to composite alarms, and acted on."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.gateway import happenings
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules import telling
from cloudarium.services.cloudwatch.rules.composites import name_of, parse_rule
from cloudarium.store import Store

Data = dict[str, Any]
ACT, COMPOSE, RELEASE = "Act", "Compose", "Release"  # kinds of deliveries
_ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_SUPPRESSED = ("ActionsSuppressedBy", "ActionsSuppressedReason")


def change(
    store: Store, alarm: Alarm, state: str, reason: str, reason_data: str | None, now: float, *, quiet: bool = False
) -> Alarm:
    """Put an alarm into a state, within a transaction; `quiet` leaves its actions to whoever calls."""
    old = alarm.data
    data = {name: value for name, value in old.items() if name not in ("StateReasonData", *_SUPPRESSED)}
    data.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=now)
    if reason_data is not None:
        data["StateReasonData"] = reason_data
    changed = state != old["StateValue"]
    if changed:
        data["StateTransitionedTimestamp"] = now
    alarm = alarm._replace(data=data)
    alarms.put(store, alarm, new_settings=False)
    if not changed:
        return alarm
    _remember(store, alarm, old, now)
    detail = telling.detail(alarm, old)
    happenings.tell(store, alarm.scope, "aws.cloudwatch", "CloudWatch Alarm State Change", detail, [alarm.arn], now)
    for parent in parents(store, alarm):
        store.outbox.put("cloudwatch", COMPOSE, alarm.scope, {"cause": alarm.name}, now, parent.name)
    if not quiet:
        act(store, alarm, old, now)
    return alarm


def _remember(store: Store, alarm: Alarm, old: Data, now: float) -> None:
    data = {
        "version": "1.0",
        "oldState": _history_state(old),
        "newState": _history_state(alarm.data),
    }
    summary = f"Alarm updated from {old['StateValue']} to {alarm.data['StateValue']}"
    alarms.remember(store, alarm, now, "StateUpdate", {"HistorySummary": summary, "HistoryData": data})


def _history_state(data: Data) -> Data:
    found: Data = {"stateValue": data["StateValue"], "stateReason": data["StateReason"]}
    if data.get("StateReasonData"):
        try:
            found["stateReasonData"] = orjson.loads(data["StateReasonData"])
        except ValueError:
            found["stateReasonData"] = data["StateReasonData"]
    return found


def act(store: Store, alarm: Alarm, old: Data, now: float) -> None:
    """Leave the actions for an alarm's state in the outbox, if they are enabled."""
    if not alarm.data["ActionsEnabled"]:
        return
    for number, action in enumerate(alarm.data[_ACTIONS[alarm.data["StateValue"]]]):
        told = {"action": action, "name": alarm.name, "subject": telling.subject(alarm), "arn": alarm.arn}
        told["at"] = alarm.data["StateUpdatedTimestamp"]
        told["message"] = telling.message(alarm, old)
        told["invocation"] = telling.invocation(alarm, old)
        # One alarm's messages come one after the other, in the order of its states.
        key = f"{alarm.name}/{now!r}/{number}"
        store.outbox.put("cloudwatch", ACT, alarm.scope, told, now, key)


def parents(store: Store, alarm: Alarm) -> list[Alarm]:
    """The composite alarms whose rule or suppressor an alarm is."""
    found = []
    for each in alarms.everything(store, alarm.scope, "CompositeAlarm"):
        suppressor = each.data.get("ActionsSuppressor")
        if alarm.name in parse_rule(each.data["AlarmRule"]).children or (
            suppressor and name_of(suppressor) == alarm.name
        ):
            found.append(each)
    return found
