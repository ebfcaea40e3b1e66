"""S3's CloudFormation resource types, through CloudFormation."""

from __future__ import annotations

import json

import pytest


def _deploy(cloudformation, template, verb="create"):
    getattr(cloudformation, f"{verb}_stack")(StackName="boxes", TemplateBody=json.dumps(template))
    cloudformation.get_waiter(f"stack_{verb}_complete").wait(
        StackName="boxes", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


@pytest.fixture
def template(account):
    box = {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": "true"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": "60"}]},
            "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 365,
                "NoncurrentVersionExpiration": {"NoncurrentDays": 30}, "AbortIncompleteMultipartUpload":
                {"DaysAfterInitiation": 1}}]},
            "Tags": [{"Key": "stage", "Value": "test"}],
        },
    }  # fmt: skip
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": {"Fn::Sub": "${Box.Arn}/secret/*"},
                 "Condition": {"Bool": {"aws:SecureTransport": "true"}}}  # fmt: skip
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Box"},
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        },
    }
    return {
        "Resources": {"Box": box, "Policy": policy},
        "Outputs": {"Name": {"Value": {"Ref": "Box"}}, "Arn": {"Value": {"Fn::GetAtt": ["Box", "Arn"]}}},
    }


def test_a_bucket_with_its_configurations(client, s3, template, refused):
    cloudformation = client("cloudformation")
    _deploy(cloudformation, template)
    outputs = cloudformation.describe_stacks(StackName="boxes")["Stacks"][0]["Outputs"]
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    bucket = values["Name"]
    assert bucket.startswith("boxes-box-") and bucket == bucket.lower()
    assert values["Arn"] == f"arn:aws:s3:::{bucket}"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["MaxAgeSeconds"] == 60
    rule = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert (rule["ID"], rule["Expiration"]) == ("old", {"Days": 365})
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
    assert {"Key": "stage", "Value": "test"} in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert "secret" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    del template["Resources"]["Box"]["Properties"]["CorsConfiguration"]
    del template["Resources"]["Policy"]
    _deploy(cloudformation, template, "update")
    assert refused(s3.get_bucket_cors, Bucket=bucket).code == "NoSuchCORSConfiguration"
    assert refused(s3.get_bucket_policy, Bucket=bucket).code == "NoSuchBucketPolicy"
    cloudformation.delete_stack(StackName="boxes")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="boxes", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    assert s3.list_buckets()["Buckets"] == []
