"""S3's documents, headers, presigned URLs, forms and chunked bodies."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from cloudarium.gateway import sigv4
from cloudarium.gateway.http import HttpRequest
from tests.fuzz.area import area, grammar, hostile_json
from tests.fuzz.furniture import BUCKET, bucket
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import REGION, Target
from tests.fuzz.wire import latin, line

_XMLNS = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_WORDS = (
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]> &b; &#0; &#xD800; <![CDATA[ ]]> <Rule> </Rule> <Filter/> '
    "<And> "
    "<Tag><Key>k</Key><Value>v</Value></Tag> <Days>0</Days> <Date>2026-01-01T00:00:00Z</Date> xmlns:x= <x:Rule> * ** "
    "Enabled"
)


def _document(query: str) -> Callable[[Target, str], None]:
    def ask(target: Target, text: str) -> None:
        request = HttpRequest("PUT", f"/{BUCKET}", query, body=text.encode("utf-8", "surrogatepass"))
        if target.send(request, "s3").status < 300:
            target.send(HttpRequest("GET", f"/{BUCKET}", query), "s3")
            _use(target, query)

    return ask


def _use(target: Target, query: str) -> None:
    """Have what was configured decide about something."""
    if query == "cors":
        for method in ("GET", "PUT"):
            headers = {"host": "127.0.0.1:4566", "origin": "https://a.example.com",
            "access-control-request-method": method,
                       "access-control-request-headers": "x-a, X-B"}  # fmt: skip
            target.judge(HttpRequest("OPTIONS", f"/{BUCKET}/key", headers=headers))
    else:
        target.ask("s3", "PutObject", Bucket=BUCKET, Key="logs/one", Body=b"x", Tagging="k=v")
        target.ask("s3", "HeadObject", Bucket=BUCKET, Key="logs/one")
        target.ask("s3", "DeleteObject", Bucket=BUCKET, Key="logs/one")


_CORS = (
    f"<CORSConfiguration{_XMLNS}><CORSRule><ID>one</ID><AllowedOrigin>https://*.example.com</AllowedOrigin>"
    "<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-*</AllowedHeader>"
    "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    "</CORSConfiguration>",
)
_LIFECYCLE = (
    f"<LifecycleConfiguration{_XMLNS}><Rule><ID>r</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status>"
    "<Expiration><Days>3</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>"
    "</NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>",
    "<LifecycleConfiguration><Rule><Filter><And><Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
    "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Status>Disabled</Status><Expiration>"
    "<Date>2027-01-01T00:00:00Z</Date></Expiration><Transition><Days>30</Days><StorageClass>GLACIER</StorageClass>"
    "</Transition></Rule></LifecycleConfiguration>",
)
_NOTIFICATION = (
    f"<NotificationConfiguration{_XMLNS}><CloudFunctionConfiguration><Id>n</Id><CloudFunction>"
    "arn:aws:lambda:us-east-1:111122223333:function:fuzz</CloudFunction><Event>s3:ObjectCreated:*</Event><Filter><S3Key>"
    "<FilterRule><Name>prefix</Name><Value>a/</Value></FilterRule></S3Key></Filter></CloudFunctionConfiguration>"
    "</NotificationConfiguration>",
    "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>",
    "<NotificationConfiguration/>",
)  # fmt: skip
_TAGS = (
    f"<Tagging{_XMLNS}><TagSet><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>aws:x</Key><Value/></Tag></TagSet></Tagging>",
    "<Tagging><TagSet/></Tagging>",
)
_ENCRYPTION = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
)
_VERSIONING = ("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",)
_ACL = (
    "<AccessControlPolicy><Owner><ID>x</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="
    '"http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>x</ID></Grantee><Permission>FULL_CONTROL'
    "</Permission></Grant></AccessControlList></AccessControlPolicy>",
)
for _query, _seeds in (
    ("cors", _CORS), ("lifecycle", _LIFECYCLE), ("notification", _NOTIFICATION), ("tagging", _TAGS),
    ("encryption", _ENCRYPTION), ("versioning", _VERSIONING), ("acl", _ACL),
):  # fmt: skip
    grammar(f"s3-{_query}", _seeds, _document(_query), _WORDS, bucket)


def _delete(target: Target, text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    import hashlib

    headers = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    target.send(HttpRequest("POST", f"/{BUCKET}", "delete", headers, body), "s3")


grammar(
    "s3-delete",
    (f"<Delete{_XMLNS}><Object><Key>a/b</Key><VersionId>null</VersionId></Object><Object><Key>z</Key></Object>"
     "<Quiet>true</Quiet></Delete>",),
    _delete, _WORDS, bucket,
)  # fmt: skip


def _complete(target: Target, text: str) -> None:
    known = target.known
    if "UploadId" not in known:
        known["UploadId"] = target.do("s3", "CreateMultipartUpload", Bucket=BUCKET, Key="multi")["UploadId"]
        part = {"Bucket": BUCKET, "Key": "multi", "UploadId": known["UploadId"]}
        known["ETag"] = target.do("s3", "UploadPart", PartNumber=1, Body=b"x", **part)["ETag"]
    text = text.replace("ETAG", known["ETag"].strip('"'))
    query = f"uploadId={known['UploadId']}"
    answer = target.send(HttpRequest("POST", f"/{BUCKET}/multi", query, body=text.encode("utf-8", "replace")), "s3")
    if answer.status < 300:
        del known["UploadId"]


grammar(
    "s3-complete",
    (f"<CompleteMultipartUpload{_XMLNS}><Part><PartNumber>1</PartNumber><ETag>\"ETAG\"</ETag></Part>"
     "</CompleteMultipartUpload>",),
    _complete, _WORDS + " <Part> </Part> <PartNumber>10001</PartNumber> <ETag>&quot;ETAG&quot;</ETag>", bucket,
)  # fmt: skip


# ---- Headers ---------------------------------------------------------------------------------------------------------

_HEADERS = {
    "range": ("bytes=0-5", "bytes=-3", "bytes=2-", "bytes=0-1,3-4", "bytes=999-", "items=0-1"),
    "if-match": ('"abc"', "*", '"a", "b"', 'W/"x"'),
    "if-none-match": ('"abc"', "*", ""),
    "if-modified-since": ("Mon, 01 Jan 2024 00:00:00 GMT", "2024-01-01T00:00:00Z", "Monday, 01-Jan-24 00:00:00 GMT"),
    "if-unmodified-since": ("Mon, 01 Jan 2024 00:00:00 GMT", "Thu, 31 Dec 9999 23:59:59 GMT"),
    "x-amz-copy-source": (f"{BUCKET}/key", f"/{BUCKET}/a%2Fb?versionId=null",
    "arn:aws:s3:us-east-1:1:accesspoint/a/object/k"),
    "x-amz-copy-source-range": ("bytes=0-5", "bytes=0-999999999999"),
    "x-amz-copy-source-if-modified-since": ("Mon, 01 Jan 2024 00:00:00 GMT",),
    "x-amz-tagging": ("a=b&c=d", "a=b&a=c", "%zz=%ff", "x"),
    "x-amz-checksum-crc32": ("AAAAAA==", "x"), "x-amz-checksum-sha256": ("A" * 43 + "=",),
    "content-md5": ("XUFAKrxLKna5cZ2REBfFkg==", "x"), "x-amz-object-attributes": ("ETag,ObjectSize,Checksum", "x"),
    "x-amz-acl": ("private", "public-read"), "x-amz-grant-read": ('id="x"', 'uri="http://acs.amazonaws.com/groups/x"'),
    "x-amz-storage-class": ("STANDARD", "GLACIER"), "x-amz-website-redirect-location": ("/x", "http://a"),
    "x-amz-expected-bucket-owner": ("111122223333", "x"), "x-amz-server-side-encryption": ("AES256", "aws:kms"),
    "expires": ("Mon, 01 Jan 2024 00:00:00 GMT", "x"), "x-amz-meta-a": ("ü", "=?UTF-8?Q?x?="),
    "cache-control": ("x\x0by",),
    "x-amz-max-parts": ("1", "-1"), "x-amz-part-number-marker": ("0", "x"), "x-amz-mp-object-size": ("1", "-1"),
    "origin": ("https://a.example.com", "null"), "x-amz-object-lock-mode": ("GOVERNANCE",),
    "content-encoding": ("gzip",),
}  # fmt: skip
_QUERIES = (
    "", "versionId=null", "partNumber=1", "list-type=2&prefix=a&delimiter=/&max-keys=2&start-after=a",
    "encoding-type=url",
    "list-type=2&continuation-token=abc", "versions&key-marker=a&version-id-marker=b", "uploads&upload-id-marker=x",
    "acl",
    "attributes", "response-content-type=text/plain&response-expires=x", "tagging", "uploadId=x&part-number-marker=-1",
    "marker=%00", "list-type=2&max-keys=1001&fetch-owner=x", "location", "policyStatus", "delete",
    "select&select-type=2",
)  # fmt: skip


@area("s3-headers", bucket)
def _headers(target: Target, source: Random) -> None:
    """Ranges, conditions, dates, copies, tags and lists' parameters on objects and buckets."""
    mutator = Mutator(
        source, [word for words in _HEADERS.values() for word in words] + ["bytes=", "-", ",", "null", "/"]
    )
    method = source.choice(("GET", "GET", "HEAD", "PUT", "DELETE", "POST"))
    path = source.choice((f"/{BUCKET}/key", f"/{BUCKET}/a/b", f"/{BUCKET}", f"/{BUCKET}/new", f"/{BUCKET}/%ff", "/"))
    request = HttpRequest(method, path, source.choice(_QUERIES))
    for name in source.sample(sorted(_HEADERS), source.choice((0, 1, 1, 2, 3))):
        text = source.choice(_HEADERS[name])
        request.headers[name] = latin(mutator.text(text) if source.random() < 0.6 else text)
    if request.query and source.random() < 0.6:
        request.query = line(mutator.text(request.query))
    if source.random() < 0.2:
        request.path = line(mutator.text(path))
    if not request.path.startswith("/"):
        request.path = "/" + request.path
    request.body = source.choice((b"", b"hello")) if method in ("PUT", "POST") else b""
    target.send(request, "s3")


