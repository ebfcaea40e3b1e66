"""What is wrong with a signature, in AWS's own code and words: one mistake at a time, in each protocol."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud

Edit = Callable[[AWSRequest], None]
WORDS = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
    " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER,"
    " STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a"
    " valid sha256 value."
)
HEADER, QUERY = "The authorization header is malformed; ", "Error parsing the X-Amz-Credential parameter; "
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


def send(cloud: RunningCloud, request: AWSRequest) -> tuple[int, bytes]:
    """The answer to a request as it is, signed or not."""
    split = urlsplit(request.url)
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=20)
    body = request.data or b""
    connection.putrequest(request.method, f"{split.path}?{split.query}".rstrip("?"), True, True)
    for name, value in {**dict(request.headers.items()), "Content-Length": str(len(body))}.items():
        connection.putheader(name, value.encode() if isinstance(value, str) else value)
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def s3_error(cloud: RunningCloud, request: AWSRequest) -> dict[str, str]:
    """The error that S3 answers, its status among its members; nothing when it answers none."""
    status, body = send(cloud, request)
    return (
        {"status": str(status), **{each.tag: each.text or "" for each in ElementTree.fromstring(body)}}
        if status > 299
        else {}
    )


def signed(account: str, cloud: RunningCloud, path: str = "/", **headers: str) -> AWSRequest:
    sent = {"Host": f"127.0.0.1:{cloud.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = AWSRequest("GET", f"{cloud.url}{path}", headers=sent)
    S3SigV4Auth(Credentials(account, "test"), "s3", "us-east-1").add_auth(request)
    return request


def replace(old: str, new: str) -> Edit:
    def edit(request: AWSRequest) -> None:
        value = request.headers["Authorization"]
        assert old in value
        header(request, "Authorization", value.replace(old, new))

    return edit


def header(request: AWSRequest, name: str, value: str | None) -> None:
    del request.headers[name]
    if value is not None:
        request.headers[name] = value


def setting(name: str, value: str | None) -> Edit:
    return lambda request: header(request, name, value)


def today() -> str:
    return datetime.now(UTC).strftime("%Y%m%d")


@pytest.mark.parametrize(
    ("edit", "status", "code", "message", "more"),
    [
        (replace("Credential=", "Credentials="), 400, "AuthorizationHeaderMalformed",
         HEADER + "the authorization header requires three components: Credential, SignedHeaders, and Signature.", {}),
        (replace("/us-east-1/", "/"), 400, "AuthorizationHeaderMalformed",
         HEADER + 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".', {}),
        (replace(f"/{today()}/us-east-1", "/2013052/us-east-1"), 400, "AuthorizationHeaderMalformed", None, {}),
        (replace("/us-east-1/", "//"), 400, "AuthorizationHeaderMalformed",
         HEADER + "a non-empty region must be provided in the credential.", {}),
        (replace("aws4_request", "aws4_reques"), 400, "AuthorizationHeaderMalformed",
         HEADER + 'incorrect terminal "aws4_reques". This endpoint uses "aws4_request".', {}),
        (replace(f"/{today()}/us-east-1", "/20130523/us-east-1"), 400, "AuthorizationHeaderMalformed",
         HEADER + "Invalid credential date. Date is not the same as X-Amz-Date.", {}),
        (setting("Authorization", "Bearer token"), 400, "InvalidArgument", "Unsupported Authorization Type",
         {"ArgumentName": "Authorization", "ArgumentValue": "Bearer token"}),
        (setting("Authorization", "AWS4-HMAC-SHA512"), 400, "InvalidArgument",
         "Authorization header is invalid -- one and only one ' ' (space) required", {}),
        (setting("Authorization", "AWS key:signature="), 400, "InvalidRequest",
         "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", {}),
        (setting("X-Amz-Date", None), 403, "AccessDenied",
         "AWS authentication requires a valid Date or x-amz-date header", {}),
        (setting("X-Amz-Date", "2013-05-24T00:00:00Z"), 403, "AccessDenied",
         "AWS authentication requires a valid Date or x-amz-date header", {}),
        (setting("X-Amz-Content-SHA256", None), 400, "InvalidRequest",
         "Missing required header for this request: x-amz-content-sha256", {}),
        (setting("X-Amz-Content-SHA256", "g" * 64), 400, "InvalidArgument", WORDS,
         {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": "g" * 64}),
        (setting("X-Amz-Content-SHA256", "unsigned-payload"), 400, "InvalidArgument", WORDS, {}),
        (setting("X-Amz-Content-SHA256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), 501, "NotImplemented", None, {}),
        (setting("X-Amz-Meta-Colour", "red"), 403, "AccessDenied",
         "There were headers present in the request which were not signed", {"HeadersNotSigned": "x-amz-meta-colour"}),
        (setting("Content-MD5", "XrY7u+Ae7tCTyyK7j1rNww=="), 403, "AccessDenied",
         "There were headers present in the request which were not signed", {"HeadersNotSigned": "content-md5"}),
        (replace("Signature=", "Signature=0"), 403, "SignatureDoesNotMatch", MISMATCH, {}),
        (setting("X-Amz-Security-Token", "made-up"), 400, "InvalidToken",
         "The provided token is malformed or otherwise invalid.", {}),
    ],
)  # fmt: skip
def test_s3_says_what_is_wrong_with_a_header(
    cloud: RunningCloud, account: str, edit: Edit, status: int, code: str, message: str | None, more: dict[str, str]
) -> None:
    request = signed(account, cloud)
    assert s3_error(cloud, request) == {}
    edit(request)
    error = s3_error(cloud, request)
    assert (error["status"], error["Code"]) == (str(status), code), error
    assert message is None or error["Message"] == message
    assert more.items() <= error.items()


def test_s3_says_whose_key_is_unknown(cloud: RunningCloud) -> None:
    error = s3_error(cloud, signed("AKIAIOSFODNN7EXAMPLE", cloud))
    assert (error["Code"], error["AWSAccessKeyId"]) == ("InvalidAccessKeyId", "AKIAIOSFODNN7EXAMPLE")
    assert error["Message"] == "The AWS Access Key Id you provided does not exist in our records."


@pytest.mark.parametrize("seconds", [-960, 960])
def test_s3_says_how_far_a_clock_is_off(cloud: RunningCloud, account: str, seconds: int) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(seconds=seconds)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        error = s3_error(cloud, signed(account, cloud))
    assert (error["status"], error["Code"]) == ("403", "RequestTimeTooSkewed")
    assert error["Message"] == "The difference between the request time and the current time is too large."
    assert error["RequestTime"] == moment.strftime("%Y%m%dT%H%M%SZ") and error["MaxAllowedSkewMilliseconds"] == "900000"
    assert datetime.strptime(error["ServerTime"], "%Y-%m-%dT%H:%M:%SZ")


def test_a_signature_may_be_dated_by_the_date_header(cloud: RunningCloud, account: str) -> None:
    now = format_datetime(datetime.now(UTC), usegmt=True)
    request = signed(account, cloud, Date=now)
    assert "X-Amz-Date" not in request.headers and "date;" in request.headers["Authorization"]
    assert s3_error(cloud, request) == {}
    header(request, "Date", "yesterday")
    assert s3_error(cloud, request)["Message"] == "AWS authentication requires a valid Date or x-amz-date header"


# ---- Presigned URLs --------------------------------------------------------------------------------------------------

WEEK = (
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800"
    " seconds"
)
SIX = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date,"
    " X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *[(name, None, SIX) for name in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")],
        ("X-Amz-Signature", None, SIX),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA1",
         'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'),
        ("X-Amz-Date", "2013-05-24T00:00:00Z",
         "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        ("X-Amz-Expires", "604801", WEEK),
        ("X-Amz-Expires", "99999999999999999999", WEEK),
        ("X-Amz-Expires", "-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires", "1h", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "", "X-Amz-Expires should be a number"),
        ("X-Amz-Credential", "key/20260101/s3/aws4_request",
         QUERY + 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("X-Amz-Credential", "key/20260101/us-east-1/s3/aws3_request",
         QUERY + 'incorrect terminal "aws3_request". This endpoint uses "aws4_request".'),
        ("X-Amz-Credential", "key/2026/us-east-1/s3/aws4",
         QUERY + 'incorrect date format "2026". This date in the credential must be in the format "yyyyMMdd".'),
    ],
)  # fmt: skip
def test_s3_says_what_is_wrong_with_a_url(
    cloud: RunningCloud, account: str, name: str, value: str | None, message: str
) -> None:
    request = presigned(cloud, account)
    assert s3_error(cloud, request) == {}
    path, _, query = request.url.partition("?")
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    kept = [(key, quote(value, safe="") if key == name and value is not None else old) for key, old in pairs]
    changed = "&".join(f"{key}={text}" for key, text in kept if key != name or value is not None)
    error = s3_error(cloud, AWSRequest("GET", f"{path}?{changed}", headers=dict(request.headers.items())))
    assert (error["status"], error["Code"]) == ("400", "AuthorizationQueryParametersError")
    assert error["Message"] == message


def presigned(cloud: RunningCloud, account: str, expires: int = 60, **headers: str) -> AWSRequest:
    sent = {"Host": f"127.0.0.1:{cloud.port}", **headers}
    request = AWSRequest("GET", f"{cloud.url}/", headers=sent)
    S3SigV4QueryAuth(Credentials(account, "test"), "s3", "us-east-1", expires=expires).add_auth(request)
    return request


@pytest.mark.parametrize("query", ["X-Amz-Algorithm=AWS4-HMAC-SHA256", "Signature=abc", "a=b&Signature="])
def test_a_header_and_a_query_are_not_taken_together(cloud: RunningCloud, account: str, query: str) -> None:
    request = signed(account, cloud, f"/?{query}")
    error = s3_error(cloud, request)
    assert (error["status"], error["Code"]) == ("400", "InvalidArgument")
    assert error["Message"].startswith("Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter")
    assert error["ArgumentValue"] == request.headers["Authorization"]


def test_a_url_of_the_future_and_one_of_another_day(cloud: RunningCloud, account: str) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=1)
    with patch("botocore.auth.get_current_datetime", return_value=moment):
        error = s3_error(cloud, presigned(cloud, account))
    assert (error["Code"], error["Message"]) == ("AccessDenied", "Request is not yet valid")
    assert error["X-Amz-Date"] == str(int(moment.replace(tzinfo=UTC).timestamp()) * 1000) and error["Expires"]
    request = presigned(cloud, account)
    request.url = request.url.replace(f"{today()}%2F", "20260101%2F")
    error = s3_error(cloud, request)
    said = f'Invalid credential date "20260101". This date is not the same as X-Amz-Date: "{today()}".'
    assert (error["Code"], error["Message"]) == ("AuthorizationQueryParametersError", said)


# ---- Other services --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "minutes", "code", "status"),
    [
        ("sts", "get_caller_identity", 15, "SignatureDoesNotMatch", 403),
        ("iam", "list_users", 15, "SignatureDoesNotMatch", 403),
        ("cloudformation", "list_stacks", 5, "SignatureDoesNotMatch", 403),
        ("dynamodb", "list_tables", 5, "InvalidSignatureException", 400),
        ("lambda", "list_functions", 5, "InvalidSignatureException", 403),
    ],
)
def test_each_service_says_how_far_a_clock_may_be_off(
    client: Any, service: str, operation: str, minutes: int, code: str, status: int
) -> None:
    asked = client(service)
    for sign, words in ((-1, ("expired", "now earlier", "-")), (1, ("not yet current", "still later", "+"))):
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        with patch(
            "botocore.auth.get_current_datetime", return_value=now + sign * timedelta(minutes=minutes, seconds=-20)
        ):
            getattr(asked, operation)()
        moment = now + sign * timedelta(minutes=minutes, seconds=20)
        with (
            patch("botocore.auth.get_current_datetime", return_value=moment),
            pytest.raises(ClientError) as refused,
        ):
            getattr(asked, operation)()
        error = refused.value.response["Error"]
        assert (error["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
        first, _, rest = error["Message"].partition(f" is {words[1]} than ")
        assert first == f"Signature {words[0]}: {moment:%Y%m%dT%H%M%SZ}"
        bound, _, rest = rest.partition(" (")
        shown = datetime.strptime(rest[:16], "%Y%m%dT%H%M%SZ")
        assert datetime.strptime(bound, "%Y%m%dT%H%M%SZ") == shown + sign * timedelta(minutes=minutes)
        assert rest[16:] == f" {words[2]} {minutes} min.)"


@pytest.mark.parametrize(
    ("service", "body", "headers", "code"),
    [
        ("sts", b"Action=GetCallerIdentity&Version=2011-06-15",
         {"Content-Type": "application/x-www-form-urlencoded"}, "SignatureDoesNotMatch"),
        ("dynamodb", b"{}",
         {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"},
         "InvalidSignatureException"),
    ],
)  # fmt: skip
def test_a_scope_of_another_day_is_refused_by_name(
    cloud: RunningCloud, account: str, service: str, body: bytes, headers: dict[str, str], code: str
) -> None:
    request = AWSRequest("POST", f"{cloud.url}/", data=body, headers={"Host": f"127.0.0.1:{cloud.port}", **headers})
    SigV4Auth(Credentials(account, "test"), service, "us-east-1").add_auth(request)
    assert send(cloud, request)[0] == 200
    stamp = request.headers["X-Amz-Date"]
    replace(f"/{stamp[:8]}/", "/20130523/")(request)
    answered = send(cloud, request)[1].decode()
    assert code in answered
    said = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
    assert f"{said}: '20130523' != '{stamp[:8]}', from '{stamp}'." in answered.replace("&apos;", "'").replace(
        "&#39;", "'"
    )


def test_a_session_is_its_key_and_its_token_until_it_ends(fresh_cloud: RunningCloud) -> None:
    given = fresh_cloud.client("sts").get_session_token(DurationSeconds=3600)["Credentials"]
    unknown, expired = "UnrecognizedClientException", "ExpiredTokenException"
    codes = {
        ("sts", "get_caller_identity"): ("InvalidClientTokenId", "InvalidClientTokenId", "ExpiredToken"),
        ("dynamodb", "list_tables"): (unknown, unknown, expired),
        ("lambda", "list_functions"): (unknown, unknown, expired),
        ("s3", "list_buckets"): ("InvalidAccessKeyId", "InvalidToken", "ExpiredToken"),
    }

    def code(service: str, operation: str, token: str | None) -> str:
        asked = fresh_cloud.client(service, key=given["AccessKeyId"], secret=given["SecretAccessKey"], token=token)
        try:
            getattr(asked, operation)()
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return ""

    for call, (without, wrong, _) in codes.items():
        tokens = given["SessionToken"], None, given["SessionToken"][:-1] + "!"
        assert [code(*call, token) for token in tokens] == ["", without, wrong], call
    fresh_cloud.clock_advance(3601)
    for call, (_, _, ended) in codes.items():
        assert code(*call, given["SessionToken"]) == ended, call
