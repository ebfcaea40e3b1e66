"""AWS's condition keys: by which call each is tried, or why it cannot be in any request here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tests.permissions import (
    cloudwatch_keys,
    cognito_identity_keys,
    ec2_keys,
    elasticache_keys,
    events_keys,
    kms_keys,
    secretsmanager_keys,
    ses_keys,
)
from tests.permissions.probe import Probe
from tests.permissions.taggables import NOTHING, TRUST, Ask, At, new_function
from tests.permissions.team import Team

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
LAYER = "arn:aws:lambda:us-east-1:730000000002:layer:shared:1"
SIGNING = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000"
POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TEMPLATE = json.dumps({"Resources": {"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
URL = "https://bucket.s3.amazonaws.com/document.json"
TOMORROW = int(time.time()) + 86400 + 3600


# ---- S3 --------------------------------------------------------------------------------------------------------------


def bucket(team: Team) -> str:
    """The team's bucket, with the object `k`."""
    name = f"keys-{team.account}"
    s3 = team.root("s3")
    s3.create_bucket(Bucket=name)  # again is no error
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    return name


def s3(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A call on the team's bucket."""
    return lambda team: (method, {"Bucket": bucket(team), **given})


def put(**given: Any) -> Callable[[Team], Ask]:
    """Putting the object `k`."""
    return s3("put_object", Key="k", Body=b"x", **given)


def put_under_a_key(team: Team) -> Ask:
    """Putting the object `k` under a key that everyone may use."""
    everyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
    key = team.root("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    return put(ServerSideEncryption="aws:kms", SSEKMSKeyId=key)(team)


def make(**given: Any) -> Callable[[Team], Ask]:
    """Making another bucket."""
    return lambda team: ("create_bucket", {"Bucket": f"other-{team.account}", **given})


def a_version(team: Team) -> Ask:
    """Reading a version of the object `k`, whose id is "null"."""
    return "get_object", {"Bucket": bucket(team), "Key": "k", "VersionId": "null"}


def a_copy(team: Team) -> Ask:
    """Copying `k` to `l`."""
    name = bucket(team)
    return "copy_object", {"Bucket": name, "Key": "l", "CopySource": f"{name}/k", "MetadataDirective": "COPY"}


S3 = [
    Probe("s3:prefix", s3("list_objects_v2", Prefix="home/"), "home/"),
    Probe("s3:delimiter", s3("list_objects", Delimiter="/"), "/"),
    Probe("s3:max-keys", s3("list_object_versions", MaxKeys=3), "10", "2", "NumericLessThanEquals"),
    Probe("s3:versionid", a_version, "null"),
    Probe("s3:x-amz-acl", put(ACL="bucket-owner-full-control"), "bucket-owner-full-control"),
    Probe("s3:x-amz-grant-full-control", put(GrantFullControl="id=1"), "id=1"),
    Probe("s3:x-amz-grant-read", put(GrantRead="id=1"), "id=1"),
    Probe("s3:x-amz-grant-read-acp", put(GrantReadACP="id=1"), "id=1"),
    Probe("s3:x-amz-grant-write", make(GrantWrite="id=1"), "id=1"),
    Probe("s3:x-amz-grant-write-acp", put(GrantWriteACP="id=1"), "id=1"),
    Probe("s3:x-amz-server-side-encryption", put(ServerSideEncryption="AES256"), "AES256", "aws:kms"),
    Probe(
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        put_under_a_key,
        "arn:aws:kms:*",
        "arn:aws:s3:*",
        "StringLike",
    ),
    Probe(
        "s3:x-amz-server-side-encryption-customer-algorithm",
        put(SSECustomerAlgorithm="AES256", SSECustomerKey="0" * 32),
        "AES256",
    ),
    Probe("s3:x-amz-copy-source", a_copy, "keys-*/k", "keys-*/l", "StringLike", "s3:PutObject"),
    Probe("s3:x-amz-metadata-directive", a_copy, "COPY", "REPLACE", action="s3:PutObject"),
    Probe("s3:x-amz-storage-class", put(StorageClass="STANDARD_IA"), "STANDARD_IA", "STANDARD"),
    Probe("s3:x-amz-website-redirect-location", put(WebsiteRedirectLocation="/x"), "/x"),
    Probe(
        "s3:x-amz-object-ownership",
        make(ObjectOwnership="BucketOwnerEnforced"),
        "BucketOwnerEnforced",
        action="s3:CreateBucket",
    ),
    Probe("s3:x-amz-bucket-namespace", make(BucketNamespace="account-regional"), "account-regional"),
    Probe("s3:locationconstraint", make(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}), "eu-west-1"),
    Probe("s3:object-lock-mode", put(ObjectLockMode="GOVERNANCE"), "GOVERNANCE"),
    Probe("s3:object-lock-legal-hold", put(ObjectLockLegalHoldStatus="ON"), "ON", "OFF"),
    Probe(
        "s3:object-lock-retain-until-date",
        put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=TOMORROW),
        "2100-01-01T00:00:00Z",
        "2020-01-01T00:00:00Z",
        "DateLessThan",
    ),
    Probe(
        "s3:object-lock-remaining-retention-days",
        put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=TOMORROW),
        "1",
        "2",
        "NumericEquals",
    ),
    Probe("s3:if-match", s3("delete_object", Key="none", IfMatch="*"), "*"),
    Probe("s3:if-none-match", put(IfNoneMatch="*"), "*"),
    Probe("s3:ObjectCreationOperation", put(), "true", "false", "Bool"),
    Probe("s3:authType", s3("get_object", Key="k"), "REST-HEADER", "REST-QUERY-STRING"),
    Probe("s3:signatureversion", s3("get_object", Key="k"), "AWS4-HMAC-SHA256", "AWS"),
    Probe("s3:signatureAge", s3("get_object", Key="k"), "600000", "600000000000", "NumericLessThan")._replace(
        wrong="0"
    ),
    Probe("s3:x-amz-content-sha256", s3("get_object", Key="k"), EMPTY, "UNSIGNED-PAYLOAD"),
    Probe("s3:ResourceAccount", s3("get_object", Key="k"), "730000000002", "730000000001"),
]  # fmt: skip


