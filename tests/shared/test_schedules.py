"""Rates and cron expressions: their next moments, also where clocks are turned, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudarium.shared.schedules import Cron, rate

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo | None = None) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone or UTC).timestamp()


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-11-23T09:59:59", "2026-11-23T10:00"),
        ("cron(0 10 * * ? *)", "2026-11-23T10:00", "2026-11-24T10:00"),
        ("cron(0/15 * * * ? *)", "2026-11-23T10:46", "2026-11-23T11:00"),
        ("cron(5,35 14 * * ? *)", "2026-11-23T14:05", "2026-11-23T14:35"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-27T18:00", "2026-11-30T18:00"),
        ("cron(0 8 1 * ? *)", "2026-11-23T00:00", "2026-12-01T08:00"),
        ("cron(15 10 ? * 6L *)", "2026-11-23T00:00", "2026-11-27T10:15"),
        ("cron(0 2 ? * SAT#3 *)", "2026-11-23T00:00", "2026-12-19T02:00"),
        ("cron(0 0 L * ? *)", "2026-02-01T00:00", "2026-02-28T00:00"),
        ("cron(0 0 LW * ? *)", "2026-01-01T00:00", "2026-01-30T00:00"),
        ("cron(0 0 15W * ? *)", "2026-08-01T00:00", "2026-08-14T00:00"),
        ("cron(0 0 1W * ? *)", "2026-08-01T00:00", "2026-08-03T00:00"),
        ("cron(0 0 ? * FRI-MON *)", "2026-11-24T00:00", "2026-11-27T00:00"),
        ("cron(0 0 29 2 ? *)", "2026-11-24T00:00", "2028-02-29T00:00"),
        ("cron(0/5 5 ? JAN 1-5 2027)", "2026-11-24T00:00", "2027-01-03T05:00"),
        ("cron(0 0 1,L * ? *)", "2026-11-24T00:00", "2026-11-30T00:00"),
    ],
)
def test_the_next_moment_of_a_cron_expression(expression: str, after: str, expected: str) -> None:
    assert Cron(expression).next(at(after)) == at(expected)


def test_there_may_be_no_next_moment() -> None:
    assert Cron("cron(15 10 ? * 6L 2002-2005)").next(at("2026-01-01T00:00")) is None
    assert Cron("cron(0 0 30 2 ? *)").next(at("2026-01-01T00:00")) is None


def test_a_moment_that_the_clocks_are_turned_past_is_skipped() -> None:
    after = at("2027-03-27T12:00", BERLIN)
    assert Cron("cron(30 2 * * ? *)").next(after, BERLIN) == at("2027-03-29T02:30", BERLIN)
    assert Cron("cron(30 3 * * ? *)").next(after, BERLIN) == at("2027-03-28T03:30", BERLIN)


def test_a_moment_that_the_clocks_show_twice_counts_once() -> None:
    cron = Cron("cron(30 2 * * ? *)")
    first = cron.next(at("2027-10-31T00:00", BERLIN), BERLIN)
    assert first == at("2027-10-31T00:30")
    assert cron.next(first, BERLIN) == at("2027-11-01T02:30", BERLIN)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 1 * * * *)", "cron(0 1 ? * ? *)", "cron(7 20 * * NOT *)", "cron(INVALID)", "cron()", "cron(0 8 1 * ?)",
        "cron(0 dummy ? * MON-FRI *)", "cron(71 8 1 * ? *)", "cron(0 24 1 * ? *)", "cron(0 8 32 * ? *)",
        "cron(0 8 1 13 ? *)", "cron(0 8 ? * 8 *)", "cron(0 8 ? * MON#6 *)", "cron(5-3 8 1 * ? *)",
        "cron(0/0 8 1 * ? *)",
        "cron(0 8 1 * ? 1969)", " cron(0 8 1 * ? *)", "cron(0  8 1 * ? *)", "cron(+1 8 1 * ? *)", "cron(0 8 W * ? *)",
        "cron(0 8 1 * ? 99999999999)", "cron(, 8 1 * ? *)", "cron(0 8 1, * ? *)",
    ],
)  # fmt: skip
def test_what_is_no_cron_expression(expression: str) -> None:
    with pytest.raises(ValueError):
        Cron(expression)


def test_rates() -> None:
    assert rate("rate(1 minute)", strict=True) == 60
    assert rate("rate(5 minutes)", strict=True) == 300
    assert rate("rate(2 hours)", strict=True) == 7200
    assert rate("rate(1 day)", strict=True) == 86400
    assert rate("rate(1 minutes)", strict=False) == 60
    for text in ("rate(1 minutes)", "rate(2 hour)", "rate(10 seconds)", "rate()", "rate(10)", "rate(0 minutes)"):
        assert rate(text, strict=True) is None
    for text in ("rate(-10 minutes)", "rate(10 MINUTES)", "rate( 10 minutes )", " rate(10 minutes)", "rate(x minutes)"):
        assert rate(text, strict=False) is None


_MINUTES = st.sampled_from(["*", "0", "59", "0/7", "5-50/9", "1,2,58"])
_HOURS = st.sampled_from(["*", "2", "0-3", "1/5", "23"])
_DATES = st.sampled_from(["*", "1", "31", "28-31", "L", "15W", "1W", "31W", "LW", "2/3"])
_WEEKDAYS = st.sampled_from(["*", "2", "MON-FRI", "6L", "L", "3#2", "SUN,WED", "SAT-MON"])
_MONTHS = st.sampled_from(["*", "2", "JAN-MAR", "10,11", "3/4"])


def _holds(cron: str, local: datetime) -> bool:
    """Whether a moment meets an expression, told by looking at it alone."""
    minutes, hours, dates, months, weekdays, _ = cron[5:-1].split(" ")
    last = ((local.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    return (
        _in(minutes, local.minute, 0, 59)
        and _in(hours, local.hour, 0, 23)
        and _in(months.replace("JAN", "1").replace("MAR", "3"), local.month, 1, 12)
        and (dates == "?" or _is_date(dates, local, last))
        and (weekdays == "?" or _is_weekday(weekdays, local, last))
    )


def _in(field: str, number: int, low: int, high: int) -> bool:
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, final = span.partition("-")
        start = low if first == "*" else int(first)
        end = high if span == "*" or (step and not final) else int(final or first)
        if start <= number <= end and (number - start) % int(step or 1) == 0:
            return True
    return False


def _is_date(field: str, local: datetime, last: int) -> bool:
    if field == "L":
        return local.day == last
    if field.endswith("W"):
        wanted = last if field == "LW" else int(field[:-1])
        month = [local.replace(day=day) for day in range(1, last + 1)]
        working = [day.day for day in month if day.isoweekday() < 6]
        return wanted <= last and local.day == min(working, key=lambda day: (abs(day - wanted), day))
    return _in(field, local.day, 1, 31)


def _is_weekday(field: str, local: datetime, last: int) -> bool:
    number = local.isoweekday() % 7 + 1
    plain = {"MON-FRI": "2-6", "SUN,WED": "1,4", "SAT-MON": "7,1,2"}.get(field, field)
    if plain.endswith("L"):
        return number == int(plain[:-1] or 7) and local.day + 7 > last
    if "#" in plain:
        day, nth = plain.split("#")
        return number == int(day) and (local.day - 1) // 7 + 1 == int(nth)
    return _in(plain, number, 1, 7)


@settings(max_examples=40, deadline=None)
@given(_MINUTES, _HOURS, st.one_of(_DATES.map(lambda d: (d, "?")), _WEEKDAYS.map(lambda w: ("?", w))), _MONTHS,
       st.integers(0, 400 * 86400), st.sampled_from([UTC, BERLIN, ZoneInfo("America/New_York")]))  # fmt: skip
def test_the_next_moment_is_what_looking_at_every_minute_finds(minutes, hours, day, months, offset, zone) -> None:
    expression = f"cron({minutes} {hours} {day[0]} {months} {day[1]} *)"
    after = at("2026-01-01T00:00") + offset
    found = Cron(expression).next(after, zone)
    moment, seen = (after // 60 + 1) * 60, 0
    while seen < 8_000 and (found is None or moment < found):
        local = datetime.fromtimestamp(moment, zone)
        assert local.fold or not _holds(expression, local), local
        moment, seen = moment + 60, seen + 1
    if found is not None:
        assert _holds(expression, datetime.fromtimestamp(found, zone))
