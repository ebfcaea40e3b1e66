"""The policy simulator's decisions: what policies would say, asked of the engine that decides real calls. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cloudarium.policy.documents import Document, MalformedPolicy, StatementRef, compile_document
from cloudarium.policy.engine import Decision, Policies, Question, Reason, Request, decide
from cloudarium.policy.grammar import Kind, listed, load, statements
from cloudarium.policy.principal import ContextValue, Principal
from cloudarium.services.iam import errors
from cloudarium.shared import arn as arns

_VARIABLE = re.compile(r"\$\{\s*([^,\s${}*?]+)\s*(?:,[^}]*)?\}")
_RESOURCE = "resource"  # the name of the resource's policy among the sources
_BLANK = re.compile(r"\s*")
_EVERYTHING = compile_document('{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')

ServiceControl = Sequence[Sequence[tuple[str, str]]]


class Source(NamedTuple):
    """A policy with what AWS calls it in a simulation's answer; `kind` "" for one that the call brought along."""

    id: str
    kind: str
    text: str


def given_sources(texts: Iterable[str] | None, member: str) -> list[Source]:
    """The policies in a call's input, named by their places."""
    return [Source(f"{member}.{place}", "", text) for place, text in enumerate(texts or (), 1)]


class OnResource(NamedTuple):
    """A resource's policy that every resource is taken to have, and whose account owns those whose ARN names none."""

    policy: Source
    owner: str


class Simulation:
    """Policies that are asked about actions on resources."""

    def __init__(
        self,
        principal: Principal,
        sources: Sequence[Source],
        boundary: Source | None,
        context: Mapping[str, ContextValue],
        service_control: ServiceControl | None = None,
        on_resource: OnResource | None = None,
    ) -> None:
        """`service_control` are the policies of the principal's organisation by level, None outside of one."""
        self._principal = principal
        self._service_control = service_control
        self._on_resource = on_resource
        # Two policies may have one name: the documents are named by their places.
        self._sources = {str(place): source for place, source in enumerate(sources)}
        self._policies = Policies(
            identity=[_compiled(source, place) for place, source in self._sources.items()],
            boundary=None if boundary is None else _compiled(boundary, "boundary"),
            resource=None if on_resource is None else _compiled(on_resource.policy, _RESOURCE, "resource"),
            service_control=[
                [_compiled(Source(name, "", text), name, "service control") for name, text in level]
                for level in service_control or ()
            ],
        )
        if on_resource is not None:
            self._sources[_RESOURCE] = on_resource.policy
        self._context = context
        self._raw = {place: statements(load(source.text)) for place, source in self._sources.items()}
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._asked: dict[str, dict[str, str]] = {}

    def results(self, pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
        """What would be answered to each of these actions on these resources."""
        return [self.result(action, resource) for action, resource in pairs]

    def result(self, action: str, resource: str) -> dict[str, Any]:
        """What would be answered to this action on this resource, as an EvaluationResult."""
        question = Question(self._principal, action, resource, self._context, self._owner(resource))
        decision = decide(question, self._policies)
        refs = [ref for ref in decision.deciding if ref.policy in self._sources]
        answer: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": _word(decision),
            "MatchedStatements": [self._matched(ref) for ref in refs],
            "MissingContextValues": self._missing(action, Request(question)),
        }
        if self._service_control is not None:
            above = Policies(identity=[_EVERYTHING], service_control=self._policies.service_control)
            answer["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": decide(question, above).allowed}
        boundary = self._policies.boundary
        if boundary is not None:
            alone = decide(question, Policies(identity=[boundary]))
            answer["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": alone.allowed}
        return answer

    def _owner(self, resource: str) -> str:
        """Whose account owns a resource: without a policy of its own none matters, and the caller's stands for all."""
        if self._on_resource is None:
            return ""
        arn = arns.parse(resource)
        return arn.account if arn is not None and arn.account else self._on_resource.owner

    def _matched(self, ref: StatementRef) -> dict[str, Any]:
        source = self._sources[ref.policy]
        if ref.policy not in self._places:
            self._places[ref.policy] = list(_places(source.text))
        start, end = self._places[ref.policy][ref.position]
        shape: dict[str, Any] = {
            "SourcePolicyId": source.id,
            "StartPosition": _position(source.text, start + 1),  # AWS counts from behind the brace
            "EndPosition": _position(source.text, end),
        }
        return {**shape, "SourcePolicyType": source.kind} if source.kind else shape

    def _missing(self, action: str, request: Request) -> list[str]:
        """The condition keys that statements about the action ask for and the simulation does not have."""
        asked = self._asked.get(action)
        if asked is None:
            asked = self._asked[action] = {}
            on_resource = () if self._policies.resource is None else (self._policies.resource,)
            for document in (*self._policies.identity, *on_resource):
                for statement in sum(document.about(action.lower()), []):
                    asked |= {key.lower(): key for key in _keys_of(self._raw[document.name][statement.index])}
        return [key for lowered, key in asked.items() if request.values(lowered) is None]


