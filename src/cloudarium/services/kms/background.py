"""Work of KMS without a request: keys whose time is up, and keys that are due to rotate."""

from __future__ import annotations

from cloudarium.gateway import happenings
from cloudarium.gateway.background import Event, delivery
from cloudarium.services.kms import primitives, vault
from cloudarium.services.kms.operations import importing, lookup
from cloudarium.services.kms.records import keys
from cloudarium.services.kms.records.keys import Key


@delivery("DeleteKey")
async def delete_key(event: Event) -> None:
    """Delete a key with all that belongs to it, if that is still wanted."""
    with event.transaction():
        key = keys.find(event.store, event.scope, event.payload["Key"])
        if key is not None and (key.data.get("DeletionDate") or event.now + 1) <= event.now:
            keys.remove(event.store, key)
            _tell(event, key, "KMS CMK Deletion")
            vault.forget_opened(event)
            event.tags.drop(key.arn)
            event.not_later("RotateKey", key.id)
            event.not_later("ExpireMaterial", key.id)


@delivery("ExpireMaterial")
async def expire_material(event: Event) -> None:
    """Delete imported material whose time is up."""
    with event.transaction():
        key = keys.find(event.store, event.scope, event.payload["Key"])
        if key is not None and (key.data.get("ValidTo") or event.now + 1) <= event.now:
            importing.forget_material(event, key)
            _tell(event, key, "KMS Imported Key Material Expiration")


@delivery("RotateKey")
async def rotate_key(event: Event) -> None:
    """Rotate a key if it is enabled, and see to the next time; a disabled one rotates when it is enabled again."""
    with event.transaction():
        key = keys.find(event.store, event.scope, event.payload["Key"])
        period = key.data.get("RotationPeriodInDays") if key is not None else None
        if key is None or period is None or key.state != "Enabled" or key.data["NextRotationDate"] > event.now:
            return
        rotated = lookup.add_material(event, key, primitives.generate(key.spec), RotationType="AUTOMATIC")
        lookup.schedule_rotation(event, rotated, period)
        _tell(event, key, "KMS CMK Rotation")


def _tell(event: Event, key: Key, kind: str) -> None:
    """Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html."""
    detail = {"key-id": key.id}
    happenings.tell(event.store, event.scope, "aws.kms", kind, detail, [key.arn], event.now, event.trace)
