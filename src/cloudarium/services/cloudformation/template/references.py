"""Who refers to whom: the references inside a value, the order of resources, and circles among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template.functions import VARIABLE, function_of


class Reference(NamedTuple):
    """One mention of a parameter or resource; `attribute` is what Fn::GetAtt asks, None for Ref."""

    name: str
    attribute: str | None
    function: str


def references(value: Any) -> Iterator[Reference]:
    """Every Ref, GetAtt and Sub variable inside `value`."""
    pending = [value]
    while pending:
        item = pending.pop()
        name = function_of(item)
        if name == "Ref" and isinstance(item[name], str):
            yield Reference(item[name], None, "Ref")
        elif name == "Fn::GetAtt":
            yield from _attribute(item[name], pending)
        elif name == "Fn::Sub":
            yield from _variables(item[name], pending)
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _attribute(argument: Any, pending: list[Any]) -> Iterator[Reference]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        return
    if isinstance(parts[1], str):
        yield Reference(parts[0], parts[1], "Fn::GetAtt")
    else:
        yield Reference(parts[0], "", "Fn::GetAtt")
        pending.append(parts[1])


def _variables(argument: Any, pending: list[Any]) -> Iterator[Reference]:
    source, known = (argument, {}) if isinstance(argument, str) else ("", {})
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        source, known = argument
        pending.extend(known.values())
    if not isinstance(source, str):
        return
    for name in VARIABLE.findall(source):
        if name.startswith("!") or name in known:
            continue
        logical, dot, attribute = name.partition(".")
        yield Reference(logical, attribute if dot else None, "Fn::Sub")


def depends_on(resource: Mapping[str, Any]) -> list[str]:
    """The logical ids in DependsOn, as a list."""
    names = resource.get("DependsOn", [])
    return [names] if isinstance(names, str) else list(names)


def dependencies(resources: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each resource the resources that must exist before it. Raises on a circle.

    A DependsOn of a resource that a condition left out is not a dependency.
    """
    needs: dict[str, set[str]] = {}
    for name, resource in resources.items():
        found = {reference.name for reference in references(resource.get("Properties", {}))}
        found |= {reference.name for reference in references(resource.get("Metadata", {}))}
        found |= set(depends_on(resource))
        needs[name] = found & resources.keys()
    circle = in_circles(needs)
    if circle:
        raise ValidationError(f"Circular dependency between resources: [{', '.join(circle)}]")
    return needs


def in_circles(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The names that are part of a circle, or lie between circles: what is left when ends are taken away."""
    after = {name: set(names) for name, names in needs.items()}
    before: dict[str, set[str]] = {name: set() for name in after}
    for name, names in after.items():
        for other in names:
            before[other].add(name)
    _strip(after, before)
    _strip(before, after)
    return [name for name in after if after[name]]


def _strip(after: dict[str, set[str]], before: dict[str, set[str]]) -> None:
    """Take away, again and again, whatever has nothing after it."""
    free = [name for name, names in after.items() if not names]
    while free:
        name = free.pop()
        for other in before[name]:
            after[other].discard(name)
            if not after[other]:
                free.append(other)
        before[name] = set()
