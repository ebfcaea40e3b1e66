"""CloudFormation's resource types of CloudWatch Logs."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.shared.stacks import Resource, ResourceType, resource_type

_GONE = ("ResourceNotFoundException",)


@resource_type("AWS::Logs::LogGroup")
class LogGroup(ResourceType):
    """A log group with its retention, data protection policy and tags."""

    properties = (
        *("LogGroupName", "RetentionInDays", "LogGroupClass", "DeletionProtectionEnabled", "KmsKeyId", "Tags"),
        "DataProtectionPolicy",
    )
    refuses = ("FieldIndexPolicies", "ResourcePolicyDocument")
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
        if r.properties.get("DataProtectionPolicy"):
            await self._protect(r)

    async def _protect(self, r: Resource) -> None:
        policy = r.properties.get("DataProtectionPolicy")
        given = {"logGroupIdentifier": r.id}
        if not policy:
            await r.send("logs", "DeleteDataProtectionPolicy", given)
        else:
            document = policy if isinstance(policy, str) else json.dumps(policy)
            await r.send("logs", "PutDataProtectionPolicy", {**given, "policyDocument": document})

    async def _retain(self, r: Resource) -> None:
        days = r.properties.get("RetentionInDays")
        if days is None:
            await r.send("logs", "DeleteRetentionPolicy", {"logGroupName": r.id})
        else:
            await r.send("logs", "PutRetentionPolicy", {"logGroupName": r.id, "retentionInDays": int(days)})

    async def update(self, r: Resource) -> None:
        """Change retention, key, policy, protection and tags."""
        if r.changed("KmsKeyId"):
            key = r.properties.get("KmsKeyId")
            more = {"kmsKeyId": key} if key else {}
            await r.send("logs", "AssociateKmsKey" if key else "DisassociateKmsKey", {"logGroupName": r.id, **more})
        if r.changed("RetentionInDays"):
            await self._retain(r)
        if r.changed("DataProtectionPolicy"):
            await self._protect(r)
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


@resource_type("AWS::Logs::AccountPolicy")
class AccountPolicy(ResourceType):
    """A policy for all groups of the account; Ref names the account, the type and the policy."""

    properties = ("PolicyName", "PolicyType", "PolicyDocument", "Scope", "SelectionCriteria")
    required = ("PolicyName", "PolicyType", "PolicyDocument")
    replaces = ("PolicyName", "PolicyType")
    attributes = ("AccountId",)
    physical_name = "PolicyName"

    async def create(self, r: Resource) -> None:
        """Put the policy."""
        names = ("PolicyName", "PolicyType", "PolicyDocument", "Scope", "SelectionCriteria")
        given = {name[0].lower() + name[1:]: r.properties[name] for name in names if name in r.properties}
        await r.send("logs", "PutAccountPolicy", given)
        r.id = f"{r.scope.account}|{r.properties['PolicyType']}|{r.properties['PolicyName']}"
        r.attributes = {"AccountId": r.scope.account}

    async def update(self, r: Resource) -> None:
        """Put the policy in place of what it was."""
        await self.create(r)

    async def delete(self, r: Resource) -> None:
        """Delete the policy."""
        given = {"policyName": r.properties["PolicyName"], "policyType": r.properties["PolicyType"]}
        await r.send("logs", "DeleteAccountPolicy", given, gone=_GONE)


def _truth(value: object) -> bool:
    """A template's boolean, which may be a string."""
    return value in (True, "true", "True")


_TRANSFORMED = ("ApplyOnTransformedLogs", "FieldSelectionCriteria")


