"""The content of secrets: taken from a call, kept as a version, opened again."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.gateway.call import Call
from cloudarium.services.secretsmanager import errors, vault
from cloudarium.services.secretsmanager.operations import lookup
from cloudarium.services.secretsmanager.records import secrets, versions
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.records.versions import Version
from cloudarium.services.secretsmanager.rules import stages

MOST_BYTES = 65_536
MOST_DEPRECATED = 100
_DAY = 86_400.0


class Content(NamedTuple):
    """A value, and which member of the call it came in: SecretString or SecretBinary."""

    member: str
    data: bytes


def given_content(call: Call) -> Content | None:
    """The value that a call brings. Raises InvalidParameter for two of them, Invalid for one that is too large."""
    text, binary = call.input.get("SecretString"), call.input.get("SecretBinary")
    if text is not None and binary is not None:
        raise errors.InvalidParameter(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
    if text is None and binary is None:
        return None
    found = Content("SecretBinary", bytes(binary or b""))
    if text is not None:
        found = Content("SecretString", text.encode(errors="surrogatepass"))
    if len(found.data) > MOST_BYTES:
        member = found.member[0].lower() + found.member[1:]
        raise errors.Invalid(
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_BYTES}"
        )
    return found


async def sealed_version(call: Call, secret: Secret, id: str, content: Content, key: str | None) -> Version:
    """A version with this content, encrypted, not yet kept and without labels."""
    value = await vault.seal(call, secret, id, key, content.data)
    data = {"CreatedDate": call.now, "KmsKeyId": key, "Member": content.member}
    return Version(id, 0, value, [], data)


async def opened(call: Call, secret: Secret, version: Version) -> Content | None:
    """What a version holds, None when it has no value yet."""
    if version.value is None:
        return None
    plain = await vault.unseal(call, secret, version.id, version.value)
    return Content(version.data["Member"], plain)


async def store(call: Call, arn: str, token: str, content: Content, wanted: list[str]) -> list[str]:
    """Keep a value as the version `token` with these labels; the labels that it then has.

    A version that is there keeps its value: the same one is no change, another is refused.
    """
    while True:
        found = lookup.live_secret(call, arn)
        old = versions.find(call.store, found, token)
        if old is not None and old.value is not None:
            if await opened(call, found, old) != content:
                raise errors.Exists.version(token, found.arn)
            return old.stages
        made = await sealed_version(call, found, token, content, found.data.get("KmsKeyId"))
        with call.transaction():
            found = lookup.live_secret(call, arn)
            old = versions.find(call.store, found, token)
            if old is None or old.value is None:
                return _keep(call, found, old, made, wanted)


def _keep(call: Call, found: Secret, old: Version | None, made: Version, wanted: list[str]) -> list[str]:
    every = versions.every(call.store, found)
    if not any(version.value is not None for version in every):
        # "If this operation creates the first version for the secret, then AWSCURRENT is attached to it."
        wanted = [*wanted, stages.CURRENT] if old is None else wanted
    place = old.place if old is not None else max((version.place for version in every), default=0) + 1
    own = old.stages if old is not None else []
    versions.put(call.store, found, made._replace(place=place, stages=own))
    labels = stages.moved(lookup.labels(call, found), made.id, wanted)
    relabel(call, found, labels)
    secrets.put(call.store, found._replace(data={**found.data, "LastChangedDate": call.now}))
    return labels[made.id]


def relabel(call: Call, found: Secret, labels: stages.Labels) -> None:
    """Give the versions these labels, and forget the oldest of more than a hundred that have none any more.

    Versions of the last day stay. Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
    """
    every = versions.every(call.store, found)
    for version in every:
        if labels[version.id] != version.stages:
            versions.relabel(call.store, found, version.id, labels[version.id])
    bare = [version for version in every if not labels[version.id]]
    for version in bare[: max(len(bare) - MOST_DEPRECATED, 0)]:
        if version.data["CreatedDate"] <= call.now - _DAY:
            versions.remove(call.store, found, version.id)
