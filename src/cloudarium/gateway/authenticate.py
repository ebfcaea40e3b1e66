"""Step 2, authenticate: who signed this? The signature is proved, or the call is anonymous."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cloudarium.gateway import sigv2, sigv4
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.policy.principal import Credential
from cloudarium.shared.auth_errors import (
    BodyMismatch,
    ExpiredToken,
    HeadersNotSigned,
    IncompleteSignature,
    InvalidAccessKey,
    MissingAuthentication,
    PresignedExpired,
    QueryAuthError,
    RequestExpired,
    SignatureMismatch,
    UnrecognizedClient,
)
from cloudarium.shared.clock import iso
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import scope_of


def authenticate(call: Call) -> None:
    """Set the call's principal from its signature, or leave it anonymous where the service judges such calls.

    Raises the errors of shared/auth_errors.py, which every protocol words in its own way.
    """
    if call.claim is None:
        assert call.room is not None and call.operation is not None
        if not (call.room.card.anonymous or call.operation.unsigned):
            raise MissingAuthentication()
        return
    assert call.request is not None and call.room is not None
    credential = prove(call, call.claim, call.request, call.room.card.signs_path_once)
    if credential.token is not None and call.room.card.no_user_tokens and credential.principal.kind != "role":
        raise UnrecognizedClient()
    call.principal, call.signed = credential.principal, True
    call.scope = scope_of(credential.principal.account, call.scope.region)


def prove(call: Call, claim: sigv4.Claim, request: HttpRequest, path_once: bool) -> Credential:
    """The credential that made this claim's signature; raises when there is none or it did not make it."""
    credential = credential_of(call, claim)
    if claim.terminator == sigv2.VERSION and path_once:  # S3 alone still takes version 2
        _check_version_2(call, claim, request, credential)
        return credential
    if path_once and request.query:
        _check_one_mechanism(claim, request)
    _check_time(call, claim)
    payload_hash = _payload_hash(claim, request, path_once)
    expected = sigv4.signature_of(claim, request, credential.secret, payload_hash, path_once)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise SignatureMismatch(**_what_was_signed(claim, request, payload_hash) if path_once else {})
    _check_headers_signed(claim, request, path_once)
    return credential


def _check_one_mechanism(claim: sigv4.Claim, request: HttpRequest) -> None:
    """S3 takes a header or a whole presigned query, never some of both."""
    query = f"&{request.query}"
    if claim.expires is not None:
        if "&X-Amz-Expires=" not in query:
            raise QueryAuthError(sigv4.SIX_PARAMETERS)
    elif "&X-Amz-Algorithm=" in query or "&Signature=" in query:
        raise IncompleteSignature().in_xml(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string"
            " parameter or the Authorization header should be specified",
            "InvalidArgument",
            ArgumentName="Authorization",
            ArgumentValue=request.headers.get("authorization", ""),
        )


def _what_was_signed(claim: sigv4.Claim, request: HttpRequest, payload_hash: str) -> dict[str, Any]:
    """What S3, which signs the path once, tells beside SignatureDoesNotMatch: clients find their mistake by it."""
    canonical = sigv4.canonical_request(claim, request, payload_hash, path_once=True)
    text = sigv4.string_to_sign(claim, canonical)
    return {
        "AWSAccessKeyId": claim.access_key,
        "StringToSign": text,
        "SignatureProvided": claim.signature,
        "StringToSignBytes": _bytes(text),
        "CanonicalRequest": canonical,
        "CanonicalRequestBytes": _bytes(canonical),
    }


