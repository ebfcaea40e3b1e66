"""Calls of Cognito user pools that succeed, and what they need."""

from __future__ import annotations

import base64
import hmac
import json
from types import SimpleNamespace
from typing import Any

from tests.permissions.example import Also, Case, Examples, Fails, Stage

EXAMPLES = Examples()

PASSWORD = "Secret-123"
TAGGED = "Tagging resources in the developer guide: a pool that is made or changed with tags needs TagResource."
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
PASSED = "CreateUserImportJob API reference: the role for CloudWatch Logs is passed to Cognito."
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "cognito-idp.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
NO_CODE = "The code is in a mail; that none was asked for is told before it is looked at."


def pool(at: Stage) -> SimpleNamespace:
    """A pool with a client, for all examples: what they work on in it has their names."""
    idp = at.root()
    id = idp.create_user_pool(PoolName="shared", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    client = idp.create_user_pool_client(UserPoolId=id, ClientName="app", ExplicitAuthFlows=FLOWS)["UserPoolClient"]
    return SimpleNamespace(id=id, client=client["ClientId"], arn=at.arn(f"userpool/{id}"))


def user(at: Stage) -> tuple[SimpleNamespace, str]:
    """(the pool, the name of a user who has a password)."""
    shared, idp = at.once(pool), at.root()
    attributes = [
        {"Name": "email", "Value": f"{at.name}@example.com"},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "nickname", "Value": "x"},
    ]
    idp.admin_create_user(UserPoolId=shared.id, Username=at.name, UserAttributes=attributes, MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=shared.id, Username=at.name, Password=PASSWORD, Permanent=True)
    return shared, at.name


def tokens(at: Stage) -> tuple[SimpleNamespace, Any]:
    """(the pool, the tokens of a user)."""
    shared, name = user(at)
    given = {"USERNAME": name, "PASSWORD": PASSWORD}
    begun = at.root().initiate_auth(ClientId=shared.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    return shared, begun["AuthenticationResult"]


def group(at: Stage) -> SimpleNamespace:
    shared = at.once(pool)
    at.root().create_group(UserPoolId=shared.id, GroupName=at.name)
    return shared


# ---- pools and clients -----------------------------------------------------------------------------------------------


@EXAMPLES("CreateUserPool")
def create_user_pool(at: Stage) -> Case:
    also = [Also("cognito-idp:TagResource", at.arn("userpool/*"), TAGGED)]
    return Case({"PoolName": at.name, "UserPoolTags": {"team": "red"}}, also=also)


@EXAMPLES("ListUserPools")
def list_user_pools(at: Stage) -> Case:
    return Case({"MaxResults": 1})


@EXAMPLES(
    "DescribeUserPool",
    "ListUserPoolClients",
    "ListUsers",
    "ListGroups",
    "GetUserPoolMfaConfig",
    "GetCSVHeader",
    "GetLogDeliveryConfiguration",
)
def of_a_pool(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id}, shared.arn)


@EXAMPLES("DeleteUserPool", "UpdateUserPool", "SetUserPoolMfaConfig")
def on_a_pool(at: Stage) -> Case:
    id = at.root().create_user_pool(PoolName=at.name)["UserPool"]["Id"]
    arn = at.arn(f"userpool/{id}")
    if at.operation != "UpdateUserPool":
        return Case({"UserPoolId": id}, arn)
    also = [Also("cognito-idp:TagResource", arn, TAGGED)]
    return Case({"UserPoolId": id, "UserPoolTags": {"team": "red"}}, arn, also=also)


@EXAMPLES("AddCustomAttributes")
def add_custom_attributes(at: Stage) -> Case:
    shared = at.once(pool)
    attribute = {"Name": "plan", "AttributeDataType": "String"}
    return Case({"UserPoolId": shared.id, "CustomAttributes": [attribute]}, shared.arn)


@EXAMPLES("CreateUserPoolClient")
def create_user_pool_client(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "ClientName": at.name}, shared.arn)


