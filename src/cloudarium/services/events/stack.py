"""CloudFormation's resource types of EventBridge."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

Data = dict[str, Any]
_GONE = ("ResourceNotFoundException",)
_MADE = ("ResourceAlreadyExistsException",)
_GONE_FROM_A_BUS: Data = {"Description": "", "KmsKeyIdentifier": "", "DeadLetterConfig": {"Arn": ""}}
_GONE_FROM_AN_ARCHIVE: Data = {"Description": "", "EventPattern": "", "KmsKeyIdentifier": "", "RetentionDays": 0}


def _given(r: Resource, *names: str) -> Data:
    """The properties of these names that the template has."""
    return {name: r.properties[name] for name in names if r.properties.get(name) is not None}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def _retag(r: Resource, arn: str) -> None:
    """Bring the tags of a resource from what they were to what the template says now."""
    if r.removed_tags:
        await r.send("events", "UntagResource", {"ResourceARN": arn, "TagKeys": r.removed_tags})
    if r.tags and r.tags != r.old_tags:
        await r.send("events", "TagResource", {"ResourceARN": arn, "Tags": r.tag_list})


@resource_type("AWS::Events::Rule")
class Rule(ResourceType):
    """A rule with its targets; `Ref` is its name, behind that of its bus if that is not the default one."""

    properties = (
        "Name", "Description", "EventBusName", "EventPattern", "RoleArn", "ScheduleExpression", "State", "Tags",
        "Targets",
    )  # fmt: skip
    refuses = ("RuleName",)
    replaces = ("Name", "EventBusName")
    attributes = ("Arn",)
    physical_name = "Name"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the rule and its targets."""
        name = r.properties.get("Name") or r.name(64)
        answer = await r.send("events", "PutRule", {**_rule(r, name), **({"Tags": r.tag_list} if r.tags else {})})
        bus = _bus_name(r)
        r.id = name if bus == "default" else f"{bus}|{name}"
        r.arn = answer["RuleArn"]
        r.attributes = {"Arn": r.arn}
        await _put_targets(r, name, r.properties.get("Targets") or [])

    async def update(self, r: Resource) -> None:
        """Change the rule, its tags and its targets."""
        name = r.id.rpartition("|")[2]
        await r.send("events", "PutRule", _rule(r, name))
        await _retag(r, r.attributes["Arn"])
        new = r.properties.get("Targets") or []
        kept = {target.get("Id") for target in new}
        gone = [old["Id"] for old in r.old_properties.get("Targets") or [] if old["Id"] not in kept]
        if gone:
            await r.send("events", "RemoveTargets", {**_at(r, name), "Ids": gone})
        await _put_targets(r, name, new)

    async def delete(self, r: Resource) -> None:
        """Take the targets away, and delete the rule."""
        name = r.id.rpartition("|")[2]
        found = await r.send("events", "ListTargetsByRule", _at(r, name), gone=_GONE)
        ids = [target["Id"] for target in found.get("Targets", ())]
        if ids:
            await r.send("events", "RemoveTargets", {**_at(r, name), "Ids": ids}, gone=_GONE)
        given = {key: value for key, value in _at(r, name).items() if key != "Rule"}
        await r.send("events", "DeleteRule", {"Name": name, **given}, gone=_GONE)


def _bus_name(r: Resource) -> str:
    return str(r.properties.get("EventBusName") or "default").rpartition("/")[2]


def _at(r: Resource, name: str) -> Data:
    return {"Rule": name, **_given(r, "EventBusName")}


def _rule(r: Resource, name: str) -> Data:
    made = {"Name": name, **_given(r, "Description", "EventBusName", "RoleArn", "ScheduleExpression", "State")}
    if r.properties.get("EventPattern") is not None:
        made["EventPattern"] = _text(r.properties["EventPattern"])
    return made


async def _put_targets(r: Resource, name: str, targets: list[Data]) -> None:
    if not targets:
        return
    answer = await r.send("events", "PutTargets", {**_at(r, name), "Targets": targets})
    if answer.get("FailedEntryCount"):
        raise ResourceFailed(str(answer["FailedEntries"][0].get("ErrorMessage")))