# ---- DynamoDB --------------------------------------------------------------------------------------------------------


def table(team: Team) -> str:
    """The team's table."""
    dynamodb = team.root("dynamodb")
    if "keys" not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName="keys",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
    return "keys"


def dynamodb(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A call on the team's table."""
    return lambda team: (method, {"TableName": table(team), **given})


def _batch(team: Team) -> Ask:
    return "batch_get_item", {"RequestItems": {table(team): {"Keys": [KEY["Key"]], "ProjectionExpression": "a"}}}


def _batch_write(team: Team) -> Ask:
    return "batch_write_item", {"RequestItems": {table(team): [{"PutRequest": {"Item": {"pk": {"S": "me"}}}}]}}


def _transaction(team: Team) -> Ask:
    given = {"TableName": table(team), **KEY, "ConditionExpression": "attribute_not_exists(b)"}
    return "transact_write_items", {
        "TransactItems": [{"Delete": {**given, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}]
    }


KEY = {"Key": {"pk": {"S": "me"}}}
ANY = "ForAnyValue:StringEquals"
QUERY = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "me"}}}
DYNAMODB = [
    *(
        Probe("dynamodb:LeadingKeys", ask, "me", operator=ANY)
        for ask in (
            dynamodb("get_item", **KEY),
            dynamodb("put_item", Item={"pk": {"S": "me"}}),
            dynamodb("update_item", **KEY),
            dynamodb("delete_item", **KEY),
            dynamodb("query", **QUERY),
            _batch,
            _batch_write,
            _transaction,
        )
    ),
    *(
        Probe("dynamodb:Attributes", ask, name, operator=ANY)
        for ask, name in (
            (dynamodb("get_item", **KEY, ProjectionExpression="a"), "a"),
            (dynamodb("put_item", Item={"pk": {"S": "me"}, "a": {"S": "x"}}), "a"),
            (dynamodb("update_item", **KEY, UpdateExpression="SET a = b"), "b"),
            (dynamodb("delete_item", **KEY, ConditionExpression="attribute_not_exists(a)"), "a"),
            (dynamodb("query", **QUERY, ProjectionExpression="a"), "a"),
            (dynamodb("scan", ProjectionExpression="a"), "a"),
            (_batch, "a"),
            (_batch_write, "pk"),
            (_transaction, "b"),
        )
    ),
    Probe("dynamodb:Select", dynamodb("get_item", **KEY), "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"),
    Probe("dynamodb:Select", dynamodb("scan", Select="COUNT"), "COUNT", "ALL_ATTRIBUTES"),
    Probe("dynamodb:Select", dynamodb("scan", IndexName="i"), "ALL_PROJECTED_ATTRIBUTES", "ALL_ATTRIBUTES"),
    Probe("dynamodb:Select", _batch, "SPECIFIC_ATTRIBUTES", "ALL_ATTRIBUTES"),
    Probe("dynamodb:ReturnValues", dynamodb("put_item", Item={"pk": {"S": "me"}}, ReturnValues="ALL_OLD"), "ALL_OLD"),
    Probe("dynamodb:ReturnValues", _transaction, "ALL_OLD", "NONE"),
    Probe("dynamodb:ReturnConsumedCapacity", dynamodb("scan", ReturnConsumedCapacity="TOTAL"), "TOTAL", "NONE"),
    Probe("dynamodb:EnclosingOperation", _transaction, "TransactWriteItems", "BatchWriteItem"),
]


