"""The condition keys of organisations: of the caller, of the resource, and of the account a service works for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cloudarium.gateway.context import _add_organizations
from cloudarium.policy.principal import Membership, Principal

MINE, THEIRS, LONE = "111122223333", "444455556666", "777788889999"
PLACES = {MINE: Membership("o-mine", "o-mine/r-a/ou-a-b/"), THEIRS: Membership("o-theirs", "o-theirs/r-c/")}
CALLER = {"aws:PrincipalOrgID": "o-mine", "aws:PrincipalOrgPaths": ["o-mine/r-a/ou-a-b/"]}
OWNER = {"aws:ResourceOrgID": "o-theirs", "aws:ResourceOrgPaths": ["o-theirs/r-c/"]}
SOURCE = {"aws:SourceOrgID": "o-mine", "aws:SourceOrgPaths": ["o-mine/r-a/ou-a-b/"]}


@pytest.mark.parametrize(
    ("principal", "owner", "source", "added"),
    [
        (Principal.user(MINE, "ann"), THEIRS, None, {**CALLER, **OWNER}),
        (Principal.root(MINE), LONE, None, CALLER),
        (Principal.user(LONE, "ann"), THEIRS, None, OWNER),
        (Principal.anonymous(), THEIRS, None, OWNER),
        (Principal.service("s3.amazonaws.com", MINE), THEIRS, None, OWNER),  # a service is in no organisation
        (Principal.service("s3.amazonaws.com", MINE), LONE, MINE, SOURCE),
        (Principal.service("s3.amazonaws.com", LONE), LONE, LONE, {}),
    ],
)
def test_keys_of_organisations(principal: Principal, owner: str, source: str | None, added: dict[str, Any]) -> None:
    directory = SimpleNamespace(membership=PLACES.get)
    call: Any = SimpleNamespace(principal=principal, cloud=SimpleNamespace(directory=directory))
    known: dict[str, Any] = {"aws:SourceAccount": source} if source is not None else {}
    before = dict(known)
    _add_organizations(known, call, owner)
    assert known == {**before, **added}
