"""Calls on multipart uploads."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Also, Case, Stage
from tests.permissions.examples.s3.objects import ACL, ALLOWED_ACL, IF_MATCH, OF_VERSION, TAGS, case, lower, needs
from tests.permissions.examples.s3.places import EXAMPLES, arn, place, put


def begin(at: Stage) -> dict[str, Any]:
    """A new upload at the operation's own key, as further calls name it."""
    return {"UploadId": at.root().create_multipart_upload(**place(at))["UploadId"]}


def begin_with_part(at: Stage) -> tuple[dict[str, Any], dict[str, Any]]:
    """The upload and the list of its only part."""
    upload = begin(at)
    part = at.root().upload_part(**place(at), **upload, PartNumber=1, Body=b"part")
    return upload, {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}


@EXAMPLES("CreateMultipartUpload")
def create_multipart_upload(at: Stage) -> Case:
    also = needs(at, ("PutObjectTagging", TAGS), ("PutObjectAcl", ACL))
    return case(at, {"Tagging": "a=1", "ACL": ALLOWED_ACL}, also=also)


@EXAMPLES("AbortMultipartUpload", "ListParts")
def of_upload(at: Stage) -> Case:
    return case(at, begin(at))


@EXAMPLES("UploadPart")
def upload_part(at: Stage) -> Case:
    return case(at, {**begin(at), "PartNumber": 1, "Body": b"part"})


@EXAMPLES("UploadPartCopy")
def upload_part_copy(at: Stage) -> Case:
    here, upload = place(at), begin(at)
    source = {**here, "Key": f"{at.name}-source"}
    at.root().put_object(**source, Body=b"source", Tagging="c=3")  # a part has no tags, so nobody reads them
    on = {"s3:PutObject": arn(**lower(here)), "s3:GetObject": arn(**lower(source))}
    return Case({**here, **upload, "PartNumber": 1, "CopySource": source}, on)


@EXAMPLES("UploadPartCopy", variant="version")
def upload_part_copy_of_version(at: Stage) -> Case:
    here, upload = place(at), begin(at)
    source = {**here, "Key": f"{at.name}-source"}
    version = at.root().put_object(**source, Body=b"source")["VersionId"]
    also = [Also("s3:GetObjectVersion", arn(**lower(source)), OF_VERSION)]
    given = {**here, **upload, "PartNumber": 1, "CopySource": {**source, "VersionId": version}}
    on = {"s3:PutObject": arn(**lower(here))}
    return Case(given, on, also=also, unneeded={"s3:GetObject": OF_VERSION})


@EXAMPLES("CompleteMultipartUpload")
def complete_multipart_upload(at: Stage) -> Case:
    etag = put(at)["ETag"]
    upload, parts = begin_with_part(at)
    return case(at, {**upload, **parts, "IfMatch": etag}, also=needs(at, ("GetObject", IF_MATCH)))
