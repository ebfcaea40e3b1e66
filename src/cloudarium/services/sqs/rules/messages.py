"""What a message may be, its size, and the digests by which clients check it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import md5
from typing import Any

from cloudarium.services.sqs import errors

Data = dict[str, Any]

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE_NAME = re.compile(r"[\w.-]{1,256}")
_GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_TYPES = ("String", "Number", "Binary")
_MOST_ATTRIBUTES = 10
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
MOST_ENTRIES = 10


def check_body(text: str | None) -> str:
    """The body. Raises MissingParameter, InvalidMessageContents."""
    if not text:
        raise errors.MissingParameter("MessageBody")
    if not text.isprintable() and _FORBIDDEN.search(text):
        raise errors.InvalidMessageContents
    return text


def check_attributes(attributes: Mapping[str, Data]) -> None:
    """Raise InvalidParameterValue unless these can be the attributes of a message."""
    if len(attributes) > _MOST_ATTRIBUTES:
        raise errors.InvalidParameterValue(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MOST_ATTRIBUTES}]."
        )
    for name, value in attributes.items():
        _check_attribute_name(name)
        _check_attribute(name, value)


def _check_attribute_name(name: str) -> None:
    lower = name.lower()
    if not name:
        raise errors.InvalidParameterValue("The message attribute name must not be empty.")
    if len(name) > 256:
        raise errors.InvalidParameterValue(f"The message attribute name '{name[:300]}' is longer than 256 characters.")
    if not _ATTRIBUTE_NAME.fullmatch(name):
        raise errors.InvalidParameterValue(
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore "
            "(_), hyphen (-), and period (.) characters."
        )
    if lower.startswith(("aws.", "amazon.")) or name.startswith(".") or name.endswith(".") or ".." in name:
        raise errors.InvalidParameterValue(
            f"You can't use message attribute names beginning with 'AWS.' or 'Amazon.', or with periods at an end or "
            f"in succession: {name}"
        )


def _check_attribute(name: str, value: Data) -> None:
    kind = value.get("DataType")
    if not kind:
        raise errors.InvalidParameterValue(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    base = kind.split(".", 1)[0]
    if base not in _TYPES or len(kind) > 256 or not kind.isprintable():
        raise errors.InvalidParameterValue(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String."
        )
    if value.get("StringListValues") or value.get("BinaryListValues"):
        raise errors.InvalidParameterValue("Message attribute list values in SendMessage operation are not supported.")
    member = "BinaryValue" if base == "Binary" else "StringValue"
    if not value.get(member):
        raise errors.InvalidParameterValue(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
        )
    if value.get("StringValue" if base == "Binary" else "BinaryValue"):
        raise errors.InvalidParameterValue(
            f"Message (user) attribute '{name}' has a value of another type than '{base}'."
        )
    if base != "Binary":
        if _FORBIDDEN.search(value[member]):
            raise errors.InvalidParameterValue(f"Invalid characters found in the value of attribute '{name}'.")
        if base == "Number" and not _is_number(value[member]):
            raise errors.InvalidParameterValue(
                f"Can't cast the value of message (user) attribute '{name}' to a number."
            )


def _is_number(text: str) -> bool:
    try:
        return len(text) < 512 and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def check_system_attributes(attributes: Mapping[str, Data]) -> None:
    """Raise InvalidParameterValue unless these can be system attributes: there is one, the trace header."""
    for name, value in attributes.items():
        if name != "AWSTraceHeader":
            raise errors.InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
        if value.get("DataType") != "String" or not value.get("StringValue"):
            raise errors.InvalidParameterValue(
                "The 'AWSTraceHeader' message system attribute must be a properly formatted AWS X-Ray trace header "
                "string."
            )


def check_group(id: str, name: str = "MessageGroupId") -> None:
    """Raise InvalidParameterValue unless this can be the id of a group, or of a deduplication."""
    if not _GROUP.fullmatch(id):
        raise errors.InvalidParameterValue.of(
            id, name, f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        )


def size(body: bytes, attributes: Mapping[str, Data]) -> int:
    """The bytes of a message that count: the body, and of each attribute its name, type and value."""
    return len(body) + sum(
        len(name.encode()) + len(value["DataType"].encode()) + len(_value(value)) for name, value in attributes.items()
    )


def _value(attribute: Data) -> bytes:
    found = attribute.get("BinaryValue")
    return found if found is not None else attribute.get("StringValue", "").encode()


def digest(attributes: Mapping[str, Data]) -> str:
    """The MD5 of attributes, as clients compute it too.

    Source: SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
    """
    parts: list[bytes] = []
    for name in sorted(attributes):
        value = attributes[name]
        content = _value(value)
        binary = b"\x02" if "BinaryValue" in value else b"\x01"
        for text in (name.encode(), value["DataType"].encode()):
            parts += (len(text).to_bytes(4, "big"), text)
        parts += (binary, len(content).to_bytes(4, "big"), content)
    return md5(b"".join(parts), usedforsecurity=False).hexdigest()


def body_digest(body: bytes) -> str:
    """The MD5 of a body."""
    return md5(body, usedforsecurity=False).hexdigest()


def kept(attributes: Mapping[str, Data]) -> Data:
    """Attributes as JSON can hold them."""
    return {
        name: {"DataType": value["DataType"], "BinaryValue": base64.b64encode(value["BinaryValue"]).decode()}
        if "BinaryValue" in value
        else {"DataType": value["DataType"], "StringValue": value["StringValue"]}
        for name, value in attributes.items()
    }


def restored(attributes: Mapping[str, Data]) -> Data:
    """Attributes as they were sent."""
    return {
        name: {**value, "BinaryValue": base64.b64decode(value["BinaryValue"])} if "BinaryValue" in value else value
        for name, value in attributes.items()
    }


def selected(attributes: Mapping[str, Data], names: Iterable[str]) -> Data:
    """The attributes that MessageAttributeNames asks for: by name, All, or a prefix before `.*`."""
    asked = list(names)
    if not attributes or not asked:
        return {}
    if not {"All", "*", ".*"}.isdisjoint(asked):
        return dict(attributes)
    exact = frozenset(asked)
    prefixes = tuple(name[:-2] for name in asked if name.endswith(".*"))
    return {name: value for name, value in attributes.items() if name in exact or name.startswith(prefixes or ("\0",))}


def check_entries(entries: list[Data] | None, shape: str) -> list[Data]:
    """The entries of a batch. Raises when they are none, too many, or not to be told apart."""
    if not entries:
        raise errors.EmptyBatchRequest(shape)
    if len(entries) > MOST_ENTRIES:
        raise errors.TooManyEntries(len(entries))
    seen = set()
    for entry in entries:
        id = entry.get("Id") or ""
        if not _ENTRY_ID.fullmatch(id):
            raise errors.InvalidBatchEntryId
        if id in seen:
            raise errors.IdsNotDistinct(id)
        seen.add(id)
    return entries