# ---- Lambda ----------------------------------------------------------------------------------------------------------


def function(**given: Any) -> Callable[[Team], Ask]:
    """Making a function."""

    def ask(team: Team) -> Ask:
        method, made = new_function(At(team.account, team.new()), {})
        return method, {**made, **given}

    return ask


def permission(**given: Any) -> Callable[[Team], Ask]:
    """Adding a permission to a function that need not be there."""
    return lambda team: (
        "add_permission",
        {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", **given},
    )


def no_permission(team: Team) -> Ask:
    """Taking the permission of SNS away again."""
    functions, name = team.root("lambda"), team.new()
    method, made = new_function(At(team.account, name), {})
    getattr(functions, method)(**made)
    functions.add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunctionUrl", Principal="123456789012",
        FunctionUrlAuthType="AWS_IAM",
    )  # fmt: skip
    return "remove_permission", {"FunctionName": name, "StatementId": "s"}


FOR_FUNCTION = "arn:aws:lambda:us-east-1:730000000002:function:f"


def mapping(team: Team) -> Ask:
    """Mapping a queue to a function; neither need be there."""
    return "create_event_source_mapping", {"FunctionName": FOR_FUNCTION, "EventSourceArn": "arn:aws:sqs:::q"}


NETWORK = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
LAMBDA = [
    Probe("lambda:Layer", function(Layers=[LAYER]), LAYER, operator=ANY, action="lambda:CreateFunction"),
    Probe("lambda:CodeSigningConfigArn", function(CodeSigningConfigArn=SIGNING), SIGNING),
    Probe("lambda:SubnetIds", function(**NETWORK), "subnet-1", operator=ANY),
    Probe("lambda:SecurityGroupIds", function(**NETWORK), "sg-1", operator=ANY),
    Probe("lambda:FunctionArn", mapping, FOR_FUNCTION, operator="ArnEquals"),
    Probe("lambda:Principal", permission(Principal="sns.amazonaws.com"), "sns.amazonaws.com"),
    Probe("lambda:Principal", no_permission, "arn:aws:iam::123456789012:root", operator="StringEquals"),
    Probe("lambda:FunctionUrlAuthType", permission(Principal="*", FunctionUrlAuthType="NONE"), "NONE", "AWS_IAM"),
    Probe("lambda:FunctionUrlAuthType", no_permission, "AWS_IAM", "NONE"),
    Probe("iam:PassedToService", function(), "lambda.amazonaws.com", "ec2.amazonaws.com", action="iam:PassRole"),
    Probe(
        "iam:AssociatedResourceArn",
        function(),
        "arn:aws:lambda:*:*:function:*",
        "arn:aws:ec2:*:*:instance/*",
        "ArnLike",
        "iam:PassRole",
    ),
]


