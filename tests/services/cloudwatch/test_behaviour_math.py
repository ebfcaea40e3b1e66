"""Metric math: every function on series whose results are worked out by hand."""

from __future__ import annotations

import pytest

from cloudarium.services.cloudwatch.metric_math import Frame, MathError, Series, evaluate, parse
from cloudarium.services.cloudwatch.rules import insights, searching
from cloudarium.shared.errors import NotBuilt

A = Series({0: 1.0, 60: 2.0, 180: 4.0}, 60, "a")
B = Series({0: 10.0, 60: 0.0, 120: 30.0}, 60, "b")
FRAME = Frame(0, 240, 60)


class Table:
    """Two metrics, m1 and m2, and one with no data."""

    known = {"m1": A, "m2": B, "empty": Series({}, 60, "empty")}

    def series(self, id):
        if id not in self.known:
            raise MathError(f"no {id}")
        return self.known[id]

    def metrics(self, part):
        return [series for id, series in self.known.items() if part in id and id != "empty"]

    def search(self, text, stat, period):
        return [A, B]

    def outside(self, asked, frame):
        assert (asked.function, frame) == ("f:2", FRAME)
        return [A.with_points({0: float(len(asked.arguments))})]


def value(text):
    found = evaluate(parse(text), Table(), FRAME)
    if isinstance(found, Series):
        return found.points
    return [each.points for each in found] if isinstance(found, list) else found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0), ("(1 + 2) * 3", 9.0), ("2 ^ 3 ^ 2", 512.0), ("-2 ^ 2", -4.0), ("7 - 2 - 1", 4.0),
        ("1 < 2 && 2 <= 2 || 0", 1.0), ("1 == 2 OR 3 != 4", 1.0), ("1 AND 0", 0.0), ("1.5e2", 150.0),
        ("m1 + m2", {0: 11.0, 60: 2.0}),
        ("m1 / m2", {0: 0.1}),  # no division by zero
        ("100 * m1", {0: 100.0, 60: 200.0, 180: 400.0}),
        ("m1 > 1", {0: 0.0, 60: 1.0, 180: 1.0}),
        ("-m1", {0: -1.0, 60: -2.0, 180: -4.0}),
        ("ABS(-m1)", A.points),
        ("CEIL(m1 / 2)", {0: 1.0, 60: 1.0, 180: 2.0}),
        ("FLOOR(m1 / 2)", {0: 0.0, 60: 1.0, 180: 2.0}),
        ("LOG10(m2)", {0: 1.0, 120: pytest.approx(1.4771, abs=1e-4)}),
        ("LOG(m1)", {0: 0.0, 60: pytest.approx(0.6931, abs=1e-4), 180: pytest.approx(1.3863, abs=1e-4)}),
        ("AVG(m2)", pytest.approx(40 / 3)), ("SUM(m1)", 7.0), ("MIN(m1)", 1.0), ("MAX(m1)", 4.0),
        ("DATAPOINT_COUNT(m1)", 3.0), ("STDDEV(m2)", pytest.approx(12.4722, abs=1e-4)),
        ("SUM([m1, m2])", {0: 11.0, 60: 2.0, 120: 30.0, 180: 4.0}),
        ("AVG(METRICS())", {0: 5.5, 60: 1.0, 120: 15.0, 180: 2.0}),
        ("MAX(METRICS('m1'))", A.points),
        ("DATAPOINT_COUNT(METRICS())", {0: 2.0, 60: 2.0, 120: 1.0, 180: 1.0}),
        ("METRIC_COUNT(METRICS())", 2.0),
        ("METRICS()", [A.points, B.points]),
        ("METRICS() * 2", [{0: 2.0, 60: 4.0, 180: 8.0}, {0: 20.0, 60: 0.0, 120: 60.0}]),
        ("[m1, m2] + [m2, m1]", [{0: 11.0, 60: 2.0}, {0: 11.0, 60: 2.0}]),
        ("DIFF(m1)", {60: 1.0, 180: 2.0}),
        ("DIFF_TIME(m1)", {60: 60.0, 180: 120.0}),
        ("RATE(m1)", {60: pytest.approx(1 / 60), 180: pytest.approx(2 / 120)}),
        ("RUNNING_SUM(m1)", {0: 1.0, 60: 3.0, 180: 7.0}),
        ("FILL(m1, 0)", {0: 1.0, 60: 2.0, 120: 0.0, 180: 4.0}),
        ("FILL(m1, REPEAT)", {0: 1.0, 60: 2.0, 120: 2.0, 180: 4.0}),
        ("FILL(m1, LINEAR)", {0: 1.0, 60: 2.0, 120: 3.0, 180: 4.0}),
        ("FILL(m1, m2)", {0: 1.0, 60: 2.0, 120: 30.0, 180: 4.0}),
        ("FILL(METRICS(), 0)", [{0: 1.0, 60: 2.0, 120: 0.0, 180: 4.0}, {0: 10.0, 60: 0.0, 120: 30.0, 180: 0.0}]),
        ("IF(m1 > 1, m1, 0)", {0: 0.0, 60: 2.0, 180: 4.0}),
        ("IF(m1 > 1, m2)", {60: 0.0, 180: 0.0}), ("IF(m1 > 9, 1, m2)", {0: 10.0, 60: 0.0}),
        ("IF(1, m1, m2)", A.points), ("IF(0, m1)", {}),
        ("TIME_SERIES(3)", {0: 3.0, 60: 3.0, 120: 3.0, 180: 3.0}),
        ("TIME_SERIES(SUM(m1))", {0: 7.0, 60: 7.0, 120: 7.0, 180: 7.0}),
        ("PERIOD(m1)", 60.0), ("m1 / PERIOD(m1)", {0: 1 / 60, 60: 2 / 60, 180: 4 / 60}),
        ("FIRST(METRICS())", A.points), ("LAST(METRICS())", B.points),
        ("REMOVE_EMPTY([m1, empty])", [A.points]),
        ("SLICE(METRICS(), 0, 1)", [A.points]), ("SLICE(METRICS(), 1)", [B.points]),
        ("SORT(METRICS(), MAX, DESC)", [B.points, A.points]), ("SORT(METRICS(), SUM, ASC, 1)", [A.points]),
        ("SEARCH('{shop} m', 'Sum', 60)", [A.points, B.points]),
        ("SUM(SEARCH('{shop} m', 'Sum'))", {0: 11.0, 60: 2.0, 120: 30.0, 180: 4.0}),
        ("SUM(LAMBDA('f:2', 1, -2, .5, 'x', true))", {0: float(len('[1,-2,0.5,"x",true]'))}),
        ("YEAR(m1)", dict.fromkeys(FRAME.times(), 1970.0)), ("MONTH(m1)", dict.fromkeys(FRAME.times(), 1.0)),
        ("DATE(m1)", dict.fromkeys(FRAME.times(), 1.0)), ("DAY(m1)", dict.fromkeys(FRAME.times(), 4.0)),
        ("HOUR(m1)", dict.fromkeys(FRAME.times(), 0.0)), ("MINUTE(m1)", {0: 0.0, 60: 1.0, 120: 2.0, 180: 3.0}),
        ("EPOCH(m1)", {0: 0.0, 60: 60.0, 120: 120.0, 180: 180.0}),
    ],
)  # fmt: skip
def test_expressions(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "m1 m2", "(1", "[m1", "NONE(m1)", "none", "AVG()", "'x' + 1", "m1 $ 2", "IF(METRICS(), 1, 0)", "1 / 0",
     "[1, 2]", "SORT(METRICS(), X, ASC)", "FILL(m1, SUM)", "(" * 400, "-" * 400, "METRICS() + [m1]", "9^9^9^9",
     "DIFF(3)", "SLICE(METRICS())", "TIME_SERIES(m1)", "LAMBDA()", "LAMBDA(m1)", "LAMBDA('f', m1)",
     "LAMBDA('*')", "LAMBDA('f'" + ", 1" * 21 + ")"],
)  # fmt: skip
def test_what_is_no_expression(text):
    with pytest.raises(MathError):
        value(text)


