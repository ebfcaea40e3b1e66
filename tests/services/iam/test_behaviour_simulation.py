"""The policy simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]
DATED = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
    '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


@pytest.fixture
def iam(client: Client) -> Any:
    """IAM as the root of this test's account."""
    return client("iam")


def decisions(answer: dict[str, Any]) -> list[str]:
    """The decisions of a simulation."""
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_policies_in_the_call(iam: Any) -> None:
    [result] = iam.simulate_custom_policy(PolicyInputList=[DATED], ActionNames=["dynamodb:CreateBackup"])[
        "EvaluationResults"
    ]
    assert result["EvalDecision"] == "allowed" and result["EvalResourceName"] == "*"
    assert result["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "StartPosition": {"Line": 1, "Column": 38},
            "EndPosition": {"Line": 1, "Column": 167},
        }
    ]
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    given = [json.dumps(json.loads(policy(allow("s3:*", "arn:aws:s3:::b/*"), deny)), indent=2)]
    answer = iam.simulate_custom_policy(
        PolicyInputList=given,
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::b/k", "arn:aws:s3:::other/k"],
    )
    assert decisions(answer) == ["allowed", "implicitDeny", "explicitDeny", "explicitDeny"]
    assert answer["EvaluationResults"][2]["MatchedStatements"][0]["StartPosition"]["Line"] == 9
    first = iam.simulate_custom_policy(PolicyInputList=given, ActionNames=["s3:GetObject", "s3:PutObject"], MaxItems=1)
    rest = iam.simulate_custom_policy(
        PolicyInputList=given, ActionNames=["s3:GetObject", "s3:PutObject"], Marker=first["Marker"]
    )
    assert decisions(first) + decisions(rest) == ["implicitDeny", "explicitDeny"]
    with refused("InvalidInput"):
        iam.simulate_custom_policy(PolicyInputList=["{"], ActionNames=["s3:GetObject"])


