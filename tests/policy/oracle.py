"""A second opinion: AWS's flow chart, written down step by step and as slowly as it likes.

It shares nothing with the engine but the caller's description. Policies are the documents as they are written, each
question walks through all of them, nothing is compiled or remembered.
Sources: IAM User Guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "Principal",
"NotPrincipal", "Condition operators", "Multivalued context keys", "Variables and tags".
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cloudarium.policy.principal import Principal

Json = Mapping[str, Any]
DIRECT, ROLE, ACCOUNT, NOBODY = "named itself", "its role is named", "its account is named", "not named"


@dataclass
class Layers:
    """The documents that speak on a question."""

    identity: Sequence[Json] = ()
    boundary: Json | None = None
    session: Sequence[Json] | None = None
    resource: Json | None = None
    service_control: Sequence[Sequence[Json]] = ()
    resource_control: Sequence[Json] = ()
    endpoint: Json | None = None


@dataclass
class Asked:
    """The question; `keys` are the condition keys of request and caller, names in lower case."""

    caller: Principal
    action: str
    resource: str
    owner: str
    keys: dict[str, list[str]] = field(default_factory=dict)
    required: bool = False
    bounded: bool = False


def allowed(asked: Asked, layers: Layers) -> bool:
    """The final decision."""
    asked.bounded = layers.boundary is not None
    service = asked.caller.kind == "service"
    everything: list[Json] = [*layers.resource_control, *([layers.endpoint] if layers.endpoint is not None else [])]
    if layers.resource is not None:
        everything.append(layers.resource)
    if not service:
        everything += [document for level in layers.service_control for document in level]
        everything += layers.identity
        everything += [layers.boundary] if layers.boundary is not None else []
        everything += layers.session or []
    # 1. Deny evaluation.
    if any(statement_applies(one, asked) for document in everything for one in statements(document, "Deny")):
        return False
    # The VPC endpoint lets the request through, whoever sends it.
    if layers.endpoint is not None and not allows(layers.endpoint, asked):
        return False
    granted = grants(asked, layers)
    # A service and the anonymous have the resource's policy alone.
    if service or asked.caller.kind == "anonymous":
        return DIRECT in granted
    # 2. Organizations SCPs: an allow at every level.
    if not all(any(allows(document, asked) for document in level) for level in layers.service_control):
        return False
    identity = asked.caller.kind == "root" or any(allows(document, asked) for document in layers.identity)
    boundary = layers.boundary is None or asked.caller.kind == "root" or allows(layers.boundary, asked)
    session = layers.session is None or any(allows(document, asked) for document in layers.session)
    if asked.owner != asked.caller.account:
        # Both accounts decide, and both must allow.
        return identity and boundary and session and bool(granted)
    # 3. The resource's policy, by whom it names.
    if DIRECT in granted:
        return True
    if asked.required and not granted:
        return False
    if ROLE in granted and boundary and session:
        return True
    # 4. to 6. Identity policies, boundary, session policies.
    return identity and boundary and session


def grants(asked: Asked, layers: Layers) -> set[str]:
    """In which ways the resource's policy names the caller in statements that allow the request."""
    if layers.resource is None:
        return set()
    ways = {named(one, asked) for one in statements(layers.resource, "Allow") if statement_applies(one, asked)}
    return ways - {NOBODY}


def statements(document: Json, effect: str) -> list[Json]:
    """The statements of an effect."""
    found = document["Statement"]
    return [one for one in (found if isinstance(found, list) else [found]) if one["Effect"] == effect]


def allows(document: Json, asked: Asked) -> bool:
    """Whether some statement of a document allows the request."""
    return any(
        statement_applies({**one, "Version": document.get("Version")}, asked) for one in statements(document, "Allow")
    )


def many(value: Any) -> list[Any]:
    """One or a list of them, as a list."""
    return value if isinstance(value, list) else [value]


