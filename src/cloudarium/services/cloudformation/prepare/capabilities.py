"""Which acknowledgements a template needs before a stack may be made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cloudarium.services.cloudformation.errors import InsufficientCapabilities
from cloudarium.shared import stacks


def needed(template: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(capabilities, the resource types that need them) of a processed template."""
    kinds: list[str] = []
    named = False
    for resource in template.get("Resources", {}).values():
        name = resource.get("Type")
        kind = stacks.find(name) if isinstance(name, str) else None
        if kind is not None and kind.iam:
            kinds.append(kind.type)
            named = named or bool(kind.physical_name and kind.physical_name in resource.get("Properties", {}))
    if not kinds:
        return [], []
    return ["CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"], list(dict.fromkeys(kinds))


def check(template: Mapping[str, Any], given: Iterable[str]) -> None:
    """Raise unless what the template needs is acknowledged; CAPABILITY_NAMED_IAM includes CAPABILITY_IAM."""
    wanted, _ = needed(template)
    held = set(given)
    if "CAPABILITY_NAMED_IAM" in held:
        held.add("CAPABILITY_IAM")
    if lacking := [capability for capability in wanted if capability not in held]:
        raise InsufficientCapabilities(lacking)


def check_macros(macros: Iterable[str], given: Iterable[str]) -> None:
    """Raise when a template with macros is to be deployed without a look at what they make of it."""
    if any(macros) and "CAPABILITY_AUTO_EXPAND" not in given:
        raise InsufficientCapabilities(["CAPABILITY_AUTO_EXPAND"])
