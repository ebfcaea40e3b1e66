"""Identity pools in CloudFormation stacks."""

from __future__ import annotations

import json
from typing import Any

from tests.services.cognito_identity.conftest import Client, Users
from tests.services.iam.documents import allow, policy, refused

TRUST = policy(
    {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "POOL"}},
    }
).replace('"POOL"', '{"Ref": "Pool"}')


def template(users: Users, **pool: Any) -> str:
    rule = {
        "Claim": "email",
        "MatchType": "Contains",
        "Value": "@example.com",
        "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    mapping = {
        "IdentityProvider": {"Fn::Sub": f"{users.provider}:{users.app}"},
        "Type": "Rules",
        "AmbiguousRoleResolution": "Deny",
        "RulesConfiguration": {"Rules": [rule]},
    }
    own = {"IdentityPoolId": {"Ref": "Pool"}}
    named = json.loads(policy(allow("dynamodb:ListTables")))
    resources = {
        "Pool": (
            "IdentityPool",
            {
                "AllowUnauthenticatedIdentities": "false",
                "CognitoIdentityProviders": [{"ProviderName": users.provider, "ClientId": users.app}],
                **pool,
            },
        ),
        "Roles": ("IdentityPoolRoleAttachment", {**own, "RoleMappings": {"users": mapping}}),
        "Tags": ("IdentityPoolPrincipalTag", {**own, "IdentityProviderName": users.provider, "UseDefaults": "true"}),
    }
    found: dict[str, Any] = {
        name: {"Type": f"AWS::Cognito::{kind}", "Properties": given} for name, (kind, given) in resources.items()
    }
    role = {"AssumeRolePolicyDocument": json.loads(TRUST), "Policies": [{"PolicyName": "p", "PolicyDocument": named}]}
    found["Role"] = {"Type": "AWS::IAM::Role", "Properties": role}
    return json.dumps({"Resources": found, "Outputs": {"Pool": {"Value": {"Ref": "Pool"}}}})


def test_a_pool_with_roles_and_tags(client: Client, users: Users) -> None:
    stacks, pools = client("cloudformation"), client("cognito-identity")
    given = {"StackName": "s", "Capabilities": ["CAPABILITY_IAM"]}
    stacks.create_stack(**given, TemplateBody=template(users), Tags=[{"Key": "team", "Value": "red"}])
    stacks.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    id = stacks.describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"]
    made = pools.describe_identity_pool(IdentityPoolId=id)
    assert (made["AllowUnauthenticatedIdentities"], made["IdentityPoolTags"]["team"]) == (False, "red")
    tags = pools.get_principal_tag_attribute_map(IdentityPoolId=id, IdentityProviderName=users.provider)
    assert tags["PrincipalTags"] == {"username": "sub", "client": "aud"}
    logins = users.logins("ann")
    identity = pools.get_id(IdentityPoolId=id, Logins=logins)["IdentityId"]
    found = pools.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
    session = client("dynamodb", key=found["AccessKeyId"], secret=found["SecretKey"], token=found["SessionToken"])
    assert session.list_tables()["TableNames"] == []
    changed = template(users, IdentityPoolName="store", AllowUnauthenticatedIdentities=True)
    stacks.update_stack(**given, TemplateBody=changed)
    stacks.get_waiter("stack_update_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    made = pools.describe_identity_pool(IdentityPoolId=id)
    assert (made["AllowUnauthenticatedIdentities"], made["IdentityPoolName"]) == (True, "store")
    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1})
    with refused("ResourceNotFoundException", f"IdentityPool '{id}' not found."):
        pools.describe_identity_pool(IdentityPoolId=id)
