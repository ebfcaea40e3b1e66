"""The condition keys of a call, gathered only when a policy asks for one.

A room adds what it knows in its resources.py, each where it has it: `conditions(call)`, the keys of its own calls;
`request_tags(call)`, the tags in an input of another form than Tags/tags; `tags_of(call, arn)`, the tags of a resource
whose ARN in policies is not the one that its tags are kept under; `resource_conditions(call, arn)`, its keys that tell
of a resource; `TAG_KEYS`, its own names for aws:ResourceTag. Only keys that AWS's reference lists for the action count.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.rooms import room
from cloudarium.policy import access
from cloudarium.shared import arn as arns
from cloudarium.shared import clock


class RequestContext(Mapping[str, Any]):
    """Global keys of the request, tags of the resource, the services' own keys, and the need's, as one mapping."""

    def __init__(self, call: Call, action: str, resource: str, account: str, extra: Mapping[str, Any]) -> None:
        self._call = call
        self._action = action
        self._resource = resource
        self._account = account
        self._extra = extra
        self._known: dict[str, Any] | None = None

    @property
    def read(self) -> Mapping[str, Any] | None:
        """The keys as they were found, None when a decision asked for none."""
        return self._known

    def gather(self) -> dict[str, Any]:
        """All keys of the request; found once."""
        if self._known is None:
            self._known = self._gather()
        return self._known

    def __getitem__(self, key: str) -> Any:
        return self.gather()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.gather())

    def __len__(self) -> int:
        return len(self.gather())

    def _gather(self) -> dict[str, Any]:
        call = self._call
        known: dict[str, Any] = {
            "aws:CurrentTime": clock.iso(call.now),
            "aws:EpochTime": str(int(call.now)),
            "aws:RequestedRegion": call.region,
            "aws:ResourceAccount": self._account,
            "aws:SecureTransport": "true",
            "aws:ViaAWSService": "false",
        }
        _add_origin(known, call)
        _add_via(known, call)
        speaks_of = keys_of(self._action)
        rooms = {**self._of_call(speaks_of), **self._of_resource()}
        known.update((key, value) for key, value in rooms.items() if key in speaks_of)
        if call.handler is not None and call.handler.context is not None:
            known.update(call.handler.context(call))
        known.update(call.context)
        known.update(self._extra)
        _add_organizations(known, call, self._account)
        return known

    def _of_call(self, speaks_of: Keys) -> dict[str, Any]:
        """What the room that is called says of the call."""
        call = self._call
        module = call.room.module("resources") if call.room is not None else None
        found: dict[str, Any] = {}
        if "aws:TagKeys" in speaks_of:
            form = module.request_tags(call) if module is not None and hasattr(module, "request_tags") else None
            _add_request_tags(found, call.input, form)
        if module is not None and hasattr(module, "conditions"):
            found.update(module.conditions(call))
        return found

    def _of_resource(self) -> dict[str, Any]:
        """What the room that owns the resource says of it: not always the room that is called."""
        call, resource = self._call, self._resource
        arn = arns.parse(resource)
        module = resources_of(call, arn.service) if arn is not None else None
        if module is None:
            return {}
        tags = module.tags_of(call, resource) if hasattr(module, "tags_of") else call.tags.of(resource)
        names = ("aws:ResourceTag", *getattr(module, "TAG_KEYS", ()))
        found: dict[str, Any] = {f"{name}/{key}": value for name in names for key, value in tags.items()}
        if hasattr(module, "resource_conditions"):
            found.update(module.resource_conditions(call, resource))
        return found


class Keys:
    """The condition keys of an action: those of AWS's reference, and all that are global."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._exact = frozenset(key for key in listed if not _PLACEHOLDER.search(key))
        self._named = frozenset(key.partition("/")[0] + "/" for key in listed if _PLACEHOLDER.search(key))

    def __contains__(self, key: str) -> bool:
        if key in self._exact:
            return True
        name, slash, _ = key.partition("/")
        if slash:
            return name + slash in self._named
        return key.startswith("aws:") and key != "aws:TagKeys"


_PLACEHOLDER = re.compile(r"/(\$\{.*|<.*|tag-key)\Z")  # aws:RequestTag/${TagKey}, s3:ExistingObjectTag/<key>


