"""Policies of every kind: written, and then asked. ARNs, and what a signature claims."""

from __future__ import annotations

import json
from random import Random

from cloudarium.gateway import sigv2, sigv4
from cloudarium.gateway.http import HttpRequest
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError
from tests.fuzz.area import area, grammar
from tests.fuzz.furniture import BUCKET, POLICY, TRUST, bucket, function, http_api, identities, logs
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target

_OPERATORS = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericLessThan",
    "DateEquals",
    "DateGreaterThan",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotLike",
    "Null",
    "StringEqualsIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringEqualsIfExists",
]
_KEYS = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:SourceIp",
    "aws:username",
    "aws:userid",
    "aws:PrincipalArn",
    "aws:PrincipalTag/team",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:UserAgent",
    "s3:prefix",
    "aws:TagKeys",
    "aws:MultiFactorAuthPresent",
    "sts:ExternalId",
]
WORDS = (
    "${aws:username} ${aws:username,'x'} ${ ${} ${*} ${?} ${$} ${aws:PrincipalTag/team} Effect Action NotAction "
    "Resource "
    "NotResource Principal NotPrincipal Condition Sid Version Statement Id Allow Deny s3:* * "
    "arn:aws:s3:::fuzz-bucket/* "
    "arn:aws:iam::111122223333:root AWS Service Federated CanonicalUser 2008-10-17 2012-10-17 10.0.0.0/8 ::/0 "
    "1.2.3.4/33 "
) + " ".join((*_OPERATORS, *_KEYS))


def _statement(**changes: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", **changes}]}


CONDITIONS = [
    {operator: {_KEYS[place % len(_KEYS)]: value}}
    for place, operator in enumerate(_OPERATORS)
    for value in ("true", ["10.0.0.0/8", "2026-01-01T00:00:00Z", "1"], "${aws:username}*")
]
_CONDITIONED = [_statement(Condition=condition) for condition in CONDITIONS]
_POLICIES = (
    POLICY, _statement(NotAction=["iam:*", "s3:Get*"], Sid="One"),
    _statement(Resource=["arn:aws:s3:::${aws:username}/*"]),
    _statement(Effect="Deny", NotResource="arn:aws:s3:::*/a?b*"), *_CONDITIONED,
)  # fmt: skip
_BUCKET_POLICIES = [
    {**policy, "Statement": [{"Principal": principal, **statement, "Resource": f"arn:aws:s3:::{BUCKET}/*"}]}
    for policy in _POLICIES[4:]
    for statement in policy["Statement"]
    for principal in ("*", {"AWS": "arn:aws:iam::111122223333:user/fuzz"})
]  # fmt: skip


def _prepare(target: Target) -> None:
    identities(target)
    bucket(target)
    pair = target.do("iam", "CreateAccessKey", UserName="fuzz")["AccessKey"]
    target.known["pair"] = pair["AccessKeyId"], pair["SecretAccessKey"]


def _ask_as_user(target: Target) -> None:
    """Have the policies that stand now decide about calls of the user."""
    for operation, input in (("GetObject", {"Bucket": BUCKET, "Key": "key"}), ("ListObjectsV2", {"Bucket": BUCKET})):
        target.send(target.written("s3", operation, input), "s3", *target.known["pair"])


def _identity(target: Target, text: str) -> None:
    written = target.ask("iam", "PutUserPolicy", UserName="fuzz", PolicyName="p", PolicyDocument=text)
    if written.status < 300:
        _ask_as_user(target)
        user = f"arn:aws:iam::{target.account}:user/fuzz"
        target.ask("iam", "SimulatePrincipalPolicy", PolicySourceArn=user, ActionNames=["s3:GetObject", "iam:GetUser"])
        target.ask("iam", "GetContextKeysForPrincipalPolicy", PolicySourceArn=user)


def _simulated(target: Target, text: str) -> None:
    context = [
        {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": values}
        for key, kind, values in (
            ("aws:CurrentTime", "date", ["2026-01-01T00:00:00Z"]), ("aws:SourceIp", "ip", ["10.1.1.1"]),
            ("aws:TagKeys", "stringList", ["a", text[:20]]), ("s3:prefix", "string", [text[:40]]),
            ("aws:EpochTime", "numeric", ["12"]), ("aws:SecureTransport", "boolean", ["true"]),
        )
    ]  # fmt: skip
    target.ask(
        "iam", "SimulateCustomPolicy", PolicyInputList=[text], ActionNames=["s3:GetObject"], ContextEntries=context
    )
    target.ask("iam", "GetContextKeysForCustomPolicy", PolicyInputList=[text])


def _trust(target: Target, text: str) -> None:
    if target.ask("iam", "UpdateAssumeRolePolicy", RoleName="fuzz", PolicyDocument=text).status < 300:
        asked = target.written("sts", "AssumeRole", {"RoleArn": target.known["RoleArn"], "RoleSessionName": "x"})
        target.send(asked, "sts", *target.known["pair"])


def _bucket_policy(target: Target, text: str) -> None:
    if target.ask("s3", "PutBucketPolicy", Bucket=BUCKET, Policy=text).status < 300:
        _ask_as_user(target)
        target.judge(HttpRequest("GET", f"/{BUCKET}/key", headers={"host": "127.0.0.1:4566", "user-agent": text[:50]
                                                                   .encode("ascii", "replace").decode()}))  # fmt: skip
        target.ask("s3", "GetBucketPolicyStatus", Bucket=BUCKET)


def _session(target: Target, text: str) -> None:
    target.ask("sts", "GetFederationToken", Name="fuzz", Policy=text)


def _log_policy(target: Target, text: str) -> None:
    target.ask("logs", "PutResourcePolicy", policyName="p", policyDocument=text)


_TRUSTS = (
    TRUST,
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"},
     "Condition": {"StringEquals": {"sts:ExternalId": "x", "aws:username": "${aws:username}"}}}]},
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": ["sts:*"],
    "NotPrincipal": {"AWS": "111122223333"}}},
)  # fmt: skip

