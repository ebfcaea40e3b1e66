"""The changes between a stack as it is and a target, as DescribeChangeSet lists them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudarium.services.cloudformation.diff.details import attributes_of_changed, details_of, shown
from cloudarium.services.cloudformation.engine.work import kind_of
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.prepare.target import Target, pseudo
from cloudarium.services.cloudformation.records import exports, resources
from cloudarium.services.cloudformation.records.resources import ResourceRow
from cloudarium.services.cloudformation.records.stacks import Stack
from cloudarium.services.cloudformation.template.active import activate
from cloudarium.services.cloudformation.template.functions import Context, Unknown, resolve, text
from cloudarium.shared.stacks import ResourceType
from cloudarium.store import Store

GONE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


@dataclass(slots=True)
class Found:
    """The changes of resources in the API's members, and whether there is anything to do at all."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    any: bool = False


def between(store: Store, stack: Stack, target: Target) -> Found:
    """What would change. Raises ValidationError for what an update may not change."""
    return _Comparison(store, stack, target).found()


class _Comparison:
    """One comparison; resources are looked at in dependency order, so that what will be new is known to be unknown."""

    def __init__(self, store: Store, stack: Stack, target: Target) -> None:
        self.store = store
        self.stack = stack
        self.target = target
        self.rows = {
            row.logical: row for row in resources.current(store, stack.arn) if row.status not in GONE and row.current
        }
        self.active = target.active()
        self.before = activate(stack.processed, stack.detail.get("conditions", {})) if stack.processed else None
        self.renewed: set[str] = set()
        self.changed: set[str] = set()  # in place: who asks for their attributes may see new values
        self.context = Context(
            target.values,
            pseudo(stack.account, stack.region, stack.name, stack.arn),
            target.processed.get("Mappings", {}),
            target.conditions,
            self._reference,
            self._attribute,
            self._imported,
        )

    def found(self) -> Found:
        changes: dict[str, dict[str, Any]] = {}
        wrong = [
            logical
            for logical, resource in self.active.resources.items()
            if logical in self.rows and self.rows[logical].type != resource["Type"]
        ]
        if wrong:
            raise ValidationError(
                "Update of resource type is not permitted. The new template modifies resource type of the "
                f"following resources: [{', '.join(wrong)}]"
            )
        for logical in _ordered(self.active.needs):
            change = self._modified(logical) if logical in self.rows else self._added(logical)
            if change is not None:
                changes[logical] = change
        for logical, row in self.rows.items():
            if logical not in self.active.resources:
                changes[logical] = _removed(row)
        listed = [{"Type": "Resource", "ResourceChange": changes[logical]} for logical in sorted(changes)]
        return Found(listed, bool(listed) or self._otherwise())

    def _otherwise(self) -> bool:
        """Whether something beside the resources changes: tags, outputs, exports."""
        if self.target.tags != self.stack.detail.get("tags", {}):
            return True
        outputs = {}
        for name, output in self.active.outputs.items():
            outputs[name] = (
                text(resolve(output["Value"], self.context)),
                text(resolve(output["Export"]["Name"], self.context)) if "Export" in output else None,
                output.get("Description"),
            )
        known = {
            entry["OutputKey"]: (entry["OutputValue"], entry.get("ExportName"), entry.get("Description"))
            for entry in self.stack.detail.get("outputs", [])
        }
        return outputs != known

    # ---- One resource ------------------------------------------------------------------------------------------------

    def _added(self, logical: str) -> dict[str, Any]:
        self.renewed.add(logical)
        resource = self.active.resources[logical]
        properties = resolve(resource.get("Properties", {}), self.context)
        return {
            "Action": "Add",
            "LogicalResourceId": logical,
            "ResourceType": resource["Type"],
            "Scope": [],
            "Details": [],
            "AfterContext": _context(properties, resolve(resource.get("Metadata", {}), self.context)),
        }

    def _modified(self, logical: str) -> dict[str, Any] | None:
        row, resource = self.rows[logical], self.active.resources[logical]
        kind = kind_of(row.type)
        properties = resolve(resource.get("Properties", {}), self.context)
        changed = {
            name
            for name in {*properties, *row.properties}
            if properties.get(name, _ABSENT) != row.properties.get(name, _ABSENT)
        }
        scope = self._scope(row, resource, changed, kind)
        may = attributes_of_changed(resource.get("Properties", {}), self.changed, kind, changed)
        if not scope and not may:
            return None
        replacement, certain = _replacement(kind, row, properties, changed)
        if replacement == "False" and any(detail["Target"]["RequiresRecreation"] == "Always" for detail in may):
            replacement = "Conditional"
        elif replacement != "False":
            self.renewed.add(logical)
        if may:
            scope = sorted({*scope, *(detail["Target"]["Attribute"] for detail in may)})
        if "Properties" in scope:
            self.changed.add(logical)
        change = {
            "Action": "Modify",
            "LogicalResourceId": logical,
            "PhysicalResourceId": row.physical,
            "ResourceType": row.type,
            "Replacement": replacement,
            "Scope": scope,
            "Details": details_of(self, row, properties, changed, kind, certain) + may,
            "BeforeContext": _context(row.properties, row.metadata),
            "AfterContext": _context(properties, resolve(resource.get("Metadata", {}), self.context)),
        }
        if replacement == "True":
            change["PolicyAction"] = "ReplaceAndRetain" if row.replacement == "Retain" else "ReplaceAndDelete"
        return change

    def _scope(
        self, row: ResourceRow, resource: Mapping[str, Any], changed: set[str], kind: ResourceType | None
    ) -> list[str]:
        tag_name = kind.tags if kind is not None else ""
        scope = []
        if changed - {tag_name} or (kind is not None and kind.automatic):
            scope.append("Properties")
        if resolve(resource.get("Metadata", {}), self.context) != row.metadata:
            scope.append("Metadata")
        if tag_name and (tag_name in changed or self.target.tags != self.stack.detail.get("tags", {})):
            scope.append("Tags")
        for member, known in (("DeletionPolicy", row.deletion), ("UpdateReplacePolicy", row.replacement)):
            if text(resolve(resource.get(member, "Delete"), self.context)) != known:
                scope.append(member)
        return sorted(scope)

    # ---- What functions see ------------------------------------------------------------------------------------------

    def _reference(self, logical: str) -> Any:
        if logical in self.renewed or logical not in self.rows:
            return Unknown(frozenset({("ResourceReference", logical)}))
        return self.rows[logical].physical

    def _attribute(self, logical: str, name: str) -> Any:
        unknown = Unknown(frozenset({("ResourceAttribute", f"{logical}.{name}")}))
        if logical in self.renewed or logical not in self.rows:
            return unknown
        found: Any = self.rows[logical].attributes
        if name in found:
            return found[name]
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return unknown if found is None else found

    def _imported(self, name: str) -> Any:
        export = exports.find(self.store, self.stack.scope, name)
        if export is None:
            raise ValidationError(f"No export named {name} found.")
        return export.value


