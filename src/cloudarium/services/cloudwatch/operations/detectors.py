"""Anomaly detectors: put, describe, delete. What they are for is `ANOMALY_DETECTION_BAND`, in rules/bands.py."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudwatch import errors
from cloudarium.services.cloudwatch.operations.data import check
from cloudarium.services.cloudwatch.querying import QueryFailed, Querying
from cloudarium.services.cloudwatch.records import detectors
from cloudarium.services.cloudwatch.records.detectors import Detector
from cloudarium.services.cloudwatch.rules import bands, data, statistics
from cloudarium.services.cloudwatch.series import Span
from cloudarium.shared import ids, paging
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_SINGLE, _MATH = "SingleMetricAnomalyDetector", "MetricMathAnomalyDetector"
_OLD = ("Namespace", "MetricName", "Dimensions", "Stat")
_MOST = 500
_PAGE = 100
_PERIOD = 60  # of the data that tell whether a model is trained
_TOLD_NOWHERE = {
    "MetricCharacteristics": "The model takes spikes for what they are, values of their hour: nothing is to be told."
}


@operation("PutAnomalyDetector", ignores=_TOLD_NOWHERE)
def put_anomaly_detector(call: Call) -> Data:
    """Keep a model of a metric or an expression, or change what it is trained on."""
    place, shown = _place(call)
    found = detectors.find(call.store, call.scope, place)
    if found is None and len(detectors.listed(call.store, call.scope)) >= _MOST:
        raise errors.TooMany("The maximum number of anomaly detectors has been reached.")
    configuration = _configuration(call.input.get("Configuration") or {})
    shown["Configuration"] = configuration
    if call.input.get("MetricCharacteristics"):
        shown["MetricCharacteristics"] = call.input["MetricCharacteristics"]
    id = found.id if found is not None else ids.uuid()
    made = found.made if found is not None else call.now
    detectors.put(call.store, call.scope, Detector(id, place, made, shown))
    return {"AnomalyDetectorId": id}


def _configuration(given: Data) -> Data:
    for name in ("AdaptationSpeed", "OutlierFilteringStrength"):
        if name in given:
            raise NotBuilt(f"cloudwatch:PutAnomalyDetector Configuration.{name}")
    zone = given.get("MetricTimezone")
    if zone and detectors.zone_of(zone) is None:
        raise errors.InvalidValue.value(zone, "Configuration.MetricTimezone")
    for each in given.get("ExcludedTimeRanges") or ():
        if each["StartTime"] >= each["EndTime"]:
            raise errors.InvalidValue("The parameter StartTime must be less than the parameter EndTime.")
    return {"ExcludedTimeRanges": given.get("ExcludedTimeRanges") or [], **({"MetricTimezone": zone} if zone else {})}


def _place(call: Call) -> tuple[str, Data]:
    """Of what a call's detector is, and how that is shown. Raises what is wrong with it."""
    given = call.input
    old = [name for name in _OLD if given.get(name)]
    kinds = [name for name in (_SINGLE, _MATH) if given.get(name) is not None]
    if len(kinds) + bool(old) > 1:
        first, second = (*kinds, *old)[:2]
        raise errors.InvalidCombination.both(first, second)
    if _MATH in kinds:
        return _of_math(call, given[_MATH])
    single = given[_SINGLE] if kinds else {name: given[name] for name in old}
    for name in ("Namespace", "MetricName", "Stat"):
        if not single.get(name):
            raise errors.Missing(name)
    if single.get("AccountId", call.account) != call.account:
        raise NotBuilt("cloudwatch anomaly detectors of metrics of other accounts (AccountId)")
    try:
        statistics.statistic(single["Stat"])
    except statistics.UnknownStatistic:
        raise errors.InvalidValue.value(single["Stat"], "Stat") from None
    own = data.dimensions(single.get("Dimensions"))
    dimensions = [{"Name": name, "Value": value} for name, value in own]
    shown = {**{name: single[name] for name in ("Namespace", "MetricName", "Stat")}, "Dimensions": dimensions}
    place = detectors.place_of((single["Namespace"], single["MetricName"], own), single["Stat"])
    return place, {**shown, _SINGLE: shown}


