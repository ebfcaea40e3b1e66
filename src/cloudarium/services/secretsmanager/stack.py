"""CloudFormation's resource types of Secrets Manager."""

from __future__ import annotations

import json
from typing import Any

from cloudarium.shared.stacks import Resource, ResourceFailed, ResourceType, resource_type

_GONE = ("ResourceNotFoundException", "InvalidRequestException")


@resource_type("AWS::SecretsManager::Secret")
class Secret(ResourceType):
    """A secret with a value that is given or generated; `Ref` is its ARN."""

    properties = ("Name", "Description", "KmsKeyId", "SecretString", "GenerateSecretString", "Tags")
    refuses = ("ReplicaRegions", "Type")
    replaces = ("Name",)
    attributes = ("Id",)
    physical_name = "Name"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the secret with its value and tags."""
        name = r.properties.get("Name") or f"{r.logical_id}-{r.suffix}"
        given: dict[str, Any] = {"Name": name, "ClientRequestToken": _token(r)}
        given.update({key: r.properties[key] for key in ("Description", "KmsKeyId") if r.properties.get(key)})
        value = await _value(r)
        if value is not None:
            given["SecretString"] = value
        if r.tags:
            given["Tags"] = r.tag_list
        answer = await r.send("secretsmanager", "CreateSecret", given, gone=_MADE if r.repeated else ())
        if not answer:  # a crash came between the making and the note of it
            answer = await r.send("secretsmanager", "DescribeSecret", {"SecretId": name})
        _named(r, answer["ARN"])

    async def update(self, r: Resource) -> None:
        """Change what is said of the secret, and its value where the template says another."""
        given: dict[str, Any] = {"SecretId": r.id, "ClientRequestToken": _token(r)}
        if r.changed("Description", "KmsKeyId"):
            given.update({key: r.properties.get(key) or "" for key in ("Description", "KmsKeyId") if r.changed(key)})
        if r.changed("SecretString", "GenerateSecretString"):
            value = await _value(r)
            if value is not None:
                given["SecretString"] = value
        if len(given) > 2:
            await r.send("secretsmanager", "UpdateSecret", given, gone=_MADE if r.repeated else ())
        if r.removed_tags:
            await r.send("secretsmanager", "UntagResource", {"SecretId": r.id, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send("secretsmanager", "TagResource", {"SecretId": r.id, "Tags": r.tag_list})

    async def delete(self, r: Resource) -> None:
        """Delete the secret at once: a stack that is made again wants the name."""
        given = {"SecretId": r.id, "ForceDeleteWithoutRecovery": True}
        await r.send("secretsmanager", "DeleteSecret", given, gone=_GONE)


_MADE = ("ResourceExistsException",)


def _token(r: Resource) -> str:
    """A ClientRequestToken, the same when this is tried once more."""
    return r.token.ljust(32, "0")[:64]


def _named(r: Resource, arn: str) -> None:
    r.id = r.arn = arn
    r.attributes = {"Id": arn}


async def _value(r: Resource) -> str | None:
    """The value that the template gives, or has generated; None for a secret without one."""
    text, wanted = r.properties.get("SecretString"), r.properties.get("GenerateSecretString")
    if text is not None and wanted is not None:
        raise ResourceFailed("You can't specify both SecretString and GenerateSecretString.")
    if wanted is None:
        return None if text is None else str(text)
    key, template = wanted.get("GenerateStringKey"), wanted.get("SecretStringTemplate")
    if (key is None) is not (template is None):
        raise ResourceFailed("GenerateStringKey and SecretStringTemplate must be specified together.")
    given = {name: value for name, value in wanted.items() if name not in ("GenerateStringKey", "SecretStringTemplate")}
    password = (await r.send("secretsmanager", "GetRandomPassword", _typed(given)))["RandomPassword"]
    if key is None:
        return password
    try:
        members = json.loads(template)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise ResourceFailed("SecretStringTemplate must be a JSON object.")
    return json.dumps({**members, key: password})


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    """Template values as the API has them: templates write numbers and booleans as text too."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        if name == "PasswordLength":
            made[name] = int(value)
        elif name == "ExcludeCharacters":
            made[name] = str(value)
        else:
            made[name] = str(value).lower() == "true"
    return made


@resource_type("AWS::SecretsManager::ResourcePolicy")
class ResourcePolicy(ResourceType):
    """The policy of a secret."""

    properties = ("SecretId", "ResourcePolicy", "BlockPublicPolicy")
    required = ("SecretId", "ResourcePolicy")
    replaces = ("SecretId",)
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Put the policy."""
        policy = r.properties["ResourcePolicy"]
        given = {
            "SecretId": r.properties["SecretId"],
            "ResourcePolicy": policy if isinstance(policy, str) else json.dumps(policy),
        }
        if str(r.properties.get("BlockPublicPolicy", "")).lower() == "true":
            given["BlockPublicPolicy"] = True
        answer = await r.send("secretsmanager", "PutResourcePolicy", given)
        r.id, r.attributes = answer["ARN"], {"Id": answer["ARN"]}

    update = create

    async def delete(self, r: Resource) -> None:
        """Take the policy away."""
        await r.send("secretsmanager", "DeleteResourcePolicy", {"SecretId": r.id}, gone=_GONE)


@resource_type("AWS::SecretsManager::RotationSchedule")
class RotationSchedule(ResourceType):
    """The rotation of a secret by a function of one's own."""

    properties = ("SecretId", "RotationLambdaARN", "RotationRules", "RotateImmediatelyOnUpdate")
    refuses = ("HostedRotationLambda", "ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn")
    required = ("SecretId",)
    replaces = ("SecretId",)
    attributes = ("Id",)

    async def create(self, r: Resource) -> None:
        """Set function and schedule, and rotate at once unless the template says otherwise."""
        given: dict[str, Any] = {"SecretId": r.properties["SecretId"], "ClientRequestToken": _token(r)}
        if r.properties.get("RotationLambdaARN"):
            given["RotationLambdaARN"] = r.properties["RotationLambdaARN"]
        rules = dict(r.properties.get("RotationRules") or {})
        if rules.get("AutomaticallyAfterDays") is not None:
            rules["AutomaticallyAfterDays"] = int(rules["AutomaticallyAfterDays"])
        if rules:
            given["RotationRules"] = rules
        if str(r.properties.get("RotateImmediatelyOnUpdate", "true")).lower() == "false":
            given["RotateImmediately"] = False
        answer = await r.send("secretsmanager", "RotateSecret", given)
        r.id, r.attributes = answer["ARN"], {"Id": answer["ARN"]}

    update = create

    async def delete(self, r: Resource) -> None:
        """End the rotation."""
        await r.send("secretsmanager", "CancelRotateSecret", {"SecretId": r.id}, gone=_GONE)
