"""The errors of Amazon S3, with its own codes, messages, statuses and extra fields.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.shared.errors import AwsError

MIN_PART = 5 * 1024 * 1024
MAX_PUT = 5 * 1024**3
MAX_METADATA = 2048


class S3Error(AwsError):
    """An S3 error whose message is always the same; the fields become elements of the XML."""

    text = ""

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message or self.text, **fields)


# ---- Not there ------------------------------------------------------------------------------------------------------


class NoSuchBucket(S3Error):
    """No bucket has this name."""

    code, status = "NoSuchBucket", 404
    text = "The specified bucket does not exist"

    def __init__(self, bucket: str) -> None:
        super().__init__(BucketName=bucket)


class NoSuchKey(S3Error):
    """No object has this key, or a delete marker hides it."""

    code, status = "NoSuchKey", 404
    text = "The specified key does not exist."

    def __init__(self, key: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(Key=key, headers=headers)


class NoSuchVersion(S3Error):
    """The key has no such version."""

    code, status = "NoSuchVersion", 404
    text = "The specified version does not exist."

    def __init__(self, key: str, version: str) -> None:
        super().__init__(Key=key, VersionId=version)


class NoSuchUpload(S3Error):
    """No multipart upload in progress has this id."""

    code, status = "NoSuchUpload", 404
    text = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or"
        " completed."
    )

    def __init__(self, upload_id: str) -> None:
        super().__init__(UploadId=upload_id)


class NoSuchConfiguration(S3Error):
    """A configuration that a bucket does not have; each kind has its own code and message."""

    status = 404

    def __init__(self, code: str, message: str, bucket: str) -> None:
        super().__init__(message, code=code, BucketName=bucket)


# ---- Buckets --------------------------------------------------------------------------------------------------------


class InvalidBucketName(S3Error):
    """The name breaks the naming rules."""

    code, status = "InvalidBucketName", 400
    text = "The specified bucket is not valid."

    def __init__(self, bucket: str) -> None:
        super().__init__(BucketName=bucket)


class BucketAlreadyOwnedByYou(S3Error):
    """The caller's own account has this bucket."""

    code, status = "BucketAlreadyOwnedByYou", 409
    text = "Your previous request to create the named bucket succeeded and you already own it."

    def __init__(self, bucket: str) -> None:
        super().__init__(BucketName=bucket)


class BucketAlreadyExists(S3Error):
    """Another account has this bucket."""

    code, status = "BucketAlreadyExists", 409
    text = (
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please"
        " select a different name and try again."
    )

    def __init__(self, bucket: str) -> None:
        super().__init__(BucketName=bucket)


class BucketNotEmpty(S3Error):
    """The bucket still has objects, versions or delete markers."""

    code, status = "BucketNotEmpty", 409
    text = "The bucket you tried to delete is not empty"

    def __init__(self, bucket: str, versioned: bool) -> None:
        more = ". You must delete all versions in the bucket." if versioned else ""
        super().__init__(self.text + more, BucketName=bucket)


class TooManyBuckets(S3Error):
    """The account has reached its quota of buckets."""

    code, status = "TooManyBuckets", 400
    text = "You have attempted to create more buckets than allowed"


class IllegalLocationConstraint(S3Error):
    """The endpoint's region and the LocationConstraint do not fit."""

    code, status = "IllegalLocationConstraintException", 400

    def __init__(self, location: str) -> None:
        super().__init__(
            f"The {location or 'unspecified'} location constraint is incompatible for the region specific endpoint"
            " this request was sent to."
        )


class InvalidLocationConstraint(S3Error):
    """No region has this name."""

    code, status = "InvalidLocationConstraint", 400
    text = "The specified location-constraint is not valid"

    def __init__(self, location: str) -> None:
        super().__init__(LocationConstraint=location)


class AclsNotSupported(S3Error):
    """The bucket's owner owns every object, so that ACLs mean nothing."""

    code, status = "AccessControlListNotSupported", 400
    text = "The bucket does not allow ACLs"