@EXAMPLES("DescribeUserPoolClient", "UpdateUserPoolClient", "DeleteUserPoolClient")
def by_client(at: Stage) -> Case:
    shared = at.once(pool)
    made = at.root().create_user_pool_client(UserPoolId=shared.id, ClientName=at.name)["UserPoolClient"]
    return Case({"UserPoolId": shared.id, "ClientId": made["ClientId"]}, shared.arn)


@EXAMPLES("TagResource", "UntagResource", "ListTagsForResource")
def tags(at: Stage) -> Case:
    arn = at.once(pool).arn
    given = {"TagResource": {"Tags": {"team": "red"}}, "UntagResource": {"TagKeys": ["team"]}}
    return Case({"ResourceArn": arn, **given.get(at.operation, {})}, arn)


@EXAMPLES("AddUserPoolClientSecret", "ListUserPoolClientSecrets", "DeleteUserPoolClientSecret")
def secrets(at: Stage) -> Case:
    shared, idp = at.once(pool), at.root()
    made = idp.create_user_pool_client(UserPoolId=shared.id, ClientName=at.name, GenerateSecret=True)["UserPoolClient"]
    given = {"UserPoolId": shared.id, "ClientId": made["ClientId"]}
    if at.operation == "DeleteUserPoolClientSecret":
        added = idp.add_user_pool_client_secret(**given)["ClientSecretDescriptor"]
        given["ClientSecretId"] = added["ClientSecretId"]
    return Case(given, shared.arn)


@EXAMPLES("SetLogDeliveryConfiguration")
def log_delivery(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "LogConfigurations": []}, shared.arn)


TERMS = {
    "TermsName": "terms-of-use",
    "TermsSource": "LINK",
    "Enforcement": "NONE",
    "Links": {"cognito:default": "https://example.com/terms"},
}


@EXAMPLES("CreateTerms", "UpdateTerms", "DescribeTerms", "DescribeTermsByClient", "DeleteTerms", "ListTerms")
def terms(at: Stage) -> Case:
    shared, idp = at.once(pool), at.root()
    client = idp.create_user_pool_client(UserPoolId=shared.id, ClientName=at.name)["UserPoolClient"]["ClientId"]
    given = {"UserPoolId": shared.id, "ClientId": client}
    if at.operation == "CreateTerms":
        return Case({**given, **TERMS}, shared.arn)
    made = idp.create_terms(**given, **TERMS)["Terms"]["TermsId"]
    if at.operation == "ListTerms":
        return Case({"UserPoolId": shared.id}, shared.arn)
    if at.operation == "DescribeTermsByClient":
        return Case({**given, "TermsName": "terms-of-use"}, shared.arn)
    return Case({"UserPoolId": shared.id, "TermsId": made}, shared.arn)


# ---- imports ---------------------------------------------------------------------------------------------------------


def import_job(at: Stage) -> tuple[str, dict[str, Any]]:
    """(the ARN of a pool, the names of an import job of it)."""
    id = at.root().create_user_pool(PoolName=at.name)["UserPool"]["Id"]
    role = at.root("iam").create_role(RoleName=at.name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    made = at.root().create_user_import_job(UserPoolId=id, JobName="j", CloudWatchLogsRoleArn=role)["UserImportJob"]
    return at.arn(f"userpool/{id}"), {"UserPoolId": id, "JobId": made["JobId"]}


@EXAMPLES("CreateUserImportJob")
def create_user_import_job(at: Stage) -> Case:
    shared = at.once(pool)
    role = at.root("iam").create_role(RoleName=at.name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    given = {"UserPoolId": shared.id, "JobName": at.name, "CloudWatchLogsRoleArn": role}
    return Case(given, shared.arn, also=[Also("iam:PassRole", role, PASSED)])


@EXAMPLES("StartUserImportJob", "StopUserImportJob", "DescribeUserImportJob")
def by_import_job(at: Stage) -> Case:
    arn, given = import_job(at)
    if at.operation == "DescribeUserImportJob":
        return Case(given, arn)
    return Case(given, arn, fails=Fails("PreconditionNotMetException", "No file was uploaded, so it does not run."))


@EXAMPLES("ListUserImportJobs")
def list_user_import_jobs(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "MaxResults": 5}, shared.arn)


# ---- groups ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateGroup")
def create_group(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "GroupName": at.name}, shared.arn)


