"""The trace header: read in any order, and with the cloud's own note taken off again."""

from __future__ import annotations

import pytest

from cloudarium.traces import header
from cloudarium.traces.header import TraceHeader

ROOT = "1-581cf771-a006649127e371903a2de979"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Root={ROOT}", TraceHeader(ROOT)),
        (f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1", TraceHeader(ROOT, "53995c3f42cd8ad8", "1")),
        (f"Self=1-x;Sampled=? ; Root={ROOT.upper()}", TraceHeader(ROOT, "", "?")),
        (f"Sampled=0;Parent=xyz;Root={ROOT};Lineage=1:aa:0", TraceHeader(ROOT, "", "0")),
        ("", None),
        ("Root=", None),
        (f"Root={ROOT}0", None),
        (f"NotRoot={ROOT}", None),
        (f"{'x' * 2000};Root={ROOT}", None),
    ],
)
def test_reading(text: str, found: TraceHeader | None) -> None:
    assert header.parse(text) == found


def test_what_led_to_something_is_noted_and_taken_off() -> None:
    once = header.onward(f"Root={ROOT};Sampled=1", "0123456789abcdef-more")
    assert once == f"Root={ROOT};Sampled=1;Cause=0123456789abcdef"
    assert header.cause_of(once) == "0123456789abcdef"
    twice = header.onward(once, "fedcba9876543210")
    assert header.cause_of(twice) == "fedcba9876543210" and twice.count("Cause=") == 1
    assert header.without_note(f"{twice};Lineage=1:aa:0") == f"Root={ROOT};Sampled=1;Lineage=1:aa:0"
    assert header.cause_of(f"Root={ROOT}") == ""


def test_the_shown_form_can_be_read() -> None:
    whole = TraceHeader(ROOT, "53995c3f42cd8ad8", "0")
    assert header.parse(str(whole)) == whole and str(TraceHeader(ROOT)) == f"Root={ROOT}"
