"""The smallest change of policies that would have allowed what was denied, found and proved by the engine itself.

One step after the other: what the engine says next stands in the way is added, or excepted from its Deny, and the
engine is asked again, until it allows. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from cloudarium.policy import grammar
from cloudarium.policy.documents import NO_MATCH, Document, StatementRef
from cloudarium.policy.engine import Decision, Policies, Question, Reason, Request, decide
from cloudarium.policy.explanation import (
    BOUNDARY,
    ENDPOINT,
    IDENTITY,
    NOUNS,
    RESOURCE,
    RESOURCE_CONTROL,
    SERVICE_CONTROL,
    SESSION,
    TRUST,
    named,
)

_MOST_STEPS = 100
_NEW = "2012-10-17"

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one policy.

    `do` is "add" (the `statement`, to a policy of `to`), "except" (`statement` takes the place of the Deny
    `instead_of`) or "remove" (the Deny goes). `attached_to` bears an identity policy that is to be changed. `or_else`
    are other changes of a Deny that would do as well.
    """

    do: str
    layer: str
    to: str
    sentence: str
    statement: Statement | None = None
    instead_of: Statement | None = None
    attached_to: str = ""
    or_else: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Remedy:
    """The changes, in the order of AWS's evaluation; `allows` is the engine's word, `left` what no change can do."""

    changes: tuple[Change, ...]
    allows: bool
    left: str = ""


def remedy(
    question: Question, policies: Policies, bearers: Sequence[str] = (), *, holder: str = "", speaks: bool = True
) -> Remedy:
    """What would allow the question; `bearers` hold the identity policies.

    `holder` is the resource that bears the resource-based policy (empty: the question's), `speaks` False: resources of
    this kind have no policy.
    """
    changes: list[Change] = []
    for _ in range(_MOST_STEPS):
        decision = decide(question, policies)
        if decision.allowed:
            return Remedy(tuple(changes), True)
        asked = _Asked(question, policies, tuple(bearers), holder or question.resource, speaks)
        step = asked.excepted(decision.deciding[0]) if decision.deciding else asked.added(decision)
        if isinstance(step, str):
            return Remedy(tuple(changes), False, step)
        change, policies = step
        if change.do == "add" and change in changes:
            return Remedy(tuple(changes), False, "No statement names exactly this resource.")
        changes.append(change)
    return Remedy(tuple(changes), False, "Too many policies stand in the way.")


