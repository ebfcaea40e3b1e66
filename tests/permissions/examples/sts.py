"""Calls of STS that succeed, and what they need."""

from __future__ import annotations

import json

from tests.permissions.example import Also, Case, Examples, Fails, Stage

EXAMPLES = Examples()

TAGS = [{"Key": "team", "Value": "red"}]
TAGGED = "IAM user guide, Passing session tags: who passes tags needs sts:TagSession."
NAMED = "IAM user guide, Monitor and control actions taken with assumed roles: sts:SetSourceIdentity."


@EXAMPLES("GetCallerIdentity", "GetSessionToken")
def about_oneself(at: Stage) -> Case:
    return Case()


@EXAMPLES("GetAccessKeyInfo")
def get_access_key_info(at: Stage) -> Case:
    return Case({"AccessKeyId": at.user_key})


@EXAMPLES("DecodeAuthorizationMessage")
def decode_authorization_message(at: Stage) -> Case:
    reason = "Only EC2 encodes its denials; tests/services/ec2/test_permissions.py decodes one."
    return Case({"EncodedMessage": "none"}, fails=Fails("InvalidAuthorizationMessageException", reason))


@EXAMPLES("AssumeRole")
def assume_role(at: Stage) -> Case:
    """The account is trusted, so the caller's own policy must allow; tags and a source identity, too."""
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": at.account}, "Action": actions}],
    }
    role = at.root("iam").create_role(RoleName=at.name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    return Case(
        {"RoleArn": role, "RoleSessionName": "run", "Tags": TAGS, "SourceIdentity": "bob"},
        on=role,
        also=[Also("sts:TagSession", role, TAGGED), Also("sts:SetSourceIdentity", role, NAMED)],
    )


@EXAMPLES("GetFederationToken")
def get_federation_token(at: Stage) -> Case:
    bob = at.arn("federated-user/bob", region="")
    also = [Also("sts:TagSession", bob, TAGGED)]
    reason = "The reference lists roles and users for sts:TagSession; here the one who is tagged is a federated user."
    return Case({"Name": "bob", "Tags": TAGS}, on=bob, also=also, outside=reason)


@EXAMPLES("AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(at: Stage) -> Case:
    """Nobody signs this call: the role's trust policy lets whom the token names in."""
    pools = at.root("cognito-identity")
    settings = {"AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True}
    id = pools.create_identity_pool(IdentityPoolName=at.name, **settings)["IdentityPoolId"]
    token = pools.get_open_id_token(IdentityId=pools.get_id(IdentityPoolId=id)["IdentityId"])["Token"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": id}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = at.root("iam").create_role(RoleName=at.name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    return Case({"RoleArn": role, "RoleSessionName": "run", "WebIdentityToken": token})
