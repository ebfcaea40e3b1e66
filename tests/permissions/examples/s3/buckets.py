"""Calls on buckets and their configurations."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Stage
from tests.permissions.examples.s3.places import EXAMPLES, arn, new_bucket

CREATING = "API_CreateBucket.html (Permissions)"


@EXAMPLES("CreateBucket")
def create_bucket(at: Stage) -> Case:
    also = [
        Also("s3:PutBucketOwnershipControls", arn(at.name), f"{CREATING}: x-amz-object-ownership needs it."),
        Also("s3:TagResource", arn(at.name), "API_CreateBucketConfiguration.html: tags need it."),
    ]
    tags = {"Tags": [{"Key": "a", "Value": "1"}]}
    given = {"Bucket": at.name, "ObjectOwnership": "BucketOwnerEnforced", "CreateBucketConfiguration": tags}
    return Case(given, arn(at.name), also=also)


@EXAMPLES("CreateBucket", variant="acl")
def create_bucket_with_acl(at: Stage) -> Case:
    return Case({"Bucket": at.name, "ACL": "private"}, arn(at.name))


@EXAMPLES("ListBuckets")
def list_buckets(at: Stage) -> Case:
    # AWS asks on all buckets, which a policy may write as "*" or as arn:aws:s3:::*.
    return Case(wrong={"s3:ListAllMyBuckets": ["arn:aws:s3:::a*", arn(at.name)]})


@EXAMPLES(
    "DeleteBucket", "GetBucketAcl", "GetBucketEncryption", "GetBucketLocation", "GetBucketNotificationConfiguration",
    "GetBucketOwnershipControls", "GetBucketVersioning", "GetPublicAccessBlock", "HeadBucket", "ListMultipartUploads",
    "ListObjectVersions", "ListObjects", "ListObjectsV2", "DeleteBucketEncryption", "DeletePublicAccessBlock",
)  # fmt: skip
def by_name(at: Stage) -> Case:
    bucket = new_bucket(at)
    return Case({"Bucket": bucket}, arn(bucket))


def policy(bucket: str) -> str:
    """A bucket policy that allows nothing."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObjectAcl", "Resource": arn(bucket, "*")}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def settings(bucket: str) -> dict[str, dict[str, Any]]:
    """What each Put of a configuration is given."""
    tags = {"TagSet": [{"Key": "a", "Value": "1"}]}
    encrypted = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    return {
        "PutBucketCors": {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}},
        "PutBucketEncryption": {"ServerSideEncryptionConfiguration": encrypted},
        "PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [rule]}},
        "PutBucketNotificationConfiguration": {"NotificationConfiguration": {}},
        "PutBucketOwnershipControls": {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        "PutBucketPolicy": {"Policy": policy(bucket)},
        "PutBucketTagging": {"Tagging": tags},
        "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
        "PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
    }


@EXAMPLES(
    "PutBucketCors", "PutBucketEncryption", "PutBucketLifecycleConfiguration", "PutBucketNotificationConfiguration",
    "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketTagging", "PutBucketVersioning", "PutPublicAccessBlock",
)  # fmt: skip
def configure(at: Stage) -> Case:
    bucket = new_bucket(at)
    return Case({"Bucket": bucket, **settings(bucket)[at.operation]}, arn(bucket))


@EXAMPLES(
    "PutBucketMetricsConfiguration", "GetBucketMetricsConfiguration", "DeleteBucketMetricsConfiguration",
    "ListBucketMetricsConfigurations",
)  # fmt: skip
def metrics(at: Stage) -> Case:
    bucket = new_bucket(at)
    given = {"Bucket": bucket, "Id": "all", "MetricsConfiguration": {"Id": "all"}}
    if at.operation == "PutBucketMetricsConfiguration":
        return Case(given, arn(bucket))
    at.root().put_bucket_metrics_configuration(**given)
    named = {} if at.operation == "ListBucketMetricsConfigurations" else {"Id": "all"}
    return Case({"Bucket": bucket, **named}, arn(bucket))


@EXAMPLES("PutBucketAcl")
def put_bucket_acl(at: Stage) -> Case:
    bucket = new_bucket(at)
    present = at.root().get_bucket_acl(Bucket=bucket)
    own = {"Owner": present["Owner"], "Grants": present["Grants"]}
    return Case({"Bucket": bucket, "AccessControlPolicy": own}, arn(bucket))


@EXAMPLES(
    "GetBucketCors", "DeleteBucketCors", "GetBucketLifecycleConfiguration", "DeleteBucketLifecycle", "GetBucketPolicy",
    "GetBucketPolicyStatus", "DeleteBucketPolicy", "GetBucketTagging", "DeleteBucketTagging",
)  # fmt: skip
def of_configured(at: Stage) -> Case:
    bucket, root = new_bucket(at), at.root()
    given = settings(bucket)
    root.put_bucket_cors(Bucket=bucket, **given["PutBucketCors"])
    root.put_bucket_lifecycle_configuration(Bucket=bucket, **given["PutBucketLifecycleConfiguration"])
    root.put_bucket_policy(Bucket=bucket, **given["PutBucketPolicy"])
    root.put_bucket_tagging(Bucket=bucket, **given["PutBucketTagging"])
    return Case({"Bucket": bucket}, arn(bucket))
