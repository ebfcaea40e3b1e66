"""The engine against the oracle: random callers, requests and policies, from so few words that they meet."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudarium.policy.documents import Document, Kind, compile_document
from cloudarium.policy.engine import Decision, Policies, Question, Reason, decide
from cloudarium.policy.principal import Principal, context_of
from tests.policy import oracle
from tests.policy.questions import ACCOUNT, BOB, OTHER, ROLE_ARN, SESSION

ROOT = Principal.root(ACCOUNT, "AKIAROOT")
GUEST = Principal(
    "federated", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/guest", id=f"{ACCOUNT}:guest", role_arn=BOB.arn
)
STRANGER = Principal.user(OTHER, "eve", id="AIDAEVE", tags={"team": "red"})
CALLERS = [BOB, SESSION, ROOT, GUEST, STRANGER, Principal.service("s3.amazonaws.com"), Principal.anonymous()]
NAMES = [
    ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", BOB.arn, "AIDABOB", ROLE_ARN, "AROAWORKER", SESSION.arn, GUEST.arn, OTHER,
    STRANGER.arn, "*",
]  # fmt: skip
KEYS = ["k:a", "K:A", "k:b", "aws:username", "aws:PrincipalAccount", "aws:PrincipalTag/team"]
WORDS = [
    "x", "X", "x*", "?", "", "1", "1.0", "2", "true", "TRUE", "10.0.0.0/8", "10.1.2.3", "::1", "bob", "aGk=", "red",
    "arn:aws:s3:::b", "arn:aws:s3:::*", "2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", ACCOUNT,
]  # fmt: skip
WRITTEN = [*WORDS, "${aws:username}", "${k:b}", "${k:missing, 'x'}", "${*}", "x${?}"]
OPERATORS = [
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
    "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals", "DateEquals",
    "DateNotEquals", "DateLessThanEquals", "DateGreaterThan", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
    "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike",
]  # fmt: skip


def one_or_many(words: list[str], most: int = 2) -> st.SearchStrategy[Any]:
    """One of some words, or a list of a few."""
    return st.one_of(st.sampled_from(words), st.lists(st.sampled_from(words), min_size=1, max_size=most))


operators = st.one_of(
    st.builds(
        "{0}{1}{2}".format,
        st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]),
        st.sampled_from(OPERATORS),
        st.sampled_from(["", "IfExists"]),
    ),
    st.just("Null"),
)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """A Condition block of at most two tests."""
    block: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 2))):
        operator = draw(operators)
        values = st.sampled_from(["true", "false"]) if operator == "Null" else one_or_many(WRITTEN)
        block.setdefault(operator, {})[draw(st.sampled_from(KEYS))] = draw(values)
    return block


PRINCIPALS = st.one_of(
    st.just("*"),
    st.fixed_dictionaries({"AWS": one_or_many(NAMES, 3)}),
    st.fixed_dictionaries({"Service": one_or_many(["s3.amazonaws.com", "sns.amazonaws.com"])}),
)
ACTIONS = one_or_many(["s3:GetObject", "s3:*", "*", "S3:get?bject", "s3:Put*", "sqs:SendMessage", "nothing:Here"])
RESOURCES = one_or_many(
    [
        "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::b/?", "arn:aws:s3:::b/${aws:username}*",
        "arn:aws:s3:::b/${k:b, 'k'}", "arn:aws:s3:::b/${*}", "arn:aws:sqs:*",
    ]
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn, principals: bool = False, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")) -> Any:
    """A statement."""
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(ACTIONS)
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(RESOURCES)
    if principals:
        made[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(PRINCIPALS)
    if draw(st.integers(0, 2)) == 0:
        made["Condition"] = draw(conditions())
    return made


def documents(**given: Any) -> st.SearchStrategy[Any]:
    """A policy document, its one statement alone or in a list."""
    listed = st.lists(statements(**given), min_size=1, max_size=3)
    return st.one_of(listed, statements(**given)).map(lambda found: {"Version": "2012-10-17", "Statement": found})


FREE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
mostly_free = st.one_of(st.just(FREE), documents())


@st.composite
def cases(draw: st.DrawFn) -> tuple[oracle.Asked, oracle.Layers, dict[str, Any]]:
    """A question, the documents that speak on it, and the request's context."""
    caller = draw(st.sampled_from(CALLERS))
    values = st.one_of(st.sampled_from(WORDS), st.lists(st.sampled_from(WORDS), max_size=2))
    context = draw(st.dictionaries(st.sampled_from(["k:a", "k:b"]), values, max_size=2))
    keys = {
        name: list(value) if isinstance(value, (list, tuple)) else [value] for name, value in context_of(caller).items()
    }
    keys.update({name: value if isinstance(value, list) else [value] for name, value in context.items()})
    asked = oracle.Asked(
        caller,
        draw(st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])),
        draw(st.sampled_from(["arn:aws:s3:::b/k", "arn:aws:s3:::b/bob/k", "arn:aws:s3:::b/*", "*"])),
        draw(st.sampled_from([ACCOUNT, ACCOUNT, OTHER])),
        keys,
        draw(st.booleans()) and draw(st.booleans()),
    )
    session = st.none() if caller.kind not in ("role", "federated") else st.lists(mostly_free, max_size=1)
    layers = oracle.Layers(
        identity=draw(st.lists(mostly_free, max_size=2)),
        boundary=draw(st.one_of(st.none(), mostly_free)) if caller.kind in ("user", "role", "federated") else None,
        session=draw(session) if caller.kind == "federated" else draw(st.one_of(st.none(), session)),
        resource=draw(st.one_of(st.none(), documents(principals=True))),
        service_control=draw(st.lists(st.lists(mostly_free, min_size=1, max_size=2), max_size=2)),
        resource_control=draw(st.lists(documents(principals=True, effects=("Deny",)), max_size=1)),
        endpoint=draw(st.one_of(st.none(), st.none(), documents(principals=True))),
    )
    if caller.kind == "anonymous":
        layers.service_control = []
    return asked, layers, context


