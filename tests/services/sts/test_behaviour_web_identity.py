"""AssumeRoleWithWebIdentity: a token of an OpenID Connect provider, proved, gets what a role's trust policy lets in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore import UNSIGNED

from cloudarium.shared.auth_errors import ExpiredToken
from tests.conftest import RunningCloud
from tests.services.iam.documents import allow, policy, refused
from tests.services.sts.issuer import Issuer, encoded

Client = Callable[..., Any]
NO = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
NO_KEY = "Couldn't retrieve verification key from your identity provider,"
NOT_ONE = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def provider(client: Client, issuer: Issuer) -> str:
    """The ARN of the issuer as a provider that the account trusts, for the clients app and other."""
    given = {"Url": issuer.url, "ClientIDList": ["app", "other"], "ThumbprintList": [issuer.thumbprint]}
    return client("iam").create_open_id_connect_provider(**given)["OpenIDConnectProviderArn"]


@pytest.fixture
def make_role(client: Client, provider: str) -> Callable[..., str]:
    """Makes roles that trust the provider under a condition and may list users."""

    def make(condition: dict[str, Any] | None = None, *actions: str, **more: Any) -> str:
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
        }
        if condition:
            statement["Condition"] = condition
        iam, name = client("iam"), f"role-{len(client('iam').list_roles()['Roles'])}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(statement), **more)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy())
        return arn

    return make


@pytest.fixture
def assume(client: Client) -> Callable[..., Any]:
    """Asks for a role with a token; nobody signs that."""
    sts = client("sts", signature_version=UNSIGNED)

    def ask(role: str, token: str, **more: Any) -> Any:
        return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="me", WebIdentityToken=token, **more)

    return ask


def clients(client: Client, answer: dict[str, Any]) -> Client:
    """Makes clients that use the credentials of an answer."""
    found = answer["Credentials"]
    keys = {"key": found["AccessKeyId"], "secret": found["SecretAccessKey"], "token": found["SessionToken"]}
    return lambda service: client(service, **keys)


def test_a_token_gets_a_role(
    client: Client, issuer: Issuer, provider: str, make_role: Any, assume: Any, account: str
) -> None:
    role = make_role({"StringEquals": {f"{issuer.name}:aud": "app", f"{issuer.name}:sub": "ann"}})
    answer = assume(role, issuer.token())
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"]) == ("ann", "app")
    assert answer["Provider"] == provider == f"arn:aws:iam::{account}:oidc-provider/{issuer.name}"
    session = clients(client, answer)
    assert session("sts").get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/role-0/me")
    assert session("iam").list_users()["Users"] == []
    assert "PackedPolicySize" not in answer


@pytest.mark.parametrize(
    ("key", "right", "wrong"),
    [
        ("aud", {"aud": "other"}, {"aud": "app"}),
        ("sub", {"sub": "other"}, {"sub": "others"}),
        ("amr", {"amr": ["pwd", "other"]}, {"amr": ["pwd"]}),
        ("email", {"email": "other"}, {"email": "app"}),
        ("aud", {"aud": "app", "azp": "other"}, {"aud": "other", "azp": "app"}),
    ],
)
def test_trust_by_claims(issuer: Issuer, make_role: Any, assume: Any, key: str, right: Any, wrong: Any) -> None:
    role = make_role({"ForAnyValue:StringEquals": {f"{issuer.name}:{key}": "other"}})
    assert assume(role, issuer.token(**right))["Credentials"]
    with refused("AccessDenied", NO) as refusal:
        assume(role, issuer.token(**wrong))
    assert refusal.status == 403


def test_only_the_provider_that_is_named_is_trusted(
    client: Client, issuer: Issuer, provider: str, assume: Any, account: str
) -> None:
    iam = client("iam")
    for number, principal in enumerate(
        (
            {"Federated": "cognito-identity.amazonaws.com"},
            {"Federated": f"arn:aws:iam::{account}:oidc-provider/other.example.com"},
            {"AWS": account},
            {"AWS": "*"},
            {"Service": "cognito-identity.amazonaws.com"},
        )
    ):
        trust = policy({"Effect": "Allow", "Principal": principal, "Action": "sts:*"})
        role = iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        for subject in ("ann", account, f"arn:aws:iam::{account}:root"):
            with refused("AccessDenied", NO):
                assume(role, issuer.token(sub=subject))
    with refused("AccessDenied", NO):
        assume(f"arn:aws:iam::{account}:role/none", issuer.token())


def _unsigned(issuer: Issuer) -> str:
    parts = ({"alg": "none", "kid": "k1"}, issuer.claims())
    return ".".join(encoded(json.dumps(part).encode()) for part in parts) + "."


def _tampered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{encoded(json.dumps(issuer.claims(sub='root')).encode())}.{signature}"


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (lambda issuer: "x" * 30, NOT_ONE),
        (lambda issuer: "a.b.c.d.e", NOT_ONE),
        (lambda issuer: "é" * 30, NOT_ONE),
        (lambda issuer: f"{encoded(b'[' * 9000)}.e30.e30", NOT_ONE),
        (_unsigned, "Token signing algorithm or key is not supported"),
        (Issuer.confused, "Token signing algorithm or key is not supported"),
        (_tampered, "The ID Token's signature is not valid"),
        (lambda issuer: issuer.token({"kid": "k2"}), NO_KEY),
        (lambda issuer: issuer.token(aud="stranger"), "Incorrect token audience"),
        (lambda issuer: issuer.token(aud=None), "Missing a required claim: aud"),
        (lambda issuer: issuer.token(sub=None), "Missing a required claim: sub"),
        (lambda issuer: issuer.token(exp="soon"), "Missing a required claim: exp"),
        (lambda issuer: issuer.token(nbf=int(time.time()) + 3600), "Token is not valid yet"),
        (lambda issuer: issuer.token(iss="https://other.example.com"), "No OpenIDConnect provider found in your"),
        (lambda issuer: issuer.token(iss="http://127.0.0.1"), "Issuer must be a valid URL"),
        (lambda issuer: issuer.token(iss=["x"]), "Issuer must be a valid URL"),
    ],
    ids=range(16),
)
def test_bad_tokens(issuer: Issuer, make_role: Any, assume: Any, token: Any, words: str) -> None:
    with refused("InvalidIdentityToken") as refusal:
        assume(make_role(), token(issuer))
    assert refusal.message.startswith(words)
    assert refusal.status == 400


def test_an_expired_token(issuer: Issuer, make_role: Any, assume: Any) -> None:
    with refused("ExpiredTokenException") as refusal:
        assume(make_role(), issuer.token(exp=1000))
    assert refusal.message.endswith("must be before the expiration date/time 1000")


def test_providers_that_do_not_answer(client: Client, issuer: Issuer, make_role: Any, assume: Any) -> None:
    """One that is gone, and one whose certificate nobody vouches for."""
    iam = client("iam")
    arn = make_role()
    found = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=found, ThumbprintList=["a" * 40])
    with refused("IDPCommunicationError"):
        assume(arn, issuer.token())
    gone = Issuer()
    given = {"Url": gone.url, "ClientIDList": ["app"], "ThumbprintList": [gone.thumbprint]}
    iam.create_open_id_connect_provider(**given)
    gone.close()
    with refused("IDPCommunicationError"):
        assume(arn, gone.token())


def test_how_long_and_what_at_most(client: Client, issuer: Issuer, make_role: Any, assume: Any) -> None:
    role = make_role(MaxSessionDuration=7200)
    with refused("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."):
        assume(role, issuer.token(), DurationSeconds=7201)
    ends = assume(role, issuer.token(), DurationSeconds=7200)["Credentials"]["Expiration"]
    assert 7100 < ends.timestamp() - time.time() <= 7201
    answer = assume(role, issuer.token(), Policy=policy(allow("iam:ListRoles")))
    session = clients(client, answer)
    assert answer["PackedPolicySize"] > 0
    assert session("iam").list_roles()["Roles"]
    with refused("AccessDenied"):
        session("iam").list_users()
    with refused("MalformedPolicyDocument"):
        assume(role, issuer.token(), Policy="{}")


def test_tags_and_a_source_identity_need_permissions_of_their_own(
    client: Client, issuer: Issuer, make_role: Any, assume: Any
) -> None:
    tags = {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]}
    token = issuer.token(**{"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "ann"})
    for actions in ((), ("sts:TagSession",), ("sts:SetSourceIdentity",)):
        with refused("AccessDenied", NO):
            assume(make_role(None, *actions), token)
    both = ("sts:TagSession", "sts:SetSourceIdentity")
    with refused("AccessDenied", NO):
        assume(make_role({"StringEquals": {"aws:RequestTag/team": "blue"}}, *both), token)
    role = make_role({"StringEquals": {"aws:RequestTag/team": "red", "sts:SourceIdentity": "ann"}}, *both)
    answer = assume(role, token)
    assert answer["SourceIdentity"] == "ann"
    red = policy(allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}))
    client("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=red)
    assert clients(client, answer)("iam").list_users()["Users"] == []


def test_tokens_of_social_providers_are_refused_by_name(issuer: Issuer, make_role: Any, assume: Any) -> None:
    with refused("NotImplemented") as refusal:
        assume(make_role(), "x" * 30, ProviderId="graph.facebook.com")
    assert "graph.facebook.com" in refusal.message


def test_the_clock_decides(fresh_cloud: RunningCloud, issuer: Issuer) -> None:
    iam, sts = fresh_cloud.client("iam"), fresh_cloud.client("sts")
    given = {"Url": issuer.url, "ClientIDList": ["app"], "ThumbprintList": [issuer.thumbprint]}
    arn = iam.create_open_id_connect_provider(**given)["OpenIDConnectProviderArn"]
    statement = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy(statement))["Role"]["Arn"]
    asked = {"RoleArn": role, "RoleSessionName": "me", "WebIdentityToken": issuer.token()}
    found = sts.assume_role_with_web_identity(**asked)["Credentials"]
    fresh_cloud.clock_advance(3601)
    with refused("ExpiredTokenException"):
        sts.assume_role_with_web_identity(**asked)
    keys = {"key": found["AccessKeyId"], "secret": found["SecretAccessKey"], "token": found["SessionToken"]}
    with refused(ExpiredToken.on("query").code):
        fresh_cloud.client("sts", **keys).get_caller_identity()
