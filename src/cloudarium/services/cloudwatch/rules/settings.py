"""How alarms can be set: what PutMetricAlarm and PutCompositeAlarm check beyond the model."""

from __future__ import annotations

import math
from typing import Any

from cloudarium.services.cloudwatch import errors
from cloudarium.services.cloudwatch.rules import statistics
from cloudarium.services.cloudwatch.rules.composites import RuleError, parse_rule
from cloudarium.services.cloudwatch.rules.evaluation import COMPARISONS
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_OF_ONE_METRIC = (
    "MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic",
)  # fmt: skip
_DAY = 86_400


def metric_alarm(given: Data) -> None:
    """Raise Invalid, InvalidCombination or NotBuilt for settings of a metric alarm that cannot be."""
    if not given.get("ComparisonOperator"):
        raise errors.Invalid("ComparisonOperator is required.")
    _threshold(given)
    if "EvaluationPeriods" not in given:
        raise errors.Invalid("EvaluationPeriods is required.")
    if given.get("TreatMissingData", "missing") not in TREATMENTS:
        raise errors.Invalid(
            f"The value {given['TreatMissingData']} is not supported for TreatMissingData parameter. Supported values"
            " are [breaching, notBreaching, ignore, missing]."
        )
    if given.get("EvaluateLowSampleCountPercentile", "evaluate") not in ("evaluate", "ignore"):
        raise errors.Invalid(
            f"Option {given['EvaluateLowSampleCountPercentile']} is not supported. Supported options for parameter"
            " EvaluateLowSampleCountPercentile are evaluate and ignore."
        )
    if given.get("DatapointsToAlarm", 1) > given["EvaluationPeriods"]:
        raise errors.Invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if "Metrics" in given:
        _of_queries(given)
    else:
        _of_one_metric(given)


def _threshold(given: Data) -> None:
    """A number for some comparisons, the band of a query for the others."""
    if given["ComparisonOperator"] in COMPARISONS:
        if "ThresholdMetricId" in given:
            raise errors.Invalid(
                "ThresholdMetricId can only be used with the comparison operators of anomaly detection."
            )
        if "Threshold" not in given:
            raise errors.Invalid("Threshold is required.")
        if not math.isfinite(given["Threshold"]):
            raise errors.Invalid("Threshold must be a finite number.")
        return
    if "Threshold" in given:
        raise errors.InvalidCombination.both("Threshold", "ThresholdMetricId")
    wanted = given.get("ThresholdMetricId")
    band = next((query for query in given.get("Metrics") or () if query["Id"] == wanted), None)
    if band is None or not band.get("Expression", "").strip().startswith("ANOMALY_DETECTION_BAND("):
        raise errors.Invalid("ThresholdMetricId must be the id of an ANOMALY_DETECTION_BAND function in Metrics.")


def _of_one_metric(given: Data) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if not given.get(name):
            raise errors.Invalid(f"{name} is required, or Metrics in its place.")
    plain, extended = given.get("Statistic"), given.get("ExtendedStatistic")
    if (plain is None) == (extended is None):
        raise errors.Invalid("Exactly one of Statistic and ExtendedStatistic must be specified.")
    if extended is not None:
        try:
            statistics.extended(extended)
        except statistics.UnknownStatistic:
            raise errors.InvalidValue(
                f"The value {extended} for parameter ExtendedStatistic is not supported."
            ) from None
    _lasting(given["Period"], given["EvaluationPeriods"])


def _of_queries(given: Data) -> None:
    for name in _OF_ONE_METRIC:
        if given.get(name):
            raise errors.InvalidCombination.both("Metrics", name)
    band = given.get("ThresholdMetricId")
    returned = [q for q in given["Metrics"] if q.get("ReturnData") is not False and q["Id"] != band]
    if len(returned) != 1:
        raise errors.Invalid("Exactly one element of the metrics list should return data.")
    periods = {query.get("MetricStat", query).get("Period") for query in given["Metrics"]} - {None}
    if len(periods) > 1:
        raise errors.Invalid("Period must be consistent across all metrics.")
    for query in given["Metrics"]:
        if "SEARCH(" in query.get("Expression", "").replace(" ", "").upper():
            raise errors.Invalid("SEARCH is not supported on Metric Alarms.")
    _lasting(max(periods, default=60), given["EvaluationPeriods"])


def _lasting(period: int, count: int) -> None:
    if period not in (10, 20, 30) and period % 60:
        raise errors.Invalid("Period must be 10, 20, 30 or a multiple of 60.")
    if period < 3600 and period * count > _DAY:
        raise errors.Invalid(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
        )
    if period * count > 7 * _DAY:
        raise errors.Invalid(
            "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)."
        )


def rule(text: str) -> tuple[str, ...]:
    """The names of the alarms that the rule of a composite alarm speaks of. Raises Invalid."""
    try:
        return parse_rule(text).children
    except RuleError as error:
        raise errors.Invalid(f"Invalid AlarmRule: {error}.") from None


_BUILT = {"sns": "topic", "lambda": "function"}


def actions(given: Data, kinds: tuple[str, ...], own: str) -> None:
    """Raise Invalid for actions that are none, NotBuilt for those of services that are not there."""
    for kind in kinds:
        for text in given.get(kind) or ():
            place = arns.parse(text)
            if place is None:
                raise errors.Invalid(f"Invalid arn syntax: {text}")
            if place.service not in _BUILT:
                raise NotBuilt(f"cloudwatch alarm actions of {place.service or place.resource.partition(':')[0]}")
            if place.region != own:
                raise errors.Invalid(f"Invalid region {place.region} specified. Only {own} is supported.")
