"""Versions and aliases, with what is provisioned for them."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Again, Resource, ResourceFailed, ResourceType, resource_type

_GONE = ("ResourceNotFoundException",)
_CONFIG = "ProvisionedConcurrencyConfig"
_PAUSE = 0.5  # seconds of the clock between looks at what is being provisioned
_MADE = "made"


def _place(arn: str) -> dict[str, str]:
    function, _, qualifier = arn.rpartition(":")
    return {"FunctionName": function, "Qualifier": qualifier}


async def _provision(r: Resource) -> Again | None:
    """Put or take away provisioned concurrency as the template says, and wait until it is there."""
    wanted = (r.properties.get(_CONFIG) or {}).get("ProvisionedConcurrentExecutions")
    if wanted is None:
        if r.old_properties.get(_CONFIG):
            await r.send("lambda", f"Delete{_CONFIG}", _place(r.id), gone=_GONE)
        return None
    if _CONFIG not in r.state:
        try:
            number = int(wanted)
        except (TypeError, ValueError) as error:
            raise ResourceFailed("ProvisionedConcurrentExecutions must be a number") from error
        await r.send("lambda", f"Put{_CONFIG}", {**_place(r.id), "ProvisionedConcurrentExecutions": number})
        r.state[_CONFIG] = True
    found = await r.send("lambda", f"Get{_CONFIG}", _place(r.id))
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "")
        raise ResourceFailed(
            f"Provisioned Concurrency configuration failed to be applied. Reason: {reason}", "NotStabilized"
        )
    return None if found["Status"] == "READY" else Again(r.now + _PAUSE)


@resource_type("AWS::Lambda::Version")
class Version(ResourceType):
    """A published version; its Ref is its ARN."""

    properties = ("FunctionName", "CodeSha256", "Description", _CONFIG)
    refuses = ("RuntimePolicy", "FunctionScalingConfig")
    required = ("FunctionName",)
    replaces = ("FunctionName", "CodeSha256", "Description", _CONFIG)
    attributes = ("Version", "FunctionArn")

    async def create(self, r: Resource) -> Again | None:
        """Publish it."""
        if _MADE not in r.state:
            given = {name: value for name, value in r.properties.items() if name != _CONFIG}
            answer = await r.send("lambda", "PublishVersion", given)
            r.id = r.arn = answer["FunctionArn"]
            r.attributes = {"Version": answer["Version"], "FunctionArn": r.id}
            r.state[_MADE] = True
        return await _provision(r)

    async def delete(self, r: Resource) -> None:
        """Delete the version; its function may be gone already."""
        await r.send("lambda", "DeleteFunction", _place(r.id), gone=_GONE)


def _weights(routing: dict[str, Any] | None) -> dict[str, Any]:
    weights = (routing or {}).get("AdditionalVersionWeights") or []
    return {"AdditionalVersionWeights": {one["FunctionVersion"]: float(one["FunctionWeight"]) for one in weights}}


@resource_type("AWS::Lambda::Alias")
class Alias(ResourceType):
    """An alias; its Ref is its ARN."""

    properties = ("FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig", _CONFIG)
    required = ("FunctionName", "FunctionVersion", "Name")
    replaces = ("FunctionName", "Name")
    attributes = ("AliasArn",)
    physical_name = "Name"

    def _input(self, r: Resource) -> dict[str, Any]:
        given = {**r.properties, "FunctionVersion": str(r.properties["FunctionVersion"])}
        given.pop(_CONFIG, None)
        if "RoutingConfig" in given or "RoutingConfig" in r.old_properties:
            given["RoutingConfig"] = _weights(given.get("RoutingConfig"))
        return given

    async def create(self, r: Resource) -> Again | None:
        """Make the alias."""
        if _MADE not in r.state:
            answer = await r.send("lambda", "CreateAlias", self._input(r))
            r.id = r.arn = answer["AliasArn"]
            r.attributes = {"AliasArn": r.id}
            r.state[_MADE] = True
        return await _provision(r)

    async def update(self, r: Resource) -> Again | None:
        """Point it elsewhere."""
        if _MADE not in r.state:
            await r.send("lambda", "UpdateAlias", self._input(r))
            r.state[_MADE] = True
        return await _provision(r)

    async def delete(self, r: Resource) -> None:
        """Delete the alias."""
        given = {"FunctionName": r.id.rpartition(":")[0], "Name": r.properties["Name"]}
        await r.send("lambda", "DeleteAlias", given, gone=_GONE)
