"""Event notifications: the check of a configuration, which events meet it, and the record that is sent.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from cloudarium.services.s3 import errors
from cloudarium.shared import arn as arns
from cloudarium.shared import clock, ids

EVENTS = frozenset((
    "s3:ReducedRedundancyLostObject", "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy", "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated", "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post", "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete", "s3:Replication:*",
    "s3:Replication:OperationFailedReplication", "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationMissedThreshold", "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectAcl:Put", "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete", "s3:LifecycleExpiration:DeleteMarkerCreated", "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put", "s3:ObjectTagging:Delete",
))  # fmt: skip
_NEWER = (
    "s3:LifecycleTransition",
    "s3:LifecycleExpiration",
    "s3:ObjectTagging",
    "s3:IntelligentTiering",
    "s3:ObjectAcl",
)
_WITHOUT_CONTENT = ("s3:ObjectTagging", "s3:ObjectAcl")  # their records have neither size nor sequencer


class Kind(NamedTuple):
    """One kind of destination: the member with its ARN, what an error calls it, the service and how its ARNs begin."""

    member: str
    argument: str
    service: str
    begins: str


KINDS = {
    "TopicConfigurations": Kind("TopicArn", "Topic", "sns", ""),
    "QueueConfigurations": Kind("QueueArn", "Queue", "sqs", ""),
    "LambdaFunctionConfigurations": Kind("LambdaFunctionArn", "CloudFunction", "lambda", "function:"),
}


class Target(NamedTuple):
    """One destination to tell, with the id of the configuration that says so."""

    id: str
    arn: str


# ---- The configuration ----------------------------------------------------------------------------------------------


def check(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration with ids and in its kept form. Raises InvalidArgument."""
    kept: dict[str, Any] = {}
    for name, kind in KINDS.items():
        entries = [_entry(entry, kind) for entry in configuration.get(name) or ()]
        if entries:
            kept[name] = entries
    _check_overlap([entry for entries in kept.values() for entry in entries])
    if configuration.get("EventBridgeConfiguration") is not None:
        kept["EventBridgeConfiguration"] = {}
    return kept


def destinations(configuration: dict[str, Any]) -> dict[str, Kind]:
    """The ARNs of a configuration, each once, with their kinds."""
    return {entry[kind.member]: kind for name, kind in KINDS.items() for entry in configuration.get(name) or ()}


def check_region(configuration: dict[str, Any], region: str) -> None:
    """Raise InvalidArgument for a queue or topic of another region than the bucket's."""
    for arn, kind in destinations(configuration).items():
        parsed = arns.parse(arn)
        if kind.service != "lambda" and parsed is not None and parsed.region != region:
            raise errors.InvalidArgument(
                "The notification destination service region is not valid for the bucket location constraint",
                kind.argument,
                arn,
            )


def _entry(entry: dict[str, Any], kind: Kind) -> dict[str, Any]:
    arn = entry.get(kind.member)
    if arn is None or not entry.get("Events"):
        raise errors.MalformedXml()
    parsed = arns.parse(arn)
    if parsed is None or parsed.service != kind.service or not parsed.resource.startswith(kind.begins):
        raise errors.InvalidArgument("The ARN could not be parsed", kind.argument, arn)
    if kind.service != "lambda" and parsed.resource.endswith(".fifo"):
        raise errors.InvalidArgument(f"FIFO {kind.service.upper()} {kind.argument.lower()}s are not supported.")
    for event in entry["Events"]:
        if event not in EVENTS:
            raise errors.InvalidArgument("The event is not supported for notifications", "Event", event)
    if len(entry.get("Id") or "") > 255:
        raise errors.InvalidArgument("The Id is longer than 255 characters", "Id", entry["Id"])
    kept = {"Id": entry.get("Id") or ids.uuid(), kind.member: arn, "Events": list(entry["Events"])}
    rules = _filter(entry)
    if rules:
        kept["Filter"] = {"Key": {"FilterRules": rules}}
    return kept