grammar("iam-policy", _POLICIES, _identity, WORDS, _prepare)
grammar("iam-simulated", _POLICIES, _simulated, WORDS, identities)
grammar("iam-trust", _TRUSTS, _trust, WORDS, _prepare)
grammar("iam-session", _POLICIES, _session, WORDS, identities)
grammar("s3-policy", _BUCKET_POLICIES, _bucket_policy, WORDS, _prepare)
grammar("logs-policy", _TRUSTS, _log_policy, WORDS)

_ARNS = (
    "arn:aws:s3:::fuzz-bucket/key", "arn:aws:iam::111122223333:role/fuzz",
    "arn:aws:logs:us-east-1:111122223333:log-group:fuzz:*",
    "arn:aws:lambda:us-east-1:111122223333:function:fuzz:1",
    "arn:aws:dynamodb:us-east-1:111122223333:table/fuzz/index/by-r",
    "arn:aws:apigateway:us-east-1::/apis/x", "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:ssm:us-east-1:111122223333:parameter/fuzz", "arn:aws:lambda:us-east-1:111122223333:layer:fuzz:1",
)  # fmt: skip


def _arn(target: Target, text: str) -> None:
    """An ARN wherever one is taken."""
    arn.parse(text)
    target.ask("sts", "AssumeRole", RoleArn=text, RoleSessionName="x")
    target.ask("iam", "AttachUserPolicy", UserName="fuzz", PolicyArn=text)
    target.ask("lambda", "GetFunction", FunctionName=text)
    target.ask("lambda", "ListTags", Resource=text)
    target.ask("lambda", "GetLayerVersionByArn", Arn=text)
    target.ask("apigatewayv2", "GetTags", ResourceArn=text)
    target.ask("logs", "ListTagsForResource", resourceArn=text)
    target.ask("logs", "FilterLogEvents", logGroupIdentifier=text)
    target.ask("dynamodb", "DescribeTable", TableName=text)
    target.ask("dynamodb", "ListTagsOfResource", ResourceArn=text)
    target.ask("ssm", "GetParameter", Name=text)


def _arns_prepare(target: Target) -> None:
    for furnish in (identities, function, http_api, logs):
        furnish(target)


grammar("arns", _ARNS, _arn, ": / * aws arn: s3 iam logs 111122223333 000000000000 us-east-1 $LATEST", _arns_prepare)


# ---- What a signature claims -----------------------------------------------------------------------------------------