class OwnerDiffers(S3Error):
    """x-amz-expected-bucket-owner names another account."""

    code, status = "AccessDenied", 403
    text = "Access Denied"


class Denied(S3Error):
    """A no that is found in the middle of a call: of one key of many, or of what hides behind a missing key."""

    code, status = "AccessDenied", 403
    text = "Access Denied"


# ---- Requests -------------------------------------------------------------------------------------------------------


class InvalidArgument(S3Error):
    """One argument is wrong; its name and value come back."""

    code, status = "InvalidArgument", 400

    def __init__(self, message: str, name: str | None = None, value: object = None, **fields: Any) -> None:
        if name is not None:
            fields["ArgumentName"] = name
        if value is not None:
            fields["ArgumentValue"] = str(value)
        super().__init__(message, **fields)


class InvalidRequest(S3Error):
    """The parts of the request do not fit together."""

    code, status = "InvalidRequest", 400


class MalformedXml(S3Error):
    """The XML body does not follow the schema."""

    code, status = "MalformedXML", 400
    text = "The XML you provided was not well-formed or did not validate against our published schema"


class MalformedPolicy(S3Error):
    """The bucket policy is no policy."""

    code, status = "MalformedPolicy", 400


class InvalidTag(S3Error):
    """A tag's key or value is not allowed."""

    code, status = "InvalidTag", 400


class KeyTooLong(S3Error):
    """The key has more than 1024 bytes."""

    code, status = "KeyTooLongError", 400
    text = "Your key is too long"

    def __init__(self, size: int) -> None:
        super().__init__(Size=str(size), MaxSizeAllowed="1024")


class MetadataTooLarge(S3Error):
    """Names and values of the user metadata exceed 2 KB."""

    code, status = "MetadataTooLarge", 400
    text = "Your metadata headers exceed the maximum allowed metadata size"

    def __init__(self, size: int) -> None:
        super().__init__(Size=str(size), MaxSizeAllowed=str(MAX_METADATA))


class InvalidStorageClass(S3Error):
    """No storage class for objects has this name."""

    code, status = "InvalidStorageClass", 400
    text = "The storage class you specified is not valid"

    def __init__(self, name: str) -> None:
        super().__init__(StorageClassRequested=name)


class HeaderNotImplemented(S3Error):
    """S3 itself does not implement what the header asks for."""

    code, status = "NotImplemented", 501
    text = "A header you provided implies functionality that is not implemented"

    def __init__(self, header: str, more: str | None = None) -> None:
        fields = {"Header": header}
        if more:
            fields["additionalMessage"] = more
        super().__init__(**fields)


class MethodNotAllowed(S3Error):
    """A delete marker can only be deleted."""

    code, status = "MethodNotAllowed", 405
    text = "The specified method is not allowed against this resource."

    def __init__(self, method: str, headers: dict[str, str]) -> None:
        super().__init__(Method=method, ResourceType="DeleteMarker", headers=headers)


class PolicyOfAnother(S3Error):
    """Only the account that owns the bucket works on its policy, whomever the policy itself allows to."""

    code, status = "MethodNotAllowed", 405
    text = "The specified method is not allowed against this resource."

    def __init__(self, method: str) -> None:
        super().__init__(Method=method, ResourceType="BUCKETPOLICY")


class PreconditionFailed(S3Error):
    """A condition of the request does not hold."""

    code, status = "PreconditionFailed", 412
    text = "At least one of the pre-conditions you specified did not hold"

    def __init__(self, condition: str) -> None:
        super().__init__(Condition=condition)


class ConditionalConflict(S3Error):
    """The object changed while the multipart upload was under way."""

    code, status = "ConditionalRequestConflict", 409
    text = "The conditional request cannot succeed due to a conflicting operation against this resource."

    def __init__(self, condition: str, key: str) -> None:
        super().__init__(Condition=condition, Key=key)