def test_functions_that_are_not_built_say_so():
    for text in ("INSIGHT_RULE_METRIC(1, 2)", "SERVICE_QUOTA(m1)", "DB_PERF_INSIGHTS('x')"):
        with pytest.raises(NotBuilt):
            value(text)


def test_a_range_of_too_many_periods_is_no_answer():
    with pytest.raises(MathError):
        evaluate(parse("FILL(m1, 0)"), Table(), Frame(0, 1e12, 60))


# ---- Searching -------------------------------------------------------------------------------------------------------

WEB = ("AWS/EC2", "CPUUtilization", (("InstanceId", "i-web"),))
DISK = ("AWS/EC2", "DiskReadOps", (("InstanceId", "i-db"),))
OWN = ("shop", "OrderCount", (("Stage", "prod"), ("Team", "blue-green")))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{AWS/EC2,InstanceId}", [WEB, DISK]), ('{AWS/EC2, InstanceId} MetricName="CPUUtilization"', [WEB]),
        ("{shop,Team,Stage}", [OWN]), ("{shop,Stage}", []), ("web", [WEB]), ("web OR order", [WEB, OWN]),
        ("Utilization", [WEB]), ("NOT web", [DISK, OWN]), ("Stage=prod blue", [OWN]), ('"i-web"', [WEB]),
        ('"web"', []), ("MetricName=(x)", []), ('"InstanceId"=("i-web" OR "i-db") Disk', [DISK]),
        ("MetricName = (Disk OR (Order AND Stage=prod))", [DISK, OWN]), ("InstanceId=(web", None),
        ("InstanceId=()", None),
        ("(web OR db) AND Disk", [DISK]), ('Namespace="shop"', [OWN]),
        (":aws.Team=green", [OWN]), ("", None), ("(web", None), ("web OR", None), ("AND", None), ("(" * 200, None),
    ],
)  # fmt: skip
def test_searches(text, found):
    if found is None:
        with pytest.raises(searching.SearchError):
            searching.compile_search(text)
    else:
        test = searching.compile_search(text)
        assert [subject for subject in (WEB, DISK, OWN) if test(subject)] == found


