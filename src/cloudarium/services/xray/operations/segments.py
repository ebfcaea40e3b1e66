"""What programs send: segment documents, and how the daemons that carry them are doing."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.xray import background, resources
from cloudarium.traces import documents, records
from cloudarium.traces.documents import Document, Refused

_UNSEEN = "X-Ray keeps the daemons' reports for itself; no operation shows them."


@operation("PutTraceSegments", on=resources.written)
def put_trace_segments(call: Call) -> dict[str, Any]:
    """Keep segments and subsegments; what is no document is named with the reason, and the rest is kept."""
    taken: list[Document] = []
    refused: list[dict[str, str]] = []
    for text in call.input["TraceSegmentDocuments"]:
        for one in documents.read(text):
            if isinstance(one, Refused):
                named = {"Id": one.id} if one.id else {}
                refused.append({**named, "ErrorCode": one.code, "Message": one.message})
            else:
                taken.append(one)
    keep(call, taken)
    return {"UnprocessedTraceSegments": refused}


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