def _compiled(source: Source, name: str = "", kind: Kind = "identity") -> Document:
    try:
        return compile_document(source.text, name, kind)
    except MalformedPolicy as problem:
        raise errors.InvalidInput(f"{source.id}: {problem.message}") from None


def _word(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.reason is Reason.EXPLICIT_DENY else "implicitDeny"


# ---- condition keys -------------------------------------------------------------------------------------------------


def context_keys(sources: Iterable[Source]) -> list[str]:
    """The condition keys that policies ask for in conditions and variables, each once, in their order."""
    found: dict[str, str] = {}
    for source in sources:
        _compiled(source)
        for statement in statements(load(source.text)):
            for key in _keys_of(statement):
                found.setdefault(key.lower(), key)
    return list(found.values())


def _keys_of(statement: Mapping[str, Any]) -> Iterator[str]:
    texts = [*listed(statement.get("Resource", [])), *listed(statement.get("NotResource", []))]
    for keys in statement.get("Condition", {}).values():
        for key, values in keys.items():
            yield key
            texts += [value for value in listed(values) if isinstance(value, str)]
    for text in texts:
        yield from _VARIABLE.findall(text)


def context_of(entries: Iterable[Mapping[str, Any]] | None) -> dict[str, ContextValue]:
    """The condition keys that a call sets; a list keeps all its values, a single one the first."""
    found: dict[str, ContextValue] = {}
    for entry in entries or ():
        values = entry.get("ContextKeyValues") or []
        name, many = entry.get("ContextKeyName"), str(entry.get("ContextKeyType", "")).endswith("List")
        if name and values:
            found[name] = list(values) if many else values[0]
    return found


# ---- where a statement stands in its text ---------------------------------------------------------------------------


def _places(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each statement of a policy that is known to be one."""
    decoder = json.JSONDecoder()
    place = _skip(text, text.index("{") + 1)
    while text[place] != "}":
        key, place = decoder.raw_decode(text, place)
        place = _skip(text, _skip(text, place) + 1)
        if key == "Statement" and text[place] == "[":
            place = _skip(text, place + 1)
            while text[place] != "]":
                start = place
                _, place = decoder.raw_decode(text, start)
                yield start, place
                place = _skip_comma(text, place)
            place += 1
        else:
            start = place
            _, place = decoder.raw_decode(text, start)
            if key == "Statement":
                yield start, place
        place = _skip_comma(text, place)


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _skip_comma(text: str, place: int) -> int:
    place = _skip(text, place)
    return _skip(text, place + 1) if text[place] == "," else place


def _position(text: str, place: int) -> dict[str, int]:
    line = text.count("\n", 0, place) + 1
    return {"Line": line, "Column": place - (text.rfind("\n", 0, place) + 1) + 1}
