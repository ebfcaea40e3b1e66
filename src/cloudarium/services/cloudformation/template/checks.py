"""The shape of a template: sections, resources, outputs, functions; everything that can be said without parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cloudarium.services.cloudformation import schemas
from cloudarium.services.cloudformation.errors import ValidationError
from cloudarium.services.cloudformation.template import parameters
from cloudarium.services.cloudformation.template.functions import VARIABLE, function_of
from cloudarium.services.cloudformation.template.references import depends_on, references
from cloudarium.shared.errors import NotBuilt

SECTIONS = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
    "Transform", "Resources", "Outputs", "Hooks",
}  # fmt: skip
RESOURCE_MEMBERS = {
    "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
    "CreationPolicy", "UpdatePolicy",
}  # fmt: skip
PSEUDO = {
    "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId",
    "AWS::StackName", "AWS::URLSuffix",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9]+")
IF_PROBLEM = "Template error: Fn::If requires a list argument with the first element being a condition"
_POLICIES = ("Delete", "Retain", "Snapshot", "RetainExceptOnCreate")
_SNAPSHOTS = (
    "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
)  # fmt: skip
_BASIC = (
    "Fn::Base64", "Fn::GetAtt", "Fn::GetAZs", "Fn::ImportValue", "Fn::Join", "Fn::Split", "Fn::FindInMap",
    "Fn::Select", "Ref", "Fn::Equals", "Fn::If", "Fn::Not", "Condition", "Fn::And", "Fn::Or", "Fn::Contains",
    "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::ValueOf", "Fn::ValueOfAll", "Fn::RefAll", "Fn::Sub", "Fn::Cidr",
)  # fmt: skip
_EXTENDED = ("Fn::Length", "Fn::ToJsonString", "Fn::Transform")


def check(template: Mapping[str, Any]) -> None:
    """Refuse a template that is not well-built, in AWS's words and about AWS's order."""
    _check_sections(template)
    _check_nulls(template)
    parameters.check_definitions(template.get("Parameters", {}))
    _check_mappings(template.get("Mappings", {}))
    _check_conditions(template)
    _check_resources(template)
    _check_outputs(template)
    _check_functions(template)
    _check_references(template)


def transforms(template: Mapping[str, Any]) -> list[Any]:
    """The template's macros in order; each is a name or {Name, Parameters}."""
    declared = template.get("Transform", [])
    return declared if isinstance(declared, list) else [declared]


def _check_sections(template: Mapping[str, Any]) -> None:
    if strange := [name for name in template if name not in SECTIONS]:
        raise ValidationError(f"Invalid template property or properties [{', '.join(strange)}]")
    version = template.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        raise ValidationError(
            f"Template format error: {version} is not a supported value for AWSTemplateFormatVersion."
        )
    description = template.get("Description", "")
    if not isinstance(description, str):
        raise ValidationError("Template format error: Description must be a string.")
    if len(description.encode()) > 1024:
        raise ValidationError("Template format error: 'Description' length is greater than 1024.")
    if "Hooks" in template:
        raise NotBuilt("the template section Hooks")
    for section in ("Metadata", "Conditions", "Outputs", "Rules"):
        if not isinstance(template.get(section, {}), dict):
            raise ValidationError(f"Template format error: {section} must be an object.")
    resources = template.get("Resources")
    if resources is None or resources == {}:
        raise ValidationError("Template format error: At least one Resources member must be defined.")
    if not isinstance(resources, dict):
        raise ValidationError("Template format error: 'Resources' section must be an object.")
    if len(resources) > 500:
        raise ValidationError(
            f"Template format error: Number of resources, {len(resources)}, is greater than maximum allowed, 500"
        )


def _check_nulls(template: Mapping[str, Any]) -> None:
    pending: list[tuple[str, Any]] = [
        (f"/{name}", template[name]) for name in reversed([*template]) if name != "Metadata"
    ]
    while pending:
        path, value = pending.pop()
        if value is None:
            raise ValidationError(f"[{path}] 'null' values are not allowed in templates")
        if isinstance(value, dict):
            pending.extend((f"{path}/{key}", member) for key, member in reversed(value.items()))
        elif isinstance(value, list):
            pending.extend((f"{path}/{index}", member) for index, member in reversed([*enumerate(value)]))


def _check_mappings(mappings: Any) -> None:
    if not isinstance(mappings, dict):
        raise ValidationError("Template format error: Mappings must be an object.")
    for name, mapping in mappings.items():
        if not isinstance(mapping, dict):
            raise ValidationError(f"Template format error: Every Mappings member {name} must be a map")
        for key, attributes in mapping.items():
            if not isinstance(attributes, dict):
                raise ValidationError(f"Template format error: Every Mappings member {key} must be a map")
            for attribute, value in attributes.items():
                if not re.fullmatch(r"[A-Za-z0-9.\-]+", attribute):
                    raise ValidationError(
                        f"Template format error: Mappings attribute name '{attribute}' "
                        "must contain only alphanumeric characters."
                    )
                if isinstance(value, dict) or value is None:
                    raise ValidationError("Template format error: Every Mappings attribute must be a String or a List.")


