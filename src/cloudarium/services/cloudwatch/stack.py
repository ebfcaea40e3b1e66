"""CloudFormation's resource types of CloudWatch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cloudarium.shared.stacks import Resource, ResourceType, resource_type

Data = dict[str, Any]
_NUMBERS = (
    "Period", "EvaluationPeriods", "DatapointsToAlarm", "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)  # fmt: skip
_METRIC = (
    "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName",
    "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods",
    "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile",
    "Metrics", "ThresholdMetricId",
)  # fmt: skip
_COMPOSITE = (
    "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "AlarmRule",
    "ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod",
)  # fmt: skip


def _typed(name: str, value: Any) -> Any:
    """A property as the API has it: a template may write numbers and truths as strings."""
    if name in _NUMBERS:
        return int(value)
    if name == "Threshold":
        return float(value)
    if name in ("ActionsEnabled", "ReturnData"):
        return value in (True, "true", "True")
    if name == "Metrics":
        return [_query(query) for query in value]
    return value


def _query(query: Data) -> Data:
    found = {name: _typed(name, value) for name, value in query.items()}
    if "MetricStat" in query:
        found["MetricStat"] = {name: _typed(name, value) for name, value in query["MetricStat"].items()}
    return found


def _given(r: Resource, names: tuple[str, ...]) -> Data:
    return {name: _typed(name, r.properties[name]) for name in names if r.properties.get(name) is not None}


class _Alarm(ResourceType):
    """What both kinds of alarms share."""

    operation = ""
    settings: tuple[str, ...] = ()

    async def create(self, r: Resource) -> None:
        """Set the alarm."""
        r.id = r.properties.get("AlarmName") or r.name(255)
        tags = {"Tags": r.tag_list} if r.tags else {}
        await r.send("cloudwatch", self.operation, {"AlarmName": r.id, **_given(r, self.settings), **tags})
        r.arn = f"arn:aws:cloudwatch:{r.scope.region}:{r.scope.account}:alarm:{r.id}"
        r.attributes = {"Arn": r.arn}

    async def update(self, r: Resource) -> None:
        """Set the alarm anew, and its tags."""
        await r.send("cloudwatch", self.operation, {"AlarmName": r.id, **_given(r, self.settings)})
        arn = r.attributes["Arn"]
        if r.removed_tags:
            await r.send("cloudwatch", "UntagResource", {"ResourceARN": arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("cloudwatch", "TagResource", {"ResourceARN": arn, "Tags": r.tag_list})

    async def delete(self, r: Resource) -> None:
        """Delete the alarm."""
        await r.send("cloudwatch", "DeleteAlarms", {"AlarmNames": [r.id]})


@resource_type("AWS::CloudWatch::Alarm")
class Alarm(_Alarm):
    """A metric alarm; `Ref` is its name."""

    operation, settings = "PutMetricAlarm", _METRIC
    properties = ("AlarmName", *_METRIC, "Tags")
    refuses = ("EvaluationCriteria", "EvaluationInterval", "EvaluationWindow", "WarmUpConfiguration")
    required = ()
    replaces = ("AlarmName",)
    attributes = ("Arn",)
    physical_name = "AlarmName"
    tags = "Tags"


@resource_type("AWS::CloudWatch::CompositeAlarm")
class CompositeAlarm(_Alarm):
    """A composite alarm; `Ref` is its name."""

    operation, settings = "PutCompositeAlarm", _COMPOSITE
    properties = ("AlarmName", *_COMPOSITE, "Tags")
    required = ("AlarmRule",)
    replaces = ("AlarmName",)
    attributes = ("Arn",)
    physical_name = "AlarmName"
    tags = "Tags"


_DETECTED = ("Namespace", "MetricName", "Dimensions", "Stat")


@resource_type("AWS::CloudWatch::AnomalyDetector")
class AnomalyDetector(ResourceType):
    """An anomaly detector; `Ref` and `Id` are its id."""

    properties = (
        *_DETECTED, "Configuration", "MetricCharacteristics", "SingleMetricAnomalyDetector",
        "MetricMathAnomalyDetector",
    )  # fmt: skip
    required = ()
    replaces = (*_DETECTED, "SingleMetricAnomalyDetector", "MetricMathAnomalyDetector")
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Put the detector."""
        made = await r.send("cloudwatch", "PutAnomalyDetector", self._given(r))
        r.id = made["AnomalyDetectorId"]
        r.attributes = {"Id": r.id}

    def _given(self, r: Resource) -> Data:
        given = {name: r.properties[name] for name in self.properties if r.properties.get(name) is not None}
        settings = dict(given.pop("Configuration", {}))
        if "MetricTimeZone" in settings:  # CloudFormation writes it with a capital Z
            settings["MetricTimezone"] = settings.pop("MetricTimeZone")
        if "ExcludedTimeRanges" in settings:
            settings["ExcludedTimeRanges"] = [
                {name: _moment(each[name]) for name in ("StartTime", "EndTime")}
                for each in settings["ExcludedTimeRanges"]
            ]
        if "MetricMathAnomalyDetector" in given:
            queries = given["MetricMathAnomalyDetector"].get("MetricDataQueries", [])
            given["MetricMathAnomalyDetector"] = {"MetricDataQueries": [_query(query) for query in queries]}
        return {**given, **({"Configuration": settings} if settings else {})}

    async def update(self, r: Resource) -> None:
        """Put it anew."""
        await r.send("cloudwatch", "PutAnomalyDetector", self._given(r))

    async def delete(self, r: Resource) -> None:
        """Delete the detector."""
        gone = ("ResourceNotFoundException",)
        await r.send("cloudwatch", "DeleteAnomalyDetector", {"AnomalyDetectorId": r.id}, gone=gone)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@resource_type("AWS::CloudWatch::Dashboard")
class Dashboard(ResourceType):
    """A dashboard; `Ref` is its name."""

    properties = ("DashboardName", "DashboardBody")
    required = ("DashboardBody",)
    replaces = ("DashboardName",)
    physical_name = "DashboardName"

    async def create(self, r: Resource) -> None:
        """Put the dashboard."""
        r.id = r.properties.get("DashboardName") or r.name(255)
        await self.update(r)

    async def update(self, r: Resource) -> None:
        """Put its body anew."""
        body = r.properties["DashboardBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        await r.send("cloudwatch", "PutDashboard", {"DashboardName": r.id, "DashboardBody": text})

    async def delete(self, r: Resource) -> None:
        """Delete the dashboard."""
        gone = ("DashboardNotFoundError",)
        await r.send("cloudwatch", "DeleteDashboards", {"DashboardNames": [r.id]}, gone=gone)
