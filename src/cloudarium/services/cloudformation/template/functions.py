"""The intrinsic functions: `resolve` turns a template value into a plain one, given what is known by now."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.shared.zones import zones as region_zones

NO_VALUE: Any = object()
VARIABLE = re.compile(r"\$\{([^${}]*)\}")  # a name never holds $ or braces: no scan runs past the next one


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only the deployment will know; `causes` are the (source, entity) pairs it hangs on."""

    causes: frozenset[tuple[str, str]]


def _nothing(name: str, *_: str) -> Any:
    raise ValidationError(
        f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
    )


@dataclass(slots=True)
class Context:
    """What functions may look at: parameters, conditions, mappings, and ways to ask for resources and exports."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    pseudo: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)
    reference: Callable[[str], Any] = _nothing
    attribute: Callable[[str, str], Any] = _nothing
    imported: Callable[[str], Any] = _nothing


def function_of(value: Any) -> str | None:
    """The name of the intrinsic function that `value` is a call of, None when it is plain data."""
    if isinstance(value, dict) and len(value) == 1:
        name = next(iter(value))
        if name in ("Ref", "Condition") or (isinstance(name, str) and name.startswith("Fn::")):
            return name
    return None


def resolve(value: Any, context: Context) -> Any:
    """`value` with every function replaced by its result; members that are AWS::NoValue disappear."""
    name = function_of(value)
    if name in FUNCTIONS:
        return FUNCTIONS[name](value[name], context)
    if isinstance(value, dict):
        pairs = ((key, resolve(member, context)) for key, member in value.items())
        return {key: member for key, member in pairs if member is not NO_VALUE}
    if isinstance(value, list):
        return [member for member in (resolve(item, context) for item in value) if member is not NO_VALUE]
    return value


def text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string: true, 1.5, 10."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None or value is NO_VALUE else str(value)


def unknown_in(values: Iterable[Any]) -> Unknown | None:
    """One Unknown with the causes of all unknown members inside of `values`, None when all is known."""
    causes: set[tuple[str, str]] = set()
    pending = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, Unknown):
            causes |= value.causes
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return Unknown(frozenset(causes)) if causes else None


def zones(region: str) -> list[str]:
    """The availability zones of a region, as Fn::GetAZs lists them."""
    return [name for name, _ in region_zones(region)]


def lookup(name: str, context: Context) -> Any:
    """What `Ref` of `name` gives: a pseudo parameter, a parameter, or a resource's physical id."""
    if name == "AWS::NoValue":
        return NO_VALUE
    if name in context.pseudo:
        return context.pseudo[name]
    if name in context.parameters:
        return context.parameters[name]
    return context.reference(name)


# --- functions ------------------------------------------------------------------------------------------------------


def _ref(name: Any, context: Context) -> Any:
    if not isinstance(name, str):
        raise ValidationError("Template error: every Ref object must have a single String value.")
    return lookup(name, context)


def _get_att(argument: Any, context: Context) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2:
        raise ValidationError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, "
            "the resource name and the resource attribute"
        )
    attribute = resolve(parts[1], context)
    return context.attribute(str(parts[0]), text(attribute))


def _join(argument: Any, context: Context) -> Any:
    delimiter, parts = argument if isinstance(argument, list) and len(argument) == 2 else (None, None)
    parts = resolve(parts, context)
    if (found := unknown_in([parts])) is not None:
        return found
    if not isinstance(delimiter, str) or not isinstance(parts, list):
        raise ValidationError(
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and "
            "(2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) "
            "to be joined."
        )
    if any(isinstance(part, dict | list) for part in parts):
        raise ValidationError("Template error: every value of the list of a Fn::Join must be a string.")
    return delimiter.join(text(part) for part in parts)


def _split(argument: Any, context: Context) -> Any:
    delimiter, source = argument if isinstance(argument, list) and len(argument) == 2 else (None, None)
    source = resolve(source, context)
    if isinstance(source, Unknown):
        return source
    if not isinstance(delimiter, str) or not delimiter or isinstance(source, dict | list) or source is None:
        raise ValidationError(
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and "
            "(2) a string to be split or a function that returns a string to be split."
        )
    return text(source).split(delimiter)


def _select(argument: Any, context: Context) -> Any:
    problem = "Template error: every Fn::Select object requires two parameters, the index and a list of objects."
    if not isinstance(argument, list) or len(argument) != 2:
        raise ValidationError(problem)
    index, choices = resolve(argument[0], context), resolve(argument[1], context)
    if isinstance(index, Unknown) or isinstance(choices, Unknown):
        return unknown_in([index, choices])
    if not isinstance(choices, list):
        raise ValidationError("Template error: Fn::Select requires a list argument with two elements")
    if not re.fullmatch(r"\d{1,9}", text(index)):
        raise ValidationError("Template error: Fn::Select requires a list argument with a valid index")
    if int(text(index)) >= len(choices):
        raise ValidationError(f"Template error: Fn::Select cannot select nonexistent value at index {text(index)}")
    return choices[int(text(index))]