def _check_conditions(template: Mapping[str, Any]) -> None:
    known = set(template.get("Parameters", {})) | PSEUDO
    for reference in references(template.get("Conditions", {})):
        if reference.name not in known:
            raise ValidationError(
                f"Template format error: Unresolved dependencies [{reference.name}]. "
                "Cannot reference resources in the Conditions block of the template"
            )


# --- resources and outputs --------------------------------------------------------------------------------------------


def _check_resources(template: Mapping[str, Any]) -> None:
    strange: list[str] = []
    for name, resource in template["Resources"].items():
        if not _NAME.fullmatch(name):
            raise ValidationError(f"Template format error: Resource name {name} is non alphanumeric.")
        if len(name) > 255:
            raise ValidationError(f"Template format error: Resource name {name} is longer than 255 characters.")
        if not isinstance(resource, dict):
            raise ValidationError("Template format error: Any Resources member must be an object.")
        _check_resource(name, resource, template)
        if not schemas.exists(resource["Type"]) and resource["Type"] not in strange:
            strange.append(resource["Type"])
    if strange:
        raise ValidationError(f"Template format error: Unrecognized resource types: [{', '.join(strange)}]")


def _check_resource(name: str, resource: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    kind = resource.get("Type")
    if kind is None:
        raise ValidationError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    if not isinstance(kind, str):
        raise ValidationError(f"Template format error: [/Resources/{name}/Type] 'string' type expected")
    for member in resource:
        if member not in RESOURCE_MEMBERS:
            raise ValidationError(f"Invalid template resource property '{member}'")
    for member in ("Properties", "Metadata"):
        if not isinstance(resource.get(member, {}), dict):
            raise ValidationError(f"Template format error: [/Resources/{name}/{member}] 'object' type expected")
    for member in ("CreationPolicy", "UpdatePolicy"):
        if member in resource:
            raise NotBuilt(f"the resource attribute {member}")
    _check_policies(name, resource)
    _check_condition_name(resource, template, "Resources")
    needed = resource.get("DependsOn", [])
    if not isinstance(needed, str | list) or not all(isinstance(item, str) for item in needed):
        raise ValidationError("Template format error: DependsOn must be a string or list of strings.")
    if missing := [item for item in depends_on(resource) if item not in template["Resources"]]:
        raise ValidationError(
            f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] "
            "in the Resources block of the template"
        )


def _check_policies(name: str, resource: Mapping[str, Any]) -> None:
    for member in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = resource.get(member, "Delete")
        allowed = _POLICIES if member == "DeletionPolicy" else _POLICIES[:3]
        if isinstance(policy, str) and policy not in allowed:
            raise ValidationError(f"Template format error: Unrecognized {member} {policy} for resource {name}")
        if policy == "Snapshot":
            if resource["Type"] not in _SNAPSHOTS:
                what = "deletion policy" if member == "DeletionPolicy" else "update replace policy"
                raise ValidationError(
                    f"Template error: resource type {resource['Type']} does not support {what} Snapshot"
                )
            raise NotBuilt(f"{member} Snapshot of {resource['Type']}")
        if not isinstance(policy, str | dict):
            raise ValidationError(f"Template error: {member} of resource {name} must be a string")


def _check_condition_name(holder: Mapping[str, Any], template: Mapping[str, Any], section: str) -> None:
    name = holder.get("Condition")
    if name is None:
        return
    if not isinstance(name, str):
        raise ValidationError("Template error: every Condition member must be a string.")
    if name not in template.get("Conditions", {}):
        raise ValidationError(
            f"Template format error: Unresolved condition dependency {name} in the {section} block of the template"
        )


def _check_outputs(template: Mapping[str, Any]) -> None:
    outputs = template.get("Outputs", {})
    if len(outputs) > 200:
        raise ValidationError(
            f"Template format error: Number of outputs, {len(outputs)}, is greater than maximum allowed, 200"
        )
    for name, output in outputs.items():
        if not _NAME.fullmatch(name):
            raise ValidationError(f"Template format error: Output name {name} is non alphanumeric.")
        if not isinstance(output, dict) or "Value" not in output:
            raise ValidationError("Template format error: Every Outputs member must contain a Value object")
        if strange := [member for member in output if member not in ("Description", "Value", "Export", "Condition")]:
            raise ValidationError(f"Template format error: Invalid template output property '{strange[0]}'")
        export = output.get("Export")
        if export is not None and (not isinstance(export, dict) or set(export) != {"Name"}):
            raise ValidationError("Template format error: Output Export must contain a Name member")
        if not isinstance(output.get("Description", ""), str):
            raise ValidationError("Template format error: Every Description member must be a string.")
        _check_condition_name(output, template, "Outputs")


