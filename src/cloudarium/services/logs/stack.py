"""CloudFormation's resource types of CloudWatch Logs."""

from __future__ import annotations

from cloudarium.shared.stacks import Resource, ResourceType, resource_type

_GONE = ("ResourceNotFoundException",)


@resource_type("AWS::Logs::LogGroup")
class LogGroup(ResourceType):
    """A log group with its retention and tags."""

    properties = ("LogGroupName", "RetentionInDays", "LogGroupClass", "DeletionProtectionEnabled", "KmsKeyId", "Tags")
    refuses = ("DataProtectionPolicy", "FieldIndexPolicies", "ResourcePolicyDocument")
    replaces = ("LogGroupName", "LogGroupClass")
    attributes = ("Arn",)
    physical_name = "LogGroupName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the group; `Arn` ends in :* as on AWS."""
        r.id = r.properties.get("LogGroupName") or r.name(512)
        wanted = {"logGroupName": r.id, "tags": r.tags, "logGroupClass": r.properties.get("LogGroupClass")}
        wanted["kmsKeyId"] = r.properties.get("KmsKeyId")
        if "DeletionProtectionEnabled" in r.properties:
            wanted["deletionProtectionEnabled"] = _truth(r.properties["DeletionProtectionEnabled"])
        given = {key: value for key, value in wanted.items() if value not in (None, {})}
        gone = ("ResourceAlreadyExistsException",) if r.repeated else ()
        await r.send("logs", "CreateLogGroup", given, gone=gone)
        r.arn = f"arn:aws:logs:{r.scope.region}:{r.scope.account}:log-group:{r.id}"
        r.attributes = {"Arn": f"{r.arn}:*"}
        if "RetentionInDays" in r.properties:
            await self._retain(r)

    async def _retain(self, r: Resource) -> None:
        days = r.properties.get("RetentionInDays")
        if days is None:
            await r.send("logs", "DeleteRetentionPolicy", {"logGroupName": r.id})
        else:
            await r.send("logs", "PutRetentionPolicy", {"logGroupName": r.id, "retentionInDays": int(days)})

    async def update(self, r: Resource) -> None:
        """Change retention, key, protection and tags."""
        if r.changed("KmsKeyId"):
            key = r.properties.get("KmsKeyId")
            more = {"kmsKeyId": key} if key else {}
            await r.send("logs", "AssociateKmsKey" if key else "DisassociateKmsKey", {"logGroupName": r.id, **more})
        if r.changed("RetentionInDays"):
            await self._retain(r)
        if r.changed("DeletionProtectionEnabled"):
            protected = _truth(r.properties.get("DeletionProtectionEnabled", False))
            given = {"logGroupIdentifier": r.id, "deletionProtectionEnabled": protected}
            await r.send("logs", "PutLogGroupDeletionProtection", given)
        if r.removed_tags:
            await r.send("logs", "UntagResource", {"resourceArn": r.arn, "tagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("logs", "TagResource", {"resourceArn": r.arn, "tags": r.tags})

    async def delete(self, r: Resource) -> None:
        """Delete the group."""
        await r.send("logs", "DeleteLogGroup", {"logGroupName": r.id}, gone=_GONE)


@resource_type("AWS::Logs::LogStream")
class LogStream(ResourceType):
    """A log stream."""

    properties = ("LogGroupName", "LogStreamName")
    required = ("LogGroupName",)
    replaces = ("LogGroupName", "LogStreamName")
    physical_name = "LogStreamName"

    async def create(self, r: Resource) -> None:
        """Make the stream."""
        r.id = r.properties.get("LogStreamName") or r.name(512)
        gone = ("ResourceAlreadyExistsException",) if r.repeated else ()
        given = {"logGroupName": r.properties["LogGroupName"], "logStreamName": r.id}
        await r.send("logs", "CreateLogStream", given, gone=gone)

    async def delete(self, r: Resource) -> None:
        """Delete the stream."""
        given = {"logGroupName": r.properties["LogGroupName"], "logStreamName": r.id}
        await r.send("logs", "DeleteLogStream", given, gone=_GONE)


@resource_type("AWS::Logs::ResourcePolicy")
class ResourcePolicy(ResourceType):
    """A resource policy; Ref is its name."""

    properties = ("PolicyDocument", "PolicyName")
    required = ("PolicyDocument", "PolicyName")
    replaces = ("PolicyName",)
    physical_name = "PolicyName"

    async def create(self, r: Resource) -> None:
        """Put the policy."""
        r.id = r.properties["PolicyName"]
        await r.send(
            "logs", "PutResourcePolicy", {"policyName": r.id, "policyDocument": r.properties["PolicyDocument"]}
        )

    async def update(self, r: Resource) -> None:
        """Put the new policy in place of the old one."""
        await self.create(r)

    async def delete(self, r: Resource) -> None:
        """Delete the policy."""
        await r.send("logs", "DeleteResourcePolicy", {"policyName": r.id}, gone=_GONE)


def _truth(value: object) -> bool:
    """A template's boolean, which may be a string."""
    return value in (True, "true", "True")
