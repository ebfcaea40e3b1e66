"""What counts for a metrics configuration: its filter, and by which metric a request is counted.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.services.s3 import errors
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_GET = ("GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "GetObjectTorrent")
_LIST = ("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts")
_PUT = ("PutObject", "CopyObject", "UploadPart", "UploadPartCopy", "PutObjectAcl", "PutObjectTagging")
_POST = ("CreateMultipartUpload", "CompleteMultipartUpload", "PostObject", "RestoreObject")
_DELETE = ("DeleteObject", "DeleteObjects", "AbortMultipartUpload", "DeleteObjectTagging")
KINDS: Mapping[str, str] = {
    **dict.fromkeys(_GET, "GetRequests"),
    **dict.fromkeys(_LIST, "ListRequests"),
    **dict.fromkeys(_PUT, "PutRequests"),
    **dict.fromkeys(_POST, "PostRequests"),
    **dict.fromkeys(_DELETE, "DeleteRequests"),
    "HeadObject": "HeadRequests",
    "HeadBucket": "HeadRequests",
    "SelectObjectContent": "SelectRequests",
}
STORAGE: Mapping[str, str] = {
    "STANDARD": "StandardStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
}


def checked(filter: Data | None) -> Data:
    """A filter as it is kept, {} for the whole bucket. Raises MalformedXML, NotBuilt."""
    if filter is None:
        return {}
    both = filter.get("And")
    parts = both if both is not None else filter
    if parts.get("AccessPointArn") is not None:
        raise NotBuilt("s3 metrics configurations of access points (AccessPointArn)")
    alone = [name for name in ("Prefix", "Tag") if filter.get(name) is not None]
    wanted = len(both.get("Tags") or ()) + (both.get("Prefix") is not None) if both is not None else len(alone)
    if (both is None and wanted != 1) or (both is not None and (alone or wanted < 2)):
        raise errors.MalformedXml()
    return filter


def needs_tags(filter: Data) -> bool:
    """Whether a filter asks for an object's tags."""
    return bool(filter.get("Tag") or (filter.get("And") or {}).get("Tags"))


def fits(filter: Data, key: str | None, tags: Mapping[str, str]) -> bool:
    """Whether a request on an object counts; one on no object counts for the whole bucket alone."""
    if not filter:
        return True
    if key is None:
        return False
    parts = filter.get("And") or filter
    wanted = parts.get("Tags") or ([parts["Tag"]] if parts.get("Tag") else [])
    return key.startswith(parts.get("Prefix") or "") and all(tags.get(each["Key"]) == each["Value"] for each in wanted)
