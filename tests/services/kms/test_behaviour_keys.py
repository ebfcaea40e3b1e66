"""The life of a key: states, deletion, aliases, rotation, imported material, and what lies on the disk."""

from __future__ import annotations

import os
import stat
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from tests.services.kms.conftest import refused

DAY = 86_400


def test_pages_of_keys_and_aliases(kms, key):
    made = {key() for _ in range(5)}
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Keys"]) for page in pages] == [2, 2, 1]
    assert {each["KeyId"] for page in pages for each in page["Keys"]} == made
    for number, id in enumerate(made):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=id)
    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 3}))
    assert [each["AliasName"] for page in pages for each in page["Aliases"]] == [f"alias/{n}" for n in range(5)]
    [one] = kms.list_aliases(KeyId=next(iter(made)))["Aliases"]
    assert one["TargetKeyId"] == next(iter(made))


def test_an_alias_moves_to_another_key(kms, key):
    one, two = key(), key()
    kms.create_alias(AliasName="alias/mine", TargetKeyId=one)
    old = kms.encrypt(KeyId="alias/mine", Plaintext=b"x")
    kms.update_alias(AliasName="alias/mine", TargetKeyId=two)
    assert kms.encrypt(KeyId="alias/mine", Plaintext=b"x")["KeyId"].endswith(two)
    assert kms.decrypt(CiphertextBlob=old["CiphertextBlob"])["KeyId"].endswith(one)
    refused("IncorrectKeyException", kms.decrypt, CiphertextBlob=old["CiphertextBlob"], KeyId="alias/mine")
    kms.delete_alias(AliasName="alias/mine")
    refused("NotFoundException", kms.encrypt, KeyId="alias/mine", Plaintext=b"x")


def test_a_disabled_key_is_not_used(kms, key):
    id = key()
    blob = kms.encrypt(KeyId=id, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=id)
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] == "Disabled"
    for call, given in (
        (kms.encrypt, {"KeyId": id, "Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": blob}),
        (kms.generate_data_key, {"KeyId": id, "KeySpec": "AES_256"}),
        (kms.enable_key_rotation, {"KeyId": id}),
    ):
        assert refused("DisabledException", call, **given).endswith(f"{id} is disabled.")
    kms.update_key_description(KeyId=id, Description="still")
    kms.enable_key(KeyId=id)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_waits_for_its_deletion_and_goes(fresh_cloud):
    kms = fresh_cloud.client("kms")
    id = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=id)
    blob = kms.encrypt(KeyId=id, Plaintext=b"x")["CiphertextBlob"]
    for days in (6, 31):
        refused("ValidationException", kms.schedule_key_deletion, KeyId=id, PendingWindowInDays=days)
    answer = kms.schedule_key_deletion(KeyId=id, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion" and answer["PendingWindowInDays"] == 7
    for call, given in (
        (kms.encrypt, {"KeyId": id, "Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": blob}),
        (kms.enable_key, {"KeyId": id}),
        (kms.schedule_key_deletion, {"KeyId": id}),
        (kms.tag_resource, {"KeyId": id, "Tags": [{"TagKey": "b", "TagValue": "c"}]}),
        (kms.create_alias, {"AliasName": "alias/other", "TargetKeyId": id}),
    ):
        assert refused("KMSInvalidStateException", call, **given).endswith(f"{id} is pending deletion.")
    fresh_cloud.clock_advance(6 * DAY)
    kms.cancel_key_deletion(KeyId=id)
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] == "Disabled"
    assert refused("KMSInvalidStateException", kms.cancel_key_deletion, KeyId=id).endswith("is not pending deletion.")
    fresh_cloud.clock_advance(30 * DAY)
    kms.enable_key(KeyId=id)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    kms.schedule_key_deletion(KeyId=id)
    fresh_cloud.clock_advance(30 * DAY + 1)
    refused("NotFoundException", kms.describe_key, KeyId=id)
    assert kms.list_aliases()["Aliases"] == [] == kms.list_keys()["Keys"]
    says = refused("AccessDeniedException", kms.decrypt, CiphertextBlob=blob)
    assert "kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in" in says


