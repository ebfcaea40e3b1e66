"""Logins: what proves an identity and what does not; guests who sign in; logins that are taken away."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.conftest import RunningCloud
from tests.services.cognito_identity.conftest import SERVICE, Client, Pool, Users
from tests.services.iam.documents import refused
from tests.services.sts.issuer import Issuer, encoded

UNSUPPORTED = "Token is not from a supported provider of this identity pool."
MISMATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."
UNVERIFIED = "Invalid login token. Couldn't verify signed token."


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def outside(client: Client, issuer: Issuer, make_pool: Callable[..., Pool]) -> Pool:
    """An identity pool that takes the tokens of an OpenID Connect provider."""
    given = {"Url": issuer.url, "ClientIDList": ["app"], "ThumbprintList": [issuer.thumbprint]}
    arn = client("iam").create_open_id_connect_provider(**given)["OpenIDConnectProviderArn"]
    pool = make_pool(OpenIdConnectProviderARNs=[arn])
    role = pool.role("r", kind=issuer.name)
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": role})
    return pool


def get_id(pool: Pool, logins: dict[str, str] | None = None) -> str:
    """The identity that has these logins."""
    return pool.anyone.get_id(IdentityPoolId=pool.id, **({"Logins": logins} if logins else {}))["IdentityId"]


def test_tokens_of_an_openid_provider(issuer: Issuer, outside: Pool) -> None:
    logins = {issuer.name: issuer.token()}
    id = get_id(outside, logins)
    assert get_id(outside, {issuer.name: issuer.token()}) == id != get_id(outside, {issuer.name: issuer.token(sub="x")})
    assert outside.credentials(logins)("sts").get_caller_identity()
    shown = outside.admin.describe_identity(IdentityId=id)
    assert (shown["IdentityId"], shown["Logins"]) == (id, [issuer.name])


def _unsigned(issuer: Issuer) -> str:
    parts = ({"alg": "none", "kid": "k1"}, issuer.claims())
    return ".".join(encoded(json.dumps(part).encode()) for part in parts) + "."


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (lambda issuer: "x", "Invalid login token. Not a valid OpenId Connect identity token."),
        (lambda issuer: "é.x.y", "Invalid login token. Not a valid OpenId Connect identity token."),
        (_unsigned, UNVERIFIED),
        (Issuer.confused, UNVERIFIED),
        (lambda issuer: issuer.token({"kid": "k2"}), UNVERIFIED),
        (lambda issuer: issuer.token()[:-6] + "AAAAAA", UNVERIFIED),
        (lambda issuer: issuer.token(aud="other"), "Invalid login token. Incorrect token audience."),
        (lambda issuer: issuer.token(aud=None), "Invalid login token. Missing a required claim: aud"),
        (lambda issuer: issuer.token(iss="https://x"), "Invalid login token. Issuer doesn't match providerName"),
        (lambda issuer: issuer.token(exp=1000), "Invalid login token. Token expired: 1000 >= "),
        (lambda issuer: issuer.token(nbf=9999999999), "Invalid login token. Token is not valid yet."),
    ],
    ids=range(11),
)
def test_bad_tokens(issuer: Issuer, outside: Pool, token: Any, words: str) -> None:
    with refused("NotAuthorizedException") as refusal:
        get_id(outside, {issuer.name: token(issuer)})
    assert refusal.message.startswith(words)
    assert outside.admin.list_identities(IdentityPoolId=outside.id, MaxResults=10)["Identities"] == []


def test_only_the_pools_own_providers_count(issuer: Issuer, users: Users, pool: Pool, outside: Pool) -> None:
    with refused("NotAuthorizedException", UNSUPPORTED):
        get_id(pool, {issuer.name: issuer.token()})
    with refused("NotAuthorizedException", UNSUPPORTED):
        get_id(outside, users.logins("ann"))
    access = users.sign_in("ann")["AccessToken"]
    with refused("NotAuthorizedException", "Invalid login token. Missing a required claim: aud"):
        get_id(pool, {users.provider: access})
    users.app = users.idp.create_user_pool_client(
        UserPoolId=users.pool, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    with refused("NotAuthorizedException", UNSUPPORTED):
        get_id(pool, users.logins("ann"))


def test_nobody_is_another(users: Users, pool: Pool) -> None:
    users.add("bob")
    role = pool.role("r")
    pool.admin.set_identity_pool_roles(
        IdentityPoolId=pool.id, Roles={"authenticated": role, "unauthenticated": pool.role("g", kind="unauthenticated")}
    )
    ann = get_id(pool, users.logins("ann"))
    ask = pool.anyone.get_credentials_for_identity
    with refused("NotAuthorizedException", f"Access to Identity '{ann}' is forbidden."):
        ask(IdentityId=ann)
    for call in (ask, pool.anyone.get_open_id_token):
        with refused("NotAuthorizedException", MISMATCH):
            call(IdentityId=ann, Logins=users.logins("bob"))
    unknown = f"{ann[:-4]}ffff" if not ann.endswith("ffff") else f"{ann[:-4]}0000"
    with refused("ResourceNotFoundException", f"Identity '{unknown}' not found."):
        ask(IdentityId=unknown)
    with refused("NotAuthorizedException"):
        ask(IdentityId=get_id(pool), CustomRoleArn=role)


def test_a_guests_own_token_is_no_login(pool: Pool) -> None:
    """Identity pools' tokens count only where the developer's backend asked for them."""
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": pool.role("r")})
    guest = get_id(pool)
    token = pool.anyone.get_open_id_token(IdentityId=guest)["Token"]
    for call in (pool.anyone.get_credentials_for_identity, pool.anyone.get_open_id_token):
        with refused("NotAuthorizedException", UNSUPPORTED):
            call(IdentityId=guest, Logins={SERVICE: token})


def test_guests_where_there_are_none(make_pool: Callable[..., Pool]) -> None:
    pool = make_pool(AllowUnauthenticatedIdentities=True)
    guest = get_id(pool)
    pool.admin.update_identity_pool(IdentityPoolId=pool.id, IdentityPoolName="x", AllowUnauthenticatedIdentities=False)
    message = "Unauthenticated access is not supported for this identity pool."
    with refused("NotAuthorizedException", message):
        get_id(pool)
    with refused("NotAuthorizedException", message):
        pool.anyone.get_credentials_for_identity(IdentityId=guest)
    with refused("InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow."):
        pool.anyone.get_open_id_token(IdentityId=guest)


def test_a_guest_who_signs_in(users: Users, pool: Pool) -> None:
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": pool.role("r")})
    first, second = get_id(pool), get_id(pool)
    ask = pool.anyone.get_credentials_for_identity
    assert ask(IdentityId=first, Logins=users.logins("ann"))["IdentityId"] == first
    assert get_id(pool, users.logins("ann")) == first
    assert ask(IdentityId=second, Logins=users.logins("ann"))["IdentityId"] == first


def test_a_login_that_is_taken_away(users: Users, pool: Pool) -> None:
    logins = users.logins("ann")
    id = get_id(pool, logins)
    with refused("NotAuthorizedException"):
        pool.anyone.unlink_identity(IdentityId=id, Logins={}, LoginsToRemove=[users.provider])
    pool.anyone.unlink_identity(IdentityId=id, Logins=logins, LoginsToRemove=[users.provider])
    listed = {"IdentityPoolId": pool.id, "MaxResults": 10}
    assert [one["IdentityId"] for one in pool.admin.list_identities(**listed)["Identities"]] == [id]
    assert pool.admin.list_identities(**listed, HideDisabled=True)["Identities"] == []
    for given in ({}, {"Logins": logins}):
        with refused("NotAuthorizedException", f"Access to Identity '{id}' is forbidden."):
            pool.anyone.get_open_id_token(IdentityId=id, **given)
    assert get_id(pool, logins) != id


def test_the_user_pool_is_asked_where_the_pool_says_so(users: Users, make_pool: Callable[..., Pool]) -> None:
    provider = {"ProviderName": users.provider, "ClientId": users.app}
    strict = make_pool(CognitoIdentityProviders=[{**provider, "ServerSideTokenCheck": True}])
    lax = make_pool(CognitoIdentityProviders=[provider])
    logins = users.logins("ann")
    assert get_id(strict, logins)
    users.idp.admin_user_global_sign_out(UserPoolId=users.pool, Username="ann")
    users.idp.admin_disable_user(UserPoolId=users.pool, Username="ann")
    with refused("NotAuthorizedException", "Invalid login token. Token is revoked."):
        get_id(strict, logins)
    assert get_id(lax, logins)


def test_what_the_issuer_publishes(cloud: RunningCloud, users: Users, pool: Pool) -> None:
    """Any client can prove a token by the door's documents."""
    base = f"{cloud.url}/_aws/cognito-identity/.well-known"
    logins = users.logins("ann")
    id = get_id(pool, logins)
    token = pool.anyone.get_open_id_token(IdentityId=id, Logins=logins)["Token"]
    with urllib.request.urlopen(f"{base}/openid-configuration") as answer:
        about = json.load(answer)
    with urllib.request.urlopen(about["jwks_uri"]) as answer:
        keys = KeySet.import_key_set(json.load(answer))
    proved = jwt.decode(token, keys, algorithms=about["id_token_signing_alg_values_supported"])
    claims = proved.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == (about["issuer"], id, pool.id)
    assert claims["amr"][:2] == ["authenticated", users.provider]
    assert claims["exp"] - claims["iat"] == 600
    for path in (f"{base}/nothing", f"{cloud.url}/_aws/cognito-identity/x/jwks_uri"):
        with pytest.raises(urllib.error.HTTPError) as missing:
            urllib.request.urlopen(path)
        assert missing.value.code == 404


def test_credentials_end_and_tokens_too(fresh_cloud: RunningCloud) -> None:
    pools, sts = fresh_cloud.client("cognito-identity"), fresh_cloud.client("sts")
    settings = {"AllowUnauthenticatedIdentities": True, "AllowClassicFlow": True}
    id = pools.create_identity_pool(IdentityPoolName="p", **settings)["IdentityPoolId"]
    pool = Pool(id, pools, pools, fresh_cloud.client)
    role = pool.role("g", kind="unauthenticated")
    pools.set_identity_pool_roles(IdentityPoolId=id, Roles={"unauthenticated": role})
    guest = get_id(pool)
    token = pools.get_open_id_token(IdentityId=guest)["Token"]
    session = pool.clients(pools.get_credentials_for_identity(IdentityId=guest))
    fresh_cloud.restart()
    fresh_cloud.clock_advance(601)
    with refused("ExpiredTokenException"):
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="me", WebIdentityToken=token)
    assert session("sts").get_caller_identity()
    assert pools.get_credentials_for_identity(IdentityId=guest)["IdentityId"] == guest
    fresh_cloud.clock_advance(3000)
    with refused("ExpiredToken"):
        session("sts").get_caller_identity()
