"""Lifecycle rules: their check, and what they want done with an object, a version or an upload, and when.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any, NamedTuple
from urllib.parse import quote

from cloudarium.services.s3 import errors
from cloudarium.shared import ids
from cloudarium.shared.clock import iso_millis

DAY = 86_400
MOST_RULES = 1000
CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")  # downwards
MIN_TRANSITION_SIZE = 128 * 1024
SIZE_RULES = ("all_storage_classes_128K", "varies_by_storage_class")
_ACTIONS = ("Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration",
            "AbortIncompleteMultipartUpload")  # fmt: skip


class Thing(NamedTuple):
    """What a rule looks at of an object or a version."""

    key: str
    size: int
    tags: Mapping[str, str]
    since: float  # when it was made; of a noncurrent version: when it was replaced
    storage_class: str = "STANDARD"


# ---- Check ----------------------------------------------------------------------------------------------------------


def check(rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules with ids. Raises MalformedXML, InvalidArgument or InvalidRequest."""
    if not rules or len(rules) > MOST_RULES:
        raise errors.MalformedXml()
    kept = [{**rule, "ID": rule.get("ID") or ids.uuid()} for rule in rules]
    seen: set[str] = set()
    for rule in kept:
        if len(rule["ID"]) > 255:
            raise errors.InvalidArgument("ID length should not exceed allowed limit of 255")
        if rule["ID"] in seen:
            raise errors.InvalidArgument("Rule ID must be unique. Found same ID for more than one rule")
        seen.add(rule["ID"])
        _check_rule(rule)
    return kept


def _check_rule(rule: dict[str, Any]) -> None:
    if rule.get("Status") not in ("Enabled", "Disabled"):
        raise errors.MalformedXml()
    if (rule.get("Prefix") is None) == (rule.get("Filter") is None):
        raise errors.MalformedXml()
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent is not None and noncurrent.get("NoncurrentDays") is None:
        raise errors.MalformedXml()
    if not any(rule.get(action) for action in _ACTIONS):
        raise errors.InvalidRequest("At least one action needs to be specified in a rule")
    if rule.get("Filter"):
        _check_filter(rule["Filter"])
    _check_expiration(rule)
    _check_transitions(rule)
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent is not None:
        _positive(noncurrent.get("NoncurrentDays"), "'NoncurrentDays' for NoncurrentVersionExpiration action")
        if noncurrent.get("NewerNoncurrentVersions") is not None:
            _positive(
                noncurrent["NewerNoncurrentVersions"],
                "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action",
            )
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None:
        if "Tag" in _conditions(rule) or "Tags" in _conditions(rule):
            raise errors.InvalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.")
        _positive(abort.get("DaysAfterInitiation"), "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action")


def _positive(days: int | None, what: str) -> None:
    if days is None:
        raise errors.MalformedXml()
    if days < 1:
        raise errors.InvalidArgument(f"{what} must be a positive integer")