Step = tuple[Change, Policies]


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question
    policies: Policies
    bearers: tuple[str, ...]
    holder: str
    speaks: bool

    # ---- nobody allows: add ----

    def added(self, decision: Decision) -> Step | str:
        """The statement that the layer which is silent lacks."""
        reason, policies = decision.reason, self.policies
        if reason in (Reason.NO_RESOURCE, Reason.NO_TRUST):
            return self._added_to_resource()
        if reason is Reason.NO_ENDPOINT and policies.endpoint is not None:
            to = policies.endpoint.name
            statement = _statement(self.question, _principal_element(self.question), among=policies.endpoint)
            change = _add(ENDPOINT, to, f"Add this statement to {NOUNS[ENDPOINT]} {to}", statement)
            return change, replace(policies, endpoint=_with(policies.endpoint, statement))
        statement = _statement(self.question)
        document = _document([statement])
        if reason is Reason.NO_IDENTITY:
            to = self.question.principal.role_arn or self.question.principal.arn
            change = _add(IDENTITY, to, f"Add this statement to an identity-based policy of {to}", statement)
            return change, replace(policies, identity=(*policies.identity, document))
        if reason is Reason.NO_BOUNDARY and policies.boundary is not None:
            to = policies.boundary.name
            statement = _statement(self.question, among=policies.boundary)
            change = _add(BOUNDARY, to, f"Add this statement to {NOUNS[BOUNDARY]} {to}", statement)
            return change, replace(policies, boundary=_with(policies.boundary, statement))
        if reason is Reason.NO_SESSION:
            to = self.question.principal.arn
            change = _add(SESSION, to, "Make the session with a session policy that has this statement", statement)
            return change, replace(policies, session=(*(policies.session or ()), document))
        return self._added_to_level(statement, document)

    def _added_to_level(self, statement: Statement, document: Document) -> Step | str:
        levels = list(self.policies.service_control)
        request = Request(self.question, self.policies.boundary is not None)
        for place, level in enumerate(levels):
            speaking = (each for one in level for each in one.about(self.question.action.lower())[0])
            if not any(each.applies(request) for each in speaking):
                to = f"level {place + 1} of the organisation"
                levels[place] = (*level, document)
                change = _add(SERVICE_CONTROL, to, f"Add this statement to a service control policy at {to}", statement)
                return change, replace(self.policies, service_control=levels)
        return "No change of policies is known that would allow it."

    def _added_to_resource(self) -> Step | str:
        document, question = self.policies.resource, self.question
        if not self.speaks:
            return (
                f"Resources such as {question.resource} have no policy of their own, so nothing lets in a caller from"
                f" outside of account {question.resource_account}: call as a role of that account."
            )
        if document is None and question.resource_policy_required:
            return f"{question.resource} has no policy to add to: it may not exist."
        trust = document is not None and document.kind == "trust"
        statement = _statement(question, _principal_element(question), with_resource=not trust, among=document)
        to = document.name if document is not None else self.holder
        name = TRUST if trust else RESOURCE
        start = "Sign the request, or let in everybody: add" if question.principal.kind == "anonymous" else "Add"
        change = _add(name, to, f"{start} this statement to {NOUNS[name]} {to}", statement)
        made = _document([statement], "resource") if document is None else _with(document, statement)
        return change, replace(self.policies, resource=made)

    # ---- somebody denies: except ----

    def excepted(self, ref: StatementRef) -> Step | str:
        """The Deny that stands in the way, with the exception that lets the question pass."""
        for layer, documents in _places(self.policies):
            for document in documents:
                found = next((one for one in document.statements if one.ref == ref), None)
                if found is not None:
                    return self._excepted(layer, document, orjson.loads(ref.text), ref.position)
        return "The Deny statement cannot be found."

    def _excepted(self, layer: str, document: Document, denial: Statement, position: int) -> Step | str:
        ways: list[Step] = []
        for sentence, statement in self._exceptions(layer, denial):
            made = _replaced(document, position, statement)
            if statement is not None and not self._passes(made, position):
                continue
            do = "remove" if statement is None else "except"
            holder = self._holder(document) if layer == IDENTITY else ""
            sentence = f"{sentence} {NOUNS[layer]} {named(document.name, holder).rstrip(',')}"
            change = Change(do, layer, document.name, sentence, statement, denial, holder)
            ways.append((change, _exchanged(self.policies, document, made)))
        if not ways:
            return "No exception to the Deny is known."
        first, policies = ways[0]
        return replace(first, or_else=tuple(change for change, _ in ways[1:])), policies

    def _holder(self, document: Document) -> str:
        places = (place for place, one in enumerate(self.policies.identity) if one is document)
        place = next(places, len(self.bearers))
        return self.bearers[place] if place < len(self.bearers) else ""

    def _passes(self, document: Document, position: int) -> bool:
        bounded = self.policies.boundary is not None
        statement = document.statements[position]
        about = statement.speaks_of(self.question.action.lower())
        return not about or statement.applies(Request(self.question, bounded)) == NO_MATCH

    def _exceptions(self, layer: str, denial: Statement) -> Iterator[tuple[str, Statement | None]]:
        """Ways to let the question pass: this resource for all, this caller for all that it denies, no Deny at all."""
        resource = ("this resource", _without_resource(denial, self.question.resource))
        key, operator, value = _who(self.question)
        caller = ("this caller", _with_condition(denial, operator, key, value))
        own = layer in (IDENTITY, BOUNDARY)
        if layer != SESSION:
            for noun, statement in (resource, caller) if own else (caller, resource):
                if statement is not None:
                    yield f"Except {noun} from the Deny in", statement
        if layer in (IDENTITY, BOUNDARY, SESSION):
            yield "Take the Deny out of", None


def _add(layer: str, to: str, sentence: str, statement: Statement) -> Change:
    return Change("add", layer, to, sentence, statement)


# ---- statements -----------------------------------------------------------------------------------------------------


def _statement(
    question: Question, principal: Any = None, with_resource: bool = True, among: Document | None = None
) -> Statement:
    """The statement that allows the question and nothing else; `among`: the policy in which it will stand."""
    variables = among is None or _raw(among).get("Version") == _NEW
    statement: Statement = {"Effect": "Allow"}
    if principal is not None:
        statement["Principal"] = principal
    statement["Action"] = question.action
    if with_resource:
        statement["Resource"] = exactly(question.resource) if variables else question.resource
    return statement


