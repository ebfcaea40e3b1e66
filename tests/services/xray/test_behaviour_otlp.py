"""Spans by OpenTelemetry's own exporter, and what is no export request."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanKind, StatusCode

from tests.services.xray.segments import documents, id_of


class Signed(requests.auth.AuthBase):
    """Signs as AWS's distribution of OpenTelemetry does."""

    def __init__(self, key: str, secret: str = "test", region: str = "us-east-1") -> None:
        self.key, self.secret, self.region = key, secret, region

    def __call__(self, request: Any) -> Any:
        made = AWSRequest(
            request.method, request.url, data=request.body, headers={"Content-Type": request.headers["Content-Type"]}
        )
        SigV4Auth(Credentials(self.key, self.secret), "xray", self.region).add_auth(made)
        request.headers.update(dict(made.headers))
        return request


@pytest.fixture
def tracer(cloud, account):
    session = requests.Session()
    session.auth = Signed(account)
    exporter = OTLPSpanExporter(f"{cloud.url}/v1/traces", session=session)
    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "cloud.platform": "aws_ec2"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("test")
    provider.shutdown()


def test_spans_of_the_exporter(tracer, client):
    about = {
        "http.request.method": "GET", "url.full": "http://shop/x", "http.response.status_code": 503,
        "user.id": "alice", "order": 7, "fast": True, "share": 0.5, "tags": ["a", "b"],
        "aws.xray.annotations": ["order", "fast"],
    }  # fmt: skip
    with tracer.start_as_current_span("GET /x", kind=SpanKind.SERVER, attributes=about) as top:
        with tracer.start_as_current_span("work") as work:
            query = {"rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": "GetItem", "aws.request_id": "R",
                     "aws.dynamodb.table_names": ["items"]}  # fmt: skip
            with tracer.start_as_current_span("DynamoDB.GetItem", kind=SpanKind.CLIENT, attributes=query) as call:
                call.record_exception(ValueError("no such item"))
                call.set_status(StatusCode.ERROR)
            work.set_attribute("n", -3)
        other = tracer.start_span("listens", kind=SpanKind.CONSUMER, links=[Link(top.get_span_context())])
        other.end()
    text = f"{top.get_span_context().trace_id:032x}"
    trace = f"1-{text[:8]}-{text[8:]}"
    xray = client("xray")
    found = {one["name"] + ("/inferred" if one.get("inferred") else ""): one for one in documents(xray, trace)}
    shop = next(one for one in documents(xray, trace) if one["id"] == f"{top.get_span_context().span_id:016x}")
    assert shop["name"] == "shop" and shop["origin"] == "AWS::EC2::Instance" and shop["user"] == "alice"
    assert shop["http"] == {"request": {"method": "GET", "url": "http://shop/x"}, "response": {"status": 503}}
    assert shop["fault"] is True and shop["annotations"] == {"order": 7, "fast": True}
    assert shop["metadata"]["default"]["tags"] == ["a", "b"] and shop["metadata"]["default"]["share"] == 0.5
    [part] = shop["subsegments"]
    assert part["name"] == "work" and part["metadata"]["default"]["n"] == -3
    [call] = part["subsegments"]
    assert call["namespace"] == "aws" and call["aws"] == {
        "operation": "GetItem",
        "request_id": "R",
        "table_name": "items",
    }
    assert call["fault"] is True and call["cause"]["exceptions"][0]["message"] == "no such item"
    assert found["DynamoDB/inferred"]["origin"] == "AWS::DynamoDB::Table"
    [listens] = [one for one in documents(xray, trace) if one.get("links")]
    assert listens["parent_id"] == shop["id"] and listens["links"][0]["trace_id"] == trace


def span(**more):
    return {"traceId": id_of(32), "spanId": id_of(), "name": "s", "kind": 2, "startTimeUnixNano": "1800000000000000000",
            "endTimeUnixNano": "1800000001500000000", **more}  # fmt: skip


def export(*spans, resource=None):
    return {
        "resourceSpans": [{"resource": resource or {}, "scopeSpans": [{"scope": {"name": "t"}, "spans": list(spans)}]}]
    }


class Endpoint:
    def __init__(self, cloud, account):
        self.cloud, self.account = cloud, account

    def post(self, body, kind="application/json", key=None, secret="test", **headers):
        url = f"{self.cloud.url}/v1/traces"
        made = AWSRequest("POST", url, data=body, headers={"Content-Type": kind, **headers})
        SigV4Auth(Credentials(key or self.account, secret), "xray", "us-east-1").add_auth(made)
        answer = requests.post(url, data=body, headers=dict(made.headers), timeout=10)
        return answer

    def json(self, value, **more):
        return self.post(json.dumps(value).encode(), **more)


@pytest.fixture
def endpoint(cloud, account):
    return Endpoint(cloud, account)


