"""Composite alarms: their state from their children's, and whether another alarm holds their actions back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from cloudarium.services.cloudwatch import states
from cloudarium.services.cloudwatch.records import alarms
from cloudarium.services.cloudwatch.records.alarms import Alarm
from cloudarium.services.cloudwatch.rules.composites import name_of, parse_rule
from cloudarium.services.cloudwatch.rules.reasons import stamp
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
_BY = "ActionsSuppressedBy"


def compose(store: Store, alarm: Alarm, cause: str, now: float) -> None:
    """Evaluate a composite alarm because `cause` has changed: one of its children, or ("created", "updated") itself."""
    _look_at_suppressor(store, alarm, now)
    children = parse_rule(alarm.data["AlarmRule"]).children
    if _in_a_circle(store, alarm):
        return
    found = {name: alarms.find(store, alarm.scope, name) for name in children}
    known = {name: each.data["StateValue"] for name, each in found.items() if each is not None}
    state = "ALARM" if parse_rule(alarm.data["AlarmRule"]).holds(known) else "OK"
    if state == alarm.data["StateValue"]:
        return
    child = found.get(cause)
    if child is not None:
        when = datetime.fromtimestamp(child.data["StateUpdatedTimestamp"], UTC).strftime("%A %d %B, %Y %H:%M:%S UTC")
        why = f"{child.arn} transitioned to {child.data['StateValue']} at {when}"
    else:
        why = f"{alarm.arn} was {cause if cause == 'created' else 'updated'} and its alarm rule evaluates to {state}"
    triggering = [child] if child is not None else [each for each in found.values() if each is not None]
    reason_data = orjson.dumps({"triggeringAlarms": [_triggering(each) for each in triggering[:20]]}).decode()
    fresh = alarms.find(store, alarm.scope, alarm.name) or alarm
    old = fresh.data
    changed = states.change(store, fresh, state, why[:1023], reason_data[:4000], now, quiet=True)
    _act(store, changed, old, now)


def _triggering(child: Alarm) -> Data:
    state = {"value": child.data["StateValue"], "timestamp": stamp(child.data["StateUpdatedTimestamp"])}
    return {"arn": child.arn, "state": state}


def _in_a_circle(store: Store, alarm: Alarm) -> bool:
    """Whether an alarm's rule leads back to itself: such a one is not evaluated."""
    seen: set[str] = set()
    todo = list(parse_rule(alarm.data["AlarmRule"]).children)
    while todo:
        name = todo.pop()
        if name == alarm.name:
            return True
        if name not in seen:
            seen.add(name)
            found = alarms.find(store, alarm.scope, name)
            if found is not None and found.kind == "CompositeAlarm":
                todo += parse_rule(found.data["AlarmRule"]).children
    return False


# ---- Suppression -----------------------------------------------------------------------------------------------------
#
# Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html, action suppression


def _act(store: Store, alarm: Alarm, old: Data, now: float) -> None:
    """Act on a new state, or wait for the suppressor: it may already hold back, or come to within the wait period."""
    suppressor = _suppressor(store, alarm)
    held_back = alarm.data.get("Suppressed")
    if held_back is not None:
        store.outbox.cancel("cloudwatch", states.RELEASE, alarm.scope, alarm.name)
        alarm = alarm._replace(data={name: value for name, value in alarm.data.items() if name != "Suppressed"})
        alarms.put(store, alarm, new_settings=False)
        if held_back["StateValue"] == alarm.data["StateValue"]:
            return  # nobody heard that it had left this state
    if suppressor is None:
        states.act(store, alarm, old, now)
    elif suppressor.data["StateValue"] == "ALARM":
        _suppress(store, alarm, old, "Alarm", f"Actions suppressed by {suppressor.name}")
    elif alarm.data["ActionsSuppressorWaitPeriod"] > 0 and alarm.data["StateValue"] == "ALARM":
        until = now + alarm.data["ActionsSuppressorWaitPeriod"]
        _suppress(store, alarm, old, "WaitPeriod", f"Actions suppressed by WaitPeriod until {_when(until)}", until)
    else:
        states.act(store, alarm, old, now)


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def _suppressor(store: Store, alarm: Alarm) -> Alarm | None:
    given = alarm.data.get("ActionsSuppressor")
    return alarms.find(store, alarm.scope, name_of(given)) if given else None


def _suppress(store: Store, alarm: Alarm, old: Data | None, by: str, why: str, until: float | None = None) -> None:
    data = {**alarm.data, _BY: by, "ActionsSuppressedReason": why}
    if old is not None:
        data["Suppressed"] = {name: old[name] for name in _KEPT if name in old}
    alarms.put(store, alarm._replace(data=data), new_settings=False)
    if until is None:
        store.outbox.cancel("cloudwatch", states.RELEASE, alarm.scope, alarm.name)
    else:
        store.outbox.put("cloudwatch", states.RELEASE, alarm.scope, {}, until, alarm.name)


_KEPT = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp")


def _look_at_suppressor(store: Store, alarm: Alarm, now: float) -> None:
    """Hold back while the suppressor is in alarm, and for the extension period after."""
    if _BY not in alarm.data:
        return
    suppressor = _suppressor(store, alarm)
    if suppressor is not None and suppressor.data["StateValue"] == "ALARM":
        if alarm.data[_BY] != "Alarm":
            _suppress(store, alarm, None, "Alarm", f"Actions suppressed by {suppressor.name}")
    elif alarm.data[_BY] == "Alarm":
        until = now + alarm.data["ActionsSuppressorExtensionPeriod"]
        why = f"Actions suppressed by ExtensionPeriod until {_when(until)}"
        _suppress(store, alarm, None, "ExtensionPeriod", why, until)


def release(store: Store, scope: Scope, name: str, now: float) -> None:
    """End a wait or extension period: the actions for the state happen now, unless it is again what it was before."""
    alarm = alarms.find(store, scope, name)
    if alarm is None or _BY not in alarm.data:
        return
    old = alarm.data.get("Suppressed") or alarm.data
    gone = (_BY, "ActionsSuppressedReason", "Suppressed")
    data = {key: value for key, value in alarm.data.items() if key not in gone}
    alarm = alarm._replace(data=data)
    alarms.put(store, alarm, new_settings=False)
    if old["StateValue"] != data["StateValue"]:
        states.act(store, alarm, old, now)
