"""The condition keys of identity pools, and of the sessions that web identities get."""

from __future__ import annotations

from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

_UNSIGNED = "Of calls that nobody signs: only policies of organisations and of endpoints could speak of them."
_SESSIONS = "tests/services/sts/test_behaviour_web_identity.py"


def _pool(team: Team) -> str:
    """The pool of all probes."""
    pools = team.root("cognito-identity")
    found = pools.list_identity_pools(MaxResults=60)["IdentityPools"]
    if found:
        return found[0]["IdentityPoolId"]
    return pools.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]


def _describe(team: Team) -> Ask:
    id = team.root("cognito-identity").get_id(IdentityPoolId=_pool(team))["IdentityId"]
    return "describe_identity", {"IdentityId": id}


def _delete(team: Team) -> Ask:
    id = team.root("cognito-identity").get_id(IdentityPoolId=_pool(team))["IdentityId"]
    return "delete_identities", {"IdentityIdsToDelete": [id]}


_OWN = "arn:aws:cognito-identity:*:*:identitypool/*"
PROBES = [
    Probe("cognito-identity:IdentityPoolArn", _describe, _OWN, operator="StringLike"),
    Probe("cognito-identity:IdentityPoolArn", _delete, _OWN, operator="StringLike"),
]
ELSEWHERE = {
    "cognito-identity.amazonaws.com:amr": _SESSIONS,
    "cognito-identity.amazonaws.com:aud": _SESSIONS,
    "cognito-identity.amazonaws.com:sub": _SESSIONS,
}
