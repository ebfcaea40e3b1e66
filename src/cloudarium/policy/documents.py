"""Policy documents compiled to statements: parsed once, then asked many times.

`compile_document` caches on the text, and a document remembers for each action the statements that speak of it, so a
decision touches only those.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import orjson

from cloudarium.policy import conditions, grammar, patterns
from cloudarium.policy.grammar import Kind, MalformedPolicy, check_document
from cloudarium.policy.principal import Principal
from cloudarium.policy.variables import Template, parse

__all__ = ["Document", "Kind", "MalformedPolicy", "Statement", "StatementRef", "check_document", "compile_document"]

_REMEMBERED_ACTIONS = 4096


class Lookups(conditions.Lookups, Protocol):
    """What a statement asks of a request: its resource, its principal, whether a boundary limits that, its keys."""

    resource: str
    principal: Principal
    bounded: bool


class StatementRef(NamedTuple):
    """Which statement decided: the policy's name, its kind, the statement's Sid and position, and its text."""

    policy: str
    kind: str
    sid: str
    position: int
    text: str


# ---- principals -----------------------------------------------------------------------------------------------------

# How a statement's Principal met the caller, strongest last: an account as principal only delegates to that account,
# a role's ARN grants to its sessions below boundary and session policy, an exact ARN (or "*") grants outright.
NO_MATCH, BY_ACCOUNT, BY_ROLE, BY_NAME = 0, 1, 2, 3


class Principals:
    """A statement's Principal or NotPrincipal element."""

    __slots__ = ("allow", "anyone", "aws", "federated", "inverted", "services", "services_any")

    def __init__(self, element: str | dict[str, Any], inverted: bool, allow: bool) -> None:
        named: dict[str, Any] = {"AWS": "*"} if element == "*" else dict(element)  # type: ignore[arg-type]
        self.inverted = inverted
        self.allow = allow
        aws = frozenset(grammar.listed(named.get("AWS", [])))
        self.services = frozenset(grammar.listed(named.get("Service", [])))
        # `"Principal": "*"` also means services; `{"AWS": "*"}` means every AWS identity and the anonymous.
        self.services_any = element == "*" or "*" in self.services
        self.federated = frozenset(grammar.listed(named.get("Federated", [])))
        self.anyone = "*" in aws
        self.aws = aws

    def match(self, principal: Principal, bounded: bool = False) -> int:
        """How the element meets the caller: NO_MATCH, BY_ACCOUNT, BY_ROLE or BY_NAME.

        AWS: a Deny with NotPrincipal spares nobody who has a permissions boundary, whomever it names.
        """
        if self.inverted:
            spared = self._match(principal) if self.allow else not bounded and self._all_named(principal)
            return NO_MATCH if spared else BY_NAME
        return self._match(principal)

    def _match(self, principal: Principal) -> int:
        kind = principal.kind
        if kind == "service":
            return BY_NAME if self.services_any or principal.name in self.services else NO_MATCH
        if kind == "federated" and not principal.role_arn:  # outside of all accounts: {"AWS": "*"} does not mean it
            return BY_NAME if principal.name in self.federated or self.anyone and self.services_any else NO_MATCH
        if self.anyone:
            return BY_NAME
        if kind == "anonymous":
            return NO_MATCH
        aws = self.aws
        if principal.arn in aws or (principal.id and principal.id in aws and kind != "root"):
            return BY_NAME
        if principal.role_arn and (principal.role_arn in aws or principal.id.partition(":")[0] in aws):
            return BY_ROLE
        if principal.account in aws or f"arn:aws:iam::{principal.account}:root" in aws:
            return BY_NAME if kind == "root" else BY_ACCOUNT
        return NO_MATCH

    def _all_named(self, principal: Principal) -> bool:
        """Whether a Deny's NotPrincipal spares the caller: AWS wants account, role and session listed."""
        strength = self._match(principal)
        if strength != BY_NAME or self.anyone or principal.kind in ("service", "federated"):
            return strength == BY_NAME
        account = principal.account in self.aws or f"arn:aws:iam::{principal.account}:root" in self.aws
        return account and (principal.kind != "role" or principal.role_arn in self.aws)


# ---- statements -----------------------------------------------------------------------------------------------------


