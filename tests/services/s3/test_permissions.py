"""Who may do what: identity policies, bucket policies, condition keys, other accounts, the anonymous."""

from __future__ import annotations

import json

import pytest

from tests.services.s3.wire import Wire


def _allow(*actions, on, **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def _policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _open_up(s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)


@pytest.fixture
def objects(bucket):
    return f"arn:aws:s3:::{bucket}/*"


def test_what_is_not_allowed_is_denied_with_the_reason(s3, bucket, objects, iam_user, refused, account):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    user = iam_user(_policy(_allow("s3:GetObject", on=objects)))("s3")
    assert user.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    no = refused(user.put_object, Bucket=bucket, Key="k", Body=b"y")
    assert (no.code, no.status) == ("AccessDenied", 403)
    assert no.message == (
        f"User: arn:aws:iam::{account}:user/someone is not authorized to perform: s3:PutObject on resource:"
        f' "arn:aws:s3:::{bucket}/k" because no identity-based policy allows the s3:PutObject action'
    )
    assert refused(user.list_objects_v2, Bucket=bucket).code == "AccessDenied"
    assert refused(user.head_bucket, Bucket=bucket).status == 403
    assert refused(user.list_buckets).code == "AccessDenied"


def test_a_missing_key_is_told_only_to_those_who_may_list(s3, bucket, objects, iam_user, refused):
    blind = iam_user(_policy(_allow("s3:GetObject", on=objects)))("s3")
    hidden = refused(blind.get_object, Bucket=bucket, Key="none")
    assert (hidden.code, hidden.status) == ("AccessDenied", 403)
    assert "s3:ListBucket" in hidden.message
    assert refused(blind.head_object, Bucket=bucket, Key="none").status == 403
    both = _policy(_allow("s3:GetObject", on=objects), _allow("s3:ListBucket", on=f"arn:aws:s3:::{bucket}"))
    seeing = iam_user(both, name="seeing")("s3")
    assert refused(seeing.get_object, Bucket=bucket, Key="none").code == "NoSuchKey"


def test_a_missing_bucket_is_told_to_everybody(bucket, iam_user, refused):
    nobody = iam_user(None)("s3")
    assert refused(nobody.get_object, Bucket=bucket + "-none", Key="k").code == "NoSuchBucket"
    assert refused(nobody.get_object, Bucket=bucket, Key="k").code == "AccessDenied"


def test_versions_are_actions_of_their_own(s3, versioned, iam_user, refused):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"x")["VersionId"]
    user = iam_user(_policy(_allow("s3:GetObject", "s3:DeleteObject", on=f"arn:aws:s3:::{versioned}/*")))("s3")
    user.get_object(Bucket=versioned, Key="k")
    no = refused(user.get_object, Bucket=versioned, Key="k", VersionId=version)
    assert "s3:GetObjectVersion" in no.message
    assert refused(user.delete_object, Bucket=versioned, Key="k", VersionId=version).code == "AccessDenied"
    user.delete_object(Bucket=versioned, Key="k")


def test_tags_and_copies_need_more(s3, bucket, objects, iam_user, refused):
    s3.put_object(Bucket=bucket, Key="secret/k", Body=b"x", Tagging="a=1")
    public = f"arn:aws:s3:::{bucket}/public/*"
    user = iam_user(_policy(_allow("s3:PutObject", "s3:GetObject", on=public)))("s3")
    assert "s3:PutObjectTagging" in refused(user.put_object, Bucket=bucket, Key="public/k", Tagging="a=1").message
    user.put_object(Bucket=bucket, Key="public/k", Body=b"y")
    user.copy_object(Bucket=bucket, Key="public/l", CopySource=f"{bucket}/public/k")
    no = refused(user.copy_object, Bucket=bucket, Key="public/l", CopySource=f"{bucket}/secret/k")
    assert no.code == "AccessDenied"
    part = user.create_multipart_upload(Bucket=bucket, Key="public/m")["UploadId"]
    source = {"CopySource": f"{bucket}/secret/k", "UploadId": part, "PartNumber": 1}
    assert refused(user.upload_part_copy, Bucket=bucket, Key="public/m", **source).code == "AccessDenied"


