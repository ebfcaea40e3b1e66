"""User and identity pools of this very cloud before an HTTP API: tokens proved inside, and credentials."""

from __future__ import annotations

import json
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

VERSION = {"Version": "2012-10-17"}


def test_tokens_of_a_user_pool(api: Any, backend: Any, client: Any) -> None:
    idp = client("cognito-idp")
    tokens = []
    for name in ("people", "others"):
        pool = idp.create_user_pool(PoolName=name)["UserPool"]["Id"]
        given = {"UserPoolId": pool, "ClientName": "app", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
        app = idp.create_user_pool_client(**given)["UserPoolClient"]["ClientId"]
        idp.admin_create_user(UserPoolId=pool, Username="ann", MessageAction="SUPPRESS")
        idp.admin_set_user_password(UserPoolId=pool, Username="ann", Password="Secret-123", Permanent=True)
        asked = {"USERNAME": "ann", "PASSWORD": "Secret-123"}
        answer = idp.initiate_auth(ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=asked)
        tokens.append((pool, app, answer["AuthenticationResult"]["AccessToken"]))
    (pool, app, own), (*_, foreign) = tokens
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        Name="users",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{pool}", "Audience": [app]},
    )
    guarded = {"AuthorizationType": "JWT", "AuthorizerId": authorizer["AuthorizerId"]}
    api.route("GET /x", api.integration(backend.url), **guarded)
    api.route("GET /y", api.integration(backend.url), AuthorizationScopes=["shop/write"], **guarded)
    ask = lambda token, path="/x": api.request("GET", path, {"authorization": f"Bearer {token}"}).status  # noqa: E731
    assert (ask(own), ask(foreign), ask(own[:-6] + "AAAAAA"), ask(own, "/y")) == (200, 401, 401, 403)


def test_a_guest_of_an_identity_pool(api: Any, make_function: Any, client: Any) -> None:
    """Who signs with an identity pool's credentials is told as that identity."""
    pools, service = client("cognito-identity"), "cognito-identity.amazonaws.com"
    pool = pools.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": service},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{service}:aud": pool}},
    }
    iam, allowed = client("iam"), {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    given = {"RoleName": "guest", "AssumeRolePolicyDocument": json.dumps({"Statement": [trust], **VERSION})}
    role = iam.create_role(**given)["Role"]["Arn"]
    document = json.dumps({"Statement": [allowed], **VERSION})
    iam.put_role_policy(RoleName="guest", PolicyName="p", PolicyDocument=document)
    pools.set_identity_pool_roles(IdentityPoolId=pool, Roles={"unauthenticated": role})
    guest = pools.get_id(IdentityPoolId=pool)["IdentityId"]
    found = pools.get_credentials_for_identity(IdentityId=guest)["Credentials"]
    api.route("GET /x", api.integration(make_function()), AuthorizationType="AWS_IAM")
    request = AWSRequest("GET", f"http://{api.id}.execute-api.localhost:{api.cloud.port}/x")
    keys = Credentials(found["AccessKeyId"], found["SecretKey"], found["SessionToken"])
    SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    event = api.request("GET", "/x", dict(request.headers.items())).json
    told = event["requestContext"]["authorizer"]["iam"]["cognitoIdentity"]
    assert told == {"amr": ["unauthenticated"], "identityId": guest, "identityPoolId": pool}
