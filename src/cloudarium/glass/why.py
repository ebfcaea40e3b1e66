"""Why a call was answered as it was: its decisions explained, and those of the calls that were made for it."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from cloudarium.glass import records
from cloudarium.glass.records import Entry
from cloudarium.glass.retold import decisions_of, retell
from cloudarium.policy import access
from cloudarium.traces import header

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_START = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}")
_OWN_TRACE = re.compile(r"Root=1-[0-9a-f]{8}-([0-9a-f]{24})")
_MOST_RELATED = 20
_CLOSE = 0.002  # seconds by which moments of one thing differ
_LONGEST = 300  # characters of a function's message


def why(cloud: Cloud, request_id: str) -> dict[str, Any] | None:
    """The explanation of a call, None when the journal does not have it.

    The id is taken in every form in which AWS's clients print one: alone or in a sentence, in upper case, without
    dashes; its first eight characters or more do as well.
    """
    cloud.journal.flush()
    start = start_of(request_id)
    entry = records.by_start(cloud.store, start) if start else None
    return None if entry is None else _told(cloud, entry)


def why_last(cloud: Cloud, account: str | None = None) -> dict[str, Any] | None:
    """The explanation of the last call that was denied, None when none was."""
    cloud.journal.flush()
    failed = records.failed(cloud.store, account=account)
    entry = next((entry for entry in failed if _is_denied(entry)), None)
    return None if entry is None else _told(cloud, entry)


def start_of(given: str) -> str:
    """The start of a request's id that a text holds, as the journal spells it; empty when there is none."""
    text = given.lower()
    found = _UUID.search(text)
    if found is None and not _START.fullmatch(text.strip()):
        return ""
    return _dashed(found.group() if found is not None else text.strip())


def _dashed(text: str) -> str:
    digits = text.replace("-", "")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32])
    return "-".join(part for part in parts if part)


def _is_denied(entry: Entry) -> bool:
    """Whether IAM said no, or nobody was found whom it could have asked about."""
    decisions = decisions_of(entry)
    return any(not one.allowed for one in decisions) or (not decisions and (_refused(entry) is not None))


# ---- telling --------------------------------------------------------------------------------------------------------


def _told(cloud: Cloud, entry: Entry) -> dict[str, Any]:
    decisions = [retell(cloud.store, one) for one in decisions_of(entry)]
    children = [_related(cloud, other, entry) for other in _denied_for(cloud, entry)]
    return {
        "answer": _function_failed(cloud, entry) or _answer(entry, decisions, children),
        **_brief(entry),
        "region": entry.region,
        "account": entry.account,
        "access_key": entry.access_key,
        "signed": bool(entry.signed),
        "trace": entry.trace,
        "made_for": _made_for(cloud, entry),
        "decisions": decisions,
        "denied_for_it": children,
    }


def _brief(entry: Entry) -> dict[str, Any]:
    return {
        "request_id": entry.request_id,
        "started": entry.started,
        "service": entry.service,
        "operation": entry.operation,
        "title": entry.title,
        "asked": entry.asked,
        "principal": entry.principal,
        "status": entry.status,
        "error": entry.error,
    }


def _denied_for(cloud: Cloud, entry: Entry) -> list[Entry]:
    """The denied calls of the same trace: what services, stacks and functions did because of this call."""
    root = entry.trace.partition(";")[0]
    if not root.startswith("Root="):
        return []
    found = (one for one in records.failed_of_trace(cloud.store, root) if one.request_id != entry.request_id)
    if entry.parent:  # what was made for its siblings is not its own
        found = (one for one in found if one.parent == entry.request_id)
    return list(islice((one for one in found if _no_of(one)), _MOST_RELATED))


def _no_of(entry: Entry) -> bool:
    return any(not one.allowed for one in decisions_of(entry))


def _related(cloud: Cloud, entry: Entry, origin: Entry) -> dict[str, Any]:
    decision = next(one for one in decisions_of(entry) if not one.allowed)
    direct = entry.parent == origin.request_id
    return {**_brief(entry), "directly": direct, "answer": retell(cloud.store, decision)["answer"]}


def _made_for(cloud: Cloud, entry: Entry) -> dict[str, Any] | None:
    """The call that this one was made for: its parent, else the one that began the trace."""
    origin = records.by_start(cloud.store, entry.parent) if entry.parent else None
    own = _OWN_TRACE.match(entry.trace)
    if origin is None and own is not None:
        origin = records.by_start(cloud.store, _dashed(own.group(1)))
    return None if origin is None or origin.request_id == entry.request_id else _brief(origin)


