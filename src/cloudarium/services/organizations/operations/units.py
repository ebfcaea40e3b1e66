"""Organizational units."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.organizations import errors, resources, rules
from cloudarium.services.organizations.operations.lookup import is_parent, managed, path
from cloudarium.services.organizations.records import members, policies
from cloudarium.services.organizations.records.members import Organization, Unit
from cloudarium.shared import ids


@operation("CreateOrganizationalUnit", on=resources.new_unit)
def create_organizational_unit(call: Call) -> dict[str, Any]:
    """Make a unit in the root or in another unit, at most five deep."""
    found, parent, name = managed(call), call.input["ParentId"], call.input["Name"]
    if not is_parent(call, found, parent):
        raise errors.NotFound.parent()
    tags = rules.check_tags(call.input.get("Tags"), {})
    _check_name(call, found, parent, name)
    if len(members.ancestors(call.store, found.id, parent)) > rules.DEPTH:
        raise errors.Violation("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the limit on the depth of the OU tree.")
    if len(members.units(call.store, found.id)) >= rules.UNITS:
        raise errors.Violation("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the limit on the number of OUs.")
    unit = Unit(f"ou-{found.root[2:]}-{ids.lower(8)}", found.id, parent, name)
    members.add_unit(call.store, unit)
    call.tags.put(resources.arn(found, unit.id), tags)
    policies.attach_defaults(call.store, found.id, unit.id)
    return {"OrganizationalUnit": _shape(call, found, unit)}


@operation("DescribeOrganizationalUnit", on=resources.unit)
def describe_organizational_unit(call: Call) -> dict[str, Any]:
    """A unit by its id."""
    found = managed(call)
    return {"OrganizationalUnit": _shape(call, found, _the(call, found))}


@operation("UpdateOrganizationalUnit", on=resources.unit)
def update_organizational_unit(call: Call) -> dict[str, Any]:
    """Rename a unit."""
    found = managed(call)
    unit = _the(call, found)
    name = call.input.get("Name", unit.name)
    if name != unit.name:
        _check_name(call, found, unit.parent, name)
        members.rename_unit(call.store, unit.id, name)
    return {"OrganizationalUnit": _shape(call, found, unit._replace(name=name))}


@operation("DeleteOrganizationalUnit", on=resources.unit)
def delete_organizational_unit(call: Call) -> dict[str, Any]:
    """Delete a unit that nothing is in."""
    found = managed(call)
    unit = _the(call, found)
    if members.accounts(call.store, found.id, unit.id) or members.units(call.store, found.id, unit.id):
        raise errors.Conflict.unit_not_empty()
    members.remove_unit(call.store, unit)
    call.tags.drop(resources.arn(found, unit.id))
    return {}


@operation("ListOrganizationalUnitsForParent", on=resources.parent)
def list_organizational_units_for_parent(call: Call) -> dict[str, Any]:
    """The units directly in the root or a unit."""
    found, parent = managed(call), call.input["ParentId"]
    if not is_parent(call, found, parent):
        raise errors.NotFound.parent()
    chosen, more = rules.page(call.input, members.units(call.store, found.id, parent), lambda unit: unit.id)
    return {"OrganizationalUnits": [_shape(call, found, unit) for unit in chosen], **more}


def _the(call: Call, organization: Organization) -> Unit:
    found = members.find_unit(call.store, organization.id, call.input["OrganizationalUnitId"])
    if found is None:
        raise errors.NotFound.unit()
    return found


def _check_name(call: Call, organization: Organization, parent: str, name: str) -> None:
    if any(unit.name == name for unit in members.units(call.store, organization.id, parent)):
        raise errors.Conflict.unit_name()


def _shape(call: Call, organization: Organization, unit: Unit) -> dict[str, Any]:
    where = path(call, organization, unit.id)
    return {"Id": unit.id, "Arn": resources.arn(organization, unit.id), "Name": unit.name, "Path": where}