class Statement:
    """One statement, compiled."""

    __slots__ = ("actions", "allow", "any_resource", "conditions", "fixed", "index", "inverted_actions",
                 "inverted_resources", "principals", "ref", "templates")  # fmt: skip

    def __init__(self, raw: dict[str, Any], index: int, variables: bool, policy: str, kind: Kind) -> None:
        self.allow = raw["Effect"].lower() == "allow"
        self.index = index
        self.ref = StatementRef(policy, kind, raw.get("Sid", ""), index, orjson.dumps(raw).decode())
        self.inverted_actions = "NotAction" in raw
        actions = grammar.listed(raw.get("NotAction", raw.get("Action", [])))
        self.actions = [patterns.glob(action.lower()) for action in actions]
        self.principals: Principals | None = None
        if "Principal" in raw or "NotPrincipal" in raw:
            element = raw["Principal"] if "Principal" in raw else raw["NotPrincipal"]
            self.principals = Principals(element, "NotPrincipal" in raw, self.allow)
        self._compile_resources(raw, variables, kind)
        self.conditions = conditions.compile_block(raw.get("Condition", {}), variables)

    def _compile_resources(self, raw: dict[str, Any], variables: bool, kind: Kind) -> None:
        self.inverted_resources = "NotResource" in raw
        written = grammar.listed(raw.get("NotResource", raw.get("Resource", [])))
        self.fixed: list[patterns.Matcher] = []
        self.templates: list[Template] = []
        # A trust policy has no Resource: it speaks of its own role.
        self.any_resource = kind == "trust" and not written
        for one in written:
            parsed = parse(one, variables)
            if isinstance(parsed, Template):
                self.templates.append(parsed)
            elif parsed == "*":
                self.any_resource = True
            else:
                self.fixed.append(patterns.resource(parsed))

    def speaks_of(self, action: str) -> bool:
        """Whether the statement is about this action (lower case)."""
        return any(matches(action) for matches in self.actions) is not self.inverted_actions

    def applies(self, request: Lookups) -> int:
        """How the statement, already about the action, applies: NO_MATCH or the strength of its principal's match."""
        strength = BY_NAME
        if self.principals is not None:
            strength = self.principals.match(request.principal, request.bounded)
            if not strength:
                return NO_MATCH
        if self.on_resource(request) is self.inverted_resources:
            return NO_MATCH
        for condition in self.conditions:
            if not condition.holds(request):
                return NO_MATCH
        return strength

    def on_resource(self, request: Lookups) -> bool:
        """Whether the request's resource is among those that are written, be it in Resource or NotResource."""
        if self.any_resource:
            return True
        resource = request.resource
        for matches in self.fixed:
            if matches(resource):
                return True
        for template in self.templates:
            pattern = template.resolve(request.single)
            if pattern is not None and patterns.resource(pattern)(resource):
                return True
        return False

    def keys(self) -> frozenset[str]:
        """The condition keys (lower case) that the statement may read, in conditions and in variables."""
        templates = [*self.templates, *(one for each in self.conditions for one in each.templates)]
        variables = (part.key for one in templates for part in one.parts if not isinstance(part, str))
        return frozenset((*(each.key for each in self.conditions), *variables))


class Document:
    """A compiled policy document: `about(action)` are the statements that speak of an action; `text` is as given.

    `digest` is for whoever keeps texts: the name of this one, once it has been made.
    """

    __slots__ = ("_by_action", "_keys", "digest", "kind", "name", "statements", "text")

    def __init__(self, raw: dict[str, Any], name: str, kind: Kind, text: str = "") -> None:
        variables = raw.get("Version") == grammar.VERSIONS[1]
        self.name = name
        self.kind = kind
        self.text = text or orjson.dumps(raw).decode()
        self.digest: str | None = None
        self.statements = [
            Statement(one, index, variables, name, kind) for index, one in enumerate(grammar.statements(raw))
        ]
        self._by_action: dict[str, tuple[list[Statement], list[Statement]]] = {}
        self._keys: frozenset[str] | None = None

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys (lower case) that its statements may read."""
        if self._keys is None:
            self._keys = frozenset().union(*(statement.keys() for statement in self.statements))
        return self._keys

    def about(self, action: str) -> tuple[list[Statement], list[Statement]]:
        """(allows, denies) that speak of an action (lower case); remembered, as actions are few and decisions many."""
        found = self._by_action.get(action)
        if found is None:
            speaking = [statement for statement in self.statements if statement.speaks_of(action)]
            found = (
                [statement for statement in speaking if statement.allow],
                [statement for statement in speaking if not statement.allow],
            )
            if len(self._by_action) >= _REMEMBERED_ACTIONS:
                self._by_action.clear()
            self._by_action[action] = found
        return found


@lru_cache(maxsize=4096)
def compile_document(text: str, name: str = "", kind: Kind = "identity") -> Document:
    """Compile a policy's text; raises MalformedPolicy when it is none. Equal texts are compiled once."""
    return Document(grammar.load(text), name, kind, text)
