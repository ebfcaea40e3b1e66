"""Answering metric data queries: metrics, math over them, searches and Metrics Insights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from cloudarium.charts import resources
from cloudarium.services.cloudwatch import series
from cloudarium.services.cloudwatch.metric_math import Frame, MathError, Series, evaluate, parse
from cloudarium.services.cloudwatch.metric_math.outside import NAME as LAMBDA
from cloudarium.services.cloudwatch.metric_math.outside import Asked, all_asked
from cloudarium.services.cloudwatch.metric_math.parser import Name, Node
from cloudarium.services.cloudwatch.metric_math.values import Value
from cloudarium.services.cloudwatch.records import detectors, metrics
from cloudarium.services.cloudwatch.records.metrics import Metric
from cloudarium.services.cloudwatch.rules import bands, data, insights, samples, searching
from cloudarium.services.cloudwatch.rules.samples import Sample
from cloudarium.services.cloudwatch.rules.statistics import UnknownStatistic, statistic
from cloudarium.services.cloudwatch.series import Span
from cloudarium.services.cloudwatch.sources import Answered, Answers, Wanted
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
MOST_FOUND = 500  # series of one search or query
_MOST_METRICS = 10_000  # that one search or query looks through
_INSIGHTS_REACH = 14 * 86_400


class QueryFailed(ValueError):
    """A query that cannot be answered, with its id and a sentence why."""

    def __init__(self, id: str, reason: str) -> None:
        super().__init__(reason)
        self.id = id


class Querying:
    """The queries of one call, each answered once, when it is first asked for. It is the math's source of series.

    `sliding`: periods count back from the end, as alarms see them, instead of on from the rounded start.
    """

    def __init__(
        self, store: Store, scope: Scope, queries: Sequence[Data], span: Span, *, sliding: bool = False
    ) -> None:
        self._store = store
        self._scope = scope
        self._queries = {query["Id"]: query for query in queries}
        self._span = span
        self._sliding = sliding
        self._answers: dict[str, Value] = {}
        self._under_way: list[str] = []
        self.answers: Answers = {}  # of the functions that expressions ask; to be set before they are evaluated
        self.told: dict[str, Answered] = {}  # by query: what a function that it asks had to say beside its series
        self._searches: dict[tuple[str, str, int | None], list[Series]] = {}
        self.units: dict[str, list[str]] = {}  # of queries without a unit that found several
        self.counts: dict[str, dict[int, float]] = {}  # how many samples each point of a metric's series stands for

    # ---- As the math sees it -----------------------------------------------------------------------------------------

    def series(self, id: str) -> Value:
        """The result of the query of this id. Raises MathError, QueryFailed."""
        if id not in self._answers:
            if id not in self._queries:
                raise MathError(f"There is no query with the id '{id}'")
            if id in self._under_way or len(self._under_way) > 100:
                raise MathError(f"The query '{id}' refers to itself")
            self._under_way.append(id)
            self._answers[id] = self._answered(self._queries[id])
            self._under_way.pop()
        if id in self.told:
            self._tell(self.told[id])
        return self._answers[id]

    def metrics(self, part: str) -> list[Series]:
        """The series of all queries on metrics, of those whose id contains `part`."""
        ids = [id for id, query in self._queries.items() if "MetricStat" in query and part in id]
        return [each for id in ids if isinstance(each := self.series(id), Series)]

    def search(self, text: str, stat: str, period: int | None) -> list[Series]:
        """The series of the metrics that a search finds, those with data only."""
        place = (text, stat, period)
        if place not in self._searches:
            self._searches[place] = self._searched(text, stat, period)
        return self._searches[place]

    def _searched(self, text: str, stat: str, period: int | None) -> list[Series]:
        try:
            test = searching.compile_search(text)
            compute = statistic(stat)
        except searching.SearchError as error:
            raise MathError(f"SEARCH: {error}") from error
        except UnknownStatistic as error:
            raise MathError(f"SEARCH: unknown statistic {stat}") from error
        seconds = period or 300
        if not _is_period(seconds):
            raise MathError(f"SEARCH: {seconds} is no period")
        found: list[Series] = []
        for metric in metrics.listed(self._store, self._scope, limit=_MOST_METRICS, since=self._span.start - seconds):
            if test(metric[1:]):
                read = self._read(metric, seconds, None)
                points = {time: value for time, each in read.items() if (value := compute(each)) is not None}
                if points:
                    label = " ".join(value for _, value in metric.dimensions) or metric.name
                    found.append(Series(points, seconds, label, self._facts(metric, stat, seconds)))
            if len(found) >= MOST_FOUND:
                break
        return found

    def wanted(self) -> list[Wanted]:
        """What the expressions ask of functions."""
        found: list[Wanted] = []
        for query in self._queries.values():
            text = query.get("Expression", "")
            if LAMBDA in text and not insights.is_query(text):
                with suppress(MathError):
                    frame = self._frame(query)
                    found += [Wanted(each, frame) for each in all_asked(parse(text))]
        return found

    def outside(self, asked: Asked, frame: Frame) -> list[Series]:
        """What a function has answered. Raises MathError."""
        found = self.answers.get(Wanted(asked, frame))
        if found is None:
            raise MathError(
                "LAMBDA is asked for the times of its own query only, and not more than 100 times in a call"
            )
        if found.invalid:
            raise MathError(found.invalid)
        if found.status != "Complete" or found.messages:
            self._tell(found)
        return [Series(each.points, each.period, each.label or asked.function) for each in found.series]

    def _tell(self, answered: Answered) -> None:
        """Note for all queries that are being answered what a function said."""
        for id in self._under_way:
            self.told.setdefault(id, answered)

    def band(self, node: Node, width: float, frame: Frame) -> list[Series]:
        """The upper and the lower side of a band, from a model of the two weeks before."""
        before = Querying(
            self._store, self._scope, list(self._queries.values()),
            self._span._replace(start=max(frame.start - bands.REACH, 0), end=frame.start), sliding=self._sliding,
        )  # fmt: skip
        history = evaluate(node, before, Frame(max(frame.start - bands.REACH, 0), frame.start, frame.period))
        present = evaluate(node, self, frame)
        if not isinstance(history, Series) or not isinstance(present, Series):
            raise MathError("ANOMALY_DETECTION_BAND needs one time series")
        zone, excluded = self._training(node)
        model = bands.trained(history.points, zone, excluded)
        points = {} if model is None else {time: model.sides(time, width) for time in frame.times()}
        sides = [{time: sides[place] for time, sides in points.items()} for place in (1, 0)]
        name = present.label or (node.name if isinstance(node, Name) else "")
        return [
            Series(side, frame.period, f"{name} ({word})") for side, word in zip(sides, ("High", "Low"), strict=True)
        ]

    def _training(self, node: Node) -> tuple[tzinfo, list[tuple[float, float]]]:
        """The time zone, and the times that do not count, which a metric's anomaly detector asks for."""
        query = self._queries.get(node.name, {}) if isinstance(node, Name) else {}
        stat = query.get("MetricStat")
        found = None
        if stat is not None:
            metric = stat["Metric"]
            key = (metric["Namespace"], metric["MetricName"], data.dimensions(metric.get("Dimensions")))
            found = detectors.of_metric(self._store, self._scope, key, stat["Stat"])
        return detectors.training(found)

    # ---- Each kind of query ------------------------------------------------------------------------------------------

    def result(self, id: str) -> list[Series]:
        """The series that a query answers. Raises QueryFailed."""
        try:
            found = self.series(id)
        except MathError as error:
            raise QueryFailed(id, str(error)) from error
        if isinstance(found, Series):
            return [found]
        if isinstance(found, list):
            return found
        raise QueryFailed(id, "The expression must return a time series or an array of time series")

    def _answered(self, query: Data) -> Value:
        if "MetricStat" in query:
            return self._of_metric(query["Id"], query["MetricStat"])
        expression = query["Expression"]
        if insights.is_query(expression):
            return self._insights(query)
        try:
            found = evaluate(parse(expression), self, self._frame(query))
        except MathError as error:
            raise QueryFailed(query["Id"], str(error)) from error
        if isinstance(found, Series):
            return Series(found.points, found.period, query["Id"], found.facts)
        return found

    def _frame(self, query: Data) -> Frame:
        period = query.get("Period") or self._shortest_period()
        return Frame(self._start(period), self._span.end, period)

    def _shortest_period(self) -> int:
        periods = [query["MetricStat"]["Period"] for query in self._queries.values() if "MetricStat" in query]
        return min(periods, default=60)

    def _of_metric(self, id: str, stat: Data) -> Series:
        given, period = stat["Metric"], stat["Period"]
        own = data.dimensions(given.get("Dimensions"))
        key = (given.get("Namespace", ""), given.get("MetricName", ""), own)
        read = series.read(self._store, self._scope, key, self._span_of(period), period, stat.get("Unit"))
        if len(read.units) > 1:
            self.units[id] = read.units
        compute = statistic(stat["Stat"])
        points = {time: value for time, each in read.periods.items() if (value := compute(each)) is not None}
        self.counts[id] = {time: each.size for time, each in read.periods.items()}
        return Series(points, period, key[1], self._facts(Metric(0, *key), stat["Stat"], period))

    def _insights(self, query: Data) -> list[Series]:
        try:
            asked = insights.parse_query(query["Expression"])
        except insights.QueryError as error:
            raise QueryFailed(query["Id"], str(error)) from error
        period = query.get("Period") or 300
        groups: dict[tuple[str, ...], dict[int, list[Sample]]] = {}
        found = metrics.listed(
            self._store, self._scope, namespace=asked.namespace, name=asked.metric, limit=_MOST_METRICS
        )
        for metric in found:
            if (group := _group(asked, metric, self._labels(asked, metric))) is None:
                continue
            for time, each in self._read(metric, period, None).items():
                groups.setdefault(group, {}).setdefault(time, []).append(each)
        return self._ranked(asked, groups, period)

    def _labels(self, asked: insights.Query, metric: Metric) -> dict[str, str]:
        """What a query may ask of a metric: its dimensions, the account, and the tags of its resource."""
        own = {**dict(metric.dimensions), insights.ACCOUNT: self._scope.account}
        if asked.tagged and (arn := resources.arn_of(self._scope, metric.namespace, own)):
            own |= {insights.TAG + key: value for key, value in self._store.tags.of(arn).items()}
        return own

    def _ranked(
        self, asked: insights.Query, groups: dict[tuple[str, ...], dict[int, list[Sample]]], period: int
    ) -> list[Series]:
        compute = statistic(insights.STATS[asked.function])
        answers = []
        for group, periods in groups.items():
            merged = {time: samples.merged(each) for time, each in sorted(periods.items())}
            points = {time: value for time, each in merged.items() if (value := compute(each)) is not None}
            answers.append((samples.merged(merged.values()), Series(points, period, " ".join(group) or asked.metric)))
        if asked.order:
            rank = statistic(insights.STATS[asked.order])
            answers.sort(key=lambda each: rank(each[0]) or 0.0, reverse=asked.descending)
        return [each for _, each in answers[: asked.limit]]

    # ---- Reading -----------------------------------------------------------------------------------------------------

    def _read(self, metric: Metric, period: int, unit: str | None) -> dict[int, Sample]:
        return series.read(self._store, self._scope, metric[1:], self._span_of(period), period, unit).periods

    def _start(self, period: int) -> int:
        if self._sliding:
            back = math.ceil((self._span.end - self._span.start) / period)
            return int(self._span.end - back * period)
        return series.rounded_start(self._span.start, period, self._span.now)

    def _span_of(self, period: int) -> Span:
        return self._span._replace(start=self._start(period))

    def _facts(self, metric: Metric, stat: str, period: int) -> dict[str, str]:
        return {
            "Namespace": metric.namespace, "MetricName": metric.name, "Stat": stat, "Period": str(period),
            "Region": self._scope.region, "AccountId": self._scope.account, "AccountLabel": self._scope.account,
            **{f"Dim.{name}": value for name, value in metric.dimensions},
        }  # fmt: skip


def _is_period(seconds: int) -> bool:
    return seconds in (1, 5, 10, 20, 30) or (seconds > 0 and seconds % 60 == 0)


def _group(asked: insights.Query, metric: Metric, own: dict[str, str]) -> tuple[str, ...] | None:
    """The group of a query that a metric with these labels belongs to, None when the query is not about it."""
    if asked.keys is not None and tuple(sorted(name for name, _ in metric.dimensions)) != asked.keys:
        return None
    if asked.where is not None and not asked.where(own):
        return None
    if any(name not in own for name in asked.groups):
        return None
    return tuple(own[name] for name in asked.groups)
