"""Widgets: what AWS's forms of metrics, times and annotations ask for and draw."""

from __future__ import annotations

import pytest

from cloudarium.charts.drawing import VIEWS, draw
from cloudarium.charts.svg import Svg
from cloudarium.charts.widgets import Answer, Span, WidgetError, chart, entries, moment_of, queries, span_of

NOW = 1_798_804_800.0  # 2027-01-01T12:00:00Z
SPAN = Span(NOW - 3 * 3600, NOW)


def metrics_of(*metrics, **given):
    return [
        (query["MetricStat"]["Metric"]["Namespace"], query["MetricStat"]["Metric"]["MetricName"])
        + tuple((each["Name"], each["Value"]) for each in query["MetricStat"]["Metric"]["Dimensions"])
        for query in queries(entries({"metrics": list(metrics), **given}, SPAN, "us-east-1"))
    ]


def test_metrics_are_filled_in_from_the_one_before():
    found = metrics_of(
        ["AWS/EC2", "CPUUtilization", "InstanceId", "i-1", {"stat": "p99"}], ["...", "i-2"],
        [".", "NetworkIn", ".", "."], [".", "DiskReadOps"],
    )  # fmt: skip
    assert found == [
        ("AWS/EC2", "CPUUtilization", ("InstanceId", "i-1")), ("AWS/EC2", "CPUUtilization", ("InstanceId", "i-2")),
        ("AWS/EC2", "NetworkIn", ("InstanceId", "i-2")), ("AWS/EC2", "DiskReadOps"),
    ]  # fmt: skip


def test_options_of_metrics_and_expressions():
    given = {
        "stat": "Sum", "period": 60,
        "metrics": [["n", "a", {"id": "m1", "visible": False, "stat": "p90", "period": 300}],
                    ["n", "b", {"yAxis": "right"}], [{"expression": "m1 * 2", "label": "twice", "color": "#abc"}]],
    }  # fmt: skip
    one, two, three = entries(given, SPAN, "us-east-1")
    assert (one.query["MetricStat"]["Stat"], one.query["MetricStat"]["Period"], one.visible) == ("p90", 300, False)
    assert (two.id, two.query["MetricStat"]["Stat"], two.right) == ("m2", "Sum", True)
    assert three.query == {"Id": "m3", "Expression": "m1 * 2", "Period": 60, "Label": "twice"}
    assert three.color == "#aabbcc"
    assert [query["ReturnData"] for query in queries([one, two, three])] == [False, True, True]


def test_periods_fit_the_time_that_is_shown():
    [over_all] = entries({"metrics": [["n", "m"]], "setPeriodToTimeRange": True}, SPAN, "r")
    assert over_all.query["MetricStat"]["Period"] == 3 * 3600
    [coarser] = entries({"metrics": [["n", "m"]], "period": 60}, Span(NOW - 60 * 86_400, NOW), "r")
    assert coarser.query["MetricStat"]["Period"] == 3600


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-PT3H", NOW - 10_800), ("-P1DT1H", NOW - 90_000), ("P0D", NOW), ("-P2W", NOW - 14 * 86_400),
     ("2027-01-01T11:00:00Z", NOW - 3600), ("2027-01-01T11:00:00.000Z", NOW - 3600)],
)  # fmt: skip
def test_times(text, expected):
    assert moment_of(text, NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "-3h", "yesterday", "-P99999M", "0001-01-01", "9999-12-31T23:59:59Z", 5, None]
)
def test_times_that_are_none(text):
    with pytest.raises(WidgetError):
        moment_of(text, NOW)


def test_a_widgets_own_time():
    assert span_of({}, NOW) == SPAN
    assert span_of({"start": "-PT1H"}, NOW) == Span(NOW - 3600, NOW)
    assert span_of({}, NOW, Span(1, 2)) == Span(1, 2)
    with pytest.raises(WidgetError):
        span_of({"start": "-PT1H", "end": "-PT2H"}, NOW)


def drawn(view, points, **given):
    given = {"view": view, "metrics": [["n", "m", "d", "one"], ["...", "two"]], **given}
    found = entries(given, SPAN, "r")
    answers = [Answer(entry.id, "m", points) for entry in found]
    canvas = Svg(600, 300)
    draw(chart(given, found, answers, SPAN), canvas)
    return canvas.markup("m & n")


POINTS = [(int(SPAN.start) + 300 * place, float(place % 7)) for place in range(36)]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("points", [POINTS, POINTS[:1], [], [(int(NOW) - 60, -5.0)], [(int(NOW) - 60, 2.0**360)]])
def test_every_view_with_any_data(view, points):
    assert drawn(view, points).startswith('<svg viewBox="0 0 600 300" role="img" aria-label="m &amp; n">')


def test_lines_of_one_metric_go_by_their_dimensions():
    text = drawn("timeSeries", POINTS)
    assert ">one</text>" in text and ">two</text>" in text


def test_a_line_breaks_where_data_is_missing():
    whole = drawn("timeSeries", POINTS[:30]).count("<polyline")
    broken = drawn("timeSeries", POINTS[:10] + POINTS[20:30]).count("<polyline")
    assert broken == whole + 2  # each of the two lines is in two parts


def test_annotations():
    notes = {
        "horizontal": [{"label": "limit", "value": 5, "fill": "above"}, [{"label": "band", "value": 1}, {"value": 2}],
                       {"label": "unseen", "value": 3, "visible": False}],
        "vertical": [{"label": "deploy <1>", "value": "2027-01-01T11:00:00Z", "fill": "before"}],
    }  # fmt: skip
    text = drawn("timeSeries", POINTS, annotations=notes)
    assert ">limit</text>" in text and ">band</text>" in text and "unseen" not in text
    assert "deploy &lt;1&gt;</text>" in text


@pytest.mark.parametrize(
    "given",
    [
        {"metrics": [[]]}, {"metrics": ["x"]}, {"metrics": [["only"]]}, {"metrics": [["n", "m", "d"]]},
        {"metrics": [["n", "m"]], "view": "cake"}, {"metrics": [["n", "m"]], "period": 7},
        {"metrics": [["n", "m"]], "annotations": []} | {"yAxis": [1]},
        {"metrics": [["n", "m"]], "annotations": {"vertical": [{"value": "soon"}]}},
    ],
)  # fmt: skip
def test_widgets_that_cannot_be(given):
    with pytest.raises(WidgetError):
        chart(given, entries(given, SPAN, "r"), [], SPAN)
