"""Calls of Secrets Manager that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage
from tests.permissions.examples.lambda_ import PACKAGE, role

EXAMPLES = Examples()

TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "CreateSecret API reference: to tag on the way needs secretsmanager:TagResource."
INVOKED = "RotateSecret API reference: you also need lambda:InvokeFunction on the rotation function."
EACH = "BatchGetSecretValue API reference: and GetSecretValue for each secret."
LISTED = "BatchGetSecretValue API reference: with filters also secretsmanager:ListSecrets."
VALUES = ("old", "new")
VERSIONS = tuple(letter * 32 for letter in "ab")


def secret(at: Stage, **given: Any) -> str:
    """The ARN of a secret of the operation's own."""
    return at.root().create_secret(Name=at.name, **{"SecretString": "x", **given})["ARN"]


def function(at: Stage) -> str:
    """A function that Secrets Manager may invoke."""
    api = at.root("lambda")
    given = {"Runtime": "python3.11", "Handler": "app.handler", "Role": at.once(role), "Code": {"ZipFile": PACKAGE}}
    arn = api.create_function(FunctionName="rotates", **given)["FunctionArn"]
    who = {"Principal": "secretsmanager.amazonaws.com", "Action": "lambda:InvokeFunction"}
    api.add_permission(FunctionName="rotates", StatementId="s", **who)
    return arn


@EXAMPLES("CreateSecret")
def create_secret(at: Stage) -> Case:
    arn = at.arn(f"secret:{at.name}-??????")
    said = {f"secretsmanager:{action}": at.name for action in ("CreateSecret", "TagResource")}
    also = [Also("secretsmanager:TagResource", arn, TAGGED)]
    given = {"Name": at.name, "SecretString": "x", "Tags": TAGS, "ClientRequestToken": VERSIONS[0]}
    return Case(given, arn, also=also, said=said)


def named(at: Stage, **given: Any) -> Case:
    arn = secret(at)
    return Case({"SecretId": arn, **given}, arn)


@EXAMPLES("DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "CancelRotateSecret", "DeleteSecret")
def by_name(at: Stage) -> Case:
    return named(at)


@EXAMPLES("RestoreSecret")
def restore_secret(at: Stage) -> Case:
    case = named(at)
    at.root().delete_secret(SecretId=at.name)
    return case


@EXAMPLES("PutSecretValue", "UpdateSecret")
def new_value(at: Stage) -> Case:
    return named(at, SecretString="y", ClientRequestToken=VERSIONS[1])


@EXAMPLES("UpdateSecretVersionStage")
def update_secret_version_stage(at: Stage) -> Case:
    arn = secret(at, ClientRequestToken=VERSIONS[0])
    return Case({"SecretId": arn, "VersionStage": "MINE", "MoveToVersionId": VERSIONS[0]}, arn)


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    return named(at, Tags=TAGS)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    return named(at, TagKeys=["team"])


@EXAMPLES("RotateSecret")
def rotate_secret(at: Stage) -> Case:
    lambda_arn, arn = at.once(function), secret(at)
    given = {"SecretId": arn, "RotationLambdaARN": lambda_arn, "ClientRequestToken": VERSIONS[1]}
    also = [Also("lambda:InvokeFunction", lambda_arn, INVOKED)]
    return Case(given, arn, also=also, said={"lambda:InvokeFunction": lambda_arn})


# ---- resource policies -----------------------------------------------------------------------------------------------


def policy(at: Stage) -> str:
    """A policy that lets another account in."""
    other = {"AWS": f"arn:aws:iam::{int(at.account) ^ 1:012}:root"}
    statement = {"Effect": "Allow", "Principal": other, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@EXAMPLES("PutResourcePolicy", "ValidateResourcePolicy")
def new_policy(at: Stage) -> Case:
    return named(at, ResourcePolicy=policy(at))


@EXAMPLES("GetResourcePolicy", "DeleteResourcePolicy")
def present_policy(at: Stage) -> Case:
    case = named(at)
    at.root().put_resource_policy(SecretId=at.name, ResourcePolicy=policy(at))
    return case


# ---- without a secret, and several -----------------------------------------------------------------------------------


@EXAMPLES("GetRandomPassword", "ListSecrets")
def of_the_account(at: Stage) -> Case:
    return Case({})


@EXAMPLES("BatchGetSecretValue")
def batch_get_secret_value(at: Stage) -> Case:
    arn = secret(at)
    also = [Also("secretsmanager:GetSecretValue", arn, EACH)]

    def inside(answer: Any) -> Any:
        wrong = answer.get("Errors") or []
        return {"Code": wrong[0]["ErrorCode"], "Message": wrong[0]["Message"]} if wrong else None

    return Case({"SecretIdList": [arn]}, "*", also=also, inside=inside)


@EXAMPLES("BatchGetSecretValue", variant="filters")
def batch_by_filters(at: Stage) -> Case:
    also = [Also("secretsmanager:ListSecrets", "*", LISTED)]
    return Case({"Filters": [{"Key": "name", "Values": ["there-is-none"]}]}, "*", also=also, foreign="it names nothing")
