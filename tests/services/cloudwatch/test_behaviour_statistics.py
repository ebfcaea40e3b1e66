"""Statistics of known values, and how samples are kept."""

from __future__ import annotations

import pytest

from cloudarium.services.cloudwatch.rules import samples
from cloudarium.services.cloudwatch.rules.statistics import UnknownStatistic, statistic

HUNDRED = samples.of({float(n): 1.0 for n in range(1, 101)})
FEW = samples.of({1.0: 2.0, 10.0: 4.0})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SampleCount", 100.0), ("Average", 50.5), ("Sum", 5050.0), ("Minimum", 1.0), ("Maximum", 100.0),
        ("p0", 1.0), ("p100", 100.0), ("p50", 50.5), ("p99.9", pytest.approx(99.901)),
        ("tm50", 25.5), ("TM(10%:90%)", 50.5), ("TM(:95%)", 48.0), ("TM(20:30)", 25.5), ("IQM", 50.5),
        ("tc90", 90.0), ("TC(10:20)", 10.0), ("ts10", 55.0), ("TS(90%:)", 955.0), ("TS(99:)", 100.0),
        ("PR(:50)", 50.0), ("PR(20:30)", 10.0), ("wm90", pytest.approx((4095 + 10 * 90) / 100)),
        ("WM(5%:95%)", pytest.approx(50.5)), ("WM(:50)", pytest.approx((1275 + 50 * 50) / 100)),
    ],
)  # fmt: skip
def test_of_one_to_a_hundred(name, expected):
    assert statistic(name)(HUNDRED) == expected


def test_of_counted_values():
    assert FEW[:4] == (6.0, 42.0, 1.0, 10.0)
    assert statistic("p50")(FEW) == 10.0
    assert statistic("p20")(FEW) == 1.0
    assert statistic("TM(0%:50%)")(FEW) == pytest.approx((2 * 1 + 1 * 10) / 3)


@pytest.mark.parametrize("name", ["", "p", "p101", "median", "TM()", "TM(:)", "TM(90%:10%)", "TM(10%:90)", "PR(1%:2%)",
                                  "TM(-1%:5%)", "average", "tm100", "p-1", "TM(1:2", "IQR"])  # fmt: skip
def test_what_is_no_statistic(name):
    with pytest.raises(UnknownStatistic):
        statistic(name)


def test_a_statistic_set_has_percentiles_only_when_its_values_are_equal():
    assert statistic("p90")(samples.of_set(3, 15, 5, 5)) == 5.0
    assert statistic("p90")(samples.of_set(3, 16, 5, 6)) is None
    mixed = samples.merged((samples.one(3.0), samples.of_set(3, 16, 5, 6)))
    assert mixed == samples.Sample(4.0, 19.0, 3.0, 6.0, None)
    assert statistic("p90")(samples.of({-1.0: 1.0, 2.0: 1.0})) is None
    assert statistic("Average")(samples.of_set(0, 0, 0, 0)) is None


def test_what_is_kept_stays_small_and_near():
    many = samples.of({float(n): 1.0 for n in range(1, 5001)})
    packed = samples.pack(many)
    assert packed is not None
    assert len(packed) < 30_000
    kept = samples.unpack(*many[:4], packed)
    assert sum(kept.spread.values()) == 5000
    for name in ("p10", "p50", "p99"):
        assert statistic(name)(kept) == pytest.approx(statistic(name)(many), rel=0.01)
    again = samples.unpack(*FEW[:4], samples.pack(FEW))
    assert again == FEW
    assert samples.pack(samples.of({5.0: 3.0})) is None
    assert samples.unpack(3.0, 15.0, 5.0, 5.0, None).spread == {5.0: 3.0}
