"""Policies that decide by tags: of the request, of the resource, of the caller, for all that has tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import RunningCloud
from tests.permissions.taggables import TAGGABLES, TRUST, Ask, At, Taggable

RED, BLUE = {"team": "red"}, {"team": "blue"}
REQUEST = {
    "StringEquals": {"aws:RequestTag/team": "red"},
    "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
}


class Team:
    """A user of an account of his own, whose one policy is replaced again and again."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud, self.account = cloud, account
        self.names = (f"thing-{number}" for number in range(10_000))
        self._clients: dict[tuple[str, str], Any] = {}
        self.root("iam").create_user(UserName="caller")
        key = self.root("iam").create_access_key(UserName="caller")["AccessKey"]
        self.key, self.secret = key["AccessKeyId"], key["SecretAccessKey"]
        self.root("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=TRUST)

    def root(self, service: str) -> Any:
        """A client of the account's root."""
        return self._client(service, self.account, "test")

    def _client(self, service: str, key: str, secret: str) -> Any:
        known = self._clients.get((service, key))
        if known is None:
            known = self.cloud.client(service, key=key, secret=secret, parameter_validation=False)
            self._clients[service, key] = known
        return known

    def grant(self, condition: dict[str, Any]) -> None:
        """Allow everything where the condition holds; roles are passed in any case."""
        passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [passing, statement]})
        self.root("iam").put_user_policy(UserName="caller", PolicyName="only", PolicyDocument=document)

    def may(self, service: str, ask: Ask) -> bool:
        """Whether the user may make this call, whatever else becomes of it."""
        method, given = ask
        try:
            getattr(self._client(service, self.key, self.secret), method)(**given)
        except ClientError as error:
            return error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException")
        return True

    def made(self, kind: Taggable, tags: dict[str, str]) -> Any:
        """A new resource with these tags, as later calls name it."""
        at = At(self.account, next(self.names))
        method, given = kind.create(at, tags)
        answer = getattr(self.root(kind.service), method)(**given)
        if kind.service == "cloudformation":
            self.cloud.settle()
        return kind.ref(answer, at)


@pytest.fixture(scope="module")
def team(cloud: RunningCloud) -> Iterator[Team]:
    yield Team(cloud, "730000000001")


@pytest.mark.parametrize("name", TAGGABLES)
def test_the_tags_that_a_new_resource_gets_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    team.grant(REQUEST)
    for tags, expected in ((RED, True), (BLUE, False), ({}, False), ({**RED, "cost": "1"}, False)):
        assert team.may(kind.service, kind.create(At(team.account, next(team.names)), tags)) is expected, tags


@pytest.mark.parametrize("name", TAGGABLES)
def test_the_tags_that_a_resource_is_given_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    ref = team.made(kind, {})
    team.grant(REQUEST)
    for tags, expected in ((BLUE, False), ({**RED, "cost": "1"}, False), (RED, True)):
        assert team.may(kind.service, kind.tag(ref, tags)) is expected, tags


@pytest.mark.parametrize("name", [name for name in TAGGABLES if name != "stack"])
def test_the_keys_that_are_taken_away_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    ref = team.made(kind, {**RED, "cost": "1"})
    team.grant({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}, "Null": {"aws:TagKeys": "false"}})
    assert not team.may(kind.service, kind.untag(ref, ["team"]))
    assert not team.may(kind.service, kind.untag(ref, ["cost", "team"]))
    assert team.may(kind.service, kind.untag(ref, ["cost"]))
    team.grant({"Null": {"aws:RequestTag/team": "false"}})
    assert not team.may(kind.service, kind.untag(ref, ["team"]))


@pytest.mark.parametrize("name", TAGGABLES)
def test_the_tags_of_the_resource_decide(team: Team, name: str) -> None:
    kind = TAGGABLES[name]
    red, blue, plain = (team.made(kind, tags) for tags in (RED, BLUE, {}))
    changes: list[Callable[[Any], Ask]] = [lambda ref: kind.tag(ref, RED), lambda ref: kind.untag(ref, ["x"])]
    for key in kind.keys:
        team.grant({"StringEquals": {f"{key}/team": "red"}})
        for call in (*changes, *kind.others):
            for ref in (blue, plain):
                assert not team.may(kind.service, call(ref)), (key, call(ref))
            ask = call(red)
            assert team.may(kind.service, call(team.made(kind, RED)) if "delete" in ask[0] else ask), (key, ask)


def test_several_resources_have_their_own_tags_each(team: Team) -> None:
    parameter, table = TAGGABLES["parameter"], TAGGABLES["dynamodb table"]
    red, blue = team.made(parameter, RED), team.made(parameter, BLUE)
    red_table, blue_table = team.made(table, RED), team.made(table, BLUE)
    team.grant({"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert team.may("ssm", ("get_parameters", {"Names": [red]}))
    assert not team.may("ssm", ("get_parameters", {"Names": [red, blue]}))
    keys = {"Keys": [{"pk": {"S": "x"}}]}
    assert team.may("dynamodb", ("batch_get_item", {"RequestItems": {red_table: keys}}))
    assert not team.may("dynamodb", ("batch_get_item", {"RequestItems": {red_table: keys, blue_table: keys}}))


def test_tags_of_a_stage_are_its_own_before_its_apis(team: Team) -> None:
    api = team.made(TAGGABLES["http api"], RED)
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
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=pairs)
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
