"""An update's checked tree as changes of an item.

All operands are read from the item as it was before the update; then the changes are made, REMOVE of list elements
from the highest index down, so that an index always means an element of the item as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.expressions import paths
from cloudarium.services.dynamodb.expressions.parser import Action, Arithmetic, CallNode, Node, Path, Placeholder
from cloudarium.services.dynamodb.expressions.paths import Steps
from cloudarium.services.dynamodb.rules import numbers
from cloudarium.services.dynamodb.rules.values import Item, Value, kind_of

Values = Mapping[str, Value]
Source = Callable[[Item, Values], Value]

WRONG_TYPE = "An operand in the update expression has an incorrect data type"
OLDER_WRONG_TYPE = "Type mismatch for attribute to update"  # of the legacy AttributeUpdates
NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
BAD_PATH = "The document path provided in the update expression is invalid for update"


class Change:
    """One compiled action: `word` on the value at `steps`, with what `source` gives."""

    __slots__ = ("source", "steps", "word")

    def __init__(self, word: str, steps: Steps, source: Source | None) -> None:
        self.word = word
        self.steps = steps
        self.source = source


def changes_of(actions: Sequence[Action]) -> tuple[Change, ...]:
    """The compiled actions of an update whose paths are resolved."""
    return tuple(
        Change(action.word, action.path.steps, None if action.operand is None else source_of(action.operand))
        for action in actions
    )


def apply(changes: Sequence[Change], old: Item, values: Values, wrong_type: str = WRONG_TYPE) -> Item:
    """The item after the changes; `old` stays as it is. Raises ValidationException when one does not fit the item."""
    pending = [(change, change.source(old, values) if change.source else None) for change in changes]
    item = dict(old)
    for change in changes:
        if len(change.steps) > 1 or change.word in ("ADD", "DELETE"):  # these reach into a value
            top = str(change.steps[0])
            if top in item and item[top] is old[top]:
                item[top] = _copied(old[top])
    removals: list[Steps] = []
    beyond: list[tuple[Steps, Value]] = []
    for change, value in pending:
        if change.word == "REMOVE":
            removals.append(change.steps)
        elif change.word == "SET":
            assert value is not None
            _set(item, change.steps, value, beyond)
        elif change.word == "ADD":
            assert value is not None
            _add(item, change.steps, value, beyond, wrong_type)
        else:
            assert value is not None
            _delete(item, change.steps, value, removals, wrong_type)
    for steps, value in sorted(beyond, key=lambda each: each[0][-1]):
        paths.container(item, steps).append(value)  # type: ignore[union-attr]
    # All are found before any goes: what goes from a list moves the elements after it.
    doomed = [(_target(item, steps), steps) for steps in removals]
    for target, steps in sorted(doomed, key=lambda each: _last_index(each[1]), reverse=True):
        _remove(target, steps[-1])
    return item


def _copied(value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind == "M":
        return {"M": {name: _copied(each) for name, each in content.items()}}
    if kind == "L":
        return {"L": [_copied(each) for each in content]}
    return {kind: content}


def _last_index(steps: Steps) -> int:
    return steps[-1] if isinstance(steps[-1], int) else -1


# ---- Changes --------------------------------------------------------------------------------------------------------


def _target(item: Item, steps: Steps) -> Any:
    target = paths.container(item, steps)
    if target is None:
        raise ValidationException(BAD_PATH)
    return target


def _set(item: Item, steps: Steps, value: Value, beyond: list[tuple[Steps, Value]]) -> None:
    target, last = _target(item, steps), steps[-1]
    if isinstance(last, int) and last >= len(target):
        beyond.append((steps, value))  # past the end means at the end, in the order of the indexes
    else:
        target[last] = value


def _remove(target: Any, last: str | int) -> None:
    if isinstance(last, int):
        if last < len(target):
            del target[last]
    else:
        target.pop(last, None)


def _existing(target: Any, last: str | int) -> Value | None:
    if isinstance(last, int):
        return target[last] if last < len(target) else None
    return target.get(last)


def _add(item: Item, steps: Steps, value: Value, beyond: list[tuple[Steps, Value]], wrong_type: str) -> None:
    target, last = _target(item, steps), steps[-1]
    present = _existing(target, last)
    ((kind, content),) = value.items()
    if present is None:
        _set(item, steps, dict(value), beyond)
        return
    if kind_of(present) != kind:
        raise ValidationException(wrong_type)
    if kind == "N":
        present["N"] = numbers.add(present["N"], content)
    elif kind == "L":  # only the legacy AttributeUpdates may add to a list
        present["L"] = present["L"] + content
    else:
        present[kind] = present[kind] + [each for each in content if each not in present[kind]]


def _delete(item: Item, steps: Steps, value: Value, removals: list[Steps], wrong_type: str) -> None:
    target, last = _target(item, steps), steps[-1]
    present = _existing(target, last)
    if present is None:
        return
    ((kind, content),) = value.items()
    if kind_of(present) != kind:
        raise ValidationException(wrong_type)
    left = [each for each in present[kind] if each not in content]
    if left:
        present[kind] = left
    else:
        removals.append(steps)


# ---- What SET takes -------------------------------------------------------------------------------------------------


def source_of(node: Node) -> Source:
    """The function that gives what an action takes, from the item as it was."""
    if isinstance(node, Placeholder):
        name = node.name
        return lambda item, values: values[name]
    if isinstance(node, Path):
        return _path_source(node.steps)
    if isinstance(node, Arithmetic):
        return _arithmetic(source_of(node.left), source_of(node.right), node.sign)
    assert isinstance(node, CallNode)
    first, second = node.arguments
    if node.name == "if_not_exists":
        assert isinstance(first, Path)
        return _if_not_exists(first.steps, source_of(second))
    return _list_append(source_of(first), source_of(second))


def _path_source(steps: Steps) -> Source:
    def source(item: Item, values: Values) -> Value:
        value = paths.read(item, steps)
        if value is None:
            raise ValidationException(NO_ATTRIBUTE)
        return value

    return source


def _arithmetic(left: Source, right: Source, sign: str) -> Source:
    combine = numbers.add if sign == "+" else numbers.subtract

    def source(item: Item, values: Values) -> Value:
        one, other = left(item, values), right(item, values)
        if "N" not in one or "N" not in other:
            raise ValidationException(WRONG_TYPE)
        return {"N": combine(one["N"], other["N"])}

    return source


def _if_not_exists(steps: Steps, otherwise: Source) -> Source:
    def source(item: Item, values: Values) -> Value:
        value = paths.read(item, steps)
        return otherwise(item, values) if value is None else value

    return source


def _list_append(left: Source, right: Source) -> Source:
    def source(item: Item, values: Values) -> Value:
        one, other = left(item, values), right(item, values)
        if "L" not in one or "L" not in other:
            raise ValidationException(WRONG_TYPE)
        return {"L": one["L"] + other["L"]}

    return source
