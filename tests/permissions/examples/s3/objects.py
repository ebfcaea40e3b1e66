"""Calls on objects, on versions of them, and on several at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.permissions.example import Also, Case, Stage
from tests.permissions.examples.s3.places import EXAMPLES, arn, place, put

ALLOWED_ACL = "bucket-owner-full-control"
IF_MATCH = "conditional-writes-enforce.html: a condition on an ETag reads the object."
IF_MATCH_DELETES = "conditional-delete-enforce.html: a condition on an ETag reads the object."
ACL = "API_PutObject.html: an ACL needs it."
TAGS = "API_PutObject.html: tags need it."
COPIED_TAGS = "repost.aws knowledge-center s3-troubleshoot-copy-between-buckets: tags that are copied need both."
OF_VERSION = "using-with-s3-policy-actions.html: a version has an action of its own."


def case(at: Stage, given: Mapping[str, Any] | None = None, **more: Any) -> Case:
    """A call on the operation's own object."""
    here = place(at)
    return Case({**here, **(given or {})}, arn(**lower(here)), **more)


def lower(here: Mapping[str, str]) -> dict[str, str]:
    """The place as `arn` takes it."""
    return {name.lower(): text for name, text in here.items()}


def needs(at: Stage, *pairs: tuple[str, str]) -> list[Also]:
    """Further actions on the operation's own object, each with its source."""
    return [Also(f"s3:{action}", arn(**lower(place(at))), reason) for action, reason in pairs]


PARTS: dict[str, dict[str, Any]] = {
    "GetObjectAttributes": {"ObjectAttributes": ["ETag"]},
    "PutObjectAcl": {"ACL": ALLOWED_ACL},
    "PutObjectTagging": {"Tagging": {"TagSet": [{"Key": "b", "Value": "2"}]}},
}


@EXAMPLES(
    "DeleteObjectTagging", "GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "HeadObject",
    "PutObjectAcl", "PutObjectTagging",
)  # fmt: skip
def of_object(at: Stage) -> Case:
    put(at)
    return case(at, PARTS.get(at.operation))


VERSIONED = {
    "DeleteObject": ("DeleteObjectVersion",),
    "DeleteObjectTagging": ("DeleteObjectVersionTagging",),
    "GetObject": ("GetObjectVersion",),
    "GetObjectAcl": ("GetObjectVersionAcl",),
    "GetObjectAttributes": ("GetObjectVersion", "GetObjectVersionAttributes"),
    "GetObjectTagging": ("GetObjectVersionTagging",),
    "HeadObject": ("GetObjectVersion",),
    "PutObjectAcl": ("PutObjectVersionAcl",),
    "PutObjectTagging": ("PutObjectVersionTagging",),
}


@EXAMPLES(*VERSIONED, variant="version")
def of_version(at: Stage) -> Case:
    operation = at.operation.partition("/")[0]
    given = {**PARTS.get(operation, {}), "VersionId": put(at)["VersionId"]}
    row = {"GetObjectAttributes": ("s3:GetObject", "s3:GetObjectAttributes"), "HeadObject": ("s3:GetObject",)}
    also = needs(at, *((action, OF_VERSION) for action in VERSIONED[operation]))
    return case(at, given, also=also, unneeded=dict.fromkeys(row.get(operation, (f"s3:{operation}",)), OF_VERSION))


@EXAMPLES("PutObject")
def put_object(at: Stage) -> Case:
    given = {"Body": b"new", "Tagging": "b=2", "ACL": ALLOWED_ACL, "IfMatch": put(at)["ETag"]}
    also = needs(at, ("PutObjectTagging", TAGS), ("PutObjectAcl", ACL), ("GetObject", IF_MATCH))
    return case(at, given, also=also)


@EXAMPLES("DeleteObject")
def delete_object(at: Stage) -> Case:
    return case(at, {"IfMatch": put(at)["ETag"]}, also=needs(at, ("GetObject", IF_MATCH_DELETES)))


@EXAMPLES("DeleteObject", variant="present")
def delete_object_that_is_there(at: Stage) -> Case:
    put(at)
    return case(at, {"IfMatch": "*"})


# ---- many at once ----------------------------------------------------------------------------------------------------


def first_error(answer: Mapping[str, Any]) -> Mapping[str, str] | None:
    """The error of the first key that was not deleted."""
    return answer["Errors"][0] if "Errors" in answer else None


def deleting(at: Stage, *entries: dict[str, str], **more: Any) -> Case:
    """Deletion of these of the operation's keys: each is decided on its own, so one is asked for at a time."""
    bucket = place(at)["Bucket"]
    return Case({"Bucket": bucket, "Delete": {"Objects": list(entries)}}, inside=first_error, **more)


@EXAMPLES("DeleteObjects")
def delete_objects(at: Stage) -> Case:
    etag, here = put(at)["ETag"], place(at)
    also = needs(at, ("GetObject", IF_MATCH_DELETES))
    return deleting(at, {"Key": here["Key"], "ETag": etag}, on=arn(**lower(here)), also=also)


@EXAMPLES("DeleteObjects", variant="version")
def delete_versions(at: Stage) -> Case:
    entry = {"Key": place(at)["Key"], "VersionId": put(at)["VersionId"]}
    return deleting(
        at, entry, also=needs(at, ("DeleteObjectVersion", OF_VERSION)), unneeded={"s3:DeleteObject": OF_VERSION}
    )


# ---- copies ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CopyObject")
def copy_object(at: Stage) -> Case:
    here, etag = place(at), put(at)["ETag"]
    source = {**here, "Key": f"{at.name}-source"}
    at.root().put_object(**source, Body=b"source", Tagging="c=3")
    also = [
        Also("s3:GetObjectTagging", arn(**lower(source)), COPIED_TAGS),
        *needs(at, ("PutObjectTagging", COPIED_TAGS), ("PutObjectAcl", ACL)),
    ]
    on = {"s3:PutObject": arn(**lower(here)), "s3:GetObject": [arn(**lower(source)), arn(**lower(here))]}
    given = {**here, "CopySource": source, "ACL": ALLOWED_ACL, "IfMatch": etag}
    return Case(given, on, also=also)


@EXAMPLES("CopyObject", variant="version")
def copy_version(at: Stage) -> Case:
    here = place(at)
    source = {**here, "Key": f"{at.name}-source"}
    version = at.root().put_object(**source, Body=b"source", Tagging="c=3")["VersionId"]
    there = arn(**lower(source))
    also = [
        Also("s3:GetObjectVersion", there, OF_VERSION),
        Also("s3:GetObjectVersionTagging", there, COPIED_TAGS),
        *needs(at, ("PutObjectTagging", COPIED_TAGS)),
    ]
    given = {**here, "CopySource": {**source, "VersionId": version}}
    on = {"s3:PutObject": arn(**lower(here))}
    return Case(given, on, also=also, unneeded={"s3:GetObject": OF_VERSION})


@EXAMPLES("CopyObject", variant="replaced")
def copy_with_other_tags(at: Stage) -> Case:
    here = place(at)
    source = {**here, "Key": f"{at.name}-source"}
    at.root().put_object(**source, Body=b"source", Tagging="c=3")
    given = {**here, "CopySource": source, "TaggingDirective": "REPLACE", "Tagging": "d=4"}
    on = {"s3:PutObject": arn(**lower(here)), "s3:GetObject": arn(**lower(source))}
    return Case(given, on, also=needs(at, ("PutObjectTagging", TAGS)))
