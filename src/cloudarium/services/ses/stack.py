"""CloudFormation's resource types of receiving mail; those of sending are the second API's."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type


@resource_type("AWS::SES::ReceiptRuleSet")
class ReceiptRuleSet(ResourceType):
    """A receipt rule set; no stack puts it in use."""

    properties = ("RuleSetName",)
    replaces = ("RuleSetName",)
    attributes = ()
    physical_name = "RuleSetName"

    async def create(self, r: Resource) -> None:
        """Make the set, by the name that is given or one of its own."""
        r.id = r.properties.get("RuleSetName") or r.name(64)
        gone = ("AlreadyExistsException",) if r.repeated else ()
        await r.send("ses", "CreateReceiptRuleSet", {"RuleSetName": r.id}, gone=gone)

    async def delete(self, r: Resource) -> None:
        """Delete the set; the one in use cannot be."""
        await r.send("ses", "DeleteReceiptRuleSet", {"RuleSetName": r.id})


@resource_type("AWS::SES::ReceiptRule")
class ReceiptRule(ResourceType):
    """A receipt rule in a set."""

    properties = ("RuleSetName", "Rule", "After")
    required = ("RuleSetName", "Rule")
    replaces = ("RuleSetName",)
    attributes = ()

    def _given(self, r: Resource) -> dict[str, Any]:
        rule = r.properties["Rule"]
        if not isinstance(rule, dict):
            raise ResourceFailed("AWS::SES::ReceiptRule needs a Rule.")
        return {**rule, "Name": r.id}

    async def create(self, r: Resource) -> None:
        """Make the rule behind the one that the template names."""
        r.id = (r.properties["Rule"] or {}).get("Name") or r.name(64)
        given = {"RuleSetName": r.properties["RuleSetName"], "Rule": self._given(r)}
        if r.properties.get("After"):
            given["After"] = r.properties["After"]
        gone = ("AlreadyExistsException",) if r.repeated else ()
        await r.send("ses", "CreateReceiptRule", given, gone=gone)

    def replacing(self, old: Any, new: Any) -> tuple[str, ...]:
        """Another set or another name is another rule."""
        names = [(each.get("Rule") or {}).get("Name") for each in (old, new)]
        return (*super().replacing(old, new), *(("Rule",) if names[0] != names[1] else ()))

    async def update(self, r: Resource) -> None:
        """Change the rule and its place."""
        named = {"RuleSetName": r.properties["RuleSetName"]}
        if r.changed("Rule"):
            await r.send("ses", "UpdateReceiptRule", {**named, "Rule": self._given(r)})
        if r.changed("After"):
            place = {"After": r.properties["After"]} if r.properties.get("After") else {}
            await r.send("ses", "SetReceiptRulePosition", {**named, "RuleName": r.id, **place})

    async def delete(self, r: Resource) -> None:
        """Delete the rule; its set may be gone already."""
        given = {"RuleSetName": r.properties["RuleSetName"], "RuleName": r.id}
        await r.send("ses", "DeleteReceiptRule", given, gone=("RuleSetDoesNotExistException",))


@resource_type("AWS::SES::ReceiptFilter")
class ReceiptFilter(ResourceType):
    """A filter of the addresses from which mail is taken; every change of it is a new one."""

    properties = ("Filter",)
    required = ("Filter",)
    replaces = ("Filter",)
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Make the filter, by the name that is given or one of its own."""
        told = r.properties["Filter"]
        if not isinstance(told, dict):
            raise ResourceFailed("AWS::SES::ReceiptFilter needs a Filter.")
        r.id = told.get("Name") or r.name(64)
        gone = ("AlreadyExistsException",) if r.repeated else ()
        await r.send("ses", "CreateReceiptFilter", {"Filter": {**told, "Name": r.id}}, gone=gone)

    async def delete(self, r: Resource) -> None:
        """Delete the filter."""
        await r.send("ses", "DeleteReceiptFilter", {"FilterName": r.id})
