"""Many writers of one key: a reader sees one writer's content, whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

_WRITERS = 12
_SIZE = 100_000  # more than a row holds: the content is a file


@pytest.fixture
def together() -> Any:
    """Call a function with 0, 1, 2 … in threads of their own; errors count by their code."""

    def run(function: Callable[[int], Any]) -> list[Any]:
        def once(number: int) -> Any:
            try:
                return function(number)
            except ClientError as error:
                return error.response["Error"]["Code"]

        with ThreadPoolExecutor(_WRITERS) as threads:
            return list(threads.map(once, range(_WRITERS)))

    return run


def content(number: int) -> bytes:
    return bytes([number]) * (_SIZE + number)


def test_puts_of_one_key_leave_one_of_them(s3: Any, bucket: str, together: Any) -> None:
    def write(number: int) -> None:
        s3.put_object(Bucket=bucket, Key="k", Body=content(number))
        found = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
        assert found == content(found[0])

    together(write)


def test_only_one_of_many_makes_what_is_not_there(s3: Any, bucket: str, together: Any) -> None:
    answers = together(
        lambda number: s3.put_object(Bucket=bucket, Key="k", Body=content(number), IfNoneMatch="*") and ""
    )
    assert Counter(answers) == {"": 1, "PreconditionFailed": _WRITERS - 1}


def test_every_version_of_many_writers_is_kept(s3: Any, versioned: str, together: Any) -> None:
    made = together(lambda number: s3.put_object(Bucket=versioned, Key="k", Body=content(number))["VersionId"])
    listed = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert {line["VersionId"] for line in listed} == set(made)
    assert [line["IsLatest"] for line in listed] == [True] + [False] * (_WRITERS - 1)
    for number, version in enumerate(made):
        assert s3.get_object(Bucket=versioned, Key="k", VersionId=version)["Body"].read() == content(number)


def test_an_upload_is_completed_once(s3: Any, bucket: str, together: Any) -> None:
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    tags = together(lambda number: s3.upload_part(**upload, PartNumber=1, Body=content(number))["ETag"])

    def complete(number: int) -> str:
        part = {"PartNumber": 1, "ETag": tags[number]}
        return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})["Key"]

    answers = Counter(together(complete))
    assert answers.pop("k") == 1
    assert answers.keys() <= {"InvalidPart", "NoSuchUpload"}
    found = s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    assert found == content(found[0])