def statement_applies(statement: Json, asked: Asked) -> bool:
    """Whether principal, action, resource and conditions of a statement all meet the request."""
    if ("Principal" in statement or "NotPrincipal" in statement) and named(statement, asked) == NOBODY:
        return False
    if "Action" in statement:
        if not any(wild(one.lower(), asked.action.lower()) for one in many(statement["Action"])):
            return False
    elif any(wild(one.lower(), asked.action.lower()) for one in many(statement["NotAction"])):
        return False
    if "Resource" in statement:
        if not any(resource_matches(one, asked) for one in many(statement["Resource"])):
            return False
    elif any(resource_matches(one, asked) for one in many(statement["NotResource"])):
        return False
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            if not condition_holds(operator, asked.keys.get(key.lower()), many(values), asked):
                return False
    return True


# ---- principals -----------------------------------------------------------------------------------------------------


def named(statement: Json, asked: Asked) -> str:
    """How a statement's Principal or NotPrincipal meets the caller; without one it is about whoever asks."""
    if "Principal" in statement:
        return meets(statement["Principal"], asked.caller)
    if "NotPrincipal" not in statement:
        return DIRECT
    listed = statement["NotPrincipal"]
    if statement["Effect"] == "Allow":
        return DIRECT if meets(listed, asked.caller) == NOBODY else NOBODY
    if asked.bounded:
        return DIRECT
    return NOBODY if spared(listed, asked.caller) else DIRECT


def faces(caller: Principal) -> dict[str, list[str]]:
    """The texts in an AWS principal by which a caller is named itself, by its role, by its account."""
    account = [caller.account, f"arn:aws:iam::{caller.account}:root"]
    itself = [caller.arn, *([caller.id] if caller.id and caller.kind != "root" else [])]
    if caller.kind == "root":
        return {DIRECT: [*itself, *account]}
    role = [caller.role_arn, caller.id.split(":")[0]] if caller.role_arn else []
    return {DIRECT: itself, ROLE: role, ACCOUNT: account}


def meets(element: Any, caller: Principal) -> str:
    """How a Principal element meets the caller, the most direct way first."""
    if element == "*":
        return DIRECT
    if caller.kind == "service":
        services = many(element.get("Service", []))
        return DIRECT if caller.name in services or "*" in services else NOBODY
    listed = many(element.get("AWS", []))
    if "*" in listed:
        return DIRECT
    if caller.kind == "anonymous":
        return NOBODY
    for way, texts in faces(caller).items():
        if any(text in listed for text in texts):
            return way
    return NOBODY


def spared(element: Any, caller: Principal) -> bool:
    """Whether a Deny's NotPrincipal leaves the caller alone: all that stands above it must be listed, too."""
    if meets(element, caller) != DIRECT:
        return False
    if element == "*" or caller.kind == "service" or "*" in many(element.get("AWS", [])):
        return True
    listed = many(element.get("AWS", []))
    account = caller.account in listed or f"arn:aws:iam::{caller.account}:root" in listed
    return account and (caller.kind != "role" or caller.role_arn in listed)


# ---- texts ----------------------------------------------------------------------------------------------------------


