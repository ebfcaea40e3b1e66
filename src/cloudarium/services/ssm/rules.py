"""Decisions of Parameter Store: names, values, tiers, labels, policies and filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cloudarium.services.ssm import errors
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
MOST_VERSIONS = 100
MOST_LABELS = 10
MOST_STANDARD = 10_000
MOST_ADVANCED = 100_000
DEFAULT_KEY = "alias/aws/ssm"
_LEVELS = 15
_STANDARD_SIZE, _ADVANCED_SIZE = 4096, 8192
_LONGEST_NAME = 1011
_NAME = re.compile(r"[a-zA-Z0-9_.\-/]+\Z")
_LABEL = re.compile(r"[a-zA-Z_.\-][a-zA-Z0-9_.\-]*\Z")
_SYMBOLS = (
    "If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "
    "letters, numbers and the following 3 symbols .-_"
)
_BAD_NAME = f'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). {_SYMBOLS}'
BAD_PATH = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)
_PATH = re.compile(r"/[a-zA-Z0-9_.\-/]*\Z")
_ADVICE = (
    "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
    "information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "parameter-store-advanced-parameters.html"
)
_DATA_TYPES = frozenset(
    ("aws:ec2:image", "aws:ssm:integration", "aws:region", "aws:account:id", "boolean", "integer", "float", "binary")
    + ("hostname", "email", "ipv4-address", "ipv6-address", "url", "json", "jsonc")
)


def check_name(name: str) -> None:
    """Raise unless a parameter may be made under this name."""
    lowered = name.lower().lstrip("/")
    path = name.count("/") > 1
    if lowered.startswith("aws") and path and name.startswith("/"):
        raise errors.ReservedName(name)
    if lowered.startswith(("aws", "ssm")):
        if not path:
            raise errors.Invalid('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
        raise errors.Invalid(_BAD_NAME)
    if not _NAME.match(name):
        raise errors.Invalid(f'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). {_SYMBOLS}')
    if "/" in name and not name.startswith("/"):
        raise errors.Invalid("Parameter name must be a fully qualified name.")
    if "//" in name or name.endswith("/"):
        raise errors.Invalid(f"Parameter name: {_SYMBOLS}")
    if name.count("/") > _LEVELS:
        raise errors.TooDeep
    if len(name) > _LONGEST_NAME:
        raise errors.Invalid(f"Parameter name must have at most {_LONGEST_NAME} characters")


_PUBLIC = "/aws/service/"


def check_public(name: str) -> None:
    """Raise NotBuilt for a parameter that AWS publishes (images, regions, services): there is none here."""
    if f"{name}/".startswith(_PUBLIC) or f":parameter{_PUBLIC}" in name:
        raise NotBuilt(f"ssm's public parameters: {name}")


def check_asked(name: str) -> None:
    """Raise for a name that no parameter can have: AWS says so instead of not finding it."""
    check_public(name)
    if name.startswith("arn:"):
        return
    if not _NAME.match(name) or "//" in name or ("/" in name and not name.startswith("/")):
        raise errors.Invalid(_BAD_NAME)


def check_path(path: str) -> None:
    """Raise unless this may be the path of a hierarchy."""
    check_public(path)
    if not _PATH.match(path) or "//" in path:
        raise errors.Invalid(BAD_PATH)


def check_value(value: str) -> None:
    """Raise for a value that no tier takes."""
    if not value:
        raise errors.Invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1."
        )
    if re.search(r"\{\{.*\}\}", value, re.DOTALL):
        raise errors.Invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')


def check_data_type(data_type: str) -> None:
    """Raise unless the data type is `text`."""
    if data_type in _DATA_TYPES:
        raise NotBuilt(f"ssm:PutParameter DataType {data_type}")
    if data_type != "text":
        raise errors.Invalid(
            f"The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )


def tier(wanted: str | None, old: str | None, value: str, policies: bool) -> str:
    """The tier that a put comes to. Raises when the value or the policies do not fit the one that was asked for."""
    size = len(value.encode(errors="surrogatepass"))
    chosen = wanted or old or "Standard"
    if chosen == "Intelligent-Tiering":
        chosen = "Advanced" if size > _STANDARD_SIZE or policies or old == "Advanced" else "Standard"
    if old == "Advanced" and chosen == "Standard":
        raise errors.Invalid(
            "You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. "
            "If necessary, you can delete the advanced parameter and recreate it as a standard parameter."
        )
    if chosen == "Standard":
        if size > _STANDARD_SIZE:
            raise errors.Invalid(
                f"Standard tier parameters support a maximum parameter value of {_STANDARD_SIZE} characters. {_ADVICE}"
            )
        if policies:
            raise errors.Invalid("The parameter policies require a parameter of the advanced-parameter tier.")
    if size > _ADVANCED_SIZE:
        raise errors.Invalid(
            f"Advanced tier parameters support a maximum parameter value of {_ADVANCED_SIZE} characters."
        )
    return chosen


def is_label(label: str) -> bool:
    """Whether AWS takes the label: no leading digit, and not AWS's own."""
    return bool(_LABEL.match(label)) and not label.lower().startswith(("aws", "ssm"))