def _sub(argument: Any, context: Context) -> Any:
    source, variables = (argument, {}) if isinstance(argument, str) else _sub_pair(argument)
    known = {name: resolve(value, context) for name, value in variables.items()}
    values: dict[str, Any] = {}
    for name in VARIABLE.findall(source):
        if not name.startswith("!"):
            values[name] = known[name] if name in known else _variable(name, context)
    if (found := unknown_in(values.values())) is not None:
        return found
    for name, value in values.items():
        if isinstance(value, dict | list):
            raise ValidationError(f"Template error: variable {name} in Fn::Sub expression does not resolve to a string")
    return VARIABLE.sub(lambda match: _substituted(match.group(1), values), source)


def _sub_pair(argument: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(argument, list) and len(argument) == 2:
        source, variables = argument
        if isinstance(source, str) and isinstance(variables, dict):
            return source, variables
    raise ValidationError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string "
        "as first argument, and an optional second argument to specify a mapping of values to replace in the string"
    )


def _variable(name: str, context: Context) -> Any:
    if "." in name and name not in context.parameters:
        logical, attribute = name.split(".", 1)
        return context.attribute(logical, attribute)
    return lookup(name, context)


def _substituted(name: str, values: Mapping[str, Any]) -> str:
    if name.startswith("!"):
        return "${" + name[1:] + "}"
    value = values[name]
    return "" if value is NO_VALUE else text(value)


def _find_in_map(argument: Any, context: Context) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        raise ValidationError(
            "Template error: every Fn::FindInMap object requires three parameters, "
            "the map name, map key and the attribute for return value"
        )
    keys = [resolve(key, context) for key in argument[:3]]
    if (found := unknown_in(keys)) is not None:
        return found
    name, top, second = (text(key) for key in keys)
    try:
        return context.mappings[name][top][second]
    except (KeyError, TypeError):
        if len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
            return resolve(argument[3]["DefaultValue"], context)
        if name not in context.mappings:
            problem = f"Template error: Mapping named '{name}' is not present in the 'Mappings' section of template."
            raise ValidationError(problem) from None
        raise ValidationError(f"Template error: Unable to get mapping for {name}::{top}::{second}") from None


def _if(argument: Any, context: Context) -> Any:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise ValidationError(
            "Template error: Fn::If requires a list argument with the first element being a condition"
        )
    if argument[0] not in context.conditions:
        raise ValidationError(f"Template error: unresolved condition dependency {argument[0]} in Fn::If")
    return resolve(argument[1] if context.conditions[argument[0]] else argument[2], context)


def _base64(argument: Any, context: Context) -> Any:
    value = resolve(argument, context)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, dict | list):
        raise ValidationError("Template error: every Fn::Base64 object must have a String-typed value.")
    return base64.b64encode(text(value).encode()).decode()


def _cidr(argument: Any, context: Context) -> Any:
    values = resolve(argument, context)
    if (found := unknown_in([values])) is not None:
        return found
    try:
        block = ipaddress.ip_network(text(values[0]), strict=False)
        count = int(text(values[1]))
        bits = (
            int(text(values[2]))
            if len(values) > 2
            else block.max_prefixlen - block.prefixlen - (count - 1).bit_length()
        )
        if not 1 <= count <= 256 or not 0 < bits <= block.max_prefixlen:
            raise ValueError
        prefix = block.max_prefixlen - bits
        if prefix < block.prefixlen or count > 1 << (prefix - block.prefixlen):
            raise ValueError
    except (ValueError, TypeError, IndexError, KeyError):
        raise ValidationError(
            "Template error: every Fn::Cidr object requires two or three parameters, (1) a valid CIDR block, "
            "(2) the number of CIDRs to generate between 1 and 256, (3) the number of subnet bits"
        ) from None
    step = 1 << bits
    first = int(block.network_address)
    make = type(block.network_address)
    return [f"{make(first + index * step)}/{prefix}" for index in range(count)]


def _get_azs(argument: Any, context: Context) -> Any:
    region = resolve(argument, context)
    if isinstance(region, Unknown):
        return region
    if isinstance(region, dict | list) or region is None:
        raise ValidationError("Template error: Fn::GetAZs requires a region name as its value")
    return zones(text(region) or context.pseudo.get("AWS::Region", ""))


def _import_value(argument: Any, context: Context) -> Any:
    name = resolve(argument, context)
    if isinstance(name, Unknown):
        return name
    if isinstance(name, dict | list):
        raise ValidationError(
            "Template error: the attribute in Fn::ImportValue must be a string or a function that returns a string"
        )
    return context.imported(text(name))


def _length(argument: Any, context: Context) -> Any:
    value = resolve(argument, context)
    if isinstance(value, Unknown):
        return value
    if not isinstance(value, list):
        raise ValidationError("Transform AWS::LanguageExtensions failed with: Fn::Length layout is incorrect.")
    return len(value)


def _to_json_string(argument: Any, context: Context) -> Any:
    value = resolve(argument, context)
    if not isinstance(value, dict | list):
        raise ValidationError("Transform AWS::LanguageExtensions failed with: Fn::ToJsonString layout is incorrect.")
    return unknown_in([value]) or json.dumps(value, separators=(",", ":"), ensure_ascii=False)


FUNCTIONS: dict[str | None, Callable[[Any, Context], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::GetAZs": _get_azs,
    "Fn::ImportValue": _import_value,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json_string,
}
