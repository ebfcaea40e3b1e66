"""Lists of objects: order, prefixes, delimiters, pages, encodings."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

KEYS = ["a", "b/1", "b/2", "b/c/3", "d", "e/f", "é", "\U0001f600", "￮"]


@pytest.fixture
def filled(s3, bucket):
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def _keys(answer):
    return [one["Key"] for one in answer.get("Contents", [])]


def _prefixes(answer):
    return [one["Prefix"] for one in answer.get("CommonPrefixes", [])]


def test_keys_come_in_the_order_of_their_bytes(s3, filled):
    answer = s3.list_objects_v2(Bucket=filled)
    assert _keys(answer) == sorted(KEYS, key=lambda key: key.encode())
    assert (answer["KeyCount"], answer["IsTruncated"], answer["MaxKeys"]) == (len(KEYS), False, 1000)
    line = answer["Contents"][0]
    assert (line["Size"], line["StorageClass"], line["ChecksumAlgorithm"]) == (1, "STANDARD", ["CRC32"])
    assert "Owner" not in line
    assert "Owner" in s3.list_objects_v2(Bucket=filled, FetchOwner=True)["Contents"][0]
    assert "Owner" in s3.list_objects(Bucket=filled)["Contents"][0]


def test_delimiters_roll_up(s3, filled):
    answer = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert _prefixes(answer) == ["b/", "e/"]
    assert _keys(answer)[:2] == ["a", "d"]
    inner = s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="b/")
    assert (_keys(inner), _prefixes(inner)) == (["b/1", "b/2"], ["b/c/"])
    assert _prefixes(s3.list_objects_v2(Bucket=filled, Delimiter="/c")) == ["b/c"]
    assert s3.list_objects_v2(Bucket=filled, Prefix="b/", Delimiter="/")["KeyCount"] == 3


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_pages_of_version_2(s3, filled, size):
    found, prefixes, token = [], [], {}
    while True:
        page = s3.list_objects_v2(Bucket=filled, Delimiter="/", MaxKeys=size, **token)
        assert page["KeyCount"] <= size
        found += _keys(page)
        prefixes += _prefixes(page)
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert (len(found), prefixes) == (len(KEYS) - 4, ["b/", "e/"])


def test_pages_of_version_1(s3, filled):
    page = s3.list_objects(Bucket=filled, Delimiter="/", MaxKeys=2)
    assert (_keys(page), _prefixes(page), page["NextMarker"]) == (["a"], ["b/"], "b/")
    page = s3.list_objects(Bucket=filled, Delimiter="/", MaxKeys=2, Marker="b/")
    assert (_keys(page), _prefixes(page)) == (["d"], ["e/"])
    assert "NextMarker" not in s3.list_objects(Bucket=filled, MaxKeys=2)
    keys = []
    for page in s3.get_paginator("list_objects").paginate(Bucket=filled, PaginationConfig={"PageSize": 2}):
        keys += _keys(page)
    assert len(keys) == len(KEYS)


def test_start_after_and_no_keys_at_all(s3, filled):
    assert _keys(s3.list_objects_v2(Bucket=filled, StartAfter="b/2", Prefix="b/")) == ["b/c/3"]
    empty = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (empty["KeyCount"], empty["IsTruncated"], _keys(empty)) == (0, False, [])
    assert s3.list_objects_v2(Bucket=filled, Prefix="none")["KeyCount"] == 0


def test_wrong_arguments(s3, filled, refused):
    token = refused(s3.list_objects_v2, Bucket=filled, ContinuationToken="x")
    assert (token.code, token.message) == ("InvalidArgument", "The continuation token provided is incorrect")
    assert refused(s3.list_objects_v2, Bucket=filled, MaxKeys=-1).code == "InvalidArgument"
    encoding = refused(s3.list_objects_v2, Bucket=filled, EncodingType="base64")
    assert encoding.error["ArgumentName"] == "encoding-type"
    alone = refused(s3.list_object_versions, Bucket=filled, VersionIdMarker="null")
    assert alone.message == "A version-id marker cannot be specified without a key marker."


def test_a_large_flat_bucket_is_listed_by_seeks(s3, bucket):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: s3.put_object(Bucket=bucket, Key=f"{n % 3}/{n:04}", Body=b""), range(1200)))
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert _prefixes(answer) == ["0/", "1/", "2/"]
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    assert [len(_keys(page)) for page in pages] == [1000, 200]


def test_many_versions_of_one_key_hide_nothing(s3, versioned):
    for _ in range(40):
        s3.put_object(Bucket=versioned, Key="a", Body=b"")
    s3.put_object(Bucket=versioned, Key="b", Body=b"")
    s3.put_object(Bucket=versioned, Key="c", Body=b"")
    s3.delete_object(Bucket=versioned, Key="b")
    assert _keys(s3.list_objects_v2(Bucket=versioned)) == ["a", "c"]
