"""Uploads by a browser's form: what boto3's generate_presigned_post signs, posted as a browser posts it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

_BOUNDARY = "----a-browsers-boundary"


def encoded(fields: Sequence[tuple[str, str]], file: bytes | None, filename: str | None = "photo.jpg") -> bytes:
    """A form's body: the fields, then the file."""
    lines = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    if file is not None:
        named = f'; filename="{filename}"' if filename is not None else ""
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"{named}\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        lines.append(head.encode() + file + b"\r\n")
    return b"".join(lines) + f"--{_BOUNDARY}--\r\n".encode()


class Answer:
    """What the post was answered: `error` is the error's elements, `xml` any document's."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.xml = {}
        if self.body:
            self.xml = {element.tag: element.text or "" for element in ElementTree.fromstring(self.body)}
        self.code, self.message = self.xml.get("Code"), self.xml.get("Message")


@pytest.fixture
def post(cloud: Any) -> Callable[..., Answer]:
    """Post a body to a path, chunk by chunk when it is large."""

    def send(path: str, body: bytes, host: str | None = None, type: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=30)
        try:
            sent = {
                "host": host or f"127.0.0.1:{cloud.port}",
                "content-type": type or f"multipart/form-data; boundary={_BOUNDARY}",
                "content-length": str(len(body)),
                **headers,
            }
            connection.request("POST", path, body, sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    return send


@pytest.fixture
def upload(client: Any, bucket: str, post: Callable[..., Answer]) -> Callable[..., Answer]:
    """Sign a form with boto3 (version 4) and post it, with more fields than it signs where asked."""
    signer = client("s3", signature_version="s3v4")

    def send(
        key: str = "photo.jpg",
        file: bytes | None = b"content",
        fields: Mapping[str, str] | None = None,
        conditions: Sequence[Any] = (),
        more: Mapping[str, str] | None = None,
        without: Sequence[str] = (),
        filename: str | None = "photo.jpg",
        user: Any = None,
        expires: int = 3600,
    ) -> Answer:
        form = (user or signer).generate_presigned_post(
            bucket, key, Fields=dict(fields or {}), Conditions=list(conditions), ExpiresIn=expires
        )
        pairs = [(name, value) for name, value in {**form["fields"], **(more or {})}.items() if name not in without]
        return post(f"/{bucket}", encoded(pairs, file, filename))

    return send


# ---- It works -------------------------------------------------------------------------------------------------------


def test_a_form_makes_an_object(s3: Any, bucket: str, upload: Any) -> None:
    answer = upload("photos/one.jpg", b"a photo")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["etag"] == f'"{hashlib.md5(b"a photo").hexdigest()}"'
    assert answer.headers["location"].endswith(f"/{bucket}/photos%2Fone.jpg")
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    found = s3.get_object(Bucket=bucket, Key="photos/one.jpg")
    assert found["Body"].read() == b"a photo"
    assert found["ContentType"] == "binary/octet-stream"


def test_the_files_name_goes_into_the_key(s3: Any, bucket: str, upload: Any) -> None:
    assert upload("in/${filename}", filename="ü b.txt").status == 204
    assert upload("in/${filename}", filename=None).status == 204

    keys = [line["Key"] for line in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["in/${filename}", "in/ü b.txt"]


def test_fields_become_the_objects_headers(s3: Any, bucket: str, upload: Any) -> None:
    fields = {
        "Content-Type": "text/plain",
        "Cache-Control": "no-cache",
        "x-amz-meta-Colour": "red",
        "x-amz-storage-class": "STANDARD_IA",
        "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>",
    }
    assert upload("k", fields=fields, conditions=[{name: value} for name, value in fields.items()]).status == 204

    found = s3.head_object(Bucket=bucket, Key="k")
    assert (found["ContentType"], found["CacheControl"], found["StorageClass"]) == (
        "text/plain", "no-cache", "STANDARD_IA"
    )  # fmt: skip
    assert found["Metadata"] == {"colour": "red"}
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "b c"}]


def test_a_large_file_streams_in(s3: Any, bucket: str, upload: Any) -> None:
    content = (b"\r\n--" + _BOUNDARY.encode()[:-1]) * 200_000
    assert upload("large", content).status == 204
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == content


def test_success_can_be_told_with_a_document(upload: Any, bucket: str) -> None:
    answer = upload("a/b c.txt", fields={"success_action_status": "201"}, conditions=[{"success_action_status": "201"}])

    assert answer.status == 201
    assert answer.xml["Bucket"] == bucket
    assert answer.xml["Key"] == "a/b c.txt"
    assert answer.xml["ETag"] == answer.headers["etag"]
    assert answer.xml["Location"] == answer.headers["location"]
    assert answer.headers["location"].endswith("/a%2Fb%20c.txt")


@pytest.mark.parametrize(("asked", "status"), [("200", 200), ("404", 204), ("x", 204)])
def test_other_statuses_are_empty_answers(upload: Any, asked: str, status: int) -> None:
    answer = upload(fields={"success_action_status": asked}, conditions=[{"success_action_status": asked}])
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize(
    ("target", "start"),
    [
        ("http://a.test/done", "http://a.test/done?bucket="),
        ("http://a.test/done?x=1", "http://a.test/done?x=1&bucket="),
    ],
)
def test_success_can_redirect(upload: Any, bucket: str, target: str, start: str) -> None:
    answer = upload(
        "a/b c",
        fields={"success_action_redirect": target},
        conditions=[["starts-with", "$success_action_redirect", ""]],
    )
    etag = answer.headers["etag"].replace('"', "%22")
    assert (answer.status, answer.body) == (303, b"")
    assert answer.headers["location"] == f"{start}{bucket}&key=a%2Fb+c&etag={etag}"


def test_a_redirect_to_no_url_is_none(upload: Any) -> None:
    target = "/relative"
    answer = upload(fields={"success_action_redirect": target}, conditions=[{"success_action_redirect": target}])
    assert answer.status == 204


def test_the_bucket_may_be_the_host(s3: Any, bucket: str, post: Any, cloud: Any) -> None:
    form = s3.generate_presigned_post(bucket, "by-host/x")
    host = f"{bucket}.s3.localhost:{cloud.port}"
    answer = post("/", encoded(list(form["fields"].items()), b"1"), host=host)
    assert (answer.status, answer.headers["location"]) == (204, f"http://{host}/by-host%2Fx")


def test_a_versioned_bucket_tells_the_version(s3: Any, versioned: str, upload: Any) -> None:
    answer = upload("k")
    assert answer.headers["x-amz-version-id"] == s3.head_object(Bucket=versioned, Key="k")["VersionId"]


def test_names_of_fields_and_conditions_have_no_case(upload: Any) -> None:
    answer = upload(
        fields={"X-AMZ-META-a": "Value", "cOnTeNt-TyPe": "text/plain"},
        conditions=[["StArTs-WiTh", "$X-amz-Meta-A", "Val"], {"Content-Type": "text/plain"}],
        more={"x-ignore-this": "1"},
    )
    assert answer.status == 204


def test_an_older_signature(s3: Any, bucket: str, account: str, post: Any) -> None:
    policy = {
        "expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600)),
        "conditions": [{"bucket": bucket}, ["starts-with", "$key", "foo"]],
    }
    text = base64.b64encode(json.dumps(policy).encode()).decode()
    signature = base64.b64encode(hmac.digest(b"test", text.encode(), "sha1")).decode()
    fields = [("key", "foo.txt"), ("AWSAccessKeyId", account), ("signature", signature), ("policy", text)]
    assert post(f"/{bucket}", encoded(fields, b"bar")).status == 204
    assert s3.get_object(Bucket=bucket, Key="foo.txt")["Body"].read() == b"bar"

    fields[2] = ("signature", signature[::-1])
    assert post(f"/{bucket}", encoded(fields, b"bar")).code == "SignatureDoesNotMatch"


# ---- It is refused --------------------------------------------------------------------------------------------------


def refused(answer: Answer, s3: Any, bucket: str) -> tuple[int, str | None, str | None]:
    """Status, code and message of a post that left nothing behind."""
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    return answer.status, answer.code, answer.message


def test_a_condition_that_does_not_hold(s3: Any, bucket: str, upload: Any) -> None:
    answer = upload(fields={"x-amz-meta-a": "no"}, conditions=[["eq", "$x-amz-meta-a", 'y"es']])
    assert refused(answer, s3, bucket) == (
        403, "AccessDenied",
        'Invalid according to Policy: Policy Condition failed: ["eq", "$x-amz-meta-a", "y\\"es"]',
    )  # fmt: skip


@pytest.mark.parametrize(
    "condition", [{"x-amz-meta-a": "1"}, ["starts-with", "$x-amz-meta-a", ""], ["eq", "x-amz-meta-b", "1"]]
)
def test_a_condition_on_what_is_not_there(s3: Any, bucket: str, upload: Any, condition: Any) -> None:
    answer = upload(conditions=[condition])
    assert refused(answer, s3, bucket)[:2] == (403, "AccessDenied")
    assert answer.message.startswith("Invalid according to Policy: Policy Condition failed: ")


def test_a_field_that_the_policy_does_not_know(s3: Any, bucket: str, upload: Any) -> None:
    answer = upload(more={"x-amz-meta-More": "1"})
    assert refused(answer, s3, bucket) == (
        403, "AccessDenied", "Invalid according to Policy: Extra input fields: x-amz-meta-More"
    )  # fmt: skip


def test_another_key_or_bucket_than_signed(s3: Any, bucket: str, upload: Any, post: Any, client: Any) -> None:
    assert upload(more={"key": "other"}).code == "AccessDenied"
    form = s3.generate_presigned_post("not-" + bucket, "k")
    fields = [*form["fields"].items(), ("bucket", "not-" + bucket)]
    answer = post(f"/{bucket}", encoded(fields, b"1"))
    assert refused(answer, s3, bucket)[:2] == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("size", "code", "told"),
    [
        (4, "EntityTooSmall", {"ProposedSize": "4", "MinSizeAllowed": "5"}),
        (11, "EntityTooLarge", {"ProposedSize": "11", "MaxSizeAllowed": "10"}),
        (300_000, "EntityTooLarge", {"ProposedSize": "300000", "MaxSizeAllowed": "10"}),
    ],
)
def test_a_file_out_of_the_range(s3: Any, bucket: str, upload: Any, size: int, code: str, told: Any) -> None:
    answer = upload(file=b"x" * size, conditions=[["content-length-range", 5, 10]])
    assert refused(answer, s3, bucket)[:2] == (400, code)
    assert told.items() <= answer.xml.items()


@pytest.mark.parametrize("size", [5, 10])
def test_a_files_range_includes_its_ends(upload: Any, size: int) -> None:
    assert upload(file=b"x" * size, conditions=[["content-length-range", "5", "10"]]).status == 204


def test_an_expired_policy(fresh_cloud: Any) -> None:
    import boto3
    from botocore.config import Config

    s3 = boto3.client(
        "s3", endpoint_url=fresh_cloud.url, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    s3.create_bucket(Bucket="expiring")
    form = s3.generate_presigned_post("expiring", "k", ExpiresIn=60)
    fresh_cloud.clock_advance(61)
    connection = http.client.HTTPConnection("127.0.0.1", fresh_cloud.port)
    headers = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}
    connection.request("POST", "/expiring", encoded(list(form["fields"].items()), b"1"), headers)
    answer = Answer(connection.getresponse())
    connection.close()
    assert (answer.status, answer.code, answer.message) == (
        403, "AccessDenied", "Invalid according to Policy: Policy expired."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("without", "named"),
    [
        (("x-amz-signature",), "X-Amz-Signature"),
        (("x-amz-algorithm", "x-amz-credential"), "X-Amz-Algorithm"),
        (("policy",), "Policy"),
        (("key",), "key"),
    ],
)
def test_a_missing_field(s3: Any, bucket: str, upload: Any, without: Sequence[str], named: str) -> None:
    answer = upload(without=without)
    assert refused(answer, s3, bucket) == (
        400, "InvalidArgument",
        f"Bucket POST must contain a field named '{named}'.  If it is specified, please check the order of the fields.",
    )  # fmt: skip
    assert answer.xml["ArgumentName"] == named


def test_who_does_not_sign_is_anonymous(s3: Any, bucket: str, upload: Any) -> None:
    signing = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
    answer = upload(without=signing)
    assert refused(answer, s3, bucket)[:2] == (403, "AccessDenied")


def test_a_public_bucket_takes_anonymous_forms(s3: Any, bucket: str, upload: Any) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/in/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    signing = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
    assert upload("in/x", without=signing).status == 204
    assert upload("out/x", without=signing).status == 403


def test_the_signers_permissions_count(bucket: str, upload: Any, iam_user: Any) -> None:
    allowed = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/mine/*"}
    user = iam_user({"Version": "2012-10-17", "Statement": [allowed]})
    assert upload("mine/x", user=user("s3")).status == 204
    answer = upload("yours/x", user=user("s3"))
    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_a_wrong_signature_tells_what_was_signed(upload: Any, account: str) -> None:
    answer = upload(more={"x-amz-signature": "0" * 64})
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert answer.xml["AWSAccessKeyId"] == account
    assert answer.xml["SignatureProvided"] == "0" * 64
    assert bytes.fromhex(answer.xml["StringToSignBytes"]).decode() == answer.xml["StringToSign"]


def signed(account: str, policy: str) -> list[tuple[str, str]]:
    """The fields of a form with any policy, well signed."""
    text = base64.b64encode(policy.encode()).decode()
    signature = base64.b64encode(hmac.digest(b"test", text.encode(), "sha1")).decode()
    return [("key", "k"), ("AWSAccessKeyId", account), ("signature", signature), ("policy", text)]


_SOON = "SOON"  # in the names of tests, which every worker must know alike


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "no JSON",
        "[]",
        "[" * 100_0,
        "{}",
        '{"conditions": []}',
        f'{{"expiration": "{_SOON}"}}',
        f'{{"EXPIRATION": "{_SOON}", "conditions": []}}',
        '{"expiration": "2030-01-01 00:00:00", "conditions": []}',
        '{"expiration": 7, "conditions": []}',
        f'{{"expiration": "{_SOON}", "conditions": {{}}}}',
        *(
            f'{{"expiration": "{_SOON}", "conditions": [{condition}]}}'
            for condition in (
                "{}", "[]", "7", '{"a": "b", "c": "d"}', '{"key": 7}', '["eq", "$key"]', '["like", "$key", "k"]',
                '["eq", "$key", 7]', '["content-length-range", 0]', '["content-length-range", -1, 0]',
                '["content-length-range", 0, 512.0]', '["content-length-range", 0, {}]', "[7, 8, 9]", "[[], {}, null]",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_policy(s3: Any, bucket: str, account: str, post: Any, policy: str) -> None:
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    answer = post(f"/{bucket}", encoded(signed(account, policy.replace(_SOON, soon)), b"1"))
    assert refused(answer, s3, bucket)[:2] == (400, "InvalidPolicyDocument")


def test_forms_that_are_broken(s3: Any, bucket: str, account: str, post: Any) -> None:
    whole = encoded([("key", "k")], b"1")
    for body in (b"", b"nonsense", whole[:30], whole[:-20], whole.replace(b'name="key"', b""), b"\r\n" * 5000):
        answer = post(f"/{bucket}", body)
        assert refused(answer, s3, bucket)[0] in (400, 403), body
    assert post(f"/{bucket}", whole, type="multipart/form-data").code == "MalformedPOSTRequest"
    assert post(f"/{bucket}", encoded([("key", "k")], None)).message.startswith("POST requires exactly one file")
    large = post(f"/{bucket}", encoded([("key", "k"), ("x", "y" * 30_000)], b"1"))
    assert (large.status, large.code) == (400, "MaxPostPreDataLengthExceeded")
    assert post(f"/{bucket}/key", whole).code == "MethodNotAllowed"
    assert post(f"/no-{bucket}", whole).code == "NoSuchBucket"


def test_an_acl_is_refused_as_in_every_other_write(s3: Any, bucket: str, upload: Any) -> None:
    answer = upload(fields={"acl": "public-read"}, conditions=[{"acl": "public-read"}])
    assert refused(answer, s3, bucket)[:2] == (400, "AccessControlListNotSupported")


@pytest.mark.parametrize(
    "field", ["x-amz-meta-a%0D%0ASet-Cookie: b", "x-amz-meta-a b", "x-amz-meta-ü", "x-amz-meta-a:b"], ids=range(4)
)
def test_a_name_of_no_header(s3: Any, bucket: str, upload: Any, field: str) -> None:
    """Every reader of the object would get it as a header, or as several."""
    answer = upload("k", b"x", fields={field: "v"}, conditions=[["starts-with", "$x-amz-meta-", ""]])
    assert answer.status in (400, 403)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
