"""The decision: may this principal do this action on that resource, and which statements say so.

AWS's order (IAM User Guide, "Policy evaluation logic"): an explicit deny anywhere wins; then the policy of the VPC
endpoint that the request came by, service control policies, the resource's policy, the identity's policies, the
permissions boundary and the session policies each must, or may, allow. Which of them are asked depends on who calls and
on whose account owns the resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from cloudarium.policy import conditions
from cloudarium.policy.documents import BY_NAME, BY_ROLE, NO_MATCH, Document, StatementRef, compile_document
from cloudarium.policy.principal import ContextValue, Principal, context_of

# S3 alone writes the resource of a denial in quotes. Where the action has no resource most services write none; some
# write the star.
_QUOTED_RESOURCES = ("s3:",)
_STARRED_RESOURCES = ("lambda:", "dynamodb:", "iam:")
_NO_RESOURCES = ("", "*", "arn:aws:s3:::*")
# S3 explains a denial to the bucket's own account alone.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
_SILENT_ABROAD = ("s3:",)
# KMS tells nobody of another account whether a key exists.
# Source: a denial in https://github.com/onnela-lab/beiwe-backend/issues/363
_VAGUE_ABROAD = ("kms:",)
_VAGUE = (
    "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based "
    "policy explicitly denies access"
)


class Reason(StrEnum):
    """Why a decision came out as it did."""

    ROOT = "allowed: root of the account"
    IDENTITY = "allowed: identity-based policy"
    RESOURCE = "allowed: resource-based policy"
    BOTH = "allowed: identity-based and resource-based policy"
    EXPLICIT_DENY = "denied: explicit deny"
    NO_IDENTITY = "denied: no identity-based policy allows"
    NO_RESOURCE = "denied: no resource-based policy allows"
    NO_TRUST = "denied: no role trust policy allows"
    NO_BOUNDARY = "denied: no permissions boundary allows"
    NO_SESSION = "denied: no session policy allows"
    NO_SERVICE_CONTROL = "denied: no service control policy allows"
    NO_ENDPOINT = "denied: no VPC endpoint policy allows"


@dataclass(frozen=True, slots=True)
class Question:
    """May `principal` do `action` on `resource`, which belongs to `resource_account`?

    `context` holds the request's condition keys; those of the principal are added here. An empty `resource_account`
    means the principal's own. `resource_policy_required`: the resource's policy must allow even inside the account
    (a role's trust policy, a KMS key's policy).
    """

    principal: Principal
    action: str
    resource: str = "*"
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    resource_account: str = ""
    resource_policy_required: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """The compiled policies that speak on a question; `session` None: no session policy was passed.

    `service_control` has one sequence of documents for each level of the organisation above the caller's account, root
    first; `resource_control` are the denials that the organisation of the resource's account attached above that.
    `endpoint` limits whoever calls by way of a VPC endpoint, root and the unsigned too.
    """

    identity: Sequence[Document] = ()
    boundary: Document | None = None
    session: Sequence[Document] | None = None
    resource: Document | None = None
    service_control: Sequence[Sequence[Document]] = ()
    resource_control: Sequence[Document] = ()
    endpoint: Document | None = None


class Decision(NamedTuple):
    """The answer, the statements that decided it, and AWS's sentence for a denial ("" when allowed)."""

    allowed: bool
    reason: Reason
    deciding: tuple[StatementRef, ...]
    message: str


class Request:
    """A question as statements see it; the condition keys are gathered when the first one is asked for."""

    __slots__ = ("_context", "_keys", "bounded", "principal", "resource")

    def __init__(self, question: Question, bounded: bool = False) -> None:
        self.bounded = bounded
        self.principal = question.principal
        self.resource = question.resource
        self._context = question.context
        self._keys: dict[str, ContextValue] | None = None

    def _all(self) -> dict[str, ContextValue]:
        keys = context_of(self.principal)
        for key, value in self._context.items():
            keys[key.lower()] = value
        self._keys = keys
        return keys

    def values(self, key: str) -> Sequence[str] | None:
        """All values of a key (lower case), None when the request does not have it."""
        keys = self._keys
        if keys is None:
            keys = self._all()
        value = keys.get(key)
        return None if value is None else conditions.texts(value)

    def single(self, key: str) -> str | None:
        """The value of a single-valued key (lower case), None when absent or many-valued."""
        values = self.values(key)
        return values[0] if values and len(values) == 1 else None


