"""The CSV files from which users are imported: their header, and what a line makes of a user.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.services.cognito_idp.rules import attributes
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
NAME, MFA = "cognito:username", "cognito:mfa_enabled"
_STANDARD = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number",
    "phone_number_verified", "address", "updated_at",
)  # fmt: skip
_FLAGS = ("email_verified", "phone_number_verified", MFA)
_MOST_LINES = 500_000


class BadFile(Exception):
    """A file of which nothing can be imported; says why."""


class BadLine(Exception):
    """A line that is no user; says why."""


class Newcomer(NamedTuple):
    """A user of a line."""

    name: str
    attributes: dict[str, str]
    mfa: bool


def header(pool: Data) -> list[str]:
    """The columns of a file for a pool, in AWS's order."""
    custom = [one["Name"] for one in pool["SchemaAttributes"] if one["Name"].startswith(("custom:", "dev:custom:"))]
    return [*_STANDARD, *custom, MFA, NAME]


def lines(pool: Data, content: bytes) -> list[list[str]]:
    """The lines of a file after its header. Raises BadFile."""
    try:
        text = content.decode("utf-8-sig")
        found = list(csv.reader(text.splitlines(), escapechar="\\", strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise BadFile("The file is not a CSV file in UTF-8.") from None
    if not found or sorted(found[0]) != sorted(header(pool)):
        raise BadFile("The header in the CSV file does not match the attributes of the user pool.")
    if len(found) > _MOST_LINES + 1:
        raise BadFile(f"The file has more than {_MOST_LINES} users.")
    return found


def newcomer(pool: Data, columns: Sequence[str], line: Sequence[str]) -> Newcomer:
    """The user that a line describes. Raises BadLine."""
    if len(line) != len(columns):
        raise BadLine("The number of columns does not match the header.")
    given = {name: value.strip() for name, value in zip(columns, line, strict=True) if value.strip()}
    for flag in _FLAGS:
        if given.get(flag, "").lower() not in (("true", "false") if flag == MFA else ("", "true", "false")):
            raise BadLine(f"The value of {flag} must be true or false.")
    name, mfa = given.pop(NAME, ""), given.pop(MFA).lower() == "true"
    if not name:
        raise BadLine("The user name is missing.")
    if mfa and not given.get("phone_number"):
        raise BadLine("A phone number is required when MFA is enabled.")
    found = {key: value.lower() if key in _FLAGS else value for key, value in given.items()}
    _check(pool, found)
    return Newcomer(name, found, mfa)


def _check(pool: Data, found: Mapping[str, str]) -> None:
    try:
        attributes.check(pool, found)
        attributes.check_required(pool, found)
    except AwsError as error:
        raise BadLine(error.message.strip()) from None
    verified = pool.get("AutoVerifiedAttributes", ())
    if verified and not any(found.get(f"{kind}_verified") == "true" for kind in verified):
        raise BadLine(
            "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to "
            "true)."
        )
