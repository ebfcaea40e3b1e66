"""X-Ray's filter expressions, with a trace that they are held against; segment documents and trace headers."""

from __future__ import annotations

import json

from tests.fuzz.area import grammar
from tests.fuzz.target import Target

_TRACE = "1-581cf771-a006649127e371903a2de979"
_SEGMENT = {
    "name": "api", "id": "70de5b6f19ff9a0a", "trace_id": _TRACE, "start_time": 1478293361.2, "end_time": 1478293362.2,
    "http": {"request": {"url": "http://a/b", "method": "GET"}, "response": {"status": 500}}, "user": "u",
    "annotations": {"n": 1}, "fault": True,
    "subsegments": [
        {"name": "DynamoDB", "id": "70de5b6f19ff9a0b", "start_time": 1478293361.3, "end_time": 1478293361.4,
         "namespace": "aws", "aws": {"table_name": "t"}, "fault": True,
         "cause": {"exceptions": [{"id": "70de5b6f19ff9a0c", "type": "E", "message": "m"}]}}
    ],
}  # fmt: skip

_PART = {**_SEGMENT, "type": "subsegment", "parent_id": "70de5b6f19ff9a0b"}


def _trace(target: Target) -> None:
    target.do("xray", "PutTraceSegments", TraceSegmentDocuments=[json.dumps(_SEGMENT)])


def _filter(target: Target, text: str) -> None:
    frame = {"StartTime": 1478293000, "EndTime": 1478294000}
    target.ask("xray", "GetTraceSummaries", **frame, FilterExpression=text)
    target.ask("xray", "GetTimeSeriesServiceStatistics", **frame, EntitySelectorExpression=text)


grammar(
    "xray-filter",
    (
        'fault AND responsetime > 0.5 OR !service("api")', 'annotation.n >= 1 annotation[k] = "v"',
        'edge("api", id(name: "t", type: "AWS::DynamoDB::Table")) { error = false }', "ok !partial duration <3",
        'rootcause.fault.exception { last and message CONTAINS "m" }', "service() { root and http.status != 200 }",
        'rootcause.json = #[{"Services": [{"Name": "api"}]}]', 'group.name = "Default" AND user BEGINSWITH ""',
    ),
    _filter,
    "AND OR NOT ! ( ) { } [ ] = != < <= > >= CONTAINS BEGINSWITH ENDSWITH service edge id annotation. "
    "rootcause.error.entity rootcause.json # #0 #9 name: type: true false 1e999 -1 \" ' \\ , :",
    _trace,
)  # fmt: skip


def _documents(target: Target, text: str) -> None:
    target.ask("xray", "PutTraceSegments", TraceSegmentDocuments=[text])
    target.ask("xray", "BatchGetTraces", TraceIds=[_TRACE])
    target.ask("xray", "GetTraceGraph", TraceIds=[_TRACE])
    target.ask("xray", "GetTraceSummaries", StartTime=1478293000, EndTime=1478294000)


grammar(
    "xray-segments",
    (json.dumps(_SEGMENT), json.dumps([_PART]), "T1SCgA="),
    _documents,
    '{ } [ ] : , "id" "trace_id" "parent_id" "subsegments" "start_time" "end_time" "in_progress" "type" "subsegment" '
    '"annotations" "aws" "http" "cause" "exceptions" "links" null true -1 1e308 "70de5b6f19ff9a0a" T1S T1U',
    _trace,
)  # fmt: skip
