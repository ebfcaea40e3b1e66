"""Hostile requests: AWS's error or a clean close, never a 500, a hang or a change."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
from typing import Any

import cbor2
import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud


def send(cloud: RunningCloud, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({"X_Amz_Target": "Logs_20140328.Nothing"}, b"{}"),
        ({"X_Amz_Target": "x" * 5000}, b"{}"),
        ({"X_Amz_Target": "Logs_20140328.CreateLogGroup"}, b"{" * 5000),
        ({"X_Amz_Target": "Logs_20140328.CreateLogGroup"}, b"\xff\xfe"),
        ({"Content_Type": "application/x-www-form-urlencoded"}, b"Action=%ff&" * 3000),
        ({"Content_Type": "application/x-www-form-urlencoded"}, b"Action=GetCallerIdentity&Version=2011-06-15"),
        ({"Authorization": "AWS4-HMAC-SHA256 rubbish"}, b""),
        ({"Authorization": "Bearer x"}, b"{}"),
        ({"Host": "evil.example.com"}, b""),
        ({"Host": "..s3.localhost"}, b""),
        ({"Host": "a.s3.localhost:99999999"}, b""),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
def test_odd_requests_are_answered_with_an_error(
    cloud: RunningCloud, method: str, headers: dict[str, str], body: bytes
) -> None:
    status, _ = send(cloud, method, "/?x=%zz&y", body, **headers)
    assert 400 <= status < 500 or status == 501


@pytest.mark.parametrize(
    "path",
    ["/%00", "/%ff%fe", "//", "/" + "a" * 4000, "/../../etc/passwd", "/_aws/", "/_aws//x", "/_aws/execute-api/zzz/"],
)
def test_odd_paths_are_answered_with_an_error(cloud: RunningCloud, path: str) -> None:
    status, _ = send(cloud, "GET", path)
    assert 400 <= status < 500


@pytest.mark.parametrize(
    "query",
    [
        "AWSAccessKeyId=%ff&Expires=1999999999&Signature=x",
        "AWSAccessKeyId=test&Expires=1999999999&Signature=%ff",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%ED%A0%80/20260101/us-east-1/s3/aws4_request"
        "&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=a",
    ],
)
def test_a_claim_that_is_no_text_is_refused_and_recorded(cloud: RunningCloud, query: str) -> None:
    status, _ = send(cloud, "GET", f"/some-bucket/key?{query}")
    assert status in (400, 403)
    assert cloud.control("journal?limit=1")["entries"][0]["status"] == status


@pytest.mark.parametrize("query", ["%ff=1", "account=%ff", "limit=%ED%A0%80"])
def test_odd_questions_to_the_journal(cloud: RunningCloud, query: str) -> None:
    assert send(cloud, "GET", f"/_cloudarium/journal?{query}", Host="localhost")[0] in (200, 400)
    assert send(cloud, "POST", "/_cloudarium/settle", b"{}", Host="localhost", Origin="http://[x")[0] == 403


def test_a_client_that_leaves_amid_its_request_is_no_error_of_ours(cloud: RunningCloud) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=5) as raw:
        raw.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
        )
        raw.shutdown(socket.SHUT_RDWR)
    found: list[dict[str, Any]] = []
    while not found:
        found = cloud.control("journal?operation=ListTables&error=IncompleteBody")["entries"]
    assert found[0]["status"] == 400
    assert "ClientGone" not in cloud.log.read_text()


def test_raw_rubbish_never_brings_the_cloud_down(cloud: RunningCloud) -> None:
    source = random.Random(7)
    for _ in range(60):
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=5) as raw, contextlib.suppress(OSError):
            raw.sendall(bytes(source.randrange(256) for _ in range(source.randrange(1, 400))))
            raw.shutdown(socket.SHUT_WR)
            raw.recv(4096)
    assert cloud.control("health")["status"] == "running"


def test_a_body_that_ends_early_changes_nothing(cloud: RunningCloud, client: Any) -> None:
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=5) as raw:
        raw.sendall(b"PUT /some-bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    assert cloud.control("health")["status"] == "running"


def test_a_body_past_the_limit_is_refused(cloud: RunningCloud, client: Any) -> None:
    with pytest.raises(ClientError) as refused:
        client("sts").assume_role(RoleArn="arn:aws:iam::1:role/x", RoleSessionName="session", Policy="x" * 17_000_000)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_an_unknown_service_is_refused_by_name(cloud: RunningCloud) -> None:
    with pytest.raises(ClientError, match="kinesis") as refused:
        cloud.client("kinesis").list_streams()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(
    ("service", "operation"),
    [("pipes", "list_pipes"), ("route53", "list_hosted_zones"), ("rds", "describe_db_clusters")],
)
def test_an_unknown_service_is_refused_in_the_form_that_its_client_reads(
    cloud: RunningCloud, service: str, operation: str
) -> None:
    with pytest.raises(ClientError, match=f"has not built the service {service}") as refused:
        getattr(cloud.client(service), operation)()
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_an_unknown_service_is_refused_in_cbor_too(cloud: RunningCloud) -> None:
    credential = "Credential=test/20260101/us-east-1/arc-region-switch/aws4_request, SignedHeaders=host, Signature="
    signed = f"AWS4-HMAC-SHA256 {credential}{'0' * 64}"
    head = {"Smithy_Protocol": "rpc-v2-cbor", "Authorization": signed, "X_Amz_Date": "20260101T000000Z"}
    status, body = send(cloud, "POST", "/service/X/operation/Y", **head)
    assert status == 501 and cbor2.loads(body)["__type"].endswith("NotImplemented")


def test_an_unbuilt_operation_is_refused_by_name_and_changes_nothing(cloud: RunningCloud, client: Any) -> None:
    with pytest.raises(ClientError, match="logs:CreateDelivery") as refused:
        client("logs").create_delivery(deliverySourceName="a", deliveryDestinationArn="arn:aws:logs:us-east-1:1:b")
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_who_cannot_sign_does_not_learn_what_is_built(cloud: RunningCloud, client: Any) -> None:
    with pytest.raises(ClientError) as refused:
        client("logs", secret="wrong").create_export_task(logGroupName="a", fromTime=1, to=2, destination="b")
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_web_page_elsewhere_cannot_reach_the_cloud(cloud: RunningCloud) -> None:
    assert send(cloud, "GET", "/_cloudarium/health", Host="evil.example.com")[0] == 403
    assert send(cloud, "POST", "/_cloudarium/reset", b"{}", Origin="http://evil.example.com")[0] == 403
    assert send(cloud, "POST", "/_cloudarium/clock", b'{"advance": "soon"}')[0] == 400
    assert send(cloud, "POST", "/_cloudarium/clock", b"[1]")[0] == 400
    assert send(cloud, "GET", "/_cloudarium/nothing")[0] == 404
    assert json.loads(send(cloud, "GET", "/")[1])["cloudarium"]
