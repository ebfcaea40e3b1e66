"""The console's pages: what they show of an account, what they refuse, and that nobody else's text becomes markup."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from cloudarium.console import LABELS
from cloudarium.console.pages import PAGES
from tests.conftest import RunningCloud

EVIL = '<script>alert("1")</script>'


class Reader:
    """Someone who looks at the pages of one account."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account

    def get(self, path: str, headers: dict[str, str] | None = None, **asked: Any) -> requests.Response:
        asked.setdefault("account", self.account)
        headers = {"accept": "text/html", **(headers or {})}
        return requests.get(f"{self.cloud.url}/_cloudarium/{path}", params=asked, headers=headers, timeout=30)

    def text(self, path: str, **asked: Any) -> str:
        answer = self.get(path, **asked)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def reader(cloud: RunningCloud, account: str) -> Reader:
    return Reader(cloud, account)


def test_the_gateway_knows_every_page() -> None:
    assert {*PAGES, "static"} - {""} == LABELS


def test_browsers_see_the_overview_where_programs_get_json(reader: Reader) -> None:
    assert "What is going on" in reader.text("")
    assert "What is going on" in requests.get(reader.cloud.url, headers={"accept": "text/html"}, timeout=30).text
    assert requests.get(reader.cloud.url, timeout=30).json()["services"]
    assert reader.get("", headers={"accept": "*/*"}).json()["services"]


def test_the_overview_tells_what_failed_and_what_came_from_outside(reader: Reader, client: Callable[..., Any]) -> None:
    events, queue = client("events"), client("sqs").create_queue(QueueName="q")["QueueUrl"]
    events.put_rule(Name="r", EventPattern='{"source": ["s"]}')
    arn = f"arn:aws:sqs:us-east-1:{reader.account}:q"  # whose policy lets nobody in: the bus is denied
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    client("sqs").get_queue_attributes(QueueUrl=queue)
    events.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}])
    reader.cloud.settle()
    failed, outside = reader.text("").split("What failed last")[1].split("The last calls from outside")
    assert "SendMessage" in failed and "PutEvents" not in failed
    assert "SendMessage" not in outside and "PutEvents" in outside and "GetQueueAttributes" in outside


def test_a_denied_call_is_explained(reader: Reader, iam_user: Callable[..., Callable[..., Any]]) -> None:
    denied = iam_user()("dynamodb")
    with pytest.raises(denied.exceptions.ClientError) as refused:
        denied.list_tables()
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    listed = reader.text("calls", service="dynamodb")
    assert "ListTables" in listed and "AccessDeniedException" in listed and request_id.lower() in listed.lower()
    shown = reader.text(f"calls/{request_id}")
    assert "no identity-based policy allows" in shown and "What would allow it" in shown
    assert "&#34;Action&#34;: &#34;dynamodb:ListTables&#34;" in shown or '"Action": "dynamodb:ListTables"' in shown


def test_calls_of_other_accounts_are_not_among_an_accounts_own(reader: Reader, client: Callable[..., Any]) -> None:
    client("sqs").list_queues()
    assert "ListQueues" in reader.text("calls", service="sqs")
    assert "ListQueues" not in reader.text("calls", service="sqs", account="999988887777")


def test_another_region_is_shown_what_the_page_is_about(reader: Reader, client: Callable[..., Any]) -> None:
    for region in ("us-east-1", "eu-west-1"):
        client("logs", region=region).create_log_group(logGroupName="/same")
    given = {"group": "/same", "pattern": '"<b>"', "range": "1d"}
    shown = reader.text("logs", **given)
    form = shown.partition('<details class="where">')[2].partition("</form>")[0]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    assert {name: html.unescape(value) for name, value in hidden} == given
    assert "› /same" in reader.text("logs", **given, region="eu-west-1")


def test_whoever_looks_at_pages_is_not_recorded(reader: Reader, client: Callable[..., Any]) -> None:
    client("sqs").list_queues()
    for path in ("", "alarms", "logs", "metrics", "dashboards"):
        reader.text(path)
    rows = re.findall(r"<b>(\w+)</b>:(\w+)", reader.text("calls"))
    assert rows == [("sqs", "ListQueues")]


def test_a_part_that_is_shown_anew_is_rows_alone(reader: Reader, client: Callable[..., Any]) -> None:
    client("sqs").list_queues()
    rows = reader.get("calls", headers={"hx-request": "true"}, service="sqs").text
    assert "ListQueues" in rows and "<html" not in rows


