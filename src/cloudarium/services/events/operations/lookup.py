"""What the operations find, and how they page through lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cloudarium.gateway.call import Call
from cloudarium.services.events import errors, resources
from cloudarium.services.events.records import rules as rule_records
from cloudarium.services.events.records.managed import Rule
from cloudarium.services.events.records.named import Named
from cloudarium.shared import paging
from cloudarium.shared.event_patterns import Pattern, PatternError, compile_pattern

Item = TypeVar("Item")


def bus(call: Call, given: object = None) -> Named:
    """The bus that a call (or `given`) names. Raises NotFound."""
    scope, name = resources.bus_of(given or call.input.get("EventBusName"), call.scope)
    found = resources.find_bus(call.store, scope, name) if scope.region == call.region else None
    if found is None:
        raise errors.NotFound.bus(name)
    return found


def rule(call: Call, name: str) -> Rule:
    """The rule of this name on the bus that a call names. Raises NotFound."""
    on = bus(call)
    found = rule_records.find(call.store, on.scope, on.name, name)
    if found is None:
        raise errors.NotFound.rule(name, on.name)
    return found


def pattern(text: str) -> Pattern:
    """The pattern of a text. Raises InvalidEventPatternException."""
    try:
        return compile_pattern(text)
    except PatternError as error:
        raise errors.InvalidEventPattern(str(error)) from None


def page(
    call: Call, member: str, items: Sequence[Item], name_of: Callable[[Item], str], show: Callable[[Item], Any]
) -> dict[str, Any]:
    """One page of items that are in the order of their names."""
    token = call.input.get("NextToken")
    if token is not None:
        try:
            after = paging.decode(token)
        except ValueError:
            after = None
        if not isinstance(after, str):
            raise errors.Invalid("NextToken is invalid.")
        items = [item for item in items if name_of(item) > after]
    limit = call.input.get("Limit") or 100
    more = {"NextToken": paging.encode(name_of(items[limit - 1]))} if len(items) > limit else {}
    return {member: [show(item) for item in items[:limit]], **more}