@resource_type("AWS::Events::EventBus")
class EventBus(ResourceType):
    """A custom bus; `Ref` is its name."""

    properties = ("Name", "Description", "DeadLetterConfig", "KmsKeyIdentifier", "LogConfig", "Policy", "Tags")
    refuses = ("EventSourceName",)
    required = ("Name",)
    replaces = ("Name",)
    attributes = ("Arn", "Name")
    physical_name = "Name"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the bus, with its policy."""
        r.id = r.properties["Name"]
        tags = {"Tags": r.tag_list} if r.tags else {}
        await r.send("events", "CreateEventBus", {**self._said(r), **tags}, gone=_MADE if r.repeated else ())
        r.arn = (await r.send("events", "DescribeEventBus", {"Name": r.id}))["Arn"]
        r.attributes = {"Arn": r.arn, "Name": r.id}
        await self._put_policy(r)

    def _said(self, r: Resource) -> Data:
        return _given(r, "Name", "Description", "DeadLetterConfig", "KmsKeyIdentifier", "LogConfig")

    async def _put_policy(self, r: Resource) -> None:
        if r.properties.get("Policy") is not None:
            given = {"EventBusName": r.id, "Policy": _text(r.properties["Policy"])}
            await r.send("events", "PutPermission", given)
        elif r.old_properties.get("Policy") is not None:
            await r.send("events", "RemovePermission", {"EventBusName": r.id, "RemoveAllPermissions": True}, gone=_GONE)

    async def update(self, r: Resource) -> None:
        """Change what is said of the bus, its policy and tags."""
        gone = {name: empty for name, empty in _GONE_FROM_A_BUS.items() if name in r.old_properties}
        await r.send("events", "UpdateEventBus", {**gone, **self._said(r)})
        if r.changed("Policy"):
            await self._put_policy(r)
        await _retag(r, r.attributes["Arn"])

    async def delete(self, r: Resource) -> None:
        """Delete the bus."""
        await r.send("events", "DeleteEventBus", {"Name": r.id}, gone=_GONE)


@resource_type("AWS::Events::EventBusPolicy")
class EventBusPolicy(ResourceType):
    """One statement of a bus's policy."""

    properties = ("Action", "Condition", "EventBusName", "Principal", "Statement", "StatementId")
    required = ("StatementId",)
    replaces = ("EventBusName", "StatementId")
    attributes = ()

    async def create(self, r: Resource) -> None:
        """Put the statement."""
        r.id = r.id or f"EventBusPolicy-{r.suffix}"
        where = _given(r, "EventBusName")
        if r.properties.get("Statement") is None:
            given = _given(r, "Action", "Condition", "Principal", "StatementId")
            await r.send("events", "PutPermission", {**where, **given})
            return
        if any(r.properties.get(name) is not None for name in ("Action", "Condition", "Principal")):
            raise ResourceFailed("Statement cannot be specified together with Action, Principal or Condition.")
        statement: Data = json.loads(_text(r.properties["Statement"]))
        name = {"Name": where["EventBusName"]} if where else {}
        found = (await r.send("events", "DescribeEventBus", name)).get("Policy")
        document: Data = json.loads(found) if found else {"Version": "2012-10-17", "Statement": []}
        sid = r.properties["StatementId"]
        kept = [each for each in document["Statement"] if each.get("Sid") != sid]
        document["Statement"] = [*kept, {"Sid": sid, **statement}]
        await r.send("events", "PutPermission", {**where, "Policy": json.dumps(document)})

    update = create

    async def delete(self, r: Resource) -> None:
        """Take the statement away."""
        await r.send("events", "RemovePermission", _given(r, "EventBusName", "StatementId"), gone=_GONE)


