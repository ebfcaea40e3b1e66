"""Step 4, authorize: may this principal do this? Asked before validation, as on AWS, and failing closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.gateway.context import RequestContext, resources_of
from cloudarium.gateway.operation import Need
from cloudarium.policy import access
from cloudarium.policy.documents import Document, MalformedPolicy, compile_document
from cloudarium.policy.engine import Policies, Question, session_documents
from cloudarium.policy.engine import decide as ask_engine
from cloudarium.policy.principal import LINKED_ROLE, Principal
from cloudarium.policy.ruling import Ruling, documents_of
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AccessDenied, NotBuilt


class Unlisted(AccessDenied):
    """The operation has no row in the access table, so nobody can know who may call it."""

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(f"{service}:{operation} has no row in the access table, so every call of it is denied.")


def authorize(call: Call) -> None:
    """Raise AccessDenied unless every permission that the call needs is granted; keep the decisions on the call.

    Raises NotBuilt for an operation that the room does not have: whoever may not even sign never learns that.
    """
    if call.handler is None:
        raise NotBuilt(f"{call.service}:{call.operation_name}")
    row = access.row(call.service, call.operation_name)
    if row is None:
        raise Unlisted(call.service, call.operation_name)
    touched = call.handler.on(call) if call.handler.on is not None else "*"
    if isinstance(touched, str) and len(row.actions) == 1:  # what most calls need
        require(call, row.actions[0], touched, {})
        return
    for need in _needs(touched, row.actions):
        require(call, need.action, need.resource, need.context)


def require(call: Call, action: str, resource: str, context: Mapping[str, Any]) -> None:
    """Raise AccessDenied unless this permission is granted; the decision is kept on the call."""
    ruling = rule(call, action, resource, context)
    call.decisions.append(ruling)
    decision = call.decision = ruling.decision
    if not decision.allowed:
        raise AccessDenied(_in_the_rooms_words(call, action, resource, decision.message))


def _in_the_rooms_words(call: Call, action: str, resource: str, message: str) -> str:
    """The denial as the service says it, by its resources.py.

    `said(call, action, resource)` may name the resource otherwise, `denial(call, message)` words the whole.
    """
    module = call.room.module("resources") if call.room is not None else None
    said, denial = getattr(module, "said", None), getattr(module, "denial", None)
    words = said(call, action, resource) if said is not None else None
    if words:
        message = message.replace(f" on resource: {resource} ", f" on resource: {words} ", 1)
    return denial(call, message) if denial is not None else message


def _needs(touched: str | Need | Sequence[str | Need], actions: tuple[str, ...]) -> Iterator[Need]:
    for item in (touched,) if isinstance(touched, (str, Need)) else touched:
        if isinstance(item, Need):
            yield item
        else:
            for action in actions:
                yield Need(action, item)


def rule(call: Call, action: str, resource: str, context: Mapping[str, Any]) -> Ruling:
    """The policy engine's answer for this call's principal, with what it rests on; changes nothing."""
    try:
        return _decided(call, action, resource, context)
    except MalformedPolicy as error:  # a policy that cannot be read allows nothing
        raise AccessDenied(f"A policy that speaks on {action} cannot be read: {error}") from error


def _decided(call: Call, action: str, resource: str, context: Mapping[str, Any]) -> Ruling:
    principal, cloud = call.principal, call.cloud
    passage = call.request.passage if call.request is not None else None
    by = passage if passage is not None and passage.policy else None
    place = (id(principal), action, resource, call.operation_name, call.account)
    known = cloud.decided.get(place) if by is None else None
    if known is not None and known.principal is principal and known.version == _version(call, known.topic):
        return known.ruling
    side = _resource_side(call, action, resource)
    identity = cloud.directory.policies_of(principal)
    version = _version(call, side.topic or "")
    account = side.owner or call.account
    policies = Policies(
        identity=_compiled(identity.identity) if identity is not None else (),
        boundary=_one(identity.boundary) if identity is not None and identity.boundary else None,
        session=session_documents(principal),
        resource=side.document,
        service_control=_service_control(principal, identity),
        resource_control=_resource_control(call, action, account),
        endpoint=compile_document(by.policy, by.endpoint, "endpoint") if by is not None else None,
    )
    keys = RequestContext(call, action, resource, account, context)
    question = Question(
        principal,
        action,
        resource,
        keys,
        resource_account=account,
        resource_policy_required=side.required,
    )
    decision = ask_engine(question, policies)
    if not decision.allowed and any(one.keys for one in documents_of(policies)):
        keys.gather()  # what would have allowed it may hang on keys that the engine did not come to read
    ruling = Ruling(question, policies, identity.bearers if identity is not None else (), decision, keys.read)
    # A room's own principal is made anew for each call, so nothing would be found again for it.
    if keys.read is None and call.request is not None and side.topic is not None and by is None:
        if len(cloud.decided) >= _MOST_KNOWN:
            cloud.decided.clear()
        cloud.decided[place] = Known(principal, side.topic, version, ruling)
    return ruling


class Known(NamedTuple):
    """A decision for which no condition was read: it holds for this very principal, whatever the request.

    A change of principals or of their policies changes the version of "identity"; a change of resources' owners and
    policies that of `topic`.
    """

    principal: Principal
    topic: str
    version: int
    ruling: Ruling


def _version(call: Call, topic: str) -> int:
    return call.cloud.store.versions("identity", topic)


_MOST_KNOWN = 10_000


class Side(NamedTuple):
    """The resource's side of a question: must its policy allow, that policy, its owner, until which topic changes."""

    required: bool = False
    document: Document | None = None
    owner: str = ""
    topic: str | None = ""  # None: nobody says when the answer changes


