"""The clock moves, freezes, and knows what it showed when a client signed."""

from __future__ import annotations

import pytest

from cloudarium.shared.clock import Clock, iso, iso_millis

DAY = 86400.0


def test_it_follows_the_machine_and_can_be_moved() -> None:
    clock = Clock()
    assert clock.now() == pytest.approx(clock.machine_now(), abs=1)
    clock.advance(30 * DAY)
    assert clock.now() - clock.machine_now() == pytest.approx(30 * DAY, abs=1)
    clock.reset()
    assert clock.now() == pytest.approx(clock.machine_now(), abs=1)


def test_frozen_it_stays_and_can_still_be_moved() -> None:
    clock = Clock()
    clock.freeze()
    first = clock.now()
    assert clock.now() == first
    clock.advance(60)
    assert clock.now() == first + 60
    assert clock.seconds_until(first + 61) is None
    assert clock.seconds_until(first + 60) == 0
    clock.run()
    assert clock.seconds_until(first + 120) == pytest.approx(60, abs=1)


def test_it_knows_what_it_showed_at_an_earlier_moment_of_the_machine() -> None:
    clock = Clock()
    signed = clock.machine_now()
    clock.advance(DAY)
    assert clock.at(signed - 1) == pytest.approx(signed - 1)
    assert clock.at(clock.machine_now()) == pytest.approx(signed + DAY, abs=1)
    clock.freeze()
    assert clock.at(clock.machine_now()) == clock.now()


def test_every_move_is_told() -> None:
    clock, told = Clock(), []
    clock.on_change = lambda: told.append(1)
    clock.advance(1)
    clock.freeze()
    clock.run()
    assert len(told) == 3


def test_times_as_text() -> None:
    assert iso(1795399180.9) == "2026-11-23T01:59:40Z"
    assert iso_millis(1795399180.125) == "2026-11-23T01:59:40.125Z"