def _bytes(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").hex(" ")


def credential_of(call: Call, claim: sigv4.Claim) -> Credential:
    """The credential that a claim names, before its signature is proved; raises when none may be used."""
    credential: Credential | None = call.cloud.directory.credential(claim.access_key)
    if credential is None or credential.status != "Active":
        raise InvalidAccessKey(AWSAccessKeyId=claim.access_key)
    if credential.token is not None or claim.token:
        _check_token(call, claim, credential)
    return credential


def _check_version_2(call: Call, claim: sigv4.Claim, request: HttpRequest, credential: Credential) -> None:
    expected = sigv2.signature_of(claim, request, credential.secret)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        text = sigv2.string_to_sign(claim, request)
        raise SignatureMismatch(
            AWSAccessKeyId=claim.access_key,
            StringToSign=text,
            SignatureProvided=claim.signature,
            StringToSignBytes=_bytes(text),
        )
    # The URL tells when it ends by the machine's clock, not when it was made. It matters only when the cloud's clock
    # was moved in between: then the usual life of such a URL tells.
    clock, ends = call.cloud.clock, float(claim.timestamp)
    made = min(clock.machine_now(), ends - sigv2.USUAL_LIFE)
    ends += clock.at(made) - made
    if ends < call.now:
        raise PresignedExpired(Expires=iso(ends), ServerTime=iso(call.now))


def signing_key_of(call: Call) -> bytes | None:
    """The key that signs the chunks of this call's body, None for an anonymous call."""
    claim = call.claim
    if claim is None:
        return None
    credential = call.cloud.directory.credential(claim.access_key)
    return sigv4.signing_key(credential.secret, claim.date, claim.region, claim.service) if credential else None


def _check_token(call: Call, claim: sigv4.Claim, credential: Credential) -> None:
    if not claim.token:  # a temporary key is none without its token
        raise InvalidAccessKey(AWSAccessKeyId=claim.access_key)
    if credential.token is None or not hmac.compare_digest(credential.token.encode(), claim.token.encode()):
        raise UnrecognizedClient()
    if credential.expires is not None and credential.expires <= call.now:
        raise ExpiredToken()


def _check_time(call: Call, claim: sigv4.Claim) -> None:
    signed_at = _seconds(claim.timestamp)
    if not claim.timestamp.startswith(claim.date):
        raise _other_date(claim)
    assert call.room is not None
    clock, skew = call.cloud.clock, call.room.card.clock_skew
    machine_now = clock.machine_now()
    if claim.expires is None:
        if abs(machine_now - signed_at) > skew:
            raise _skewed(claim, signed_at, machine_now, skew)
        return
    ends = clock.at(signed_at) + claim.expires
    if signed_at - machine_now > skew:
        times: dict[str, Any] = {
            "X-Amz-Date": str(int(signed_at * 1000)),
            "Expires": iso(ends),
            "ServerTime": iso(call.now),
        }
        raise PresignedExpired("Request is not yet valid", **times)
    if ends < call.now:
        fields: dict[str, Any] = {
            "Expires": iso(ends),
            "ServerTime": iso(call.now),
            "X-Amz-Expires": str(claim.expires),
        }
        raise PresignedExpired(**fields)


def _other_date(claim: sigv4.Claim) -> SignatureMismatch:
    said, stamp = (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
        claim.timestamp,
    )
    error = SignatureMismatch(f"{said}: '{claim.date}' != '{stamp[:8]}', from '{stamp}'.")
    if claim.expires is None:
        said = "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date."
        return error.in_xml(said, "AuthorizationHeaderMalformed", 400)
    said = f'Invalid credential date "{claim.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
    return error.in_xml(said, "AuthorizationQueryParametersError", 400)


def _skewed(claim: sigv4.Claim, signed_at: float, now: float, skew: int) -> RequestExpired:
    if signed_at > now:
        said = f"Signature not yet current: {claim.timestamp} is still later than {_stamp(now + skew)} ({_stamp(now)} +"
    else:
        said = f"Signature expired: {claim.timestamp} is now earlier than {_stamp(now - skew)} ({_stamp(now)} -"
    return RequestExpired(f"{said} {skew // 60} min.)").in_xml(
        RequestExpired.wire["rest-xml"].message, RequestTime=claim.timestamp, ServerTime=iso(now),
        MaxAllowedSkewMilliseconds=str(skew * 1000),
    )  # fmt: skip


def _stamp(moment: float) -> str:
    return iso(moment).replace("-", "").replace(":", "")


@lru_cache(maxsize=1024)  # a busy client signs many requests within one second
def _seconds(timestamp: str) -> float:
    try:
        return datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise SignatureMismatch(f"'{timestamp}' is not a valid date") from error


def _payload_hash(claim: sigv4.Claim, request: HttpRequest, path_once: bool) -> str:
    claimed = request.headers.get("x-amz-content-sha256")
    if claim.expires is not None and path_once:  # S3's presigned URLs; those of all other services sign the body
        return claimed or sigv4.UNSIGNED
    if path_once and (claimed is None or not _is_digest(claimed)):
        _check_payload_word(claimed)
    if request.stream is not None:
        return claimed or sigv4.UNSIGNED  # a stream is proved while it passes (body.py)
    computed = request.digest or (hashlib.sha256(request.body).hexdigest() if request.body else sigv4.EMPTY_SHA256)
    if claimed is None or claimed == computed:
        return computed
    if not _is_digest(claimed):
        return claimed or sigv4.UNSIGNED  # a body in chunks is proved by theirs
    if claimed.lower() != computed:
        raise BodyMismatch(ClientComputedContentSHA256=claimed, S3ComputedContentSHA256=computed)
    return claimed


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdefABCDEF")


_PAYLOAD_WORDS = (
    sigv4.UNSIGNED, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
)  # fmt: skip


def _check_payload_word(claimed: str | None) -> None:
    """Where the head must say what the body is, it says so by a hash or by one of these words."""
    name = "x-amz-content-sha256"
    if claimed is None:
        raise IncompleteSignature().in_xml(f"Missing required header for this request: {name}", "InvalidRequest")
    if claimed not in _PAYLOAD_WORDS:
        said = f"{name} must be {', '.join(_PAYLOAD_WORDS)} or a valid sha256 value."
        raise IncompleteSignature().in_xml(said, "InvalidArgument", ArgumentName=name, ArgumentValue=claimed)
    if "-ECDSA-" in claimed:
        raise NotBuilt("Signature Version 4A")


def _check_headers_signed(claim: sigv4.Claim, request: HttpRequest, path_once: bool) -> None:
    """Every x-amz- header and the host must be covered: what is not signed could be added on the way."""
    unsigned = _unsigned(claim.signed_headers, tuple(request.headers), path_once)
    if unsigned:
        unsigned = [name for name in unsigned if name not in request.query_headers]
    if unsigned:
        raise HeadersNotSigned(HeadersNotSigned=", ".join(unsigned))


@lru_cache(maxsize=1024)  # a client sends the same headers with every call of one kind
def _unsigned(signed_headers: str, sent: tuple[str, ...], path_once: bool) -> Sequence[str]:
    names = sigv4.header_names(signed_headers)
    if "host" not in names:
        raise SignatureMismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.").in_xml(
            HeadersNotSigned.wire["rest-xml"].message, "AccessDenied", HeadersNotSigned="host"
        )
    unsigned = [name for name in sent if name.startswith("x-amz-") and name not in names]
    if path_once:  # S3 is stricter
        unsigned += [name for name in sent if name == "content-md5" and name not in names]
        return [name for name in unsigned if name != "x-amz-content-sha256"]
    return [name for name in unsigned if name not in _MAY_BE_UNSIGNED]


_MAY_BE_UNSIGNED = frozenset({"x-amz-content-sha256", "x-amz-user-agent", "x-amz-date"})