@EXAMPLES("GetGroup", "UpdateGroup", "DeleteGroup", "ListUsersInGroup")
def by_group(at: Stage) -> Case:
    shared = group(at)
    return Case({"UserPoolId": shared.id, "GroupName": at.name}, shared.arn)


@EXAMPLES("AdminAddUserToGroup", "AdminRemoveUserFromGroup")
def membership(at: Stage) -> Case:
    shared = group(at)
    user(at)
    return Case({"UserPoolId": shared.id, "GroupName": at.name, "Username": at.name}, shared.arn)


# ---- users -----------------------------------------------------------------------------------------------------------


@EXAMPLES("AdminCreateUser")
def admin_create_user(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "Username": at.name, "MessageAction": "SUPPRESS"}, shared.arn)


GIVEN: dict[str, dict[str, Any]] = {
    "AdminSetUserPassword": {"Password": PASSWORD, "Permanent": True},
    "AdminUpdateUserAttributes": {"UserAttributes": [{"Name": "nickname", "Value": "n"}]},
    "AdminDeleteUserAttributes": {"UserAttributeNames": ["nickname"]},
    "AdminSetUserMFAPreference": {"SoftwareTokenMfaSettings": {"Enabled": False}},
    "AdminSetUserSettings": {"MFAOptions": []},
}


@EXAMPLES(
    "AdminGetUser", "AdminDeleteUser", "AdminEnableUser", "AdminDisableUser", "AdminUserGlobalSignOut",
    "AdminListGroupsForUser", "AdminResetUserPassword", "AdminGetUserAuthFactors", *GIVEN,
)  # fmt: skip
def by_user(at: Stage) -> Case:
    shared, name = user(at)
    return Case({"UserPoolId": shared.id, "Username": name, **GIVEN.get(at.operation, {})}, shared.arn)


@EXAMPLES("AdminDeleteSoftwareToken")
def admin_delete_software_token(at: Stage) -> Case:
    shared, found = tokens(at)
    secret = at.root().associate_software_token(AccessToken=found["AccessToken"])["SecretCode"]
    at.root().verify_software_token(
        AccessToken=found["AccessToken"], UserCode=shown(secret, at.cloud.control("clock")["epoch"])
    )
    return Case({"UserPoolId": shared.id, "Username": at.name}, shared.arn)


@EXAMPLES("AdminConfirmSignUp")
def admin_confirm_sign_up(at: Stage) -> Case:
    shared = at.once(pool)
    at.root().sign_up(ClientId=shared.client, Username=at.name, Password=PASSWORD)
    return Case({"UserPoolId": shared.id, "Username": at.name}, shared.arn)


