"""Who signed: good and bad keys, skewed clocks, presigned URLs and the moved clock."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


def test_the_root_of_each_account_signs_with_its_number(cloud: RunningCloud, account: str, client: Any) -> None:
    assert client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    assert cloud.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_unknown_and_wrong_keys_are_refused(client: Any) -> None:
    with pytest.raises(ClientError) as refused:
        client("sts", key="AKIAIOSFODNN7EXAMPLE").get_caller_identity()
    assert code(refused) == "InvalidClientTokenId"
    with pytest.raises(ClientError) as refused:
        client("sts", secret="wrong").get_caller_identity()
    assert code(refused) == "SignatureDoesNotMatch"
    with pytest.raises(ClientError) as refused:
        client("sts", token="made-up").get_caller_identity()
    assert code(refused) == "InvalidClientTokenId"
    with pytest.raises(ClientError) as refused:
        client("s3", secret="wrong").list_buckets()
    assert code(refused) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_skewed_clock_is_refused(client: Any, minutes: int) -> None:
    skewed = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    sts, s3 = client("sts"), client("s3")
    with patch("botocore.auth.get_current_datetime", return_value=skewed):
        with pytest.raises(ClientError, match="Signature expired|Signature not yet current") as refused:
            sts.get_caller_identity()
        assert code(refused) == "SignatureDoesNotMatch"
        with pytest.raises(ClientError) as refused:
            s3.list_buckets()
        assert code(refused) == "RequestTimeTooSkewed"


def test_inactive_and_deleted_keys_are_refused(client: Any) -> None:
    iam = client("iam")
    iam.create_user(UserName="u")
    pair = iam.create_access_key(UserName="u")["AccessKey"]
    mine = client("sts", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    assert mine.get_caller_identity()["Arn"].endswith(":user/u")
    iam.update_access_key(UserName="u", AccessKeyId=pair["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError) as refused:
        mine.get_caller_identity()
    assert code(refused) == "InvalidClientTokenId"
    iam.update_access_key(UserName="u", AccessKeyId=pair["AccessKeyId"], Status="Active")
    assert mine.get_caller_identity()["Account"]
    iam.delete_access_key(UserName="u", AccessKeyId=pair["AccessKeyId"])
    with pytest.raises(ClientError):
        mine.get_caller_identity()


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_streamed_body_is_proved_whatever_its_size(client: Any, size: int) -> None:
    with pytest.raises(ClientError) as refused:
        client("lambda").invoke_async(FunctionName="nobody", InvokeArgs=b'"' + b"x" * size + b'"')
    assert code(refused) == "ResourceNotFoundException"


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_presigned_url_expires_with_the_clouds_clock(fresh_cloud: RunningCloud) -> None:
    s3 = fresh_cloud.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="a b+c", Body=b"cat")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "pictures", "Key": "a b+c"}, ExpiresIn=3600)
    assert get(url) == (200, b"cat")
    status, body = get(url[:-1] + ("0" if url[-1] != "0" else "1"))
    assert status == 403 and b"SignatureDoesNotMatch" in body
    fresh_cloud.control("clock", {"advance": 3700, "wait": True})
    status, body = get(url)
    assert status == 403 and b"Request has expired" in body
    again = s3.generate_presigned_url("get_object", Params={"Bucket": "pictures", "Key": "a b+c"}, ExpiresIn=60)
    assert get(again) == (200, b"cat")


def test_a_presigned_call_of_another_service_signs_its_empty_body(cloud: RunningCloud, account: str) -> None:
    sts = cloud.client("sts", key=account)
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    status, body = get(url)
    assert status == 200 and f"<Account>{account}</Account>".encode() in body
    status, body = get(url.replace("Action=GetCallerIdentity", "Action=GetSessionToken"))
    assert status == 403 and b"SignatureDoesNotMatch" in body
    with_body = urllib.request.Request(url, b"DurationSeconds=900", method="GET")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(with_body, timeout=20)
    assert refused.value.code == 403
