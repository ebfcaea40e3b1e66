"""Lifecycle rules: their check, and what they do as the days go by."""

from __future__ import annotations

import datetime

import pytest

DAY = 86_400


@pytest.fixture
def moving(fresh_cloud):
    return fresh_cloud


@pytest.fixture
def box(moving, name):
    s3 = moving.client("s3")
    s3.create_bucket(Bucket=name)
    return s3


def _put(s3, bucket, *rules):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def _rule(**more):
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **more}


def _keys(s3, bucket):
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_objects_expire_at_midnight(moving, box, name):
    box.put_object(Bucket=name, Key="logs/a", Body=b"x")
    box.put_object(Bucket=name, Key="keep", Body=b"x")
    _put(box, name, _rule(Filter={"Prefix": "logs/"}, Expiration={"Days": 3}))
    told = box.head_object(Bucket=name, Key="logs/a")["Expiration"]
    assert 'rule-id="r"' in told and "00:00:00 GMT" in told
    assert "Expiration" not in box.head_object(Bucket=name, Key="keep")
    moving.clock_advance(2 * DAY)
    assert _keys(moving.client("s3"), name) == ["keep", "logs/a"]
    moving.clock_advance(2 * DAY)
    assert _keys(moving.client("s3"), name) == ["keep"]


def test_filters_by_tag_and_size(moving, box, name):
    box.put_object(Bucket=name, Key="tagged", Body=b"x", Tagging="temp=yes")
    box.put_object(Bucket=name, Key="large", Body=b"x" * 2000)
    box.put_object(Bucket=name, Key="small", Body=b"x")
    _put(
        box, name,
        {"ID": "t", "Status": "Enabled", "Filter": {"Tag": {"Key": "temp", "Value": "yes"}}, "Expiration": {"Days": 1}},
        {"ID": "s", "Status": "Enabled", "Filter": {"ObjectSizeGreaterThan": 1000}, "Expiration": {"Days": 1}},
        {"ID": "off", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
    )  # fmt: skip
    moving.clock_advance(2 * DAY)
    assert _keys(moving.client("s3"), name) == ["small"]


def test_versions_go_and_the_last_marker_with_them(moving, box, name):
    box.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2", b"3"):
        box.put_object(Bucket=name, Key="k", Body=body)
    noncurrent = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1}
    _put(box, name, _rule(NoncurrentVersionExpiration=noncurrent))
    moving.clock_advance(2 * DAY)
    s3 = moving.client("s3")
    assert len(s3.list_object_versions(Bucket=name)["Versions"]) == 2
    _put(s3, name, _rule(Expiration={"Days": 1}), _rule(ID="n", NoncurrentVersionExpiration={"NoncurrentDays": 1}))
    moving.clock_advance(DAY)
    s3 = moving.client("s3")
    assert _keys(s3, name) == []
    assert len(s3.list_object_versions(Bucket=name)["DeleteMarkers"]) == 1
    marker = {"Expiration": {"ExpiredObjectDeleteMarker": True}}
    _put(s3, name, _rule(**marker), _rule(ID="n", NoncurrentVersionExpiration={"NoncurrentDays": 1}))
    moving.clock_advance(3 * DAY)
    answer = moving.client("s3").list_object_versions(Bucket=name)
    assert "Versions" not in answer and "DeleteMarkers" not in answer


def test_transitions_and_uploads(moving, box, name):
    box.put_object(Bucket=name, Key="large", Body=b"x" * 200_000)
    box.put_object(Bucket=name, Key="small", Body=b"x")
    _put(
        box, name,
        _rule(
            Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}],
            AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
        ),
    )  # fmt: skip
    upload = box.create_multipart_upload(Bucket=name, Key="m")
    assert upload["AbortRuleId"] == "r" and upload["AbortDate"]
    moving.clock_advance(31 * DAY)
    s3 = moving.client("s3")
    assert s3.head_object(Bucket=name, Key="large")["StorageClass"] == "STANDARD_IA"
    assert "StorageClass" not in s3.head_object(Bucket=name, Key="small")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)
    moving.clock_advance(30 * DAY)
    assert moving.client("s3").head_object(Bucket=name, Key="large")["StorageClass"] == "GLACIER"


def test_configuration_comes_back(s3, bucket, refused):
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket).code == "NoSuchLifecycleConfiguration"
    date = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    rules = [_rule(Expiration={"Date": date}), _rule(ID="s", Filter={"And": {"Prefix": "a", "ObjectSizeLessThan": 9}},
                                                     Transitions=[{"Days": 0, "StorageClass": "GLACIER"}])]  # fmt: skip
    _put(s3, bucket, *rules)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket).code == "NoSuchLifecycleConfiguration"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (_rule(), "InvalidRequest"),
        (_rule(Expiration={"Days": 0}), "InvalidArgument"),
        (_rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True}), "MalformedXML"),
        (_rule(Expiration={"Date": datetime.datetime(2030, 1, 1, 5)}), "InvalidArgument"),
        (_rule(Status="On", Expiration={"Days": 1}), "MalformedXML"),
        (_rule(ID="x" * 256, Expiration={"Days": 1}), "InvalidArgument"),
        (_rule(Transitions=[{"Days": 1, "StorageClass": "STANDARD_IA"}]), "InvalidArgument"),
        (_rule(Transitions=[{"StorageClass": "GLACIER"}]), "MalformedXML"),
        (_rule(NoncurrentVersionExpiration={"NoncurrentDays": 0}), "InvalidArgument"),
        (_rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 0}), "InvalidArgument"),
    ],
)
def test_rules_that_are_no_good(s3, bucket, refused, rule, code):
    configuration = {"Rules": [rule]}
    no = refused(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=configuration)
    assert no.code == code


def test_ids_are_unique(s3, bucket, refused):
    twice = {"Rules": [_rule(Expiration={"Days": 1}), _rule(Expiration={"Days": 2})]}
    no = refused(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration=twice)
    assert no.message == "Rule ID must be unique. Found same ID for more than one rule"


def test_a_day_that_no_date_can_say(moving, box, name):
    _put(box, name, _rule(Expiration={"Days": 2**31 - 1}))
    told = box.put_object(Bucket=name, Key="a", Body=b"x")["Expiration"]
    assert told == 'expiry-date="Fri, 31 Dec 9999 00:00:00 GMT", rule-id="r"'
