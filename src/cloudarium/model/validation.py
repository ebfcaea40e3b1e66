"""The checks that a model's shapes ask for, in AWS's words: required, length, range, pattern, enum."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloudarium.model.patterns import full_match
from cloudarium.model.service import OperationModel
from cloudarium.model.shapes import Shape

Validator = Callable[[dict[str, Any]], list[str]]
_Path = tuple[Any, ...] | None  # (the container's path, the place in it); a text is made of it for a problem only
_Check = Callable[[Any, _Path, list[str]], None]
_Constraint = tuple[Callable[[Any], bool], str]  # holds?, AWS's sentence
_Sentence = Callable[[Shape, Any, _Path, str], str]
_ONE_SET = re.compile(r"\[(?:[^\[\]\\]|\\.)+\][*+]")
_LONGEST_SEARCHED = 20_000


def compile_validator(operation: OperationModel) -> Validator:
    """The function that lists an input's problems in AWS's words, in the model's order; empty where all is well."""
    made = operation.compiled.get("validator")
    if made is None:
        check = _compiler(operation)(operation.input) if operation.input else None
        made = operation.compiled["validator"] = _nothing if check is None else _runner(check)
    return made


def _nothing(value: dict[str, Any]) -> list[str]:
    return []


def _runner(check: _Check) -> Validator:
    def validate(value: dict[str, Any]) -> list[str]:
        problems: list[str] = []
        check(value, None, problems)
        return problems

    return validate


def _compiler(operation: OperationModel) -> _Checks:
    service = operation.service
    made = service.compiled.get("validators")
    if made is None:
        made = service.compiled["validators"] = _Checks(service.metadata)
    return made


class _Checks:
    """One check per shape, or None where a shape can hold no problem."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self._made: dict[Shape, _Check | None] = {}
        self._open_enums = bool(metadata.get("openEnums"))
        self._failed = _failed_in_silence if metadata.get("silentValues") else _failed
        self._members_not_null = bool(metadata.get("membersNotNull"))

    def __call__(self, shape: Shape) -> _Check | None:
        if shape in self._made:
            return self._made[shape]

        def later(value: Any, path: _Path, problems: list[str]) -> None:
            if (check := self._made[shape]) is not None:
                check(value, path, problems)

        self._made[shape] = later
        check = self._made[shape] = self._build(shape)
        return check

    def _build(self, shape: Shape) -> _Check | None:
        if shape.type == "structure":
            return None if shape.trait("document") or shape.trait("eventstream") else self._structure(shape)
        if shape.type == "list":
            return self._list(shape)
        if shape.type == "map":
            return self._map(shape)
        return self._all(shape)

    def _all(self, shape: Shape) -> _Check | None:
        return _all(shape, self._constraints(shape), self._failed)

    def _constraints(self, shape: Shape) -> list[_Constraint]:
        return constraints(shape, self._open_enums)

    def _structure(self, shape: Shape) -> _Check | None:
        checks, required = {}, []
        for place, (name, member) in enumerate(shape.members.items()):
            if (check := self(member)) is not None:
                checks[name] = (place, lower_first(name), check)
            if name in shape.required:
                required.append((place, name, lower_first(name)))
        if not checks and not required:
            return None
        return _members(checks, required)

    def _list(self, shape: Shape, bare: bool = False) -> _Check:
        """The check of a list; `bare` leaves what is asked of the list itself to the map that it is a value of."""
        own, failed = None if bare else self._all(shape), self._failed
        member = shape.member
        scalar = not member.children
        inner = self._constraints(member) if scalar else []
        sentence = f"Member must satisfy constraint: [{self._of_each(shape, inner)}]"
        check = None if scalar else self(member)

        def check_list(value: Any, path: _Path, problems: list[str]) -> None:
            if own is not None:
                own(value, path, problems)
            if inner and not all(holds(item) for item in value if item is not None for holds, _ in inner):
                problems.append(failed(shape, value, path, sentence))
            for position, item in enumerate(value, 1):
                if item is None:
                    problems.append(_null((path, position, _MEMBER)))
                elif check is not None:
                    check(item, (path, position, _MEMBER), problems)

        return check_list

    def _of_each(self, shape: Shape, found: list[_Constraint]) -> str:
        # In these sentences the lengths come before the pattern, and some services go on with what each must be.
        texts = sorted((text for _, text in found), key=lambda text: "regular expression" in text)
        if self._members_not_null or shape.trait("membersNotNull"):
            texts.append("Member must not be null")
        return ", ".join(texts)

    def _map(self, shape: Shape) -> _Check:
        own, failed = self._all(shape), self._failed
        keys = self._constraints(shape.key)
        lists = shape.value.type == "list"
        values = self._constraints(shape.value) if lists or not shape.value.children else []
        check = self._list(shape.value, True) if lists else self(shape.value) if shape.value.children else None
        key_text = f"Map keys must satisfy constraint: [{self._of_each(shape, keys)}]"
        value_text = f"Map value must satisfy constraint: [{self._of_each(shape, values)}]"

        def check_map(value: Any, path: _Path, problems: list[str]) -> None:
            if own is not None:
                own(value, path, problems)
            if keys and not all(holds(key) for key in value for holds, _ in keys):
                problems.append(failed(shape, value, path, key_text))
            if values and not all(holds(item) for item in value.values() if item is not None for holds, _ in values):
                problems.append(failed(shape, value, path, value_text))
            for key, item in value.items():
                if item is None:
                    problems.append(_null((path, key, _MEMBER)))
                elif check is not None:
                    check(item, (path, key, _MEMBER), problems)

        return check_map


def _members(checks: Mapping[str, tuple[int, str, _Check]], required: Sequence[tuple[int, str, str]]) -> _Check:
    """The check of a structure's members: an input sets few of many, and their order matters for problems only."""
    find = checks.get

    def check_members(value: Any, path: _Path, problems: list[str]) -> None:
        start, found = len(problems), []
        for name, item in value.items():
            if item is not None and (member := find(name)) is not None:
                place, shown, check = member
                check(item, (path, shown), problems)
                if len(problems) > start:
                    found.append((place, problems[start:]))
                    del problems[start:]
        for place, name, shown in required:
            if value.get(name) is None:
                found.append((place, [_null((path, shown))]))
        if found:
            for _, texts in sorted(found):
                problems.extend(texts)

    return check_members


