"""The door for signals: wait handles and custom resources' response URLs. The key in the path is the proof."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cloudformation.records import signals

_BODY_LIMIT = 256 * 1024


async def answer(call: Call) -> HttpResponse:
    """Take one signal: a PUT (or POST) of a JSON object to a URL that this room gave away."""
    assert call.request is not None and call.door is not None
    key = signals.find_key(call.store, call.door.id)
    if key is None:
        return _refused(403, "Access Denied")
    if call.request.method not in ("PUT", "POST"):
        return _refused(405, "The specified method is not allowed against this resource.")
    body = call.request.body
    signal = _read(body)
    if signal is None or (key.kind == "wait" and not _complete(signal)):
        return _refused(400, "The body must be a JSON object with Status, Reason, UniqueId and Data.")
    unique_id = str(signal["UniqueId"]) if key.kind == "wait" else "answer"
    call.scope = key.scope
    with call.transaction():
        if signals.add(call.store, key, unique_id, json.dumps(signal)):
            call.later("Deploy", {"stack": key.stack}, key=key.stack)
    return HttpResponse(200, {"content-length": "0"})


def _read(body: bytes) -> dict[str, Any] | None:
    if len(body) > _BODY_LIMIT:
        return None
    try:
        signal = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return signal if isinstance(signal, dict) else None


def _complete(signal: dict[str, Any]) -> bool:
    return signal.get("Status") in ("SUCCESS", "FAILURE") and all(
        isinstance(signal.get(name), str) for name in ("Reason", "UniqueId", "Data")
    )


def _refused(status: int, message: str) -> HttpResponse:
    return HttpResponse(status, {"content-type": "text/plain"}, message.encode())
