"""Imported material: a key whose secret comes from outside, wrapped for a public key of ours.

The import token holds the private half and what it is for, sealed: there is nothing to keep.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.kms import errors, primitives, resources, vault, wrapping
from cloudarium.services.kms.operations.lookup import DAY, add_material, check_state, locate
from cloudarium.services.kms.records import keys
from cloudarium.services.kms.records.keys import Key, Material
from cloudarium.services.kms.rules.specs import SYMMETRIC
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_LONGEST_VALID = 365 * DAY
_EXPIRES, _STAYS = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"


def _key(call: Call, *states: str) -> Key:
    key = locate(call, call.input["KeyId"], by_alias=False, foreign=False)
    if key.data["Origin"] != "EXTERNAL":
        raise errors.Unsupported(f"{key.arn} origin is {key.data['Origin']} which is not valid for this operation.")
    check_state(key, "Disabled", "PendingImport", *states)
    return key


@operation("GetParametersForImport", on=resources.own_key)
async def get_parameters_for_import(call: Call) -> Data:
    """A public key to wrap material with, and the token that goes with it; both are good for a day."""
    key = _key(call)
    spec, algorithm = call.input["WrappingKeySpec"], call.input["WrappingAlgorithm"]
    if spec == "SM2" or algorithm not in wrapping.ALGORITHMS:
        raise NotBuilt(f"kms:GetParametersForImport with {algorithm} and {spec}")
    secret = await asyncio.to_thread(primitives.generate, spec)
    until = call.now + DAY
    token = {"key": key.arn, "until": until, "by": algorithm, "secret": base64.b64encode(secret).decode()}
    return {
        "KeyId": key.arn,
        "ImportToken": vault.seal_token(call, orjson.dumps(token)),
        "PublicKey": primitives.public_bytes(primitives.private_key(secret)),
        "ParametersValidTo": until,
    }


def _token(call: Call, key: Key) -> Data:
    text = vault.open_token(call, call.input["ImportToken"])
    token = orjson.loads(text) if text is not None else {}
    if token.get("key") != key.arn:
        raise errors.InvalidImportToken
    if token["until"] <= call.now:
        raise errors.ExpiredImportToken
    return token


def _until(call: Call) -> float | None:
    """When the material is to expire, None for never."""
    model, until = call.input.get("ExpirationModel") or _EXPIRES, call.input.get("ValidTo")
    if model == _EXPIRES and until is None:
        raise errors.Invalid("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
    if model == _STAYS and until is not None:
        raise errors.Invalid("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
    if until is not None and not call.now < until <= call.now + _LONGEST_VALID:
        raise errors.Invalid("The validTo date must be in the future, and at most 365 days away.")
    return until


@operation(
    "ImportKeyMaterial",
    on=resources.own_key,
    refuses=("KeyMaterialDescription", "KeyMaterialId"),
)
def import_key_material(call: Call) -> Data:
    """Give a key its secret; once it has had one, the same again, or a new one that its next rotation takes up."""
    key = _key(call)
    until, token = _until(call), _token(call, key)
    wrapped = call.input["EncryptedKeyMaterial"]
    secret = wrapping.unwrap(base64.b64decode(token["secret"]), token["by"], wrapped)
    if secret is None:
        raise errors.InvalidCiphertext
    if not wrapping.fits(key.spec, secret):
        raise errors.IncorrectKeyMaterial(f"The key material is not valid for the key spec {key.spec}.")
    id = vault.material_id(call, key, secret)
    every = keys.materials(call.store, key)
    known = next((each for each in every if each.id == id), None)
    if known is None and every:
        _import_next(call, key, every, id, secret)
        return {"KeyId": key.arn, "KeyMaterialId": id}
    if known is None:
        made = add_material(call, key, secret)
    else:
        keys.put_material(call.store, key, known._replace(sealed=vault.seal(call, key, known.number, secret)))
        made = keys.change(call.store, key, CurrentKeyMaterialId=_current_id(call, key))
    _enable(call, made, until)
    return {"KeyId": key.arn, "KeyMaterialId": id}


def _enable(call: Call, key: Key, until: float | None) -> None:
    """The key is whole when every material that it ever used is there; see to the end of what expires."""
    expiry = {"ValidTo": until, "ExpirationModel": _STAYS if until is None else _EXPIRES}
    used = [each for each in keys.materials(call.store, key) if each.number <= key.data["Newest"]]
    whole = all(each.sealed is not None for each in used)
    state = "Enabled" if key.state == "PendingImport" and whole else key.state
    keys.change(call.store, key, KeyState=state, **expiry)
    if until is None:
        call.not_later("ExpireMaterial", key.id)
    else:
        call.later("ExpireMaterial", {"Key": key.id}, due=until, key=key.id)


def _current_id(call: Call, key: Key) -> str | None:
    found = keys.material(call.store, key, key.data["Newest"])
    return found.id if found is not None and found.sealed is not None else None


def _import_next(call: Call, key: Key, every: list[Material], id: str, secret: bytes) -> None:
    """Keep material for the key's next rotation on demand."""
    if call.input.get("ImportType") != "NEW_KEY_MATERIAL":
        raise errors.IncorrectKeyMaterial("The key material is not the one that was imported before.")
    if key.spec != SYMMETRIC:
        raise errors.Unsupported(f"{key.arn} key spec is {key.spec} which is not valid for new key material.")
    if call.input.get("ValidTo") is not None:
        raise NotBuilt("kms:ImportKeyMaterial with NEW_KEY_MATERIAL that expires")
    last = every[-1]
    if last.number > key.data["Newest"]:
        raise errors.InvalidState(
            f"New key material (id: {id}) cannot be imported into KMS key {key.arn}, because another key material"
            f" (id: {last.id}) is pending rotation."
        )
    number = last.number + 1
    keys.put_material(call.store, key, Material(number, id, vault.seal(call, key, number, secret), call.now, {}))


@operation("DeleteImportedKeyMaterial", on=resources.own_key, refuses=("KeyMaterialId",))
def delete_imported_key_material(call: Call) -> Data:
    """Take a key's secret away; the key waits for it to be imported again."""
    key = _key(call, "PendingDeletion")
    had = forget_material(call, key)
    return {"KeyId": key.arn, **({"KeyMaterialId": had} if had else {})}


def forget_material(call: Call, key: Key) -> str:
    """Delete the imported material of a key, and answer its id, "" where there was none."""
    call.not_later("ExpireMaterial", key.id)
    material = keys.material(call.store, key, key.data.get("Newest", 0))
    if material is None or material.sealed is None:
        return ""
    keys.put_material(call.store, key, material._replace(sealed=None))
    vault.forget_opened(call)
    state = key.state if key.state == "PendingDeletion" else "PendingImport"
    keys.change(call.store, key, KeyState=state, CurrentKeyMaterialId=None, ValidTo=None, ExpirationModel=None)
    return material.id