# ---- asking one layer -----------------------------------------------------------------------------------------------


def _allow(layer: Sequence[Document], action: str, request: Request) -> StatementRef | None:
    return _first(layer, 0, action, request)


def _deny(layer: Sequence[Document], action: str, request: Request) -> StatementRef | None:
    return _first(layer, 1, action, request)


def _first(layer: Sequence[Document], side: int, action: str, request: Request) -> StatementRef | None:
    """The first statement of a layer that applies; `side` 0 are those that allow, 1 those that deny."""
    for document in layer:
        for statement in document.about(action)[side]:
            if statement.applies(request):
                return statement.ref
    return None


def _granted(document: Document | None, action: str, request: Request) -> tuple[int, StatementRef | None]:
    """The strongest grant of a resource's policy."""
    best, by = NO_MATCH, None
    if document is not None:
        for statement in document.about(action)[0]:
            strength = statement.applies(request)
            if strength > best:
                best, by = strength, statement.ref
                if best == BY_NAME:
                    break
    return best, by


# ---- the decision ---------------------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """One question on its way through the layers."""

    question: Question
    policies: Policies
    action: str
    request: Request

    def denied(self, reason: Reason, why: str) -> Decision:
        message = _message(self.question, f"because {why} allows the {self.question.action} action")
        return Decision(False, reason, (), message)

    def forbidden(self, ref: StatementRef, named: str) -> Decision:
        message = _message(self.question, f"with an explicit deny in {named}")
        return Decision(False, Reason.EXPLICIT_DENY, (ref,), message)

    def limits(self) -> Decision | tuple[StatementRef, ...]:
        """The permissions boundary and the session policies: the statements that allow, or the denial."""
        by: list[StatementRef] = []
        policies = self.policies
        if policies.boundary is not None and self.question.principal.kind != "root":
            ref = _allow((policies.boundary,), self.action, self.request)
            if ref is None:
                return self.denied(Reason.NO_BOUNDARY, "no permissions boundary")
            by.append(ref)
        if policies.session is not None:
            ref = _allow(policies.session, self.action, self.request)
            if ref is None:
                return self.denied(Reason.NO_SESSION, "no session policy")
            by.append(ref)
        return tuple(by)


def decide(question: Question, policies: Policies) -> Decision:
    """Decide a question; everything that is not allowed is denied."""
    asked = _Asked(question, policies, question.action.lower(), Request(question, policies.boundary is not None))
    explicit = _explicit_deny(asked)
    if explicit is not None:
        return explicit
    if policies.endpoint is not None and _allow((policies.endpoint,), asked.action, asked.request) is None:
        return asked.denied(Reason.NO_ENDPOINT, "no VPC endpoint policy")
    kind = question.principal.kind
    if kind in ("service", "anonymous"):
        return _by_resource_alone(asked)
    for level in policies.service_control:
        if _allow(level, asked.action, asked.request) is None:
            return asked.denied(Reason.NO_SERVICE_CONTROL, "no service control policy")
    if question.resource_account and question.resource_account != question.principal.account:
        return _across_accounts(asked)
    return _within_account(asked)


def _explicit_deny(asked: _Asked) -> Decision | None:
    """The first statement that forbids it; a service has no policies of its own that could."""
    question, policies, action, request = asked
    if policies.resource_control and (ref := _deny(policies.resource_control, action, request)) is not None:
        return asked.forbidden(ref, "a resource control policy")
    if policies.endpoint is not None and (ref := _deny((policies.endpoint,), action, request)) is not None:
        return asked.forbidden(ref, "a VPC endpoint policy")
    if question.principal.kind != "service":
        for level in policies.service_control:
            if (ref := _deny(level, action, request)) is not None:
                return asked.forbidden(ref, "a service control policy")
        if policies.identity and (ref := _deny(policies.identity, action, request)) is not None:
            return asked.forbidden(ref, "an identity-based policy")
        if policies.boundary is not None and (ref := _deny((policies.boundary,), action, request)) is not None:
            return asked.forbidden(ref, "a permissions boundary")
        if policies.session and (ref := _deny(policies.session, action, request)) is not None:
            return asked.forbidden(ref, "a session policy")
    document = policies.resource
    if document is not None and (ref := _deny((document,), action, request)) is not None:
        if _is_vague(asked.question):
            return Decision(False, Reason.EXPLICIT_DENY, (ref,), _message(asked.question, _VAGUE))
        return asked.forbidden(ref, "the role trust policy" if document.kind == "trust" else "a resource-based policy")
    return None


