"""IAM's resource types, made, changed and removed by CloudFormation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused, trust

Client = Callable[..., Any]
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
NAMED = ["CAPABILITY_NAMED_IAM"]


@pytest.fixture
def iam(client: Client) -> Any:
    return client("iam")


@pytest.fixture
def deploy(client: Client) -> Callable[..., dict[str, str]]:
    """Creates or updates the stack and gives its outputs."""
    cloudformation = client("cloudformation")

    def run(resources: dict[str, Any], outputs: dict[str, Any] | None = None, again: bool = False) -> dict[str, str]:
        template: dict[str, Any] = {"Resources": resources}
        if outputs:
            template["Outputs"] = {name: {"Value": value} for name, value in outputs.items()}
        change = cloudformation.update_stack if again else cloudformation.create_stack
        change(StackName="s", TemplateBody=json.dumps(template), Capabilities=NAMED)
        waiter = cloudformation.get_waiter("stack_update_complete" if again else "stack_create_complete")
        waiter.wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        found = cloudformation.describe_stacks(StackName="s")["Stacks"][0].get("Outputs", [])
        return {one["OutputKey"]: one["OutputValue"] for one in found}

    return run


@pytest.fixture
def remove(client: Client) -> Callable[[], None]:
    """Deletes the stack."""
    cloudformation = client("cloudformation")

    def run() -> None:
        cloudformation.delete_stack(StackName="s")
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    return run


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": f"AWS::IAM::{kind}", "Properties": properties}


def inline(name: str, action: str = "*") -> dict[str, Any]:
    """An inline policy of a template."""
    return {"PolicyName": name, "PolicyDocument": json.loads(policy(allow(action)))}


def role(**properties: Any) -> dict[str, Any]:
    """A role of a template."""
    return resource("Role", **{"AssumeRolePolicyDocument": json.loads(trust()), **properties})


def test_a_role(iam: Any, deploy: Any, remove: Any, account: str) -> None:
    resources = {
        "R": role(
            ManagedPolicyArns=[READ_ONLY],
            Policies=[inline("a"), inline("b")],
            MaxSessionDuration=7200,
            Tags=[{"Key": "team", "Value": "red"}],
        )
    }
    found = deploy(
        resources, {"Name": {"Ref": "R"}, "Arn": {"Fn::GetAtt": ["R", "Arn"]}, "Id": {"Fn::GetAtt": "R.RoleId"}}
    )
    made = iam.get_role(RoleName=found["Name"])["Role"]
    assert found["Name"].startswith("s-R-")
    assert (found["Arn"], found["Id"]) == (made["Arn"], made["RoleId"])
    assert {"Key": "team", "Value": "red"} in made["Tags"]
    assert iam.list_role_policies(RoleName=found["Name"])["PolicyNames"] == ["a", "b"]
    changed = {"R": role(Policies=[inline("b", "s3:*")], Description="new", Tags=[{"Key": "team", "Value": "blue"}])}
    assert deploy(changed, {"Name": {"Ref": "R"}}, again=True) == {"Name": found["Name"]}
    made = iam.get_role(RoleName=found["Name"])["Role"]
    assert (made["Description"], made["MaxSessionDuration"]) == ("new", 3600)
    assert {"Key": "team", "Value": "blue"} in made["Tags"]
    assert iam.list_role_policies(RoleName=found["Name"])["PolicyNames"] == ["b"]
    assert iam.list_attached_role_policies(RoleName=found["Name"])["AttachedPolicies"] == []
    remove()
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=found["Name"])


def test_all_types_together(iam: Any, deploy: Any, remove: Any, client: Client, account: str) -> None:
    resources = {
        "G": resource("Group", GroupName="g", Policies=[inline("p")]),
        "U": resource(
            "User", UserName="bob", LoginProfile={"Password": "Secret-Word-1"}, ManagedPolicyArns=[READ_ONLY]
        ),
        "R": role(RoleName="r"),
        "M": resource(
            "ManagedPolicy",
            ManagedPolicyName="m",
            PolicyDocument=json.loads(policy(allow("s3:*"))),
            Roles=[{"Ref": "R"}],
            Users=[{"Ref": "U"}],
        ),
        "P": resource("Policy", **inline("shared"), Roles=[{"Ref": "R"}], Groups=[{"Ref": "G"}]),
        "K": resource("AccessKey", UserName={"Ref": "U"}),
        "I": resource("InstanceProfile", InstanceProfileName="i", Roles=[{"Ref": "R"}]),
        "A": resource("UserToGroupAddition", GroupName={"Ref": "G"}, Users=[{"Ref": "U"}]),
    }
    outputs = {
        "Key": {"Ref": "K"},
        "Secret": {"Fn::GetAtt": ["K", "SecretAccessKey"]},
        "Managed": {"Ref": "M"},
        "Profile": {"Fn::GetAtt": ["I", "Arn"]},
        "Group": {"Fn::GetAtt": ["G", "Arn"]},
    }
    found = deploy(resources, outputs)
    assert found["Managed"] == f"arn:aws:iam::{account}:policy/m"
    assert found["Profile"] == f"arn:aws:iam::{account}:instance-profile/i"
    assert found["Group"] == f"arn:aws:iam::{account}:group/g"
    bob = client("sts", key=found["Key"], secret=found["Secret"])
    assert bob.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:user/bob"
    assert iam.list_group_policies(GroupName="g")["PolicyNames"] == ["p", "shared"]
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["shared"]
    assert iam.get_policy(PolicyArn=found["Managed"])["Policy"]["AttachmentCount"] == 2
    resources["M"]["Properties"]["PolicyDocument"] = json.loads(policy(allow("sqs:*")))
    del resources["M"]["Properties"]["Users"]
    resources["P"]["Properties"] |= {"PolicyName": "renamed", "Groups": []}
    resources["A"]["Properties"]["Users"] = []
    deploy(resources, outputs, again=True)
    assert iam.get_policy(PolicyArn=found["Managed"])["Policy"]["DefaultVersionId"] == "v2"
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["renamed"]
    assert iam.list_group_policies(GroupName="g")["PolicyNames"] == ["p"]
    assert iam.list_groups_for_user(UserName="bob")["Groups"] == []
    remove()
    summary = iam.get_account_summary()["SummaryMap"]
    assert [summary[name] for name in ("Users", "Groups", "Roles", "Policies", "InstanceProfiles")] == [0] * 5


def test_policies_of_their_own(iam: Any, deploy: Any, remove: Any) -> None:
    resources = {
        "R": role(RoleName="r"),
        "P": resource("RolePolicy", RoleName={"Ref": "R"}, **inline("apart", "s3:*")),
    }
    assert deploy(resources, {"Name": {"Ref": "P"}}) == {"Name": "apart|r"}
    resources["P"]["Properties"] |= inline("apart", "sqs:*")
    deploy(resources, again=True)
    found = iam.get_role_policy(RoleName="r", PolicyName="apart")["PolicyDocument"]
    assert found["Statement"] == [allow("sqs:*")]
    remove()
    assert iam.list_roles()["Roles"] == []


def test_capabilities_are_asked_for(client: Client) -> None:
    body = json.dumps({"Resources": {"R": role()}})
    with refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"):
        client("cloudformation").create_stack(StackName="s", TemplateBody=body)


def test_providers_and_linked_roles(iam: Any, deploy: Any, remove: Any, client: Client, account: str) -> None:
    def template(clients: list[str], description: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "es.amazonaws.com"},
            "Action": "logs:*",
            "Resource": "*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return {
            "Provider": resource(
                "OIDCProvider", Url="https://token.example.com", ClientIdList=clients, ThumbprintList=["a" * 40]
            ),
            "Linked": resource("ServiceLinkedRole", AWSServiceName="rds.amazonaws.com", Description=description),
            "Logs": {
                "Type": "AWS::Logs::ResourcePolicy",
                "Properties": {"PolicyName": "search", "PolicyDocument": document},
            },
        }

    outputs = {"Provider": {"Ref": "Provider"}, "Linked": {"Ref": "Linked"}, "Logs": {"Ref": "Logs"}}
    made = deploy(template(["web"], "one"), outputs)
    assert made["Provider"] == f"arn:aws:iam::{account}:oidc-provider/token.example.com"
    assert (made["Linked"], made["Logs"]) == ("AWSServiceRoleForRDS", "search")
    deploy(template(["app"], "two"), outputs, again=True)
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=made["Provider"])
    assert found["ClientIDList"] == ["app"]
    assert iam.get_role(RoleName=made["Linked"])["Role"]["Description"] == "two"
    remove()
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert iam.list_roles()["Roles"] == []
    assert client("logs").describe_resource_policies()["resourcePolicies"] == []
