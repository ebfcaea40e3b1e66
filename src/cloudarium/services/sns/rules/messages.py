"""What can be published: sizes, subjects, attributes, structures, and what FIFO topics ask for."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import orjson

from cloudarium.services.sns import errors

MOST = 262_144  # bytes of a message with its attributes, and of a batch
SEEN_FOR = 300.0  # seconds in which a FIFO topic takes the same message once

_TYPE = re.compile(r"(String|Number|Binary)(\..*)?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_.-]*")
_ID = re.compile(r"[!-~]{1,128}")  # of groups and duplicates: visible ASCII
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_SUBJECT = 100

Attributes = dict[str, dict[str, Any]]


def check_message(message: str, subject: str | None) -> None:
    """Raise InvalidParameter for a message or subject that cannot be published."""
    if not message:
        raise errors.InvalidParameter("Empty message")
    if subject is not None and (not 0 < len(subject) <= _LONGEST_SUBJECT or _CONTROL.search(subject)):
        raise errors.InvalidParameter("Subject")


def size(message: str, attributes: Attributes) -> int:
    """The bytes of a message that count: its text, and names, types and values of its attributes."""
    total = _length(message)
    for name, attribute in attributes.items():
        value = attribute.get("BinaryValue")
        total += _length(name) + _length(attribute.get("DataType") or "") + _length(attribute.get("StringValue") or "")
        total += len(value) if value else 0
    return total


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# ---- Attributes ------------------------------------------------------------------------------------------------------


def check_attributes(given: Attributes) -> None:
    """Raise ParameterValueInvalid for message attributes that are none."""
    for name, attribute in given.items():
        _check_name(name)
        kind = _TYPE.fullmatch(attribute["DataType"])
        if kind is None:
            raise errors.ParameterValueInvalid(
                f"The message attribute '{name}' has an invalid message attribute type, the set of supported type"
                " prefixes is Binary, Number, and String."
            )
        field = "Binary" if kind[1] == "Binary" else "String"
        other = "String" if field == "Binary" else "Binary"
        if attribute.get(f"{other}Value"):
            raise errors.ParameterValueInvalid(
                f"The message attribute '{name}' with type '{attribute['DataType']}' must use field '{field}'."
            )
        if not attribute.get(f"{field}Value"):
            raise errors.ParameterValueInvalid(
                f"The message attribute '{name}' must contain non-empty message attribute value for message attribute"
                f" type '{attribute['DataType']}'."
            )
        if kind[1] == "Number":
            _check_number(name, attribute["StringValue"])


def _check_name(name: str) -> None:
    if not 0 < _length(name) <= 256:
        raise errors.ParameterValueInvalid("Length of message attribute name must be less than 256 bytes.")
    if not _NAME.fullmatch(name):
        wrong = next(letter for letter in name if not _NAME.fullmatch(letter))
        raise errors.ParameterValueInvalid(
            f"Invalid non-alphanumeric character '#x{ord(wrong):X}' was found in the message attribute name. Can only"
            " include alphanumeric characters, hyphens, underscores, or dots."
        )
    for says, place in (("starting", name[0]), ("ending", name[-1])):
        if place == ".":
            raise errors.ParameterValueInvalid(f"Invalid message attribute name {says} with character '.' was found.")
    if ".." in name:
        raise errors.ParameterValueInvalid("Message attribute name can not have successive '.' character.")


def _check_number(name: str, text: str) -> None:
    try:
        float(text)
    except ValueError:
        raise errors.ParameterValueInvalid(f"Could not cast message attribute '{name}' value to number.") from None


def kept(given: Attributes) -> Attributes:
    """Attributes as JSON can hold them: bytes in base64."""
    found: Attributes = {}
    for name, attribute in given.items():
        one: dict[str, Any] = {"DataType": attribute["DataType"]}
        if attribute.get("BinaryValue"):
            one["BinaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
        else:
            one["StringValue"] = attribute["StringValue"]
        found[name] = one
    return found


# ---- Structures ------------------------------------------------------------------------------------------------------


def structured(message: str, structure: str | None) -> dict[str, str]:
    """The texts by protocol, `default` among them. Raises InvalidParameter."""
    if not structure:
        return {"default": message}
    if structure != "json":
        raise errors.InvalidParameter("MessageStructure")
    try:
        given = orjson.loads(message)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        raise errors.InvalidParameter("Message Structure - JSON message body failed to parse") from None
    if not isinstance(given, dict) or not isinstance(given.get("default"), str):
        raise errors.InvalidParameter("Message Structure - No default entry in JSON message body")
    return {name: text for name, text in given.items() if isinstance(text, str)}


# ---- FIFO ------------------------------------------------------------------------------------------------------------


def check_order(given: Mapping[str, Any], fifo: bool, by_content: bool) -> None:
    """Raise InvalidParameter for ids of group and duplicates that do not go with the topic."""
    group, duplicate = given.get("MessageGroupId"), given.get("MessageDeduplicationId")
    if not fifo:
        if duplicate is not None:
            raise errors.InvalidParameter(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid"
                " for this topic type"
            )
    elif not group:
        raise errors.InvalidParameter("The MessageGroupId parameter is required for FIFO topics")
    elif not duplicate and not by_content:
        raise errors.InvalidParameter(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided"
            " explicitly"
        )
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", duplicate)):
        if value is not None and not _ID.fullmatch(value):
            raise errors.InvalidParameter(f"{name}")


def duplicate_id(given: Mapping[str, Any]) -> str:
    """By what a message of a FIFO topic is known again."""
    said: str | None = given.get("MessageDeduplicationId")
    return said or hashlib.sha256(given["Message"].encode("utf-8", "surrogatepass")).hexdigest()
