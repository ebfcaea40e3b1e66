"""AWS Signature Version 4: what a request claims, and whether the signature proves it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from cloudarium.gateway.http import HttpRequest
from cloudarium.shared.auth_errors import IncompleteSignature, QueryAuthError

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_SPACES = re.compile(r" {2,}|\t+")
_PLAIN = re.compile(r"/[A-Za-z0-9._~/-]*")  # a path that is its own canonical form but for dot segments
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
SIX_PARAMETERS = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential,"
    " X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
_NUMBER = re.compile(r"[+-]?[0-9]+")
_HEADER = "The authorization header is malformed;"
_QUERY = "Error parsing the X-Amz-Credential parameter;"


class Claim(NamedTuple):
    """Who a request says it is from, with the signature that shall prove it."""

    access_key: str
    date: str
    region: str
    service: str
    terminator: str
    signed_headers: str
    signature: str
    timestamp: str
    token: str
    expires: int | None  # seconds of a presigned URL; None for a signed header

    @property
    def scope(self) -> str:
        """The credential scope as it is signed."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


def claim_of(request: HttpRequest) -> Claim | None:
    """What the request claims by its Authorization header or its presigned query; None when it is unsigned.

    Raises IncompleteSignature or QueryAuthError when the claim lacks a part.
    """
    header = request.headers.get("authorization")
    if header is not None:
        return _from_header(header, request.headers)
    if "X-Amz-Signature=" in request.query or "X-Amz-Algorithm=" in request.query:
        return _from_query(request.query)
    return None


def _from_header(header: str, headers: dict[str, str]) -> Claim:
    head, label, last = header.rpartition("Signature=")
    fixed = _fixed(f"{head}{label}*" if len(last) == 64 and "," not in last else header)
    timestamp = headers.get("x-amz-date") or _timestamp(headers.get("date", ""))
    if not _is_timestamp(timestamp):
        raise IncompleteSignature(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            f" Authorization={ALGORITHM}"
        ).in_xml("AWS authentication requires a valid Date or x-amz-date header", "AccessDenied", 403)
    access_key, date, region, service, terminator, signed_headers, signature = fixed
    signature = signature if signature != "*" else last.strip()
    token = headers.get("x-amz-security-token", "")
    return Claim(access_key, date, region, service, terminator, signed_headers, signature, timestamp, token, None)


@lru_cache(maxsize=512)  # but for the signature, which every client sends last, it is the same all day long
def _fixed(header: str) -> tuple[str, ...]:
    """The five parts of the scope, the signed headers and the signature of an Authorization header."""
    if not header.startswith(ALGORITHM):
        raise _unknown_algorithm(header)
    fields = {}
    for part in header[len(ALGORITHM) :].split(","):
        name, _, value = part.partition("=")
        fields[name.strip()] = value.strip()
    for name in ("Credential", "Signature", "SignedHeaders"):
        if not fields.get(name):
            raise IncompleteSignature(
                f"Authorization header requires '{name}' parameter. Authorization={ALGORITHM}"
            ).in_xml(
                f"{_HEADER} the authorization header requires three components: Credential, SignedHeaders, and"
                " Signature."
            )
    return *_scope(fields["Credential"], False), fields["SignedHeaders"], fields["Signature"]


def _unknown_algorithm(header: str) -> IncompleteSignature:
    error = IncompleteSignature(f"Authorization header requires '{ALGORITHM}' as its algorithm.")
    scheme, space, _ = header.partition(" ")
    if scheme.upper() == "AWS":  # version 2 of the signature: some regions never took it
        return error.in_xml(
            f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}.", "InvalidRequest"
        )
    said = "Unsupported Authorization Type" if space else (
        "Authorization header is invalid -- one and only one ' ' (space) required"
    )  # fmt: skip
    return error.in_xml(said, "InvalidArgument", ArgumentName="Authorization", ArgumentValue=header[:2048])


def _timestamp(date: str) -> str:
    """A Date header's time as it is signed; empty when it is none."""
    if _DATE.fullmatch(date):
        return date
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (ValueError, TypeError, OverflowError):
        return ""


