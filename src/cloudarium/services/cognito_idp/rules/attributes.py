"""Attributes: the standard ones, custom ones, and what values they take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudarium.services.cognito_idp import errors

Data = dict[str, Any]
_CUSTOM = ("custom:", "dev:custom:")
_TEXTS = (
    "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "email", "gender", "birthdate", "zoneinfo", "locale", "phone_number", "address",
)  # fmt: skip

VERIFIABLE = ("email", "phone_number")
_EMAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}\Z")
_PHONE = re.compile(r"\+[0-9]{1,15}\Z")
_NUMBER = re.compile(r"-?[0-9]{1,18}\Z")
_MOST_CUSTOM = 50
_LONGEST = 2048


def _text(name: str, shortest: str = "0", longest: str = "2048", **other: Any) -> Data:
    attribute = {"Name": name, "AttributeDataType": "String", "DeveloperOnlyAttribute": False, "Mutable": True}
    limits = {"StringAttributeConstraints": {"MinLength": shortest, "MaxLength": longest}}
    return {**attribute, "Required": False, **limits, **other}


def standard() -> list[Data]:
    """The attributes that every pool has."""
    flag = {"AttributeDataType": "Boolean", "DeveloperOnlyAttribute": False, "Mutable": True, "Required": False}
    updated: Data = {"NumberAttributeConstraints": {"MinValue": "0"}}
    return [
        _text("sub", "1", Mutable=False, Required=True),
        *(_text(name, *(("10", "10") if name == "birthdate" else ())) for name in _TEXTS),
        {"Name": "email_verified", **flag},
        {"Name": "phone_number_verified", **flag},
        {"Name": "updated_at", **flag, "AttributeDataType": "Number", **updated},
    ]


def schema(given: Sequence[Data]) -> list[Data]:
    """A new pool's attributes: the standard ones as they were changed, then the custom ones."""
    found = {attribute["Name"]: attribute for attribute in standard()}
    for one in given:
        name = one.get("Name", "")
        if name in found:
            kind = one.get("AttributeDataType", found[name]["AttributeDataType"])
            if kind != found[name]["AttributeDataType"] or one.get("DeveloperOnlyAttribute"):
                said = (
                    "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute"
                )
                raise errors.Invalid(f"{said} {name}")
            _check_limits(name, one)
            changed = {key: value for key, value in one.items() if key not in ("Name", "DeveloperOnlyAttribute")}
            found[name] = {**found[name], **changed}
    custom = [one for one in given if one.get("Name") not in found]
    return add_custom(list(found.values()), custom)


def add_custom(present: Sequence[Data], given: Sequence[Data]) -> list[Data]:
    """The attributes with custom ones more."""
    found = list(present)
    names = {attribute["Name"] for attribute in found}
    for one in given:
        if not one.get("Name"):
            raise errors.Invalid("Attribute name must not be empty.")
        _check_limits(one["Name"], one)
        attribute = _custom(one)
        if attribute["Name"] in names:
            said = f"Existing attribute already has name {attribute['Name']}."
            raise errors.Invalid(f"{attribute['Name'].removeprefix('dev:')}: {said}")
        names.add(attribute["Name"])
        found.append(attribute)
    if sum(name.startswith(_CUSTOM) for name in names) > _MOST_CUSTOM:
        raise errors.LimitExceeded("Too many custom attributes.")
    return found


