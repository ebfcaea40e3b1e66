"""ListExports, ListImports."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.records import exports
from cloudarium.shared import paging

PAGE = 100


def after(call: Call) -> Any:
    """The key in the request's NextToken, None without one. Raises ValidationError for a strange one."""
    token = call.input.get("NextToken")
    if token is None:
        return None
    try:
        return paging.decode(token)
    except ValueError:
        raise ValidationError("Invalid NextToken") from None


def text_after(call: Call) -> str:
    """The same where keys are texts."""
    key = after(call)
    if key is not None and not isinstance(key, str):
        raise ValidationError("Invalid NextToken")
    return key or ""


def pair_after(call: Call) -> tuple[float, str] | None:
    """The same where keys are a time and an ARN."""
    key = after(call)
    if key is None:
        return None
    if not isinstance(key, list) or len(key) != 2 or not isinstance(key[1], str) or not isinstance(key[0], int | float):
        raise ValidationError("Invalid NextToken")
    return key[0], key[1]


@operation("ListExports")
def list_exports(call: Call) -> dict[str, Any]:
    """The exported outputs of the account's stacks in this region, by name."""
    found = exports.page(call.store, call.scope, text_after(call), PAGE + 1)
    answer: dict[str, Any] = {
        "Exports": [
            {"ExportingStackId": export.stack, "Name": export.name, "Value": export.value} for export in found[:PAGE]
        ]
    }
    if len(found) > PAGE:
        answer["NextToken"] = paging.encode(found[PAGE - 1].name)
    return answer


@operation("ListImports")
def list_imports(call: Call) -> dict[str, Any]:
    """The names of the stacks that import an export."""
    name = call.input["ExportName"]
    if exports.find(call.store, call.scope, name) is None:
        raise ValidationError(f"Export '{name}' does not exist.")
    found = exports.importers(call.store, call.scope, name, text_after(call), PAGE + 1)
    if not found:
        raise ValidationError(f"Export '{name}' is not imported by any stack.")
    answer: dict[str, Any] = {"Imports": found[:PAGE]}
    if len(found) > PAGE:
        answer["NextToken"] = paging.encode(found[PAGE - 1])
    return answer