def _no_resource(asked: _Asked) -> Decision:
    document = asked.policies.resource
    if document is not None and document.kind == "trust":
        return asked.denied(Reason.NO_TRUST, "no role trust policy")
    if _is_vague(asked.question):
        return Decision(False, Reason.NO_RESOURCE, (), _message(asked.question, _VAGUE))
    return asked.denied(Reason.NO_RESOURCE, "no resource-based policy")


def _by_resource_alone(asked: _Asked) -> Decision:
    """A service or an anonymous caller has no identity policies: only the resource's policy can let it in."""
    strength, ref = _granted(asked.policies.resource, asked.action, asked.request)
    if ref is None or not strength:
        return _no_resource(asked)
    return Decision(True, Reason.RESOURCE, (ref,), "")


def _identity(asked: _Asked) -> StatementRef | None | bool:
    """The identity side: True for a root, else the statement that allows, or None."""
    if asked.question.principal.kind == "root":
        return True
    return _allow(asked.policies.identity, asked.action, asked.request)


def _across_accounts(asked: _Asked) -> Decision:
    """Both sides must allow: the caller's account by its policies, the resource's account by the resource's policy."""
    identity = _identity(asked)
    if identity is None:
        return asked.denied(Reason.NO_IDENTITY, "no identity-based policy")
    limits = asked.limits()
    if isinstance(limits, Decision):
        return limits
    strength, ref = _granted(asked.policies.resource, asked.action, asked.request)
    if ref is None or not strength:
        return _no_resource(asked)
    own = () if isinstance(identity, bool) else (identity,)
    return Decision(True, Reason.BOTH, (*own, ref, *limits), "")


def _within_account(asked: _Asked) -> Decision:
    """Either side may allow, but how the resource's policy names the caller decides what still limits the grant."""
    strength, ref = _granted(asked.policies.resource, asked.action, asked.request)
    if ref is not None and strength == BY_NAME:
        return Decision(True, Reason.RESOURCE, (ref,), "")
    if asked.question.resource_policy_required and not strength:
        return _no_resource(asked)
    if ref is not None and strength == BY_ROLE:
        limits = asked.limits()
        return limits if isinstance(limits, Decision) else Decision(True, Reason.RESOURCE, (ref, *limits), "")
    identity = _identity(asked)
    if identity is None:
        return asked.denied(Reason.NO_IDENTITY, "no identity-based policy")
    limits = asked.limits()
    if isinstance(limits, Decision):
        return limits
    if isinstance(identity, bool):
        return Decision(True, Reason.ROOT, limits, "")
    return Decision(True, Reason.IDENTITY, (identity, *limits), "")


# ---- words ----------------------------------------------------------------------------------------------------------


def _is_vague(question: Question) -> bool:
    """Whether the caller may not learn what the other account's policy says, nor whether there is one."""
    abroad = question.resource_account not in ("", question.principal.account)
    return abroad and question.action.lower().startswith(_VAGUE_ABROAD)


def _message(question: Question, because: str) -> str:
    """AWS's sentence for a denial; the resource is left out when the action has none."""
    action, resource = question.action, question.resource
    if question.resource_account not in ("", question.principal.account):
        if action.lower().startswith(_SILENT_ABROAD):
            return "Access Denied"
        if action.lower() == "iam:passrole":
            return "Cross-account pass role is not allowed."
    where = ""
    if resource not in _NO_RESOURCES or action.lower().startswith(_STARRED_RESOURCES):
        quoted = f'"{resource}"' if action.lower().startswith(_QUOTED_RESOURCES) else resource or "*"
        where = f" on resource: {quoted}"
    return f"User: {question.principal.arn} is not authorized to perform: {action}{where} {because}"


def session_documents(principal: Principal) -> tuple[Document, ...] | None:
    """The session policies of a principal, compiled; None when nothing limits the session.

    A federated user without session policies has an empty tuple: AWS then grants it nothing by its user's policies.
    """
    if not principal.session_policies:
        return () if principal.kind == "federated" else None
    return tuple(compile_document(text, "session policy", "session") for text in principal.session_policies)