@resource_type("AWS::Logs::MetricFilter")
class MetricFilter(ResourceType):
    """A metric filter; Ref is its name."""

    properties = ("FilterName", "FilterPattern", "LogGroupName", "MetricTransformations")
    required = ("FilterPattern", "LogGroupName", "MetricTransformations")
    refuses = (*_TRANSFORMED, "EmitSystemFieldDimensions")
    replaces = ("FilterName", "LogGroupName")
    physical_name = "FilterName"

    async def create(self, r: Resource) -> None:
        """Put the filter."""
        r.id = r.properties.get("FilterName") or r.name(512)
        await r.send(
            "logs",
            "PutMetricFilter",
            {
                "logGroupName": r.properties["LogGroupName"],
                "filterName": r.id,
                "filterPattern": r.properties["FilterPattern"],
                "metricTransformations": [_transformation(each) for each in r.properties["MetricTransformations"]],
            },
        )

    async def update(self, r: Resource) -> None:
        """Put the filter in place of what it was."""
        r.properties.setdefault("FilterName", r.id)
        await self.create(r)

    async def delete(self, r: Resource) -> None:
        """Delete the filter."""
        given = {"logGroupName": r.properties["LogGroupName"], "filterName": r.id}
        await r.send("logs", "DeleteMetricFilter", given, gone=_GONE)


def _transformation(given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "metricName": given.get("MetricName"),
        "metricNamespace": given.get("MetricNamespace"),
        "metricValue": str(given.get("MetricValue", "")),
        "unit": given.get("Unit"),
    }
    if "DefaultValue" in given:
        made["defaultValue"] = float(given["DefaultValue"])
    if given.get("Dimensions"):
        made["dimensions"] = {each["Key"]: each["Value"] for each in given["Dimensions"]}
    return {name: value for name, value in made.items() if value is not None}


@resource_type("AWS::Logs::SubscriptionFilter")
class SubscriptionFilter(ResourceType):
    """A subscription filter; Ref is its name."""

    properties = ("FilterName", "FilterPattern", "LogGroupName", "DestinationArn", "Distribution", "RoleArn")
    required = ("FilterPattern", "LogGroupName", "DestinationArn")
    refuses = (*_TRANSFORMED, "EmitSystemFields")
    replaces = ("FilterName", "LogGroupName")
    physical_name = "FilterName"

    async def create(self, r: Resource) -> None:
        """Put the filter."""
        r.id = r.properties.get("FilterName") or r.name(512)
        given = {
            "logGroupName": r.properties["LogGroupName"],
            "filterName": r.id,
            "filterPattern": r.properties["FilterPattern"],
            "destinationArn": r.properties["DestinationArn"],
            "distribution": r.properties.get("Distribution"),
            "roleArn": r.properties.get("RoleArn"),
        }
        made = {name: value for name, value in given.items() if value is not None}
        await r.send("logs", "PutSubscriptionFilter", made)

    async def update(self, r: Resource) -> None:
        """Put the filter in place of what it was."""
        r.properties.setdefault("FilterName", r.id)
        await self.create(r)

    async def delete(self, r: Resource) -> None:
        """Delete the filter."""
        given = {"logGroupName": r.properties["LogGroupName"], "filterName": r.id}
        await r.send("logs", "DeleteSubscriptionFilter", given, gone=_GONE)


@resource_type("AWS::Logs::QueryDefinition")
class QueryDefinition(ResourceType):
    """A saved query; Ref is its id."""

    properties = ("Name", "QueryString", "LogGroupNames", "QueryLanguage", "Parameters")
    required = ("Name", "QueryString")
    attributes = ("QueryDefinitionId",)

    async def create(self, r: Resource) -> None:
        """Save the query; the token keeps one that is saved again from being a second one."""
        made = await r.send("logs", "PutQueryDefinition", {**_query(r), "clientToken": f"{r.token:-<36}"[:128]})
        r.id = made["queryDefinitionId"]
        r.attributes = {"QueryDefinitionId": r.id}

    async def update(self, r: Resource) -> None:
        """Change the query."""
        await r.send("logs", "PutQueryDefinition", {**_query(r), "queryDefinitionId": r.id})

    async def delete(self, r: Resource) -> None:
        """Delete the query."""
        await r.send("logs", "DeleteQueryDefinition", {"queryDefinitionId": r.id}, gone=_GONE)


def _query(r: Resource) -> dict[str, Any]:
    given = {
        "name": r.properties["Name"],
        "queryString": r.properties["QueryString"],
        "logGroupNames": r.properties.get("LogGroupNames"),
        "queryLanguage": r.properties.get("QueryLanguage"),
        "parameters": [
            {name[0].lower() + name[1:]: value for name, value in each.items()}
            for each in r.properties.get("Parameters") or ()
        ],
    }
    return {name: value for name, value in given.items() if value}