# --- functions and references -----------------------------------------------------------------------------------------


def _places(template: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Where functions may stand, each with the section's name."""
    for resource in template["Resources"].values():
        for member in ("Properties", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"):
            yield "Resources", resource.get(member)
    for output in template.get("Outputs", {}).values():
        yield "Outputs", output["Value"]
        yield "Outputs", output.get("Export")


def _check_functions(template: Mapping[str, Any]) -> None:
    extended = "AWS::LanguageExtensions" in transforms(template)
    supported = _BASIC + (_EXTENDED if extended else ("Fn::Transform",))
    for _, place in _places(template):
        pending = [place]
        while pending:
            item = pending.pop()
            name = function_of(item)
            if name == "Ref" and not isinstance(item[name], str):
                raise ValidationError("Template error: every Ref object must have a single String value.")
            if name and name.startswith("Fn::"):
                _check_function(name, item[name], template, supported)
            if isinstance(item, dict):
                pending.extend(item.values())
            elif isinstance(item, list):
                pending.extend(item)


def _check_function(name: str, argument: Any, template: Mapping[str, Any], supported: tuple[str, ...]) -> None:
    if name not in supported:
        raise ValidationError(
            f"Template error: Encountered unsupported function: {name} Supported functions are: "
            f"[{', '.join(supported)}]"
        )
    shape = _SHAPES.get(name)
    if shape and not shape[0](argument):
        raise ValidationError(shape[1])
    if name == "Fn::If" and argument[0] not in template.get("Conditions", {}):
        raise ValidationError(
            f"Template format error: Unresolved condition dependency {argument[0]} "
            "in the Resources block of the template"
        )
    if name == "Fn::Sub":
        source = argument if isinstance(argument, str) else argument[0]
        for variable in VARIABLE.findall(source):
            if not re.fullmatch(r"!.*|[A-Za-z0-9_.:]+", variable, re.DOTALL):
                raise ValidationError(
                    "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, "
                    "underscores, periods, and colons"
                )


def _check_references(template: Mapping[str, Any]) -> None:
    resources, known = template["Resources"], set(template.get("Parameters", {})) | PSEUDO
    missing: dict[str, list[str]] = {"Resources": [], "Outputs": []}
    for section, place in _places(template):
        for name, attribute, function in references(place):
            if attribute is not None and name not in resources:
                if function == "Fn::Sub":
                    raise ValidationError(
                        f"Template error: instance of Fn::Sub references invalid resource attribute {name}.{attribute}"
                    )
                raise ValidationError(f"Template error: instance of Fn::GetAtt references undefined resource {name}")
            if attribute:
                _check_attribute(name, attribute, resources[name]["Type"])
            elif name not in resources and name not in known and name not in missing[section]:
                missing[section].append(name)
    for section, names in missing.items():
        if names:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies [{', '.join(names)}] "
                f"in the {section} block of the template"
            )


def _check_attribute(name: str, attribute: str, kind: str) -> None:
    known = schemas.attributes(kind)
    if known is not None and attribute not in known and attribute.split(".")[0] not in known:
        raise ValidationError(
            f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
        )


def _pair(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 2


def _attribute_pair(argument: Any) -> bool:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    return _pair(parts) and isinstance(parts[0], str) and bool(parts[0]) and bool(parts[1])


def _substitution(argument: Any) -> bool:
    return isinstance(argument, str) or (
        _pair(argument) and isinstance(argument[0], str) and isinstance(argument[1], dict)
    )


_SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Fn::GetAtt": (
        _attribute_pair,
        "Template error: every Fn::GetAtt object requires two non-empty parameters, "
        "the resource name and the resource attribute",
    ),
    "Fn::Join": (
        lambda argument: _pair(argument) and isinstance(argument[0], str) and isinstance(argument[1], dict | list),
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
        "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    ),
    "Fn::Split": (
        lambda argument: _pair(argument) and isinstance(argument[0], str) and argument[0] != "",
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to "
        "be split or a function that returns a string to be split.",
    ),
    "Fn::Select": (
        _pair,
        "Template error: every Fn::Select object requires two parameters, the index and a list of objects.",
    ),
    "Fn::FindInMap": (
        lambda argument: isinstance(argument, list) and len(argument) in (3, 4),
        "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the "
        "attribute for return value",
    ),
    "Fn::Sub": (
        _substitution,
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string "
        "as first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ),
    "Fn::If": (
        lambda argument: isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str),
        IF_PROBLEM,
    ),
}
