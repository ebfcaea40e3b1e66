"""Values of secrets: get, put, and the labels on versions."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.operations import content, lookup
from cloudarium.services.secretsmanager.records import secrets, versions
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.records.versions import Version
from cloudarium.services.secretsmanager.rules import stages

Data = dict[str, Any]
_DAY = 86_400


@operation("GetSecretValue", on=resources.secret)
async def get_secret_value(call: Call) -> Data:
    """The value of a secret's current version, or of the one that a label or id selects."""
    found = lookup.live_secret(call)
    version = selected(call, found, call.input.get("VersionId"), call.input.get("VersionStage"))
    return await read(call, found, version)


def selected(call: Call, found: Secret, id: str | None, stage: str | None) -> Version:
    """The version that is asked for. Raises NotFound, InvalidRequest when id and label do not go together."""
    if id is None:
        label = stage or stages.CURRENT
        holder = stages.holder(lookup.labels(call, found), label)
        chosen = versions.find(call.store, found, holder) if holder is not None else None
        if chosen is None or chosen.value is None:
            raise errors.NotFound.stage(label)
        return chosen
    chosen = versions.find(call.store, found, id)
    if chosen is None or chosen.value is None:
        raise errors.NotFound.version(id)
    if stage is not None and stage not in chosen.stages:
        raise errors.InvalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
    return chosen


async def read(call: Call, found: Secret, version: Version) -> Data:
    """A version with its value, as GetSecretValue answers it; the day of the access is noted."""
    opened = await content.opened(call, found, version)
    assert opened is not None
    _note_access(call, found.arn, version.id)
    text = opened.member == "SecretString"
    return lookup.named(
        found,
        VersionId=version.id,
        **{opened.member: opened.data.decode(errors="surrogatepass") if text else opened.data},
        VersionStages=version.stages,
        CreatedDate=version.data["CreatedDate"],
    )


def _note_access(call: Call, arn: str, id: str) -> None:
    """Secrets Manager knows the day of the last access, not the time."""
    today = float(call.now - call.now % _DAY)
    found = resources.find(call.store, call.scope, arn)
    version = versions.find(call.store, found, id) if found is not None else None
    if found is None or version is None or version.data.get("LastAccessedDate") == today:
        return
    with call.transaction():
        versions.put(call.store, found, version._replace(data={**version.data, "LastAccessedDate": today}))
        secrets.accessed(call.store, found, today)


@operation("PutSecretValue", on=resources.secret, refuses=("RotationToken",))
async def put_secret_value(call: Call) -> Data:
    """Put a new version, current unless other labels are given."""
    token = lookup.token(call)
    found = lookup.to_change(call)
    given = content.given_content(call)
    if given is None:
        raise errors.InvalidRequest("You must provide either SecretString or SecretBinary.")
    wanted = list(dict.fromkeys(call.input.get("VersionStages") or [stages.CURRENT]))
    labels = await content.store(call, found.arn, token, given, wanted)
    return lookup.named(found, VersionId=token, VersionStages=labels)


@operation("UpdateSecretVersionStage", on=resources.secret)
def update_secret_version_stage(call: Call) -> Data:
    """Move a staging label from a version to another, or take it away."""
    found = lookup.to_change(call)
    given = call.input
    labels = stages.rearranged(
        lookup.labels(call, found),
        given["VersionStage"],
        given.get("RemoveFromVersionId"),
        given.get("MoveToVersionId"),
    )
    content.relabel(call, found, labels)
    secrets.put(call.store, found._replace(data={**found.data, "LastChangedDate": call.now}))
    return lookup.named(found)


@operation("ListSecretVersionIds", on=resources.secret)
def list_secret_version_ids(call: Call) -> Data:
    """The versions of a secret that have labels, the oldest first; with IncludeDeprecated all of them."""
    found = lookup.any_secret(call)
    everyone = bool(call.input.get("IncludeDeprecated"))
    listed = [each for each in versions.every(call.store, found) if each.stages or everyone]
    shown, more = lookup.page(call, [(each.id, each) for each in listed], call.input.get("MaxResults") or 100)
    return lookup.named(found, Versions=[_listed(each) for each in shown], **more)


def _listed(version: Version) -> Data:
    shown = {
        "VersionId": version.id,
        "VersionStages": version.stages,
        "CreatedDate": version.data["CreatedDate"],
        "KmsKeyIds": [version.data.get("KmsKeyId") or "DefaultEncryptionKey"],
    }
    if version.data.get("LastAccessedDate"):
        shown["LastAccessedDate"] = version.data["LastAccessedDate"]
    return shown
