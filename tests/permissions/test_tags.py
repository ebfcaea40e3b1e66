"""Policies that decide by tags: of the request, of the resource, of the caller, for all that has tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.permissions.taggables import TAGGABLES, Ask, At, Taggable, pairs
from tests.permissions.team import Team

RED, BLUE = {"team": "red"}, {"team": "blue"}
RED_REQUEST = {"aws:RequestTag/team": "red"}
REQUEST = {
    "StringEquals": RED_REQUEST,
    "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
}


def made(team: Team, kind: Taggable, tags: dict[str, str]) -> Any:
    """A new resource with these tags, as later calls name it."""
    at = At(team.account, team.new())
    method, given = kind.create(at, tags)
    answer = getattr(team.root(kind.service), method)(**given)
    if kind.service == "cloudformation":
        team.cloud.settle()
    return kind.ref(answer, at)


@pytest.fixture(scope="module")
def team(cloud: RunningCloud) -> Iterator[Team]:
    yield Team(cloud, "730000000001")


@pytest.mark.parametrize("name", TAGGABLES)
def test_the_tags_that_a_new_resource_gets_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    team.grant(REQUEST)
    for tags, expected in ((RED, True), (BLUE, False), ({}, False), ({**RED, "cost": "1"}, False)):
        assert team.may(kind.service, kind.create(At(team.account, team.new()), tags)) is expected, tags


@pytest.mark.parametrize("name", TAGGABLES)
def test_the_tags_that_a_resource_is_given_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    ref = made(team, kind, {})
    team.grant(REQUEST)
    for tags, expected in ((BLUE, False), ({**RED, "cost": "1"}, False), (RED, True)):
        assert team.may(kind.service, kind.tag(ref, tags)) is expected, tags


@pytest.mark.parametrize("name", [name for name in TAGGABLES if name != "stack"])
def test_the_keys_that_are_taken_away_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    ref = made(team, kind, {**RED, "cost": "1"})
    team.grant({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}, "Null": {"aws:TagKeys": "false"}})
    assert not team.may(kind.service, kind.untag(ref, ["team"]))
    assert not team.may(kind.service, kind.untag(ref, ["cost", "team"]))
    assert team.may(kind.service, kind.untag(ref, ["cost"]))
    team.grant({"Null": {"aws:RequestTag/team": "false"}})
    assert not team.may(kind.service, kind.untag(ref, ["team"]))


@pytest.mark.parametrize("name", TAGGABLES)
def test_the_tags_of_the_resource_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    red, blue, plain = (made(team, kind, tags) for tags in (RED, BLUE, {}))
    changes: list[Callable[[Any], Ask]] = [lambda ref: kind.tag(ref, RED), lambda ref: kind.untag(ref, ["x"])]
    for key in kind.keys:
        team.grant({"StringEquals": {f"{key}/team": "red"}})
        for call in (*changes, *kind.others):
            for ref in (blue, plain):
                assert not team.may(kind.service, call(ref)), (key, call(ref))
            ask = call(red)
            assert team.may(kind.service, call(made(team, kind, RED)) if "delete" in ask[0] else ask), (key, ask)


def test_several_resources_have_their_own_tags_each(team: Team) -> None:
    parameter, table = TAGGABLES["parameter"], TAGGABLES["dynamodb table"]
    red, blue = made(team, parameter, RED), made(team, parameter, BLUE)
    red_table, blue_table = made(team, table, RED), made(team, table, BLUE)
    team.grant({"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert team.may("ssm", ("get_parameters", {"Names": [red]}))
    assert not team.may("ssm", ("get_parameters", {"Names": [red, blue]}))
    keys = {"Keys": [{"pk": {"S": "x"}}]}
    assert team.may("dynamodb", ("batch_get_item", {"RequestItems": {red_table: keys}}))
    assert not team.may("dynamodb", ("batch_get_item", {"RequestItems": {red_table: keys, blue_table: keys}}))


def test_tags_of_a_stage_are_its_own_before_its_apis(team: Team) -> None:
    api = made(team, TAGGABLES["http api"], RED)
    given = {"ApiId": api.rsplit("/", 1)[1]}
    team.root("apigatewayv2").create_stage(**given, StageName="plain")
    team.root("apigatewayv2").create_stage(**given, StageName="blue", Tags=BLUE)
    team.grant({"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert team.may("apigatewayv2", ("get_stage", {**given, "StageName": "plain"}))
    assert not team.may("apigatewayv2", ("get_stage", {**given, "StageName": "blue"}))
    team.grant({"StringEquals": {"aws:RequestTag/team": "red"}})
    assert team.may("apigatewayv2", ("create_stage", {**given, "StageName": "new", "Tags": RED}))
    assert not team.may("apigatewayv2", ("create_stage", {**given, "StageName": "new", "Tags": BLUE}))


def test_a_role_is_passed_and_assumed_by_its_tags(team: Team) -> None:
    iam = team.root("iam")
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": team.account, "Service": "lambda.amazonaws.com"},
                 "Action": "sts:AssumeRole"},
            ],
        }
    )  # fmt: skip
    for name, tags in (("red", RED), ("blue", BLUE)):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=pairs(tags))
    make = {**TAGGABLES["function"].create(At(team.account, "by-tags"), {})[1]}
    for key in ("aws:ResourceTag/team", "iam:ResourceTag/team"):
        passing = {"Effect": "Allow", "Action": ["iam:PassRole", "sts:AssumeRole"], "Resource": "*",
                   "Condition": {"StringEquals": {key: "red"}}}  # fmt: skip
        creating = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [passing, creating]})
        iam.put_user_policy(UserName="caller", PolicyName="only", PolicyDocument=document)
        for name, expected in (("red", True), ("blue", False)):
            role = f"arn:aws:iam::{team.account}:role/{name}"
            assert team.may("lambda", ("create_function", {**make, "Role": role})) is expected
            assert team.may("sts", ("assume_role", {"RoleArn": role, "RoleSessionName": "it"})) is expected


# ---- S3, whose tags have keys of their own ---------------------------------------------------------------------------


def test_tags_of_a_bucket(team: Team) -> None:
    make = {"Bucket": "tagged-730000000001"}
    tagged = {"CreateBucketConfiguration": {"Tags": [{"Key": "team", "Value": "red"}]}}
    other = {"CreateBucketConfiguration": {"Tags": [{"Key": "team", "Value": "blue"}]}}
    team.grant(REQUEST)
    assert not team.may("s3", ("create_bucket", make))
    assert not team.may("s3", ("create_bucket", {**make, **other}))
    assert team.may("s3", ("create_bucket", {**make, **tagged}))
    # A bucket decides by its tags when PutBucketAbac said so; until then aws:ResourceTag is not there.
    team.grant({"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert not team.may("s3", ("get_bucket_tagging", make))
    team.grant({"Null": {"aws:ResourceTag/team": "true", "s3:BucketTag/team": "true"}})
    assert team.may("s3", ("get_bucket_tagging", make))


def test_tags_of_objects(team: Team) -> None:
    s3 = team.root("s3")
    at = {"Bucket": "objects-730000000001"}
    s3.create_bucket(**at)
    s3.put_bucket_versioning(**at, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(**at, Key="red", Body=b"x", Tagging="team=red")["VersionId"]
    s3.put_object(**at, Key="blue", Body=b"x", Tagging="team=blue")

    team.grant({"StringEquals": {"s3:ExistingObjectTag/team": "red"}})
    for method in ("get_object", "get_object_tagging", "get_object_acl"):
        assert team.may("s3", (method, {**at, "Key": "red"})), method
        assert not team.may("s3", (method, {**at, "Key": "blue"})), method
    s3.put_object(**at, Key="red", Body=b"x", Tagging="team=blue")
    assert not team.may("s3", ("get_object", {**at, "Key": "red"}))
    assert team.may("s3", ("get_object", {**at, "Key": "red", "VersionId": first}))
    assert not team.may("s3", ("delete_object", {**at, "Key": "red"}))  # not a key of DeleteObject, says AWS

    team.grant(
        {
            "StringEquals": {"s3:RequestObjectTag/team": "red"},
            "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["team"]},
        }
    )
    put = {**at, "Key": "new", "Body": b"x"}
    for header, expected in (("team=red", True), ("team=blue", False), ("team=red&cost=1", False), (None, False)):
        tagging = {} if header is None else {"Tagging": header}
        assert team.may("s3", ("put_object", {**put, **tagging})) is expected, header
    for value, expected in (("red", True), ("blue", False)):
        wanted = {"TagSet": [{"Key": "team", "Value": value}]}
        assert team.may("s3", ("put_object_tagging", {**at, "Key": "new", "Tagging": wanted})) is expected


def test_a_copy_is_decided_by_the_tags_of_its_source(team: Team) -> None:
    s3 = team.root("s3")
    at = {"Bucket": "copies-730000000001"}
    s3.create_bucket(**at)
    for name in ("red", "blue"):
        s3.put_object(**at, Key=name, Body=b"x", Tagging=f"team={name}")
    iam = team.root("iam")
    reading = {"Effect": "Allow", "Action": "s3:GetObject*", "Resource": "*",
               "Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "red"}}}  # fmt: skip
    writing = {"Effect": "Allow", "Action": "s3:PutObject*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reading, writing]})
    iam.put_user_policy(UserName="caller", PolicyName="only", PolicyDocument=document)
    for name, expected in (("red", True), ("blue", False)):
        source = {"Bucket": at["Bucket"], "Key": name}
        assert team.may("s3", ("copy_object", {**at, "Key": "target", "CopySource": source})) is expected


def test_tags_of_a_stack_are_tags_of_what_it_makes(team: Team) -> None:
    """CloudFormation calls with its user's rights, and gives the stack's tags to every resource that takes some."""
    properties = {"Type": "String", "Value": "x"}
    template = json.dumps({"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": properties}}})
    made = {"Effect": "Allow", "Action": "ssm:*", "Resource": "*", "Condition": {"StringEquals": RED_REQUEST}}
    rest = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [made, rest]})
    team.root("iam").put_user_policy(UserName="caller", PolicyName="only", PolicyDocument=document)
    for tags, status in ((RED, "CREATE_COMPLETE"), (BLUE, "ROLLBACK_COMPLETE"), ({}, "ROLLBACK_COMPLETE")):
        name = team.new()
        given = {"StackName": name, "TemplateBody": template, "Tags": pairs(tags)}
        assert team.may("cloudformation", ("create_stack", given))
        team.cloud.settle()
        stack = team.root("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        assert stack["StackStatus"] == status, tags


# ---- The caller's own ------------------------------------------------------------------------------------------------


def test_a_team_works_on_what_is_its_own(team: Team) -> None:
    """The one policy for all teams: what carries the tag that the caller carries."""
    iam = team.root("iam")
    red, blue = made(team, TAGGABLES["parameter"], RED), made(team, TAGGABLES["parameter"], BLUE)
    for key in ("aws:ResourceTag/team", "ssm:resourceTag/team"):
        team.grant({"StringEquals": {key: "${aws:PrincipalTag/team}"}})
        iam.untag_user(UserName="caller", TagKeys=["team"])
        assert not team.may("ssm", ("get_parameter", {"Name": red}))
        for mine, its, other in (("red", red, blue), ("blue", blue, red)):
            iam.tag_user(UserName="caller", Tags=pairs({"team": mine}))
            assert team.may("ssm", ("get_parameter", {"Name": its}))
            assert not team.may("ssm", ("get_parameter", {"Name": other}))
    iam.untag_user(UserName="caller", TagKeys=["team"])
