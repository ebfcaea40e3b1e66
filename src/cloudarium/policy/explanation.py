"""Why a decision came out as it did: every policy that was considered, in AWS's order, statement by statement.

The engine stops at the first statement that settles a layer; this looks at all of them. Pure: the same question and
policies always give the same explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from cloudarium.policy.documents import BY_NAME, BY_ROLE, NO_MATCH, Document, Statement
from cloudarium.policy.engine import Decision, Policies, Question, Reason, Request, decide
from cloudarium.policy.grammar import listed
from cloudarium.policy.principal import Principal

RESOURCE_CONTROL = "resource control policies"
SERVICE_CONTROL = "service control policies"
ENDPOINT = "VPC endpoint policy"
RESOURCE = "resource-based policy"
TRUST = "role trust policy"
IDENTITY = "identity-based policies"
BOUNDARY = "permissions boundary"
SESSION = "session policies"


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One condition: what was wanted and what the request had (None: nothing); `holds` None when nobody looked."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    had: tuple[str, ...] | None
    holds: bool | None

    def __str__(self) -> str:
        if self.holds is None:
            return f"{self.key} was not looked at"
        had = ", ".join(self.had) if self.had else "not in the request"
        return f"{self.key} was {had}; {self.operator} {', '.join(self.wanted)} wanted"


@dataclass(frozen=True, slots=True)
class StatementView:
    """One statement: which of its parts match. `principal` None: it has none; any part None: nobody looked."""

    sid: str
    position: int
    allow: bool
    written: Mapping[str, Any]
    action: bool
    resource: bool | None
    principal: bool | None
    conditions: tuple[ConditionView, ...]

    @property
    def applies(self) -> bool | None:
        """Whether it is about this call; None when that was not looked at."""
        parts = (self.action, self.resource, self.principal is not False, *(one.holds for one in self.conditions))
        return False if False in parts else None if None in parts else True

    @property
    def missed(self) -> tuple[str, ...]:
        """The parts that do not match, as a sentence each."""
        found = [] if self.action else [f"{_said(self.written, 'Action')} is not about this action"]
        if self.resource is False:
            found.append(f"{_said(self.written, 'Resource')} is not about this resource")
        if self.principal is False:
            found.append(f"{_said(self.written, 'Principal')} is not this caller")
        return (*found, *(str(one) for one in self.conditions if one.holds is False))

    @property
    def nearly(self) -> bool:
        """Whether everything but one part matches."""
        return self.applies is False and len(self.missed) == 1

    @property
    def named(self) -> str:
        """Its Sid, or its place."""
        return f'statement "{self.sid}"' if self.sid else f"statement {self.position + 1}"


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One policy that was considered; `attached_to` is the user, group, role or resource that bears it."""

    name: str
    attached_to: str
    document: Document
    statements: tuple[StatementView, ...]

    @property
    def named(self) -> str:
        """Its name, and who bears it unless that is the same."""
        return named(self.name, self.attached_to)


