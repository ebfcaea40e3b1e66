"""Dashboards as pages: each kind of widget shows what it stands for, or says why it does not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.console.test_pages import EVIL, Reader


@pytest.fixture
def reader(cloud: RunningCloud, account: str) -> Reader:
    return Reader(cloud, account)


def board(reader: Reader, *widgets: dict[str, Any], **more: Any) -> str:
    """The page of a dashboard with these widgets, six wide each."""
    placed = [{"width": 6, "height": 6, **widget} for widget in widgets]
    body = json.dumps({"widgets": placed, **more})
    reader.cloud.client("cloudwatch", key=reader.account).put_dashboard(DashboardName="d", DashboardBody=body)
    return reader.text("dashboards/d")


def metric(view: str = "timeSeries", **more: Any) -> dict[str, Any]:
    metrics = [["shop", "orders", "place", "town"], ["...", "village"]]
    return {"type": "metric", "properties": {"region": "us-east-1", "view": view, "metrics": metrics, **more}}


@pytest.fixture
def measured(reader: Reader) -> None:
    data = [
        {"MetricName": "orders", "Value": value, "Dimensions": [{"Name": "place", "Value": place}]}
        for place, value in (("town", 30), ("village", 12))
    ]
    reader.cloud.client("cloudwatch", key=reader.account).put_metric_data(Namespace="shop", MetricData=data)


@pytest.mark.parametrize("view", ["timeSeries", "singleValue", "gauge", "bar", "pie"])
def test_metrics_are_drawn(reader: Reader, measured: None, view: str) -> None:
    text = board(reader, metric(view, title="Orders", yAxis={"left": {"min": 0, "max": 50}}))
    [wide] = re.findall(r'<svg class="wide-chart".*?</svg>', text)
    assert 'aria-label="Orders: town, village"' in wide
    assert ">town</text>" in wide
    assert '<td class="number">30</td>' in text  # for those who read the values


def test_a_table_of_metrics(reader: Reader, measured: None) -> None:
    text = board(reader, metric("table"))
    assert "<td>village</td>" in text and '<td class="number">12</td>' in text and "<svg" not in text


def test_texts_are_markdown_and_nothing_else(reader: Reader) -> None:
    said = f"# Shop\n**bold** [here](https://example.com) [bad](javascript:alert(1)) ![p](http://x/y.png)\n\n{EVIL}"
    text = board(reader, {"type": "text", "properties": {"markdown": said}})
    assert "<h1>Shop</h1>" in text and "<strong>bold</strong>" in text and 'href="https://example.com"' in text
    assert EVIL not in text and 'href="javascript' not in text and "<img" not in text


def test_alarms_show_their_states(reader: Reader) -> None:
    watch = reader.cloud.client("cloudwatch", key=reader.account)
    watch.put_metric_alarm(
        AlarmName="busy", Namespace="shop", MetricName="orders", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=7, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    watch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="r")
    arn = f"arn:aws:cloudwatch:us-east-1:{reader.account}:alarm:"
    status = {"type": "alarm", "properties": {"alarms": [f"{arn}busy", f"{arn}gone"]}}
    chart = {"type": "metric", "properties": {"region": "us-east-1", "annotations": {"alarms": [f"{arn}busy"]}}}
    text = board(reader, status, chart)
    assert '<span class="tag bad">ALARM</span> <b>busy</b>' in text and "There is no alarm gone." in text
    assert ">busy</text>" in text  # the threshold


def test_an_explorer_finds_resources_by_their_tags(reader: Reader) -> None:
    queues = reader.cloud.client("sqs", key=reader.account)
    for name, team in (("one", "red"), ("two", "red"), ("three", "blue")):
        queues.create_queue(QueueName=name, tags={"team": team})
    metrics = [{"metricName": "NumberOfMessagesSent", "resourceType": "AWS::SQS::Queue", "stat": "Sum"}]
    given: dict[str, Any] = {"metrics": metrics, "labels": [{"key": "team", "value": "red"}], "region": "us-east-1"}
    text = board(reader, {"type": "explorer", "properties": given})
    assert "NumberOfMessagesSent (Sum): one, two" in text
    given = {**given, "labels": [{"key": "team"}], "aggregateBy": {"key": "team", "func": "SUM"}}
    queues.send_message(QueueUrl=queues.get_queue_url(QueueName="one")["QueueUrl"], MessageBody="x")
    text = board(reader, {"type": "explorer", "properties": given})
    assert "NumberOfMessagesSent (Sum): SUM of blue, SUM of red" in text and '<td class="number">1</td>' in text
    given["aggregateBy"] = {"key": "*", "func": "MEDIAN"}
    assert "must have a key and a func" in board(reader, {"type": "explorer", "properties": given})


def test_what_cannot_be_shown_says_so(reader: Reader) -> None:
    strange: list[dict[str, Any]] = [
        metric(metrics=[["shop", "orders", {"stat": "median"}]]),
        metric(annotations={"vertical": [{"value": EVIL}]}),
        {"type": "explorer", "properties": {"metrics": [{"resourceType": "AWS::Odd::Thing"}]}},
    ]
    text = board(reader, *strange)
    assert "is not supported" in text and "neither a time nor a duration" in text and EVIL not in text
    assert "are not explored here" in text


def test_where_widgets_stand(reader: Reader) -> None:
    text = board(reader, {"type": "text", "x": 6, "y": 2, "width": 12, "properties": {"markdown": "x"}})
    [address] = re.findall(r'href="/_cloudarium/(dashboards/d/layout.css)', text)
    style = reader.get(address)
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "#w0{grid-column:7/span 12;grid-row:3/span 6}" in style.text


def test_times_are_chosen(reader: Reader) -> None:
    text = board(reader, metric(), start="-PT1H")
    assert " to " in text
    assert '<option value="12h" selected>' in reader.text("dashboards/d", range="12h")
    assert '<meta http-equiv="refresh" content="10">' in reader.text("dashboards/d", refresh="10")
    assert reader.get("dashboards/d", range="9y").status_code == 400


def test_dashboards_are_listed(reader: Reader) -> None:
    assert "has no dashboards" in reader.text("dashboards")
    board(reader)
    assert f"/_cloudarium/dashboards/d?account={reader.account}" in reader.text("dashboards")
    assert reader.get("dashboards/none").status_code == 404
    assert reader.get("dashboards/d/more").status_code == 404


def test_a_query_of_logs_is_answered(reader: Reader) -> None:
    logs = reader.cloud.client("logs", key=reader.account)
    logs.create_log_group(logGroupName="/shop/orders")
    logs.create_log_stream(logGroupName="/shop/orders", logStreamName="s")
    now = int(reader.cloud.control("clock")["epoch"] * 1000)
    events = [
        {"timestamp": now - 5000, "message": f"ERROR {EVIL}"},
        {"timestamp": now - 4000, "message": "all is well"},
    ]
    logs.put_log_events(logGroupName="/shop/orders", logStreamName="s", logEvents=events)
    query = "SOURCE '/shop/orders' | fields @message | filter @message like /ERROR/"
    text = board(reader, {"type": "log", "properties": {"region": "us-east-1", "query": query}})
    assert "<th>@message" in text and "ERROR &lt;script&gt;" in text
    assert "all is well" not in text and EVIL not in text
    query = "SOURCE logGroups(namePrefix: ['/shop']) | filter @message like /ERR|well/ | stats count(*) as n"
    text = board(reader, {"type": "log", "properties": {"region": "us-east-1", "query": query}})
    assert "<th>n" in text and re.search(r"<td[^>]*>2</td>", text)
    gone = {"type": "log", "properties": {"region": "us-east-1", "query": "SOURCE 'none' | fields @message"}}
    assert "ResourceNotFoundException" in board(reader, gone)


def test_variables_change_what_is_shown(reader: Reader, measured: None) -> None:
    towns = {"type": "property", "property": "place", "inputType": "select", "id": "town", "label": "Town",
             "search": "{shop,place} orders", "populateFrom": "place"}  # fmt: skip
    values = [{"value": "Sum"}, {"value": "SampleCount", "label": "How many"}]
    stat = {"type": "pattern", "pattern": "S.m", "inputType": "radio", "id": "stat", "values": values}
    hidden = {"type": "property", "property": "title", "id": "title", "defaultValue": EVIL, "visible": False}
    widget = metric(stat="Sum", title="Orders")
    text = board(reader, widget, variables=[towns, stat, hidden, {"type": "odd"}, 7])
    assert re.findall(r'<option value="(t[^"]*|v[^"]*)"', text) == ["town", "village"] and EVIL not in text
    assert 'name="var.stat" value="SampleCount"' in text and "var.title" not in text
    shown = reader.text("dashboards/d", **{"var.town": "village", "var.stat": "SampleCount"})
    assert '<option value="village" selected>' in shown and '<td class="number">1</td>' in shown
    assert '<td class="number">30</td>' not in shown
    slow = {**stat, "pattern": "(S+)+$", "id": "slow", "defaultValue": "x"}
    text = board(reader, metric(title="S" * 40 + "!"), variables=[slow, {**slow, "id": "b", "pattern": "("}])
    assert "S" * 40 in text  # a pattern that takes too long changes nothing


def test_functions_draw_in_a_frame_of_nobody(reader: Reader) -> None:
    arn = f"arn:aws:lambda:us-east-1:{reader.account}:function:none"
    text = board(reader, {"type": "custom", "properties": {"endpoint": arn, "params": {"a": 1}}})
    [address] = re.findall(r'<iframe class="drawn" src="/_cloudarium/([^"]*)"', text)
    answer = reader.get(address.partition("?")[0])
    assert "ResourceNotFoundException" in answer.text and "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert reader.get("dashboards/d/widget/0", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    for path in ("dashboards/d/widget/1", "dashboards/d/widget/x", "dashboards/d/widget"):
        assert reader.get(path).status_code == 404
