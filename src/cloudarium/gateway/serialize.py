"""Step 7, serialize: the output, or the error, as the protocol writes it. Runs whatever happened before."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping

import apsw

from cloudarium import model
from cloudarium.gateway import cors
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpResponse
from cloudarium.gateway.protocols import codec, query_json
from cloudarium.gateway.rooms import all_rooms
from cloudarium.shared.auth_errors import InternalFailure
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFull(AwsError):
    """The disk with the cloud's data has no room; AWS has no such error, and clients try this one again."""

    code = "ServiceUnavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__("The disk that holds this cloud's data is full.")


class DataUnusable(AwsError):
    """The cloud's data folder cannot be written or read any more; AWS has no such error."""

    code = "ServiceUnavailable"
    status = 503

    def __init__(self, reason: object) -> None:
        super().__init__(f"This cloud's data folder cannot be used: {reason}")


_UNUSABLE = (apsw.ReadOnlyError, apsw.IOError, apsw.CantOpenError, apsw.CorruptError, apsw.NotADBError)


def serialize(call: Call) -> None:
    """Set the call's response."""
    if call.error is None and call.output is not None:
        try:
            _serialize_output(call)
        except Exception as error:
            call.error = error
    if call.error is not None:
        call.response = _error_response(call)
    if call.request is not None and "origin" in call.request.headers and call.response is not None:
        call.response.headers.update(cors.headers(call))


def _serialize_output(call: Call) -> None:
    assert call.operation is not None and call.output is not None
    if call.protocol == "query" and call.request is not None and query_json.wanted(call.request.headers):
        response = query_json.serialize(call.operation, call.output, call.request_id)
    else:
        response = codec(call.protocol).serialize(call.operation, call.output, call.request_id)
    if call.status is not None:
        response.status = call.status
    if call.headers:
        response.headers.update(call.headers)
    call.response = response


def _error_response(call: Call) -> HttpResponse:
    error = call.error
    if not isinstance(error, AwsError):
        error = call.error = _broken(call, error)
    assert call.request is not None
    lends = call.service
    if not call.protocol:
        call.protocol, lends = _nearest_protocol(call)
        if not call.service and call.claim is not None:
            call.service = call.claim.service[:64]  # so that the journal names what was asked for
    service = model.service(lends)
    if call.protocol == "query" and call.operation is not None and query_json.wanted(call.request.headers):
        response = query_json.serialize_error(service, error, call.request_id)
    else:
        response = codec(call.protocol).serialize_error(service, call.operation, error, call.request_id)
    response.headers.update(error.headers)
    if call.request.method == "HEAD":
        response.body = b""
    return response


def _broken(call: Call, error: Exception | None) -> AwsError:
    """What to answer when a call broke for no reason of the caller's: a bug of ours, or a disk without room."""
    if isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in _FULL):
        log.error("request %s: no room is left in %s", call.request_id, call.store.folder)
        return DiskFull()
    reason = _unusable(call, error)
    if reason is not None:
        log.error("request %s: %s cannot be used: %s", call.request_id, call.store.folder, reason)
        return DataUnusable(reason)
    log.error("request %s: %s:%s broke", call.request_id, call.service, call.operation_name, exc_info=error)
    return InternalFailure()


def _unusable(call: Call, error: Exception | None) -> object | None:
    """Why the data folder cannot be used, when that is what broke a call."""
    if isinstance(error, _UNUSABLE):
        return error
    if isinstance(error, OSError) and str(error.filename).startswith(str(call.store.folder)):
        return error.strerror
    return None


def _nearest_protocol(call: Call) -> tuple[str, str]:
    """How to word an error for a request whose service or operation is unknown: in the form its client reads.

    The second is the first service that speaks so: it lends its namespace, nothing else.
    """
    request = call.request
    assert request is not None
    if call.service in all_rooms():
        return model.service(call.service).protocols[0], call.service
    wanted = _told(request.headers, request.path)
    if not wanted and call.claim is not None:  # a REST client that says nothing: most of those read JSON
        known = model.protocol_of(call.claim.service)
        wanted = known if known.startswith("rest-") else "rest-json"
    wanted = wanted or "rest-xml"
    rooms = sorted(all_rooms())
    return wanted, next((name for name in rooms if wanted in model.service(name).protocols), rooms[0])


def _told(headers: Mapping[str, str], path: str) -> str:
    """The protocol that a request's own form tells, "" for none."""
    content = headers.get("content-type", "")
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in headers or "json" in content:
        return "json"
    return "query" if content.startswith("application/x-www-form-urlencoded") and path == "/" else ""
