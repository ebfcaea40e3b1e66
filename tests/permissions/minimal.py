"""From an example to its policies: the pairs of action and resource, and the pairs that must not help."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from cloudarium.policy import access
from tests.permissions.example import Case

_ARN = re.compile(r"arn:(?P<Partition>[^:]+):[^:]+:(?P<Region>[^:]*):(?P<Account>[^:]*):(?P<Resource>.+)")
ELSEWHERE = {"Region": "eu-south-2", "Account": "999999999999"}


class Pair(NamedTuple):
    """One permission: an action on a resource."""

    action: str
    resource: str


def pairs(case: Case, actions: Sequence[str]) -> list[Pair]:
    """The permissions of the minimal policy: the table's actions on the example's resources, and what AWS adds."""
    found = []
    for action in actions:
        if action in case.unneeded:
            assert case.unneeded[action], f"why is {action} not needed?"
            continue
        on = case.on[action] if isinstance(case.on, Mapping) else case.on
        found += [Pair(action, resource) for resource in ([on] if isinstance(on, str) else on)]
    for also in case.also:
        assert also.reason, f"where does AWS say that {also.action} is needed?"
        assert access.action(also.action) is not None, f"AWS has no action {also.action}"
        found.append(Pair(also.action, also.resource))
    unknown = (set(case.on) if isinstance(case.on, Mapping) else set()) | set(case.unneeded)
    assert unknown <= set(actions), f"{unknown - set(actions)} are not among the table's actions"
    return found


def policy(granted: Sequence[Pair]) -> str:
    """An identity policy that grants exactly these pairs."""
    statements = [{"Effect": "Allow", "Action": pair.action, "Resource": pair.resource} for pair in granted]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """An ARN pattern of the reference as a regular expression; its variables are groups."""
    parts = re.split(r"\$\{(\w+)\}", template)
    text = "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return re.compile(text)


def matches(pair: Pair) -> list[re.Match[str]]:
    """How the pair's resource is read by the reference's patterns for the action."""
    info = access.action(pair.action)
    assert info is not None
    found = (_pattern(template).fullmatch(pair.resource) for template in info.resources)
    return [match for match in found if match is not None]


def check_kinds(needed: Sequence[Pair], outside: str) -> None:
    """Each resource is of a kind that AWS's reference names for its action; where one is not, `outside` says why."""
    odd = []
    for pair in needed:
        info = access.action(pair.action)
        assert info is not None
        fits = bool(matches(pair)) if info.resources else pair.resource == "*"
        if not fits:
            odd.append(f"{pair} is none of {info.resources or '*'}")
    assert bool(odd) == bool(outside), f"{odd or 'All resources are as the reference says'}; outside={outside!r}"


def misses(pair: Pair) -> list[str]:
    """Resources of the same kind that are not the one: another name, region, account; any ARN for "*"."""
    if pair.resource == "*":
        return [f"arn:aws:{pair.action.partition(':')[0]}:*:*:*"]
    readings = matches(pair) or [read for read in [_ARN.fullmatch(pair.resource)] if read is not None]
    found: dict[str, None] = {}
    for reading in readings:
        for variable, text in reading.groupdict().items():
            if variable != "Partition" and not set(text) <= {"*"}:
                start, end = reading.span(variable)
                other = ELSEWHERE.get(variable, f"not-{text}")
                found[pair.resource[:start] + other + pair.resource[end:]] = None
    return list(found)