def test_json_and_gzip(endpoint, client):
    one, two = span(), span(name="two")
    body = gzip.compress(json.dumps(export(one, two)).encode())
    answer = endpoint.post(body, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 200 and answer.json() == {}
    trace = f"1-{two['traceId'][:8]}-{two['traceId'][8:]}"
    [found] = documents(client("xray"), trace)
    assert (found["name"], found["start_time"], found["end_time"]) == ("two", 1800000000.0, 1800000001.5)


def test_spans_in_a_datagram_of_adot(client, account):
    """As a function's daemon gets them: the text of a datagram, which is put as it is."""
    kept = []

    class Kept(SpanExporter):
        def export(self, spans):
            kept.extend(spans)
            return SpanExportResult.SUCCESS

    provider = TracerProvider(resource=Resource.create({"service.name": "fn", "cloud.platform": "aws_lambda"}))
    provider.add_span_processor(SimpleSpanProcessor(Kept()))
    with provider.get_tracer("t").start_as_current_span("handler", kind=SpanKind.SERVER):
        pass
    packed = base64.b64encode(encode_spans(kept).SerializeToString()).decode()
    xray = client("xray")
    texts = [f"T1S{packed}", "T1S?", "T1S" + base64.b64encode(b"\xff").decode()]
    unprocessed = xray.put_trace_segments(TraceSegmentDocuments=texts)["UnprocessedTraceSegments"]
    assert [one["ErrorCode"] for one in unprocessed] == ["ParseError", "ParseError"]
    text = f"{kept[0].get_span_context().trace_id:032x}"
    trace = f"1-{text[:8]}-{text[8:]}"
    [found] = documents(xray, trace)
    assert (found["name"], found["origin"]) == ("fn", "AWS::Lambda::Function")
    assert xray.put_trace_segments(TraceSegmentDocuments=[f"T1U{packed}"])["UnprocessedTraceSegments"] == []
    [summary] = xray.get_trace_summaries(StartTime=found["start_time"] - 1, EndTime=found["end_time"] + 1)[
        "TraceSummaries"
    ]
    assert summary["Revision"] == 1  # what was not sampled is not kept


def test_spans_that_are_none_are_counted(endpoint):
    answer = endpoint.json(export(span(traceId="x"), span(spanId=""), span()))
    partial = answer.json()["partialSuccess"]
    assert partial["rejectedSpans"] == 2 and "InvalidTraceId" in partial["errorMessage"]
    huge = span(attributes=[{"key": "n", "value": {"intValue": "9" * 30}}])
    assert endpoint.json(export(huge)).json() == {}
    odd = {"resourceSpans": [1, {"scopeSpans": "x"}, {"resource": 3, "scopeSpans": [{"spans": [{"attributes": 1}]}]}]}
    assert endpoint.json(odd).json()["partialSuccess"]["rejectedSpans"] == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"\x0a\xff", "application/x-protobuf"),
        (b"\x0a\x05\x0b", "application/x-protobuf"),
        (b"\xff" * 20, "application/x-protobuf"),
        (b"\x08\x01", "application/x-protobuf"),
        (b"\x0a\x02\x10\x01", "application/x-protobuf"),
        (b"{}", "text/plain"),
    ],
)
def test_what_is_no_export_request(endpoint, body, kind):
    answer = endpoint.post(body, kind)
    assert answer.status_code == 400 and "InvalidRequestException" in answer.headers["x-amzn-errortype"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-protobuf"])
def test_unsigned_spans_are_told_where_they_are_taken(cloud, kind):
    """They are no request of S3, whose requests alone may be unsigned."""
    answer = requests.post(f"{cloud.url}/v1/traces", b"{}", headers={"content-type": kind}, timeout=10)
    assert answer.status_code == 403 and "signed for xray" in answer.text
    assert answer.headers["x-amzn-errortype"].startswith("MissingAuthenticationToken")
    form = {"content-type": "multipart/form-data; boundary=x"}
    assert "xml" in requests.post(f"{cloud.url}/v1/traces", b"{}", headers=form, timeout=10).headers["content-type"]


def test_who_may(endpoint, client, cloud, iam_user):
    body = json.dumps(export(span())).encode()
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=10)
    headers = {"host": "xray.us-east-1.amazonaws.com", "content-type": "application/json"}
    connection.request("POST", "/v1/traces", body, headers)
    assert connection.getresponse().status == 403
    connection.close()
    assert endpoint.post(body, secret="wrong").status_code == 403
    iam = client("iam")
    iam.create_user(UserName="nobody")
    pair = iam.create_access_key(UserName="nobody")["AccessKey"]
    answer = endpoint.post(body, key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    assert answer.status_code == 403 and "xray:PutTraceSegments" in answer.text
    assert endpoint.post(gzip.compress(b" " * 6_000_000), **{"Content-Encoding": "gzip"}).status_code == 400