# ---- the answer in a sentence ---------------------------------------------------------------------------------------


def _function_failed(cloud: Cloud, entry: Entry) -> str:
    """What a request at a door failed of, when it was a function behind it."""
    came = header.parse(entry.trace)
    if not entry.method or entry.status < 500 or came is None:
        return ""
    end = entry.started + entry.micros / 1e6 + _CLOSE
    ran = records.runs_of_trace(cloud.store, came.root, _MOST_RELATED)
    within = (run for run in reversed(ran) if entry.started - _CLOSE <= run.started <= end)
    failed = next((run for run in within if run.error), None)
    if failed is None:
        return ""
    said = ": ".join(part for part in (failed.error, failed.message[:_LONGEST]) if part)
    return f"{_call(entry)} was answered with {entry.status}, because the function {failed.name} failed: {said}"


def _answer(entry: Entry, decisions: list[dict[str, Any]], children: list[dict[str, Any]]) -> str:
    if not decisions:
        return _refused(entry) or _unasked(entry)
    needed = [one for one in decisions if one["needed"]]
    denied = next((one for one in decisions if not one["allowed"]), None)
    if denied is not None and (entry.status >= 400 or denied["needed"] or not needed):
        return f"{'' if entry.status >= 400 else 'partly '}{denied['answer']}"
    answer = str((needed or decisions)[-1]["answer"])
    if len(needed) > 1:
        answer = f"allowed: all {len(needed)} permissions that {_call(entry)} needs; the last: {answer}"
    if entry.status < 400:
        return answer if denied is None else f"{answer}; what it did not need was {denied['answer']}"
    if children:
        inside = children[0]["answer"]
        return f"failed with {entry.error}, though IAM allowed it, because a call that was made for it was {inside}"
    return f"failed with {entry.error}, though IAM allowed it: {answer.removeprefix('allowed: ')}"


def _call(entry: Entry) -> str:
    if entry.method:
        return f"{entry.title} of {entry.owner_name}"
    return f"{entry.service or '?'}:{entry.operation or '?'}"


_REFUSALS = (
    (("SignatureDoesNotMatch", "InvalidSignatureException"),
     "the signature is not the one that the secret key of {key} makes of this request"),
    (("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure", "InvalidToken"),
     "no active access key {key} is known, or the session token is not its own"),
    (("ExpiredToken", "ExpiredTokenException"), "the session of {key} has expired"),
    (("RequestExpired", "RequestTimeTooSkewed"), "the request was signed too long ago, or by a clock that is off"),
    (("MissingAuthenticationTokenException", "MissingAuthenticationToken"), "the request is not signed"),
)  # fmt: skip


def _refused(entry: Entry) -> str | None:
    """Why nobody asked IAM: the caller was not proved, or the operation has no permission to ask for."""
    if entry.status < 400:
        return None
    for codes, reason in _REFUSALS:
        if entry.error in codes and not entry.signed:
            return f"refused before IAM was asked: {reason.format(key=entry.access_key or '(none)')}"
    proved = entry.signed or entry.parent or not entry.operation  # before the operation is known nothing is proved
    if entry.access_key and not proved and entry.status in (400, 403):
        return f"refused before IAM was asked: the signature of {entry.access_key} was not accepted ({entry.error})"
    if not entry.error.startswith(("AccessDenied", "UnauthorizedOperation")) or entry.status not in (400, 403):
        return None
    if entry.operation and access.row(entry.service, entry.operation) is None:
        return f"denied: {_call(entry)} has no row in the access table, so every call of it is denied"
    return f"denied by {entry.service or 'the cloud'} itself, before or beside IAM's policies ({entry.error})"


def _unasked(entry: Entry) -> str:
    if entry.status == 501:
        what = _call(entry) if entry.operation else f"the service {entry.service or '?'}"
        return f"not built: Cloudarium does not have {what}, so nothing was decided"
    if entry.status >= 400 and entry.error:
        return f"failed with {entry.error} before IAM was asked about {_call(entry)}"
    if entry.status >= 400:  # a door answers for itself
        whose = entry.owner_name or _call(entry)
        return f"{entry.title} was answered with {entry.status} by {whose} itself; IAM was not asked"
    return f"allowed: {_call(entry)} needs no permission"
