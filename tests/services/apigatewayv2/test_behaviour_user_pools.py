"""JWT authorizers and the user pools of this very cloud: their issuer is AWS's URL, their keys are asked inside."""

from __future__ import annotations

from typing import Any


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