def _of_math(call: Call, given: Data) -> tuple[str, Data]:
    queries = given.get("MetricDataQueries") or []
    try:
        check(queries, "MetricDataQueries", call.account)
    except errors.Invalid as error:
        raise errors.InvalidValue(error.message) from None
    if sum(query.get("ReturnData") is not False for query in queries) != 1:
        raise errors.InvalidValue("Exactly one element of MetricDataQueries must return data.")
    return detectors.place_of_math(queries), {_MATH: {"MetricDataQueries": queries}}


@operation("DescribeAnomalyDetectors")
def describe_anomaly_detectors(call: Call) -> Data:
    """The detectors of single metrics, or of other kinds if asked for, and how far their training is."""
    given = call.input
    if given.get("AnomalyDetectorIds") and any(given.get(name) for name in ("Namespace", "MetricName", "Dimensions")):
        raise errors.InvalidCombination.both("AnomalyDetectorIds", "Namespace")
    found = [each for each in detectors.listed(call.store, call.scope) if _asked_for(each, given)]
    first = _first(call)
    limit = given.get("MaxResults", _PAGE)
    page = found[first : first + limit]
    answer: Data = {"AnomalyDetectors": [_shown(call, each) for each in page]}
    if len(found) > first + limit:
        answer["NextToken"] = paging.encode(first + limit)
    return answer


def _asked_for(detector: Detector, given: Data) -> bool:
    if given.get("AnomalyDetectorIds"):
        return detector.id in given["AnomalyDetectorIds"]
    kind = "METRIC_MATH" if _MATH in detector.data else "SINGLE_METRIC"
    if kind not in (given.get("AnomalyDetectorTypes") or ["SINGLE_METRIC"]):
        return False
    if given.get("Dimensions") and data.dimensions(given["Dimensions"]) != data.dimensions(
        detector.data.get("Dimensions")
    ):
        return False
    return all(given.get(name) in (None, detector.data.get(name)) for name in ("Namespace", "MetricName"))


def _first(call: Call) -> int:
    try:
        return paging.number(call.input.get("NextToken"))
    except ValueError:
        raise errors.InvalidToken from None


def _shown(call: Call, detector: Detector) -> Data:
    return {"AnomalyDetectorId": detector.id, **detector.data, "StateValue": _state(call, detector)}


def _state(call: Call, detector: Detector) -> str:
    """How far the training is, which happens whenever a band is asked for."""
    if _MATH in detector.data:
        queries = detector.data[_MATH]["MetricDataQueries"]
    else:
        metric = {name: detector.data[name] for name in ("Namespace", "MetricName", "Dimensions")}
        queries = [{"Id": "m1", "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": detector.data["Stat"]}}]
    id = next(query["Id"] for query in queries if query.get("ReturnData") is not False)
    span = Span(call.now - bands.REACH, call.now, call.now)
    try:
        found = Querying(call.store, call.scope, queries, span).result(id)
    except QueryFailed:
        return "TRAINED_INSUFFICIENT_DATA"
    points = found[0].points if found else {}
    if bands.trained(points, *detectors.training(detector)) is not None:
        return "TRAINED"
    return "PENDING_TRAINING" if call.now < detector.made + bands.REACH else "TRAINED_INSUFFICIENT_DATA"


@operation("DeleteAnomalyDetector")
def delete_anomaly_detector(call: Call) -> Data:
    """Forget a model."""
    id = call.input.get("AnomalyDetectorId")
    if id is not None:
        found = detectors.by_id(call.store, call.scope, id)
    else:
        found = detectors.find(call.store, call.scope, _place(call)[0])
    if found is None:
        raise errors.DetectorMissing
    detectors.remove(call.store, call.scope, found)
    return {}
