"""Functions that CloudWatch asks for time series by LAMBDA, under their own policies."""

from __future__ import annotations

import io
import json
import zipfile

import requests

from tests.services.cloudwatch.conftest import refused

CODE = """
def handler(event, context):
    if "widgetContext" in event:
        return event["html"] if "html" in event else event["widgetContext"]
    if event["EventType"] != "GetMetricData":
        raise ValueError(event)
    asked = event["GetMetricDataRequest"]
    what, *others = asked["Arguments"]
    if what == "raise":
        raise ValueError("on purpose")
    if what in ("Validation", "Forbidden", "Unreachable"):
        return {"Error": {"Code": what, "Value": "said so"}}
    if what == "nonsense":
        return {"MetricDataResults": [{"Timestamps": [1, 2], "Values": [1]}]}
    start, end, period = (asked[name] for name in ("StartTime", "EndTime", "Period"))
    times = [*range(start, end, period), start + 1, start - period, end]
    told = [{"Code": "Hint", "Value": repr(others)}] if others else []
    return {"MetricDataResults": [{"Label": "own", "Timestamps": times, "Values": [float(what)] * len(times),
                                   "Messages": told}]}
"""
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}
ALLOWED = {"Action": "lambda:InvokeFunction", "Principal": "lambda.datasource.cloudwatch.amazonaws.com"}


def make_function(desk, name, code, *, allowed=True):
    """A function that CloudWatch may invoke as a source of data."""
    role = desk.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", code)
    functions = desk.client("lambda")
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": buffer.getvalue()}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    if allowed:
        functions.add_permission(FunctionName=name, StatementId="s", SourceAccount=desk.account, **ALLOWED)


def asked(desk, expression, **more):
    """The one result of an expression, and its values."""
    query = {"Id": "e", "Expression": expression, "Period": 60, **more}
    [found] = desk.data(query, back=300, ahead=0)["MetricDataResults"]
    return found, found["Values"]


def test_functions_answer_time_series(timed):
    make_function(timed, "source", CODE, allowed=False)
    found, values = asked(timed, "LAMBDA('source', 1)")
    assert (found["StatusCode"], values) == ("Forbidden", [])
    assert found["Messages"][0]["Code"] == "Forbidden"
    timed.client("lambda").add_permission(
        FunctionName="source", StatementId="other", SourceAccount="123456789012", **ALLOWED
    )
    assert asked(timed, "LAMBDA('source', 1)")[0]["StatusCode"] == "Forbidden"
    timed.client("lambda").add_permission(
        FunctionName="source", StatementId="s", SourceAccount=timed.account, **ALLOWED
    )
    found, values = asked(timed, "LAMBDA('source', 7)")
    assert (found["Label"], found["StatusCode"], values) == ("own", "Complete", [7.0] * 5)
    found, values = asked(timed, "SUM(LAMBDA('source', 2.5, 'two\n words', true, -3)) * 2")
    assert values == [5.0] * 5
    assert found["Messages"] == [{"Code": "Hint", "Value": "['two words', True, -3]"}]
    for what, said in (("raise", "on purpose"), ("Unreachable", "said so"), ("nonsense", "same length")):
        found, values = asked(timed, f"LAMBDA('source', '{what}')")
        assert (found["StatusCode"], values) == ("InternalError", [])
        assert said in found["Messages"][0]["Value"]
    found, _ = asked(timed, "LAMBDA('source', 'Forbidden')")
    assert (found["StatusCode"], found["Messages"]) == ("Forbidden", [{"Code": "Forbidden", "Value": "said so"}])
    query = {"Id": "e", "Expression": "LAMBDA('source', 'Validation')", "Period": 60}
    now = timed.now()
    said = refused(
        "ValidationError", timed.watch.get_metric_data, MetricDataQueries=[query], StartTime=now - 60, EndTime=now
    )
    assert "said so" in said
    many = {"Id": "e", "Expression": "[" + ", ".join(f"LAMBDA('none', {n})" for n in range(101)) + "]", "Period": 60}
    said = refused(
        "ValidationError", timed.watch.get_metric_data, MetricDataQueries=[many], StartTime=now - 60, EndTime=now
    )
    assert "not more than 100 times" in said
    # An alarm asks again and again, with nobody putting data.
    timed.alarm(Metrics=[{"Id": "e", "Expression": "LAMBDA('source', 9)", "Period": 60, "ReturnData": True}])
    timed.cloud.clock_advance(60)
    assert timed.state() == "ALARM"
    # A custom widget of a dashboard shows what it answers.
    arn = f"arn:aws:lambda:us-east-1:{timed.account}:function:source"
    widgets = [
        {"type": "custom", "properties": {"endpoint": arn, "title": "<T>", "params": params}}
        for params in ({"html": "<b>bold</b>"}, {"html": {"markdown": "*a* <b>"}}, {"other": 1})
    ]
    timed.watch.put_dashboard(DashboardName="d", DashboardBody=json.dumps({"widgets": widgets}))
    html, markdown, context = (
        requests.get(
            f"{timed.cloud.url}/_cloudarium/dashboards/d/widget/{place}",
            params={"account": timed.account, "range": "1h"}, headers={"accept": "text/html"}, timeout=30,
        ).text
        for place in range(3)
    )  # fmt: skip
    assert "<b>bold</b>" in html
    assert "<em>a</em> &lt;b&gt;" in markdown
    assert "&quot;title&quot;: &quot;&lt;T&gt;&quot;" in context and "&quot;other&quot;: 1" in context