def compiled(document: dict[str, Any], kind: Kind = "identity") -> Document:
    """A document as the engine has it."""
    return compile_document(json.dumps(document), "p", kind)


def engine(asked: oracle.Asked, layers: oracle.Layers, context: dict[str, Any]) -> Decision:
    """The engine's decision."""
    policies = Policies(
        [compiled(one) for one in layers.identity],
        None if layers.boundary is None else compiled(layers.boundary),
        None if layers.session is None else [compiled(one) for one in layers.session],
        None if layers.resource is None else compiled(layers.resource, "resource"),
        [[compiled(one) for one in level] for level in layers.service_control],
        [compiled(one, "resource") for one in layers.resource_control],
        None if layers.endpoint is None else compiled(layers.endpoint, "endpoint"),
    )
    question = Question(asked.caller, asked.action, asked.resource, context, asked.owner, asked.required)
    return decide(question, policies)


slow = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=150
)
quick = settings(slow, max_examples=60)


@slow
@given(cases())
def test_engine_and_oracle_agree(case: Any) -> None:
    asked, layers, context = case
    decision = engine(asked, layers, context)
    assert decision.allowed is oracle.allowed(asked, layers)
    assert bool(decision.message) is not decision.allowed


# ---- properties -----------------------------------------------------------------------------------------------------

PLACES = ["identity", "session", "service_control", "resource", "boundary"]


def with_denial(layers: oracle.Layers, place: str, statement: dict[str, Any]) -> oracle.Layers:
    """The layers with one more statement in one of them."""
    changed = copy.deepcopy(layers)
    extra = {"Version": "2012-10-17", "Statement": [statement]}
    if place == "identity":
        changed.identity = [*changed.identity, extra]
    elif place == "session" and changed.session is not None:
        changed.session = [*changed.session, extra]
    elif place == "service_control" and changed.service_control:
        changed.service_control = [[*changed.service_control[0], extra], *changed.service_control[1:]]
    elif place in ("resource", "boundary") and getattr(changed, place) is not None:
        document = getattr(changed, place)
        setattr(changed, place, {**document, "Statement": [*oracle.many(document["Statement"]), statement]})
    return changed


@quick
@given(cases(), st.sampled_from(PLACES), statements(effects=("Deny",)))
def test_a_denial_more_never_allows_more(case: Any, place: str, statement: dict[str, Any]) -> None:
    asked, layers, context = case
    if place == "resource":
        statement = {**statement, "Principal": "*"}
    if not engine(asked, layers, context).allowed:
        assert not engine(asked, with_denial(layers, place, statement), context).allowed


def without_allows(document: dict[str, Any]) -> dict[str, Any]:
    """A document with its denials alone."""
    nothing = {"Effect": "Deny", "Action": "nothing:Here", "Resource": "*"}
    if any("rincipal" in key for one in oracle.many(document["Statement"]) for key in one):
        nothing["Principal"] = "*"
    kept = [one for one in oracle.many(document["Statement"]) if one["Effect"] == "Deny"]
    return {**document, "Statement": kept or nothing}


@quick
@given(cases(), st.sampled_from(PLACES), st.integers(0, 2))
def test_an_allow_less_never_allows_more(case: Any, place: str, which: int) -> None:
    asked, layers, context = case
    if engine(asked, layers, context).allowed:
        return
    fewer = copy.deepcopy(layers)
    if place in ("resource", "boundary") and getattr(fewer, place) is not None:
        setattr(fewer, place, without_allows(getattr(fewer, place)))
    elif place in ("identity", "session", "service_control") and getattr(fewer, place):
        found = list(getattr(fewer, place))
        one = found[which % len(found)]
        found[which % len(found)] = (
            [without_allows(each) for each in one] if isinstance(one, list) else without_allows(one)
        )
        setattr(fewer, place, found)
    assert not engine(asked, fewer, context).allowed


@quick
@given(cases())
def test_order_of_policies_and_statements_does_not_matter(case: Any) -> None:
    asked, layers, context = case
    turned = copy.deepcopy(layers)
    turned.identity = list(layers.identity)[::-1]
    turned.service_control = list(layers.service_control)[::-1]
    if turned.resource is not None:
        turned.resource = {**turned.resource, "Statement": oracle.many(turned.resource["Statement"])[::-1]}
    assert engine(asked, layers, context).allowed is engine(asked, turned, context).allowed


@quick
@given(cases())
def test_a_limit_less_never_denies_more(case: Any) -> None:
    """Without boundary, session policies, endpoint, and what the organisation says, whoever was allowed still is."""
    asked, layers, context = case
    if not engine(asked, layers, context).allowed:
        return
    free = copy.deepcopy(layers)
    free.boundary, free.service_control, free.resource_control, free.endpoint = None, [], [], None
    free.session = [FREE] if asked.caller.kind == "federated" else None
    assert engine(asked, free, context).allowed


@quick
@given(cases())
def test_reasons_name_what_decided(case: Any) -> None:
    asked, layers, context = case
    decision = engine(asked, layers, context)
    if decision.reason is Reason.EXPLICIT_DENY:
        assert json.loads(decision.deciding[0].text)["Effect"] == "Deny"
    for ref in decision.deciding if decision.allowed else ():
        assert json.loads(ref.text)["Effect"] == "Allow"