def _resource_side(call: Call, action: str, resource: str) -> Side:
    """What the room that owns the resource says of it, by the names in its resources.py.

    `resource_policy(call, arn)`, `policy_holder(arn)` where that speaks on more than what bears it, `owner(call, arn)`
    where the ARN does not tell, `POLICY_REQUIRED`, the actions that nothing else can allow (`policy_required(call,
    action, arn)` where that depends on the resource), `POLICY_KIND`, and `POLICY_TOPIC`: the store's topic whose change
    may change the answers.
    """
    arn = arns.parse(resource)
    module = resources_of(call, arn.service) if arn is not None else None
    if arn is None or module is None:
        return Side(owner=arn.account if arn is not None else "")
    policy_of, owner_of = getattr(module, "resource_policy", None), getattr(module, "owner", None)
    text = policy_of(call, resource) if policy_of is not None else None
    owner = owner_of(call, resource) if owner_of is not None else None
    holder_of = getattr(module, "policy_holder", None)
    kind = getattr(module, "POLICY_KIND", "resource")
    required = getattr(module, "policy_required", None)
    return Side(
        action in getattr(module, "POLICY_REQUIRED", ()) if required is None else required(call, action, resource),
        compile_document(text, holder_of(resource) if holder_of is not None else resource, kind) if text else None,
        owner or arn.account,
        getattr(module, "POLICY_TOPIC", "" if policy_of is None else None),
    )


def _is_the_cloud(principal: Principal) -> bool:
    """Whether the cloud itself acts: as a root without a key."""
    return principal.kind == "root" and not principal.access_key_id


def _service_control(principal: Principal, identity: Any) -> Sequence[Sequence[Document]]:
    """What the principal's organisation allows; nothing limits the cloud itself."""
    if identity is None or not identity.service_control or _is_the_cloud(principal):
        return ()
    return [
        [compile_document(text, name, "service control") for name, text in level] for level in identity.service_control
    ]


def _resource_control(call: Call, action: str, account: str) -> Sequence[Document]:
    """What the organisation of the resource's account denies, as far as such policies reach the action's service."""
    found = call.cloud.directory.resource_control(account)
    principal = call.principal
    if not found or not access.resource_controlled(action):
        return ()
    if LINKED_ROLE in principal.role_arn or _is_the_cloud(principal):
        return ()
    return [compile_document(text, name, "resource control") for name, text in found]


def _compiled(policies: tuple[tuple[str, str], ...]) -> tuple[Document, ...]:
    return tuple(compile_document(text, name) for name, text in policies)


def _one(policy: tuple[str, str]) -> Document:
    return compile_document(policy[1], policy[0])
