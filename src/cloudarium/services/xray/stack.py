"""CloudFormation's resource types of X-Ray."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.errors import AwsError
from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

_GROUP_GONE = "Group not found"
_RULE_GONE = "Sampling rule does not exist."


async def _delete(r: Resource, operation: str, given: dict[str, Any], gone: str) -> None:
    """Delete; X-Ray has no code of its own for what is gone already."""
    try:
        await r.send("xray", operation, given)
    except AwsError as error:
        if error.message != gone:
            raise


async def _tag(r: Resource) -> None:
    if r.removed_tags:
        await r.send("xray", "UntagResource", {"ResourceARN": r.arn, "TagKeys": r.removed_tags})
    if r.tags and r.tags != r.old_tags:
        await r.send("xray", "TagResource", {"ResourceARN": r.arn, "Tags": r.tag_list})


@resource_type("AWS::XRay::Group")
class Group(ResourceType):
    """A group; its id is its ARN."""

    properties = ("GroupName", "FilterExpression", "InsightsConfiguration", "Tags")
    required = ("GroupName",)
    attributes = ("GroupARN",)
    physical_name = "GroupName"
    tags = "Tags"

    def replacing(self, old: Any, new: Any) -> tuple[str, ...]:
        """A group keeps its name."""
        return ("GroupName",) if old.get("GroupName") != new.get("GroupName") else ()

    def _given(self, r: Resource) -> dict[str, Any]:
        given = {name: r.properties[name] for name in ("FilterExpression",) if name in r.properties}
        insights = r.properties.get("InsightsConfiguration")
        if insights is not None:
            given["InsightsConfiguration"] = {name: str(value).lower() == "true" for name, value in insights.items()}
        return given

    async def create(self, r: Resource) -> None:
        """Make the group with its tags."""
        given = {"GroupName": r.properties["GroupName"], **self._given(r)}
        if r.tags:
            given["Tags"] = r.tag_list
        if r.repeated:
            await _delete(r, "DeleteGroup", {"GroupName": given["GroupName"]}, _GROUP_GONE)
        made = await r.send("xray", "CreateGroup", given)
        r.id = r.arn = made["Group"]["GroupARN"]
        r.attributes = {"GroupARN": r.arn}

    async def update(self, r: Resource) -> None:
        """Change its filter, and the tags."""
        if r.changed("FilterExpression", "InsightsConfiguration"):
            await r.send("xray", "UpdateGroup", {"FilterExpression": "", **self._given(r), "GroupARN": r.id})
        r.arn = r.id
        await _tag(r)

    async def delete(self, r: Resource) -> None:
        """Delete the group."""
        await _delete(r, "DeleteGroup", {"GroupARN": r.id}, _GROUP_GONE)


_NUMBERS = {"Priority": int, "FixedRate": float, "ReservoirSize": int, "Version": int}


@resource_type("AWS::XRay::SamplingRule")
class SamplingRule(ResourceType):
    """A sampling rule; its id is its ARN."""

    properties = ("SamplingRule", "RuleName", "Tags")
    refuses = ("SamplingRuleRecord", "SamplingRuleUpdate")
    required = ("SamplingRule",)
    attributes = ("RuleARN",)
    tags = "Tags"

    def replacing(self, old: Any, new: Any) -> tuple[str, ...]:
        """A rule keeps its name and version."""
        kept = ("RuleName", "Version")
        before, after = old.get("SamplingRule", {}), new.get("SamplingRule", {})
        return ("SamplingRule",) if any(before.get(name) != after.get(name) for name in kept) else ()

    def _given(self, r: Resource) -> dict[str, Any]:
        given = dict(r.properties["SamplingRule"])
        if not given.get("RuleName"):
            given["RuleName"] = r.properties.get("RuleName") or r.name(32)
        try:
            return {name: _NUMBERS[name](value) if name in _NUMBERS else value for name, value in given.items()}
        except (TypeError, ValueError) as error:
            raise ResourceFailed(f"A number of the sampling rule is none: {error}") from None

    async def create(self, r: Resource) -> None:
        """Make the rule with its tags."""
        given: dict[str, Any] = {"SamplingRule": {"Version": 1, **self._given(r)}}
        if r.tags:
            given["Tags"] = r.tag_list
        if r.repeated:
            await _delete(r, "DeleteSamplingRule", {"RuleName": given["SamplingRule"]["RuleName"]}, _RULE_GONE)
        made = await r.send("xray", "CreateSamplingRule", given)
        r.id = r.arn = made["SamplingRuleRecord"]["SamplingRule"]["RuleARN"]
        r.attributes = {"RuleARN": r.arn}

    async def update(self, r: Resource) -> None:
        """Change the rule, and the tags."""
        if r.changed("SamplingRule"):
            given = {name: value for name, value in self._given(r).items() if name not in ("RuleName", "Version")}
            await r.send("xray", "UpdateSamplingRule", {"SamplingRuleUpdate": {**given, "RuleARN": r.id}})
        r.arn = r.id
        await _tag(r)

    async def delete(self, r: Resource) -> None:
        """Delete the rule."""
        await _delete(r, "DeleteSamplingRule", {"RuleARN": r.id}, _RULE_GONE)


@resource_type("AWS::XRay::ResourcePolicy")
class ResourcePolicy(ResourceType):
    """A resource policy; its id is its name."""

    properties = ("PolicyName", "PolicyDocument", "BypassPolicyLockoutCheck")
    required = ("PolicyName", "PolicyDocument")
    replaces = ("PolicyName",)
    attributes = ()
    physical_name = "PolicyName"

    async def create(self, r: Resource) -> None:
        """Put the policy."""
        r.id = r.properties["PolicyName"]
        await self.update(r)

    async def update(self, r: Resource) -> None:
        """Put it again."""
        given = {"PolicyName": r.id, "PolicyDocument": r.properties["PolicyDocument"]}
        bypass = str(r.properties.get("BypassPolicyLockoutCheck", False)).lower() == "true"
        await r.send("xray", "PutResourcePolicy", {**given, "BypassPolicyLockoutCheck": bypass})

    async def delete(self, r: Resource) -> None:
        """Delete the policy."""
        await r.send("xray", "DeleteResourcePolicy", {"PolicyName": r.id})
