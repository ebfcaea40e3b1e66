"""Which state an alarm is in, by the tables of AWS's "Configuring how CloudWatch alarms treat missing data"."""

from __future__ import annotations

import pytest

from cloudarium.services.cloudwatch.rules import reasons
from cloudarium.services.cloudwatch.rules.evaluation import Slot, too_few, verdict

KEPT = None
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def slots(text: str) -> list[Slot]:
    """0 is a value within the threshold, X one beyond it, - a missing one; the newest is the last."""
    values = {"0": 0.0, "X": 9.0, "-": None}
    return [Slot(60 * place, values[letter]) for place, letter in enumerate(text)]


def states(text: str, periods: int, to_alarm: int) -> tuple[str | None, ...]:
    """The state by each treatment of missing data."""
    found = slots(text)
    return tuple(verdict(found, periods, to_alarm, treat, lambda slot: slot.value > 5).state for treat in TREATMENTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-X-X", ("OK", "OK", "OK", "OK")),
        ("0----", ("OK", "OK", "OK", "OK")),
        ("-----", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("0XX-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--X--", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_three_of_three(text, expected):
    assert states(text, 3, 3) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-X-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00X0X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-X--", ("OK", "OK", "ALARM", "OK")),
        ("----0", ("OK", "OK", "ALARM", "OK")),
        ("---X-", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
def test_two_of_three(text, expected):
    assert states(text, 3, 2) == expected


def test_one_late_value_is_no_row_of_them():
    assert states("----X", 3, 3)[0] is KEPT
    assert states("---X-", 3, 3)[0] is KEPT
    assert states("---XX", 3, 2)[0] == "ALARM"


def test_with_all_values_only_the_newest_count():
    assert states("XX000", 3, 1) == ("OK",) * 4
    assert states("00X00", 3, 1) == ("ALARM",) * 4
    assert states("0000X", 1, 1) == ("ALARM",) * 4


def test_percentiles_of_few_samples():
    assert too_few(99, 999)
    assert not too_few(99, 1001)
    assert too_few(10, 99)
    assert not too_few(10, 100)
    assert not too_few(100, 1)


ALARM = {"EvaluationPeriods": 3, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold"}


def reason(text: str, treat: str = "missing", to_alarm: int | None = None) -> str:
    alarm = {**ALARM, "TreatMissingData": treat, **({"DatapointsToAlarm": to_alarm} if to_alarm else {})}
    found = verdict(slots(text), 3, to_alarm or 3, treat, lambda slot: slot.value > 5)
    return reasons.reason(alarm, found)


def test_reasons_in_awss_words():
    newest = "9.0 (01/01/70 00:04:00), 9.0 (01/01/70 00:03:00), 9.0 (01/01/70 00:02:00)"
    assert reason("00XXX") == (f"Threshold Crossed: 3 datapoints [{newest}] were greater than the threshold (5.0).")
    assert reason("00XXX", to_alarm=3) == (
        f"Threshold Crossed: 3 out of the last 3 datapoints [{newest}] were greater than the threshold (5.0)"
        " (minimum 3 datapoints for OK -> ALARM transition)."
    )
    assert reason("00XX0", to_alarm=3) == (
        "Threshold Crossed: 1 out of the last 3 datapoints [0.0 (01/01/70 00:04:00)] was not greater than the threshold"
        " (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )
    assert reason("-----") == "Insufficient Data: 3 datapoints were unknown."
    assert reason("-----", "breaching") == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as"
        " [Breaching]."
    )
    assert reason("---0-", "notBreaching") == (
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as"
        " [NonBreaching]."
    )


def test_more_than_four_values_get_a_sentence_of_their_own():
    alarm = {**ALARM, "EvaluationPeriods": 5, "DatapointsToAlarm": 5}
    found = verdict(slots("XXXXX"), 5, 5, "missing", lambda slot: slot.value > 5)
    text = reasons.reason(alarm, found)
    assert text.startswith("Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (5.0). ")
    assert "The most recent datapoints which crossed the threshold: [9.0 (01/01/70 00:04:00), " in text
    assert text.endswith("] (minimum 5 datapoints for OK -> ALARM transition).")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.0"), (21.5, "21.5"), (0.0, "0.0"), (1e7, "1.0E7"), (123456789.0, "1.23456789E8"), (2.5e-5, "2.5E-5"),
     (-3e20, "-3.0E20"), (9999999.5, "9999999.5"), (0.001, "0.001")],
)  # fmt: skip
def test_numbers_as_java_writes_them(value, text):
    assert reasons.number(value) == text
