"""S3's query authentication of old, AWS Signature Version 2: boto3 still presigns so by default in us-east-1.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac

from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.sigv4 import Claim, claimed_values, query_pairs
from cloudarium.shared.auth_errors import MissingAuthentication

VERSION = "AWS2"
USUAL_LIFE = 3600  # seconds; what boto3 gives a URL unless told otherwise

# The parameters that name a part of a resource or change the answer: they are signed, all others are not.
_SIGNED_PARAMETERS = frozenset(
    {
        "accelerate", "acl", "analytics", "cors", "delete", "inventory", "lifecycle", "location", "logging", "metrics",
        "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment", "restore",
        "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "select", "select-type",
        "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    }
)  # fmt: skip


def claim_of(request: HttpRequest) -> Claim | None:
    """What a URL presigned by version 2 claims (it names no service); None when the query is not one.

    Raises MissingAuthentication (S3: AccessDenied) when a part is missing or the expiry is no number.
    """
    values = claimed_values(request.query)
    if "AWSAccessKeyId" not in values:
        return None
    key, signature, expires = values["AWSAccessKeyId"], values.get("Signature", ""), values.get("Expires", "")
    if not key or not signature or not expires:
        raise MissingAuthentication(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    if not (expires.isascii() and expires.isdecimal() and len(expires) <= 12):
        raise MissingAuthentication(f"Invalid date (should be seconds since epoch): {expires[:100]}")
    token = values.get("x-amz-security-token", "")
    return Claim(key, "", "us-east-1", "", VERSION, "", signature, expires, token, 0)


def signature_of(claim: Claim, request: HttpRequest, secret: str) -> str:
    """The signature that the holder of `secret` would have made for this request."""
    digest = hmac.digest(secret.encode(), string_to_sign(claim, request).encode("utf-8", "surrogateescape"), "sha1")
    return base64.b64encode(digest).decode()


def string_to_sign(claim: Claim, request: HttpRequest) -> str:
    """The request in the form that version 2 signs."""
    headers = request.headers
    pairs = query_pairs(request.query)
    # A parameter that is named like a header of S3's counts as that header.
    amazon = {name.lower(): value for name, value in pairs if name.lower().startswith("x-amz-")}
    amazon |= {name: value.strip() for name, value in headers.items() if name.startswith("x-amz-")}
    lines = "".join(f"{name}:{amazon[name]}\n" for name in sorted(amazon))
    standard = f"{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n{claim.timestamp}"
    return f"{request.method}\n{standard}\n{lines}{_resource(request, pairs)}"


def _resource(request: HttpRequest, pairs: list[tuple[str, str]]) -> str:
    signed = sorted((name, value) for name, value in pairs if name in _SIGNED_PARAMETERS)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    return f"{request.path}?{query}" if query else request.path