def wild(pattern: str, text: str) -> bool:
    """Wildcards by the book: a star is nothing, or one character and a star again."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return wild(pattern[1:], text) or (bool(text) and wild(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and wild(pattern[1:], text[1:])


def resource_matches(written: str, asked: Asked) -> bool:
    """Whether a Resource covers the one that is asked for; one with a variable that has no value covers none."""
    found = substituted(written, asked)
    return found is not None and wild_literal(found, asked.resource)


Piece = tuple[str, bool]  # a text, and whether its wildcards mean something


def substituted(written: str, asked: Asked) -> list[Piece] | None:
    """The text with variables replaced; None when one has no value."""
    pieces: list[Piece] = []
    while "${" in written:
        before, _, rest = written.partition("${")
        inside, closed, after = rest.partition("}")
        if not closed:
            break
        pieces.append((before, True))
        written = after
        if inside in ("*", "?", "$"):
            pieces.append((inside, False))
            continue
        key, comma, default = inside.partition(",")
        values = asked.keys.get(key.strip().lower())
        if values is not None and len(values) == 1:
            pieces.append((values[0], False))
        elif comma:
            pieces.append((default.strip().strip("'"), False))
        else:
            return None
    return [*pieces, (written, True)]


def wild_literal(pieces: list[Piece], text: str) -> bool:
    """`wild`, with some of the characters standing for themselves alone."""
    return _wild([(character, means) for piece, means in pieces for character in piece], text)


def _wild(pattern: list[tuple[str, bool]], text: str) -> bool:
    if not pattern:
        return not text
    character, means = pattern[0]
    if means and character == "*":
        return _wild(pattern[1:], text) or (bool(text) and _wild(pattern, text[1:]))
    return bool(text) and (character == text[0] or (means and character == "?")) and _wild(pattern[1:], text[1:])


# ---- conditions -----------------------------------------------------------------------------------------------------


def condition_holds(operator: str, present: list[str] | None, wanted: list[str], asked: Asked) -> bool:
    """Whether one operator holds for one key."""
    qualifier, _, name = operator.rpartition(":")
    if name == "Null":
        return any((present is None or present == []) is (one == "true") for one in wanted)
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    positive = name.replace("Not", "")
    if present is None and optional:
        return True
    empty = present is None or not any(present)
    if qualifier == "ForAllValues":
        return empty or all(matches_any(positive, one, wanted, asked) is not negated for one in present or [])
    if qualifier == "ForAnyValue":
        return not empty and any(matches_any(positive, one, wanted, asked) is not negated for one in present or [])
    return any(matches_any(positive, one, wanted, asked) for one in present or []) is not negated


def matches_any(operator: str, present: str, wanted: list[str], asked: Asked) -> bool:
    """Whether a value of the request matches one of the policy's."""
    return any(matches(operator, present, one, asked) for one in wanted)


def matches(operator: str, present: str, wanted: str, asked: Asked) -> bool:
    """Whether a value of the request matches one value of the policy, by an operator that does not negate."""
    if operator.startswith(("String", "Arn", "Bool")):
        found = substituted(wanted, asked)
        if found is None:
            return False
        plain = "".join(piece for piece, _ in found)
        if operator == "StringEquals":
            return present == plain
        if operator == "StringEqualsIgnoreCase":
            return present.lower() == plain.lower()
        if operator == "Bool":
            return present.lower() == plain.lower()
        if operator == "StringLike":
            return wild_literal(found, present)
        theirs, ours = present.split(":", 5), plain.split(":", 5)
        if len(ours) < 6:
            return wild(plain, present)
        return len(theirs) == 6 and all(wild(one, other) for one, other in zip(ours, theirs, strict=True))
    if operator == "IpAddress":
        return address_in(present, wanted)
    if operator == "BinaryEquals":
        return binary(present) is not None and binary(present) == binary(wanted)
    left, right = (number(present), number(wanted)) if operator.startswith("Numeric") else (date(present), date(wanted))
    if left is None or right is None:
        return False
    relation = operator.removeprefix("Numeric").removeprefix("Date")
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[relation]


def address_in(present: str, wanted: str) -> bool:
    """Whether an address lies in a range, bit by bit."""
    try:
        address = ipaddress.ip_address(present)
        base, slash, length = wanted.partition("/")
        network = ipaddress.ip_address(base)
        size = int(length) if slash else network.max_prefixlen
    except ValueError:
        return False
    if address.version != network.version or not 0 <= size <= network.max_prefixlen:
        return False
    shift = network.max_prefixlen - size
    return int(address) >> shift == int(network) >> shift


def binary(text: str) -> bytes | None:
    """The bytes that a base64 text stands for."""
    try:
        found = base64.b64decode(text)
    except ValueError:
        return None
    return found if base64.b64encode(found).decode() == text else None


def number(text: str) -> float | None:
    """A number, None when it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def date(text: str) -> float | None:
    """A moment in seconds, None when it is none."""
    plain = number(text)
    if plain is not None:
        return plain
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