def test_alarms_show_state_reason_history_and_metric(reader: Reader, client: Callable[..., Any]) -> None:
    watch = client("cloudwatch")
    dimensions = [{"Name": "Stage", "Value": EVIL}]
    watch.put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 7.5, "Dimensions": dimensions}]
    )
    watch.put_metric_alarm(
        AlarmName="too-many", Namespace="Shop", MetricName="Orders", Dimensions=dimensions, Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=42.0, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    watch.set_alarm_state(AlarmName="too-many", StateValue="ALARM", StateReason=EVIL)
    for path in ("", "alarms", "alarms/too-many"):
        shown = reader.text(path)
        assert "too-many" in shown and 'tag bad">ALARM' in shown
        assert EVIL not in shown and "&lt;script&gt;" in shown
    assert "Alarm updated from INSUFFICIENT_DATA to ALARM" in shown and "--threshold 42 " in shown
    assert "Sum of Orders &gt; 42 for 1 of 1 periods of 1 minute" in shown
    assert "threshold&#34;:42.0" in shown
    assert "There are no alarms" in reader.text("alarms", region="eu-west-1")
    watch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(too-many)")
    assert re.search(r"Is part of.*<b>all</b>", reader.text("alarms/too-many"), re.S)
    shown = reader.text("alarms/all")
    assert re.search(r"Rests on.*<b>too-many</b>", shown, re.S) and "Alarm &#34;all&#34; created" in shown


def test_metrics_are_found_by_namespace_and_drawn(reader: Reader, client: Callable[..., Any]) -> None:
    client("cloudwatch").put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 7.5, "Timestamp": time.time() - 60}]
    )
    assert re.search(r"<b>Shop</b>\s*<span[^>]*>1 metrics", reader.text("metrics"))
    assert "Orders" in reader.text("metrics", namespace="Shop")
    shown = reader.text("metrics", namespace="Shop", m='["Shop","Orders",{}]', stat="Sum", range="1h")
    assert "&#34;series&#34;:[[7.5]]" in shown and '<td class="number">7.5</td>' in shown
    assert 'type="checkbox" name="m"' in shown and "checked" in shown
    shown = reader.text("metrics", q="shop ORD", m='["Shop","Orders",{}]', stat="p95", e="m0 * 4")
    assert "&#34;series&#34;:[[7.5],[30.0]]" in shown and "All of them are chosen" in shown
    assert "aws cloudwatch put-metric-alarm" in shown and "m0 * 4" in shown
    assert "No metric has these words" in reader.text("metrics", q="shop none")
    wrong = reader.get("metrics", m='["Shop","Orders",{}]', stat="Median")
    assert wrong.status_code == 400 and "Median" in wrong.text and "is not supported" in wrong.text
    assert "lambda.datasource.cloudwatch.amazonaws.com is not authorized" in reader.text("metrics", e="LAMBDA('x')")
    assert "Error in expression &#39;e0&#39;" in reader.get("metrics", e="1 +").text


@pytest.mark.parametrize(
    ("path", "asked", "status", "said"),
    [
        ("calls/00000000-0000-0000-0000-000000000000", {}, 404, "The journal has no request"),
        ("calls", {"limit": "0"}, 400, "limit must be 1 to 1000"),
        ("calls", {"account": "1"}, 400, "account is 12 digits"),
        ("alarms/nope", {}, 404, "There is no alarm nope"),
        ("logs", {"group": "/nope"}, 400, "ResourceNotFoundException"),
        ("logs", {"group": "/nope", "range": "9y"}, 400, "range must be among"),
        ("metrics", {"m": "{"}, 400, "m must be"),
        ("metrics", {"range": "9y"}, 400, "range must be among"),
        ("static/../answering.py", {}, 404, "nothing"),
        ("static/%2e%2e%2fanswering.py", {}, 404, "no such file"),
        ("nowhere", {}, 404, "nothing"),
    ],
)
def test_what_cannot_be_shown_is_said(reader: Reader, path: str, asked: dict[str, str], status: int, said: str) -> None:
    answer = reader.get(path, **asked)
    assert answer.status_code == status and said in answer.text


def test_pages_are_guarded(reader: Reader) -> None:
    answer = reader.get("calls")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert reader.get("calls", headers={"host": "evil.example"}).status_code == 403
    posted = requests.post(f"{reader.cloud.url}/_cloudarium/calls", timeout=30)
    assert posted.status_code == 405


def test_every_file_that_a_page_loads_is_there(reader: Reader) -> None:
    loaded = set(
        re.findall(r'(?:src|href)="/_cloudarium/(static/[^"?]+)', reader.text("alarms") + reader.text("metrics"))
    )
    assert len(loaded) >= 6
    for path in loaded:
        assert reader.get(path).status_code == 200