_ABSENT = object()


def _ordered(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Logical ids, each after what it needs."""
    made: dict[str, None] = {}
    waiting = {logical: set(others) for logical, others in needs.items()}
    while waiting:
        ready = [logical for logical, others in waiting.items() if others <= made.keys()]
        for logical in ready or list(waiting):
            made[logical] = None
            waiting.pop(logical)
    return list(made)


def _removed(row: ResourceRow) -> dict[str, Any]:
    return {
        "PolicyAction": "Delete" if row.deletion == "Delete" else "Retain",
        "Action": "Remove",
        "LogicalResourceId": row.logical,
        "PhysicalResourceId": row.physical,
        "ResourceType": row.type,
        "Scope": [],
        "Details": [],
        "BeforeContext": _context(row.properties, row.metadata),
    }


def _replacement(
    kind: ResourceType | None, row: ResourceRow, properties: dict[str, Any], changed: set[str]
) -> tuple[str, set[str]]:
    """True, False or Conditional, and the properties that are why."""
    if kind is None:
        return "False", set()
    causes = set(kind.replacing(row.properties, properties)) & changed
    if any(not _has_unknown(properties.get(name)) for name in causes):
        return "True", causes
    return ("Conditional" if causes else "False"), causes


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Unknown):
        return True
    if isinstance(value, dict):
        return any(_has_unknown(member) for member in value.values())
    return isinstance(value, list) and any(_has_unknown(item) for item in value)


def _context(properties: Any, metadata: Any) -> str:
    made = {"Properties": shown(properties)}
    if metadata:
        made["Metadata"] = shown(metadata)
    return json.dumps(made, separators=(",", ":"))
