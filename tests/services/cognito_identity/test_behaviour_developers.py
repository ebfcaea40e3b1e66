"""Developer identities: users of the developer's own, whom his backend vouches for."""

from __future__ import annotations

from typing import Any

from tests.services.cognito_identity.conftest import SERVICE, Pool, Users
from tests.services.cognito_idp.conftest import claims
from tests.services.iam.documents import allow, refused

PROVIDER = "login.shop"


def token(pool: Pool, name: str, **more: Any) -> dict[str, str]:
    """The identity and a token of a developer's user."""
    answer = pool.admin.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool.id, Logins={PROVIDER: name}, **more
    )
    return {"id": answer["IdentityId"], "token": answer["Token"]}


def lookup(pool: Pool, **given: Any) -> tuple[str, list[str]]:
    """(the identity, its users)."""
    answer = pool.admin.lookup_developer_identity(IdentityPoolId=pool.id, **given)
    return answer["IdentityId"], answer["DeveloperUserIdentifierList"]


def test_the_backend_vouches(pool: Pool, account: str) -> None:
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    role = pool.role("r", allow("iam:ListUsers", Condition=red), kind=f"{PROVIDER}:{pool.id}:ann")
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": role})
    made = token(pool, "ann", PrincipalTags={"team": "red"})
    assert token(pool, "ann")["id"] == made["id"]
    ask = pool.anyone.get_credentials_for_identity
    session = pool.clients(ask(IdentityId=made["id"], Logins={SERVICE: made["token"]}))
    assert session("iam").list_users()["Users"] == []
    plain = pool.clients(ask(IdentityId=made["id"], Logins={SERVICE: token(pool, "ann")["token"]}))
    with refused("AccessDenied"):
        plain("iam").list_users()
    bob = token(pool, "bob")
    with refused("InvalidIdentityPoolConfigurationException"):  # the role is ann's
        ask(IdentityId=bob["id"], Logins={SERVICE: bob["token"]})
    with refused("NotAuthorizedException"):
        ask(IdentityId=made["id"], Logins={SERVICE: bob["token"]})
    with refused("NotAuthorizedException", f"Access to Identity '{made['id']}' is forbidden."):
        ask(IdentityId=made["id"])


def test_users_of_one_identity(pool: Pool) -> None:
    ann = token(pool, "ann")["id"]
    assert token(pool, "annie", IdentityId=ann)["id"] == ann
    bob = token(pool, "bob")["id"]
    with refused("DeveloperUserAlreadyRegisteredException"):
        token(pool, "bob", IdentityId=ann)
    assert lookup(pool, IdentityId=ann) == (ann, ["ann", "annie"])
    assert lookup(pool, DeveloperUserIdentifier="bob") == (bob, ["bob"])
    assert lookup(pool, DeveloperUserIdentifier="ann", IdentityId=ann) == (ann, ["ann"])
    with refused("ResourceConflictException"):
        lookup(pool, DeveloperUserIdentifier="ann", IdentityId=bob)
    with refused("ResourceNotFoundException"):
        lookup(pool, DeveloperUserIdentifier="nobody")
    page = pool.admin.lookup_developer_identity(IdentityPoolId=pool.id, IdentityId=ann, MaxResults=1)
    assert page["DeveloperUserIdentifierList"] == ["ann"]
    assert lookup(pool, IdentityId=ann, NextToken=page["NextToken"]) == (ann, ["annie"])