def _check_filter(filter: dict[str, Any]) -> None:
    given = [
        name
        for name in ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And")
        if filter.get(name) is not None
    ]
    if len(given) > 1:
        raise errors.MalformedXml()
    if given == ["And"]:
        both = filter["And"]
        if (
            sum(name in both for name in ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"))
            + len(both.get("Tags", ()))
            < 2
        ):
            raise errors.MalformedXml()
        keys = [tag["Key"] for tag in both.get("Tags", ())]
        if len(set(keys)) < len(keys):
            raise errors.InvalidRequest("Duplicate Tag Keys are not allowed.")


def _check_expiration(rule: dict[str, Any]) -> None:
    expiration = rule.get("Expiration")
    if expiration is None:
        return
    if sum(expiration.get(name) is not None for name in ("Days", "Date", "ExpiredObjectDeleteMarker")) != 1:
        raise errors.MalformedXml()
    if expiration.get("Days") is not None:
        _positive(expiration["Days"], "'Days' for Expiration action")
    if expiration.get("Date") is not None and expiration["Date"] % DAY:
        raise _not_midnight(expiration["Date"])
    if expiration.get("ExpiredObjectDeleteMarker") and ("Tag" in _conditions(rule) or "Tags" in _conditions(rule)):
        raise errors.InvalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.")


def _check_transitions(rule: dict[str, Any]) -> None:
    for kind, days_name in (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays")):
        classes: set[str] = set()
        for transition in rule.get(kind, ()):
            storage_class, days, date = (
                transition.get("StorageClass"),
                transition.get(days_name),
                transition.get("Date"),
            )
            if storage_class not in CLASSES or (days is None) == (date is None):
                raise errors.MalformedXml()
            if storage_class in classes:
                raise errors.InvalidRequest(
                    f"'StorageClass' must be different for '{kind[:-1]}' actions in same 'Rule'"
                )
            classes.add(storage_class)
            if days is not None and days < 0:
                raise errors.InvalidArgument(f"'{days_name}' in {kind[:-1]} action must be nonnegative")
            if days is not None and storage_class in ("STANDARD_IA", "ONEZONE_IA") and days < 30:
                raise errors.InvalidArgument(
                    f"'Days' in {kind[:-1]} action must be greater than or equal to 30 for storageClass"
                    f" '{storage_class}'"
                )
            if date is not None and date % DAY:
                raise _not_midnight(date)


def _not_midnight(date: float) -> errors.InvalidArgument:
    return errors.InvalidArgument("'Date' must be at midnight GMT", "Date", iso_millis(date))


# ---- What is to be done ---------------------------------------------------------------------------------------------


def midnight_after(moment: float) -> float:
    """The next midnight UTC, which is when S3 counts a day as over."""
    return (math.floor(moment / DAY) + 1) * DAY


def enabled(rules: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The rules that are in force."""
    return [rule for rule in rules or () if rule["Status"] == "Enabled"]


def _conditions(rule: dict[str, Any]) -> dict[str, Any]:
    if rule.get("Prefix") is not None:
        return {"Prefix": rule["Prefix"]}
    filter = rule.get("Filter") or {}
    return filter.get("And") or filter


def matches(rule: dict[str, Any], thing: Thing) -> bool:
    """Whether a rule's filter lets the object in."""
    wanted = _conditions(rule)
    tags = list(wanted.get("Tags", ())) + ([wanted["Tag"]] if wanted.get("Tag") else [])
    more, less = wanted.get("ObjectSizeGreaterThan"), wanted.get("ObjectSizeLessThan")
    return (
        thing.key.startswith(wanted.get("Prefix") or "")
        and all(thing.tags.get(tag["Key"]) == tag["Value"] for tag in tags)
        and (more is None or thing.size > more)
        and (less is None or thing.size < less)
    )


def _due(days: int | None, date: float | None, since: float) -> float:
    return midnight_after(since + days * DAY) if days is not None else float(date or 0)


def expiry(rules: Sequence[dict[str, Any]], thing: Thing) -> tuple[float, str] | None:
    """When the current version expires and by which rule; the earliest wins."""
    found = [
        (_due(rule["Expiration"].get("Days"), rule["Expiration"].get("Date"), thing.since), rule["ID"])
        for rule in rules
        if _expires(rule) and matches(rule, thing)
    ]
    return min(found, default=None)


def _expires(rule: dict[str, Any]) -> bool:
    expiration = rule.get("Expiration") or {}
    return expiration.get("Days") is not None or expiration.get("Date") is not None


_LAST_DATE = 253402214400.0  # 9999-12-31: "in 2147483647 days" is later than a date can say


def expiry_header(rules: Sequence[dict[str, Any]], thing: Thing) -> str | None:
    """The value of x-amz-expiration."""
    found = expiry(rules, thing)
    if found is None:
        return None
    return f'expiry-date="{formatdate(min(found[0], _LAST_DATE), usegmt=True)}", rule-id="{quote(found[1])}"'


def transition(rules: Sequence[dict[str, Any]], thing: Thing, size_rule: str, now: float) -> str | None:
    """The storage class to which the current version is due to move at `now`; classes only go down."""
    due = [
        step["StorageClass"]
        for rule in rules
        if matches(rule, thing)
        for step in rule.get("Transitions", ())
        if _due(step.get("Days"), step.get("Date"), thing.since) <= now and _large_enough(rule, step, thing, size_rule)
    ]
    return _lowest(due, thing.storage_class)


def noncurrent_transition(
    rules: Sequence[dict[str, Any]], thing: Thing, newer: int, size_rule: str, now: float
) -> str | None:
    """The same for a noncurrent version that has `newer` noncurrent versions in front of it."""
    due = [
        step["StorageClass"]
        for rule in rules
        if matches(rule, thing)
        for step in rule.get("NoncurrentVersionTransitions", ())
        if _due(step["NoncurrentDays"], None, thing.since) <= now
        and newer >= step.get("NewerNoncurrentVersions", 0)
        and _large_enough(rule, step, thing, size_rule)
    ]
    return _lowest(due, thing.storage_class)


def _lowest(classes: Sequence[str], present: str) -> str | None:
    place = CLASSES.index(present) if present in CLASSES else -1
    lowest = max((CLASSES.index(name) for name in classes), default=-1)
    return CLASSES[lowest] if lowest > place else None


def _large_enough(rule: dict[str, Any], step: dict[str, Any], thing: Thing, size_rule: str) -> bool:
    """Small objects stay where they are unless the rule itself speaks of sizes."""
    if (
        thing.size >= MIN_TRANSITION_SIZE
        or "ObjectSizeGreaterThan" in _conditions(rule)
        or "ObjectSizeLessThan" in _conditions(rule)
    ):
        return True
    return size_rule == "varies_by_storage_class" and step["StorageClass"] in ("GLACIER", "DEEP_ARCHIVE")


def noncurrent_expired(rules: Sequence[dict[str, Any]], thing: Thing, newer: int, now: float) -> bool:
    """Whether a noncurrent version with `newer` noncurrent versions in front of it is to go."""
    for rule in rules:
        wanted = rule.get("NoncurrentVersionExpiration")
        if (
            wanted
            and matches(rule, thing)
            and newer >= wanted.get("NewerNoncurrentVersions", 0)
            and _due(wanted["NoncurrentDays"], None, thing.since) <= now
        ):
            return True
    return False


def removes_lone_markers(rules: Sequence[dict[str, Any]], thing: Thing) -> bool:
    """Whether a delete marker with no version behind it is to go."""
    return any(
        (rule.get("Expiration") or {}).get("ExpiredObjectDeleteMarker") and matches(rule, thing) for rule in rules
    )


def abort(rules: Sequence[dict[str, Any]], key: str, initiated: float) -> tuple[float, str] | None:
    """When an upload under way is given up, and by which rule."""
    found = [
        (_due(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"], None, initiated), rule["ID"])
        for rule in rules
        if rule.get("AbortIncompleteMultipartUpload") and key.startswith(_conditions(rule).get("Prefix") or "")
    ]
    return min(found, default=None)


def next_look(rules: Sequence[dict[str, Any]], now: float) -> float | None:
    """When the bucket must be looked at again: every midnight while a rule is in force."""
    return midnight_after(now) if rules else None
