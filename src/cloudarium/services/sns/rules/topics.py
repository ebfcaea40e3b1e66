"""What a topic can be called and set to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudarium.services.sns import errors
from cloudarium.services.sns.rules import http_policies, policies
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt

MOST_TAGS = 50
PROTOCOLS = {"sqs": "SQS", "lambda": "Lambda", "http": "HTTP", "https": "HTTP"}  # as delivery status logs name them

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_FIFO_ONLY = frozenset(("ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"))
_FEEDBACK = re.compile(
    r"(Application|HTTP|Lambda|SQS|Firehose)((Success|Failure)FeedbackRoleArn|SuccessFeedbackSampleRate)"
)
_PLAIN = frozenset(("DeliveryPolicy", "DisplayName", "Policy", "SignatureVersion", "TracingConfig", "KmsMasterKeyId"))
_DEFAULTS = {
    "DisplayName": "", "FifoTopic": "false", "ContentBasedDeduplication": "false", "SignatureVersion": "1",
    "TracingConfig": "PassThrough", "KmsMasterKeyId": "", "DeliveryPolicy": "",
}  # fmt: skip


def check_name(name: str, fifo: bool) -> None:
    """Raise InvalidParameter for a name that no such topic has."""
    if fifo and not _FIFO_NAME.fullmatch(name):
        raise errors.InvalidParameter(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters,"
            " numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
            bare=True,
        )
    if not fifo and not _NAME.fullmatch(name):
        raise errors.InvalidParameter("Topic Name")


def is_fifo(given: Mapping[str, str]) -> bool:
    """Whether the attributes of a new topic ask for a FIFO topic. Raises InvalidParameter."""
    return _truth("FifoTopic", given.get("FifoTopic", "false"))


def new_attributes(given: Mapping[str, str], fifo: bool) -> dict[str, str]:
    """The attributes of a new topic as they are kept. Raises InvalidParameter."""
    kept: dict[str, str] = {}
    for name, value in given.items():
        if name == "FifoTopic":
            continue
        if not _is_attribute(name, fifo):
            raise errors.InvalidParameter(f"Attributes Reason: Unknown attribute {name[:100]}")
        checked = check_attribute(name, value, "Attributes Reason: ")
        if checked is not None:
            kept[name] = checked
    return kept


def check_changed(name: str, fifo: bool) -> None:
    """Raise InvalidParameter for an attribute that cannot be set on such a topic."""
    if not _is_attribute(name, fifo):
        raise errors.InvalidParameter("AttributeName")


def _is_attribute(name: str, fifo: bool) -> bool:
    return name in _PLAIN or _FEEDBACK.fullmatch(name) is not None or (fifo and name in _FIFO_ONLY)


def check_attribute(name: str, value: str | None, place: str = "") -> str | None:
    """An attribute's value as it is kept, None for one that is taken back. Raises InvalidParameter."""
    if name == "ArchivePolicy":
        raise NotBuilt("sns message archiving (ArchivePolicy)")
    if value is None or value == "":
        return None if name != "DisplayName" else ""
    if name == "Policy":
        policies.check(value)
    elif name == "DeliveryPolicy":
        http_policies.check_topic(value, place)
    elif name == "ContentBasedDeduplication":
        return str(_truth(name, value, place)).lower()
    else:
        _check_value(name, value, place)
    return value


def _check_value(name: str, value: str, place: str) -> None:
    allowed = {
        "SignatureVersion": ("1", "2"),
        "TracingConfig": ("PassThrough", "Active"),
        "FifoThroughputScope": ("Topic", "MessageGroup"),
    }.get(name)
    fine = True
    if allowed is not None:
        fine = value in allowed
    elif name == "DisplayName":
        fine = len(value) <= 100 and value.isprintable()
    elif name.endswith("SampleRate"):
        fine = value.isascii() and value.isdecimal() and int(value[:4]) <= 100 and len(value) <= 3
    elif name.endswith("RoleArn"):
        role = arns.parse(value)
        fine = role is not None and role.service == "iam" and role.resource.startswith("role/")
    elif name == "KmsMasterKeyId":
        fine = 0 < len(value) <= 2048
    if not fine:
        raise errors.InvalidParameter(f"{place}{name}: Invalid value [{value[:200]}]." if allowed else f"{place}{name}")


def _truth(name: str, value: str, place: str = "Attributes Reason: ") -> bool:
    if value.lower() not in ("true", "false"):
        raise errors.InvalidParameter(f"{place}{name}: Invalid value [{value[:200]}]. Must be true or false.")
    return value.lower() == "true"


def differs(given: Mapping[str, str], kept: Mapping[str, Any], arn: str, owner: str) -> bool:
    """Whether a topic that is there is set otherwise than a call to make it asks for."""
    for name, value in given.items():
        there = kept.get(name)
        if there is None and name == "Policy":
            there = policies.default(arn, owner)
        if (there if there is not None else _DEFAULTS.get(name)) != value:
            return True
    return False


def shown(kept: Mapping[str, Any], fifo: bool) -> dict[str, str]:
    """The attributes that an owner reads, besides the policy and the counts."""
    found = {"DisplayName": "", **kept}
    if fifo:
        found = {"FifoTopic": "true", "ContentBasedDeduplication": "false", **found}
    found["EffectiveDeliveryPolicy"] = http_policies.effective_topic(kept.get("DeliveryPolicy"))
    if kept.get("DeliveryPolicy"):
        found["DeliveryPolicy"] = http_policies.kept_topic(kept["DeliveryPolicy"])
    return found
