"""What a decision rested on, as rows: the principal and the policies, each text once, and the condition keys' values.

A journal entry names its grounds by their digest. A million calls of one user under the same policies share one row of
grounds and one of each text.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from cloudarium.policy.conditions import texts
from cloudarium.policy.documents import Document
from cloudarium.policy.engine import Policies
from cloudarium.policy.principal import context_of
from cloudarium.policy.ruling import Ruling, documents_of

# Keys whose values might let their reader in somewhere; an external id is not among them: AWS shows it to all who may
# see the role, and CloudTrail writes it down.
_SECRET_KEYS = frozenset(("lambda:eventsourcetoken",))
_MOST_CONTEXT = 16 * 1024  # bytes of one decision's values


class Grounds:
    """The grounds of rulings: `digest` names them, `shown` is their JSON, `documents` are the policies in it.

    `keys` are the condition keys (lower case) that the policies speak of, `own` the principal's values for them.
    """

    __slots__ = ("digest", "documents", "keys", "own", "principal", "shown")

    def __init__(self, ruling: Ruling) -> None:
        principal, policies = ruling.principal, ruling.policies
        who = (principal.kind, principal.account, principal.arn, principal.id, principal.name, principal.role_arn)
        self.principal = principal  # held, so that no other principal comes to its place in memory: see grounds_of
        self.documents = documents_of(policies)
        self.keys: frozenset[str] = frozenset().union(*(one.keys for one in self.documents))
        self.own = {key: value for key, value in context_of(principal).items() if key in self.keys}
        self.shown = orjson.dumps((who, ruling.account, ruling.required, _layers(policies, ruling.bearers)))
        self.digest = hashlib.blake2b(self.shown, digest_size=12).hexdigest()


_made: dict[Any, Grounds] = {}
_MOST_MADE = 1000


def grounds_of(ruling: Ruling) -> Grounds:
    """The grounds of a ruling; those of the same principal and the same compiled policies are made once."""
    policies = ruling.policies
    key = (
        id(ruling.principal), ruling.account, ruling.required, ruling.bearers, policies.boundary, policies.resource,
        *policies.identity, None, *(policies.session or (policies.session,)), None,
        *policies.resource_control, None, *map(tuple, policies.service_control), policies.endpoint,
    )  # fmt: skip
    found = _made.get(key)
    if found is None:
        if len(_made) >= _MOST_MADE:
            _made.clear()
        found = _made[key] = Grounds(ruling)
    return found


def _layers(policies: Policies, bearers: tuple[str, ...]) -> dict[str, Any]:
    identity = policies.identity
    holders = bearers if len(bearers) == len(identity) else ("",) * len(identity)
    return {
        "identity": [(*_named(one), holder) for one, holder in zip(identity, holders, strict=True)],
        "boundary": policies.boundary and _named(policies.boundary),
        "session": None if policies.session is None else [_named(one) for one in policies.session],
        "resource": policies.resource and _named(policies.resource),
        "service_control": [[_named(one) for one in level] for level in policies.service_control],
        "resource_control": [_named(one) for one in policies.resource_control],
        **({"endpoint": _named(policies.endpoint)} if policies.endpoint is not None else {}),
    }


def _named(document: Document) -> tuple[str, str, str]:
    return document.name, document.kind, digest_of(document)


def digest_of(document: Document) -> str:
    """The name of a policy's text among all texts; made once."""
    if document.digest is None:
        document.digest = hashlib.blake2b(document.text.encode(), digest_size=12).hexdigest()
    return document.digest


def context_of_ruling(ruling: Ruling, grounds: Grounds) -> dict[str, list[str] | None] | None:
    """The values of the keys (lower case) that the policies speak of, as they were; None when no key was read.

    A value None was there and is not kept: it could be a secret, or is too long.
    """
    if ruling.context is None:
        return None
    had: dict[str, Any] = dict(grounds.own)
    for key, value in ruling.context.items():
        lowered = key.lower()
        if lowered in grounds.keys:
            had[lowered] = value
    return _bounded({key: _kept(key, value) for key, value in had.items()})


def _kept(key: str, value: Any) -> list[str] | None:
    values = list(texts(value))
    secret = key in _SECRET_KEYS or (key == "aws:referer" and any("?" in one for one in values))
    return None if secret else values


def _bounded(context: dict[str, list[str] | None]) -> dict[str, list[str] | None]:
    if not context:
        return context
    sizes = {key: sum(map(len, values or ())) for key, values in context.items()}
    while sum(sizes.values()) > _MOST_CONTEXT:
        longest = max(sizes, key=lambda key: sizes[key])
        context[longest], sizes[longest] = None, 0
    return context