def test_conditions_and_what_is_missing(iam: Any) -> None:
    condition = {"StringEquals": {"s3:prefix": "a"}, "Bool": {"aws:SecureTransport": "true"}}
    text = policy(allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/team}/*", Condition=condition))
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"]
    assert set(keys) == {"s3:prefix", "aws:SecureTransport", "aws:PrincipalTag/team"}
    given = {"PolicyInputList": [text], "ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::blue/k"]}
    [result] = iam.simulate_custom_policy(**given)["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny" and set(result["MissingContextValues"]) == set(keys)
    entries = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]}
        for key, value in (("s3:prefix", "a"), ("aws:SecureTransport", "true"), ("aws:PrincipalTag/team", "blue"))
    ]
    [result] = iam.simulate_custom_policy(**given, ContextEntries=entries)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed" and result["MissingContextValues"] == []


def test_the_policies_of_a_user(iam: Any, account: str) -> None:
    user = iam.create_user(UserName="u")["User"]["Arn"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.put_group_policy(GroupName="g", PolicyName="queues", PolicyDocument=policy(allow("sqs:*")))
    own = policy(allow("iam:GetUser", f"arn:aws:iam::{account}:user/${{aws:username}}"))
    iam.put_user_policy(UserName="u", PolicyName="me", PolicyDocument=own)
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    asked = {"PolicySourceArn": user, "ActionNames": ["sqs:SendMessage", "iam:GetUser", "s3:GetObject", "s3:PutObject"]}
    answer = iam.simulate_principal_policy(**asked, ResourceArns=[user])
    assert decisions(answer) == ["allowed", "allowed", "allowed", "implicitDeny"]
    kinds = [one["SourcePolicyType"] for result in answer["EvaluationResults"] for one in result["MatchedStatements"]]
    assert kinds == ["group", "user", "aws-managed"]
    bound = iam.create_policy(PolicyName="b", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=bound)
    answer = iam.simulate_principal_policy(**asked, ResourceArns=[user])
    assert decisions(answer) == ["allowed", "implicitDeny", "implicitDeny", "implicitDeny"]
    within = [one["PermissionsBoundaryDecisionDetail"] for one in answer["EvaluationResults"]]
    assert [one["AllowedByPermissionsBoundary"] for one in within] == [True, False, False, False]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=user)["ContextKeyNames"] == ["aws:username"]


def test_roles_groups_and_nobody(iam: Any, account: str) -> None:
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())["Role"]["Arn"]
    group = iam.create_group(GroupName="g")["Group"]["Arn"]
    for arn in (role, group):
        assert decisions(iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])) == [
            "implicitDeny"
        ]
    with refused("NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=f"{role}x", ActionNames=["s3:GetObject"])
    wrong = f"arn:aws:iam::{account}:policy/p"
    with refused("InvalidInput", f"Invalid Entity Arn: {wrong} does not clearly define entity type and name."):
        iam.simulate_principal_policy(PolicySourceArn=wrong, ActionNames=["s3:GetObject"])


def test_simulating_needs_a_permission(iam_user: Any, client: Client, account: str) -> None:
    user = iam_user({"Version": "2012-10-17", "Statement": [allow("iam:SimulateCustomPolicy")]})
    given = {"PolicyInputList": [DATED], "ActionNames": ["dynamodb:Scan"]}
    assert decisions(user("iam").simulate_custom_policy(**given)) == ["allowed"]
    with refused("AccessDenied"):
        user("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{account}:user/someone", ActionNames=["s3:GetObject"]
        )
    with refused("AccessDenied"):
        user("iam").create_service_linked_role(AWSServiceName="rds.amazonaws.com")
    with refused("AccessDenied"):
        user("iam").create_open_id_connect_provider(Url="https://x.example", ThumbprintList=["a" * 40])


def test_with_a_resources_policy(iam: Any, account: str) -> None:
    ann = f"arn:aws:iam::{account}:user/team/ann"
    bucket = "arn:aws:s3:::b/k"
    grant = {"Effect": "Allow", "Principal": {"AWS": ann}, "Action": "s3:GetObject", "Resource": "*"}
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    given = {"PolicyInputList": [policy(allow("sqs:*"))], "ActionNames": ["s3:GetObject"], "ResourceArns": [bucket]}

    def simulated(**more: Any) -> dict[str, Any]:
        [result] = iam.simulate_custom_policy(**{**given, **more})["EvaluationResults"]
        return result

    assert simulated()["EvalDecision"] == "implicitDeny"
    found = simulated(ResourcePolicy=theirs, CallerArn=ann)
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"][0]["SourcePolicyId"] == "ResourcePolicy"
    assert found["MatchedStatements"][0]["SourcePolicyType"] == "resource"
    bob = f"arn:aws:iam::{account}:user/bob"
    assert simulated(ResourcePolicy=theirs, CallerArn=bob)["EvalDecision"] == "implicitDeny"
    # Across accounts both sides must allow.
    other = "arn:aws:iam::444455556666:root"
    across = {"ResourcePolicy": theirs, "CallerArn": ann, "ResourceOwner": other}
    assert simulated(**across)["EvalDecision"] == "implicitDeny"
    assert simulated(**across, PolicyInputList=[policy(allow("s3:*"))])["EvalDecision"] == "allowed"
    forbidden = theirs.replace("Allow", "Deny")
    denied = simulated(ResourcePolicy=forbidden, CallerArn=ann, PolicyInputList=[policy(allow("s3:*"))])
    assert denied["EvalDecision"] == "explicitDeny"
    for wrong in (
        {"ResourcePolicy": theirs},
        {"ResourcePolicy": "{", "CallerArn": ann},
        {"ResourcePolicy": theirs, "CallerArn": f"arn:aws:iam::{account}:role/r"},
        {"CallerArn": "nonsense-of-twenty-characters"},
        {"CallerArn": ann, "ResourceOwner": "nonsense-of-twenty-characters"},
    ):
        with refused("InvalidInput"):
            simulated(**wrong)


def test_a_caller_with_anothers_policies(iam: Any, account: str) -> None:
    for name, tags in (("ann", []), ("bob", [{"Key": "team", "Value": "red"}])):
        iam.create_user(UserName=name, Tags=tags)
    named = allow("s3:*", "arn:aws:s3:::home/${aws:username}")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=policy(named))
    given = {
        "PolicySourceArn": f"arn:aws:iam::{account}:user/ann",
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": ["arn:aws:s3:::home/ann", "arn:aws:s3:::home/bob"],
    }
    assert decisions(iam.simulate_principal_policy(**given)) == ["allowed", "implicitDeny"]
    as_bob = iam.simulate_principal_policy(**given, CallerArn=f"arn:aws:iam::{account}:user/bob")
    assert decisions(as_bob) == ["implicitDeny", "allowed"]


def test_with_service_control_policies_by_level(iam: Any) -> None:
    everything, few = policy(allow("*")), policy(allow("s3:*"))
    given = {"PolicyInputList": [everything], "ActionNames": ["s3:GetObject", "sqs:SendMessage"]}

    def simulated(*levels: list[str]) -> list[tuple[str, bool]]:
        above = [{"ServiceControlPolicyInputList": level} for level in levels]
        answer = iam.simulate_custom_policy(**given, OrderedOrganizationPolicyInputList=above)
        return [
            (one["EvalDecision"], one["OrganizationsDecisionDetail"]["AllowedByOrganizations"])
            for one in answer["EvaluationResults"]
        ]

    assert simulated([everything], [few, everything]) == [("allowed", True), ("allowed", True)]
    assert simulated([everything], [few]) == [("allowed", True), ("implicitDeny", False)]
    deny = policy({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    assert simulated([everything, deny], [everything]) == [("explicitDeny", False), ("allowed", True)]
    with refused("InvalidInput"):
        simulated(["{"])
