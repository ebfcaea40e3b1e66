"""Step 1, route: which service and operation a request is for, or which door it knocks at; then its body is read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Awaitable
from functools import cache, lru_cache
from typing import Any

from cloudarium import model
from cloudarium.gateway import cors, forms, sigv2, sigv4
from cloudarium.gateway.body import read_whole
from cloudarium.gateway.call import Call, Door
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols import codec, detect
from cloudarium.gateway.protocols.query_input import action
from cloudarium.gateway.rooms import Room, all_rooms
from cloudarium.shared.auth_errors import NoOperation, UnknownOperation
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import scope_of
from cloudarium.traces import header

_OWN_HOSTS = re.compile(r"(?:localhost(?:\.localstack\.cloud)?|amazon(?:aws|cognito)\.com|on\.aws|cloudarium\.local)$")
_OF_AN_ACCOUNT = re.compile(r"/\d{12}/[^/]+", re.ASCII)  # the path of a queue's URL
_PROTOCOL_TYPES = ("application/x-protobuf", "application/json")
_TARGET_ACTION = re.compile(r"[\w-]+")


class BodyTooLarge(AwsError):
    """The body is larger than the service takes."""

    code = "RequestEntityTooLargeException"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"Request must be smaller than {limit} bytes")


def route(call: Call) -> Awaitable[None] | None:
    """Find the call's service, protocol and operation, and read the body unless the operation streams it.

    Raises AwsError for an unknown operation, NotBuilt for a service that the house does not have.
    """
    request = call.request
    assert request is not None
    call.trace = request.headers.get("x-amzn-trace-id", "") or call.new_trace()
    if _find_door(call, request):
        if header.parse(call.trace) is None:  # backends see this one: what names no trace is no header
            call.trace = call.new_trace()
        return _read_body(call, request, _DOOR_BODY) if request.stream is not None else None
    call.claim = claim = sigv4.claim_of(request) or sigv2.claim_of(request)
    if claim is not None:
        call.access_key = claim.access_key
        call.scope = scope_of(call.scope.account, claim.region)
    _virtual_host(request)
    candidates = _rooms_of(request, claim)
    if claim is not None and claim.expires is not None and any(room.card.query_headers for room in candidates):
        _take_query_headers(request)
    call.response = cors.preflight(call, request, candidates)
    if call.response is not None or forms.find(call, request, candidates):
        return None
    if request.stream is not None:
        return _find_operation_by_stream(call, request, claim, candidates)
    for room in candidates:
        if _find_operation(call, request, room):
            return None
    if _find_path(call, request, candidates):
        return None
    raise _nothing_for(call, request, claim, candidates)


def _find_path(call: Call, request: HttpRequest, candidates: list[Room]) -> bool:
    """Whether it is for a path at which a room speaks another protocol; the call then goes to the room's door."""
    for room in candidates:
        if request.method == "POST" and request.path in room.card.paths:
            call.door = Door(request.path, "", request.path, by_host=False)
            call.room, call.service, call.operation_name = room, room.card.name, room.card.paths[request.path]
            call.protocol = detect(model.service(room.card.name), request)
            return True
    return False


async def _find_operation_by_stream(
    call: Call, request: HttpRequest, claim: sigv4.Claim | None, candidates: list[Room]
) -> None:
    """As for a body that is at hand, but it is read once it is known how large it may be."""
    for room in candidates:
        found = _find_operation(call, request, room)
        if not found and request.stream is not None:  # only the body can tell
            await _read_body(call, request, room.card.max_body)
            found = _find_operation(call, request, room)
        if found:
            assert call.operation is not None
            if call.operation.streaming_input is None or not _proved_while_it_streams(call, request):
                await _read_body(call, request, room.card.max_body)
            return
    if _find_path(call, request, candidates):
        return
    raise _nothing_for(call, request, claim, candidates)


def _nothing_for(call: Call, request: HttpRequest, claim: sigv4.Claim | None, candidates: list[Room]) -> AwsError:
    if len(candidates) > 1:  # the answer is worded as the one of them that reads such requests would
        form = request.path == "/" and "x-www-form-urlencoded" in request.headers.get("content-type", "")
        for room in candidates:
            service = model.service(room.card.name)
            if ("query" in service.protocols) is form:
                call.service, call.room, call.protocol = room.card.name, room, detect(service, request)
    if candidates:
        said = model.service(candidates[0].card.name).metadata.get("unknownAction")
        asked = action(request) if said and call.protocol == "query" else None
        unknown = UnknownOperation if "x-amz-target" in request.headers else NoOperation
        return unknown(said.format(asked[:200]) if said and asked else _asked_for(request))
    name = (claim.service if claim is not None else "") or request.host or "an unknown host"
    return NotBuilt(f"the service {name}")


_DOOR_BODY = 10 * 1024 * 1024 + 1024  # one past API Gateway's limit, so that the door itself can answer 413


def _find_operation(call: Call, request: HttpRequest, room: Room) -> bool:
    service = model.service(room.card.name)
    call.service, call.room = room.card.name, room
    protocol = call.protocol = detect(service, request)
    name = codec(protocol).identify(service, request)
    operation = service.operations.find(name) if name is not None else None
    if operation is None:
        return False
    call.operation, call.operation_name = operation, operation.name
    call.handler = room.handlers.get(operation.name)
    return True