# ---- Presigned, forms, chunks ----------------------------------------------------------------------------------------


def _stamped(target: Target) -> str:
    return datetime.fromtimestamp(target.cloud.clock.now(), UTC).strftime("%Y%m%dT%H%M%SZ")


@area("s3-presigned", bucket)
def _presigned(target: Target, source: Random) -> None:
    """Presigned URLs whose other parameters are varied before they are signed."""
    mutator = Mutator(
        source, ["X-Amz-Expires=", "x-amz-meta-a=", "x-amz-acl=", "response-content-type=", "%0d%0a", "&", "="]
    )
    stamp = _stamped(target)
    extra = mutator.text(
        source.choice(("x-amz-meta-a=b&response-content-type=text%2Fplain", "versionId=null", "x-id=GetObject"))
    )
    query = (
        f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={target.account}%2F{stamp[:8]}%2F{REGION}%2Fs3%2Faws4_request"
        f"&X-Amz-Date={stamp}&X-Amz-Expires=900&X-Amz-SignedHeaders=host&{line(extra)}"
    )
    headers = {"host": source.choice(("127.0.0.1:4566", f"{BUCKET}.s3.localhost:4566", "s3.amazonaws.com"))}
    request = HttpRequest(source.choice(("GET", "PUT", "HEAD", "DELETE")), f"/{BUCKET}/key", query, headers)
    claim = sigv4.Claim(target.account, stamp[:8], REGION, "s3", "aws4_request", "host", "", stamp, "", 900)
    request.query += "&X-Amz-Signature=" + sigv4.signature_of(claim, request, "test", sigv4.UNSIGNED, True)
    target.judge(request)
    target.ask("s3", "HeadObject", Bucket=BUCKET, Key="key")


