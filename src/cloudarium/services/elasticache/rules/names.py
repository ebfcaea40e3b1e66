"""What names may be like; ElastiCache keeps them in lower case."""

from __future__ import annotations

import re

from cloudarium.services.elasticache.errors import Invalid

_NAME = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9])*")
_LOOSE = re.compile(r"[a-zA-Z0-9](?:[.-]?[a-zA-Z0-9])*")


def identifier(given: str, parameter: str, longest: int) -> str:
    """A name in the form in which it is kept. Raises Invalid."""
    if not _NAME.fullmatch(given):
        raise Invalid(
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain"
            " only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive"
            " hyphens."
        )
    if len(given) > longest:
        raise Invalid(
            f"The parameter {parameter} is not a valid identifier because it is longer than {longest} characters."
        )
    return given.lower()


def group_name(given: str, parameter: str) -> str:
    """The name of a subnet group or a parameter group: up to 255 characters, dots among them. Raises Invalid."""
    if not _LOOSE.fullmatch(given) or len(given) > 255:
        raise Invalid(f"The parameter {parameter} must be provided and must not be blank or contain other characters"
                      " than letters, digits, hyphens and dots.")  # fmt: skip
    return given.lower()