def test_other_logins_beside_the_developers_own(users: Users, pool: Pool) -> None:
    users.add("bob")
    ann = pool.anyone.get_id(IdentityPoolId=pool.id, Logins=users.logins("ann"))["IdentityId"]
    ask = pool.admin.get_open_id_token_for_developer_identity

    def both(own: str, name: str, **more: Any) -> dict[str, Any]:
        return ask(IdentityPoolId=pool.id, Logins={PROVIDER: own, **users.logins(name)}, **more)

    made = both("ann-here", "ann")
    assert made["IdentityId"] == ann and token(pool, "ann-here")["id"] == ann
    said = claims(made["Token"])["amr"]
    assert said[:3] == ["authenticated", PROVIDER, f"{PROVIDER}:{pool.id}:ann-here"] and users.provider in said
    fresh = both("bob-here", "bob")["IdentityId"]
    assert pool.anyone.get_id(IdentityPoolId=pool.id, Logins=users.logins("bob"))["IdentityId"] == fresh != ann
    with refused("ResourceConflictException"):
        both("ann-here", "bob")
    with refused("ResourceConflictException"):
        both("new", "bob", IdentityId=ann)
    with refused("NotAuthorizedException"):
        ask(IdentityPoolId=pool.id, Logins={PROVIDER: "ann-here", users.provider: "nonsense"})
    with refused("InvalidParameterException"):
        ask(IdentityPoolId=pool.id, Logins=users.logins("ann"))


def test_two_identities_become_one(pool: Pool) -> None:
    ann, bob = token(pool, "ann")["id"], token(pool, "bob")["id"]
    given = {"IdentityPoolId": pool.id, "DeveloperProviderName": PROVIDER, "DestinationUserIdentifier": "bob"}
    with refused("ResourceNotFoundException"):
        pool.admin.merge_developer_identities(**given, SourceUserIdentifier="nobody")
    assert pool.admin.merge_developer_identities(**given, SourceUserIdentifier="ann")["IdentityId"] == bob
    assert token(pool, "ann")["id"] == bob
    with refused("ResourceNotFoundException", f"Identity '{ann}' not found."):
        pool.admin.describe_identity(IdentityId=ann)
    with refused("InvalidParameterException"):
        pool.admin.merge_developer_identities(**given, SourceUserIdentifier="ann")


def test_a_user_is_unlinked(pool: Pool) -> None:
    made = token(pool, "ann")
    given = {"IdentityPoolId": pool.id, "IdentityId": made["id"], "DeveloperProviderName": PROVIDER}
    with refused("ResourceNotFoundException"):
        pool.admin.unlink_developer_identity(**given, DeveloperUserIdentifier="bob")
    pool.admin.unlink_developer_identity(**given, DeveloperUserIdentifier="ann")
    with refused("NotAuthorizedException", f"Access to Identity '{made['id']}' is forbidden."):
        pool.anyone.get_open_id_token(IdentityId=made["id"], Logins={SERVICE: made["token"]})
    assert token(pool, "ann")["id"] != made["id"]


def test_identities_are_listed_and_deleted(users: Users, pool: Pool) -> None:
    made = [token(pool, name)["id"] for name in ("a", "b", "c")]
    listed = {"IdentityPoolId": pool.id, "MaxResults": 2}
    first = pool.admin.list_identities(**listed)
    second = pool.admin.list_identities(**listed, NextToken=first["NextToken"])
    assert [one["IdentityId"] for one in first["Identities"] + second["Identities"]] == sorted(made)
    assert first["Identities"][0]["Logins"] == [PROVIDER] and "NextToken" not in second
    assert pool.admin.delete_identities(IdentityIdsToDelete=made)["UnprocessedIdentityIds"] == []
    assert pool.admin.list_identities(**listed)["Identities"] == []
    assert token(pool, "a")["id"] not in made


def test_identities_of_another_account_stay(pool: Pool, cloud: Any) -> None:
    id = token(pool, "ann")["id"]
    other = cloud.client("cognito-identity", key="123456789012")
    left = other.delete_identities(IdentityIdsToDelete=[id])["UnprocessedIdentityIds"]
    assert left == [{"IdentityId": id, "ErrorCode": "AccessDenied"}]
    with refused("ResourceNotFoundException"):
        other.describe_identity(IdentityId=id)
    assert pool.admin.describe_identity(IdentityId=id)["IdentityId"] == id
