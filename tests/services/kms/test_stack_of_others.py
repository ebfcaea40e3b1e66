"""What other rooms encrypt under a key that the same stack makes."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError


def template(account):
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    logs = {**root, "Principal": {"Service": "logs.us-east-1.amazonaws.com"}}
    key = {"Fn::GetAtt": ["Key", "Arn"]}
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": True,
            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}  # fmt: skip
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = {
        "Key": ("KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": [root, logs]}}),
        "Alias": ("KMS::Alias", {"AliasName": "alias/all", "TargetKeyId": {"Ref": "Key"}}),
        "Bucket": ("S3::Bucket", {"BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]}}),
        "Table": ("DynamoDB::Table", {
            "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Ref": "Key"}},
        }),
        "Group": ("Logs::LogGroup", {"LogGroupName": "of-the-stack", "KmsKeyId": key}),
        "Secret": ("SecretsManager::Secret", {"SecretString": "hush", "KmsKeyId": {"Ref": "Alias"}}),
        "Role": ("IAM::Role", {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}),
        "Function": ("Lambda::Function", {
            "Runtime": "python3.11", "Handler": "index.handler", "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "KmsKeyArn": key, "Environment": {"Variables": {"SECRET": "under the key"}},
            "Code": {"ZipFile": "import os\ndef handler(event, context):\n    return os.environ['SECRET']\n"},
        }),
    }  # fmt: skip
    resources = {name: {"Type": f"AWS::{kind}", "Properties": given} for name, (kind, given) in made.items()}
    outputs = {name: {"Value": {"Ref": name}} for name in ("Key", "Bucket", "Table", "Secret", "Function")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_everything_of_a_stack_is_under_its_key(client, account, cloud):
    cloudformation, kms, s3 = client("cloudformation"), client("kms"), client("s3")
    cloudformation.create_stack(
        StackName="sealed", TemplateBody=template(account), Capabilities=["CAPABILITY_NAMED_IAM"]
    )  # fmt: skip
    cloud.settle()
    [stack] = cloudformation.describe_stacks(StackName="sealed")["Stacks"]
    events = cloudformation.describe_stack_events(StackName="sealed")["StackEvents"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", [each.get("ResourceStatusReason") for each in events]
    made = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    arn = kms.describe_key(KeyId=made["Key"])["KeyMetadata"]["Arn"]
    put = s3.put_object(Bucket=made["Bucket"], Key="k", Body=b"x")
    assert (put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (arn, True)
    [rule] = s3.get_bucket_encryption(Bucket=made["Bucket"])["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    table = client("dynamodb").describe_table(TableName=made["Table"])["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == arn
    [group] = client("logs").describe_log_groups(logGroupNamePrefix="of-the-stack")["logGroups"]
    assert group["kmsKeyId"] == arn
    answer = client("lambda").invoke(FunctionName=made["Function"])
    assert json.loads(answer["Payload"].read()) == "under the key"
    secrets = client("secretsmanager")
    assert secrets.get_secret_value(SecretId=made["Secret"])["SecretString"] == "hush"
    kms.disable_key(KeyId=arn)
    for call, given, code in (
        (s3.get_object, {"Bucket": made["Bucket"], "Key": "k"}, "KMS.DisabledException"),
        (secrets.get_secret_value, {"SecretId": made["Secret"]}, "DecryptionFailure"),
    ):
        with pytest.raises(ClientError) as caught:
            call(**given)
        assert caught.value.response["Error"]["Code"] == code