def test_rotation_on_the_clock_and_on_demand(fresh_cloud):
    kms = fresh_cloud.client("kms")
    id = kms.create_key()["KeyMetadata"]["KeyId"]
    blobs = [kms.encrypt(KeyId=id, Plaintext=b"0")["CiphertextBlob"]]
    first = kms.describe_key(KeyId=id)["KeyMetadata"]["CurrentKeyMaterialId"]
    kms.enable_key_rotation(KeyId=id, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=id)
    assert status["KeyRotationEnabled"] and status["RotationPeriodInDays"] == 90
    fresh_cloud.clock_advance(89 * DAY)
    assert kms.list_key_rotations(KeyId=id)["Rotations"] == []
    fresh_cloud.clock_advance(92 * DAY)
    rotations = kms.list_key_rotations(KeyId=id)["Rotations"]
    assert [each["RotationType"] for each in rotations] == ["AUTOMATIC", "AUTOMATIC"]
    assert (rotations[1]["RotationDate"] - rotations[0]["RotationDate"]).days == 90
    blobs.append(kms.encrypt(KeyId=id, Plaintext=b"1")["CiphertextBlob"])
    kms.rotate_key_on_demand(KeyId=id)
    assert [each["RotationType"] for each in kms.list_key_rotations(KeyId=id)["Rotations"]][2:] == ["ON_DEMAND"]
    everything = kms.list_key_rotations(KeyId=id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert everything[0]["KeyMaterialId"] == first and everything[-1]["KeyMaterialState"] == "CURRENT"
    blobs.append(kms.encrypt(KeyId=id, Plaintext=b"2")["CiphertextBlob"])
    opened = [kms.decrypt(CiphertextBlob=blob) for blob in blobs]
    assert [each["Plaintext"] for each in opened] == [b"0", b"1", b"2"]
    assert len({each["KeyMaterialId"] for each in opened}) == 3
    kms.disable_key_rotation(KeyId=id)
    assert kms.get_key_rotation_status(KeyId=id)["KeyRotationEnabled"] is False
    fresh_cloud.clock_advance(365 * DAY)
    assert len(kms.list_key_rotations(KeyId=id)["Rotations"]) == 3


def test_a_rotation_waits_for_a_disabled_key(fresh_cloud):
    kms = fresh_cloud.client("kms")
    id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=id)
    kms.disable_key(KeyId=id)
    fresh_cloud.clock_advance(366 * DAY)
    assert kms.list_key_rotations(KeyId=id)["Rotations"] == []
    kms.enable_key(KeyId=id)
    fresh_cloud.settle()
    assert len(kms.list_key_rotations(KeyId=id)["Rotations"]) == 1