def exactly(resource: str) -> str:
    """A resource as a policy names it and no other: wildcards in a key of S3 stand for themselves."""
    if not resource.startswith("arn:aws:s3:::") or "/" not in resource:
        return resource or "*"
    special = {"*": "${*}", "?": "${?}", "$": "${$}"}
    return "".join(special.get(character, character) for character in resource)


def _principal_element(question: Question) -> Any:
    principal = question.principal
    if principal.kind == "anonymous":
        return "*"
    if principal.kind == "service":
        return {"Service": principal.name}
    return {"AWS": principal.role_arn if principal.kind == "role" else principal.arn}


def _who(question: Question) -> tuple[str, str, str]:
    """The condition that is true for everyone but this caller: key, operator, value."""
    principal = question.principal
    if principal.kind == "anonymous":
        return "aws:PrincipalType", "StringNotEquals", "Anonymous"
    if principal.kind == "service":
        return "aws:PrincipalServiceName", "StringNotEquals", principal.name
    return "aws:PrincipalArn", "ArnNotEquals", principal.role_arn if principal.kind == "role" else principal.arn


def _without_resource(denial: Statement, resource: str) -> Statement | None:
    """The Deny for all resources but this one, None when it cannot be written so."""
    kept = {name: value for name, value in denial.items() if name not in ("Resource", "NotResource")}
    if resource in ("", "*"):
        return None
    if "NotResource" in denial:
        return {**kept, "NotResource": [*grammar.listed(denial["NotResource"]), exactly(resource)]}
    written = grammar.listed(denial.get("Resource", []))
    if written == ["*"]:
        return {**kept, "NotResource": exactly(resource)}
    others = [one for one in written if one not in (resource, exactly(resource))]
    return {**kept, "Resource": others} if others and len(others) < len(written) else None


def _with_condition(denial: Statement, operator: str, key: str, value: str) -> Statement:
    """The Deny with one more condition; a list of values that is there already grows."""
    block = {name: dict(keys) for name, keys in denial.get("Condition", {}).items()}
    own = next((name for name in block if name.lower() == operator.lower()), operator)
    keys = block.setdefault(own, {})
    known = next((name for name in keys if name.lower() == key.lower()), key)
    keys[known] = [*grammar.listed(keys[known]), value] if known in keys else value
    return {**denial, "Condition": block}


# ---- documents and layers -------------------------------------------------------------------------------------------


def _document(statements: Sequence[Statement], kind: grammar.Kind = "identity") -> Document:
    return Document({"Version": _NEW, "Statement": list(statements)}, "added", kind)


def _raw(document: Document) -> dict[str, Any]:
    raw: dict[str, Any] = grammar.load(document.text)
    return {**raw, "Statement": grammar.statements(raw)}


def _with(document: Document, statement: Statement) -> Document:
    raw = _raw(document)
    return Document({**raw, "Statement": [*raw["Statement"], statement]}, document.name, document.kind)


def _replaced(document: Document, position: int, statement: Statement | None) -> Document:
    raw = _raw(document)
    kept = list(raw["Statement"])
    kept[position : position + 1] = [] if statement is None else [statement]
    return Document({**raw, "Statement": kept}, document.name, document.kind)


def _places(policies: Policies) -> Iterator[tuple[str, Sequence[Document]]]:
    """The layers in the order in which the engine looks for a Deny."""
    yield RESOURCE_CONTROL, policies.resource_control
    yield ENDPOINT, () if policies.endpoint is None else (policies.endpoint,)
    for level in policies.service_control:
        yield SERVICE_CONTROL, level
    yield IDENTITY, policies.identity
    yield BOUNDARY, () if policies.boundary is None else (policies.boundary,)
    yield SESSION, policies.session or ()
    if policies.resource is not None:
        yield TRUST if policies.resource.kind == "trust" else RESOURCE, (policies.resource,)


def _exchanged(policies: Policies, old: Document, new: Document) -> Policies:
    """The policies with one document in place of another, wherever it is attached."""

    def each(documents: Sequence[Document]) -> tuple[Document, ...]:
        return tuple(new if document is old else document for document in documents)

    return Policies(
        identity=each(policies.identity),
        boundary=new if policies.boundary is old else policies.boundary,
        session=None if policies.session is None else each(policies.session),
        resource=new if policies.resource is old else policies.resource,
        service_control=[each(level) for level in policies.service_control],
        resource_control=each(policies.resource_control),
        endpoint=new if policies.endpoint is old else policies.endpoint,
    )