_POLICY = {
    "expiration": "2999-01-01T00:00:00Z",
    "conditions": [
        {"bucket": BUCKET}, ["starts-with", "$key", "up/"], ["content-length-range", 0, 1000],
        ["eq", "$success_action_status", "201"], ["starts-with", "$x-amz-meta-a", ""], ["starts-with",
        "$Content-Type", ""],
        {"x-amz-algorithm": "AWS4-HMAC-SHA256"}, ["starts-with", "$x-amz-credential", ""], ["starts-with",
        "$x-amz-date", ""],
    ],
}  # fmt: skip


@area("s3-forms", bucket)
def _forms(target: Target, source: Random) -> None:
    """Browsers' forms: the policy varied and then signed, the fields, the multipart body itself."""
    mutator = Mutator(
        source, ["eq", "starts-with", "content-length-range", "$key", "$", "${filename}", "bucket", "\r\n--", "--"]
    )
    stamp = _stamped(target)
    policy = hostile_json(mutator, _POLICY) if source.random() < 0.5 else json.dumps(_POLICY)
    encoded = base64.b64encode(policy.encode("utf-8", "surrogatepass")).decode()
    key = sigv4.signing_key("test", stamp[:8], REGION, "s3")
    fields = {
        "key": "up/${filename}", "success_action_status": "201", "x-amz-meta-a": "b", "Content-Type": "text/plain",
        "policy": encoded, "x-amz-algorithm": sigv4.ALGORITHM, "x-amz-date": stamp,
        "x-amz-credential": f"{target.account}/{stamp[:8]}/{REGION}/s3/aws4_request",
        "x-amz-signature": hmac.digest(key, encoded.encode(), "sha256").hex(),
    }  # fmt: skip
    if source.random() < 0.4:
        name = source.choice(sorted(fields))
        fields[mutator.text(name) if source.random() < 0.3 else name] = mutator.text(fields[name])
    body = _multipart(fields)
    if source.random() < 0.3:
        body = mutator.data(body)
    kind = "multipart/form-data; boundary=xyz"
    headers = {"host": "127.0.0.1:4566", "content-type": latin(mutator.text(kind)) if source.random() < 0.1 else kind}
    if target.judge(HttpRequest("POST", f"/{BUCKET}", "", headers, body)).status < 300:
        target.ask("s3", "GetObject", Bucket=BUCKET, Key="up/a.txt")


