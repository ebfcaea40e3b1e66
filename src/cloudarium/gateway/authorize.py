"""Step 4, authorize: may this principal do this? Asked before validation, as on AWS, and failing closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.gateway.context import RequestContext, resources_of
from cloudarium.gateway.operation import Need
from cloudarium.policy import access
from cloudarium.policy.documents import Document, MalformedPolicy, compile_document
from cloudarium.policy.engine import Decision, Policies, Question, session_documents
from cloudarium.policy.engine import decide as ask_engine
from cloudarium.policy.principal import Principal
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
    for need in _needs(call, row.actions):
        require(call, need.action, need.resource, need.context)


def require(call: Call, action: str, resource: str, context: Mapping[str, Any]) -> None:
    """Raise AccessDenied unless this permission is granted; the decision is kept on the call."""
    decision = decide(call, action, resource, context)
    call.decisions.append((action, resource, decision))
    call.decision = decision
    if not decision.allowed:
        raise AccessDenied(decision.message)


def _needs(call: Call, actions: tuple[str, ...]) -> Iterator[Need]:
    assert call.handler is not None
    if call.handler.on is None:
        for action in actions:
            yield Need(action, "*")
        return
    touched = call.handler.on(call)
    for item in (touched,) if isinstance(touched, (str, Need)) else touched:
        if isinstance(item, Need):
            yield item
        else:
            for action in actions:
                yield Need(action, item)


def decide(call: Call, action: str, resource: str, context: Mapping[str, Any]) -> Decision:
    """The policy engine's answer for this call's principal; changes and raises nothing."""
    try:
        return _decided(call, action, resource, context)
    except MalformedPolicy as error:  # a policy that cannot be read allows nothing
        raise AccessDenied(f"A policy that speaks on {action} cannot be read: {error}") from error


def _decided(call: Call, action: str, resource: str, context: Mapping[str, Any]) -> Decision:
    principal = call.principal
    required, document, owner = _resource_side(call, action, resource)
    identity = call.cloud.directory.policies_of(principal)
    known = call.cloud.decided.get((id(principal), action, resource))
    if known is not None and known.speaks_of(principal, identity, document, owner or call.account):
        return known.decision
    policies = Policies(
        identity=_compiled(identity.identity) if identity is not None else (),
        boundary=_one(identity.boundary) if identity is not None and identity.boundary else None,
        session=session_documents(principal),
        resource=document,
    )
    account = owner or call.account
    keys = RequestContext(call, action, resource, account, context)
    question = Question(
        principal,
        action,
        resource,
        keys,
        resource_account=account,
        resource_policy_required=required,
    )
    decision = ask_engine(question, policies)
    if not keys.asked and call.request is not None:  # a room's own principal is made anew for each call
        _remember(call, Known(principal, identity, document, question.resource_account, decision), action, resource)
    return decision


class Known(NamedTuple):
    """A decision for which no condition was read: it holds for these very objects, whatever the request."""

    principal: Principal
    identity: Any
    document: Document | None
    account: str
    decision: Decision

    def speaks_of(self, principal: Principal, identity: Any, document: Document | None, account: str) -> bool:
        """Whether nothing has changed: a change of policies or principals makes new objects."""
        same = self.principal is principal and self.identity is identity and self.document is document
        return same and self.account == account


_MOST_KNOWN = 10_000


def _remember(call: Call, known: Known, action: str, resource: str) -> None:
    decided = call.cloud.decided
    if len(decided) >= _MOST_KNOWN:
        decided.clear()
    decided[id(known.principal), action, resource] = known


def _resource_side(call: Call, action: str, resource: str) -> tuple[bool, Document | None, str]:
    """Whether the resource's policy must allow, that policy, and the account that owns the resource."""
    arn = arns.parse(resource)
    if arn is None:
        return False, None, ""
    owner = arn.account
    module = resources_of(call, arn.service)
    if module is None:
        return False, None, owner
    text = module.resource_policy(call, resource) if hasattr(module, "resource_policy") else None
    required = action in getattr(module, "POLICY_REQUIRED", ())
    if hasattr(module, "owner"):
        owner = module.owner(call, resource) or owner
    kind = getattr(module, "POLICY_KIND", "resource")
    return required, compile_document(text, resource, kind) if text else None, owner


def _compiled(policies: tuple[tuple[str, str], ...]) -> tuple[Document, ...]:
    return tuple(compile_document(text, name) for name, text in policies)


def _one(policy: tuple[str, str]) -> Document:
    return compile_document(policy[1], policy[0])