def test_queries_in_metrics_insights():
    query = insights.parse_query(
        "SELECT MAX(\"Order Count\") FROM SCHEMA(\"shop\", Stage, Team) WHERE Stage = 'it''s' AND (Team != 'a' OR"
        " Team IN ('b', 'c')) GROUP BY Team, Stage ORDER BY AVG() ASC LIMIT 7"
    )
    assert query._replace(where=None) == insights.Query(
        "MAX", "Order Count", "shop", ("Stage", "Team"), None, ("Team", "Stage"), "AVG", False, 7, False
    )
    assert query.where({"Stage": "it's", "Team": "b"})
    assert not query.where({"Stage": "x", "Team": "b"})
    query = insights.parse_query(
        "SELECT AVG(m) FROM x WHERE tag.\"aws:stack\" = 'a' AND AWS.AccountId = 'LOCAL' GROUP BY tag.env, AWS.AccountId"
    )
    assert query.tagged
    assert query.groups == ("tag.env", "AWS.AccountId")
    assert query.where({"tag.aws:stack": "a"})
    assert not query.where({"aws:stack": "a"})
    assert insights.parse_query("select sum(m) from shop").limit == 500


@pytest.mark.parametrize(
    "text",
    ["SELECT", "SELECT MEDIAN(m) FROM x", "SELECT AVG(m)", "SELECT AVG(m) FROM x WHERE a", "SELECT AVG(m) FROM x LIMIT",
     "SELECT AVG(m) FROM x WHERE a = b", "SELECT AVG(m) FROM x WHERE AWS.Region = 'x'",
     "SELECT AVG(m) FROM x GROUP BY tag.", "SELECT AVG(m) FROM x WHERE x.y = 'x'",
     "SELECT AVG(m) FROM x; DROP", "SELECT AVG(m) FROM x WHERE " + "(" * 300],
)  # fmt: skip
def test_what_is_no_query(text):
    with pytest.raises(insights.QueryError):
        insights.parse_query(text)