def test_material_lies_sealed_and_survives_a_crash(fresh_cloud):
    kms = fresh_cloud.client("kms")
    external = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    secret = b"a secret of 32 bytes for the key"
    kms.import_key_material(**wrapped(kms, external, secret), ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE")
    plain, rsa = kms.create_key(), kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    blobs = {id: kms.encrypt(KeyId=id, Plaintext=b"seen by nobody")["CiphertextBlob"]
             for id in (external, plain["KeyMetadata"]["KeyId"])}  # fmt: skip
    signing = {"KeyId": rsa["KeyMetadata"]["KeyId"], "Message": b"m", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    signature = kms.sign(**signing)["Signature"]
    fresh_cloud.restart()
    for id, blob in blobs.items():
        assert kms.decrypt(KeyId=id, CiphertextBlob=blob)["Plaintext"] == b"seen by nobody"
    assert kms.verify(**signing, Signature=signature)["SignatureValid"]
    master = fresh_cloud.data / "keys" / "kms"
    assert stat.S_IMODE(os.stat(master).st_mode) == 0o600 and stat.S_IMODE(os.stat(master.parent).st_mode) == 0o700
    written = b"".join(path.read_bytes() for path in fresh_cloud.data.rglob("*") if path.is_file() and path != master)
    assert external.encode() in written  # what was looked through is where keys are kept
    for hidden in (secret, b"seen by nobody", master.read_bytes()):
        assert hidden not in written
    assert secret not in fresh_cloud.log.read_bytes()


# ---- Imported material -----------------------------------------------------------------------------------------------


def wrapped(kms: Any, id: str, secret: bytes, how: str = "RSAES_OAEP_SHA_256") -> dict[str, Any]:
    """What ImportKeyMaterial needs to give the key this secret."""
    made = kms.get_parameters_for_import(KeyId=id, WrappingAlgorithm=how, WrappingKeySpec="RSA_2048")
    public: Any = serialization.load_der_public_key(made["PublicKey"])
    chosen = hashes.SHA1 if how.endswith("_1") else hashes.SHA256
    oaep = padding.OAEP(padding.MGF1(chosen()), chosen(), None)
    if how.startswith("RSAES"):
        material = public.encrypt(secret, oaep)
    else:
        material = public.encrypt(b"w" * 32, oaep) + aes_key_wrap_with_padding(b"w" * 32, secret)
    return {"KeyId": id, "ImportToken": made["ImportToken"], "EncryptedKeyMaterial": material}


STAYS = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


def test_imported_material(kms, key):
    id = key(Origin="EXTERNAL")
    before = kms.describe_key(KeyId=id)["KeyMetadata"]
    assert (before["KeyState"], before["Enabled"], before["Origin"]) == ("PendingImport", False, "EXTERNAL")
    says = refused("KMSInvalidStateException", kms.encrypt, KeyId=id, Plaintext=b"x")
    assert says.endswith(f"{id} is pending import.")
    given = wrapped(kms, id, b"k" * 32)
    says = refused("ValidationException", kms.import_key_material, **given)
    assert says == "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
    kms.import_key_material(**given, **STAYS)
    blob = kms.encrypt(KeyId=id, Plaintext=b"x")["CiphertextBlob"]
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"
    kms.delete_imported_key_material(KeyId=id)
    after = kms.describe_key(KeyId=id)["KeyMetadata"]
    assert after["KeyState"] == "PendingImport" and "ExpirationModel" not in after
    refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=blob)
    refused("IncorrectKeyMaterialException", kms.import_key_material, **wrapped(kms, id, b"o" * 32), **STAYS)
    kms.import_key_material(**wrapped(kms, id, b"k" * 32, "RSA_AES_KEY_WRAP_SHA_1"), **STAYS)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_new_material_waits_for_a_rotation(kms, key):
    id = key(Origin="EXTERNAL")
    arn = kms.describe_key(KeyId=id)["KeyMetadata"]["Arn"]
    says = refused("KMSInvalidStateException", kms.rotate_key_on_demand, KeyId=id)
    assert says == f"No available key material pending rotation for the key: {arn}."
    first = kms.import_key_material(**wrapped(kms, id, b"k" * 32), **STAYS)["KeyMaterialId"]
    old = kms.encrypt(KeyId=id, Plaintext=b"old")["CiphertextBlob"]
    new = {"ImportType": "NEW_KEY_MATERIAL", **STAYS}
    second = kms.import_key_material(**wrapped(kms, id, b"n" * 32), **new)["KeyMaterialId"]
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["CurrentKeyMaterialId"] == first != second
    says = refused("KMSInvalidStateException", kms.import_key_material, **wrapped(kms, id, b"3" * 32), **new)
    assert says.startswith("New key material (id: ") and says.endswith(f"(id: {second}) is pending rotation.")
    kinds = kms.list_key_rotations(KeyId=id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [each["KeyMaterialState"] for each in kinds] == ["CURRENT", "PENDING_ROTATION"]
    assert kms.rotate_key_on_demand(KeyId=id)["KeyId"] == arn
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["CurrentKeyMaterialId"] == second
    assert kms.decrypt(CiphertextBlob=old)["KeyMaterialId"] == first
    blob = kms.encrypt(KeyId=id, Plaintext=b"new")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["KeyMaterialId"] == second
    kms.delete_imported_key_material(KeyId=id)
    refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=old)
    kms.import_key_material(**wrapped(kms, id, b"n" * 32), **STAYS)
    assert [kms.decrypt(CiphertextBlob=each)["Plaintext"] for each in (old, blob)] == [b"old", b"new"]


def test_a_disabled_key_is_not_rotated_whatever_it_is(kms, key):
    id = key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    refused("UnsupportedOperationException", kms.rotate_key_on_demand, KeyId=id)
    kms.disable_key(KeyId=id)
    refused("DisabledException", kms.rotate_key_on_demand, KeyId=id)


def test_what_cannot_be_imported(kms, key, account):
    one, two = key(Origin="EXTERNAL"), key(Origin="EXTERNAL")
    given = {**wrapped(kms, one, b"k" * 32), **STAYS}
    refused("InvalidImportTokenException", kms.import_key_material, **{**given, "KeyId": two})
    refused("InvalidImportTokenException", kms.import_key_material, **{**given, "ImportToken": b"x"})
    refused("InvalidCiphertextException", kms.import_key_material, **{**given, "EncryptedKeyMaterial": b"x" * 256})
    refused("IncorrectKeyMaterialException", kms.import_key_material, **wrapped(kms, one, b"short"), **STAYS)
    own = key()
    asked = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    says = refused("UnsupportedOperationException", kms.get_parameters_for_import, KeyId=own, **asked)
    arn = f"arn:aws:kms:us-east-1:{account}:key/{own}"
    assert says == f"{arn} origin is AWS_KMS which is not valid for this operation."
    old = {**asked, "WrappingAlgorithm": "RSAES_PKCS1_V1_5"}
    refused("NotImplemented", kms.get_parameters_for_import, KeyId=one, **old)
    assert kms.describe_key(KeyId=one)["KeyMetadata"]["KeyState"] == "PendingImport"


def test_imported_material_and_its_token_expire(fresh_cloud):
    kms = fresh_cloud.client("kms")
    id = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    given = wrapped(kms, id, b"k" * 32)
    until = fresh_cloud.control("clock")["epoch"] + 2 * DAY
    kms.import_key_material(**given, ValidTo=until)
    fresh_cloud.clock_advance(DAY + 60)
    refused("ExpiredImportTokenException", kms.import_key_material, **given, **STAYS)
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] == "Enabled"
    fresh_cloud.clock_advance(DAY)
    assert kms.describe_key(KeyId=id)["KeyMetadata"]["KeyState"] == "PendingImport"
