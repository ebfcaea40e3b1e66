"""capstone: what counts as the shop's, and what counts as a secret. The checklist itself is tried in the journeys."""

from __future__ import annotations

from typing import Any

import pytest

from cloudarium.cli.capstone.inventory import LISTINGS, Thing, is_named_after
from cloudarium.cli.capstone.lines import resolved, secrets
from tests.cli.conftest import Cli


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("shop", True),
        ("/shop/functions", True),
        ("shop-picturesbucket-1a2b", True),
        ("/aws/lambda/shop-OrdersFunction-X", True),
        ("arn:aws:sns:us-east-1:000000000000:shop-AlarmTopic-X", True),
        ("http://127.0.0.1:4566/000000000000/shop-DeadLetters-X", True),
        ("workshop", False),
        ("my-shop-photos", False),
        ("shopping", False),
        ("shop@example.com", False),
    ],
)
def test_what_is_called_after_the_stack(name: str, own: bool) -> None:
    assert is_named_after(Thing("AWS::S3::Bucket", name, name), "shop") is own


def test_what_is_called_after_another_stack_is_that_ones() -> None:
    thing = Thing("AWS::S3::Bucket", "shop-prod-pictures-1a2b", "shop-prod-pictures-1a2b")
    assert is_named_after(thing, "shop", ["shop", "shop-history"])
    assert not is_named_after(thing, "shop", ["shop", "shop-prod"])
    assert is_named_after(thing, "shop-prod", ["shop", "shop-prod"])


def test_every_listing_is_one_that_aws_has() -> None:
    import botocore.session
    from botocore import xform_name

    session = botocore.session.get_session()
    for service, operation, _, given in LISTINGS.values():
        model = session.get_service_model(service)
        [name] = [each for each in model.operation_names if xform_name(each) == operation]
        assert given.keys() <= model.operation_model(name).input_shape.members.keys()


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----",
        "sk_live_51HxQ2eZvKYlo2C",
        "redis://catalogue:s3cr3t@cache:6379",
        "the generated value of the stack's own secret",
    ],
)
def test_what_a_secret_looks_like(text: str) -> None:
    assert secrets.holds(f"x = {text}", {"the generated value of the stack's own secret"})


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:CacheSecret-1-2",
        "http://127.0.0.1:4566/000000000000/shop-ConfirmationQueue-1A2B3C4D5E6F",
        'POWERTOOLS_METRICS_NAMESPACE = "Shop"',
        "{{resolve:secretsmanager:CacheSecret:SecretString:password}}",
    ],
)
def test_a_name_is_no_secret(text: str) -> None:
    assert not secrets.holds(text, {"the generated value of the stack's own secret"})


def test_differences_of_policies_go_both_ways() -> None:
    keys = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ORDER#*"]}}
    read = {"Sid": "Read", "Effect": "Allow", "Action": "dynamodb:GetItem", "Condition": keys}
    code = {**read, "Resource": [{"Fn::GetAtt": ["T", "Arn"]}, {"Fn::Sub": "${T.Arn}/index/${AWS::Region}*"}]}
    wanted = [{"PolicyName": "P", "PolicyDocument": {"Statement": [code]}}]
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/shop-T-1A2B"
    there = {**read, "Resource": [arn, f"{arn}/index/us-east-1*"]}

    def told(deployed: dict[str, list[Any]]) -> list[str]:
        return resolved.differences(deployed, wanted, {"T": "shop-T-1A2B"})

    assert told({"P": [there]}) == []
    assert told({}) == ["the policy P is gone"]
    assert told({"P": [there], "Q": [there]}) == ["the policy Q came by hand"]
    assert told({"P": [there, {**there, "Sid": "More"}]}) == ["statement More of P came by hand"]
    for part, changed in (
        ("Effect", "Deny"),
        ("Action", ["dynamodb:GetItem", "dynamodb:Scan"]),
        ("Resource", [arn.replace("1A2B", "9Z"), f"{arn}/index/us-east-1*"]),
        ("Resource", [arn, f"{arn}/other/us-east-1*"]),
        ("Resource", [*there["Resource"], "*"]),
        ("Condition", {}),
    ):
        [said] = told({"P": [{**there, part: changed}]})
        assert said.startswith(f"statement Read of P now has {part} ")


def test_without_a_cloud_or_a_shop_it_says_so(cli: Cli) -> None:
    for command in ("verify", "down"):
        assert "cloudarium up" in cli.fails("capstone", command)
