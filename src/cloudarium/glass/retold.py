"""A recorded decision told again: the question and the policies as they were, explained, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from cloudarium.gateway import rooms
from cloudarium.glass import records
from cloudarium.policy.documents import Document, MalformedPolicy, compile_document
from cloudarium.policy.engine import Policies, Question
from cloudarium.policy.explanation import (
    ConditionView,
    Explanation,
    LayerView,
    PolicyView,
    StatementView,
    caller,
    explain,
)
from cloudarium.policy.principal import Principal
from cloudarium.policy.remedy import Change, remedy
from cloudarium.shared import arn as arns

if TYPE_CHECKING:
    from cloudarium.store import Store

NOT_KEPT = "(not kept)"


class Gone(Exception):
    """What a decision rested on is not in the store (any more)."""


class Recorded:
    """One decision of a journal entry, as `records.Entry.decision` has it."""

    def __init__(self, row: Sequence[Any]) -> None:
        self.action, self.resource, self.allowed, self.reason, self.deciding = row[:5]
        self.grounds: str = row[5] if len(row) > 5 else ""
        self.context: dict[str, list[str] | None] | None = row[6] if len(row) > 6 else None
        self.consulted = bool(row[7]) if len(row) > 7 else False


def decisions_of(entry: records.Entry) -> list[Recorded]:
    """The decisions of an entry: what the call needed, then what its handler asked beside that."""
    return [Recorded(row) for row in orjson.loads(entry.decision)]


def retell(store: Store, recorded: Recorded) -> dict[str, Any]:
    """The decision with its explanation, and what would have allowed it; as JSON has it."""
    told: dict[str, Any] = {
        "action": recorded.action,
        "resource": recorded.resource,
        "allowed": recorded.allowed,
        "reason": recorded.reason,
        "needed": not recorded.consulted,
        "decided_by": [{"policy": policy, "sid": sid} for policy, sid in recorded.deciding],
    }
    try:
        question, policies, bearers = _rebuilt(store, recorded)
    except (Gone, MalformedPolicy) as error:
        return {**told, "answer": f"{recorded.reason} ({recorded.action} on {recorded.resource})", "note": str(error)}
    explanation = explain(question, policies, bearers, read=recorded.context is not None)
    told |= {
        "answer": explanation.sentence,
        "principal": _principal(question.principal),
        "resource_account": question.resource_account,
        "context": _context(recorded, explanation),
        "decided_by": [_decided(*place) for place in explanation.decided_by],
        "layers": [_layer(layer) for layer in explanation.layers],
        "remedy": None,
        "note": "",
    }
    if explanation.decision.allowed is not recorded.allowed:
        told["answer"] = f"{recorded.reason} ({recorded.action} on {recorded.resource})"
        told["note"] = "What was kept does not lead to the decision of that moment: a value may not have been kept."
    elif not recorded.allowed:
        told["remedy"] = _remedy(question, policies, bearers)
    return told


# ---- as it was ------------------------------------------------------------------------------------------------------


def _rebuilt(store: Store, recorded: Recorded) -> tuple[Question, Policies, tuple[str, ...]]:
    shown = records.grounds(store, recorded.grounds) if recorded.grounds else None
    if shown is None:
        raise Gone("What this decision rested on is not kept any more.")
    who, account, required, layers = orjson.loads(shown)
    principal = Principal(**dict(zip(("kind", "account", "arn", "id", "name", "role_arn"), who, strict=True)))
    # The values of the principal's own keys are in the context, like all others.
    context = {key: (NOT_KEPT,) if value is None else value for key, value in (recorded.context or {}).items()}

    def document(name: str, kind: Any, digest: str, *_: str) -> Document:
        text = records.text(store, digest)
        if text is None:
            raise Gone(f"The text of {name} is not kept any more.")
        return compile_document(text, name, kind)

    policies = Policies(
        identity=[document(*one) for one in layers["identity"]],
        boundary=document(*layers["boundary"]) if layers["boundary"] else None,
        session=None if layers["session"] is None else [document(*one) for one in layers["session"]],
        resource=document(*layers["resource"]) if layers["resource"] else None,
        service_control=[[document(*one) for one in level] for level in layers["service_control"]],
        resource_control=[document(*one) for one in layers["resource_control"]],
        endpoint=document(*layers["endpoint"]) if "endpoint" in layers else None,
    )
    question = Question(principal, recorded.action, recorded.resource, context, account, required)
    return question, policies, tuple(one[3] for one in layers["identity"])


def _remedy(question: Question, policies: Policies, bearers: tuple[str, ...]) -> dict[str, Any]:
    holder, speaks = _bears_policies(question.resource)
    found = remedy(question, policies, bearers, holder=holder, speaks=speaks)
    return {"allows": found.allows, "left": found.left, "changes": [_change(change) for change in found.changes]}


def _bears_policies(resource: str) -> tuple[str, bool]:
    """(the ARN that a policy for the resource is attached to, whether resources of its kind have policies here)."""
    arn = arns.parse(resource)
    owner = rooms.room(arn.service) if arn is not None else None
    module = owner.module("resources") if owner is not None else None
    if module is None or not hasattr(module, "resource_policy"):
        return resource, False
    holder = module.policy_holder(resource) if hasattr(module, "policy_holder") else resource
    return holder, getattr(module, "POLICY_KIND", "resource") != "trust" or ":role/" in resource


# ---- as plain data --------------------------------------------------------------------------------------------------


def _principal(principal: Principal) -> dict[str, str]:
    return {
        "caller": caller(principal),
        "kind": principal.kind,
        "account": principal.account,
        "arn": principal.arn,
        "role_arn": principal.role_arn,
    }


def _context(recorded: Recorded, explanation: Explanation) -> dict[str, Any] | None:
    """The keys as the policies spell them, with the values of that moment; None when no key was read."""
    if recorded.context is None:
        return None
    spelled = {
        condition.key.lower(): condition.key
        for layer in explanation.layers
        for policy in layer.policies
        for one in policy.statements
        for condition in one.conditions
    }
    return {spelled.get(key, key): NOT_KEPT if value is None else value for key, value in recorded.context.items()}


def _decided(layer: LayerView, policy: PolicyView, one: StatementView) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "policy": policy.name,
        "attached_to": policy.attached_to,
        "sid": one.sid,
        "position": one.position,
        "statement": one.written,
    }


def _layer(layer: LayerView) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "level": layer.level,
        "outcome": layer.outcome,
        "spared": layer.spared,
        "policies": [_policy(policy) for policy in layer.policies],
    }


def _policy(policy: PolicyView) -> dict[str, Any]:
    return {
        "name": policy.name,
        "attached_to": policy.attached_to,
        "document": orjson.loads(policy.document.text),
        "statements": [_statement(one) for one in policy.statements],
    }


def _statement(one: StatementView) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "position": one.position,
        "effect": "Allow" if one.allow else "Deny",
        "applies": one.applies,
        "nearly": one.nearly,
        "missed": one.missed,
        "action": one.action,
        "resource": one.resource,
        "principal": one.principal,
        "conditions": [_condition(condition) for condition in one.conditions],
    }


def _condition(condition: ConditionView) -> dict[str, Any]:
    return {
        "operator": condition.operator,
        "key": condition.key,
        "wanted": condition.wanted,
        "had": condition.had,
        "holds": condition.holds,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "do": change.do,
        "layer": change.layer,
        "to": change.to,
        "attached_to": change.attached_to,
        "sentence": change.sentence,
        "statement": change.statement,
        "instead_of": change.instead_of,
        "or_else": [_change(other) for other in change.or_else],
    }
