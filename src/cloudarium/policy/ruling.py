"""A ruling: one decision with all that it rests on, kept by reference, so that it can be explained later.

Principals, compiled documents and decisions never change; when a policy does, others take their place. So a reference
is the truth of that moment, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudarium.policy.documents import Document
from cloudarium.policy.engine import Decision, Policies, Question
from cloudarium.policy.principal import Principal


class Ruling:
    """What was decided, for whom, about what, by which policies.

    `bearers` are the ARNs of the user, group or role that each identity policy is attached to, in their order.
    `context` are the request's condition keys, None when none was read. `kept` is for whoever writes rulings down: what
    was made of this one.
    """

    __slots__ = ("account", "action", "bearers", "context", "decision", "kept", "policies", "principal", "required",
                 "resource")  # fmt: skip

    def __init__(
        self,
        question: Question,
        policies: Policies,
        bearers: tuple[str, ...],
        decision: Decision,
        context: Mapping[str, Any] | None,
    ) -> None:
        # The question itself is not kept: its context holds the call, and the call its body.
        self.principal: Principal = question.principal
        self.action = question.action
        self.resource = question.resource
        self.account = question.resource_account
        self.required = question.resource_policy_required
        self.policies = policies
        self.bearers = bearers
        self.decision = decision
        self.context = context
        self.kept: Any = None


def documents_of(policies: Policies) -> list[Document]:
    """All policies that were considered."""
    single = [one for one in (policies.boundary, policies.resource, policies.endpoint) if one is not None]
    levels = (document for level in policies.service_control for document in level)
    return [*policies.identity, *(policies.session or ()), *single, *levels, *policies.resource_control]