class OperationAborted(S3Error):
    """Something else changed what this call works on."""

    code, status = "OperationAborted", 409
    text = "A conflicting conditional operation is currently in progress against this resource. Please try again."


class NotModified(S3Error):
    """The reader has the object already: no body, only the headers that identify it."""

    code, status = "NotModified", 304
    text = "Not Modified"

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)


class InvalidRange(S3Error):
    """The range starts behind the object's end."""

    code, status = "InvalidRange", 416
    text = "The requested range is not satisfiable"

    def __init__(self, requested: str, size: int) -> None:
        super().__init__(
            RangeRequested=requested, ActualObjectSize=str(size), headers={"content-range": f"bytes */{size}"}
        )


class InvalidPartNumber(S3Error):
    """The object has fewer parts."""

    code, status = "InvalidPartNumber", 416
    text = "The requested partnumber is not satisfiable"

    def __init__(self, requested: int, count: int) -> None:
        super().__init__(PartNumberRequested=str(requested), ActualPartCount=str(count))


class InvalidObjectState(S3Error):
    """The object lies in an archive class and has to be restored first."""

    code, status = "InvalidObjectState", 403
    text = "The operation is not valid for the object's storage class"

    def __init__(self, storage_class: str) -> None:
        super().__init__(StorageClass=storage_class)


# ---- Bodies ---------------------------------------------------------------------------------------------------------


class MissingContentLength(S3Error):
    """A body of unknown length."""

    code, status = "MissingContentLength", 411
    text = "You must provide the Content-Length HTTP header."


class IncompleteBody(S3Error):
    """Fewer or more bytes came than Content-Length said."""

    code, status = "IncompleteBody", 400
    text = "The request body terminated unexpectedly"


class EntityTooLarge(S3Error):
    """One PUT takes up to 5 GiB, a form what its policy says."""

    code, status = "EntityTooLarge", 400
    text = "Your proposed upload exceeds the maximum allowed size"

    def __init__(self, size: int, most: int = MAX_PUT) -> None:
        super().__init__(ProposedSize=str(size), MaxSizeAllowed=str(most))


class FormTooSmall(S3Error):
    """A form's file is smaller than its policy wants."""

    code, status = "EntityTooSmall", 400
    text = "Your proposed upload is smaller than the minimum allowed size"

    def __init__(self, size: int, least: int) -> None:
        super().__init__(ProposedSize=str(size), MinSizeAllowed=str(least))


class InvalidDigest(S3Error):
    """Content-MD5 is no base64 of 16 bytes."""

    code, status = "InvalidDigest", 400
    text = "The Content-MD5 you specified was invalid."

    def __init__(self, value: str) -> None:
        super().__init__(**{"Content-MD5": value})


class BadDigest(S3Error):
    """The content does not have the digest that was sent with it."""

    code, status = "BadDigest", 400
    text = "The Content-MD5 you specified did not match what we received."


# ---- Multipart ------------------------------------------------------------------------------------------------------


class InvalidPart(S3Error):
    """A part of the list was not uploaded, or has another ETag or checksum."""

    code, status = "InvalidPart", 400
    text = (
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified"
        " entity tag may not match the part's entity tag."
    )

    def __init__(self, upload_id: str, number: int, etag: str) -> None:
        super().__init__(UploadId=upload_id, PartNumber=str(number), ETag=etag)


class InvalidPartOrder(S3Error):
    """The list of parts is not ascending."""

    code, status = "InvalidPartOrder", 400
    text = "The list of parts was not in ascending order. Parts must be ordered by part number."

    def __init__(self, upload_id: str) -> None:
        super().__init__(UploadId=upload_id)


class EntityTooSmall(S3Error):
    """Every part but the last has at least 5 MiB."""

    code, status = "EntityTooSmall", 400
    text = "Your proposed upload is smaller than the minimum allowed size"

    def __init__(self, size: int, number: int, etag: str) -> None:
        super().__init__(ETag=etag, MinSizeAllowed=str(MIN_PART), PartNumber=str(number), ProposedSize=str(size))
