"""What the tests of CloudWatch share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

NOON = 1_798_804_800.0  # 2027-01-01T12:00:00Z


def refused(code: str, call: Any, **given: Any) -> str:
    """The message of the error with this code that a call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


def stat(id: str, name: str = "m", stat: str = "Sum", period: int = 60, **more: Any) -> dict[str, Any]:
    """A query on one metric of the namespace `shop`."""
    metric = {"Namespace": "shop", "MetricName": name, "Dimensions": more.pop("Dimensions", [])}
    unit = {"Unit": more.pop("Unit")} if "Unit" in more else {}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat, **unit}, **more}


class Desk:
    """One account's clients, with a clock that tests may move where the cloud is their own."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        self._clients: dict[str, Any] = {}
        self.watch = self.client("cloudwatch")

    def client(self, service: str) -> Any:
        """A client of the account's root."""
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service, key=self.account, parameter_validation=False)
        return self._clients[service]

    def stop_at(self, moment: float) -> None:
        """Move the clock to this moment, and stop it there."""
        self.cloud.control("clock", {"at": moment})
        self.cloud.control("clock", {"freeze": True})

    def now(self) -> float:
        """The moment that the clock shows."""
        return float(self.cloud.control("clock")["epoch"])

    def put(self, *values: float, name: str = "m", ago: float = 0, **more: Any) -> None:
        """Put values of a metric of the namespace `shop`, so many seconds ago."""
        time = self.now() - ago
        data = [{"MetricName": name, "Value": value, "Timestamp": time, **more} for value in values]
        self.watch.put_metric_data(Namespace="shop", MetricData=data)

    def data(self, *queries: dict[str, Any], back: float = 3600, ahead: float = 60, **more: Any) -> Any:
        """The results of metric data queries over the last hour."""
        now = self.now()
        return self.watch.get_metric_data(
            MetricDataQueries=list(queries), StartTime=now - back, EndTime=now + ahead, **more
        )

    def values(self, *queries: dict[str, Any], **more: Any) -> list[list[float]]:
        """The values of each result, oldest first."""
        found = self.data(*queries, ScanBy="TimestampAscending", **more)["MetricDataResults"]
        return [each["Values"] for each in found]

    def alarm(self, name: str = "a", **given: Any) -> None:
        """Set an alarm on the sum of `m` in a minute being greater than 5."""
        settings = {
            "Namespace": "shop", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
            "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", **given,
        }  # fmt: skip
        if "Metrics" in given or "ExtendedStatistic" in given:
            settings.pop("Statistic")
        if "Metrics" in given:
            for key in ("Namespace", "MetricName", "Period"):
                settings.pop(key)
        self.watch.put_metric_alarm(AlarmName=name, **settings)

    def state(self, name: str = "a") -> str:
        """The state that an alarm is in."""
        return str(self.described(name)["StateValue"])

    def described(self, name: str = "a") -> dict[str, Any]:
        """An alarm as it is described."""
        found = self.watch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        [one] = found["MetricAlarms"] + found["CompositeAlarms"]
        return dict(one)

    def topic(self, name: str = "alerts") -> tuple[str, str]:
        """The ARN of a topic, and the URL of a queue that gets its messages as they are."""
        topic = self.client("sns").create_topic(Name=name)["TopicArn"]
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{self.account}:{name}"
        policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]}
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return topic, url

    def told(self, url: str) -> list[dict[str, Any]]:
        """The messages that reached a queue by its topic."""
        self.cloud.settle()
        found = self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(each["Body"]) for each in found]


@pytest.fixture
def desk(cloud: RunningCloud, account: str) -> Desk:
    """A desk in the cloud that all tests share."""
    return Desk(cloud, account)


@pytest.fixture(scope="module")
def shared_time() -> Iterator[RunningCloud]:
    """A cloud whose clock the tests of a module move on, each from where the last one left it."""
    running = RunningCloud()
    running.control("clock", {"at": NOON})
    running.control("clock", {"freeze": True})
    yield running
    running.stop()


@pytest.fixture
def timed(shared_time: RunningCloud, account: str) -> Desk:
    """A desk of an account of its own in a cloud whose clock stands at a whole minute and may be moved on."""
    desk = Desk(shared_time, account)
    desk.stop_at((desk.now() // 3600 + 1) * 3600)
    return desk