def test_deleting_many_is_decided_key_by_key(s3, bucket, iam_user):
    for key in ("mine/a", "theirs/b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    user = iam_user(_policy(_allow("s3:DeleteObject", on=f"arn:aws:s3:::{bucket}/mine/*")))("s3")
    done = user.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "mine/a"}, {"Key": "theirs/b"}]})
    assert [one["Key"] for one in done["Deleted"]] == ["mine/a"]
    assert (done["Errors"][0]["Key"], done["Errors"][0]["Code"]) == ("theirs/b", "AccessDenied")
    assert s3.head_object(Bucket=bucket, Key="theirs/b")


def test_a_bucket_policy_lets_another_account_in(s3, cloud, bucket, objects, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    other = cloud.client("s3", key="210987654321")
    no = refused(other.get_object, Bucket=bucket, Key="k")
    assert (no.code, no.message) == ("AccessDenied", "Access Denied")  # S3 explains itself to its own account alone
    statement = _allow("s3:GetObject", "s3:PutObject", on=objects, Principal={"AWS": "arn:aws:iam::210987654321:root"})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_policy(statement)))
    assert other.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    other.put_object(Bucket=bucket, Key="theirs", Body=b"y")
    assert s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"y"
    assert refused(other.list_objects_v2, Bucket=bucket).code == "AccessDenied"
    assert other.list_buckets()["Buckets"] == []


def test_an_explicit_deny_stops_users_of_the_own_account(s3, bucket, objects, iam_user, refused):
    user = iam_user(_policy(_allow("s3:*", on="*")))("s3")
    user.put_object(Bucket=bucket, Key="k", Body=b"x")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": objects,
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}}  # fmt: skip
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_policy(deny)))
    no = refused(user.put_object, Bucket=bucket, Key="k", Body=b"x")
    assert "with an explicit deny in a resource-based policy" in no.message
    user.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")


def test_the_anonymous_see_what_a_public_policy_shows(s3, cloud, bucket, objects, refused):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    anonymous = Wire(cloud, None)
    assert anonymous.send("GET", f"/{bucket}/k")[0] == 403
    public = json.dumps(_policy(_allow("s3:GetObject", on=objects, Principal="*")))
    blocked = refused(s3.put_bucket_policy, Bucket=bucket, Policy=public)
    assert (blocked.code, "BlockPublicPolicy" in blocked.message) == ("AccessDenied", True)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert anonymous.send("GET", f"/{bucket}/k")[0] == 403
    _open_up(s3, bucket)
    assert anonymous.send("GET", f"/{bucket}/k")[2] == b"x"
    assert anonymous.send("PUT", f"/{bucket}/k", b"y")[0] == 403
    assert anonymous.send("GET", f"/{bucket}")[0] == 403
    status, _, body = anonymous.send("GET", f"/{bucket}/none")
    assert (status, b"<Code>AccessDenied</Code><Message>Access Denied</Message>" in body) == (403, True)
    assert b"<Message>Access Denied</Message>" in anonymous.send("GET", f"/{bucket}")[2]
    status, _, body = anonymous.send("GET", f"/{bucket}/k?response-content-type=a/b")
    assert (status, b"InvalidRequest" in body) == (400, True)


def test_condition_keys(s3, bucket, objects, iam_user, refused):
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_object(Bucket=bucket, Key="open", Body=b"", Tagging="class=public")
    s3.put_object(Bucket=bucket, Key="shut", Body=b"", Tagging="class=secret")
    user = iam_user(
        _policy(
            _allow("s3:ListBucket", on=arn, Condition={"StringLike": {"s3:prefix": "home/*"}}),
            _allow("s3:GetObject", on=objects, Condition={"StringEquals": {"s3:ExistingObjectTag/class": "public"}}),
            _allow(
                "s3:PutObject", "s3:PutObjectTagging", on=objects,
                Condition={"StringEquals": {"s3:RequestObjectTag/class": "public"}},
            ),
        )
    )("s3")  # fmt: skip
    user.list_objects_v2(Bucket=bucket, Prefix="home/me")
    assert refused(user.list_objects_v2, Bucket=bucket).code == "AccessDenied"
    user.get_object(Bucket=bucket, Key="open")
    assert refused(user.get_object, Bucket=bucket, Key="shut").code == "AccessDenied"
    user.put_object(Bucket=bucket, Key="new", Body=b"", Tagging="class=public")
    assert refused(user.put_object, Bucket=bucket, Key="new", Body=b"", Tagging="class=secret").code == "AccessDenied"


def test_configurations_have_actions_of_their_own(bucket, iam_user, refused):
    arn = f"arn:aws:s3:::{bucket}"
    user = iam_user(_policy(_allow("s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", on=arn)))("s3")
    user.get_bucket_versioning(Bucket=bucket)
    assert refused(user.get_bucket_lifecycle_configuration, Bucket=bucket).code == "NoSuchLifecycleConfiguration"
    for operation in ("get_bucket_policy", "get_bucket_cors", "get_bucket_encryption", "get_bucket_acl",
                      "list_object_versions", "list_multipart_uploads", "delete_bucket"):  # fmt: skip
        assert refused(getattr(user, operation), Bucket=bucket).code == "AccessDenied"


def test_an_acl_that_changes_nothing_needs_no_permission(bucket, objects, iam_user, refused, name):
    actions = ("s3:PutObject", "s3:CreateBucket", "s3:GetObject")
    user = iam_user(_policy(_allow(*actions, on=[objects, f"arn:aws:s3:::{name}-*"])))("s3")
    assert refused(user.put_object, Bucket=bucket, Key="k", ACL="private").code == "AccessControlListNotSupported"
    no = refused(user.put_object, Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    assert f's3:PutObjectAcl on resource: "arn:aws:s3:::{bucket}/k"' in no.message
    user.create_bucket(Bucket=f"{name}-a", ACL="private")
    assert "s3:PutBucketAcl" in refused(user.create_bucket, Bucket=f"{name}-b", ACL="public-read").message
    assert refused(user.create_bucket, Bucket=f"{name}-b", ObjectOwnership="BucketOwnerEnforced").code == "AccessDenied"


def test_a_condition_on_an_etag_reads_the_object(s3, bucket, objects, iam_user, refused):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    only = iam_user(_policy(_allow("s3:PutObject", "s3:DeleteObject", on=objects)))("s3")
    assert "s3:GetObject on" in refused(only.put_object, Bucket=bucket, Key="k", Body=b"y", IfMatch=etag).message
    assert "s3:GetObject on" in refused(only.delete_object, Bucket=bucket, Key="k", IfMatch=etag).message
    upload = only.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": only.upload_part(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"y")["ETag"]}]}  # fmt: skip
    completing = {"Bucket": bucket, "Key": "k", "UploadId": upload, "MultipartUpload": parts}
    assert "s3:GetObject on" in refused(only.complete_multipart_upload, **completing, IfMatch=etag).message
    done = only.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "ETag": etag}]})
    assert "s3:GetObject on" in done["Errors"][0]["Message"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    both = iam_user(_policy(_allow("s3:PutObject", "s3:DeleteObject", "s3:GetObject", on=objects)), name="both")("s3")
    both.complete_multipart_upload(**completing, IfMatch=etag)
    etag = both.put_object(Bucket=bucket, Key="k", Body=b"z", IfMatch=s3.head_object(Bucket=bucket, Key="k")["ETag"])[
        "ETag"
    ]
    both.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    s3.put_object(Bucket=bucket, Key="k")
    only.delete_object(Bucket=bucket, Key="k", IfMatch="*")  # that it is there is not its content


def test_governance_is_bypassed_by_those_who_may(bucket, objects, iam_user, refused):
    user = iam_user(_policy(_allow("s3:DeleteObject", on=objects)))("s3")
    no = refused(user.delete_object, Bucket=bucket, Key="k", BypassGovernanceRetention=True)
    assert (no.code, "s3:BypassGovernanceRetention" in no.message) == ("AccessDenied", True)


def test_list_buckets_by_either_name_of_all(bucket, iam_user, refused):
    for number, resource in enumerate(("*", "arn:aws:s3:::*")):
        user = iam_user(_policy(_allow("s3:ListAllMyBuckets", on=resource)), name=f"user{number}")("s3")
        assert [one["Name"] for one in user.list_buckets()["Buckets"]] == [bucket]
    user = iam_user(_policy(_allow("s3:ListAllMyBuckets", on=f"arn:aws:s3:::{bucket}")), name="other")("s3")
    assert refused(user.list_buckets).message.endswith(
        "user/other is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the"
        " s3:ListAllMyBuckets action"
    )


def test_a_denial_in_the_middle_says_who_denied(s3, bucket, objects, iam_user, refused):
    s3.put_object(Bucket=bucket, Key="k")
    forbidden = {"Effect": "Deny", "Action": ["s3:DeleteObject", "s3:ListBucket"], "Resource": "*"}
    user = iam_user(_policy(_allow("s3:*", on="*"), forbidden))("s3")
    done = user.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})
    assert done["Errors"][0]["Message"].endswith(
        f's3:DeleteObject on resource: "arn:aws:s3:::{bucket}/k" with an explicit deny in an identity-based policy'
    )
    assert refused(user.get_object, Bucket=bucket, Key="none").message.endswith(
        f's3:ListBucket on resource: "arn:aws:s3:::{bucket}" with an explicit deny in an identity-based policy'
    )


def test_missing_versions_are_hidden_too(s3, versioned, iam_user, refused):
    version = s3.put_object(Bucket=versioned, Key="k", Body=b"x", Tagging="a=1")["VersionId"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=version)
    everything = f"arn:aws:s3:::{versioned}/*"
    blind = iam_user(_policy(_allow("s3:GetObjectVersion", "s3:PutObject", on=everything)))("s3")
    assert "s3:ListBucket" in refused(blind.get_object, Bucket=versioned, Key="k", VersionId=version).message
    source = {"Bucket": versioned, "Key": "k", "VersionId": version}
    assert "s3:ListBucket" in refused(blind.copy_object, Bucket=versioned, Key="l", CopySource=source).message


def test_the_number_of_tags_is_for_those_who_may_read_them(s3, versioned, iam_user):
    version = s3.put_object(Bucket=versioned, Key="k", Tagging="a=1")["VersionId"]
    everything = f"arn:aws:s3:::{versioned}/*"
    actions = ("s3:GetObject", "s3:GetObjectVersion")
    for number, (action, whole, one) in enumerate(
        (("s3:GetObjectTagging", 1, None), ("s3:GetObjectVersionTagging", None, 1))
    ):
        user = iam_user(_policy(_allow(*actions, action, on=everything)), name=f"user{number}")("s3")
        assert user.get_object(Bucket=versioned, Key="k").get("TagCount") == whole
        assert user.get_object(Bucket=versioned, Key="k", VersionId=version).get("TagCount") == one


def test_only_the_owner_works_on_a_bucket_policy(s3, cloud, bucket, refused):
    arn = f"arn:aws:s3:::{bucket}"
    s3.delete_public_access_block(Bucket=bucket)
    allowed = json.dumps(_policy(_allow("s3:*", on=arn, Principal={"AWS": "arn:aws:iam::210987654321:root"})))
    s3.put_bucket_policy(Bucket=bucket, Policy=allowed)
    other = cloud.client("s3", key="210987654321")
    other.get_bucket_versioning(Bucket=bucket)
    for call, more in ((other.get_bucket_policy, {}), (other.put_bucket_policy, {"Policy": allowed}),
                       (other.delete_bucket_policy, {})):  # fmt: skip
        no = refused(call, Bucket=bucket, **more)
        assert (no.code, no.status) == ("MethodNotAllowed", 405)


def test_the_root_cannot_lock_itself_out(s3, bucket, refused):
    arn = f"arn:aws:s3:::{bucket}"
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_policy(nobody)))
    assert refused(s3.list_objects_v2, Bucket=bucket).code == "AccessDenied"
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"
    s3.delete_bucket_policy(Bucket=bucket)
    s3.list_objects_v2(Bucket=bucket)


def test_a_policy_can_ask_of_writes_that_make_objects(s3, bucket, objects, iam_user, refused):
    conditional = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": conditional}
    user = iam_user(_policy(_allow("s3:*", on="*"), deny))("s3")
    assert refused(user.put_object, Bucket=bucket, Key="k").code == "AccessDenied"
    user.put_object(Bucket=bucket, Key="k", IfNoneMatch="*")
    upload = user.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    part = user.upload_part(Bucket=bucket, Key="m", UploadId=upload, PartNumber=1, Body=b"x")
    wanted = {"Bucket": bucket, "Key": "m", "UploadId": upload,
              "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}  # fmt: skip
    assert refused(user.complete_multipart_upload, **wanted).code == "AccessDenied"
    user.complete_multipart_upload(**wanted, IfNoneMatch="*")
