"""Whether what is deployed is what a value of the template resolves to, as far as ids tell."""

from __future__ import annotations

import re
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}.]+)[^}]*\}")


def fits(code: Any, there: Any, names: dict[str, str]) -> bool:
    """Whether a deployed value is the template's. `names` are the ids and values behind its logical names.

    An ARN fits a resource when the resource's id is in it; what `names` does not know (AWS::URLSuffix) any value fits.
    """
    if isinstance(code, dict) and len(code) == 1:
        [(function, given)] = code.items()
        if function == "Ref":
            return isinstance(there, str) and _is_of(given, there, names)
        if function == "Fn::GetAtt":
            logical = given[0] if isinstance(given, list) else given.partition(".")[0]
            return isinstance(there, str) and _is_of(logical, there, names)
        if function == "Fn::Sub" and isinstance(given, str):
            return isinstance(there, str) and bool(re.fullmatch(_pattern(given, names), there))
        if function.startswith("Fn::"):
            return True  # what it leads to is not told by ids
    if isinstance(code, dict):
        alike = isinstance(there, dict) and code.keys() == there.keys()
        return alike and all(fits(value, there[key], names) for key, value in code.items())
    if isinstance(code, list):
        alike = isinstance(there, list) and len(code) == len(there)
        return alike and all(fits(*pair, names) for pair in zip(code, there, strict=True))
    return bool(code == there)


def _is_of(logical: str, there: str, names: dict[str, str]) -> bool:
    return logical not in names or _core(names[logical]) in there


def _pattern(text: str, names: dict[str, str]) -> str:
    parts = _VARIABLE.split(text)  # texts and, between them, names
    return "".join(
        re.escape(part) if place % 2 == 0 else f".*{re.escape(_core(names[part]))}" if part in names else ".+"
        for place, part in enumerate(parts)
    )


def _core(id: str) -> str:
    """What of an id is in the ARN too: of a queue's URL, its name."""
    return id.rpartition("/")[2]


def differences(
    deployed: dict[str, list[dict[str, Any]]], wanted: list[dict[str, Any]], names: dict[str, str]
) -> list[str]:
    """How policies differ from those that the template has, in words; see `fits` for `names`."""
    by_code = {each["PolicyName"]: listed(each["PolicyDocument"]["Statement"]) for each in wanted}
    told = [f"the policy {name} is gone" for name in by_code.keys() - deployed.keys()]
    told += [f"the policy {name} came by hand" for name in deployed.keys() - by_code.keys()]
    for name in by_code.keys() & deployed.keys():
        code, there = map(_by_sid, (by_code[name], deployed[name]))
        told += [f"statement {sid} of {name} is gone" for sid in code.keys() - there.keys()]
        told += [f"statement {sid} of {name} came by hand" for sid in there.keys() - code.keys()]
        for sid in code.keys() & there.keys():
            changed = [part for part in _PARTS if not fits(code[sid].get(part), there[sid].get(part), names)]
            values = "; ".join(f"{part} {text(there[sid].get(part, 'nothing'))}" for part in changed)
            if changed:
                told.append(f"statement {sid} of {name} now has {values}")
    return sorted(told)


_PARTS = ("Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")


def _by_sid(statements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each.get("Sid", str(place)): each for place, each in enumerate(statements)}


def listed(value: Any) -> list[Any]:
    """A list of one where a document may leave the list away."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """One value, or several, in words."""
    return ", ".join(map(str, listed(value)))