# ---- Filters ---------------------------------------------------------------------------------------------------------

_OPTIONS = {
    "Name": ("BeginsWith", "Equals", "Contains"),
    "Path": ("Recursive", "OneLevel"),
    "Type": ("BeginsWith", "Equals"),
    "KeyId": ("BeginsWith", "Equals"),
    "Tier": ("Equals",),
    "DataType": ("Equals",),
    "Label": ("Equals",),
    "tag": ("BeginsWith", "Equals"),
}
_VALUES = {
    "Type": ("String", "StringList", "SecureString"),
    "Tier": ("Standard", "Advanced", "Intelligent-Tiering"),
}
DESCRIBE_KEYS = ("Path", "Name", "Type", "KeyId", "Tier", "DataType", "tag")
BY_PATH_KEYS = ("Type", "KeyId", "Label")


class Filter:
    """One ParameterStringFilter, checked."""

    def __init__(self, given: Data, allowed: Sequence[str]) -> None:
        self.key = given["Key"]
        kind = "tag" if self.key.startswith("tag:") else self.key
        if kind not in allowed:
            raise errors.InvalidFilterKey(self.key, ", ".join(allowed))
        options = _OPTIONS[kind]
        self.option = given.get("Option") or ("OneLevel" if kind == "Path" else "Equals")
        if self.option not in options:
            raise errors.InvalidFilterOption(self.option, ", ".join(options))
        self.values: list[str] = given.get("Values") or []
        if not self.values and kind != "tag":
            raise errors.InvalidFilterValue("The following filter values are missing : null for filter key " + self.key)
        if len(set(self.values)) != len(self.values):
            raise errors.InvalidFilterValue(f"Duplicate values in filter {self.key}")
        self._check_values(kind)

    def _check_values(self, kind: str) -> None:
        known = _VALUES.get(kind) if self.option == "Equals" else None
        for value in self.values:
            if kind == "Path":
                if value.lower().startswith(("/aws", "/ssm")):
                    raise errors.Invalid(
                        'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When '
                        "using global parameters, please specify within a global namespace."
                    )
                check_path(value)
            if known is not None and value not in known:
                raise errors.InvalidFilterValue(
                    f"The following filter value is not valid: {value}. Valid values include: [{', '.join(known)}]"
                )

    def fits(self, name: str, data: Data, labels: Sequence[str], tags: Data) -> bool:
        """Whether a parameter passes."""
        if self.key.startswith("tag:"):
            value = tags.get(self.key[4:])
            return value is not None and (not self.values or self._text_fits(value))
        if self.key == "Path":
            return any(below(name, value, self.option == "Recursive") for value in self.values)
        if self.key == "Label":
            return any(label in self.values for label in labels)
        if self.key == "Name":  # filters do not see whether there is a leading slash
            return self._text_fits(name) or self._text_fits(name[1:] if name.startswith("/") else f"/{name}")
        return self._text_fits(data.get(self.key) or "")

    def _text_fits(self, text: str) -> bool:
        if self.option == "BeginsWith":
            return text.startswith(tuple(self.values))
        if self.option == "Contains":
            return any(value in text for value in self.values)
        return text in self.values


def filters(given: Sequence[Data] | None, allowed: Sequence[str]) -> list[Filter]:
    """The filters of a call. Raises for keys, options and values that do not belong."""
    found = [Filter(each, allowed) for each in given or ()]
    keys = [each.key for each in found]
    for key in keys:
        if keys.count(key) > 1:
            raise errors.InvalidFilterKey.twice(key)
    return found


def below(name: str, path: str, recursive: bool) -> bool:
    """Whether a parameter lies in a hierarchy: on its next level, or on any when `recursive`."""
    base = path.rstrip("/") + "/"
    full = name if name.startswith("/") else f"/{name}"
    return full.startswith(base) and (recursive or "/" not in full[len(base) :])
