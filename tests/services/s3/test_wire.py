"""S3 as bytes: XML, headers, odd keys, virtual hosts, presigned URLs, broken requests."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.services.s3.wire import Wire

_XMLNS = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@pytest.fixture
def wire(cloud, account):
    return Wire(cloud, account)


def _error(answer):
    root = ElementTree.fromstring(answer[2])
    assert root.tag == "Error"
    return answer[0], {child.tag: child.text for child in root}


def test_errors_as_s3_writes_them(wire, bucket, name):
    status, error = _error(wire.send("GET", f"/{bucket}/none"))
    assert (status, error["Code"], error["Key"]) == (404, "NoSuchKey", "none")
    assert error["Message"] == "The specified key does not exist."
    assert error["RequestId"] and error["HostId"]
    status, error = _error(wire.send("GET", f"/{name}-none/k"))
    assert (status, error["BucketName"]) == (404, f"{name}-none")
    status, headers, body = wire.send("HEAD", f"/{bucket}/none")
    assert (status, body) == (404, b"")
    assert headers["x-amz-request-id"]


def test_answers_as_s3_writes_them(wire, bucket):
    status, headers, body = wire.send("PUT", f"/{bucket}/k", b"x", {"x-amz-meta-a": "1", "content-type": "a/b"})
    assert (status, body, headers["etag"]) == (200, b"", '"9dd4e461268c8034f5c8564e155c67a6"')
    status, headers, body = wire.send("GET", f"/{bucket}/k")
    assert (status, body) == (200, b"x")
    assert (headers["content-type"], headers["x-amz-meta-a"], headers["content-length"]) == ("a/b", "1", "1")
    assert headers["accept-ranges"] == "bytes"
    assert headers["last-modified"].endswith(" GMT")
    status, headers, body = wire.send("DELETE", f"/{bucket}/k")
    assert (status, body) == (204, b"")
    status, headers, body = wire.send("GET", f"/{bucket}?location")
    assert ElementTree.fromstring(body).tag == f"{_XMLNS}LocationConstraint"
    assert wire.send("DELETE", f"/{bucket}?tagging")[0] == 204


def test_lists_are_xml(wire, bucket):
    wire.send("PUT", f"/{bucket}/a%26b%3C%20%2B", b"x")
    root = ElementTree.fromstring(wire.send("GET", f"/{bucket}?list-type=2")[2])
    assert root.tag == f"{_XMLNS}ListBucketResult"
    assert root.find(f"{_XMLNS}Contents/{_XMLNS}Key").text == "a&b< +"
    root = ElementTree.fromstring(wire.send("GET", f"/{bucket}?list-type=2&encoding-type=url&prefix=a%26")[2])
    assert root.find(f"{_XMLNS}Contents/{_XMLNS}Key").text == "a%26b%3C+%2B"
    assert root.find(f"{_XMLNS}Prefix").text == "a%26"
    assert root.find(f"{_XMLNS}EncodingType").text == "url"


def test_keys_that_xml_cannot_hold(wire, bucket):
    assert wire.send("PUT", f"/{bucket}/%01%0A", b"x")[0] == 200
    assert b"&#x1;" in wire.send("GET", f"/{bucket}?list-type=2")[2]
    assert b"%01%0A" in wire.send("GET", f"/{bucket}?list-type=2&encoding-type=url")[2]
    assert wire.send("GET", f"/{bucket}/%01%0A")[2] == b"x"


def test_paths_are_taken_as_they_are(wire, bucket):
    for target in ("//double", "/..", "/../up", "/a/./b", "/trail/"):
        assert wire.send("PUT", f"/{bucket}{target}", target.encode())[0] == 200, target
    assert wire.send("GET", f"/{bucket}//double")[2] == b"//double"
    assert wire.send("GET", f"/{bucket}/a/./b")[2] == b"/a/./b"
    assert wire.send("GET", f"/{bucket}/a/b")[0] == 404


@pytest.mark.parametrize("suffix", ["s3.localhost", "s3.us-east-1.localhost", "s3.localhost.localstack.cloud",
                                    "s3.us-east-1.amazonaws.com", "s3.amazonaws.com"])  # fmt: skip
def test_virtual_hosts(cloud, account, wire, bucket, suffix):
    host = Wire(cloud, account, f"{bucket}.{suffix}:{cloud.port}")
    assert host.send("PUT", "/dir/k", b"virtual")[0] == 200
    assert wire.send("GET", f"/{bucket}/dir/k")[2] == b"virtual"
    assert b"dir/k" in host.send("GET", "/?list-type=2")[2]


def test_presigned_urls(s3, bucket, cloud):
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a b"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(put, b"presigned", method="PUT", headers={"Content-Type": ""}))
    params = {"Bucket": bucket, "Key": "a b", "ResponseContentType": "a/b"}
    with urllib.request.urlopen(s3.generate_presigned_url("get_object", params)) as answer:
        assert (answer.read(), answer.headers["content-type"]) == (b"presigned", "a/b")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(s3.generate_presigned_url("get_object", params).replace("a%20b", "other"))
    assert caught.value.code == 403


def test_bodies_that_are_no_good(wire, bucket):
    for target in ("?versioning", "?tagging", "?cors", "?lifecycle", "?notification", "?publicAccessBlock"):
        for body in (b"<Versioning", b"not xml", b"\xff\xfe", b"<a>" * 2000):
            status, error = _error(wire.send("PUT", f"/{bucket}{target}", body))
            assert (status, error["Code"]) == (400, "MalformedXML"), (target, body[:20])
    status, error = _error(wire.send("POST", f"/{bucket}?delete", b"<Delete></Delete>", {"content-md5": "x"}))
    assert status == 400


def test_requests_that_are_no_good(wire, bucket):
    assert wire.send("PUT", f"/{bucket}/k", b"", {"x-amz-storage-class": "?"})[0] == 400
    assert wire.send("GET", f"/{bucket}?max-keys=abc")[0] == 400
    assert wire.send("GET", f"/{bucket}/k?partNumber=abc")[0] == 400
    assert wire.send("PUT", f"/{bucket}/k?partNumber=1&uploadId=nope", b"x")[0] == 404
    assert wire.send("PUT", f"/{bucket}/k?partNumber=0&uploadId=nope", b"x")[0] == 400
    assert wire.send("GET", f"/{bucket}/%FF%FE")[0] in (400, 404)
    assert wire.send("PATCH", f"/{bucket}/k")[0] in (400, 405, 501)


def test_lengths(cloud, account, wire, bucket):
    url = cloud.client("s3", key=account).generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"})
    target = url.partition(str(cloud.port))[2]

    def raw(headers, body=b""):
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=30) as connection:
            head = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{cloud.port}\r\n{headers}\r\n\r\n"
            connection.sendall(head.encode() + body)
            answer = b""
            while b"</Error>" not in answer and (more := connection.recv(65536)):
                answer += more
            return answer

    assert b"MissingContentLength" in raw("Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\n\r\n")
    huge = raw(f"Content-Length: {5 * 1024**3 + 1}")
    assert b"EntityTooLarge" in huge and b"<MaxSizeAllowed>5368709120" in huge
    assert wire.send("GET", f"/{bucket}/k")[0] == 404


def test_names_that_no_bucket_can_have(wire):
    status, error = _error(wire.send("GET", "/a%2Ab/k"))
    assert (status, error["Code"]) == (400, "InvalidBucketName")


def test_keys_with_a_zero_byte(wire, bucket):
    for key in ("a%00b", "a%00", "a"):
        assert wire.send("PUT", f"/{bucket}/{key}", key.encode())[0] == 200
    assert wire.send("GET", f"/{bucket}/a%00b")[2] == b"a%00b"
    body = wire.send("GET", f"/{bucket}?list-type=2&encoding-type=url")[2]
    assert body.index(b"<Key>a<") < body.index(b"<Key>a%00<") < body.index(b"<Key>a%00b<")


def test_a_body_that_is_not_the_signed_one(wire, bucket):
    status, error = _error(wire.send("PUT", f"/{bucket}/k", b"x", payload="0" * 64))
    assert (status, error["Code"]) == (400, "XAmzContentSHA256Mismatch")
    assert wire.send("GET", f"/{bucket}/k")[0] == 404


def test_a_refused_upload_leaves_the_connection_usable(s3, bucket, refused):
    # botocore sends Expect: 100-continue and, refused before it said a word, goes on to the next request.
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"x" * 1000, StorageClass="NONE").status == 400
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refused(s3.put_object, Bucket=f"{bucket}-none", Key="k", Body=b"x" * 1000).status == 404
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_expires_comes_back_as_it_was_sent(wire, bucket):
    assert wire.send("PUT", f"/{bucket}/k", b"x", {"expires": "never"})[0] == 200
    assert wire.send("GET", f"/{bucket}/k")[1]["expires"] == "never"


def test_metadata_of_any_script(wire, bucket):
    # Bytes that are no ASCII are taken for latin-1 and come back in the form of RFC 2047, as S3's guide shows.
    raw = {"x-amz-meta-raw": "gr\xfcn", "x-amz-meta-mime": "=?UTF-8?B?Z3LDvG4=?=", "x-amz-meta-ascii": "green"}
    assert wire.send("PUT", f"/{bucket}/k", b"x", raw)[0] == 200
    headers = wire.send("GET", f"/{bucket}/k")[1]
    assert headers["x-amz-meta-raw"] == headers["x-amz-meta-mime"] == "=?UTF-8?B?Z3LDvG4=?="
    assert headers["x-amz-meta-ascii"] == "green"


def test_preflight_and_cors_headers(cloud, account, s3, wire, bucket):
    rule = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-*"],
            "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}  # fmt: skip
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    browser = Wire(cloud, None)
    asks = {"origin": "https://app.example.com", "access-control-request-method": "PUT",
            "access-control-request-headers": "x-amz-date"}  # fmt: skip
    status, headers, _ = browser.send("OPTIONS", f"/{bucket}/k", headers=asks)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://app.example.com")
    assert headers["access-control-max-age"] == "60"
    for wrong in ({"origin": "https://evil.com"}, {"access-control-request-method": "DELETE"},
                  {"access-control-request-headers": "y-no"}):  # fmt: skip
        assert browser.send("OPTIONS", f"/{bucket}/k", headers=asks | wrong)[0] == 403
    headers = wire.send("GET", f"/{bucket}/k", headers={"origin": "https://app.example.com"})[1]
    assert headers["access-control-allow-origin"] == "https://app.example.com"
    assert headers["access-control-expose-headers"] == "ETag"
    assert "access-control-allow-origin" not in wire.send("GET", f"/{bucket}/k", headers={"origin": "https://x.y"})[1]


def test_an_uploads_location_is_in_the_style_of_the_request(cloud: Any, account: str, s3: Any, bucket: str) -> None:
    for host, start in (
        (None, f"http://127.0.0.1:{cloud.port}/{bucket}/"),
        (f"{bucket}.s3.localhost:{cloud.port}", f"http://{bucket}.s3.localhost:{cloud.port}/"),
    ):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="a/b c")["UploadId"]
        etag = s3.upload_part(Bucket=bucket, Key="a/b c", UploadId=upload, PartNumber=1, Body=b"1")["ETag"]
        part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        target = f"/a/b%20c?uploadId={upload}" if host else f"/{bucket}/a/b%20c?uploadId={upload}"
        body = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
        status, _, answer = Wire(cloud, account, host).send("POST", target, body)
        assert (status, f"<Location>{start}a%2Fb%20c</Location>".encode() in answer) == (200, True)


def test_a_preflight_says_why_not(cloud: Any, s3: Any, bucket: str) -> None:
    browser = Wire(cloud, None)

    def ask(path: str, **headers: str) -> tuple[int, dict[str, str | None]]:
        status, _, body = browser.send("OPTIONS", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        return status, {element.tag: element.text for element in ElementTree.fromstring(body)}

    status, error = ask(f"/{bucket}")
    assert (status, error["Code"]) == (400, "BadRequest")
    assert error["RequestId"]
    status, error = ask(f"/{bucket}", origin="http://a.test")
    assert (status, error["Code"], error["Method"]) == (403, "AccessForbidden", "OPTIONS")
    assert error["Message"] == "CORSResponse: CORS is not enabled for this bucket."
    status, error = ask(f"/no-{bucket}/k", origin="http://a.test", access_control_request_method="PUT")
    assert (status, error["Message"]) == (403, "CORSResponse: Bucket not found")
    assert (error["Method"], error["ResourceType"]) == ("PUT", "OBJECT")
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["http://a.test"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    status, error = ask(f"/{bucket}", origin="http://a.test")
    assert (status, error["Message"]) == (400, "Invalid Access-Control-Request-Method: null")


# ---- Presigned URLs -------------------------------------------------------------------------------------------------


def presigned(cloud: Any, account: str, method: str, target: str, **parameters: str) -> str:
    """A URL signed by version 4 whose parameters hold headers, as the JavaScript SDK makes them; without the host."""
    names = {name.replace("_", "-"): value for name, value in parameters.items()}
    request = AWSRequest(method, f"http://127.0.0.1:{cloud.port}{target}?{urlencode(names)}")
    S3SigV4QueryAuth(Credentials(account, "test"), "s3", "us-east-1", expires=600).add_auth(request)
    return request.url.removeprefix(f"http://127.0.0.1:{cloud.port}")


def test_headers_in_a_presigned_url_count_as_headers(cloud: Any, account: str, s3: Any, bucket: str) -> None:
    url = presigned(
        cloud, account, "PUT", f"/{bucket}/k",
        x_amz_meta_foo="bar", X_Amz_Storage_Class="STANDARD_IA", x_amz_tagging="a=b", x_id="PutObject",
    )  # fmt: skip
    assert Wire(cloud, None).send("PUT", url, b"1")[0] == 200
    found = s3.head_object(Bucket=bucket, Key="k")
    assert (found["Metadata"], found["StorageClass"]) == ({"foo": "bar"}, "STANDARD_IA")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "b"}]

    url = presigned(cloud, account, "PUT", f"/{bucket}/copy", x_amz_copy_source=f"/{bucket}/k")
    assert Wire(cloud, None).send("PUT", url)[0] == 200
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"1"

    url = presigned(cloud, account, "PUT", f"/{bucket}/public", x_amz_acl="public-read")
    assert b"AccessControlListNotSupported" in Wire(cloud, None).send("PUT", url, b"1")[2]


def test_the_checksum_of_no_content_in_a_presigned_url_is_not_believed(
    cloud: Any, account: str, s3: Any, bucket: str
) -> None:
    sums = {"x_amz_checksum_crc32": "AAAAAA==", "x_amz_sdk_checksum_algorithm": "CRC32"}
    url = presigned(cloud, account, "PUT", f"/{bucket}/k", **sums)
    assert Wire(cloud, None).send("PUT", url, b"not empty")[0] == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"not empty"


def test_a_header_that_a_presigned_url_does_not_cover(cloud: Any, account: str, bucket: str) -> None:
    url = presigned(cloud, account, "PUT", f"/{bucket}/k", x_amz_meta_a="1")
    status, _, body = Wire(cloud, None).send("PUT", url, b"1", {"x-amz-meta-b": "2"})
    error = {element.tag: element.text for element in ElementTree.fromstring(body)}
    assert (status, error["Code"], error["HeadersNotSigned"]) == (403, "AccessDenied", "x-amz-meta-b")
    assert error["Message"] == "There were headers present in the request which were not signed"


def test_a_wrong_signature_tells_what_should_have_been_signed(cloud: Any, account: str, bucket: str) -> None:
    url = presigned(cloud, account, "GET", f"/{bucket}/k")
    status, _, body = Wire(cloud, None).send("GET", url.replace("X-Amz-Expires=600", "X-Amz-Expires=601"))
    error = {element.tag: element.text or "" for element in ElementTree.fromstring(body)}
    assert (status, error["Code"], error["AWSAccessKeyId"]) == (403, "SignatureDoesNotMatch", account)
    assert error["CanonicalRequest"].startswith(f"GET\n/{bucket}/k\nX-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert bytes.fromhex(error["StringToSignBytes"]).decode() == error["StringToSign"]
    assert error["SignatureProvided"] == url.rpartition("=")[2]
