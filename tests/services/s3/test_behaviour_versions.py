"""Versioning: version ids, delete markers, suspended null versions, the list of versions."""

from __future__ import annotations

from typing import Any


def _versions(s3, bucket, **more):
    answer = s3.list_object_versions(Bucket=bucket, **more)
    lines = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
    return {(line["Key"], line["VersionId"]): line["IsLatest"] for line in lines}


def test_every_put_is_a_version(s3, versioned, refused):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"2")["VersionId"]
    assert len(first) == 32 and first != second
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == second
    assert s3.get_object(Bucket=versioned, Key="k", VersionId=first)["Body"].read() == b"1"
    assert _versions(s3, versioned) == {("k", first): False, ("k", second): True}
    s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"
    gone = refused(s3.get_object, Bucket=versioned, Key="k", VersionId=second)
    assert (gone.code, gone.error["VersionId"]) == ("NoSuchVersion", second)
    wrong = refused(s3.get_object, Bucket=versioned, Key="k", VersionId="HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD")
    assert (wrong.code, wrong.message) == ("InvalidArgument", "Invalid version id specified")


def test_delete_markers(s3, versioned, refused):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    missing = refused(s3.get_object, Bucket=versioned, Key="k")
    assert (missing.code, missing.headers["x-amz-delete-marker"]) == ("NoSuchKey", "true")
    assert missing.headers["x-amz-version-id"] == marker["VersionId"]
    no = refused(s3.get_object, Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert (no.code, no.status, no.error["ResourceType"]) == ("MethodNotAllowed", 405, "DeleteMarker")
    assert no.headers["allow"] == "DELETE"
    assert refused(s3.head_object, Bucket=versioned, Key="k", VersionId=marker["VersionId"]).status == 405
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    undone = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert (undone["DeleteMarker"], undone["VersionId"]) == (True, marker["VersionId"])
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == first
    assert s3.delete_object(Bucket=versioned, Key="never")["DeleteMarker"] is True


def test_suspended_buckets_have_one_null_version(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    assert "VersionId" not in s3.put_object(Bucket=versioned, Key="k", Body=b"2")
    s3.put_object(Bucket=versioned, Key="k", Body=b"3")
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == "null"
    assert _versions(s3, versioned) == {("k", first): False, ("k", "null"): True}
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert (marker["VersionId"], marker["DeleteMarker"]) == ("null", True)
    assert _versions(s3, versioned) == {("k", first): False, ("k", "null"): True}
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
    last = s3.put_object(Bucket=versioned, Key="k", Body=b"4")["VersionId"]
    assert _versions(s3, versioned) == {("k", first): False, ("k", "null"): False, ("k", last): True}


def test_what_was_there_before_versioning_is_the_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"old"


def test_versions_of_copies_and_tags(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1", Tagging="a=1")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"2")
    source = {"Bucket": versioned, "Key": "k", "VersionId": first}
    back = s3.copy_object(Bucket=versioned, Key="k", CopySource=source)
    assert back["CopySourceVersionId"] == first
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == back["VersionId"]
    tags = s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=first)
    assert (tags["VersionId"], tags["TagSet"]) == (first, [{"Key": "a", "Value": "1"}])
    s3.delete_object_tagging(Bucket=versioned, Key="k", VersionId=first)
    assert s3.get_object_tagging(Bucket=versioned, Key="k")["TagSet"] == [{"Key": "a", "Value": "1"}]


def test_deleting_many_versions_at_once(s3, versioned):
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=b"")["VersionId"] for _ in range(3)]
    done = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k", "VersionId": one} for one in ids[:2]]})
    assert {one["VersionId"] for one in done["Deleted"]} == set(ids[:2])
    marked = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k"}]})["Deleted"][0]
    assert marked["DeleteMarker"] is True and marked["DeleteMarkerVersionId"]


def test_the_list_of_versions_is_paged(s3, versioned):
    expected = []
    for key in ("a", "b/1", "b/2", "c"):
        ids = [s3.put_object(Bucket=versioned, Key=key, Body=b"")["VersionId"] for _ in range(3)]
        expected += [(key, one) for one in reversed(ids)]
    found, more = [], {}
    while True:
        page = s3.list_object_versions(Bucket=versioned, MaxKeys=2, **more)
        found += [(line["Key"], line["VersionId"]) for line in page["Versions"]]
        latest = [line["Key"] for line in page["Versions"] if line["IsLatest"]]
        assert all(
            one in {(key, ids) for key, ids in expected[::3]}
            for one in [(line["Key"], line["VersionId"]) for line in page["Versions"] if line["IsLatest"]]
        ), latest
        if not page["IsTruncated"]:
            break
        more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert found == expected
    rolled = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [one["Prefix"] for one in rolled["CommonPrefixes"]] == ["b/"]
    assert {line["Key"] for line in rolled["Versions"]} == {"a", "c"}
    behind = s3.list_object_versions(Bucket=versioned, KeyMarker="b/1")
    assert [line["Key"] for line in behind["Versions"]] == ["b/2"] * 3 + ["c"] * 3


def test_the_acl_of_a_delete_marker(s3: Any, versioned: str, refused: Any) -> None:
    s3.put_object(Bucket=versioned, Key="k")
    s3.delete_object(Bucket=versioned, Key="k")
    answer = refused(s3.put_object_acl, Bucket=versioned, Key="k", ACL="bucket-owner-full-control")
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")
    assert refused(s3.get_object_acl, Bucket=versioned, Key="k").code == "NoSuchKey"
