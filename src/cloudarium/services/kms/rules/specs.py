"""What each key spec can do: its usages and algorithms, and which of them are built."""

from __future__ import annotations

from typing import Any

from cloudarium.services.kms import errors, primitives
from cloudarium.shared.errors import NotBuilt

SYMMETRIC = "SYMMETRIC_DEFAULT"
ENCRYPT, SIGN, MAC, AGREE = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"

_RSA_SIGNING = tuple(
    f"RSASSA_{scheme}_SHA_{size}" for scheme in ("PKCS1_V1_5", "PSS") for size in ("256", "384", "512")
)
_RSA_ENCRYPTION = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_ECDSA = {
    "ECC_NIST_P256": "ECDSA_SHA_256",
    "ECC_NIST_P384": "ECDSA_SHA_384",
    "ECC_NIST_P521": "ECDSA_SHA_512",
    "ECC_SECG_P256K1": "ECDSA_SHA_256",
}
_ED25519 = "ECC_NIST_EDWARDS25519"
_USAGES = {
    SYMMETRIC: (ENCRYPT,),
    **{f"RSA_{size}": (ENCRYPT, SIGN) for size in (2048, 3072, 4096)},
    **{f"ECC_NIST_P{size}": (SIGN, AGREE) for size in (256, 384, 521)},
    "ECC_SECG_P256K1": (SIGN,),
    _ED25519: (SIGN,),
    **{f"ML_DSA_{size}": (SIGN,) for size in (44, 65, 87)},
    **{f"HMAC_{size}": (MAC,) for size in (224, 256, 384, 512)},
}
_NEW = (_ED25519, "ML_DSA_")  # CustomerMasterKeySpec, which is older, cannot say these

_MEMBER = {
    ENCRYPT: "EncryptionAlgorithms",
    SIGN: "SigningAlgorithms",
    MAC: "MacAlgorithms",
    AGREE: "KeyAgreementAlgorithms",
}


def algorithms(spec: str, usage: str) -> tuple[str, ...]:
    """The algorithms of a key, in AWS's order."""
    if usage == ENCRYPT:
        return _RSA_ENCRYPTION if spec.startswith("RSA_") else (SYMMETRIC,)
    if usage == AGREE:
        return ("ECDH",)
    if usage == MAC:
        return (spec.replace("HMAC_", "HMAC_SHA_"),)
    if spec == _ED25519:
        return ("ED25519_SHA_512", "ED25519_PH_SHA_512")
    if spec.startswith("ML_DSA_"):
        return ("ML_DSA_SHAKE_256",)
    return _RSA_SIGNING if spec.startswith("RSA_") else (_ECDSA[spec],)


def shown(spec: str, usage: str) -> dict[str, Any]:
    """A key's spec, usage and algorithms as answers have them."""
    old = {} if spec.startswith(_NEW) else {"CustomerMasterKeySpec": spec}
    return {"KeySpec": spec, **old, "KeyUsage": usage, _MEMBER[usage]: list(algorithms(spec, usage))}


def chosen(given: dict[str, Any]) -> tuple[str, str]:
    """The (spec, usage) of a key that CreateKey asks for. Raises for a pair that AWS refuses, or that is not built."""
    spec, old, usage = given.get("KeySpec"), given.get("CustomerMasterKeySpec"), given.get("KeyUsage")
    if spec and old:
        raise errors.Invalid(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is "
            "deprecated."
        )
    spec = spec or old or SYMMETRIC
    if spec != SYMMETRIC and not usage:
        raise errors.Invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
    usage = usage or ENCRYPT
    check_built(spec, "CreateKey")
    if usage not in _USAGES[spec]:
        raise errors.Invalid(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return spec, usage


def check_built(spec: str, operation: str) -> None:
    """Raise NotBuilt for a spec that is not built."""
    if spec not in _USAGES or not primitives.is_made(spec):
        raise NotBuilt(f"kms:{operation} with the key spec {spec}")


def check_algorithm(spec: str, usage: str, algorithm: str) -> None:
    """Raise unless a key has this algorithm."""
    if algorithm not in algorithms(spec, usage):
        raise errors.InvalidKeyUsage.algorithm(algorithm, spec)


def is_slow(spec: str) -> bool:
    """Whether making or using such a key takes longer than a call may keep the loop."""
    return spec.startswith(("RSA_", "ML_DSA_"))


def check_message(algorithm: str, kind: str, message: bytes, operation: str) -> None:
    """Raise unless this algorithm signs messages of this kind and length."""
    if algorithm == "ED25519_PH_SHA_512":
        raise NotBuilt(f"kms:{operation} with {algorithm}")
    special = {"ED25519_SHA_512": ("RAW",), "ML_DSA_SHAKE_256": ("RAW", "EXTERNAL_MU")}
    if kind not in special.get(algorithm, ("RAW", "DIGEST")):
        raise errors.Invalid(f"MessageType {kind} is not valid for algorithm {algorithm}.")
    wanted = primitives.digest_length(algorithm) if kind == "DIGEST" else primitives.MU
    if kind != "RAW" and len(message) != wanted:
        raise errors.Invalid(f"Digest is invalid length for algorithm {algorithm}.")
