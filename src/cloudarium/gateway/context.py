"""The condition keys of a call, gathered only when a policy asks for one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.shared import clock


class RequestContext(Mapping[str, Any]):
    """Global keys of the request, tags of the resource, the service's own keys, and the need's, as one mapping."""

    def __init__(self, call: Call, action: str, resource: str, extra: Mapping[str, Any]) -> None:
        self._call = call
        self._resource = resource
        self._extra = extra
        self._known: dict[str, Any] | None = None

    @property
    def asked(self) -> bool:
        """Whether any condition key was read."""
        return self._known is not None

    def _all(self) -> dict[str, Any]:
        if self._known is None:
            self._known = self._gather()
        return self._known

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _gather(self) -> dict[str, Any]:
        call = self._call
        known: dict[str, Any] = {
            "aws:CurrentTime": clock.iso(call.now),
            "aws:EpochTime": str(int(call.now)),
            "aws:RequestedRegion": call.region,
            "aws:SecureTransport": "true",
            "aws:ViaAWSService": "false",
        }
        _add_request(known, call)
        for key, value in call.tags.of(self._resource).items():
            known[f"aws:ResourceTag/{key}"] = value
        module = call.room.module("resources") if call.room is not None else None
        if module is not None and hasattr(module, "conditions"):
            known.update(module.conditions(call))
        if call.handler is not None and call.handler.context is not None:
            known.update(call.handler.context(call))
        known.update(call.context)
        known.update(self._extra)
        return known


def _add_request(known: dict[str, Any], call: Call) -> None:
    origin = call
    while origin.request is None and origin.parent is not None:
        origin = origin.parent
    if origin.request is not None:
        known["aws:SourceIp"] = origin.request.peer
        known["aws:SecureTransport"] = "true" if _is_secure(origin.request) else "false"
        known["aws:UserAgent"] = origin.request.headers.get("user-agent", "")
        if "referer" in origin.request.headers:
            known["aws:Referer"] = origin.request.headers["referer"]
    tags = _request_tags(call.input)
    keys = [*tags, *_untagged_keys(call.input)]
    if keys:
        known["aws:TagKeys"] = keys
    for key, value in tags.items():
        known[f"aws:RequestTag/{key}"] = value


def _is_secure(request: HttpRequest) -> bool:
    """Whether nobody could listen: TLS, or a request that never left this machine.

    The buckets that SAM and the CDK make for themselves deny anything less, and clients here speak plain HTTP.
    """
    return request.scheme == "https" or request.peer == "::1" or request.peer.startswith("127.")


def _request_tags(given: Mapping[str, Any]) -> dict[str, str]:
    """The tags in an input, in either of AWS's forms and names, as far as they are well-formed."""
    tags = given.get("Tags") or given.get("tags")
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    found: dict[str, str] = {}
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("Key") or tag.get("key"), str):
            found[tag.get("Key") or tag["key"]] = str(tag.get("Value") or tag.get("value") or "")
    return found


def _untagged_keys(given: Mapping[str, Any]) -> list[str]:
    """The keys of tags that a request takes away: they have no value in it, so they are no request tags."""
    keys = given.get("TagKeys") or given.get("tagKeys")
    return [str(key) for key in keys] if isinstance(keys, list) else []
