"""Signatures that AWS itself published, and those of awscrt, AWS's own signer in C, fuzzed.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, sigv4-query-string-auth.html,
sigv4-streaming.html, sigv4-streaming-trailers.html, and the Signature Version 4 test suite of AWS.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from awscrt import auth, http
from hypothesis import example, given
from hypothesis import strategies as st

from cloudarium.gateway import sigv4
from cloudarium.gateway.body import body_stream
from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.auth_errors import SignatureMismatch

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SCOPE = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"


def proved(request: HttpRequest, secret: str, path_once: bool, payload: str = "") -> bool:
    claim = sigv4.claim_of(request)
    assert claim is not None
    payload = payload or hashlib.sha256(request.body).hexdigest()
    return sigv4.signature_of(claim, request, secret, payload, path_once) == claim.signature


# ---- The test suite --------------------------------------------------------------------------------------------------

VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
FORM = "application/x-www-form-urlencoded"
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "signature"),
    [
        ("GET", "/", {}, "", VANILLA),
        ("GET", "/", {"my-header1": "value2,value2,value1"}, "",
         "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"),
        ("GET", "/", {"my-header1": "value1,value2,value3"}, "",
         "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"),
        ("GET", "/", {"my-header1": "value4,value1,value3,value2"}, "",
         "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"),
        ("GET", "/", {"my-header1": " value1", "my-header2": ' "a   b   c"'}, "",
         "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"),
        ("GET", f"/{UNRESERVED}", {}, "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        ("GET", "/\xe1\x88\xb4", {}, "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
        ("GET", "/?Param1=value1", {}, "", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
        ("GET", "/?Param2=value2&Param1=value1", {}, "",
         "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("GET", f"/?{UNRESERVED}={UNRESERVED}", {}, "",
         "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
        ("GET", "/?%E1%88%B4=bar", {}, "", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        # normalize-path: all of these are the path / to a service that signs a path without its dot segments.
        *[("GET", path, {}, "", VANILLA) for path in ("//", "/./", "/example/..", "/example1/example2/../..")],
        ("POST", "/", {}, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("POST", "/", {"my-header1": "value1"}, "",
         "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
        ("POST", "/", {"my-header1": "VALUE1"}, "",
         "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"),
        ("POST", "/?Param1=value1", {}, "", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
        ("POST", "/?%40%23%24%25%5E=&%2B=%2F%2C%3F%3E%3C%60%22%3B%3A%5C%7C%5D%5B%7B%7D", {}, "",
         "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e"),
        ("POST", "/?p=", {}, "", "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b"),
        ("POST", "/", {"content-type": FORM}, "Param1=value1",
         "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"),
        ("POST", "/", {"content-type": f"{FORM}; charset=utf8"}, "Param1=value1",
         "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"),
    ],
)  # fmt: skip
def test_the_suite_of_aws(method: str, target: str, headers: dict[str, str], body: str, signature: str) -> None:
    path, _, query = target.partition("?")
    sent = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z", **headers}
    names = ";".join(sorted(sent))
    sent["authorization"] = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={names}, Signature={signature}"
    assert proved(HttpRequest(method, path, query, sent, body.encode()), SECRET, False)
    sent["x-amz-date"] = "20150830T123601Z"
    assert not proved(HttpRequest(method, path, query, sent, body.encode()), SECRET, False)


# ---- S3's examples ---------------------------------------------------------------------------------------------------

S3_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "AKIAIOSFODNN7EXAMPLE"
S3_SCOPE = "20130524/us-east-1/s3/aws4_request"
CONTENT = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"  # of "Welcome to Amazon S3."


def s3_request(
    method: str, target: str, names: str, signature: str, host: str = "examplebucket.s3.amazonaws.com", **headers: str
) -> HttpRequest:
    path, _, query = target.partition("?")
    sent = {
        "host": host, "x-amz-date": "20130524T000000Z", "x-amz-content-sha256": sigv4.EMPTY_SHA256,
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "authorization": f"AWS4-HMAC-SHA256 Credential={KEY}/{S3_SCOPE},SignedHeaders={names},Signature={signature}",
    }  # fmt: skip
    return HttpRequest(method, path, query, sent)


@pytest.mark.parametrize(
    "request_",
    [
        s3_request("GET", "/test.txt", "host;range;x-amz-content-sha256;x-amz-date",
                   "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", range="bytes=0-9"),
        s3_request("PUT", "/test%24file.text", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                   "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
                   date="Fri, 24 May 2013 00:00:00 GMT", x_amz_storage_class="REDUCED_REDUNDANCY",
                   x_amz_content_sha256=CONTENT),
        s3_request("GET", "/?lifecycle", "host;x-amz-content-sha256;x-amz-date",
                   "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        s3_request("GET", "/?max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date",
                   "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_the_examples_of_s3(request_: HttpRequest) -> None:
    assert proved(request_, S3_SECRET, True, request_.headers["x-amz-content-sha256"])


def test_the_example_of_a_presigned_url() -> None:
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F{S3_SCOPE.replace('/', '%2F')}"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = HttpRequest("GET", "/test.txt", query, {"host": "examplebucket.s3.amazonaws.com"})
    assert proved(request, S3_SECRET, True, sigv4.UNSIGNED)


A = b"a"
SIZES = (65536, 1024, 0)


def chunks(signatures: list[str], *trailers: str) -> bytes:
    body = b"".join(
        b"%x;chunk-signature=%b\r\n%b\r\n" % (size, signature.encode(), A * size)
        for size, signature in zip(SIZES, signatures, strict=True)
    )
    return body.removesuffix(b"\r\n") + "".join(f"{line}\r\n" for line in trailers).encode() + b"\r\n"


STREAMED = {"content_encoding": "aws-chunked", "x_amz_decoded_content_length": "66560",
            "x_amz_storage_class": "REDUCED_REDUNDANCY", "host": "s3.amazonaws.com"}  # fmt: skip
PLAIN = (
    s3_request("PUT", "/examplebucket/chunkObject.txt",
               "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
               "x-amz-storage-class", "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
               x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD", content_length="66824", **STREAMED),
    chunks(["ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"]),
)  # fmt: skip
TRAILED = (
    s3_request("PUT", "/examplebucket/chunkObject.txt",
               "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
               "x-amz-storage-class;x-amz-trailer", "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
               x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", x_amz_trailer="x-amz-checksum-crc32c",
               **STREAMED),
    chunks(["b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"],
           "x-amz-checksum-crc32c:sOO8/Q==",
           "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"),
)  # fmt: skip


def decoded(request: HttpRequest, body: bytes) -> tuple[bytes, dict[str, str]]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 30_000):
            yield body[start : start + 30_000]

    sent = HttpRequest(request.method, request.path, "", dict(request.headers), stream=pieces())
    call: Any = SimpleNamespace(request=sent, claim=sigv4.claim_of(request), trailers={})
    key = sigv4.signing_key(S3_SECRET, "20130524", "us-east-1", "s3")
    return asyncio.run(body_stream(call, key).read(1 << 20)), call.trailers


@pytest.mark.parametrize(
    ("request_", "body", "trailers"), [(*PLAIN, {}), (*TRAILED, {"x-amz-checksum-crc32c": "sOO8/Q=="})]
)
def test_the_examples_of_bodies_in_chunks(request_: HttpRequest, body: bytes, trailers: dict[str, str]) -> None:
    assert proved(request_, S3_SECRET, True, request_.headers["x-amz-content-sha256"])
    assert decoded(request_, body) == (A * 66560, trailers)


@given(st.data())
def test_one_changed_byte_in_a_body_in_chunks_is_refused(data: Any) -> None:
    request, body = data.draw(st.sampled_from([PLAIN, TRAILED]))
    signed = [range(body.index(A * 200), body.index(b"\r\n400;"))]
    if request is TRAILED[0]:
        signed.append(range(body.index(b"sOO8"), body.index(b"\r\nx-amz-trailer-signature")))
    place = data.draw(st.sampled_from(data.draw(st.sampled_from(signed))))
    changed = bytearray(body)
    changed[place] ^= 1
    with pytest.raises(SignatureMismatch):
        decoded(request, bytes(changed))


# ---- awscrt ----------------------------------------------------------------------------------------------------------

text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
plain = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12)


def crt_signed(path: str, query: str, headers: dict[str, str], s3: bool, in_query: bool) -> HttpRequest:
    """The request as awscrt signs it."""
    sent = {"host": "127.0.0.1:4566", **headers}
    request = http.HttpRequest("GET", path + (f"?{query}" if query else ""), http.HttpHeaders(list(sent.items())))
    kinds, sums = auth.AwsSignatureType, auth.AwsSignedBodyHeaderType
    config = auth.AwsSigningConfig(
        algorithm=auth.AwsSigningAlgorithm.V4,
        signature_type=kinds.HTTP_REQUEST_QUERY_PARAMS if in_query else kinds.HTTP_REQUEST_HEADERS,
        credentials_provider=auth.AwsCredentialsProvider.new_static(KEY, SECRET, "token" if in_query else None),
        region="eu-west-1",
        service="s3" if s3 else "lambda",
        date=datetime.now(UTC),
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value=auth.AwsSignedBodyValue.UNSIGNED_PAYLOAD if s3 or in_query else None,
        signed_body_header_type=sums.X_AMZ_CONTENT_SHA_256 if s3 and not in_query else sums.NONE,
        expiration_in_seconds=600 if in_query else None,
    )  # fmt: skip
    auth.aws_sign_request(request, config).result(10)
    path, _, query = request.path.partition("?")
    return HttpRequest("GET", path, query, {name.lower(): value for name, value in request.headers})


@example(segments=["/"], pairs=[], headers={}, s3=True, in_query=False)
@given(
    segments=st.lists(st.one_of(text, st.sampled_from(["..", ".", "", "a b", "%", "+", "ü"])), max_size=4),
    pairs=st.lists(st.tuples(text.filter(bool), text), max_size=3),
    headers=st.dictionaries(st.sampled_from(["x-amz-meta-a", "content-type", "range", "accept"]), plain, max_size=3),
    s3=st.booleans(),
    in_query=st.booleans(),
)
def test_a_signature_of_awscrt_is_proved(
    segments: list[str], pairs: list[tuple[str, str]], headers: dict[str, str], s3: bool, in_query: bool
) -> None:
    path = "/" + "/".join(quote(segment, safe="-_.~") for segment in segments)
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)
    request = crt_signed(path, query, headers, s3, in_query)
    payload = sigv4.UNSIGNED if s3 or in_query else sigv4.EMPTY_SHA256
    assert proved(request, SECRET, s3, payload)
    request.headers["host"] += "0"
    assert not proved(request, SECRET, s3, payload)
