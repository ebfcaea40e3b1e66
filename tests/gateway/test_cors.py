"""Browsers are answered by the rules of the bucket, and by nothing else."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningCloud

ORIGIN = "https://shop.example"


def send(cloud: RunningCloud, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=20)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        return answer
    finally:
        connection.close()


@pytest.fixture
def bucket(client: Callable[..., Any], account: str) -> str:
    """A bucket that lets a shop's pages PUT and GET."""
    s3, name = client("s3"), f"pages-{account}"
    s3.create_bucket(Bucket=name)
    rule = {
        "AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["content-*", "x-amz-date"],
        "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 600,
    }  # fmt: skip
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket=name, Key="a", Body=b"a")
    return name


def test_a_preflight_that_a_rule_allows(cloud: RunningCloud, bucket: str) -> None:
    for path, host in ((f"/{bucket}/a", f"127.0.0.1:{cloud.port}"), ("/a", f"{bucket}.s3.localhost:{cloud.port}")):
        answer = send(
            cloud, "OPTIONS", path, Host=host, Origin=ORIGIN, Access_Control_Request_Method="PUT",
            Access_Control_Request_Headers="Content-Type, x-amz-date",
        )  # fmt: skip
        assert answer.status == 200, host
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "PUT" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"].lower() == "content-type, x-amz-date"
        assert answer.headers["access-control-max-age"] == "600"
        assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "asked",
    [
        {"Origin": "https://evil.example", "Access_Control_Request_Method": "PUT"},
        {"Origin": ORIGIN, "Access_Control_Request_Method": "DELETE"},
        {"Origin": ORIGIN, "Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "x-secret"},
    ],
)
def test_a_preflight_that_no_rule_allows(cloud: RunningCloud, bucket: str, asked: dict[str, str]) -> None:
    answer = send(cloud, "OPTIONS", f"/{bucket}/a", **asked)
    assert answer.status == 403
    assert "AccessForbidden" in answer.text  # type: ignore[attr-defined]
    assert "access-control-allow-origin" not in answer.headers


def test_a_bucket_without_rules_and_one_that_is_not_there(cloud: RunningCloud, client: Callable[..., Any]) -> None:
    answer = send(cloud, "OPTIONS", "/no-such-bucket-at-all/a", Origin=ORIGIN, Access_Control_Request_Method="GET")
    assert answer.status == 403
    assert send(cloud, "OPTIONS", "/no-such-bucket-at-all/a").status == 400


def test_an_answer_tells_the_allowed_page_even_when_it_is_an_error(cloud: RunningCloud, bucket: str) -> None:
    answer = send(cloud, "GET", f"/{bucket}/a", Origin=ORIGIN)
    assert answer.status == 403  # nobody signed
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-expose-headers"] == "ETag"
    for other in ({"Origin": "https://evil.example"}, {}):
        assert "access-control-allow-origin" not in send(cloud, "GET", f"/{bucket}/a", **other).headers


def test_other_services_tell_a_page_nothing(cloud: RunningCloud) -> None:
    answer = send(cloud, "POST", "/", Origin=ORIGIN, X_Amz_Target="AmazonSSM.DescribeParameters")
    assert "access-control-allow-origin" not in answer.headers
