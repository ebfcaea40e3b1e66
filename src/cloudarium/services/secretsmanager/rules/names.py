"""Names of secrets, and what a SecretId may be."""

from __future__ import annotations

import re
from typing import NamedTuple

from cloudarium.services.secretsmanager import errors
from cloudarium.shared import arn as arns
from cloudarium.shared.scope import Scope

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_SUFFIXED = re.compile(r"(.+)-([A-Za-z0-9]{6})")
_KIND = "secret:"
UNKNOWN_SUFFIX = "??????"  # in the ARN of a secret that is not there, as policies write it


def check(name: str) -> None:
    """Raise unless a secret may have this name."""
    if not _NAME.fullmatch(name):
        raise errors.InvalidName


class Place(NamedTuple):
    """Where a secret is to be found. `suffix` is what the ARN ends with, "" when only the name is known."""

    scope: Scope
    name: str
    suffix: str = ""


def place(text: str, own: Scope) -> Place | None:
    """What a SecretId means: a name, an ARN, or an ARN without its suffix; None for the ARN of something else.

    An ARN that ends with a hyphen and six characters is taken for a whole one, so a secret whose name ends so cannot
    be found by its ARN without the suffix, as AWS warns.
    """
    if not text.startswith("arn:"):
        return Place(own, text)
    parsed = arns.parse(text)
    if parsed is None or parsed.service != "secretsmanager" or not parsed.resource.startswith(_KIND):
        return None
    scope, rest = Scope(parsed.account, parsed.region), parsed.resource.removeprefix(_KIND)
    whole = _SUFFIXED.fullmatch(rest)
    return Place(scope, whole[1], whole[2]) if whole else Place(scope, rest)
