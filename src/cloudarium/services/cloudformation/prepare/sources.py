"""Template text from where the request says: its body, an S3 object, or the stack as it is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from cloudarium.gateway.call import Call
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.reading import BODY_LIMIT, URL_LIMIT
from cloudarium.shared.errors import AwsError

VIA = {
    "aws:CalledVia": ["cloudformation.amazonaws.com"],
    "aws:CalledViaFirst": "cloudformation.amazonaws.com",
    "aws:CalledViaLast": "cloudformation.amazonaws.com",
    "aws:ViaAWSService": "true",
}
_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+?)\.s3(?:[.-][a-z0-9.-]+)?\Z")
_PATH_HOST = re.compile(r"s3(?:[.-][a-z0-9.-]+)?\Z")
_S3_HOST = re.compile(r"(?:.+\.)?s3[.-](?:[a-z0-9.-]+\.)?amazonaws\.com(?:\.cn)?\Z")
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_MORE = "\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"


class Place(NamedTuple):
    """Where an S3 object is."""

    bucket: str
    key: str
    version: str | None = None


def place_of(url: str) -> Place | None:
    """The S3 object a URL means: s3://, virtual-hosted at an S3 host, else path-style on any host; None for no URL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "s3") or not parts.netloc:
        return None
    path = unquote(parts.path).removeprefix("/")
    version = parse_qs(parts.query).get("versionId", [None])[0]
    if parts.scheme == "s3":
        bucket, key = parts.netloc, path
    elif not _PATH_HOST.match(host) and (match := _VIRTUAL_HOST.match(host)):
        bucket, key = match["bucket"], path
    else:
        bucket, _, key = path.partition("/")
    return Place(bucket, key, version) if bucket and key else None


async def fetch(call: Call, url: str, limit: int = URL_LIMIT) -> bytes:
    """The object at `url`, read as the caller. Raises ValidationError with S3's words when it cannot be read."""
    place = place_of(url)
    if place is None:
        raise ValidationError("TemplateURL must be a supported URL.")
    input = {"Bucket": place.bucket, "Key": place.key}
    if place.version:
        input["VersionId"] = place.version
    try:
        answer = await call.send("s3", "GetObject", input, context=VIA)
    except AwsError as error:
        if error.status == 501:
            raise
        raise ValidationError(f"S3 error: {error.message}{_MORE}") from error
    return await _whole(answer.get("Body", b""), limit)


async def _whole(body: bytes | AsyncIterator[bytes], limit: int) -> bytes:
    parts, size = [], 0
    if isinstance(body, bytes | bytearray):
        parts, size = [bytes(body)], len(body)
    else:
        async for chunk in body:
            parts.append(bytes(chunk))
            size += len(chunk)
            if size > limit:
                break
    if size > limit:
        raise ValidationError(f"Template may not exceed {limit} bytes in size.")
    return b"".join(parts)


async def template_text(call: Call, input: Mapping[str, Any], previous: str | None) -> str:
    """The template the request means; `previous` is the stack's, for UsePreviousTemplate."""
    body, url = input.get("TemplateBody"), input.get("TemplateURL")
    if body is not None and url is not None:
        raise ValidationError("Only one of TemplateBody or TemplateURL may be specified.")
    if input.get("UsePreviousTemplate"):
        if body is not None or url is not None:
            raise ValidationError("Cannot specify both usePreviousTemplate and a template")
        if previous is None:
            raise ValidationError("No previous template to use: the stack does not exist")
        return previous
    if body is not None:
        if len(body.encode()) > BODY_LIMIT:
            raise ValidationError(
                f"1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {BODY_LIMIT}"
            )
        return body
    if url is None:
        raise ValidationError("Either Template URL or Template Body must be specified.")
    _check_host(call, url)
    return decode(await fetch(call, url))


def _check_host(call: Call, url: str) -> None:
    """Raise when a template's URL is no S3 address, neither AWS's nor one of this cloud's own."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return
    if parts.scheme == "s3":
        raise ValidationError(f"S3 error: Domain name specified in {parts.netloc} is not a valid S3 domain")
    own = call.request.host.partition(":")[0] if call.request else ""
    ours = "." not in host or host == own or host.endswith((".localhost", ".localhost.localstack.cloud"))
    if not (ours or host == "localhost.localstack.cloud" or _ADDRESS.fullmatch(host) or _S3_HOST.match(host)):
        raise ValidationError("TemplateURL must be a supported URL.")


def decode(content: bytes) -> str:
    """Template bytes as text."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("Template format error: unsupported structure.") from None
