"""The X-Ray daemon for programs on this machine: aws-xray-sdk, and what comes by UDP and HTTP without it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.services.xray.segments import segment, trace_id

PROGRAM = """
import sys
import boto3
from aws_xray_sdk.core import patch, xray_recorder

xray_recorder.configure(service="program", sampling=True, context_missing="RUNTIME_ERROR")
patch(["botocore"])
from aws_xray_sdk.core.sampling.connector import ServiceConnector

connector = ServiceConnector()
connector.setup_xray_client("127.0.0.1", int(sys.argv[1]), None)
assert "Default" in {rule.name for rule in connector.fetch_sampling_rules()}
with xray_recorder.in_segment("program", sampling=1) as segment:
    segment.put_annotation("kind", "test")
    with xray_recorder.in_subsegment("work"):
        boto3.client("sqs").list_queues()
print(segment.trace_id)
"""


@pytest.fixture(scope="module")
def daemon(cloud):
    return cloud.control("health")["ports"]["xray-daemon"]


@pytest.fixture(scope="module")
def home(cloud):
    """Clients of the account that the daemon sends in."""
    return cloud.client("xray", key="test")


def eventually(ask):
    """What `ask` finds, once it finds something."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came")


def traces_of(home, trace):
    return home.batch_get_traces(TraceIds=[trace])["Traces"]


def test_a_program_with_the_sdk(cloud, daemon, home):
    environment = {
        **os.environ,
        "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon}",
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(daemon)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    [trace] = eventually(lambda: traces_of(home, done.stdout.strip()))
    program, queues = sorted(
        (json.loads(one["Document"]) for one in trace["Segments"]), key=lambda one: one["start_time"]
    )
    assert program["name"] == "program" and program["annotations"] == {"kind": "test"}
    [work] = program["subsegments"]
    [call] = work["subsegments"]
    assert queues["inferred"] is True and queues["origin"] == "AWS::SQS::Queue"
    seen = cloud.control(f"traces/{trace['Id']}")
    [top] = seen["spans"]
    [part] = top["spans"]
    [asked] = part["spans"]
    assert (asked["name"], asked["request_id"]) == ("sqs:ListQueues", call["aws"]["request_id"])
    assert asked["decision"][0]["allowed"] is True


def datagrams(daemon, *texts):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for text in texts:
            sender.sendto(text if isinstance(text, bytes) else text.encode(), ("127.0.0.1", daemon))


HEAD = '{"format": "json", "version": 1}\n'


def test_datagrams(daemon, home):
    wrong, right = segment(trace_id()), segment(trace_id())
    text = json.dumps(wrong)
    datagrams(
        daemon, text, '{"format": "xml", "version": 1}\n' + text, "\n" + text, HEAD.encode() + b"\xff", HEAD, b"",
        "[" * 60_000, HEAD + "nothing", HEAD + json.dumps(right),
    )  # fmt: skip
    assert eventually(lambda: traces_of(home, right["trace_id"]))
    assert traces_of(home, wrong["trace_id"]) == []


def ask(daemon, path, body=b"{}", method="POST", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", daemon, timeout=10)
    try:
        connection.request(method, path, body, {"content-type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_what_sdks_ask_by_http(daemon):
    status, found = ask(daemon, "/GetSamplingRules")
    assert status == 200
    assert "Default" in {one["SamplingRule"]["RuleName"] for one in found["SamplingRuleRecords"]}
    document = {"RuleName": "Default", "ClientID": "a" * 24, "Timestamp": 1, "RequestCount": 1, "SampledCount": 1}
    status, found = ask(daemon, "/SamplingTargets", json.dumps({"SamplingStatisticsDocuments": [document]}))
    assert status == 200 and found["SamplingTargetDocuments"][0]["RuleName"] == "Default"
    status, found = ask(daemon, "/SamplingTargets", b"{}")
    assert status == 400 and "samplingStatisticsDocuments" in found["message"]


def test_what_is_no_request_of_an_sdk(daemon):
    assert ask(daemon, "/GetSamplingRules", Origin="http://evil.example")[0] == 403
    assert ask(daemon, "/GetSamplingRules", Host="evil.example")[0] == 403
    assert ask(daemon, "/nothing")[0] == 400
    assert ask(daemon, "/GetSamplingRules", b"[")[0] == 400
    with contextlib.suppress(ConnectionError):  # whoever sends on is cut off
        assert ask(daemon, "/GetSamplingRules", b"x" * (1024 * 1024 + 1))[0] == 413
    with socket.create_connection(("127.0.0.1", daemon), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01nonsense\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert ask(daemon, "/GetSamplingRules")[0] == 200


def test_spans_come_unsigned_as_to_a_collector(daemon, home):
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{daemon}/v1/traces")
    provider = TracerProvider(resource=Resource.create({"service.name": "plain"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("work") as span:
        number = f"{span.get_span_context().trace_id:032x}"
    provider.shutdown()
    [trace] = traces_of(home, f"1-{number[:8]}-{number[8:]}")
    assert [json.loads(one["Document"])["name"] for one in trace["Segments"]] == ["plain"]
    answer = requests.post(f"http://127.0.0.1:{daemon}/v1/traces", data="no", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (400, "InvalidRequestException")
