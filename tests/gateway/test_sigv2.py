"""URLs presigned by Signature Version 2, as boto3 makes them by default in us-east-1."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

Client = Callable[..., Any]


@pytest.fixture
def bucket(client: Client, account: str) -> str:
    """A bucket with one object."""
    name = f"v2-{account}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="a b/ü.txt", Body=b"hello")
    return name


def fetch(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Ask for a URL; the status and the body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, named, method=method)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_default_url_of_boto3_reads(client: Client, bucket: str) -> None:
    target = {"Bucket": bucket, "Key": "a b/ü.txt", "ResponseContentType": "text/x-note"}
    url = client("s3").generate_presigned_url("get_object", target)
    assert "AWSAccessKeyId=" in url
    assert fetch(url) == (200, "hello")
    with urllib.request.urlopen(url) as answer:
        assert answer.headers["content-type"] == "text/x-note"


def test_the_default_url_of_boto3_writes_what_was_signed(client: Client, bucket: str) -> None:
    target = {"Bucket": bucket, "Key": "new", "ContentType": "text/plain", "Metadata": {"by": "url"}}
    url = client("s3").generate_presigned_url("put_object", target)
    assert fetch(url, "PUT", b"sent", content_type="text/plain", x_amz_meta_by="url") == (200, "")
    assert client("s3").get_object(Bucket=bucket, Key="new")["Metadata"] == {"by": "url"}
    status, body = fetch(url, "PUT", b"other", content_type="text/html", x_amz_meta_by="url")
    assert (status, "SignatureDoesNotMatch" in body) == (403, True)


def test_a_session_signs_with_its_token(client: Client, bucket: str) -> None:
    session = client("sts").get_session_token()["Credentials"]
    theirs = client("s3", key=session["AccessKeyId"], secret=session["SecretAccessKey"], token=session["SessionToken"])
    url = theirs.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b/ü.txt"})
    assert fetch(url) == (200, "hello")
    token = quote(session["SessionToken"], safe="")
    assert fetch(url.replace(token, token[:-4] + "AAAA"))[0] in (400, 403)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda url: url.replace("a%20b", "a%20c"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("Expires=", "Expires=1"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("AWSAccessKeyId=", "AWSAccessKeyId=NOBODY"), 403, "InvalidAccessKeyId"),
        (lambda url: url.replace("Signature=", "Signature=x"), 403, "SignatureDoesNotMatch"),
        (lambda url: url.replace("Signature=", "Nothing="), 403, "AccessDenied"),
        (lambda url: url.replace("Expires=", "Expires=soon"), 403, "AccessDenied"),
        (lambda url: url + "&x-amz-acl=public-read", 403, "SignatureDoesNotMatch"),
        (lambda url: url + "&versionId=null", 403, "SignatureDoesNotMatch"),
    ],
)
def test_a_changed_url_is_refused(
    client: Client, bucket: str, change: Callable[[str], str], status: int, code: str
) -> None:
    url = client("s3").generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b/ü.txt"})
    got, body = fetch(change(url))
    assert (got, f"<Code>{code}</Code>" in body) == (status, True), body


def test_a_url_ends(fresh_cloud: Any) -> None:
    s3 = fresh_cloud.client("s3")
    s3.create_bucket(Bucket="for-a-while")
    s3.put_object(Bucket="for-a-while", Key="a", Body=b"1")
    target = {"Bucket": "for-a-while", "Key": "a"}
    late = s3.generate_presigned_url("get_object", target, ExpiresIn=-5)
    url = s3.generate_presigned_url("get_object", target)
    assert "<Message>Request has expired</Message>" in fetch(late)[1]
    assert fetch(url) == (200, "1")
    fresh_cloud.clock_advance(3601)
    assert "<Message>Request has expired</Message>" in fetch(url)[1]


def test_no_other_service_takes_it(cloud: Any, account: str) -> None:
    status, _ = fetch(f"{cloud.url}/?Action=GetCallerIdentity&AWSAccessKeyId={account}&Signature=a&Expires=1999999999")
    assert status in (400, 403)
