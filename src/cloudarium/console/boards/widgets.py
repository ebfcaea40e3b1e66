"""What each type of widget shows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cloudarium.charts import widgets as charts
from cloudarium.charts.widgets import Answer, Entry, Span, WidgetError
from cloudarium.console.boards.blocks import Block, Data, pictures, spot_of
from cloudarium.console.boards.explorer import explored
from cloudarium.console.boards.markdown import rendered
from cloudarium.console.visit import Visit
from cloudarium.shared.columns import columns_of
from cloudarium.shared.errors import AwsError

FRAME = "widget"  # below a dashboard: what a function draws
_LOOKS = 40  # at a query of logs, a twentieth of a second apart


async def block_of(visit: Visit, widget: Any, place: int, span: Span) -> Block:
    """The block of a widget; what cannot be shown says why in it."""
    given = widget if isinstance(widget, dict) else {}
    properties = given.get("properties") if isinstance(given.get("properties"), dict) else {}
    assert isinstance(properties, dict)
    kind = str(given.get("type"))
    block = Block(f"w{place}", kind, str(properties.get("title") or ""), spot_of(given, place))
    fill = _FILLS.get(kind)
    try:
        if fill is None:
            raise WidgetError(f"There is no widget type {kind[:40]}")
        await fill(visit, properties, block, span)
    except WidgetError as error:
        block.note = f"This widget cannot be drawn: {error}."
    except AwsError as error:
        block.note = f"{error.code}: {error.message}"
    return block


# ---- Metrics ---------------------------------------------------------------------------------------------------------


async def _metric(visit: Visit, given: Data, block: Block, span: Span) -> None:
    notes = given.get("annotations")
    arns = notes.get("alarms") if isinstance(notes, dict) else None
    if isinstance(arns, list) and arns and not given.get("metrics"):
        given = await _of_alarm(visit, given, str(arns[0]))
        block.title = block.title or given["title"]
    own = charts.span_of(given, visit.now, span)
    region = str(given.get("region") or visit.scope.region)
    found = charts.entries(given, own, region)
    chart = charts.chart(given, found, await answers(visit, found, own, str(given.get("timezone") or "")), own)
    block.drawings.append(("", pictures(chart, block.spot, block.title)))


async def answers(visit: Visit, found: Sequence[Entry], span: Span, zone: str = "") -> list[Answer]:
    """What GetMetricData answers to the elements of a widget, in their order."""
    got: list[Answer] = []
    for region in dict.fromkeys(entry.region for entry in found):
        asked = charts.queries([entry for entry in found if entry.region == region])
        options = {"LabelOptions": {"Timezone": zone}} if zone else {}
        answer = await visit.ask(
            "cloudwatch", "GetMetricData", region=region, MetricDataQueries=asked, StartTime=span.start,
            EndTime=span.end, ScanBy="TimestampAscending", **options,
        )  # fmt: skip
        for each in answer["MetricDataResults"]:
            points = list(zip((int(time) for time in each["Timestamps"]), each["Values"], strict=True))
            got.append(Answer(each["Id"], each["Label"], points))
    order = {entry.id: place for place, entry in enumerate(found)}
    return sorted(got, key=lambda each: order[each.id])


async def _of_alarm(visit: Visit, given: Data, arn: str) -> Data:
    """A widget of what an alarm watches, with its threshold. Raises WidgetError."""
    alarm = await _alarm_at(visit, arn)
    if alarm is None or "AlarmRule" in alarm:
        raise WidgetError(f"there is no metric alarm {arn.rpartition(':')[2][:200]}")
    if "Metrics" in alarm:
        metrics = [_element(query) for query in alarm["Metrics"]]
    else:
        dimensions = [part for each in alarm.get("Dimensions", ()) for part in (each["Name"], each["Value"])]
        look = {"period": alarm["Period"], "stat": alarm.get("Statistic") or alarm.get("ExtendedStatistic")}
        metrics = [[alarm["Namespace"], alarm["MetricName"], *dimensions, look]]
    level = {"label": alarm["AlarmName"], "value": alarm.get("Threshold")}
    return {
        **given, "metrics": metrics, "title": given.get("title") or alarm["AlarmName"], "region": arn.split(":")[3],
        "annotations": {"horizontal": [level]},
    }  # fmt: skip


def _element(query: Data) -> list[Any]:
    """A metric data query as an element of a widget's metrics."""
    look: Data = {"id": query["Id"], "visible": query.get("ReturnData") is not False}
    if query.get("Label"):
        look["label"] = query["Label"]
    stat = query.get("MetricStat")
    if stat is None:
        return [{**look, "expression": query["Expression"], "period": query.get("Period", 60)}]
    own = [part for each in stat["Metric"].get("Dimensions", ()) for part in (each["Name"], each["Value"])]
    look |= {"period": stat["Period"], "stat": stat["Stat"]}
    return [stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], *own, look]