@lru_cache(maxsize=1024)  # a busy client signs many requests within one second
def _is_timestamp(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def _from_query(query: str) -> Claim:
    values = claimed_values(query)
    if values.get("X-Amz-Algorithm") not in (None, "", ALGORITHM):
        raise QueryAuthError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
    for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders"):
        if not values.get(name):
            raise QueryAuthError(SIX_PARAMETERS)
    if not _DATE.fullmatch(values["X-Amz-Date"]):
        raise QueryAuthError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    expires = _expiry(values.get("X-Amz-Expires", "900"))
    scope = _scope(values["X-Amz-Credential"], True)
    token = values.get("X-Amz-Security-Token", "")
    return Claim(*scope, values["X-Amz-SignedHeaders"], values["X-Amz-Signature"], values["X-Amz-Date"], token, expires)


def _expiry(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise QueryAuthError("X-Amz-Expires should be a number")
    if text.startswith("-") and text.strip("-0"):
        raise QueryAuthError("X-Amz-Expires must be non-negative")
    if len(text) > 9 or int(text) > 604800:
        raise QueryAuthError("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires"
                             " must be less than 604800 seconds")  # fmt: skip
    return int(text)


@lru_cache(maxsize=4096)
def _scope(credential: str, in_query: bool) -> tuple[str, str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not all(parts):
        kind = QueryAuthError if in_query else IncompleteSignature
        raise kind(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{credential[:300]}'"
        ).in_xml(f"{_QUERY if in_query else _HEADER} {_fault(parts)}")
    return parts[0], parts[1], parts[2], parts[3], parts[4]


def _fault(parts: list[str]) -> str:
    """What is wrong with a credential, in the words of S3 and in the order in which it looks."""
    if len(parts) != 5 or not parts[0] or not parts[3]:
        return 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    _, date, region, _, terminal = (part[:300] for part in parts)
    if not re.fullmatch("[0-9]{8}", date):
        return f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".'
    if not region:
        return "a non-empty region must be provided in the credential."
    return f'incorrect terminal "{terminal}". This endpoint uses "aws4_request".'


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The decoded names and values of a query string, in order."""
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def claimed_values(query: str) -> dict[str, str]:
    """The parameters by which a query says who sent it or what it wants; what is no UTF-8 is nobody's name."""
    return {_readable(name): _readable(value) for name, value in query_pairs(query)}


def _readable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _decode(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "surrogateescape")


def _encode(text: str, safe: str = "-_.~") -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe=safe)


def signature_of(claim: Claim, request: HttpRequest, secret: str, payload_hash: str, path_once: bool) -> str:
    """The signature in hex that the holder of `secret` would have made for this request."""
    text = string_to_sign(claim, canonical_request(claim, request, payload_hash, path_once))
    proof = _keyed(signing_key(secret, claim.date, claim.region, claim.service)).copy()
    proof.update(text.encode())
    return proof.hexdigest()


def string_to_sign(claim: Claim, canonical: str) -> str:
    """What is signed of a request in its canonical form."""
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    _, date, region, service, terminator, _, _, timestamp, _, _ = claim
    return f"{ALGORITHM}\n{timestamp}\n{date}/{region}/{service}/{terminator}\n{digest}"


def canonical_request(claim: Claim, request: HttpRequest, payload_hash: str, path_once: bool) -> str:
    """The request in the one form that is signed."""
    path = request.sent_path or request.path
    if not _PLAIN.fullmatch(path) or not (path_once or "//" not in path and "/." not in path):
        text = path if path.isascii() else path.encode("latin-1").decode("utf-8", "surrogateescape")
        path = _once_encoded(text) if path_once else _encode(_normalize(text), "-_.~/")
    query = _canonical_query(request.query) if request.query else ""
    value_of, signed_headers = request.headers.get, claim.signed_headers
    lines = "".join([f"{name}:{value_of(name, '').strip()}\n" for name in header_names(signed_headers)])
    if "  " in lines or "\t" in lines:
        lines = _SPACES.sub(" ", lines)
    return f"{request.method}\n{path}\n{query}\n{lines}\n{signed_headers}\n{payload_hash}"


_NEVER_HEADERS = ("x-amz-checksum-", "x-amz-sdk-checksum-", "x-amz-content-sha256", "x-amz-trailer")
_SIGNING = frozenset(
    ("algorithm", "credential", "date", "expires", "security-token", "signature", "signedheaders")
)  # fmt: skip


def headers_in_query(query: str) -> dict[str, str]:
    """The headers that a presigned URL has as parameters: SDKs sign x-amz-meta-… there, so that no client must send it.

    Checksums are none of them: a URL is signed before there is content, and S3 ignores what an SDK made of that.
    """
    found = {}
    for name, value in claimed_values(query).items():
        name = name.lower()
        if name.startswith("x-amz-") and name[6:] not in _SIGNING and not name.startswith(_NEVER_HEADERS):
            found[name] = value
    return found


@lru_cache(maxsize=1024)
def header_names(signed_headers: str) -> tuple[str, ...]:
    """The headers that a signature covers, in order."""
    return tuple(signed_headers.split(";"))


def _once_encoded(path: str) -> str:
    """Each segment in the one form that is signed: a slash that was sent as %2F stays one, as AWS's signers have it."""
    return "/".join(
        [_encode(unquote_to_bytes(segment).decode("utf-8", "surrogateescape")) for segment in path.split("/")]
    )


def _normalize(path: str) -> str:
    """RFC 3986 without dot segments and empty ones; S3 alone signs the path as it is."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    tail = "/" if path.endswith("/") and kept else ""
    return "/" + "/".join(kept) + tail


def _canonical_query(query: str) -> str:
    pairs = [(_encode(name), _encode(value)) for name, value in query_pairs(query) if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


@lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one secret for one day, region and service."""
    key = hmac.digest(f"AWS4{secret}".encode(), date.encode(), "sha256")
    for part in (region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@lru_cache(maxsize=1024)
def _keyed(key: bytes) -> hmac.HMAC:
    """An HMAC that has taken in its key: copying it costs half of beginning anew."""
    return hmac.new(key, digestmod="sha256")


def chunk_signature(key: bytes, claim: Claim, previous: str, chunk: bytes) -> str:
    """The signature of one chunk of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """
    digest = hashlib.sha256(chunk).hexdigest()
    text = f"{ALGORITHM}-PAYLOAD\n{claim.timestamp}\n{claim.scope}\n{previous}\n{EMPTY_SHA256}\n{digest}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def trailer_signature(key: bytes, claim: Claim, previous: str, trailers: bytes) -> str:
    """The signature of the trailing headers of a STREAMING-…-TRAILER body; `trailers` is `name:value\\n` lines."""
    digest = hashlib.sha256(trailers).hexdigest()
    text = f"{ALGORITHM}-TRAILER\n{claim.timestamp}\n{claim.scope}\n{previous}\n{digest}"
    return hmac.digest(key, text.encode(), "sha256").hex()
