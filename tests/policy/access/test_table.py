"""The access table accounts for every operation of its services, with actions that AWS's reference knows."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import botocore.session
import pytest

from cloudarium.policy import access

DIFFERENCES: dict[str, Any] = json.loads(
    importlib.resources.files("cloudarium.policy.access").joinpath("differences.json").read_text()
)
TABLE = access._table()
SERVICES = sorted(TABLE["operations"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_row_or_a_reason(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    accounted = {
        *TABLE["operations"][service],
        *DIFFERENCES["without"].get(service, {}),
        *TABLE["unknown"].get(service, []),
    }
    # A botocore newer than the table may know more; without a row such an operation is denied.
    known = {name for name in model.operation_names if access.row(service, name) or name in accounted}
    assert len(known) >= 0.9 * len(model.operation_names)
    assert DIFFERENCES["unknown"]["reason"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_action_is_one_of_aws(service: str) -> None:
    for operation, actions in TABLE["operations"][service].items():
        for name in actions:
            info = access.action(name)
            assert info is not None, f"{service}:{operation} → {name}"
            assert info.name == name


def test_every_difference_has_a_reason_and_an_operation() -> None:
    session = botocore.session.get_session()
    for section in ("operations", "without"):
        for service, operations in DIFFERENCES[section].items():
            names = session.get_service_model(service).operation_names
            for operation, difference in operations.items():
                assert operation in names
                assert difference if section == "without" else difference["reason"]


def test_an_action_beyond_the_reference_has_a_reason() -> None:
    for prefix, actions in DIFFERENCES["actions"].items():
        for name, unlisted in actions.items():
            assert unlisted["reason"]
            assert access.action(f"{prefix}:{name}") == (
                f"{prefix}:{name}",
                unlisted["level"],
                tuple(unlisted["resources"]),
                tuple(unlisted["condition_keys"]),
            )


@pytest.mark.parametrize(
    ("service", "operation", "actions"),
    [
        ("s3", "HeadObject", ("s3:GetObject",)),
        ("s3", "ListObjectsV2", ("s3:ListBucket",)),
        ("s3", "ListBuckets", ("s3:ListAllMyBuckets",)),
        ("s3", "PutBucketLifecycleConfiguration", ("s3:PutLifecycleConfiguration",)),
        ("lambda", "Invoke", ("lambda:InvokeFunction",)),
        ("apigatewayv2", "CreateApi", ("apigateway:POST",)),
        ("apigatewayv2", "DeleteApi", ("apigateway:DELETE",)),
        ("dynamodbstreams", "GetRecords", ("dynamodb:GetRecords",)),
        ("dynamodb", "TransactGetItems", ("dynamodb:GetItem",)),
        ("sts", "GetCallerIdentity", ()),
        ("cognito-idp", "InitiateAuth", ()),
        ("cognito-idp", "AdminCreateUser", ("cognito-idp:AdminCreateUser",)),
        ("sesv2", "SendEmail", ("ses:SendEmail",)),
    ],
)
def test_rows(service: str, operation: str, actions: tuple[str, ...]) -> None:
    assert access.row(service, operation) == access.AccessRow(actions)


def test_what_is_not_listed_has_no_row() -> None:
    assert access.row("s3", "NoSuchOperation") is None
    assert access.row("nosuchservice", "Get") is None
    assert access.action("s3:NoSuchAction") is None


def test_actions_are_found_in_any_case() -> None:
    info = access.action("S3:getobject")
    assert info is not None
    assert (info.name, info.level) == ("s3:GetObject", "Read")
    assert "arn:${Partition}:s3:::${BucketName}/${ObjectName}" in info.resources
    assert "s3:GetObject" in access.actions("s3")