@EXAMPLES("AdminInitiateAuth", "AdminRespondToAuthChallenge")
def as_a_server(at: Stage) -> Case:
    shared, name = user(at)
    begin = {"UserPoolId": shared.id, "ClientId": shared.client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    begin["AuthParameters"] = {"USERNAME": name, "PASSWORD": PASSWORD}
    if at.operation == "AdminInitiateAuth":
        return Case(begin, shared.arn)
    at.root().admin_set_user_password(UserPoolId=shared.id, Username=name, Password=PASSWORD)
    session = at.root().admin_initiate_auth(**begin)["Session"]
    answer = {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session}
    answer["ChallengeResponses"] = {"USERNAME": name, "NEW_PASSWORD": PASSWORD}
    return Case({"UserPoolId": shared.id, "ClientId": shared.client, **answer}, shared.arn)


# ---- outside identity providers --------------------------------------------------------------------------------------


_AT = "https://far.example.com"
DETAILS = {
    "client_id": "x", "client_secret": "y", "attributes_request_method": "GET", "authorize_scopes": "openid",
    "oidc_issuer": _AT, "authorize_url": f"{_AT}/a", "token_url": f"{_AT}/t", "attributes_url": f"{_AT}/u",
    "jwks_uri": f"{_AT}/k",
}  # fmt: skip


def provider(at: Stage) -> tuple[SimpleNamespace, dict[str, str]]:
    """(the pool, the provider's name as calls give it)."""
    shared = at.once(pool)
    given = {"UserPoolId": shared.id, "ProviderName": at.name[:32]}
    at.root().create_identity_provider(
        **given, ProviderType="OIDC", ProviderDetails=DETAILS, IdpIdentifiers=[at.name[:40]]
    )
    return shared, given


@EXAMPLES("CreateIdentityProvider")
def create_identity_provider(at: Stage) -> Case:
    shared = at.once(pool)
    given = {"ProviderName": at.name[:32], "ProviderType": "OIDC", "ProviderDetails": DETAILS}
    return Case({"UserPoolId": shared.id, **given}, shared.arn)


@EXAMPLES("DescribeIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider")
def by_provider(at: Stage) -> Case:
    shared, given = provider(at)
    return Case(given, shared.arn)


@EXAMPLES("ListIdentityProviders", "GetIdentityProviderByIdentifier")
def of_providers(at: Stage) -> Case:
    shared, given = provider(at)
    by = {"IdpIdentifier": at.name[:40]} if at.operation == "GetIdentityProviderByIdentifier" else {}
    return Case({"UserPoolId": shared.id, **by}, shared.arn)


@EXAMPLES("AdminLinkProviderForUser", "AdminDisableProviderForUser")
def linked(at: Stage) -> Case:
    shared, given = provider(at)
    user(at)
    own = {"ProviderName": "Cognito", "ProviderAttributeValue": at.name}
    other = {"ProviderName": given["ProviderName"], "ProviderAttributeName": "Cognito_Subject"}
    if at.operation == "AdminDisableProviderForUser":
        own["ProviderAttributeName"] = "Cognito_Subject"
        return Case({"UserPoolId": shared.id, "User": own}, shared.arn)
    source = {**other, "ProviderAttributeValue": "s-1"}
    return Case({"UserPoolId": shared.id, "DestinationUser": own, "SourceUser": source}, shared.arn)


# ---- what nobody signs: the token, the code or the password is the proof -------------------------------------------


OWN: dict[str, dict[str, Any]] = {
    "UpdateUserAttributes": {"UserAttributes": [{"Name": "nickname", "Value": "n"}]},
    "DeleteUserAttributes": {"UserAttributeNames": ["nickname"]},
    "GetUserAttributeVerificationCode": {"AttributeName": "email"},
    "ChangePassword": {"PreviousPassword": PASSWORD, "ProposedPassword": "Other-1234"},
    "SetUserMFAPreference": {"SoftwareTokenMfaSettings": {"Enabled": False}},
    "SetUserSettings": {"MFAOptions": []},
}


@EXAMPLES("GetUser", "GetUserAuthFactors", "DeleteUser", "GlobalSignOut", "AssociateSoftwareToken", *OWN)
def own(at: Stage) -> Case:
    return Case({"AccessToken": tokens(at)[1]["AccessToken"], **OWN.get(at.operation, {})})


@EXAMPLES("VerifyUserAttribute")
def verify_user_attribute(at: Stage) -> Case:
    given = {"AccessToken": tokens(at)[1]["AccessToken"], "AttributeName": "email", "Code": "123456"}
    return Case(given, fails=Fails("ExpiredCodeException", NO_CODE))


@EXAMPLES("VerifySoftwareToken")
def verify_software_token(at: Stage) -> Case:
    token = tokens(at)[1]["AccessToken"]
    secret = at.root().associate_software_token(AccessToken=token)["SecretCode"]
    return Case({"AccessToken": token, "UserCode": shown(secret, at.cloud.control("clock")["epoch"])})


def shown(secret: str, now: float) -> str:
    """The code that an authenticator app shows at a moment."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, (int(now) // 30).to_bytes(8, "big"), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


@EXAMPLES("SignUp")
def sign_up(at: Stage) -> Case:
    return Case({"ClientId": at.once(pool).client, "Username": at.name, "Password": PASSWORD})


@EXAMPLES("ResendConfirmationCode", "ConfirmSignUp")
def signed_up(at: Stage) -> Case:
    client = at.once(pool).client
    attributes = [{"Name": "email", "Value": f"{at.name}@example.com"}]
    if at.operation == "ConfirmSignUp":  # without an address no code is sent
        attributes = []
    at.root().sign_up(ClientId=client, Username=at.name, Password=PASSWORD, UserAttributes=attributes)
    given = {"ClientId": client, "Username": at.name}
    if at.operation == "ResendConfirmationCode":
        return Case(given)
    return Case({**given, "ConfirmationCode": "123456"}, fails=Fails("ExpiredCodeException", NO_CODE))


@EXAMPLES("ForgotPassword", "ConfirmForgotPassword")
def forgotten(at: Stage) -> Case:
    shared, name = user(at)
    given = {"ClientId": shared.client, "Username": name}
    if at.operation == "ForgotPassword":
        return Case(given)
    given |= {"ConfirmationCode": "123456", "Password": "Other-1234"}
    return Case(given, fails=Fails("ExpiredCodeException", NO_CODE))


@EXAMPLES("InitiateAuth")
def initiate_auth(at: Stage) -> Case:
    shared, name = user(at)
    given = {"USERNAME": name, "PASSWORD": PASSWORD}
    return Case({"ClientId": shared.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given})


@EXAMPLES("RespondToAuthChallenge")
def respond_to_auth_challenge(at: Stage) -> Case:
    shared, name = user(at)
    at.root().admin_set_user_password(UserPoolId=shared.id, Username=name, Password=PASSWORD)
    given = {"USERNAME": name, "PASSWORD": PASSWORD}
    begun = at.root().initiate_auth(ClientId=shared.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    answer = {"USERNAME": name, "NEW_PASSWORD": PASSWORD}
    return Case(
        {
            "ClientId": shared.client,
            "ChallengeName": begun["ChallengeName"],
            "Session": begun["Session"],
            "ChallengeResponses": answer,
        }
    )


@EXAMPLES("GetTokensFromRefreshToken", "RevokeToken")
def by_refresh_token(at: Stage) -> Case:
    shared, found = tokens(at)
    member = "Token" if at.operation == "RevokeToken" else "RefreshToken"
    return Case({"ClientId": shared.client, member: found["RefreshToken"]})


# ---- OAuth 2.0 -------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateResourceServer")
def create_resource_server(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "Identifier": at.name, "Name": "n"}, shared.arn)


@EXAMPLES("DescribeResourceServer", "UpdateResourceServer", "DeleteResourceServer")
def by_server(at: Stage) -> Case:
    shared = at.once(pool)
    at.root().create_resource_server(UserPoolId=shared.id, Identifier=at.name, Name="n")
    more = {"Name": "m"} if at.operation == "UpdateResourceServer" else {}
    return Case({"UserPoolId": shared.id, "Identifier": at.name, **more}, shared.arn)


@EXAMPLES("ListResourceServers")
def list_resource_servers(at: Stage) -> Case:
    shared = at.once(pool)
    return Case({"UserPoolId": shared.id, "MaxResults": 5}, shared.arn)


@EXAMPLES("CreateUserPoolDomain", "UpdateUserPoolDomain", "DeleteUserPoolDomain", "DescribeUserPoolDomain")
def domains(at: Stage) -> Case:
    id = at.root().create_user_pool(PoolName=at.name)["UserPool"]["Id"]
    given = {"UserPoolId": id, "Domain": f"{at.name}-x"}
    if at.operation != "CreateUserPoolDomain":
        at.root().create_user_pool_domain(**given)
    if at.operation == "DescribeUserPoolDomain":
        return Case({"Domain": given["Domain"]})
    return Case(given, at.arn(f"userpool/{id}"))