# ---- SNS -------------------------------------------------------------------------------------------------------------


def subscribing(team: Team) -> Ask:
    """Asking for the mails of a new topic."""
    arn = team.root("sns").create_topic(Name=team.new())["TopicArn"]
    return "subscribe", {"TopicArn": arn, "Protocol": "email", "Endpoint": "a@example.com"}


SNS = [
    Probe("sns:Protocol", subscribing, "email", "https"),
    Probe("sns:Endpoint", subscribing, "*@example.com", "*@example.org", "StringLike"),
]


# ---- IAM and STS -----------------------------------------------------------------------------------------------------


def user(**given: Any) -> Callable[[Team], Ask]:
    """Making a user."""
    return lambda team: ("create_user", {"UserName": team.new(), **given})


def bounded(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A change to a user with a permissions boundary."""

    def ask(team: Team) -> Ask:
        name = team.new()
        team.root("iam").create_user(UserName=name, PermissionsBoundary=POLICY)
        return method, {"UserName": name, **given}

    return ask


IAM = [
    Probe("iam:PermissionsBoundary", user(PermissionsBoundary=POLICY), POLICY, operator="ArnEquals"),
    Probe("iam:PermissionsBoundary", bounded("attach_user_policy", PolicyArn=POLICY), POLICY),
    Probe("iam:PermissionsBoundary", bounded("delete_user_permissions_boundary"), POLICY),
    Probe("iam:PolicyARN", bounded("attach_user_policy", PolicyArn=POLICY), POLICY, operator="ArnEquals"),
    Probe(
        "iam:AWSServiceName",
        lambda _: ("create_service_linked_role", {"AWSServiceName": "ops.apigateway.amazonaws.com"}),
        "ops.apigateway.amazonaws.com",
    ),
    Probe("aws:RequestedRegion", user(), "us-east-1", "eu-west-1"),
]


def role(**given: Any) -> Callable[[Team], Ask]:
    """Assuming a role that trusts the account."""

    def ask(team: Team) -> Ask:
        name = team.new()
        trust = json.loads(TRUST)
        trust["Statement"] = {"Effect": "Allow", "Principal": {"AWS": team.account}, "Action": "sts:*"}
        made = team.root("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return "assume_role", {"RoleArn": made["Role"]["Arn"], "RoleSessionName": "it", **given}

    return ask


TAGGED = {"Tags": [{"Key": "team", "Value": "red"}], "TransitiveTagKeys": ["team"]}
STS = [
    Probe("sts:ExternalId", role(ExternalId="secret"), "secret"),
    Probe("sts:RoleSessionName", role(), "it"),
    Probe("sts:SourceIdentity", role(SourceIdentity="alice"), "alice"),
    Probe("sts:TransitiveTagKeys", role(**TAGGED), "team", operator=ANY),
    Probe("sts:DurationSeconds", role(DurationSeconds=900), "900", "899", "NumericLessThanEquals"),
]


# ---- Systems Manager and CloudFormation ------------------------------------------------------------------------------


def parameter(**given: Any) -> Callable[[Team], Ask]:
    """Putting a parameter."""
    return lambda team: ("put_parameter", {"Name": f"/{team.new()}", "Type": "String", "Value": "x", **given})


SSM = [
    Probe("ssm:Overwrite", parameter(Overwrite=True), "true", "false"),
    Probe("ssm:Overwrite", parameter(), "false", "true"),
    Probe("ssm:Policies", parameter(Tier="Advanced", Policies="[]"), "[]"),
    Probe("ssm:Recursive", lambda _: ("get_parameters_by_path", {"Path": "/", "Recursive": True}), "true", "false"),
    Probe("ssm:Recursive", lambda _: ("get_parameters_by_path", {"Path": "/"}), "false", "true"),
]


def stack(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A call on a stack that need not be there."""
    return lambda team: (method, {"StackName": team.new(), **given})


ROLE = "arn:aws:iam::730000000002:role/runs"
TYPE = "AWS::CloudFormation::WaitConditionHandle"
IMPORTED = {
    "ChangeSetType": "IMPORT",
    "ResourcesToImport": [{"ResourceType": TYPE, "LogicalResourceId": "W", "ResourceIdentifier": {"Id": "x"}}],
}
CLOUDFORMATION = [
    Probe("cloudformation:TemplateUrl", stack("create_stack", TemplateURL=URL), URL),
    Probe("cloudformation:TemplateUrl", lambda _: ("get_template_summary", {"TemplateURL": URL}), URL),
    Probe("cloudformation:StackPolicyUrl", stack("set_stack_policy", StackPolicyURL=URL), URL),
    Probe("cloudformation:RoleArn", stack("delete_stack", RoleARN=ROLE), ROLE, operator="ArnEquals"),
    Probe(
        "cloudformation:ResourceTypes",
        stack("create_stack", TemplateBody=TEMPLATE, ResourceTypes=[TYPE]),
        TYPE,
        operator=ANY,
    ),
    Probe(
        "cloudformation:ImportResourceTypes",
        stack("create_change_set", ChangeSetName="c", TemplateBody=TEMPLATE, **IMPORTED),
        TYPE,
        operator=ANY,
    ),
    Probe("cloudformation:ChangeSetName", stack("create_change_set", ChangeSetName="c", TemplateBody=TEMPLATE), "c"),
]


# ---- API Gateway -----------------------------------------------------------------------------------------------------

LOGGING = {"AccessLogSettings": {"DestinationArn": "arn:aws:logs:us-east-1:730000000002:log-group:a", "Format": "$x"}}
FUNCTION = "arn:aws:lambda:us-east-1:730000000002:function:f"
AUTHORIZER = {
    "Name": "a",
    "AuthorizerType": "REQUEST",
    "AuthorizerPayloadFormatVersion": "2.0",
    "AuthorizerUri": f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations",
    "IdentitySource": ["$request.header.x"],
}
DOCUMENT = json.dumps(
    {
        "openapi": "3.0.1",
        "info": {"title": "imported", "version": "1"},
        "paths": {
            "/x": {"get": {"x-amazon-apigateway-integration": {
                "type": "http_proxy", "httpMethod": "GET", "uri": "http://127.0.0.1/", "payloadFormatVersion": "1.0"}}}
        },
    }
)  # fmt: skip


def api(team: Team) -> tuple[Any, dict[str, str]]:
    """An API with a route, an authorizer and a stage that logs: the root's client, and how calls name the API."""
    client = team.root("apigatewayv2")
    made = {"ApiId": client.create_api(Name="shop", ProtocolType="HTTP", DisableExecuteApiEndpoint=True)["ApiId"]}
    return client, made


def new_part(method: str, **given: Any) -> Callable[[Team], Ask]:
    """A call that makes a part of an API."""
    return lambda team: (method, {**api(team)[1], **given})


def own_api(team: Team) -> Ask:
    """Reading an API that has a route and an authorizer."""
    client, made = api(team)
    client.create_authorizer(**made, **AUTHORIZER)
    client.create_route(**made, RouteKey="GET /x", AuthorizationType="AWS_IAM")
    return "get_api", made


def own_part(create: str, read: str, id: str, **given: Any) -> Callable[[Team], Ask]:
    """Reading a part of an API."""

    def ask(team: Team) -> Ask:
        client, made = api(team)
        return read, {**made, id: getattr(client, create)(**made, **given)[id]}

    return ask


def new_api(**given: Any) -> Callable[[Team], Ask]:
    """Making an API."""
    return lambda _: ("create_api", {"Name": "shop", "ProtocolType": "HTTP", **given})


OWN_ROUTE = own_part("create_route", "get_route", "RouteId", RouteKey="GET /x", AuthorizationType="AWS_IAM")
OWN_AUTHORIZER = own_part("create_authorizer", "get_authorizer", "AuthorizerId", **AUTHORIZER)
OWN_STAGE = own_part("create_stage", "get_stage", "StageName", StageName="s", **LOGGING)
NEW_STAGE = new_part("create_stage", StageName="s", **LOGGING)
NEW_AUTHORIZER = new_part("create_authorizer", **AUTHORIZER)
DESTINATION, FORMAT = LOGGING["AccessLogSettings"].values()
APIGATEWAY = [
    Probe("apigateway:Request/ApiName", new_api(), "shop"),
    Probe("apigateway:Request/ApiName", lambda _: ("import_api", {"Body": DOCUMENT}), "imported", operator=ANY),
    Probe("apigateway:Request/DisableExecuteApiEndpoint", new_api(DisableExecuteApiEndpoint=True), "true", "false",
          "Bool"),
    Probe("apigateway:Request/RouteAuthorizationType", new_part("create_route", RouteKey="GET /x"), "NONE", "AWS_IAM"),
    Probe("apigateway:Request/RouteAuthorizationType", lambda _: ("import_api", {"Body": DOCUMENT}), "NONE", "AWS_IAM",
          ANY),
    Probe("apigateway:Request/ApiKeyRequired", new_part("create_route", RouteKey="GET /x", ApiKeyRequired=True),
          "true", "false", "Bool"),
    Probe("apigateway:Request/AuthorizerType", NEW_AUTHORIZER, "REQUEST", "JWT"),
    Probe("apigateway:Request/AuthorizerUri", NEW_AUTHORIZER, AUTHORIZER["AuthorizerUri"]),
    Probe("apigateway:Request/AccessLoggingDestination", NEW_STAGE, DESTINATION),
    Probe("apigateway:Request/AccessLoggingFormat", NEW_STAGE, FORMAT),
    Probe("apigateway:Request/StageName", new_part("create_deployment", StageName="s"), "s"),
    Probe("apigateway:Resource/ApiName", own_api, "shop", operator=ANY),
    Probe("apigateway:Resource/DisableExecuteApiEndpoint", own_api, "true", "false", ANY),
    Probe("apigateway:Resource/RouteAuthorizationType", own_api, "AWS_IAM", "NONE", ANY),
    Probe("apigateway:Resource/RouteAuthorizationType", OWN_ROUTE, "AWS_IAM", "NONE"),
    Probe("apigateway:Resource/ApiKeyRequired", OWN_ROUTE, "false", "true", "Bool"),
    Probe("apigateway:Resource/AuthorizerType", own_api, "REQUEST", "JWT", ANY),
    Probe("apigateway:Resource/AuthorizerType", OWN_AUTHORIZER, "REQUEST", "JWT"),
    Probe("apigateway:Resource/AuthorizerUri", OWN_AUTHORIZER, AUTHORIZER["AuthorizerUri"]),
    Probe("apigateway:Resource/AccessLoggingDestination", OWN_STAGE, DESTINATION),
    Probe("apigateway:Resource/AccessLoggingFormat", OWN_STAGE, FORMAT),
]  # fmt: skip

# ---- Organizations, of which the team's account is the management account --------------------------------------------

SCP = {"Type": "SERVICE_CONTROL_POLICY", "Description": "d", "Content": NOTHING}
ORGANIZATIONS = [
    Probe("organizations:PolicyType", lambda team: ("create_policy", {"Name": team.new(), **SCP}),
          "SERVICE_CONTROL_POLICY", "TAG_POLICY"),
    Probe("organizations:PolicyType", lambda _: ("describe_policy", {"PolicyId": "p-FullAWSAccess"}),
          "SERVICE_CONTROL_POLICY", "TAG_POLICY"),
]  # fmt: skip

XRAY = [
    Probe("xray:ResourcePolicyName", lambda _: ("delete_resource_policy", {"PolicyName": "red"}), "red", "blue"),
    Probe(
        "xray:TraceSegmentDestination", lambda _: ("update_trace_segment_destination", {"Destination": "XRay"}), "XRay"
    ),
]

PROBES = {
    "s3": S3,
    "dynamodb": DYNAMODB,
    "lambda": LAMBDA,
    "sns": SNS,
    "iam": IAM,
    "sts": STS,
    "ssm": SSM,
    "cloudformation": CLOUDFORMATION,
    "apigatewayv2": APIGATEWAY,
    "kms": kms_keys.PROBES,
    "cognito-identity": cognito_identity_keys.PROBES,
    "secretsmanager": secretsmanager_keys.PROBES,
    "organizations": ORGANIZATIONS,
    "ec2": ec2_keys.PROBES,
    "elasticache": elasticache_keys.PROBES,
    "events": events_keys.PROBES,
    "cloudwatch": cloudwatch_keys.PROBES,
    "ses": ses_keys.V1,
    "sesv2": ses_keys.V2,
    "xray": XRAY,
}

# Keys that other tests try.
ELSEWHERE = {
    **cognito_identity_keys.ELSEWHERE,
    **ec2_keys.ELSEWHERE,
    **kms_keys.ELSEWHERE,
    **secretsmanager_keys.ELSEWHERE,
    "aws:RequestTag/${TagKey}": "test_tags.py",
    "aws:ResourceTag/${TagKey}": "test_tags.py",
    "aws:TagKeys": "test_tags.py",
    "iam:ResourceTag/${TagKey}": "test_tags.py",
    "ssm:resourceTag/tag-key": "test_tags.py",
    "ssm:resourceTag/${TagKey}": "test_tags.py",
    "s3:ExistingObjectTag/<key>": "test_tags.py",
    "s3:RequestObjectTag/<key>": "test_tags.py",
    "s3:RequestObjectTagKeys": "test_tags.py",
    "lambda:VpcIds": "tests/services/lambda_/test_behaviour_networks.py",
    "s3:TlsVersion": "tests/gateway/test_tls.py",
}

_NO_WEB_IDENTITY = "Of sessions by SAML or by a social provider's own token, which nothing here proves."
_NO_ACCESS_POINTS = "Access points and access grants are not built."
_NO_REST = "Of REST APIs, domains and portals: no HTTP API has it."

# Keys that no request here can have, each with the reason. A condition on one decides as AWS does for an absent key.
ABSENT = {
    **ec2_keys.ABSENT,
    **events_keys.ABSENT,
    **kms_keys.ABSENT,
    **secretsmanager_keys.ABSENT,
    **ses_keys.ABSENT,
    "accounts.google.com:aud": _NO_WEB_IDENTITY,
    "accounts.google.com:sub": _NO_WEB_IDENTITY,
    "graph.facebook.com:app_id": _NO_WEB_IDENTITY,
    "graph.facebook.com:id": _NO_WEB_IDENTITY,
    "www.amazon.com:app_id": _NO_WEB_IDENTITY,
    "www.amazon.com:user_id": _NO_WEB_IDENTITY,
    "saml:aud": _NO_WEB_IDENTITY,
    "saml:namequalifier": _NO_WEB_IDENTITY,
    "saml:sub": _NO_WEB_IDENTITY,
    "saml:sub_type": _NO_WEB_IDENTITY,
    "s3:AccessGrantsInstanceArn": _NO_ACCESS_POINTS,
    "s3:AccessPointNetworkOrigin": _NO_ACCESS_POINTS,
    "s3:AccessPointTag/${TagKey}": _NO_ACCESS_POINTS,
    "s3:DataAccessPointAccount": _NO_ACCESS_POINTS,
    "s3:DataAccessPointArn": _NO_ACCESS_POINTS,
    "s3:BucketTag/${TagKey}": "Only of buckets for which PutBucketAbac, which is not built, said so.",
    "lambda:EventSourceToken": "Only Alexa's invocations have one.",
    "lambda:InvokedViaFunctionUrl": "Function URLs are not built.",
    "apigateway:Request/EndpointType": _NO_REST,
    "apigateway:Resource/EndpointType": _NO_REST,
    "logs:LogGeneratingResourceArns": "Of traces that AWS's services deliver to CloudWatch Logs, which is not built.",
    "organizations:TransferDirection": "Transfers of responsibility are not built.",
    "organizations:TransferType": "Transfers of responsibility are not built.",
    "ssm:DocumentCategories": "Of documents, which are not built.",
    "ssm:DocumentType": "Of documents, which are not built.",
}
