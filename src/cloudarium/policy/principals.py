"""The users and roles that a resource's policy names.

AWS keeps such a policy by the principals' unique ids and shows their ARNs: a new user of a deleted one's name is not
the one whom the policy means. Here a policy keeps ARNs, and names the id from the moment when its bearer is gone.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from cloudarium.policy.grammar import listed, load, statements

_NAMED = re.compile(r"arn:aws[a-z-]*:(?:iam::\d{12}:(?:user|role)|sts::\d{12}:assumed-role)/.+|A(?:ID|RO)A[A-Z0-9]{8,}")


def named(text: str) -> list[str]:
    """The users, roles and sessions that a policy names, by ARN or unique id. Raises MalformedPolicy."""
    return [name for element in _elements(load(text)) for name in listed(element["AWS"]) if _NAMED.fullmatch(name)]


def renamed(text: str, old: str, new: str) -> str:
    """The policy with the principal `old` (an ARN) as `new`: another ARN, or the unique id of one that is deleted.

    The sessions of a deleted role are then named by its id as well. A policy without `old` comes back as it was.
    """
    document = load(text)
    return orjson.dumps(document).decode() if rename(document, old, new) else text


def rename(document: dict[str, Any], old: str, new: str) -> bool:
    """Do the same in a document that was read; whether there was something to do."""
    rewrite, changed = _rewrite(old, new), False
    for element in _elements(document):
        names = listed(element["AWS"])
        found = [rewrite(name) for name in names]
        if found != names:
            element["AWS"] = found if isinstance(element["AWS"], list) else found[0]
            changed = True
    return changed


def _elements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for statement in statements(document):
        element = statement.get("Principal", statement.get("NotPrincipal"))
        if isinstance(element, dict) and "AWS" in element:
            yield element


def _rewrite(old: str, new: str) -> Callable[[str], str]:
    sessions = ""
    if ":role/" in old and not new.startswith("arn:"):
        sessions = f"arn:aws:sts::{old.split(':')[4]}:assumed-role/{old.rsplit('/', 1)[-1]}/"

    def rewritten(name: str) -> str:
        if name == old:
            return new
        if sessions and name.startswith(sessions):
            return f"{new}:{name.removeprefix(sessions)}"
        return name

    return rewritten
