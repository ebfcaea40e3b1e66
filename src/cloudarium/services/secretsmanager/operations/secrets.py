"""Secrets: create, update, describe."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager import errors, resources, vault
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.services.secretsmanager.operations.content import Content, given_content, opened, sealed_version, store
from cloudarium.services.secretsmanager.operations.tags import given_tags
from cloudarium.services.secretsmanager.records import secrets, versions
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.rules import names, stages
from cloudarium.shared import ids, tags

Data = dict[str, Any]
_REPLICAS = ("AddReplicaRegions", "ForceOverwriteReplicaSecret", "CrossAccountPrimaryARN")
_SUFFIX = 6
_OWNED = "aws:secretsmanager:owningService"


@operation("CreateSecret", on=resources.new_secret, refuses=(*_REPLICAS, "Type"))
async def create_secret(call: Call) -> Data:
    """Make a secret, with a first version if there is a value; the same call again changes nothing."""
    name, token = call.input["Name"], lookup.token(call)
    names.check(name)
    content = given_content(call)
    tagged = given_tags(call)
    old = secrets.find(call.store, call.scope, name)
    if old is not None:
        return await _again(call, old, token, content)
    made = _new(call, name)
    if "OwningService" in made.data:
        tagged = {**tagged, _OWNED: made.data["OwningService"]}
    first = await sealed_version(call, made, token, content, made.data.get("KmsKeyId")) if content else None
    with call.transaction():
        old = secrets.find(call.store, call.scope, name)  # another call may have been quicker meanwhile
        if old is not None:
            raise errors.Exists.secret(name)
        secrets.put(call.store, made)
        call.tags.put(made.arn, tagged)
        if first is not None:
            versions.put(call.store, made, first._replace(stages=[stages.CURRENT]))
    return lookup.named(made, **({"VersionId": token} if first is not None else {}))


def _new(call: Call, name: str) -> Secret:
    data = {member: call.input[member] for member in ("Description", "KmsKeyId") if call.input.get(member)}
    if data.get("KmsKeyId") == vault.DEFAULT:
        del data["KmsKeyId"]
    owner = name.partition("!")[0] if "!" in name else ""
    if owner and owner == lookup.caller(call):
        data["OwningService"] = owner
    data.update(CreatedDate=call.now, LastChangedDate=call.now)
    return Secret(call.scope, name, _suffix(), None, None, data)


def _suffix() -> str:
    """Six letters and digits, as AWS ends an ARN so that a new secret of an old name is not the old one."""
    return "".join(each for each in ids.token(64) if each.isalnum())[:_SUFFIX].ljust(_SUFFIX, "A")


async def _again(call: Call, old: Secret, token: str, content: Content | None) -> Data:
    """The same secret is asked for once more: fine with the same token and the same value."""
    if old.deleted is not None:
        raise errors.InvalidRequest.name_deleted()
    version = versions.find(call.store, old, token)
    if version is None:
        raise errors.Exists.secret(old.name)
    if await opened(call, old, version) != content:
        raise errors.Exists.version(token, old.arn)
    return lookup.named(old, VersionId=token)


@operation("UpdateSecret", on=resources.secret, refuses=("Type",))
async def update_secret(call: Call) -> Data:
    """Change description or key, and with a value make it the current version."""
    token = lookup.token(call)
    found = lookup.to_change(call)
    content = given_content(call)
    key = _new_key(call, found)
    if key != found.data.get("KmsKeyId"):
        await _rekey(call, found, key)
    if content is not None:
        await store(call, found.arn, token, content, [stages.CURRENT])
    with call.transaction():
        found = lookup.live_secret(call, found.arn)
        data = {**found.data, "LastChangedDate": call.now}
        if "Description" in call.input:
            data["Description"] = call.input["Description"]
        if not data.get("Description"):
            data.pop("Description", None)
        secrets.put(call.store, found._replace(data=data))
    return lookup.named(found, **({"VersionId": token} if content is not None else {}))


def _new_key(call: Call, found: Secret) -> str | None:
    """The key that the call wants for the secret; None for Secrets Manager's own."""
    if "KmsKeyId" not in call.input:
        return found.data.get("KmsKeyId")
    given = call.input["KmsKeyId"]
    return None if given in ("", vault.DEFAULT) else given


async def _rekey(call: Call, found: Secret, key: str | None) -> None:
    """Encrypt what still counts of a secret under another key; versions without a label stay under the old one.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_update-encryption-key.html
    """
    fresh: dict[str, tuple[bytes, bytes]] = {}
    for id in [id for id, labels in lookup.labels(call, found).items() if labels]:
        version = versions.find(call.store, found, id)
        if version is not None and version.value is not None:
            plain = await vault.unseal(call, found, version.id, version.value)
            fresh[version.id] = version.value, await vault.seal(call, found, version.id, key, plain)
    with call.transaction():
        now = lookup.live_secret(call, found.arn)
        for id, (before, value) in fresh.items():
            version = versions.find(call.store, now, id)
            if version is not None and version.value == before:
                data = {**version.data, "KmsKeyId": key}
                versions.put(call.store, now, version._replace(value=value, data=data))
        secrets.put(call.store, now._replace(data={**now.data, "KmsKeyId": key}))


@operation("DescribeSecret", on=resources.secret)
def describe_secret(call: Call) -> Data:
    """What is known of a secret beside its value."""
    found = lookup.any_secret(call)
    return {**described(call, found), **_versions(call, found)}


def _versions(call: Call, found: Secret) -> Data:
    labelled = {id: stages for id, stages in lookup.labels(call, found).items() if stages}
    return {"VersionIdsToStages": labelled} if labelled else {}


_SHOWN = ("Description", "KmsKeyId", "RotationEnabled", "RotationLambdaARN", "RotationRules", "LastRotatedDate") + (
    "LastChangedDate",
    "LastAccessedDate",
    "NextRotationDate",
    "OwningService",
    "CreatedDate",
)


def described(call: Call, found: Secret) -> Data:
    """What DescribeSecret and ListSecrets both tell."""
    shown = lookup.named(found, **{name: found.data[name] for name in _SHOWN if found.data.get(name) is not None})
    if found.deleted is not None:
        shown["DeletedDate"] = found.deleted
    known = call.tags.of(found.arn)
    return {**shown, "Tags": tags.to_list(known)} if known else shown