def _proved_while_it_streams(call: Call, request: HttpRequest) -> bool:
    """Whether the head says what the body must be, or that it is not signed; else the signature covers it whole."""
    return call.claim is None or call.claim.expires is not None or "x-amz-content-sha256" in request.headers


async def _read_body(call: Call, request: HttpRequest, limit: int) -> None:
    if request.stream is None:
        return
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:18]) > limit:
        raise BodyTooLarge(limit)
    digest = hashlib.sha256()
    body = await read_whole(_digested(request.stream, digest), limit)
    if body is None:
        raise BodyTooLarge(limit)
    request.body, request.stream, request.digest = body, None, digest.hexdigest()


async def _digested(stream: AsyncIterator[bytes], digest: Any) -> AsyncIterator[bytes]:
    """The stream; its hash is computed as it passes, since that of a large body would hold the loop."""
    async for chunk in stream:
        digest.update(chunk)
        yield chunk


# ---- Which rooms can it be? ------------------------------------------------------------------------------------------


def _rooms_of(request: HttpRequest, claim: sigv4.Claim | None) -> list[Room]:
    if claim is not None and claim.service:
        return _by_signing_name().get(claim.service, [])
    labels = request.host.split(":")[0].split(".")
    for label in labels[:1]:
        if label in _by_signing_name():
            return _by_signing_name()[label]
    target = request.headers.get("x-amz-target", "").rpartition(".")[0]
    if target:
        return [room for room in all_rooms().values() if model.service(room.card.name).target_prefix == target]
    if request.path == "/" and _is_form(request):
        return [room for room in all_rooms().values() if "query" in model.service(room.card.name).protocols]
    if request.method == "POST" and not request.query and request.path in _paths():
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind in _PROTOCOL_TYPES:  # nothing that a form of a web page sends
            return [_paths()[request.path]]
    open_ones = [room for room in all_rooms().values() if room.card.anonymous]
    if request.method == "POST" and _OF_AN_ACCOUNT.fullmatch(request.path) and _is_form(request):
        open_ones.sort(key=lambda room: "query" not in model.service(room.card.name).protocols)
    return open_ones


@cache
def _paths() -> dict[str, Room]:
    return {path: room for room in all_rooms().values() for path in room.card.paths}


def _is_form(request: HttpRequest) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


@cache
def _by_signing_name() -> dict[str, list[Room]]:
    found: dict[str, list[Room]] = {}
    for room in all_rooms().values():
        found.setdefault(room.card.signing_name or room.card.name, []).append(room)
    return found


def _asked_for(request: HttpRequest) -> str:
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    action = _TARGET_ACTION.match(target)
    return action[0] if action else f"{request.method} {request.path[:200]}"


# ---- Hosts and doors -------------------------------------------------------------------------------------------------


@cache
def _door_rooms() -> dict[str, Room]:
    return {label: room for room in all_rooms().values() for label in room.card.doors}


@cache
def _host_labels() -> frozenset[str]:
    return frozenset(label for room in all_rooms().values() for label in room.card.virtual_hosts)


def _find_door(call: Call, request: HttpRequest) -> bool:
    if request.path.startswith("/_aws/"):
        door = _door_by_path(request.path)
    else:
        owner, label = _host_parts(request.headers.get("host", ""))
        if not label:
            return False
        door = Door(label, owner, request.path, by_host=True) if owner else _door_below(label, request.path)
    room = _door_rooms().get(door.label)
    if room is None or not door.id:
        return False
    call.door, call.room, call.service, call.operation_name = door, room, room.card.name, door.label
    return True


def _door_by_path(path: str) -> Door:
    _, _, label, rest = path.split("/", 3) if path.count("/") >= 3 else (*path.split("/"), "")
    owner, _, path = rest.partition("/")
    return Door(label, owner, "/" + path, by_host=False)


@lru_cache(maxsize=4096)
def _host_parts(host: str) -> tuple[str, str]:
    """The labels before the second known one, and that one: ID.execute-api.localhost → (ID, execute-api).

    ("", SERVICE) for the host of a service that has a door of its own name.
    """
    name = (host.rpartition(":")[0] or host).lower()
    if name.count(".") < 2 or not _OWN_HOSTS.search(name):
        return "", ""
    labels = name.split(".")
    for known in (_host_labels(), _door_rooms()):  # a bucket may be named like a door: my.auth.s3.localhost
        for place in range(1, len(labels)):
            if labels[place] in known:
                return ".".join(labels[:place]), labels[place]
    own = _door_rooms().get(labels[0])
    return ("", labels[0]) if own is not None and own.card.name == labels[0] else ("", "")


def _door_below(label: str, path: str) -> Door:
    """At a service's own host (SERVICE.REGION.amazonaws.com/OWNER/…) the path says whose door it is."""
    owner, _, rest = path[1:].partition("/")
    return Door(label, owner, "/" + rest, by_host=True)


def _virtual_host(request: HttpRequest) -> None:
    """Make a virtual-host style path path-style: BUCKET.s3.localhost/key → /BUCKET/key. The signature saw the first."""
    request.sent_path = request.path
    first, label = _host_parts(request.headers.get("host", ""))
    if first and label in _host_labels():
        request.path = f"/{first}{request.path}"


def _take_query_headers(request: HttpRequest) -> None:
    given = sigv4.headers_in_query(request.query)
    if given:
        request.query_headers = frozenset(given.keys() - request.headers.keys())
        request.headers = {**given, **request.headers}