@lru_cache(maxsize=4096)
def keys_of(action: str) -> Keys:
    """The condition keys that a request for this action can have beside the global ones."""
    info = access.action(action)
    return Keys(info.condition_keys if info is not None else ())


def resources_of(call: Call, service: str) -> ModuleType | None:
    """The resources.py of the room that owns what an ARN of this service names; else of the room that is called."""
    owning = room(service) or call.room
    return owning.module("resources") if owning is not None else None


# ---- Organisations ---------------------------------------------------------------------------------------------------


def _add_organizations(known: dict[str, Any], call: Call, account: str) -> None:
    """The organisations of the caller, of the resource, and of the account that a service says it works for."""
    named = {"aws:Resource": account}
    if call.principal.kind not in ("service", "anonymous") and not call.principal.outside:
        named["aws:Principal"] = call.principal.account
    if isinstance(known.get("aws:SourceAccount"), str):
        named["aws:Source"] = known["aws:SourceAccount"]
    for prefix, owner in named.items():
        found = call.cloud.directory.membership(owner)
        if found is not None:
            known[f"{prefix}OrgID"] = found.organization
            known[f"{prefix}OrgPaths"] = [found.path]


# ---- Where the call comes from --------------------------------------------------------------------------------------


def _add_origin(known: dict[str, Any], call: Call) -> None:
    """The client's address and headers. What a service sends comes from the service, whoever it does so for.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html
    """
    origin = call
    while origin.request is None and origin.parent is not None and _same_room_and_caller(origin, origin.parent):
        origin = origin.parent
    request = origin.request
    if request is None:
        return
    if request.passage is None:
        known["aws:SourceIp"] = request.peer
    else:
        known.update(request.passage.keys)  # by an endpoint there is no aws:SourceIp
    known["aws:SecureTransport"] = "true" if _is_secure(request) else "false"
    for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
        if header in request.headers:
            known[key] = request.headers[header]


def _same_room_and_caller(call: Call, parent: Call) -> bool:
    return call.service == parent.service and call.principal is parent.principal


def _is_secure(request: HttpRequest) -> bool:
    """Whether nobody could listen: TLS, or a request that never left this machine.

    The buckets that SAM and the CDK make for themselves deny anything less, and clients here speak plain HTTP.
    """
    return request.scheme == "https" or request.peer == "::1" or request.peer.startswith("127.")


_CALLED_VIA = ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast")


def _add_via(known: dict[str, Any], call: Call) -> None:
    """Whether a service calls in the name of the principal that called it, and which services were named before."""
    child, parent = call, call.parent
    while parent is not None and parent.principal is call.principal and call.principal.kind != "service":
        if child.service != parent.service:
            known["aws:ViaAWSService"] = "true"
        for key in _CALLED_VIA:
            if key in parent.context:
                known.setdefault(key, parent.context[key])
        child, parent = parent, parent.parent


# ---- Tags in the request --------------------------------------------------------------------------------------------


def _add_request_tags(found: dict[str, Any], given: Mapping[str, Any], form: object) -> None:
    """The tags that the request gives or takes away; `form` is where they are if not in Tags or tags."""
    tags, taken = _tags(form or given.get("Tags") or given.get("tags"))
    taken += _texts(given.get("TagKeys") or given.get("tagKeys"))
    if tags or taken:
        found["aws:TagKeys"] = [*tags, *taken]
    found.update({f"aws:RequestTag/{key}": value for key, value in tags.items()})


def _tags(tags: object) -> tuple[dict[str, str], list[str]]:
    """(tags in either of AWS's forms, bare keys), as far as they are well-formed.

    A list of keys takes tags away: those have no value in the request, so they are no request tags.
    """
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}, []
    found: dict[str, str] = {}
    for tag in tags if isinstance(tags, list) else ():
        key = (tag.get("Key") or tag.get("key")) if isinstance(tag, dict) else None
        if isinstance(key, str):
            found[key] = str(tag.get("Value") or tag.get("value") or "")
    return found, _texts(tags)


def _texts(given: object) -> list[str]:
    return [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