@dataclass(frozen=True, slots=True)
class LayerView:
    """One step of AWS's order: `outcome` is "denies", "allows", "silent" or "none" (there is no such policy).

    Where it was not asked whether it allows (its denials always count), `spared` says why.
    """

    name: str
    level: int
    outcome: str
    spared: str
    policies: tuple[PolicyView, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, in a sentence and layer by layer; `decided_by` are the statements that decided."""

    decision: Decision
    sentence: str
    layers: tuple[LayerView, ...]
    decided_by: tuple[tuple[LayerView, PolicyView, StatementView], ...]


def explain(question: Question, policies: Policies, bearers: Sequence[str] = (), *, read: bool = True) -> Explanation:
    """Explain what the engine decides; `bearers` hold the identity policies, `read` False: no key was read then."""
    decision = decide(question, policies)
    request = Request(question, policies.boundary is not None)
    asked = _Asked(question, policies, question.action.lower(), request, tuple(bearers), read)
    layers = tuple(asked.layers())
    deciding = tuple(_deciding(layers, decision))
    return Explanation(decision, sentence(question, decision, deciding), layers, deciding)


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question
    policies: Policies
    action: str
    request: Request
    bearers: tuple[str, ...]
    read: bool

    def layers(self) -> Iterator[LayerView]:
        """The layers in AWS's order."""
        policies = self.policies
        document = policies.resource
        if policies.resource_control:
            yield self.layer(RESOURCE_CONTROL, policies.resource_control, "it only limits")
        if policies.endpoint is not None:
            yield self.layer(ENDPOINT, (policies.endpoint,), "")
        for level, documents in enumerate(policies.service_control, 1):
            yield self.layer(SERVICE_CONTROL, documents, self._unlimited(), level=level)
        name = TRUST if document is not None and document.kind == "trust" else RESOURCE
        yield self.layer(name, () if document is None else (document,), "")
        yield self.layer(IDENTITY, policies.identity, self._identity_spared(), self.bearers)
        beyond = self._spared()
        root = "it does not limit root" if self.question.principal.kind == "root" else ""
        yield self.layer(BOUNDARY, () if policies.boundary is None else (policies.boundary,), root or beyond)
        if policies.session is not None:
            yield self.layer(SESSION, policies.session, beyond)

    def layer(
        self, name: str, documents: Sequence[Document], spared: str, bearers: Sequence[str] = (), level: int = 0
    ) -> LayerView:
        """One layer with its policies."""
        holders = bearers if len(bearers) == len(documents) else [""] * len(documents)
        shown = tuple(self.policy(document, holder) for document, holder in zip(documents, holders, strict=True))
        applying = {one.allow for policy in shown for one in policy.statements if one.applies}
        outcome = "denies" if False in applying else "allows" if True in applying else "silent" if shown else "none"
        return LayerView(name, level, outcome, spared, shown)

    def policy(self, document: Document, holder: str) -> PolicyView:
        """One policy, statement by statement."""
        views = tuple(self.statement(statement) for statement in document.statements)
        return PolicyView(document.name, holder, document, views)

    def statement(self, statement: Statement) -> StatementView:
        """One statement, part by part."""
        written = orjson.loads(statement.ref.text)
        principal = None
        if statement.principals is not None:
            principal = statement.principals.match(self.request.principal, self.request.bounded) != NO_MATCH
        return StatementView(
            statement.ref.sid,
            statement.index,
            statement.allow,
            written,
            statement.speaks_of(self.action),
            self.on_resource(statement),
            principal,
            tuple(self.conditions(statement, written)),
        )

    def on_resource(self, statement: Statement) -> bool | None:
        """Whether its Resource is about ours; None when that hangs on variables that nobody read."""
        found = statement.on_resource(self.request) is not statement.inverted_resources
        unknown = not self.read and bool(statement.templates) and found is statement.inverted_resources
        return None if unknown else found

    def conditions(self, statement: Statement, written: Mapping[str, Any]) -> Iterator[ConditionView]:
        """Its conditions, in the order in which they are written."""
        pairs = [(operator, key, value) for operator, keys in written.get("Condition", {}).items()
                 for key, value in keys.items()]  # fmt: skip
        for (operator, key, value), condition in zip(pairs, statement.conditions, strict=True):
            wanted = tuple(map(_text, listed(value)))
            if not self.read:
                yield ConditionView(operator, key, wanted, None, None)
                continue
            had = self.request.values(condition.key)
            yield ConditionView(
                operator, key, wanted, None if had is None else tuple(had), condition.holds(self.request)
            )

    # ---- who is asked ----

    def _unlimited(self) -> str:
        kind = self.question.principal.kind
        return f"it does not limit {_KINDS[kind]}" if kind in ("service", "anonymous") else ""

    def _spared(self) -> str:
        """Why identity and limits were not asked: a grant by the resource's policy that needs no other."""
        if self._unlimited():
            return f"{_KINDS[self.question.principal.kind]} has none of its own"
        question = self.question
        if question.resource_account and question.resource_account != question.principal.account:
            return ""
        return "the resource-based policy names the caller" if self._strength() == BY_NAME else ""

    def _identity_spared(self) -> str:
        if self.question.principal.kind == "root":
            return "root needs none"
        spared = self._spared()
        question = self.question
        within = not question.resource_account or question.resource_account == question.principal.account
        if not spared and within and self._strength() == BY_ROLE:
            return "the resource-based policy names the caller's role"
        return spared

    def _strength(self) -> int:
        document = self.policies.resource
        allows = document.about(self.action)[0] if document is not None else ()
        return max((statement.applies(self.request) for statement in allows), default=NO_MATCH)


def _deciding(layers: Sequence[LayerView], decision: Decision) -> Iterator[tuple[LayerView, PolicyView, StatementView]]:
    """Where the deciding statements stand; one that stands in several places is named once."""
    for ref in decision.deciding:
        places = (
            (layer, policy, policy.statements[ref.position])
            for layer in layers
            for policy in layer.policies
            if policy.name == ref.policy and policy.document.kind == ref.kind and ref.position < len(policy.statements)
            and policy.document.statements[ref.position].ref == ref
        )  # fmt: skip
        found = next(places, None)
        if found is not None:
            yield found


# ---- words ----------------------------------------------------------------------------------------------------------

_KINDS = {"service": "a service", "anonymous": "an unsigned request"}

_SILENT = {
    Reason.NO_IDENTITY: "no identity-based policy allows it",
    Reason.NO_RESOURCE: "no resource-based policy allows it",
    Reason.NO_TRUST: "no role trust policy allows it",
    Reason.NO_BOUNDARY: "the permissions boundary does not allow it",
    Reason.NO_SESSION: "no session policy allows it",
    Reason.NO_SERVICE_CONTROL: "no service control policy allows it",
    Reason.NO_ENDPOINT: "the policy of the VPC endpoint does not allow it",
}


def caller(principal: Principal) -> str:
    """A principal in words."""
    kind, name = principal.kind, principal.name
    if kind == "role":
        return f"role {principal.role_arn.rpartition('/')[2]} (session {name})"
    if kind == "root":
        return f"the root of account {principal.account}"
    if kind == "anonymous":
        return "an unsigned request"
    return f"{ {'federated': 'federated user'}.get(kind, kind) } {name or principal.arn}"


def sentence(
    question: Question, decision: Decision, deciding: Sequence[tuple[LayerView, PolicyView, StatementView]]
) -> str:
    """The answer in one sentence."""
    on = f" on {question.resource}" if question.resource not in ("", "*") else ""
    may = "may" if decision.allowed else "may not"
    start = f"{'allowed' if decision.allowed else 'denied'}: {caller(question.principal)} {may} {question.action}{on}"
    if decision.reason is Reason.ROOT:
        return f"{start}: root is not limited by IAM policies"
    if decision.reason in _SILENT:
        return f"{start} because {_SILENT[decision.reason]}"
    by = " and ".join(f"{one.named} of {NOUNS[layer.name]} {policy.named}"
                      for layer, policy, one in deciding)  # fmt: skip
    verb = "denies it" if not decision.allowed else "allows it" if len(deciding) < 2 else "allow it"
    return f"{start} because {by or 'a policy'} {verb}"


NOUNS = {
    RESOURCE_CONTROL: "the resource control policy",
    SERVICE_CONTROL: "the service control policy",
    ENDPOINT: "the policy of VPC endpoint",
    RESOURCE: "the resource-based policy of",
    TRUST: "the role trust policy of",
    IDENTITY: "the identity-based policy",
    BOUNDARY: "the permissions boundary",
    SESSION: "the",
}


def named(name: str, attached_to: str) -> str:
    """A policy's name in a sentence, with who bears it unless that is the same."""
    return f"{name}, attached to {attached_to}," if attached_to not in ("", name) else name


def _said(written: Mapping[str, Any], element: str) -> str:
    name = element if element in written else f"Not{element}"
    value = written.get(name)
    text = ", ".join(map(_text, listed(value))) if isinstance(value, (str, list)) else orjson.dumps(value).decode()
    return f"{name} {text}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