def _custom(one: Data) -> Data:
    if one.get("Required"):
        raise errors.Invalid("Required custom attributes are not supported currently.")
    developer = bool(one.get("DeveloperOnlyAttribute"))
    kind = one.get("AttributeDataType")
    if kind is None:
        raise errors.Invalid("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
    made: Data = {
        "Name": f"{'dev:' if developer else ''}custom:{one['Name'].removeprefix('custom:')}",
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": developer,
        "Mutable": one.get("Mutable", True),
        "Required": False,
    }
    if kind == "String":
        made["StringAttributeConstraints"] = one.get("StringAttributeConstraints", {})
    elif kind == "Number" and one.get("NumberAttributeConstraints"):
        made["NumberAttributeConstraints"] = one["NumberAttributeConstraints"]
    return made


def _check_limits(name: str, one: Data) -> None:
    """Raise for limits of an attribute that are no numbers or leave nothing between them."""
    texts = _limits(name, one, "StringAttributeConstraints", "MinLength", "MaxLength")
    if any(limit is not None and not 0 <= limit <= _LONGEST for limit in texts):
        raise errors.Invalid(f"user.{name}: String attributes cannot have a length of more than {_LONGEST}")
    if None not in texts and texts[1] < texts[0]:  # type: ignore[operator]
        raise errors.Invalid(f"user.{name}: Max length cannot be less than min length.")
    numbers = _limits(name, one, "NumberAttributeConstraints", "MinValue", "MaxValue")
    if None not in numbers and numbers[1] < numbers[0]:  # type: ignore[operator]
        raise errors.Invalid(f"user.{name}: Max value cannot be less than min value.")


def _limits(name: str, one: Data, member: str, *limits: str) -> list[int | None]:
    given = [(one.get(member) or {}).get(limit) for limit in limits]
    if any(each is not None and not _NUMBER.match(each) for each in given):
        raise errors.Invalid(f"Invalid {member} for schema attribute {name}")
    return [None if each is None else int(each) for each in given]


def by_name(schema: Iterable[Data]) -> dict[str, Data]:
    """The attributes of a schema by their names."""
    return {attribute["Name"]: attribute for attribute in schema}


def from_list(given: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """{name: value} from [{"Name": …, "Value": …}]; what is true is true in any case of letters."""
    found = {one["Name"]: one.get("Value", "") for one in given or ()}
    return {name: value.lower() if name.endswith("_verified") else value for name, value in found.items()}


def to_list(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """[{"Name": …, "Value": …}]."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def check(pool: Data, given: Mapping[str, str]) -> None:
    """Raise unless the pool has these attributes and they may have these values."""
    known = by_name(pool["SchemaAttributes"])
    for name, value in given.items():
        attribute = known.get(name)
        if attribute is None:
            raise errors.Invalid(f"Attributes did not conform to the schema: {name}: Attribute does not exist in the "
                                 "schema.\n")  # fmt: skip
        problem = _problem(name, value, attribute)
        if problem:
            raise errors.Invalid(problem)


def _problem(name: str, value: str, attribute: Data) -> str:
    if not value and not name.startswith(_CUSTOM):
        return ""
    if name == "email" and not _EMAIL.match(value):
        return "Invalid email address format."
    if name == "phone_number" and not _PHONE.match(value):
        return "Invalid phone number format."
    said = _of_type(value, attribute)
    return f"Attributes did not conform to the schema: {name}: {said}\n" if said else ""


def _of_type(value: str, attribute: Data) -> str:
    kind = attribute["AttributeDataType"]
    if kind == "Boolean":
        return "" if value.lower() in ("true", "false") else "Attribute must be either 'true' or 'false'."
    if kind == "Number":
        if not _NUMBER.match(value):
            return "Attribute must be of type number."
        limits = attribute.get("NumberAttributeConstraints", {})
        low, high = limits.get("MinValue"), limits.get("MaxValue")
        if low is not None and int(value) < float(low):
            return f"Number must not be less than {low}"
        return f"Number must not be greater than {high}" if high is not None and int(value) > float(high) else ""
    limits = attribute.get("StringAttributeConstraints", {})
    if len(value) < int(limits.get("MinLength", 0)):
        return f"String must be at least {limits['MinLength']} characters long"
    if len(value) > int(limits.get("MaxLength", 2048)):
        return "String must be no longer than " + str(limits.get("MaxLength", 2048)) + " characters"
    return ""


def check_required(pool: Data, given: Mapping[str, str]) -> None:
    """Raise when an attribute that the pool demands is missing."""
    for attribute in pool["SchemaAttributes"]:
        name = attribute["Name"]
        if attribute.get("Required") and name != "sub" and not given.get(name):
            raise errors.Invalid(f"Attributes did not conform to the schema: {name}: The attribute is required\n")


def check_change(pool: Data, given: Mapping[str, str]) -> None:
    """Raise when an attribute is changed that never changes."""
    known = by_name(pool["SchemaAttributes"])
    for name in given:
        if name in known and not known[name].get("Mutable", True):
            raise errors.Invalid(f"user.{name}: Attribute cannot be updated.\n")


def readable(client: Data, attributes: Mapping[str, str]) -> dict[str, str]:
    """What of a user's attributes a client may see; without a list, all but those of developers."""
    allowed = client.get("ReadAttributes")
    if allowed is None:
        return {name: value for name, value in attributes.items() if not name.startswith("dev:")}
    return {name: value for name, value in attributes.items() if name in ("sub", "identities") or name in allowed}


def scoped(attributes: Mapping[str, str], scopes: Iterable[str]) -> dict[str, str]:
    """What of readable attributes a sign-in's scopes let through: openid alone lets all, as profile does.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html, "scope"
    """
    asked = set(scopes)
    if not asked & {"email", "phone"} or asked & {"profile", "aws.cognito.signin.user.admin"}:
        return dict(attributes)
    names = {"sub"} | ({"email", "email_verified"} if "email" in asked else set())
    names |= {"phone_number", "phone_number_verified"} if "phone" in asked else set()
    return {name: value for name, value in attributes.items() if name in names}


def check_writable(client: Data, given: Iterable[str]) -> None:
    """Raise when a client writes an attribute that it may not write."""
    allowed = client.get("WriteAttributes")
    for name in given:
        never = name in ("sub", "email_verified", "phone_number_verified") or name.startswith("dev:")
        if never or (allowed is not None and name not in allowed):
            raise errors.NotAuthorized("A client attempted to write unauthorized attribute")


def masked(kind: str, value: str) -> str:
    """An address as a stranger may see it: a***@e***, +*******1234."""
    if kind == "email":
        local, _, domain = value.partition("@")
        return f"{local[:1]}***@{domain[:1]}***"
    return f"+{'*' * max(len(value) - 5, 0)}{value[-4:]}"
