"""What browsers ask of S3: may a page of another origin reach this bucket? And uploads by a form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape

from cloudarium import model
from cloudarium.gateway import forms as signed_forms
from cloudarium.gateway.call import BodyStream, Call
from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.protocols import codec
from cloudarium.gateway.sigv2 import USUAL_LIFE
from cloudarium.services.s3 import errors, forms, resources
from cloudarium.services.s3.context import signature
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.rules import cors as rules
from cloudarium.services.s3.rules import forms as policies
from cloudarium.services.s3.rules.forms import Fields, Policy
from cloudarium.store import Store

_NO_RULES = "CORSResponse: CORS is not enabled for this bucket."
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method /"
    " Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


# ---- Other origins --------------------------------------------------------------------------------------------------


def cors_rules(store: Store, bucket: str) -> list[dict[str, Any]]:
    """The bucket's CORS rules; none when it has none or does not exist."""
    found = buckets.find(store, bucket)
    return (found.get("cors") or []) if found is not None else []


def _bucket_of(request: HttpRequest) -> str:
    return unquote(request.path.lstrip("/").partition("/")[0])


def preflight(store: Store, request: HttpRequest) -> HttpResponse:
    """Answer a browser's OPTIONS request (path-style): what the bucket's rule allows.

    Raises BadRequest for what is no preflight, AccessForbidden where no rule allows it.
    """
    origin = request.headers.get("origin")
    method = request.headers.get("access-control-request-method")
    if not origin:
        raise _bad("Insufficient information. Origin request header needed.")
    if buckets.find(store, _bucket_of(request)) is None:
        raise _forbidden("CORSResponse: Bucket not found", method, request)
    found = cors_rules(store, _bucket_of(request))
    if not found:
        raise _forbidden(_NO_RULES, method, request)
    if not method:
        raise _bad("Invalid Access-Control-Request-Method: null")
    asked = [name.strip() for name in request.headers.get("access-control-request-headers", "").split(",")]
    asked = [name for name in asked if name]
    rule = rules.find(found, origin, method, asked)
    if rule is None:
        raise _forbidden(_NOT_ALLOWED, method, request)
    return HttpResponse(200, rules.response_headers(rule, origin, asked))


def _bad(message: str) -> errors.S3Error:
    return errors.S3Error(message, code="BadRequest", status=400)


def _forbidden(message: str, method: str | None, request: HttpRequest) -> errors.S3Error:
    kind = "OBJECT" if request.path.lstrip("/").partition("/")[2] else "BUCKET"
    return errors.S3Error(message, code="AccessForbidden", status=403, Method=method or "OPTIONS", ResourceType=kind)


def cors(store: Store, request: HttpRequest) -> dict[str, str]:
    """The headers that the answer to a request with an Origin gets; none when no rule allows it."""
    origin = request.headers.get("origin")
    if not origin:
        return {}
    rule = rules.find(cors_rules(store, _bucket_of(request)), origin, request.method, ())
    return rules.response_headers(rule, origin, ()) if rule is not None else {}


# ---- Forms ----------------------------------------------------------------------------------------------------------

_WIRE = "rest-xml"
_HEADERS = ("cache-control", "content-type", "content-disposition", "content-encoding", "content-language", "expires",
            "content-md5")  # fmt: skip
_SIGNING = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"})


async def post_object(call: Call) -> HttpResponse:
    """Take a browser's upload: the form's file becomes an object, as its policy and its signer's permissions allow.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
    """
    request = call.request
    assert request is not None
    bucket, _, rest = request.path.lstrip("/").partition("/")
    bucket = unquote(bucket)
    if rest:
        raise errors.S3Error(
            "The specified method is not allowed against this resource.", code="MethodNotAllowed", status=405,
            Method="POST", ResourceType="OBJECT", headers={"allow": "GET, HEAD, PUT, DELETE"},
        )  # fmt: skip
    chunks = request.stream if request.stream is not None else BodyStream.whole(request.body).__aiter__()
    form = await forms.read(chunks, forms.boundary_of(request.headers.get("content-type", "")))
    key = form.fields.get("key")
    if key is None:
        raise policies.missing_field("key")
    if form.filename is not None:
        key = key.replace("${filename}", form.filename)
    if not key:
        raise errors.InvalidArgument("User key must have a length greater than 0.", "key", "")
    policy = _policy_of(call, form.fields, bucket, key)
    least, most = (policy.least, policy.most) if policy is not None else (0, errors.MAX_PUT)
    given = _input(form.fields, bucket, key)
    given["Body"] = _bounded(form.file, least, most)
    output = await call.send("s3", "PutObject", given, context=_context(call, form.fields))
    async for _ in chunks:  # what comes behind the file is not looked at, but has to be taken
        pass
    return _answer(call, form.fields, bucket, key, output)


