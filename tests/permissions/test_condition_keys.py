"""Every condition key that AWS documents for the actions of the rooms is in the request's context, or named as absent.

The keys are the access table's own: a new room, or an upgrade of the table, fails here by name until keys.py says by
which call a key is tried or why it cannot be there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cloudarium.gateway.rooms import all_rooms
from cloudarium.policy import access
from tests.conftest import RunningCloud
from tests.permissions.keys import ABSENT, ELSEWHERE, PROBES
from tests.permissions.probe import Probe
from tests.permissions.team import Team

# Actions that no operation is named after, but calls ask for.
BESIDES = (
    "iam:PassRole",
    "s3:DeleteObjectVersion",
    "s3:GetObjectVersion",
    "s3:TagResource",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
EACH = [(service, number) for service, probes in PROBES.items() for number in range(len(probes))]


@pytest.fixture(scope="module")
def team(cloud: RunningCloud) -> Iterator[Team]:
    yield Team(cloud, "730000000002")


def documented() -> dict[str, str]:
    """Every condition key of every action of the rooms, with one of the actions."""
    actions = set(BESIDES)
    for name, room in all_rooms().items():
        for operation in room.handlers:
            row = access.row(name, operation)
            actions |= set(row.actions) if row is not None else set()
    found: dict[str, str] = {}
    for action in sorted(actions):
        info = access.action(action)
        found.update((key, action) for key in (info.condition_keys if info is not None else ()))
    return found


def test_no_condition_key_is_forgotten() -> None:
    tried = {probe.key for probes in PROBES.values() for probe in probes}
    forgotten = documented().keys() - tried - ELSEWHERE.keys() - ABSENT.keys()
    assert not forgotten, {key: documented()[key] for key in forgotten}


def test_what_is_named_absent_is_not_tried() -> None:
    tried = {probe.key for probes in PROBES.values() for probe in probes}
    assert not tried & ABSENT.keys()
    assert not sorted((ABSENT.keys() | ELSEWHERE.keys()) - documented().keys())


@pytest.mark.parametrize(("service", "number"), EACH, ids=[f"{PROBES[s][n].key}-{n}" for s, n in EACH])
def test_a_condition_key_decides(team: Team, service: str, number: int) -> None:
    probe: Probe = PROBES[service][number]
    ask = probe.ask(team)
    for condition in ({probe.operator: {probe.key: probe.wrong}}, {"Null": {probe.key: "true"}}):
        team.grant(condition, probe.action)
        assert not team.may(service, ask), condition
    team.grant({probe.operator: {probe.key: probe.right}}, probe.action)
    assert team.may(service, ask)
