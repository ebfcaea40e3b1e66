"""Event source mappings and function URLs."""

from __future__ import annotations

from typing import Any

import orjson

from cloudarium.shared.stacks import Again, Resource, ResourceFailed, ResourceType, resource_type

_GONE = ("ResourceNotFoundException",)
_CHANGED = "changed"
_NUMBERS = (
    "BatchSize", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts",
    "ParallelizationFactor", "TumblingWindowInSeconds",
)  # fmt: skip
_SETTINGS = (
    *_NUMBERS, "BisectBatchOnFunctionError", "DestinationConfig", "Enabled", "FilterCriteria", "FunctionName",
    "FunctionResponseTypes", "MetricsConfig", "ScalingConfig",
)  # fmt: skip
_DEFAULTS: dict[str, Any] = {
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "Enabled": True,
    "FilterCriteria": {"Filters": []},
    "FunctionResponseTypes": [],
    "MetricsConfig": {},
    "ScalingConfig": {},
    "TumblingWindowInSeconds": 0,
}


def _whole(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise ResourceFailed(f"{name} must be a number") from error


def _given(properties: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The properties of these names as the API's input: a template's numbers and booleans may be strings."""
    given = {name: properties[name] for name in names if name in properties}
    for name in _NUMBERS:
        if name in given:
            given[name] = _whole(name, given[name])
    for name in ("BisectBatchOnFunctionError", "Enabled"):
        if name in given:
            given[name] = given[name] in (True, "true")
    if "MaximumConcurrency" in given.get("ScalingConfig", {}):
        given["ScalingConfig"] = {
            "MaximumConcurrency": _whole("MaximumConcurrency", given["ScalingConfig"]["MaximumConcurrency"])
        }
    if "FilterCriteria" in given:
        filters = given["FilterCriteria"].get("Filters") or []
        given["FilterCriteria"] = {"Filters": [{"Pattern": _text(one.get("Pattern"))} for one in filters]}
    return given


def _text(pattern: Any) -> str:
    return pattern if isinstance(pattern, str) else orjson.dumps(pattern).decode()


@resource_type("AWS::Lambda::EventSourceMapping")
class EventSourceMapping(ResourceType):
    """An event source mapping; its Ref is its UUID."""

    properties = (*_SETTINGS, "EventSourceArn", "StartingPosition", "Tags")
    refuses = (
        "AmazonManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig", "KmsKeyArn", "LoggingConfig",
        "ProvisionedPollerConfig", "Queues", "SelfManagedEventSource",
        "SelfManagedKafkaEventSourceConfig", "SourceAccessConfigurations", "StartingPositionTimestamp", "Topics",
    )  # fmt: skip
    required = ("FunctionName",)
    replaces = ("EventSourceArn", "StartingPosition")
    attributes = ("Id", "EventSourceMappingArn")
    tags = "Tags"

    async def create(self, r: Resource) -> Again | None:
        """Make the mapping, then wait until it reads; one that an earlier try has made is taken over."""
        if not r.id:
            given = _given(r.properties, (*_SETTINGS, "EventSourceArn", "StartingPosition"))
            if r.tags:
                given["Tags"] = r.tags
            found = await self._found(r) if r.repeated else None
            answer = found or await r.send("lambda", "CreateEventSourceMapping", given)
            r.id, r.arn = answer["UUID"], answer["EventSourceMappingArn"]
            r.attributes = {"Id": r.id, "EventSourceMappingArn": r.arn}
        return await self._until_settled(r)

    async def _until_settled(self, r: Resource) -> Again | None:
        answer = await r.send("lambda", "GetEventSourceMapping", {"UUID": r.id}, gone=_GONE)
        return Again(r.now) if answer.get("State", "").endswith("ing") else None

    async def _found(self, r: Resource) -> dict[str, Any] | None:
        names = ("EventSourceArn", "FunctionName")
        wanted: dict[str, Any] = {name: r.properties[name] for name in names if name in r.properties}
        listed = (await r.send("lambda", "ListEventSourceMappings", wanted))["EventSourceMappings"]
        return listed[0] if listed else None

    async def update(self, r: Resource) -> Again | None:
        """Change its settings; those that the template no longer has go back to AWS's defaults."""
        if _CHANGED not in r.state:
            if again := await self._until_settled(r):
                return again
            if r.changed(*_SETTINGS):
                back = {name: value for name, value in _DEFAULTS.items() if name in r.old_properties}
                given = {**back, **_given(r.properties, _SETTINGS), "UUID": r.id}
                await r.send("lambda", "UpdateEventSourceMapping", given)
            if r.removed_tags:
                await r.send("lambda", "UntagResource", {"Resource": r.arn, "TagKeys": r.removed_tags})
            if r.tags and r.tags != r.old_tags:
                await r.send("lambda", "TagResource", {"Resource": r.arn, "Tags": r.tags})
            r.state[_CHANGED] = True
        return await self._until_settled(r)

    async def delete(self, r: Resource) -> Again | None:
        """Delete it, then wait until it is gone."""
        if again := await self._until_settled(r):
            return again
        answer = await r.send("lambda", "DeleteEventSourceMapping", {"UUID": r.id}, gone=_GONE)
        return Again(r.now) if answer else None


@resource_type("AWS::Lambda::Url")
class Url(ResourceType):
    """A function URL; its Ref is the function's ARN."""

    properties = ("AuthType", "Cors", "InvokeMode", "Qualifier", "TargetFunctionArn")
    required = ("AuthType", "TargetFunctionArn")
    replaces = ("Qualifier", "TargetFunctionArn")
    attributes = ("FunctionArn", "FunctionUrl")

    def _input(self, r: Resource) -> dict[str, Any]:
        names = ("AuthType", "InvokeMode", "Qualifier")
        given: dict[str, Any] = {name: r.properties[name] for name in names if name in r.properties}
        given["FunctionName"] = r.properties["TargetFunctionArn"]
        cors = dict(r.properties.get("Cors") or {})
        if "MaxAge" in cors:
            cors["MaxAge"] = _whole("MaxAge", cors["MaxAge"])
        if "AllowCredentials" in cors:
            cors["AllowCredentials"] = cors["AllowCredentials"] in (True, "true")
        if cors or "Cors" in r.old_properties:
            given["Cors"] = cors
        return given

    async def create(self, r: Resource) -> None:
        """Make the URL."""
        given = self._input(r)
        gone = ("ResourceConflictException",) if r.repeated else ()
        answer = await r.send("lambda", "CreateFunctionUrlConfig", given, gone=gone)
        if not answer:
            where: dict[str, Any] = {name: given[name] for name in ("FunctionName", "Qualifier") if name in given}
            answer = await r.send("lambda", "GetFunctionUrlConfig", where)
        r.id = r.arn = answer["FunctionArn"]
        r.attributes = {"FunctionArn": r.id, "FunctionUrl": answer["FunctionUrl"]}

    async def update(self, r: Resource) -> None:
        """Change its settings."""
        given = {"InvokeMode": "BUFFERED", **self._input(r)}
        await r.send("lambda", "UpdateFunctionUrlConfig", given)

    async def delete(self, r: Resource) -> None:
        """Take it away."""
        given = {"FunctionName": r.properties["TargetFunctionArn"]}
        if "Qualifier" in r.properties:
            given["Qualifier"] = r.properties["Qualifier"]
        await r.send("lambda", "DeleteFunctionUrlConfig", given, gone=_GONE)
