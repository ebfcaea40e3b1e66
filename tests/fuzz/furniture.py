"""One of each thing in an account, so that hostile calls name things that exist."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.fuzz.target import Target

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
TEMPLATE = {"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}
BUCKET = "fuzz-bucket"
ITEM = {
    "k": {"S": "a"}, "r": {"N": "1"}, "text": {"S": "some text"}, "n": {"N": "12.5"}, "flag": {"BOOL": True},
    "none": {"NULL": True}, "list": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"y": {"SS": ["p", "q"]}}}]},
    "map": {"M": {"in": {"M": {"deep": {"N": "7"}}}}}, "set": {"NS": ["1", "2"]}, "bin": {"B": b"abc"},
}  # fmt: skip


def archive(**files: str) -> bytes:
    """A zip file with a Python function."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in (files or {"app.py": "def handler(event, context):\n    return event\n"}).items():
            file.writestr(name, content)
    return data.getvalue()


def table(target: Target) -> None:
    """A table with a sort key, an index and a few items."""
    target.do(
        "dynamodb", "CreateTable", TableName="fuzz", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in (("k", "S"), ("r",
        "N"))],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {"IndexName": "by-r", "KeySchema": [{"AttributeName": "r", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}}
        ],
    )  # fmt: skip
    for number in range(1, 5):
        target.do("dynamodb", "PutItem", TableName="fuzz", Item={**ITEM, "r": {"N": str(number)}})
    target.known |= {"TableName": "fuzz", "IndexName": "by-r", "Item": ITEM, "Key": {"k": {"S": "a"}, "r": {"N": "1"}}}


def bucket(target: Target) -> None:
    """A bucket with a few objects."""
    target.do("s3", "CreateBucket", Bucket=BUCKET)
    for key in ("key", "a/b", "a/c"):
        target.do("s3", "PutObject", Bucket=BUCKET, Key=key, Body=b"0123456789" * 10)
    target.known |= {"Bucket": BUCKET, "Key": "key", "CopySource": f"{BUCKET}/key"}


def identities(target: Target) -> None:
    """A user, a group, a role and a policy."""
    role = target.do("iam", "CreateRole", RoleName="fuzz", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    target.do("iam", "CreateUser", UserName="fuzz")
    target.do("iam", "CreateGroup", GroupName="fuzz")
    policy = target.do("iam", "CreatePolicy", PolicyName="fuzz", PolicyDocument=json.dumps(POLICY))["Policy"]["Arn"]
    target.known |= {
        "RoleName": "fuzz", "RoleArn": role, "Role": role, "UserName": "fuzz", "GroupName": "fuzz", "PolicyArn": policy,
        "PolicyDocument": json.dumps(POLICY), "PolicyName": "fuzz", "AssumeRolePolicyDocument": json.dumps(TRUST),
    }  # fmt: skip


def function(target: Target) -> None:
    """A function and a layer; needs `identities`."""
    target.do(
        "lambda", "CreateFunction", FunctionName="fuzz", Runtime="python3.11", Role=target.known["Role"],
        Handler="app.handler", Code={"ZipFile": archive()},
    )  # fmt: skip
    target.do("lambda", "PublishLayerVersion", LayerName="fuzz", Content={"ZipFile": archive()})
    target.known |= {"FunctionName": "fuzz", "LayerName": "fuzz", "VersionNumber": 1, "ZipFile": archive()}


def http_api(target: Target) -> None:
    """An HTTP API with a route, an integration that nobody answers, and a stage."""
    api = target.do("apigatewayv2", "CreateApi", Name="fuzz", ProtocolType="HTTP")["ApiId"]
    integration = target.do(
        "apigatewayv2", "CreateIntegration", ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY",
        IntegrationUri="http://127.0.0.1:9/{proxy}", PayloadFormatVersion="1.0",
    )["IntegrationId"]  # fmt: skip
    route = target.do(
        "apigatewayv2", "CreateRoute", ApiId=api, RouteKey="ANY /{proxy+}", Target=f"integrations/{integration}"
    )["RouteId"]
    target.do("apigatewayv2", "CreateStage", ApiId=api, StageName="$default", AutoDeploy=True)
    target.known |= {"ApiId": api, "IntegrationId": integration, "RouteId": route, "StageName": "$default"}


def logs(target: Target) -> None:
    """A log group with a stream and events."""
    target.do("logs", "CreateLogGroup", logGroupName="fuzz")
    target.do("logs", "CreateLogStream", logGroupName="fuzz", logStreamName="fuzz")
    now = int(target.cloud.clock.now() * 1000)
    lines = ["ERROR 12 something", '{"level": "ERROR", "n": 5, "a": {"b": [1, 2]}}', '127.0.0.1 - - [x] "GET /" 200 5']
    target.do(
        "logs", "PutLogEvents", logGroupName="fuzz", logStreamName="fuzz",
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )  # fmt: skip
    target.known |= {"logGroupName": "fuzz", "logStreamName": "fuzz"}


def everything(target: Target) -> None:
    """All of them, a parameter and a stack."""
    for furnish in (table, bucket, identities, function, http_api, logs):
        furnish(target)
    target.do("ssm", "PutParameter", Name="fuzz", Value="v", Type="String")
    target.do("secretsmanager", "CreateSecret", Name="fuzz", SecretString="v", ClientRequestToken="f" * 32)
    target.do("cloudformation", "CreateStack", StackName="fuzz", TemplateBody=json.dumps(TEMPLATE))
    target.settle()
    extra: dict[str, Any] = {"StackName": "fuzz", "TemplateBody": json.dumps(TEMPLATE), "Version": "1", "Name": "fuzz"}
    extra |= {"SecretId": "fuzz", "VersionId": "f" * 32, "MoveToVersionId": "f" * 32, "SecretIdList": ["fuzz"]}
    target.known |= extra