# ---- Alarms ----------------------------------------------------------------------------------------------------------


async def _alarm(visit: Visit, given: Data, block: Block, span: Span) -> None:
    found = [(arn, await _alarm_at(visit, str(arn))) for arn in given.get("alarms") or ()]
    asked = given.get("states")
    states = asked if isinstance(asked, list) and asked else ("ALARM", "INSUFFICIENT_DATA", "OK")
    shown = [alarm for _, alarm in found if alarm is not None and alarm["StateValue"] in states]
    if given.get("sortBy") == "stateUpdatedTimestamp":
        shown.sort(key=lambda alarm: -alarm["StateUpdatedTimestamp"])
    elif given.get("sortBy") == "timestamp":
        shown.sort(key=lambda alarm: -alarm["AlarmConfigurationUpdatedTimestamp"])
    block.alarms = shown
    gone = [str(arn).rpartition(":")[2] for arn, alarm in found if alarm is None]
    if gone:
        block.note = f"There is no alarm {', '.join(gone)[:300]}."


async def _alarm_at(visit: Visit, arn: str) -> Data | None:
    parts = arn.split(":", 6)
    if len(parts) < 7 or parts[5] != "alarm" or parts[4] != visit.scope.account:
        return None
    answer = await visit.ask(
        "cloudwatch", "DescribeAlarms", region=parts[3], AlarmNames=[parts[6]],
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
    )  # fmt: skip
    found: list[Data] = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return found[0] if found else None


# ---- The rest --------------------------------------------------------------------------------------------------------


async def _text(visit: Visit, given: Data, block: Block, span: Span) -> None:
    block.markdown = rendered(str(given.get("markdown") or ""))
    block.bare = given.get("background") == "transparent"


async def _log(visit: Visit, given: Data, block: Block, span: Span) -> None:
    """What a query of Logs Insights finds."""
    block.code = str(given.get("query") or "")
    groups, lines = [], []
    for part in block.code.split("|"):
        words = part.strip()
        if words.upper().startswith(("SOURCE '", 'SOURCE "')):  # others, such as logGroups(), the query itself knows
            groups.append(words[7:].strip().strip("'\""))
        else:
            lines.append(part)
    region = str(given.get("region") or visit.scope.region)
    named = {"logGroupNames": groups} if groups else {}
    started = await visit.ask(
        "logs", "StartQuery", region=region, queryString="|".join(lines).strip(), startTime=int(span.start),
        endTime=int(span.end), **named,
    )  # fmt: skip
    for _ in range(_LOOKS):
        told = await visit.ask("logs", "GetQueryResults", region=region, queryId=started["queryId"])
        if told["status"] not in ("Scheduled", "Running"):
            break
        await asyncio.sleep(0.05)
    rows = [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in told["results"]]
    columns = columns_of(rows)
    block.table = {"columns": columns, "rows": [[row.get(name, "") for name in columns] for row in rows[:200]]}
    if told["status"] != "Complete":
        block.note = f"The query is {told['status']}."


async def _explorer(visit: Visit, given: Data, block: Block, span: Span) -> None:
    wanted = list(explored(visit, given))
    for heading, properties in wanted:
        found = charts.entries(properties, span, str(properties["region"]))
        chart = charts.chart(properties, found, await answers(visit, found, span), span)
        block.drawings.append((heading, pictures(chart, block.spot, heading, 1 / len(wanted))))
    if not block.drawings:
        block.note = "No resource has these tags."


async def _custom(visit: Visit, given: Data, block: Block, span: Span) -> None:
    block.frame = visit.href("dashboards", visit.parts[0], FRAME, block.id[1:], **visit.asked)


_FILLS: dict[str, Callable[[Visit, Data, Block, Span], Awaitable[None]]] = {
    "metric": _metric, "text": _text, "log": _log, "alarm": _alarm, "explorer": _explorer, "custom": _custom,
}  # fmt: skip