def _filter(entry: dict[str, Any]) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = []
    for rule in ((entry.get("Filter") or {}).get("Key") or {}).get("FilterRules", ()):
        name, value = (rule.get("Name") or "").capitalize(), rule.get("Value") or ""
        if name not in ("Prefix", "Suffix"):
            raise errors.InvalidArgument(
                "filter rule name must be either prefix or suffix", "FilterRule.Name", rule.get("Name")
            )
        if any(name == other["Name"] for other in rules):
            raise errors.InvalidArgument(
                f"Cannot specify more than one {name.lower()} rule in a filter.", "FilterRule.Name", name.lower()
            )
        if len(value.encode()) > 1024:
            raise errors.InvalidArgument(
                "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation", "FilterRule.Value", value
            )
        rules.append({"Name": name, "Value": value})
    return rules


def _check_overlap(entries: Sequence[dict[str, Any]]) -> None:
    for place, one in enumerate(entries):
        for other in entries[place + 1 :]:
            if _share_events(one["Events"], other["Events"]) and _share_keys(one, other):
                raise errors.InvalidArgument(
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type."
                )


def _share_events(one: Sequence[str], other: Sequence[str]) -> bool:
    return any(_meets(left, right) or _meets(right, left) for left in one for right in other)


def _share_keys(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = _ends(one), _ends(other)
    prefixes = first[0].startswith(second[0]) or second[0].startswith(first[0])
    return prefixes and (first[1].endswith(second[1]) or second[1].endswith(first[1]))


def _ends(entry: dict[str, Any]) -> tuple[str, str]:
    rules = {rule["Name"]: rule["Value"] for rule in entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())}
    return rules.get("Prefix", ""), rules.get("Suffix", "")


def _meets(pattern: str, event: str) -> bool:
    return event == pattern or (pattern.endswith("*") and event.startswith(pattern[:-1]))


def targets(configuration: dict[str, Any] | None, event: str, key: str) -> Iterator[Target]:
    """Whom to tell of `event` on `key`."""
    for name, kind in KINDS.items():
        for entry in (configuration or {}).get(name, ()):
            prefix, suffix = _ends(entry)
            if (
                any(_meets(pattern, event) for pattern in entry["Events"])
                and key.startswith(prefix)
                and key.endswith(suffix)
            ):
                yield Target(entry["Id"], entry[kind.member])


# ---- The record -----------------------------------------------------------------------------------------------------


class Cause(NamedTuple):
    """Who did it: the principal's id, from where, in which request."""

    principal_id: str
    address: str
    request_id: str
    requester: str = "s3.amazonaws.com"  # an account, or a service


def customer_id(account: str) -> str:
    """The id of an account as S3's events name it, such as A3NL1KOZZKEXAM."""
    return "A" + hashlib.sha256(f"customer {account}".encode()).hexdigest()[:13].upper()


def record(
    event: str,
    *,
    bucket: str,
    owner: str,
    region: str,
    now: float,
    cause: Cause,
    key: str,
    size: int | None = None,
    etag: str | None = None,
    version: str | None = None,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One event record without its configurationId, which differs from target to target."""
    item: dict[str, Any] = {"key": quote_plus(key, safe="/", errors="surrogatepass")}
    about_content = not event.startswith(_WITHOUT_CONTENT)
    for name, value in (("size", size if about_content else None), ("eTag", etag), ("versionId", version)):
        if value is not None:
            item[name] = value
    if about_content:
        item["sequencer"] = f"{int(now * 1_000_000):018X}"
    return {
        "eventVersion": "2.3" if event.startswith(_NEWER) else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": clock.iso_millis(now),
        "eventName": event.removeprefix("s3:"),
        "userIdentity": {"principalId": cause.principal_id},
        "requestParameters": {"sourceIPAddress": cause.address},
        "responseElements": {"x-amz-request-id": cause.request_id, "x-amz-id-2": host_id(cause.request_id)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": customer_id(owner)},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": item,
        },
        **(more or {}),
    }


def trial(bucket: str, now: float, request_id: str) -> dict[str, str]:
    """The message by which S3 finds out whether it may send to a queue or topic."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": clock.iso_millis(now),
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": host_id(request_id),
    }


def host_id(request_id: str) -> str:
    """The second id of a request (x-amz-id-2), which says as little here as on AWS."""
    return hashlib.sha256(request_id.encode()).hexdigest()
