"""What programs send: segment documents, and how the daemons that carry them are doing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import background, resources
from cloudarium.traces import documents, protobuf, records, spans
from cloudarium.traces.documents import Document, Refused

_UNSEEN = "X-Ray keeps the daemons' reports for itself; no operation shows them."


@operation("PutTraceSegments", on=resources.written)
def put_trace_segments(call: Call) -> dict[str, Any]:
    """Keep segments and subsegments; what is no document is named with the reason, and the rest is kept."""
    taken: list[Document] = []
    refused: list[dict[str, str]] = []
    for text in call.input["TraceSegmentDocuments"]:
        for one in _read(text):
            if isinstance(one, Refused):
                named = {"Id": one.id} if one.id else {}
                refused.append({**named, "ErrorCode": one.code, "Message": one.message})
            else:
                taken.append(one)
    keep(call, taken)
    return {"UnprocessedTraceSegments": refused}


def _read(text: str) -> Iterator[Document | Refused]:
    """The documents in a text; what AWS's distribution of OpenTelemetry sends to a daemon are spans in Base64.

    Source: OTLPUdpSpanExporter in https://github.com/aws-observability/aws-otel-python-instrumentation; spans that were
    not sampled (T1U) count for metrics alone.
    """
    if not text.startswith(("T1S", "T1U")):
        yield from documents.read(text)
        return
    try:
        found = protobuf.request(base64.b64decode(text[3:], validate=True))
    except (ValueError, protobuf.Malformed):
        yield Refused("", "ParseError", "Invalid segment. ErrorCode: ParseError")
        return
    if text.startswith("T1S"):
        for one in spans.segments(found):
            yield from documents.read(orjson.dumps(one).decode())


def keep(call: Call, taken: list[Document]) -> None:
    """Keep documents, and see to it that they go after thirty days. Part of the present transaction."""
    if not taken:
        return
    first = records.oldest(call.store, call.scope) is None
    records.put(call.store, call.scope, taken, call.now)
    records.trim(call.store)
    if first:
        call.later("ExpireTraces", {}, due=background.expires(call.now), key="traces")


@operation(
    "PutTelemetryRecords",
    ignores={
        "TelemetryRecords": _UNSEEN,
        "EC2InstanceId": _UNSEEN,
        "Hostname": _UNSEEN,
        "ResourceARN": _UNSEEN,
    },
)
def put_telemetry_records(call: Call) -> dict[str, Any]:
    """Take a daemon's report of how many segments it sent."""
    return {}
