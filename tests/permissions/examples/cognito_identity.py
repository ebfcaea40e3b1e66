"""Calls of Cognito identity pools that succeed, and what they need."""

from __future__ import annotations

import json
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

DEVELOPER = "login.shop"
TAGGED = "API reference, CreateIdentityPool and UpdateIdentityPool: tags on a pool need TagResource."
PASSED = "Cognito developer guide, IAM roles: whoever gives a pool a role passes it."


def pool(at: Stage, **settings: Any) -> str:
    """The id of a pool of this example's own, with guests."""
    given = {"AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True, **settings}
    made = at.root().create_identity_pool(IdentityPoolName=at.name, DeveloperProviderName=DEVELOPER, **given)
    return made["IdentityPoolId"]


def arn(at: Stage, id: str) -> str:
    """The ARN of a pool."""
    return at.arn(f"identitypool/{id}")


def user(at: Stage, id: str, name: str) -> str:
    """The identity of a user of the developer's own."""
    made = at.root().get_open_id_token_for_developer_identity(IdentityPoolId=id, Logins={DEVELOPER: name})
    return made["IdentityId"]


@EXAMPLES("CreateIdentityPool")
def create_identity_pool(at: Stage) -> Case:
    given = {
        "IdentityPoolName": at.name,
        "AllowUnauthenticatedIdentities": True,
        "IdentityPoolTags": {"team": "red"},
    }
    return Case(given, also=[Also("cognito-identity:TagResource", arn(at, "*"), TAGGED)])


@EXAMPLES("UpdateIdentityPool")
def update_identity_pool(at: Stage) -> Case:
    id = pool(at)
    given = {
        "IdentityPoolId": id,
        "IdentityPoolName": at.name,
        "AllowUnauthenticatedIdentities": True,
        "IdentityPoolTags": {"team": "red"},
    }
    return Case(given, on=arn(at, id), also=[Also("cognito-identity:TagResource", arn(at, id), TAGGED)])


@EXAMPLES("DescribeIdentityPool", "DeleteIdentityPool", "GetIdentityPoolRoles")
def by_id(at: Stage) -> Case:
    id = pool(at)
    return Case({"IdentityPoolId": id}, on=arn(at, id))


@EXAMPLES("ListIdentityPools")
def list_identity_pools(at: Stage) -> Case:
    return Case({"MaxResults": 10})


@EXAMPLES("ListIdentities")
def list_identities(at: Stage) -> Case:
    id = pool(at)
    return Case({"IdentityPoolId": id, "MaxResults": 10}, on=arn(at, id))


@EXAMPLES("SetIdentityPoolRoles")
def set_identity_pool_roles(at: Stage) -> Case:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
            }
        ],
    }
    role = at.root("iam").create_role(RoleName=at.name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    return Case(
        {"IdentityPoolId": pool(at), "Roles": {"authenticated": role}}, also=[Also("iam:PassRole", role, PASSED)]
    )


@EXAMPLES("SetPrincipalTagAttributeMap")
def set_principal_tag_attribute_map(at: Stage) -> Case:
    return Case({"IdentityPoolId": pool(at), "IdentityProviderName": "idp.example.com", "UseDefaults": True})


@EXAMPLES("GetPrincipalTagAttributeMap")
def get_principal_tag_attribute_map(at: Stage) -> Case:
    id = pool(at)
    return Case({"IdentityPoolId": id, "IdentityProviderName": "idp.example.com"}, on=arn(at, id))


@EXAMPLES("DescribeIdentity")
def describe_identity(at: Stage) -> Case:
    return Case({"IdentityId": user(at, pool(at), "ann")})


@EXAMPLES("DeleteIdentities")
def delete_identities(at: Stage) -> Case:
    return Case({"IdentityIdsToDelete": [user(at, pool(at), "ann")]})


@EXAMPLES("GetOpenIdTokenForDeveloperIdentity")
def get_open_id_token_for_developer_identity(at: Stage) -> Case:
    id = pool(at)
    return Case({"IdentityPoolId": id, "Logins": {DEVELOPER: "ann"}}, on=arn(at, id))


@EXAMPLES("LookupDeveloperIdentity")
def lookup_developer_identity(at: Stage) -> Case:
    id = pool(at)
    user(at, id, "ann")
    return Case({"IdentityPoolId": id, "DeveloperUserIdentifier": "ann"}, on=arn(at, id))


@EXAMPLES("MergeDeveloperIdentities")
def merge_developer_identities(at: Stage) -> Case:
    id = pool(at)
    user(at, id, "ann")
    user(at, id, "bob")
    given = {"SourceUserIdentifier": "ann", "DestinationUserIdentifier": "bob", "DeveloperProviderName": DEVELOPER}
    return Case({**given, "IdentityPoolId": id}, on=arn(at, id))


@EXAMPLES("UnlinkDeveloperIdentity")
def unlink_developer_identity(at: Stage) -> Case:
    id = pool(at)
    given = {"IdentityId": user(at, id, "ann"), "DeveloperUserIdentifier": "ann", "DeveloperProviderName": DEVELOPER}
    return Case({**given, "IdentityPoolId": id}, on=arn(at, id))


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    own = arn(at, pool(at))
    return Case({"ResourceArn": own, "Tags": {"team": "red"}}, on=own)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    own = arn(at, pool(at, IdentityPoolTags={"team": "red"}))
    return Case({"ResourceArn": own, "TagKeys": ["team"]}, on=own)


@EXAMPLES("ListTagsForResource")
def list_tags_for_resource(at: Stage) -> Case:
    own = arn(at, pool(at))
    return Case({"ResourceArn": own}, on=own)


@EXAMPLES("GetId")
def get_id(at: Stage) -> Case:
    return Case({"IdentityPoolId": pool(at)})


@EXAMPLES("GetOpenIdToken")
def get_open_id_token(at: Stage) -> Case:
    guest = at.root().get_id(IdentityPoolId=pool(at))["IdentityId"]
    return Case({"IdentityId": guest})


@EXAMPLES("GetCredentialsForIdentity")
def get_credentials_for_identity(at: Stage) -> Case:
    """Nobody signs this call: the role's trust policy lets the identity in."""
    id = pool(at)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": id}},
            }
        ],
    }
    role = at.root("iam").create_role(RoleName=at.name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    at.root().set_identity_pool_roles(IdentityPoolId=id, Roles={"unauthenticated": role})
    return Case({"IdentityId": at.root().get_id(IdentityPoolId=id)["IdentityId"]})


@EXAMPLES("UnlinkIdentity")
def unlink_identity(at: Stage) -> Case:
    """Nobody signs this call: the token proves the login."""
    made = at.root().get_open_id_token_for_developer_identity(IdentityPoolId=pool(at), Logins={DEVELOPER: "ann"})
    logins = {"cognito-identity.amazonaws.com": made["Token"]}
    return Case({"IdentityId": made["IdentityId"], "Logins": logins, "LoginsToRemove": [DEVELOPER]})