def _context(call: Call, fields: Fields) -> dict[str, Any]:
    """The condition keys that a form tells: its policy is what is signed, not what is in it."""
    claim = policies.claim_of(fields)
    signed = {} if claim is None else signature(call, claim)
    return {**signed, "s3:authType": "POST", "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}


def _policy_of(call: Call, fields: Fields, bucket: str, key: str) -> Policy | None:
    """The policy that the form meets; its signer becomes the caller. None for an unsigned form."""
    claim = policies.claim_of(fields)
    if claim is None:
        return None
    text = fields.get("policy") or ""
    signed_forms.prove(call, claim, text)
    policy = policies.read(text)
    # The policy ends by the machine's clock; the cloud's may have been moved since it was signed.
    clock = call.cloud.clock
    made = policies.signed_at(claim) or min(clock.machine_now(), policy.ends - USUAL_LIFE)
    if policy.ends + clock.at(made) - made < call.now:
        raise policies.expired()
    policies.check(policy, fields, bucket, key)
    return policy


def _input(fields: Fields, bucket: str, key: str) -> dict[str, Any]:
    """The input of the PutObject that the form stands for: its fields are named like that call's headers."""
    service, path = model.service("s3"), f"/{quote(bucket)}/{quote(key, errors='surrogatepass')}"
    headers = {
        name: value
        for name, value in fields.values.items()
        if name in _HEADERS or (name.startswith("x-amz-") and name not in _SIGNING)
    }
    if (acl := fields.get("acl")) is not None:
        headers["x-amz-acl"] = acl
    given = codec(_WIRE).parse(service.operations["PutObject"], HttpRequest("PUT", path, headers=headers))
    given["Bucket"], given["Key"] = bucket, key
    if (tagging := fields.get("tagging")) is not None:
        request = HttpRequest("PUT", path, "tagging", body=tagging.encode())
        tags = codec(_WIRE).parse(service.operations["PutObjectTagging"], request).get("Tagging") or {}
        pairs = [(tag.get("Key", ""), tag.get("Value", "")) for tag in tags.get("TagSet") or ()]
        given["Tagging"] = urlencode(pairs)
    return given


async def _bounded(file: AsyncIterator[bytes], least: int, most: int) -> AsyncIterator[bytes]:
    """The file, when its size is in the policy's range; else an error when it has ended, and nothing is kept."""
    size = 0
    async for chunk in file:
        size += len(chunk)
        if size <= most:
            yield chunk
    if size > most:
        raise errors.EntityTooLarge(size, most)
    if size < least:
        raise errors.FormTooSmall(size, least)


def _answer(call: Call, fields: Fields, bucket: str, key: str, output: dict[str, Any]) -> HttpResponse:
    response: HttpResponse = codec(_WIRE).serialize(
        model.service("s3").operations["PutObject"], output, call.request_id
    )
    location = resources.url(call, bucket, key)
    response.headers["Location"] = location
    target = fields.get("success_action_redirect") or fields.get("redirect")
    if target is not None and _is_absolute(target):
        query = urlencode({"bucket": bucket, "key": key, "etag": output["ETag"]}, errors="replace")
        response.headers["Location"] = f"{target}{'&' if urlsplit(target).query else '?'}{query}"
        response.status = 303
        return response
    status = fields.get("success_action_status")
    response.status = int(status) if status in ("200", "201") else 204
    if status == "201":
        told = {"Location": location, "Bucket": bucket, "Key": key, "ETag": output["ETag"]}
        lines = "".join(f"<{name}>{escape(value, _QUOTE)}</{name}>" for name, value in told.items())
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{lines}</PostResponse>'
        response.body, response.headers["Content-Type"] = text.encode("utf-8", "replace"), "application/xml"
    return response


_QUOTE = {'"': "&quot;", "\r": "&#13;"}


def _is_absolute(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