_HEADER = (
    "AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, "
    "Signature=" + "a" * 64
)
_QUERIES = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=111122223333%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "a" * 64,
    "AWSAccessKeyId=111122223333&Expires=1999999999&Signature=abc%3D",
)
_CLAIMWORDS = (
    "AWS4-HMAC-SHA256 Credential= SignedHeaders= Signature= X-Amz-Expires= X-Amz-Date= X-Amz-Security-Token= %2F / , "
    "; & = "
    "20260101T000000Z 99999999T999999Z 20260231T000000Z aws4_request s3 iam sts host AWS4-ECDSA-P256-SHA256 AWS "
    "604801 -1"
)


@area("claims", bucket)
def _claims(target: Target, source: Random) -> None:
    """Authorization headers and presigned queries that nobody signed: refused, whatever they are."""
    mutator = Mutator(source, _CLAIMWORDS.split())
    headers = {"host": f"{BUCKET}.s3.localhost:4566" if source.random() < 0.3 else "127.0.0.1:4566"}
    request = HttpRequest(source.choice(("GET", "PUT", "DELETE", "POST")), f"/{BUCKET}/key", headers=headers)
    if source.random() < 0.5:
        text = mutator.text(_HEADER).encode("utf-8", "replace").decode("latin-1")
        headers["authorization"] = text.replace("\n", " ").replace("\r", " ")
        headers["x-amz-date"] = mutator.token() if source.random() < 0.3 else "20260101T000000Z"
        headers["x-amz-date"] = headers["x-amz-date"].encode("utf-8", "replace").decode("latin-1")
    else:
        from tests.fuzz.wire import line

        request.query = line(mutator.text(source.choice(_QUERIES)))
    for claim_of in (sigv4.claim_of, sigv2.claim_of):
        try:
            claim_of(request)
        except AwsError:
            continue
    target.judge(request)


@area("tokens", _arns_prepare)
def _tokens(target: Target, source: Random) -> None:
    """A page's token, varied: the next page, or AWS's error; a token of another account shows nothing of it."""
    mutator = Mutator(source, ["=", "/", "+", "-", "eyJ"])
    service, operation, first, token = source.choice(_PAGED)
    known = target.known.setdefault("page-tokens", {})
    if operation not in known:
        for number in range(3):
            _fill(target, number)
        known[operation] = target.do(service, operation, **first).get(token[1])
    assert known[operation], operation
    varied = mutator.text(known[operation]) if source.random() < 0.8 else known[operation]
    target.ask(service, operation, **{**first, token[0]: varied})
    try:
        request = target.written(service, operation, {**first, token[0]: varied})
    except UnicodeEncodeError:
        return
    shown = target.send(request, service, "999999999999")
    assert isinstance(shown.body, bytes)
    if shown.status < 300 and (b"secret-of-first" in shown.body or target.account.encode() in shown.body):
        from tests.fuzz.target import Found

        raise Found(f"{operation} shows another account's data: {shown.body[:500]!r}")


def _fill(target: Target, number: int) -> None:
    name = f"secret-of-first-{number}"
    target.ask("iam", "CreateUser", UserName=name)
    target.ask("logs", "CreateLogGroup", logGroupName=name)
    target.ask("ssm", "PutParameter", Name=name, Value="v", Type="String")
    target.ask("apigatewayv2", "CreateApi", Name=name, ProtocolType="HTTP")
    target.ask("dynamodb", "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
               AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
               KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}])  # fmt: skip
    target.ask("s3", "CreateBucket", Bucket=name)
    target.ask("cloudformation", "CreateStack", StackName=name, TemplateBody=json.dumps(
        {"Resources": {"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}))  # fmt: skip
    target.ask("lambda", "PublishVersion", FunctionName="fuzz", Description=name)
    target.settle()


_PAGED = (
    ("iam", "ListUsers", {"MaxItems": 1}, ("Marker", "Marker")),
    ("logs", "DescribeLogGroups", {"limit": 1}, ("nextToken", "nextToken")),
    ("ssm", "DescribeParameters", {"MaxResults": 1}, ("NextToken", "NextToken")),
    ("apigatewayv2", "GetApis", {"MaxResults": "1"}, ("NextToken", "NextToken")),
    ("dynamodb", "ListTables", {"Limit": 1}, ("ExclusiveStartTableName", "LastEvaluatedTableName")),
    ("s3", "ListBuckets", {"MaxBuckets": 1}, ("ContinuationToken", "ContinuationToken")),
    ("lambda", "ListVersionsByFunction", {"FunctionName": "fuzz", "MaxItems": 1}, ("Marker", "NextMarker")),
)  # fmt: skip
