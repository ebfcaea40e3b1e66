"""Commands of Logs Insights over events whose results are worked out by hand.

Most queries are samples of AWS's documentation:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-examples.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights import periods
from cloudarium.shared.errors import NotBuilt
from tests.services.logs.insights.conftest import START

REPORT = (
    "REPORT RequestId: 7f2b1c3d-0000-4000-8000-00000000000{n}\tDuration: {duration} ms\tBilled Duration: {billed} ms\t"
    "Memory Size: 128 MB\tMax Memory Used: {used} MB\t{init}\n"
    "XRAY TraceId: 1-5f84c7a5-aaaa\tSegmentId: 11bb22cc\tSampled: true\t"
)
LAMBDA = [
    "START RequestId: 7f2b1c3d-0000-4000-8000-000000000001 Version: $LATEST",
    '2023-11-14T22:13:20.000Z\t7f2b1c3d-0000-4000-8000-000000000001\tINFO\t{"order": {"id": 7}} done',
    "END RequestId: 7f2b1c3d-0000-4000-8000-000000000001",
    REPORT.format(n=1, duration="1205.59", billed=1206, used=74, init="Init Duration: 250.10 ms\t"),
    REPORT.format(n=2, duration="3.25", billed=4, used=75, init=""),
    REPORT.format(n=3, duration="8", billed=8, used=75, init=""),
]


def rows_of(*rows: dict[str, Any]) -> list[str]:
    return [json.dumps(row) for row in rows]


def test_the_latest_events_come_first_with_the_fields_that_are_asked_for(over: Any) -> None:
    run = over(["a", "b", "c"])
    assert run("fields @timestamp, @message | sort @timestamp desc | limit 2") == [
        {"@timestamp": "2023-11-14 22:13:22.000", "@message": "c"},
        {"@timestamp": "2023-11-14 22:13:21.000", "@message": "b"},
    ]
    assert run("fields @message") == [{"@message": "c"}, {"@message": "b"}, {"@message": "a"}]
    assert run("filter @message != 'b'")[1] == {"@timestamp": "2023-11-14 22:13:20.000", "@message": "a"}
    assert run("fields @log, @logStream, @ingestionTime | sort @timestamp | limit 1") == [
        {"@log": "123456789012:/app", "@logStream": "one", "@ingestionTime": "2023-11-14 22:13:20.000"}
    ]
    assert run.answer["scanned"] == 3 and run.answer["matched"] == 3 and run.answer["bytes"] == 3


def test_lambda_lines_have_fields(over: Any) -> None:
    run = over(LAMBDA, group="/aws/lambda/f")
    # "Determine the amount of overprovisioned memory"
    assert run(
        'filter @type = "REPORT" | stats max(@memorySize / 1000 / 1000) as provisonedMemoryMB,'
        " min(@maxMemoryUsed / 1000 / 1000) as smallestMemoryRequestMB,"
        " avg(@maxMemoryUsed / 1000 / 1000) as avgMemoryUsedMB,"
        " max(@maxMemoryUsed / 1000 / 1000) as maxMemoryUsedMB,"
        " provisonedMemoryMB - maxMemoryUsedMB as overProvisionedMB"
    ) == [
        {
            "provisonedMemoryMB": "128",
            "smallestMemoryRequestMB": "74",
            "avgMemoryUsedMB": "74.6667",
            "maxMemoryUsedMB": "75",
            "overProvisionedMB": "53",
        }
    ]
    assert run('filter @type = "REPORT" and @duration > 1000 | fields @requestId, @duration, @billedDuration') == [
        {
            "@requestId": "7f2b1c3d-0000-4000-8000-000000000001",
            "@duration": "1205.59",
            "@billedDuration": "1206",
        }
    ]
    assert run("filter ispresent(@initDuration) | display @initDuration, @xrayTraceId, @xraySegmentId") == [
        {"@initDuration": "250.1", "@xrayTraceId": "1-5f84c7a5-aaaa", "@xraySegmentId": "11bb22cc"}
    ]
    assert run("stats count(*) as n by @type | sort n desc, @type | limit 2") == [
        {"@type": "REPORT", "n": "3"},
        {"n": "1"},
    ]
    assert run("filter order.id = 7 | fields @requestId, order.id") == [
        {"@requestId": "7f2b1c3d-0000-4000-8000-000000000001", "order.id": "7"}
    ]
    assert run(
        "stats sum(strcontains(@message, 'Init Duration')) / sum(strcontains(@message, 'REPORT')) * 100 as c"
    ) == [{"c": "33.3333"}]


def test_json_fields_by_dots_indexes_and_backticks(over: Any) -> None:
    run = over(
        rows_of(
            {
                "user": {"name": "ada", "roles": ["a", "b"]},
                "ok": True,
                "a-b": 1,
                "x.y": "dotted",
                "@own": "mine",
                "none": None,
                "7": "seven",
            }
        )
    )
    assert run("fields user.name, user.roles.1, user.roles[0], ok, `a-b`, x.y, @@own, none, missing") == [
        {
            "user.name": "ada",
            "user.roles.1": "b",
            "user.roles[0]": "a",
            "ok": "1",
            "a-b": "1",
            "x.y": "dotted",
            "@@own": "mine",
        }
    ]
    assert run("filter ok = true and not ispresent(none) | stats count(*)") == [{"count(*)": "1"}]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("status = 404", "ab"),
        ('status = "404"', "ab"),
        ("status != 404", "cd"),
        ("status > 404", "c"),
        ("status >= 404", "abc"),
        ("500 > status", "ab"),
        ("status < 500.5", "abc"),
        ("status in [404, 500]", "abc"),
        ('status not in ["404", "oops"]', "c"),
        ("status like /^4/", "ab"),
        ("status like '0'", "abc"),
        ("status not like '4'", "cd"),
        ("status =~ /(?i)OOPS/", "d"),
        ("name = 'a' or name = 'd' and status = 404", "a"),
        ("(name = 'a' or name = 'd') and not status = 404", "d"),
        ("not (ispresent(status))", "e"),
        ("status = other", "c"),
        ("status < other", "ab"),
        ("status - 4 = 400", "ab"),
        ("name > 'c'", "de"),
        ("name in []", ""),
        ("strcontains(name, 'a')", "a"),
    ],
)
def test_conditions(over: Any, condition: str, expected: str) -> None:
    run = over(
        rows_of(
            {"name": "a", "status": 404, "other": "x"},
            {"name": "b", "status": "404", "other": 1000},
            {"name": "c", "status": 500, "other": "500"},
            {"name": "d", "status": "oops"},
            {"name": "e"},
        )
    )
    assert "".join(row["name"] for row in run(f"fields name | filter {condition} | sort name")) == expected


def test_parse_by_globs_and_regular_expressions(over: Any) -> None:
    # "Sample parse commands"
    line = "25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException. user=*, x"
    run = over([line, "2021-01-01 [INFO] fine"])
    assert run('parse @message "[*]" as level | stats count(*) by level | sort level') == [
        {"level": "ERROR", "count(*)": "1"},
        {"level": "INFO", "count(*)": "1"},
    ]
    assert run(
        'parse @message "* [*] * The error was: *" as loggingTime, loggingType, loggingMessage, rest'
        ' | filter loggingType IN ["ERROR"] | display loggingMessage, loggingType = "ERROR" as isError, rest'
    ) == [
        {
            "loggingMessage": "{foo=2, bar=data}",
            "isError": "1",
            "rest": "DataIntegrityException. user=*, x",
        }
    ]
    assert run(
        r"parse @message /\[(?<level>\w+)\] \{foo=(?<foo>\d+)/ | filter foo > 1 | fields level, foo * 2 as twice"
    ) == [{"level": "ERROR", "foo": "2", "twice": "4"}]
    assert run(r"parse /was: (\w+)/ as what | filter ispresent(what) | display what") == [
        {"what": "DataIntegrityException"}
    ]


def test_stats_by_time_and_by_fields(over: Any) -> None:
    run = over(rows_of(*({"n": n, "s": "even" if n % 2 == 0 else "odd"} for n in range(1, 7))), step=60_000)
    assert run("stats count(*) as events, sum(n) by bin(5m) as t | sort t") == [
        {"t": "2023-11-14 22:10:00.000", "events": "2", "sum(n)": "3"},
        {"t": "2023-11-14 22:15:00.000", "events": "4", "sum(n)": "18"},
    ]
    assert run("stats avg(n), min(n), max(n), pct(n, 50), stddev(n), count_distinct(s) by s | sort s") == [
        {
            "s": "even",
            "avg(n)": "4",
            "min(n)": "2",
            "max(n)": "6",
            "pct(n, 50)": "4",
            "stddev(n)": "1.633",
            "count_distinct(s)": "1",
        },
        {
            "s": "odd",
            "avg(n)": "3",
            "min(n)": "1",
            "max(n)": "5",
            "pct(n, 50)": "3",
            "stddev(n)": "1.633",
            "count_distinct(s)": "1",
        },
    ]
    assert run("stats earliest(n), latest(n), sortsFirst(s), sortsLast(s), latest(@timestamp)") == [
        {
            "earliest(n)": "1",
            "latest(n)": "6",
            "sortsFirst(s)": "even",
            "sortsLast(s)": "odd",
            "latest(@timestamp)": "1700000300000",
        }
    ]
    assert run("stats count_over_time(*) as c, sum_over_time(n) as t by histogram(n, 4) as h | sort h") == [
        {"h": "0", "c": "3", "t": "6"},
        {"h": "4", "c": "3", "t": "15"},
    ]
    # "Use multiple stats commands in a single query"
    assert run("stats sum(n) as total by bin(5m) as t | stats max(total), avg(total), count(*)") == [
        {"max(total)": "18", "avg(total)": "10.5", "count(*)": "2"}
    ]
    assert run("stats count(*) by s | sort count(*) desc, s | limit 1") == [{"s": "even", "count(*)": "3"}]
    assert run("stats count(*) as c by s | fields c * 2 as d, concat(s, '!') as t | display d, t | limit 1") == [
        {"d": "6", "t": "even!"}
    ]
    assert run("filter n > 100 | stats count(*), sum(n)") == [{"count(*)": "0"}]
    assert run("filter n > 100 | stats count(*) by s") == []


def test_sort_is_natural_and_what_is_no_number_goes_first(over: Any) -> None:
    run = over(rows_of({"v": 10}, {"v": "9"}, {"v": "host-10"}, {"v": "host-9"}, {"v": "a"}, {}))
    assert [row.get("v") for row in run("fields v | sort v asc")] == [None, "a", "host-9", "host-10", "9", "10"]
    assert [row.get("v") for row in run("fields v | sort v desc")] == ["10", "9", "host-10", "host-9", "a", None]


def test_dedup_keeps_the_first_in_the_sort_order_and_all_that_lack_the_field(over: Any) -> None:
    events = rows_of(
        {"server": "a", "n": 1},
        {"server": "b", "n": 2},
        {"server": "a", "n": 3},
        {"n": 4},
        {"n": 5},
        {"server": "b", "n": 0},
    )
    run = over(events)
    assert [row["n"] for row in run("fields n, server | dedup server")] == ["0", "5", "4", "3"]
    assert [row["n"] for row in run("fields n | sort n asc | dedup server | limit 3")] == ["0", "1", "4"]
    with pytest.raises(MalformedQuery, match="unexpected symbol found sort at line 1 and position 26"):
        run("fields n | dedup server | sort n")


def test_a_limit_holds_for_what_comes_behind_it(over: Any) -> None:
    run = over([str(n) for n in range(30)])
    assert run("limit 10 | stats count(*)") == [{"count(*)": "10"}]
    assert len(run("fields @message", limit=7)) == 7
    assert len(run("fields @message | limit 5", limit=7)) == 5
    assert [row["@message"] for row in run("fields @message | limit 3 | filter @message != 28")] == ["29", "27"]


def test_unnest_makes_one_row_of_each_item(over: Any) -> None:
    run = over(rows_of({"events": [{"name": "exception"}, {"name": "user action"}], "one": 5}))
    assert run("fields jsonParse(@message) as js | unnest js.events into event | display event.name") == [
        {"event.name": "exception"},
        {"event.name": "user action"},
    ]
    assert run("fields jsonParse(@message) as js | unnest js.one into v | display v") == [{"v": "5"}]
    assert run(
        "fields jsonParse(@message) as js | unnest js.events into e | stats count(*) as n by e.name | sort n"
    ) == [
        {"e.name": "exception", "n": "1"},
        {"e.name": "user action", "n": "1"},
    ]
    assert run("fields jsonParse(@message) as js | fields js.events[1].name as second | display second") == [
        {"second": "user action"}
    ]


def test_expand_puts_each_item_in_the_place_of_the_list(over: Any) -> None:
    # The example of AWS's page on `expand`
    run = over(rows_of({"items": ["apple", "banana", "cherry"], "host": "web-01"}, {"items": ["apple"], "host": "b"}))
    assert run("filter host = 'web-01' | expand items | display items, host | sort items") == [
        {"items": item, "host": "web-01"} for item in ("apple", "banana", "cherry")
    ]
    assert run("expand items | stats count(*) as n by items | sort items") == [
        {"items": "apple", "n": "2"},
        {"items": "banana", "n": "1"},
        {"items": "cherry", "n": "1"},
    ]


def test_addtotals_sums_the_numbers_of_a_row(over: Any) -> None:
    run = over(rows_of({"name": "x", "price": 10, "tax": "2.5", "qty": 4}, {"name": "y", "price": 1}))
    assert [row["Total"] for row in run("fields name, price, tax, qty | addtotals")] == ["1", "16.5"]
    assert run("fields name, price, tax, qty | addtotals price, tax | filter Total > 5 | display Total") == [
        {"Total": "12.5"}
    ]
    assert run("stats sum(price) as p, sum(qty) as q by bin(1h) as t | addtotals row=true fieldname=RowSum") == [
        {"t": "2023-11-14 22:00:00.000", "p": "11", "q": "4", "RowSum": "15"}
    ]
    assert run("fields price | addtotals row=false | limit 1") == [{"price": "1"}]


def test_patterns_are_clusters_of_lines(over: Any) -> None:
    lines = [f"[INFO] user {name} took {n} ms from 10.0.0.{n}" for n, name in enumerate(["ada", "bob", "eve", "dan"])]
    run = over([*lines, "[ERROR] disk full"])
    assert run("pattern @message") == [
        {
            "@pattern": "[INFO] user <Token-1> took <Number-2> ms from <IP-3>",
            "@sampleCount": "4",
            "@ratio": "0.8",
            "@severityLabel": "Info",
        },
        {"@pattern": "[ERROR] disk full", "@sampleCount": "1", "@ratio": "0.2", "@severityLabel": "Error"},
    ]
    assert run("pattern @message | filter @severityLabel = 'Error' | display @pattern") == [
        {"@pattern": "[ERROR] disk full"}
    ]


def test_diff_compares_patterns_with_a_time_before(over: Any) -> None:
    before = ["[INFO] user 1 in", "[INFO] user 2 in", "[WARN] disk at 80 percent", "gone"]
    after = ["[INFO] user 3 in", "[INFO] user 4 in", "[INFO] user 5 in", "[ERROR] disk full"]
    run = over([*before, *after])
    window = {"first": START + 4000, "last": START + 7999}
    columns = ("@pattern", "@sampleCount", "@diffEventCount", "@differenceDescription", "@severityLabel")
    rows = run("pattern @message | diff", **window)
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("[INFO] user <Number-1> in", "3", "1", "50% more events", "Info"),
        ("[ERROR] disk full", "1", "1", "New pattern", "Error"),
        ("[WARN] disk at <Number-1> percent", "0", "-1", "No longer seen", "Warn"),
        ("gone", "0", "-1", "No longer seen", "None"),
    ]
    assert rows[0]["@ratio"] == "0.75"  # of the events of now
    assert (run.answer["scanned"], run.answer["matched"]) == (8, 8)
    filtered = run("filter @message like 'INFO' | pattern @message | diff | display @diffEventCount", **window)
    assert filtered == [{"@diffEventCount": "1"}]
    assert run("pattern @message | diff previousDay | filter @diffEventCount < 0", **window) == []


@pytest.mark.parametrize(
    ("modifier", "then"),
    [
        ("", "2024-03-31T11:00:00"),
        ("previousday", "2024-03-30T12:00:00"),
        ("previousweek", "2024-03-24T12:00:00"),
        ("previousmonth", "2024-02-29T12:00:00"),
    ],
)
def test_the_time_that_diff_compares_with_is_as_long(modifier: str, then: str) -> None:
    first = round(datetime.fromisoformat("2024-03-31T12:00:00+00:00").timestamp() * 1000)
    earlier = periods.previous(first, first + 3_599_999, modifier)
    wanted = round(datetime.fromisoformat(f"{then}+00:00").timestamp() * 1000)
    assert earlier == (wanted, wanted + 3_599_999)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("test", "unexpected symbol found test at line 1 and position 0"),
        ("fields @message\n| foo x", "unexpected symbol found foo at line 2 and position 2"),
        ("stats count(*", "unexpected symbol found <EOF> at line 1 and position 13"),
        ("filter x like /(/", "Invalid regular expression"),
        ("stats count(*) as n by x | filter y > 1", "Unknown symbols found in or after stats: y"),
        ("fields nope(@message)", "Invalid function name found: nope"),
        ("fields strlen(a, b)", "Wrong number of arguments of strlen: 2"),
        ("fields count(*)", "count can be used in stats only"),
        ("stats a by b", "stats needs an aggregate function: a"),
        ("stats count(*) by bin(oops)", "bin needs a period such as 5m"),
        ("stats pct(x, 101)", "The percentile of pct is a number from 0 to 100"),
        ("parse @message '* *' as one", "The glob has 2 wildcards and 1 fields are named"),
        ("parse @message /(x)/", "The regex of parse must name its groups"),
        ("fields a as x | fields b as x", "Ephemeral field x is already defined"),
        ("diff", "Diff compilation Failed : Diff operation has to be used after Pattern"),
        ("filter x = 1 | diff previousDay", "Diff compilation Failed : Diff operation has to be used after Pattern"),
        ("pattern @message | diff previousYear", "unexpected symbol found previousYear at line 1 and position 24"),
        ("stats count(*) as a | stats max(a) as b | stats min(b)", "at most 2 stats commands"),
        ("limit 0", "Invalid limit 0"),
        ("fields " + "(" * 65 + "a" + ")" * 65, "nested too deeply"),
        ("fields " + "-" * 5000 + "a", "nested too deeply"),
        ("", "unexpected symbol found <EOF> at line 1 and position 0"),
    ],
)
def test_what_cannot_be_compiled_says_where(over: Any, query: str, message: str) -> None:
    with pytest.raises(MalformedQuery) as raised:
        over(["x"])(query)
    assert message in raised.value.message
    where = raised.value.fields["queryCompileError"]["location"]
    assert 0 <= where["startCharOffset"] <= where["endCharOffset"] <= len(query)


@pytest.mark.parametrize(
    "query",
    [
        "fields @message | anomaly",
        "lookup a b",
        "join type=inner",
        "filterIndex x = 1",
        "filter x in (SOURCE 'a' | fields x)",
        "search error",
        "relevantfields where x > 1",
        "logcompare timeshift 7d",
        "sessionize maxspan=30m userId",
        "stats values(x)",
        "stats rate(x, 1m)",
        "stats count(*) by bin(5m) offset 1h",
        "limit 5 | tail 3",
        "fields x | addtotals col=true x",
        "addtotals",
        "SOURCE dataSource(['amazon_vpc.flow']) | fields x",
    ],
)
def test_what_is_not_built_says_so(over: Any, query: str) -> None:
    with pytest.raises(NotBuilt):
        over(["x"])(query)