@resource_type("AWS::Events::Archive")
class Archive(ResourceType):
    """An archive; `Ref` is its name."""

    properties = ("ArchiveName", "Description", "EventPattern", "KmsKeyIdentifier", "RetentionDays", "SourceArn")
    required = ("SourceArn",)
    replaces = ("ArchiveName", "SourceArn")
    attributes = ("Arn",)
    physical_name = "ArchiveName"

    def _said(self, r: Resource) -> Data:
        made = {"ArchiveName": r.id, **_given(r, "Description", "KmsKeyIdentifier", "RetentionDays")}
        if r.properties.get("EventPattern") is not None:
            made["EventPattern"] = _text(r.properties["EventPattern"])
        return made

    async def create(self, r: Resource) -> None:
        """Make the archive."""
        r.id = r.properties.get("ArchiveName") or r.name(48)
        given = {**self._said(r), "EventSourceArn": r.properties["SourceArn"]}
        await r.send("events", "CreateArchive", given, gone=_MADE if r.repeated else ())
        r.arn = (await r.send("events", "DescribeArchive", {"ArchiveName": r.id}))["ArchiveArn"]
        r.attributes = {"Arn": r.arn}

    async def update(self, r: Resource) -> None:
        """Change what it keeps, and for how long."""
        gone = {name: empty for name, empty in _GONE_FROM_AN_ARCHIVE.items() if name in r.old_properties}
        await r.send("events", "UpdateArchive", {**gone, **self._said(r)})

    async def delete(self, r: Resource) -> None:
        """Delete the archive."""
        await r.send("events", "DeleteArchive", {"ArchiveName": r.id}, gone=_GONE)


@resource_type("AWS::Events::Connection")
class Connection(ResourceType):
    """A connection; `Ref` is its name."""

    properties = ("Name", "AuthParameters", "AuthorizationType", "Description", "KmsKeyIdentifier")
    refuses = ("InvocationConnectivityParameters",)
    replaces = ("Name",)
    attributes = ("Arn", "ArnForPolicy", "SecretArn")
    physical_name = "Name"

    def _said(self, r: Resource) -> Data:
        return {"Name": r.id, **_given(r, "AuthParameters", "AuthorizationType", "Description", "KmsKeyIdentifier")}

    async def create(self, r: Resource) -> None:
        """Make the connection."""
        r.id = r.properties.get("Name") or r.name(64)
        await r.send("events", "CreateConnection", self._said(r), gone=_MADE if r.repeated else ())
        found = await r.send("events", "DescribeConnection", {"Name": r.id})
        r.arn = found["ConnectionArn"]
        r.attributes = {"Arn": r.arn, "ArnForPolicy": r.arn.rpartition("/")[0], "SecretArn": found["SecretArn"]}

    async def update(self, r: Resource) -> None:
        """Change the connection."""
        await r.send("events", "UpdateConnection", self._said(r))

    async def delete(self, r: Resource) -> None:
        """Delete the connection."""
        await r.send("events", "DeleteConnection", {"Name": r.id}, gone=_GONE)


@resource_type("AWS::Events::ApiDestination")
class ApiDestination(ResourceType):
    """An API destination; `Ref` is its name."""

    properties = (
        "Name", "ConnectionArn", "Description", "HttpMethod", "InvocationEndpoint", "InvocationRateLimitPerSecond",
    )  # fmt: skip
    required = ("ConnectionArn", "HttpMethod", "InvocationEndpoint")
    replaces = ("Name",)
    attributes = ("Arn", "ArnForPolicy")
    physical_name = "Name"

    def _said(self, r: Resource) -> Data:
        members = ("ConnectionArn", "Description", "HttpMethod", "InvocationEndpoint", "InvocationRateLimitPerSecond")
        return {"Name": r.id, **_given(r, *members)}

    async def create(self, r: Resource) -> None:
        """Make the API destination."""
        r.id = r.properties.get("Name") or r.name(64)
        await r.send("events", "CreateApiDestination", self._said(r), gone=_MADE if r.repeated else ())
        r.arn = (await r.send("events", "DescribeApiDestination", {"Name": r.id}))["ApiDestinationArn"]
        r.attributes = {"Arn": r.arn, "ArnForPolicy": r.arn.rpartition("/")[0]}

    async def update(self, r: Resource) -> None:
        """Change the API destination."""
        await r.send("events", "UpdateApiDestination", self._said(r))

    async def delete(self, r: Resource) -> None:
        """Delete the API destination."""
        await r.send("events", "DeleteApiDestination", {"Name": r.id}, gone=_GONE)
