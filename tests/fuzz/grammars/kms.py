"""KMS's key ids, ciphertexts, tokens, public keys and key policies."""

from __future__ import annotations

import base64
from typing import Any

from tests.fuzz.area import grammar
from tests.fuzz.target import Target

GHOST = "134f2428-cec1-4b25-a1ae-9048164dba47"
ARN = f"arn:aws:kms:us-east-1:{Target.account}:key/{GHOST}"
BY_ALIAS = ARN.replace(f"key/{GHOST}", "alias/fuzz")
ROOT = f"arn:aws:iam::{Target.account}:root"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "AWS": [Target.account, f"arn:aws:iam::{Target.account}:root"],
                "Service": "s3.amazonaws.com",
            },
            "Action": ["kms:*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:a": ["b", "${aws:username}"]}},
        }
    ],
}


def _prepare(target: Target) -> None:
    known = target.known
    known["key"] = target.do("kms", "CreateKey")["KeyMetadata"]["KeyId"]
    known["pair"] = target.do("kms", "CreateKey", KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"][
        "KeyId"
    ]
    known["empty"] = target.do("kms", "CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    target.do("kms", "CreateAlias", AliasName="alias/fuzz", TargetKeyId=known["key"])
    sealed = target.do("kms", "Encrypt", KeyId=known["key"], Plaintext=b"x")["CiphertextBlob"]
    known["ciphertext"] = sealed if isinstance(sealed, bytes) else base64.b64decode(sealed)


def _id(target: Target, text: str) -> None:
    for operation, more in (
        ("DescribeKey", {}),
        ("Encrypt", {"Plaintext": b"x"}),
        ("Decrypt", {"CiphertextBlob": target.known["ciphertext"]}),
        ("GetKeyPolicy", {"PolicyName": text}),
        ("CreateAlias", {"AliasName": text}),
        ("RevokeGrant", {"GrantId": text}),
        ("GetKeyRotationStatus", {}),
    ):
        member = "TargetKeyId" if operation == "CreateAlias" else "KeyId"
        target.ask("kms", operation, **{member: text}, **more)
    target.ask("kms", "CreateAlias", AliasName=text, TargetKeyId=target.known["key"])
    target.ask("kms", "DeleteAlias", AliasName=text)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _blob(target: Target, text: str) -> None:
    key, sealed, mutant = target.known["key"], target.known["ciphertext"], _bytes(text)
    for blob in (mutant, sealed[: len(text)] + mutant, sealed[:25] + mutant + sealed[25:], mutant + sealed):
        target.ask("kms", "Decrypt", CiphertextBlob=blob)
        target.ask("kms", "ReEncrypt", CiphertextBlob=blob, DestinationKeyId=key)
    pair: dict[str, Any] = {"KeyId": target.known["pair"], "KeyAgreementAlgorithm": "ECDH"}
    target.ask("kms", "DeriveSharedSecret", **pair, PublicKey=mutant)
    given = {"KeyId": target.known["empty"], "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    target.ask("kms", "ImportKeyMaterial", **given, ImportToken=mutant, EncryptedKeyMaterial=mutant)


def _token(target: Target, text: str) -> None:
    for token in (text, base64.urlsafe_b64encode(_bytes(text)).decode().rstrip("=")):
        target.ask("kms", "RetireGrant", GrantToken=token)
        target.ask("kms", "Encrypt", KeyId=target.known["key"], Plaintext=b"x", GrantTokens=[token])
        target.ask("kms", "ListKeys", Marker=token)
        target.ask("kms", "ListKeyRotations", KeyId=target.known["key"], Marker=token)


def _policy(target: Target, text: str) -> None:
    target.ask("kms", "PutKeyPolicy", KeyId=target.known["key"], Policy=text)
    target.ask("kms", "Encrypt", KeyId=target.known["key"], Plaintext=b"x", EncryptionContext={"a": "b"})
    target.ask("kms", "CreateKey", Policy=text, BypassPolicyLockoutSafetyCheck=True)


grammar("kms-id", (GHOST, ARN, "alias/fuzz", "alias/aws/s3", BY_ALIAS, "mrk-" + "a" * 32),
        _id, "arn: arn:aws: :key/ key/ alias/ alias/aws/ mrk- us-east-1 eu-west-1 * default", _prepare)  # fmt: skip
grammar("kms-blob", ("\x01\x02\x02\x00\x78" + "a" * 60, "0Y0\x13\x06\x07*\x86H\xce=\x02\x01\x06\x08", "x" * 256), _blob,
        "\x01\x02\x02\x00\x78 0 \x30\x82", _prepare)  # fmt: skip
grammar("kms-token", ('["grant","a","b"]', f'["grant","{GHOST}","{"0" * 64}"]', '"1"', "9" * 30, "-1"), _token,
        '[ ] " , grant 99999999999999999999 null', _prepare)  # fmt: skip
grammar("kms-policy", (POLICY,), _policy, "Allow Deny kms:* kms:GrantId root NotPrincipal NotAction Null", _prepare)
