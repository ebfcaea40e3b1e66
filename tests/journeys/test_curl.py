"""curl on presigned URLs: whoever holds the URL may do that one thing, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def curl() -> Callable[..., tuple[int, str]]:
    """Runs curl; gives the status and the body."""
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is not installed")

    def run(*words: str) -> tuple[int, str]:
        command = [program, "--silent", "--show-error", "--write-out", "\n%{http_code}", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    return run


@pytest.fixture(params=["s3v4", None], ids=["version 4", "boto3's default"])
def s3(client: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    """An S3 client that signs URLs by Signature Version 4, or as boto3 does unless told otherwise."""
    return client("s3", signature_version=request.param) if request.param else client("s3")


@pytest.fixture
def bucket(client: Callable[..., Any], account: str) -> str:
    """A bucket with one file in it."""
    name = f"shared-{account}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="photo 1.txt", Body=b"a picture")
    return name


def test_a_file_is_read_by_its_url(s3: Any, bucket: str, curl: Any) -> None:
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "photo 1.txt"}, ExpiresIn=300)
    assert curl(url) == (200, "a picture")
    assert curl("--header", "Range: bytes=2-4", url) == (206, "pic")
    status, body = curl("--head", url)
    assert status == 403, "a URL for GET is not one for HEAD"


def test_a_file_is_sent_to_its_url(s3: Any, bucket: str, curl: Any, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("made here")
    target = {"Bucket": bucket, "Key": "new.txt", "ContentType": "text/plain"}
    url = s3.generate_presigned_url("put_object", target)
    sent = curl("--upload-file", str(tmp_path / "new.txt"), "--header", "Content-Type: text/plain", url)
    assert sent == (200, "")
    got = s3.get_object(Bucket=bucket, Key="new.txt")
    assert (got["Body"].read(), got["ContentType"]) == (b"made here", "text/plain")
    status, body = curl("--upload-file", str(tmp_path / "new.txt"), "--header", "Content-Type: text/html", url)
    assert (status, "<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("photo%201", "photo%202", "SignatureDoesNotMatch"),
        ("Expires=300", "Expires=900", "SignatureDoesNotMatch"),
        ("X-Amz-Signature=", "X-Amz-Signature=0", "SignatureDoesNotMatch"),
        ("X-Amz-Credential=", "X-Amz-Credential=AKIAIOSFODNN7NOBODY0", "InvalidAccessKeyId"),
    ],
)
def test_a_changed_url_is_refused(client: Any, bucket: str, curl: Any, old: str, new: str, code: str) -> None:
    s3 = client("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "photo 1.txt"}, ExpiresIn=300)
    assert old in url
    status, body = curl(url.replace(old, new))
    assert status == 403
    assert f"<Code>{code}</Code>" in body


def test_without_a_signature_nothing_is_given(bucket: str, cloud: Any, curl: Any) -> None:
    status, body = curl(f"{cloud.url}/{bucket}/photo%201.txt")
    assert (status, "<Code>AccessDenied</Code>" in body) == (403, True)


def test_a_url_expires_and_cannot_do_more_than_its_maker(fresh_cloud: Any, curl: Any) -> None:
    s3 = fresh_cloud.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="for-a-while")
    s3.put_object(Bucket="for-a-while", Key="a", Body=b"1")
    url = s3.generate_presigned_url("get_object", {"Bucket": "for-a-while", "Key": "a"}, ExpiresIn=60)
    iam = fresh_cloud.client("iam")
    iam.create_user(UserName="nobody")
    pair = iam.create_access_key(UserName="nobody")["AccessKey"]
    theirs = fresh_cloud.client("s3", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    powerless = theirs.generate_presigned_url("get_object", {"Bucket": "for-a-while", "Key": "a"})

    assert curl(url) == (200, "1")
    status, body = curl(powerless)
    assert (status, "<Code>AccessDenied</Code>" in body) == (403, True)
    fresh_cloud.clock_advance(61)
    status, body = curl(url)
    assert (status, "<Message>Request has expired</Message>" in body) == (403, True)
