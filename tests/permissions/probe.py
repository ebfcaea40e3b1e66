"""One condition key and a call by which it is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.permissions.taggables import Ask
from tests.permissions.team import Team


class Probe(NamedTuple):
    """A call that has the key with the value `right`, and not with `wrong`, by `operator`.

    `ask` makes the call ready as root and answers it; `action` is what the condition is on (all but passing roles).
    """

    key: str
    ask: Callable[[Team], Ask]
    right: Any
    wrong: Any = "other"
    operator: str = "StringEquals"
    action: str = ""
