"""Paging through what is deleted at the same time, and what pages say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.s3.wire import Wire


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_emptying_a_bucket_page_by_page_leaves_nothing(s3: Any, versioned: str, size: int) -> None:
    for number in range(7):
        s3.put_object(Bucket=versioned, Key="a", Body=str(number).encode())
        s3.delete_object(Bucket=versioned, Key="b")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=versioned, PaginationConfig={"PageSize": size})
    for page in pages:
        lines = page.get("Versions", []) + page.get("DeleteMarkers", [])
        wanted = [{"Key": line["Key"], "VersionId": line["VersionId"]} for line in lines]
        assert "Errors" not in s3.delete_objects(Bucket=versioned, Delete={"Objects": wanted})
    s3.delete_bucket(Bucket=versioned)


def test_a_null_version_that_went_shows_its_key_again(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    newer = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="a", VersionId="null")
    page = s3.list_object_versions(Bucket=bucket, KeyMarker="a", VersionIdMarker="null")
    assert [line["VersionId"] for line in page["Versions"]] == [newer]


def test_the_newest_version_left_is_the_latest(s3: Any, versioned: str) -> None:
    made = [s3.put_object(Bucket=versioned, Key="a")["VersionId"] for _ in range(5)][::-1]
    for version in made[:3]:
        s3.delete_object(Bucket=versioned, Key="a", VersionId=version)
    page = s3.list_object_versions(Bucket=versioned, KeyMarker="a", VersionIdMarker=made[2])
    assert [(line["VersionId"], line["IsLatest"]) for line in page["Versions"]] == [(made[3], True), (made[4], False)]


def test_giving_uploads_up_page_by_page_leaves_none(s3: Any, bucket: str) -> None:
    for _ in range(5):
        s3.create_multipart_upload(Bucket=bucket, Key="a")
    s3.create_multipart_upload(Bucket=bucket, Key="b")
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    for page in pages:
        for upload in page["Uploads"]:
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_an_upload_marker_of_another_key(s3: Any, bucket: str, refused: Any) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    answer = refused(s3.list_multipart_uploads, Bucket=bucket, KeyMarker="b", UploadIdMarker=upload)
    assert (answer.code, answer.message) == ("InvalidArgument", "Invalid uploadId marker")
    assert answer.error["ArgumentName"] == "upload-id-marker"
    assert refused(s3.list_multipart_uploads, Bucket=bucket, KeyMarker="a", UploadIdMarker="x").code == answer.code


def test_a_page_of_uploads_always_says_where_it_ends(s3: Any, bucket: str) -> None:
    empty = s3.list_multipart_uploads(Bucket=bucket)
    assert (empty["NextKeyMarker"], empty["NextUploadIdMarker"], "Prefix" in empty) == ("", "", False)

    upload = s3.create_multipart_upload(Bucket=bucket, Key="a/b")["UploadId"]
    whole = s3.list_multipart_uploads(Bucket=bucket, Prefix="a")
    assert (whole["NextKeyMarker"], whole["NextUploadIdMarker"], whole["Prefix"]) == ("a/b", upload, "a")
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert (rolled["NextKeyMarker"], rolled["CommonPrefixes"]) == ("", [{"Prefix": "a/"}])


def test_an_empty_number_asks_for_nothing(cloud: Any, account: str, s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    wire = Wire(cloud, account)
    status, _, body = wire.send("GET", f"/{bucket}/a?uploadId={upload}&part-number-marker=&max-parts=")
    assert (status, b"<MaxParts>1000</MaxParts>" in body) == (200, True)
    assert wire.send("GET", f"/{bucket}?max-keys=x")[0] == 400


def test_lists_of_objects_tell_the_region(s3: Any, client: Any, name: str) -> None:
    west = client("s3", region="us-west-2")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    for answer in (west.list_objects(Bucket=name), west.list_objects_v2(Bucket=name)):
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-west-2"


def test_an_empty_token_lists_buckets_from_the_first_one(s3: Any, bucket: str, refused: Any) -> None:
    assert [line["Name"] for line in s3.list_buckets(ContinuationToken="", MaxBuckets=1)["Buckets"]] == [bucket]
    answer = refused(s3.list_buckets, BucketRegion="eu-east-1")
    assert answer.message == "Argument value eu-east-1 is not a valid AWS Region"
    assert (answer.error["ArgumentName"], "ArgumentValue" in answer.error) == ("bucket-region", False)
