"""The patterns of AWS's own models, held against long text that nearly fits them."""

from __future__ import annotations

from functools import cache
from random import Random

from cloudarium import model
from cloudarium.model.validation import compile_validator
from tests.fuzz.area import area
from tests.fuzz.target import Target
from tests.gateway.protocols.samples import SERVICES

_PIECES = (
    "a",
    "A0",
    "-",
    "_",
    ".",
    "/",
    ":",
    "=",
    "arn:aws:",
    "aws:",
    " ",
    "\n",
    "é",
    "0",
    "{",
    "$",
    "a.",
    "a-",
    "a:",
    "/a",
    "@",
    ",",
)


@cache
def _patterned() -> list[tuple[str, str, str]]:
    """Every operation's input members that have a pattern of their own."""
    return [
        (service, name, member)
        for service in SERVICES
        for name, operation in model.service(service).operations.items()
        if operation.input is not None
        for member, shape in operation.input.members.items()
        if shape.type == "string" and shape.trait("pattern")
    ]


@area("model-patterns")
def _patterns(target: Target, source: Random) -> None:
    """No pattern takes more than a moment, however long the text is that a request can carry."""
    service, name, member = source.choice(_patterned())
    repeated = "".join(source.choice(_PIECES) for _ in range(source.choice((1, 1, 2, 3))))
    text = source.choice(("", "arn:aws:iam::", "a")) + repeated * (
        source.choice((30, 300, 5000, 60_000)) // len(repeated) + 1
    )
    text += source.choice(("", "!", "\n", "é"))
    compile_validator(model.service(service).operations[name])({member: text})