def _multipart(fields: dict[str, str]) -> bytes:
    parts = [
        b'--xyz\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (name.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass"))
        for name, text in fields.items()
    ]
    file = b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    file += b"Content-Type: text/plain\r\n\r\nhi\r\n"
    return b"".join(parts) + file + b"--xyz--\r\n"


@area("s3-chunks", bucket)
def _chunks(target: Target, source: Random) -> None:
    """Bodies in signed and unsigned chunks: sizes, signatures and trailers that lie."""
    mutator = Mutator(
        source,
        ["chunk-signature=", ";", "\r\n", "0\r\n", "x-amz-checksum-crc32:", "x-amz-trailer-signature:", "ffffffff"],
    )
    kind = source.choice(("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
                          "STREAMING-UNSIGNED-PAYLOAD-TRAILER"))  # fmt: skip
    content = b"hello chunks" * source.choice((1, 30, 1000))
    headers = {
        "x-amz-content-sha256": kind,
        "x-amz-decoded-content-length": str(len(content)),
        "host": "127.0.0.1:4566",
    }
    if kind.endswith("TRAILER"):
        headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    request = HttpRequest("PUT", f"/{BUCKET}/chunked", "", headers)
    target.sign(request, "s3", target.account, "test")
    body = _chunked(target, request, content, kind)
    request.body = mutator.data(body) if source.random() < 0.85 else body
    target.judge(request)
    target.ask("s3", "HeadObject", Bucket=BUCKET, Key="key")


def _chunked(target: Target, request: HttpRequest, content: bytes, kind: str) -> bytes:
    claim = sigv4.claim_of(request)
    assert claim is not None
    key, previous, out = sigv4.signing_key("test", claim.date, REGION, "s3"), claim.signature, b""
    for part in (content[:9000], content[9000:], b"") if len(content) > 9000 else (content, b""):
        head = b"%x" % len(part)
        if "HMAC" in kind:
            previous = sigv4.chunk_signature(key, claim, previous, part)
            head += b";chunk-signature=" + previous.encode()
        out += head + b"\r\n" + part + (b"\r\n" if part else b"")
    if kind.endswith("TRAILER"):
        out += b"x-amz-checksum-crc32:AAAAAA==\r\n"
        if "HMAC" in kind:
            proof = sigv4.trailer_signature(key, claim, previous, b"x-amz-checksum-crc32:AAAAAA==\n")
            out += b"x-amz-trailer-signature:" + proof.encode() + b"\r\n"
    return out + b"\r\n"