def _all(shape: Shape, found: list[_Constraint], failed: _Sentence) -> _Check | None:
    found = [(holds, sentence) for holds, sentence in found if holds is not _always]
    if not found:
        return None

    def check(value: Any, path: _Path, problems: list[str]) -> None:
        for holds, sentence in found:
            if not holds(value):
                problems.append(failed(shape, value, path, sentence))

    return check


def constraints(shape: Shape, open_enums: bool = False) -> list[_Constraint]:
    """What a shape asks of its own value, in the order in which AWS lists several: enum, pattern, length, range."""
    found: list[_Constraint] = []
    kind = shape.type
    values = shape.trait("enum")
    if values and kind == "string" and not open_enums:
        allowed = frozenset(values)
        found.append((lambda value: value in allowed, f"Member must satisfy enum value set: [{', '.join(values)}]"))
    pattern = shape.trait("pattern")
    if pattern and kind == "string" and (matches := full_match(pattern)) is not None:
        found.append(
            (
                _matching(matches, _searched(pattern, shape.trait("max"))),
                f"Member must satisfy regular expression pattern: {pattern}",
            )
        )
    if kind in ("string", "blob", "list", "map"):
        found.extend(_lengths(shape))
    elif kind in ("integer", "long", "float", "double"):
        found.extend(_ranges(shape))
    return found


def _searched(pattern: str, longest: int | None) -> int:
    """How much text a pattern is tried on: one set of characters is quick on any, such as on IAM's long policies."""
    # A text far beyond the shape's length would only feed a slow pattern; it is refused for its length anyway.
    needed = 2 * int(longest) + 100 if longest else _LONGEST_SEARCHED
    return needed if _ONE_SET.fullmatch(pattern) else min(_LONGEST_SEARCHED, needed)


def _matching(matches: Callable[[str], object], limit: int) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        return len(value) <= limit and matches(value) is not None

    return holds


def _always(value: Any) -> bool:
    return True


def _lengths(shape: Shape) -> list[_Constraint]:
    found: list[_Constraint] = []
    low, high = shape.trait("min"), shape.trait("max")
    size = _java_length if shape.type == "string" else len  # Java's is never the smaller one
    if high is not None:
        top = int(high)
        found.append((lambda value: size(value) <= top, f"Member must have length less than or equal to {top}"))
    if low is not None:
        bottom = int(low)
        holds = (lambda value: len(value) >= bottom or size(value) >= bottom) if bottom else _always
        found.append((holds, f"Member must have length greater than or equal to {bottom}"))
    return found


def _java_length(text: str) -> int:
    """The length in UTF-16 units, which is what Java counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _ranges(shape: Shape) -> list[_Constraint]:
    found: list[_Constraint] = []
    low, high = shape.trait("min"), shape.trait("max")
    if high is not None:
        found.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
    if low is not None:
        found.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
    return found


_MEMBER = "member"  # what AWS calls whatever is in a list or a map


def _text(path: _Path) -> str:
    parts: list[str] = []
    while path is not None:
        parts[:0] = map(str, path[1:])
        path = path[0]
    return ".".join(parts)


def _null(path: _Path) -> str:
    return f"Value null at '{_text(path)}' failed to satisfy constraint: Member must not be null"


def _failed(shape: Shape, value: Any, path: _Path, sentence: str) -> str:
    if shape.trait("sensitive"):
        return _failed_in_silence(shape, value, path, sentence)
    return f"Value '{shown(value)}' at '{_text(path)}' failed to satisfy constraint: {sentence}"


def _failed_in_silence(shape: Shape, value: Any, path: _Path, sentence: str) -> str:
    return f"Value at '{_text(path)}' failed to satisfy constraint: {sentence}"


def shown(value: Any) -> str:
    """A value as Java prints it in AWS's messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return "null" if value is None else str(value)


def lower_first(name: str) -> str:
    """A member's name as AWS writes it in these messages: `tableName` for `TableName`."""
    return name[:1].lower() + name[1:]
