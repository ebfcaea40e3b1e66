"""KMS's condition keys: by which call each is tried, or why it cannot be in any request here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cloudarium.policy import access
from tests.permissions.probe import Probe
from tests.permissions.taggables import Ask
from tests.permissions.team import Team

ANY = "ForAnyValue:StringEquals"
TOMORROW = int(time.time()) + 86_400
MAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
SIGN = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
AGREE = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}


def on_key(method: str, made: dict[str, Any] | None = None, **given: Any) -> Callable[[Team], Ask]:
    """A call on a new key."""

    def ask(team: Team) -> Ask:
        key = team.root("kms").create_key(**made or {})["KeyMetadata"]["KeyId"]
        return method, {"KeyId": key, **given}

    return ask


def by_alias(team: Team) -> Ask:
    """Encrypting under a key by its alias."""
    kms = team.root("kms")
    kms.create_alias(AliasName="alias/known", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    return "encrypt", {"KeyId": "alias/known", "Plaintext": b"x"}


def of_alias(team: Team) -> Ask:
    """Describing, by its id, a key that has an alias."""
    kms = team.root("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/other", TargetKeyId=key)
    return "describe_key", {"KeyId": key}


def reencrypt(team: Team) -> Ask:
    """Encrypting anew under the same key."""
    kms = team.root("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    return "re_encrypt", {"CiphertextBlob": blob, "DestinationKeyId": key}


def grant(**given: Any) -> Callable[[Team], Ask]:
    """Granting the account's root something on a new key."""

    def ask(team: Team) -> Ask:
        root = f"arn:aws:iam::{team.account}:root"
        named = {"GranteePrincipal": root, "RetiringPrincipal": root, "Operations": ["Encrypt"]}
        return on_key("create_grant", **named, **given)(team)

    return ask


ROOT = "arn:aws:iam::730000000002:root"
SUBSET = {"Constraints": {"EncryptionContextSubset": {"a": "b"}}}
CONTEXT = on_key("encrypt", Plaintext=b"x", EncryptionContext={"a": "b"})
IMPORT = {"ImportToken": b"x", "EncryptedKeyMaterial": b"x", "ExpirationModel": "KEY_MATERIAL_EXPIRES"}
WRAPPING = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
SIGNING = {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
PAIR = {"KeyPairSpec": "ECC_NIST_P256"}

PROBES = [
    Probe("kms:CallerAccount", on_key("describe_key"), "730000000002"),
    Probe("kms:KeyOrigin", on_key("describe_key"), "AWS_KMS"),
    Probe("kms:KeyOrigin", lambda _: ("create_key", {"Origin": "EXTERNAL"}), "EXTERNAL"),
    Probe("kms:KeySpec", on_key("describe_key", MAC), "HMAC_256"),
    Probe("kms:KeySpec", lambda _: ("create_key", SIGN), "ECC_NIST_P256"),
    Probe("kms:KeyUsage", on_key("describe_key", MAC), "GENERATE_VERIFY_MAC"),
    Probe("kms:KeyUsage", lambda _: ("create_key", {}), "ENCRYPT_DECRYPT"),
    Probe("kms:MultiRegion", on_key("describe_key"), "false", "true", "Bool"),
    Probe("kms:MultiRegion", lambda _: ("create_key", {}), "false", "true", "Bool"),
    Probe("kms:BypassPolicyLockoutSafetyCheck", lambda _: ("create_key", {}), "false", "true", "Bool"),
    Probe("kms:ResourceAliases", of_alias, "alias/other", "alias/x", ANY),
    Probe("kms:RequestAlias", by_alias, "alias/known"),
    Probe("kms:EncryptionContextKeys", CONTEXT, "a", operator=ANY),
    Probe("kms:EncryptionAlgorithm", on_key("encrypt", Plaintext=b"x"), "SYMMETRIC_DEFAULT"),
    Probe("kms:ReEncryptOnSameKey", reencrypt, "true", "false", "Bool", "kms:ReEncryptFrom"),
    Probe("kms:GrantConstraintType", grant(**SUBSET), "EncryptionContextSubset"),
    Probe("kms:GrantIsForAWSResource", grant(), "false", "true", "Bool"),
    Probe("kms:GrantOperations", grant(), "Encrypt", operator=ANY),
    Probe("kms:GranteePrincipal", grant(), ROOT),
    Probe("kms:RetiringPrincipal", grant(), ROOT),
    Probe("kms:KeyAgreementAlgorithm", on_key("derive_shared_secret", AGREE, PublicKey=b"x",
                                              KeyAgreementAlgorithm="ECDH"), "ECDH"),
    Probe("kms:RotationPeriodInDays", on_key("enable_key_rotation", RotationPeriodInDays=100), "100", "99",
          "NumericEquals"),
    Probe("kms:DataKeyPairSpec", on_key("generate_data_key_pair", **PAIR), "ECC_NIST_P256"),
    Probe("kms:MacAlgorithm", on_key("generate_mac", MAC, Message=b"x", MacAlgorithm="HMAC_SHA_256"), "HMAC_SHA_256"),
    Probe("kms:WrappingAlgorithm", on_key("get_parameters_for_import", **WRAPPING), "RSAES_OAEP_SHA_256"),
    Probe("kms:WrappingKeySpec", on_key("get_parameters_for_import", **WRAPPING), "RSA_2048"),
    Probe("kms:ExpirationModel", on_key("import_key_material", **IMPORT), "KEY_MATERIAL_EXPIRES"),
    Probe("kms:ValidTo", on_key("import_key_material", **IMPORT, ValidTo=TOMORROW), str(TOMORROW), "1",
          "NumericEquals"),
    Probe("kms:ScheduleKeyDeletionPendingWindowInDays", on_key("schedule_key_deletion", PendingWindowInDays=7), "7",
          "8", "NumericEquals"),
    Probe("kms:MessageType", on_key("sign", SIGN, **SIGNING), "RAW"),
    Probe("kms:SigningAlgorithm", on_key("sign", SIGN, **SIGNING), "ECDSA_SHA_256"),
]  # fmt: skip

_OWN = "tests/services/kms/test_permissions.py"
ELSEWHERE = {"kms:ViaService": _OWN, "kms:EncryptionContext:${EncryptionContextKey}": _OWN}


def _attestations() -> set[str]:
    info = access.action("kms:Decrypt")
    assert info is not None
    return {key for key in info.condition_keys if key.startswith("kms:RecipientAttestation:")}


ABSENT = {
    "kms:MultiRegionKeyType": "Multi-region keys are not built.",
    **dict.fromkeys(_attestations(), "Only requests from Nitro enclaves have one: Recipient is not built."),
}
