"""OpenTelemetry's spans as segments, as X-Ray takes them in.

Source: the names that https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/awsxrayexporter
documents, of OpenTelemetry's semantic conventions old and new.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

Data = dict[str, Any]
_INDEXED = "aws.xray.annotations"
_ENTERING = (2, 5, "SPAN_KIND_SERVER", "SPAN_KIND_CONSUMER")
_LEAVING = (3, 4, "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER")
_FAILED = (2, "STATUS_CODE_ERROR")
_NOT_IN_NAMES = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
_ORIGINS = {
    "aws_lambda": "AWS::Lambda::Function", "aws_ec2": "AWS::EC2::Instance", "aws_ecs": "AWS::ECS::Container",
    "aws_eks": "AWS::EKS::Container", "aws_elastic_beanstalk": "AWS::ElasticBeanstalk::Environment",
}  # fmt: skip
_REQUEST = {
    "method": ("http.request.method", "http.method"),
    "url": ("url.full", "http.url"),
    "user_agent": ("user_agent.original", "http.user_agent"),
    "client_ip": ("client.address", "http.client_ip"),
}
_AWS = {
    "operation": ("aws.operation", "rpc.method"),
    "region": ("aws.region", "cloud.region"),
    "request_id": ("aws.request_id", "aws.requestId"),
    "table_name": ("aws.table_name", "aws.dynamodb.table_names"),
    "queue_url": ("aws.queue_url", "aws.sqs.queue.url"),
    "bucket_name": ("aws.s3.bucket",),
}


def segments(request: Mapping[str, Any]) -> Iterator[Data]:
    """A segment document for each span of an export request; what is no span gives a document that X-Ray refuses."""
    for resource in _lists(request, "resourceSpans"):
        about = resource.get("resource")
        common = attributes(about if isinstance(about, dict) else {})
        for scope in _lists(resource, "scopeSpans"):
            for span in _lists(scope, "spans"):
                yield _segment(span, common)


def attributes(of: Mapping[str, Any]) -> Data:
    """Attributes by their keys, as plain values."""
    return {str(one.get("key")): _plain(one.get("value"), 0) for one in _lists(of, "attributes")}


def _lists(of: Mapping[str, Any], name: str) -> list[Data]:
    found = of.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _plain(value: Any, depth: int) -> Any:
    if not isinstance(value, dict) or depth > 20:
        return None
    for kind, inner in value.items():
        if kind == "intValue":
            return _whole(inner)
        if kind == "doubleValue":
            return inner if isinstance(inner, (int, float)) and math.isfinite(inner) else str(inner)
        if kind == "arrayValue":
            return [_plain(one, depth + 1) for one in _lists(inner if isinstance(inner, dict) else {}, "values")]
        if kind == "kvlistValue":
            pairs = _lists(inner if isinstance(inner, dict) else {}, "values")
            return {str(one.get("key")): _plain(one.get("value"), depth + 1) for one in pairs}
        if kind in ("stringValue", "boolValue", "bytesValue"):
            return inner
    return None


def _whole(value: Any) -> int:
    """A number that JSON may have as text; 0 for what is none of 64 bits."""
    try:
        number = int(str(value)[:24])
    except ValueError:
        return 0
    return number if -(1 << 63) <= number < 1 << 64 else 0


# ---- one span --------------------------------------------------------------------------------------------------------


def _segment(span: Data, common: Data) -> Data:
    own = attributes(span)
    trace, parent = str(span.get("traceId", "")), str(span.get("parentSpanId") or "")
    kind = span.get("kind")
    whole = not parent or kind in _ENTERING
    data: Data = {
        "id": str(span.get("spanId", "")).lower(),
        "trace_id": f"1-{trace[:8]}-{trace[8:]}".lower(),
        "name": _NOT_IN_NAMES.sub("", _name(span, own, common, whole))[:200] or "span",
        "start_time": _whole(span.get("startTimeUnixNano")) / 1e9,
        "end_time": _whole(span.get("endTimeUnixNano")) / 1e9,
    }
    if parent:
        data["parent_id"] = parent.lower()
    if not whole:
        data["type"] = "subsegment"
    elif common.get("cloud.platform") in _ORIGINS:
        data["origin"] = _ORIGINS[common["cloud.platform"]]
    if kind in _LEAVING:
        data["namespace"] = "aws" if _is_aws(own) else "remote"
    data |= _outcome(span, own)
    data |= _about(own, common, whole)
    return data | _links(span)


def _name(span: Data, own: Data, common: Data, whole: bool) -> str:
    if whole:
        named = common.get("service.name")
        return str(named) if named and not str(named).startswith("unknown_service") else str(span.get("name", ""))
    if span.get("kind") in _LEAVING:
        keys = ("peer.service", "aws.service", "rpc.service", "db.name", "db.namespace", "server.address")
        found = next((own[key] for key in (*keys, "http.host", "net.peer.name") if own.get(key)), None)
        if found is not None:
            return str(found)
    return str(span.get("name", ""))


def _is_aws(own: Data) -> bool:
    return own.get("rpc.system") == "aws-api" or "aws.service" in own


def _first(own: Data, keys: tuple[str, ...]) -> Any:
    found = next((own[key] for key in keys if own.get(key) is not None), None)
    return found[0] if isinstance(found, list) and found else found


def _outcome(span: Data, own: Data) -> Data:
    """Whether it failed, and by what."""
    made: Data = {}
    status = _first(own, ("http.response.status_code", "http.status_code"))
    code = _whole(status) if status is not None else 0
    said = span.get("status")
    failed = isinstance(said, dict) and said.get("code") in _FAILED
    if code == 429:
        made |= {"throttle": True, "error": True}
    elif 400 <= code < 500:
        made["error"] = True
    elif failed or code >= 500:
        made["fault"] = True
    exceptions = []
    for event in _lists(span, "events"):
        if event.get("name") == "exception":
            about = attributes(event)
            exceptions.append(
                {
                    "id": f"{_whole(event.get('timeUnixNano')) & (1 << 64) - 1:016x}",
                    "type": str(about.get("exception.type") or ""),
                    "message": str(about.get("exception.message") or ""),
                }
            )
    if not exceptions and failed and isinstance(said, dict) and said.get("message"):
        exceptions = [{"id": str(span.get("spanId", "")).lower(), "type": "", "message": str(said["message"])}]
    if exceptions:
        made["cause"] = {"exceptions": exceptions}
    return made


def _about(own: Data, common: Data, whole: bool) -> Data:
    """What the attributes say: of the request, of AWS, of the user; which of them are indexed."""
    made: Data = {}
    request = {name: str(value) for name, keys in _REQUEST.items() if (value := _first(own, keys)) is not None}
    status = _first(own, ("http.response.status_code", "http.status_code"))
    if request or status is not None:
        made["http"] = {"request": request} if request else {}
        if status is not None:
            made["http"]["response"] = {"status": _whole(status)}
    aws = {name: value for name, keys in _AWS.items() if isinstance(value := _first(own, keys), str)}
    if _is_aws(own) and aws:
        made["aws"] = aws
    user = _first(own, ("user.id", "enduser.id"))
    if whole and user is not None:
        made["user"] = str(user)
    wanted = own.get(_INDEXED)
    names = wanted if isinstance(wanted, list) else []
    indexed = {
        re.sub(r"[^A-Za-z0-9_]", "_", str(name)): own[name]
        for name in names
        if isinstance(name, str) and isinstance(own.get(name), (str, int, float, bool))
    }
    if indexed:
        made["annotations"] = indexed
    shown = {name: value for name, value in own.items() if name != _INDEXED}
    if whole:
        shown |= {f"otel.resource.{name}": value for name, value in common.items()}
    if shown:
        made["metadata"] = {"default": shown}
    return made


def _links(span: Data) -> Data:
    found = []
    for link in _lists(span, "links")[:100]:
        trace = str(link.get("traceId", "")).lower()
        found.append({"trace_id": f"1-{trace[:8]}-{trace[8:]}", "id": str(link.get("spanId", "")).lower()})
    return {"links": found} if found else {}
