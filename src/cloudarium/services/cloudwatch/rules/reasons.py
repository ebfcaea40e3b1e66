"""Why an alarm is in a state, in AWS's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cloudarium.services.cloudwatch.rules.evaluation import ALARM, INSUFFICIENT_DATA, Slot, Verdict

Data = dict[str, Any]
INITIAL = "Unchecked: Initial alarm creation"
_MOST_IN_LINE = 4  # of more values only the newest five are shown, in a sentence of their own
_NEWEST = 5
_COMPARED = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to the threshold",
    "GreaterThanThreshold": "greater than the threshold",
    "LessThanThreshold": "less than the threshold",
    "LessThanOrEqualToThreshold": "less than or equal to the threshold",
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


def number(value: float) -> str:
    """A number as Java writes doubles, which is how AWS shows it."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(float(value))
        return text if "e" not in text else f"{value:f}"
    mantissa, _, exponent = f"{value!r}".partition("e") if "e" in repr(value) else _scientific(value)
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _scientific(value: float) -> tuple[str, str, str]:
    exponent = (
        len(str(int(abs(value)))) - 1
        if abs(value) >= 1
        else -next(place for place, digit in enumerate(f"{abs(value):.20f}"[2:], 1) if digit != "0")
    )
    return repr(round(value / 10.0**exponent, 15)), "e", str(exponent)


def stamp(moment: float) -> str:
    """A time with milliseconds as CloudWatch writes it into JSON."""
    text = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{text[:-3]}+0000"


def reason(alarm: Data, verdict: Verdict) -> str:
    """The sentence for a new state of a metric alarm."""
    periods = alarm["EvaluationPeriods"]
    if verdict.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {periods} datapoint{_s(periods)} {_were(periods)} unknown."
    if verdict.filled:
        return _filled(alarm, verdict)
    crossing = verdict.crossing
    count, bad = len(crossing), verdict.state == ALARM
    verb = f"{_were(count)}{'' if bad else ' not'} {_compared(alarm, crossing)}"
    if "DatapointsToAlarm" in alarm:
        needed = alarm["DatapointsToAlarm"] if bad else periods - alarm["DatapointsToAlarm"] + 1
        counted = f"{count} out of the last {periods} datapoints"
        change = "OK -> ALARM" if bad else "ALARM -> OK"
        tail = f" (minimum {needed} datapoint{_s(needed)} for {change} transition)"
    else:
        counted, tail = f"{count} datapoint{_s(count)}", ""
    crossed = "Threshold Crossed" if "Threshold" in alarm else "Thresholds Crossed"
    if count <= _MOST_IN_LINE:
        return f"{crossed}: {counted} [{_shown(crossing)}] {verb}{tail}."
    newest = f"The most recent datapoints which crossed the threshold: [{_shown(crossing[:_NEWEST])}]{tail}."
    return f"{crossed}: {counted} {verb}. {newest}"


def _compared(alarm: Data, crossing: list[Slot]) -> str:
    """What values were compared with: the threshold, or the sides of their bands."""
    name = alarm["ComparisonOperator"]
    if name in _COMPARED:
        return f"{_COMPARED[name]} ({number(alarm['Threshold'])})"
    shown = crossing[:_NEWEST]
    low = ", ".join(number(slot.low) for slot in shown)
    high = ", ".join(number(slot.high) for slot in shown)
    parts = {"Lower": f"less than the lower thresholds [{low}]", "Upper": f"greater than the upper thresholds [{high}]"}
    return " or ".join(text for word, text in parts.items() if word in name)


def _filled(alarm: Data, verdict: Verdict) -> str:
    count, missing, periods = len(verdict.evaluated), verdict.filled, alarm["EvaluationPeriods"]
    received = "no datapoints were" if not count else f"{count} datapoint{_s(count)} {_were(count)}"
    treated = f"{missing} missing datapoint{_s(missing)} {_were(missing)} treated as"
    return (
        f"Threshold Crossed: {received} received for {periods} period{_s(periods)} and {treated}"
        f" [{_TREATED[alarm['TreatMissingData']]}]."
    )


def _shown(slots: list[Slot]) -> str:
    return ", ".join(
        f"{number(slot.value)} ({datetime.fromtimestamp(slot.time, UTC).strftime('%d/%m/%y %H:%M:%S')})"
        for slot in slots
        if slot.value is not None
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def reason_data(alarm: Data, verdict: Verdict, slots: list[Slot], period: int, now: float) -> Data:
    """The same as JSON: what was evaluated, newest first."""
    evaluated: list[Slot] = list(verdict.evaluated)
    if verdict.filled or not evaluated:
        evaluated = sorted({*evaluated, *slots[-alarm["EvaluationPeriods"] :]}, reverse=True)
    found: Data = {"version": "1.0", "queryDate": stamp(now)}
    if verdict.evaluated:
        found["startDate"] = stamp(verdict.evaluated[-1].time)
    if alarm.get("Unit"):
        found["unit"] = alarm["Unit"]
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    if statistic:
        found["statistic"] = statistic
    found["period"] = period
    found["recentDatapoints"] = [slot.value for slot in reversed(verdict.evaluated)]
    if "Threshold" in alarm:
        found["threshold"] = alarm["Threshold"]
    else:
        found["recentLowerThresholds"] = [slot.low for slot in reversed(verdict.evaluated)]
        found["recentUpperThresholds"] = [slot.high for slot in reversed(verdict.evaluated)]
    found["evaluatedDatapoints"] = [_evaluated(slot) for slot in evaluated[:10]]
    return found


def _evaluated(slot: Slot) -> Data:
    found: Data = {"timestamp": stamp(slot.time)}
    if slot.value is not None:
        if slot.size is not None:
            found["sampleCount"] = slot.size
        found["value"] = slot.value
    return found
