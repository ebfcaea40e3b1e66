"""Signatures: botocore signs, we check; one changed byte anywhere is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.gateway import sigv4
from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.auth_errors import IncompleteSignature, QueryAuthError

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)


def as_received(request: AWSRequest) -> HttpRequest:
    split = urlsplit(request.url)
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    return HttpRequest(request.method, split.path or "/", split.query, headers, request.body or b"")


def proved(request: HttpRequest, path_once: bool, payload: str = sigv4.EMPTY_SHA256) -> bool:
    claim = sigv4.claim_of(request)
    assert claim is not None
    return sigv4.signature_of(claim, request, SECRET, payload, path_once) == claim.signature


text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=0, max_size=12)


@given(
    path=st.lists(text, max_size=4).map(lambda parts: "/" + "/".join(quote(part, safe="-_.~") for part in parts)),
    query=st.lists(st.tuples(text.filter(bool), text), max_size=4),
)
def test_a_signed_header_of_botocore_is_proved(path: str, query: list[tuple[str, str]]) -> None:
    url = f"http://127.0.0.1:4566{path}"
    if query:
        url += "?" + "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    request = AWSRequest("GET", url, headers={"Host": "127.0.0.1:4566", "X-Amz-Meta-A": "  two   words "})
    SigV4Auth(CREDENTIALS, "dynamodb", "us-east-1").add_auth(request)
    assert proved(as_received(request), path_once=False)


@given(key=st.lists(text.filter(bool), min_size=1, max_size=4).map("/".join))
def test_s3_signs_the_path_as_it_is(key: str) -> None:
    request = AWSRequest(
        "GET", f"http://127.0.0.1:4566/bucket/{quote(key, safe='-_.~/')}", headers={"Host": "127.0.0.1:4566"}
    )
    S3SigV4Auth(CREDENTIALS, "s3", "us-east-1").add_auth(request)
    received = as_received(request)
    assert proved(received, path_once=True, payload=received.headers["x-amz-content-sha256"])


@given(key=text.filter(bool), expires=st.integers(1, 604800))
def test_a_presigned_url_of_botocore_is_proved(key: str, expires: int) -> None:
    request = AWSRequest(
        "GET", f"http://127.0.0.1:4566/b/{quote(key, safe='-_.~/')}", headers={"Host": "127.0.0.1:4566"}
    )
    S3SigV4QueryAuth(CREDENTIALS, "s3", "eu-west-1", expires=expires).add_auth(request)
    received = as_received(request.prepare())  # type: ignore[arg-type]
    received.headers["host"] = "127.0.0.1:4566"
    claim = sigv4.claim_of(received)
    assert claim is not None and claim.expires == expires
    assert proved(received, path_once=True, payload=sigv4.UNSIGNED)


@given(st.data())
def test_one_changed_byte_is_refused(data: Any) -> None:
    body = b'{"TableName":"t"}'
    request = AWSRequest(
        "POST", "http://127.0.0.1:4566/p?a=b", data=body, headers={"Host": "127.0.0.1:4566", "X-Amz-Target": "T.Op"}
    )
    SigV4Auth(CREDENTIALS, "dynamodb", "us-east-1").add_auth(request)
    good = as_received(request)
    import hashlib

    payload = hashlib.sha256(body).hexdigest()
    assert proved(good, False, payload)
    where = data.draw(st.sampled_from(["method", "path", "query", "host", "x-amz-date", "x-amz-target", "body"]))
    changed = HttpRequest(good.method, good.path, good.query, dict(good.headers), good.body)
    if where == "body":
        place = data.draw(st.integers(0, len(body) - 1))
        payload = hashlib.sha256(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]).hexdigest()
    elif where in ("method", "path", "query"):
        setattr(changed, where, getattr(changed, where) + "x")
    elif where == "x-amz-date":
        changed.headers[where] = "20991231T235959Z"
    else:
        changed.headers[where] += "x"
    assert not proved(changed, False, payload)


@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=, SignedHeaders=host, Signature=0",
        "AWS4-ECDSA-P256-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=host, Signature=0",
        "Basic dGVzdDp0ZXN0",
        "=,=,=",
    ],
)
def test_a_broken_header_is_told_what_it_lacks(header: str) -> None:
    with pytest.raises(IncompleteSignature):
        sigv4.claim_of(HttpRequest("GET", "/", headers={"authorization": header, "x-amz-date": "20260101T000000Z"}))


@pytest.mark.parametrize("change", ["X-Amz-Date=", "X-Amz-Expires=604801", "X-Amz-Expires=-1", "X-Amz-Algorithm=NONE"])
def test_a_broken_presigned_url_is_told_what_it_lacks(change: str) -> None:
    values = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "a%2F20260101%2Fr%2Fs3%2Faws4_request",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0",
    }
    name, _, value = change.partition("=")
    values[name] = value
    with pytest.raises(QueryAuthError):
        sigv4.claim_of(HttpRequest("GET", "/", "&".join(f"{n}={v}" for n, v in values.items())))


@given(st.text(max_size=200))
def test_no_header_breaks_the_reader(header: str) -> None:
    request = HttpRequest(
        "GET", "/", headers={"authorization": "AWS4-HMAC-SHA256 " + header, "x-amz-date": "20260101T000000Z"}
    )
    try:
        claim = sigv4.claim_of(request)
    except IncompleteSignature:
        return
    assert claim is not None and sigv4.signature_of(claim, request, SECRET, sigv4.EMPTY_SHA256, True)


def test_headers_in_a_query_are_text() -> None:
    found = sigv4.headers_in_query("x-amz-meta-a=%ff&X-Amz-Meta-%E2%9C%93=%E2%9C%93&X-Amz-Date=x&other=y")
    assert found == {"x-amz-meta-a": "?", "x-amz-meta-✓": "✓"}
