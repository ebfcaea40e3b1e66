"""The details of a modified resource: which property changes, why, and whether that makes a new resource."""

from __future__ import annotations

import json
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from cloudarium.services.cloudformation.template.functions import Unknown, text, unknown_in
from cloudarium.services.cloudformation.template.references import references
from cloudarium.shared.stacks import ResourceType

if TYPE_CHECKING:
    from cloudarium.services.cloudformation.diff.changes import _Comparison
    from cloudarium.services.cloudformation.records.resources import ResourceRow

MAY = "MayChange"  # marks, in the record only, a detail that DescribeChangeSet tells only where it tells no values
KNOWN_LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"


def shown(value: Any) -> Any:
    """`value` with what only the deployment will know made a placeholder, as AWS shows it."""
    if isinstance(value, Unknown):
        return KNOWN_LATER
    if isinstance(value, dict):
        return {key: shown(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value


def details_of(
    comparison: _Comparison,
    row: ResourceRow,
    properties: dict[str, Any],
    changed: set[str],
    kind: ResourceType | None,
    replacing: set[str],
) -> list[dict[str, Any]]:
    """One detail for each changed property and each cause of its change."""
    made = []
    tag_name = kind.tags if kind is not None else ""
    for name in sorted(changed):
        target = {"Attribute": "Tags"} if name == tag_name else {"Attribute": "Properties", "Name": name}
        target["RequiresRecreation"] = "Always" if name in replacing else "Never"
        _add_values(target, row.properties, properties, name)
        made += [{"Target": target, **cause} for cause in _causes(comparison, row, properties, name)]
    if kind is not None and kind.automatic and not changed:
        target = {"Attribute": "Properties", "RequiresRecreation": "Never"}
        made.append({"Target": target, "Evaluation": "Dynamic", "ChangeSource": "Automatic"})
    tags = comparison.target.tags != comparison.stack.detail.get("tags", {})
    if tag_name and tags and tag_name not in changed:
        target = {"Attribute": "Tags", "RequiresRecreation": "Never"}
        made.append({"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"})
    return made + _beside_properties(comparison, row)


def _add_values(target: dict[str, Any], before: dict[str, Any], after: dict[str, Any], name: str) -> None:
    target["Path"] = f"/Properties/{name}"
    if name in before:
        target["BeforeValue"] = _written(before[name])
    if name in after:
        target["AfterValue"] = _written(after[name])
    target["AttributeChangeType"] = "Add" if name not in before else "Modify" if name in after else "Remove"


def _written(value: Any) -> str:
    value = shown(value)
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict | list) else text(value)


def _causes(comparison: _Comparison, row: ResourceRow, properties: dict[str, Any], name: str) -> list[dict[str, Any]]:
    template = comparison.active.resources[row.logical].get("Properties", {}).get(name)
    old = comparison.before.resources.get(row.logical, {}) if comparison.before else {}
    made: list[dict[str, Any]] = []
    for reference in sorted(set(references(template))):
        if _parameter_changed(comparison, reference.name):
            made.append({"Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": reference.name})
    unknown = unknown_in([properties.get(name)])
    for source, entity in sorted(unknown.causes) if unknown else ():
        made.append({"Evaluation": "Dynamic", "ChangeSource": source, "CausingEntity": entity})
    if made and not unknown and template == old.get("Properties", {}).get(name):
        # AWS tells a parameter's change twice: as the parameter's, and as one that depends on a function's result.
        made.append({"Evaluation": "Dynamic", "ChangeSource": "DirectModification"})
    elif not made or template != old.get("Properties", {}).get(name):
        made.append({"Evaluation": "Static", "ChangeSource": "DirectModification"})
    return made


def attributes_of_changed(
    template: dict[str, Any], changed: Container[str], kind: ResourceType | None, told: Container[str]
) -> list[dict[str, Any]]:
    """Details of properties that ask for attributes of resources that change in place: they may have new values.

    `told` are properties that are known to change.
    """
    made: list[dict[str, Any]] = []
    for name in sorted(template):
        target = {"Attribute": "Properties", "Name": name}
        if kind is not None and name == kind.tags:
            target = {"Attribute": "Tags"}
        target["RequiresRecreation"] = "Always" if kind is not None and name in kind.replaces else "Never"
        for reference in sorted({one for one in references(template[name]) if one.attribute}):
            if reference.name in changed and name not in told:
                entity = f"{reference.name}.{reference.attribute}"
                cause = {"Evaluation": "Dynamic", "ChangeSource": "ResourceAttribute", "CausingEntity": entity}
                made.append({"Target": target, **cause, MAY: True})
    return made


def _parameter_changed(comparison: _Comparison, name: str) -> bool:
    raw, before = comparison.target.raw, comparison.stack.detail.get("raw", {})
    if name not in raw:
        return False
    ssm, ssm_before = comparison.target.ssm, comparison.stack.detail.get("ssm", {})
    return raw[name] != before.get(name) or ssm.get(name) != ssm_before.get(name)


def _beside_properties(comparison: _Comparison, row: ResourceRow) -> list[dict[str, Any]]:
    resource = comparison.active.resources[row.logical]
    old = comparison.before.resources.get(row.logical, {}) if comparison.before else {}
    return [
        {
            "Target": {"Attribute": member, "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for member in ("Metadata", "DeletionPolicy", "UpdateReplacePolicy")
        if resource.get(member) != old.get(member)
    ]
