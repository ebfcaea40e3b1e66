"""Which steps a phase has and what each waits for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.works import Step


def apply_steps(stack: str, needs: Mapping[str, set[str]], rows: Iterable[ResourceRow]) -> list[Step]:
    """One step for each resource of the template: create what is new, look at what is there."""
    current = {row.logical: row for row in rows if row.current}
    latest: dict[str, int] = {}
    for row in rows:
        latest[row.logical] = max(latest.get(row.logical, 0), row.generation)
    keys = {
        logical: (logical, current[logical].generation if logical in current else latest.get(logical, 0) + 1)
        for logical in needs
    }
    return [
        Step(
            stack,
            *keys[logical],
            action="update" if logical in current else "create",
            needs=sorted(keys[other] for other in others),
        )
        for logical, others in needs.items()
    ]


def delete_steps(stack: str, rows: Iterable[ResourceRow]) -> list[Step]:
    """One step for each of `rows`, the ones that need others first."""
    leaving = list(rows)
    by_logical: dict[str, list[tuple[str, int]]] = {}
    for row in leaving:
        by_logical.setdefault(row.logical, []).append(row.key)
    waits: dict[tuple[str, int], set[tuple[str, int]]] = {row.key: set() for row in leaving}
    for row in leaving:
        for needed in row.needs:
            for key in by_logical.get(needed, ()):
                if key != row.key:
                    waits[key].add(row.key)
    return [Step(stack, *row.key, action="delete", needs=sorted(waits[row.key])) for row in leaving]


def revert_steps(stack: str, rows: Iterable[ResourceRow]) -> list[Step]:
    """One step for each resource that was changed in place, in the order of what needs what."""
    changed = {row.logical: row for row in rows if row.previous is not None}
    return [
        Step(
            stack,
            *row.key,
            action="revert",
            needs=sorted(changed[other].key for other in set(row.needs) & changed.keys() if other != row.logical),
        )
        for row in changed.values()
    ]
