"""Calls of KMS that succeed, and what they need."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

TAGS = [{"TagKey": "team", "TagValue": "red"}]
TAGGED = "API reference of CreateKey: to use Tags, kms:TagResource in an IAM policy is needed."
SECRET = b"it is a secret"
ECC = {"KeySpec": "ECC_NIST_P256"}


def key(at: Stage, **settings: Any) -> tuple[str, str]:
    """(id, ARN) of a new key."""
    made = at.root().create_key(**settings)["KeyMetadata"]
    return made["KeyId"], made["Arn"]


@EXAMPLES("CreateKey")
def create_key(at: Stage) -> Case:
    also = [Also("kms:TagResource", at.arn("key/*"), TAGGED)]
    return Case({"Tags": TAGS}, also=also)


@EXAMPLES("ListKeys", "ListAliases")
def everything(at: Stage) -> Case:
    return Case({})


@EXAMPLES("GenerateRandom")
def generate_random(at: Stage) -> Case:
    return Case({"NumberOfBytes": 8})


@EXAMPLES("ListRetirableGrants")
def list_retirable_grants(at: Stage) -> Case:
    id, _ = key(at)
    who = {"GranteePrincipal": at.user_arn, "RetiringPrincipal": at.user_arn}
    at.root().create_grant(KeyId=id, Operations=["Encrypt"], **who)

    def check(answer: Any) -> None:
        assert any(grant["KeyId"].endswith(id) for grant in answer["Grants"])

    return Case({"RetiringPrincipal": at.user_arn}, check=check)


@EXAMPLES(
    "DescribeKey",
    "DisableKey",
    "EnableKey",
    "EnableKeyRotation",
    "DisableKeyRotation",
    "GetKeyRotationStatus",
    "RotateKeyOnDemand",
    "ListKeyRotations",
    "ListKeyPolicies",
    "GetKeyPolicy",
    "ListResourceTags",
    "ListGrants",
    "ScheduleKeyDeletion",
)
def by_id(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id}, arn)


@EXAMPLES("DescribeKey", variant="alias")
def by_alias(at: Stage) -> Case:
    """What is asked on is the key, whatever it was called."""
    id, arn = key(at)
    at.root().create_alias(AliasName=f"alias/{at.name}", TargetKeyId=id)
    return Case({"KeyId": f"alias/{at.name}"}, arn)


@EXAMPLES("CancelKeyDeletion")
def cancel_key_deletion(at: Stage) -> Case:
    id, arn = key(at)
    at.root().schedule_key_deletion(KeyId=id)
    return Case({"KeyId": id}, arn)


@EXAMPLES("UpdateKeyDescription")
def update_key_description(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id, "Description": "new"}, arn)


@EXAMPLES("PutKeyPolicy")
def put_key_policy(at: Stage) -> Case:
    id, arn = key(at)
    root = {"AWS": f"arn:aws:iam::{at.account}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return Case({"KeyId": id, "Policy": json.dumps({"Version": "2012-10-17", "Statement": statement})}, arn)


@EXAMPLES("TagResource")
def tag_resource(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id, "Tags": TAGS}, arn)


@EXAMPLES("UntagResource")
def untag_resource(at: Stage) -> Case:
    id, arn = key(at, Tags=TAGS)
    return Case({"KeyId": id, "TagKeys": ["team"]}, arn)


# ---- Aliases ---------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateAlias")
def create_alias(at: Stage) -> Case:
    """Both are asked for: the alias, and the key that it names."""
    id, arn = key(at)
    return Case({"AliasName": f"alias/{at.name}", "TargetKeyId": id}, [at.arn(f"alias/{at.name}"), arn])


@EXAMPLES("DeleteAlias")
def delete_alias(at: Stage) -> Case:
    id, arn = key(at)
    at.root().create_alias(AliasName=f"alias/{at.name}", TargetKeyId=id)
    return Case({"AliasName": f"alias/{at.name}"}, [at.arn(f"alias/{at.name}"), arn])


@EXAMPLES("UpdateAlias")
def update_alias(at: Stage) -> Case:
    """The key that it named is asked for too."""
    (old, old_arn), (new, new_arn) = key(at), key(at)
    at.root().create_alias(AliasName=f"alias/{at.name}", TargetKeyId=old)
    on = [at.arn(f"alias/{at.name}"), old_arn, new_arn]
    return Case({"AliasName": f"alias/{at.name}", "TargetKeyId": new}, on)


# ---- Encryption ------------------------------------------------------------------------------------------------------


@EXAMPLES("Encrypt")
def encrypt(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id, "Plaintext": SECRET}, arn)


@EXAMPLES("Decrypt")
def decrypt(at: Stage) -> Case:
    """The key is the one that the ciphertext names."""
    id, arn = key(at)
    blob = at.root().encrypt(KeyId=id, Plaintext=SECRET)["CiphertextBlob"]

    def check(answer: Any) -> None:
        assert answer["Plaintext"] == SECRET

    return Case({"CiphertextBlob": blob}, arn, check=check)


@EXAMPLES("ReEncrypt")
def re_encrypt(at: Stage) -> Case:
    (old, old_arn), (new, new_arn) = key(at), key(at)
    blob = at.root().encrypt(KeyId=old, Plaintext=SECRET)["CiphertextBlob"]
    on = {"kms:ReEncryptFrom": old_arn, "kms:ReEncryptTo": new_arn}
    return Case({"CiphertextBlob": blob, "DestinationKeyId": new}, on)


@EXAMPLES("GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
def data_key(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id, "KeySpec": "AES_256"}, arn)


@EXAMPLES("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
def data_key_pair(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id, "KeyPairSpec": "ECC_NIST_P256"}, arn)


# ---- Signatures, MACs, agreement -------------------------------------------------------------------------------------


@EXAMPLES("Sign")
def sign(at: Stage) -> Case:
    id, arn = key(at, KeyUsage="SIGN_VERIFY", **ECC)
    return Case({"KeyId": id, "Message": SECRET, "SigningAlgorithm": "ECDSA_SHA_256"}, arn)


@EXAMPLES("Verify")
def verify(at: Stage) -> Case:
    id, arn = key(at, KeyUsage="SIGN_VERIFY", **ECC)
    digest = {"Message": hashlib.sha256(SECRET).digest(), "MessageType": "DIGEST"}
    given = {"KeyId": id, **digest, "SigningAlgorithm": "ECDSA_SHA_256"}
    return Case({**given, "Signature": at.root().sign(**given)["Signature"]}, arn)


@EXAMPLES("GetPublicKey")
def get_public_key(at: Stage) -> Case:
    id, arn = key(at, KeyUsage="SIGN_VERIFY", **ECC)
    return Case({"KeyId": id}, arn)


@EXAMPLES("DeriveSharedSecret")
def derive_shared_secret(at: Stage) -> Case:
    id, arn = key(at, KeyUsage="KEY_AGREEMENT", **ECC)
    peer = ec.generate_private_key(ec.SECP256R1()).public_key()
    public = peer.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Case({"KeyId": id, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public}, arn)


@EXAMPLES("GenerateMac")
def generate_mac(at: Stage) -> Case:
    id, arn = key(at, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return Case({"KeyId": id, "Message": SECRET, "MacAlgorithm": "HMAC_SHA_256"}, arn)


@EXAMPLES("VerifyMac")
def verify_mac(at: Stage) -> Case:
    id, arn = key(at, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    given = {"KeyId": id, "Message": SECRET, "MacAlgorithm": "HMAC_SHA_256"}
    return Case({**given, "Mac": at.root().generate_mac(**given)["Mac"]}, arn)


# ---- Grants ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateGrant")
def create_grant(at: Stage) -> Case:
    id, arn = key(at)
    return Case({"KeyId": id, "GranteePrincipal": at.user_arn, "Operations": ["Encrypt"]}, arn)


@EXAMPLES("RevokeGrant", "RetireGrant")
def end_grant(at: Stage) -> Case:
    id, arn = key(at)
    account = f"arn:aws:iam::{at.account}:root"
    made = at.root().create_grant(KeyId=id, GranteePrincipal=account, Operations=["Encrypt"])
    return Case({"KeyId": id, "GrantId": made["GrantId"]}, arn)


@EXAMPLES("RetireGrant", variant="token")
def retire_grant_by_token(at: Stage) -> Case:
    id, arn = key(at)
    account = f"arn:aws:iam::{at.account}:root"
    made = at.root().create_grant(KeyId=id, GranteePrincipal=account, Operations=["Encrypt"])
    return Case({"GrantToken": made["GrantToken"]}, arn)


# ---- Imported material -----------------------------------------------------------------------------------------------

WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}


def wrapped(at: Stage, id: str) -> dict[str, Any]:
    """What ImportKeyMaterial needs for this key."""
    made = at.root().get_parameters_for_import(KeyId=id, **WRAPPING)
    public: Any = serialization.load_der_public_key(made["PublicKey"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return {
        "KeyId": id,
        "ImportToken": made["ImportToken"],
        "EncryptedKeyMaterial": public.encrypt(b"k" * 32, oaep),
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }


@EXAMPLES("GetParametersForImport")
def get_parameters_for_import(at: Stage) -> Case:
    id, arn = key(at, Origin="EXTERNAL")
    return Case({"KeyId": id, **WRAPPING}, arn)


@EXAMPLES("ImportKeyMaterial")
def import_key_material(at: Stage) -> Case:
    id, arn = key(at, Origin="EXTERNAL")
    return Case(wrapped(at, id), arn)


@EXAMPLES("DeleteImportedKeyMaterial")
def delete_imported_key_material(at: Stage) -> Case:
    id, arn = key(at, Origin="EXTERNAL")
    at.root().import_key_material(**wrapped(at, id))
    return Case({"KeyId": id}, arn)
