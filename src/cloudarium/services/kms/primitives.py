"""The cryptography itself, by `cryptography`: keys made, used and shown; pure functions of bytes."""

from __future__ import annotations

import hmac
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloudarium.shared import ids

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:  # older releases have none: then such keys are refused by name
    mldsa = None  # type: ignore[assignment]

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "ECC_NIST_P256": ec.SECP256R1,
    "ECC_NIST_P384": ec.SECP384R1,
    "ECC_NIST_P521": ec.SECP521R1,
    "ECC_SECG_P256K1": ec.SECP256K1,
}
_LENGTHS = {"SYMMETRIC_DEFAULT": 32, "HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
_WHOLE: dict[str, Any] = {"ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey}  # they sign the message itself
if mldsa is not None:
    _WHOLE["ML_DSA_44"] = mldsa.MLDSA44PrivateKey
    _WHOLE["ML_DSA_65"] = mldsa.MLDSA65PrivateKey
    _WHOLE["ML_DSA_87"] = mldsa.MLDSA87PrivateKey
_HASHES: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "1": hashes.SHA1,
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}


def generate(spec: str) -> bytes:
    """New key material: random bytes, or a private key in PKCS#8's DER. RSA takes up to seconds."""
    if spec in _LENGTHS:
        return ids.data(_LENGTHS[spec])
    private: Any
    if spec in _WHOLE:
        private = _WHOLE[spec].generate()
    elif spec in _CURVES:
        private = ec.generate_private_key(_CURVES[spec]())
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=int(spec.removeprefix("RSA_")))
    return private_bytes(private)


def length_of(spec: str) -> int | None:
    """How many bytes a key of this spec has, None where it is a private key."""
    return _LENGTHS.get(spec)


def is_made(spec: str) -> bool:
    """Whether keys of this spec can be made here."""
    return spec in _LENGTHS or spec in _CURVES or spec in _WHOLE or spec.startswith("RSA_")


def is_of(spec: str, private: Any) -> bool:
    """Whether a private key is of this spec."""
    if isinstance(private, rsa.RSAPrivateKey):
        return spec == f"RSA_{private.key_size}"
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return spec in _CURVES and private.curve.name == _CURVES[spec]().name
    return spec in _WHOLE and isinstance(private, _WHOLE[spec])


def private_bytes(private: Any) -> bytes:
    """A private key in PKCS#8's DER."""
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def private_key(der: bytes) -> Any:
    """The private key in a DER that was made here."""
    return serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)


def public_bytes(private: Any) -> bytes:
    """The public half of a private key, as SubjectPublicKeyInfo in DER."""
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def cipher(secret: bytes) -> AESGCM:
    """The cipher of a symmetric key."""
    return AESGCM(secret)


def raw(secret: bytes) -> bytes:
    """An HMAC key is its own bytes."""
    return secret


# ---- Signatures ------------------------------------------------------------------------------------------------------


MU = 64  # bytes of what ML-DSA signs in a message's place


def digest_length(algorithm: str) -> int:
    """How many bytes a digest for a signing algorithm has."""
    return _HASHES[algorithm.rpartition("_")[2]].digest_size


def _scheme(algorithm: str, kind: str) -> tuple[Any, ...]:
    chosen = _HASHES[algorithm.rpartition("_")[2]]()
    how = Prehashed(chosen) if kind == "DIGEST" else chosen
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(how),)
    if "_PSS_" in algorithm:
        return padding.PSS(padding.MGF1(chosen), chosen.digest_size), how
    return padding.PKCS1v15(), how


def _signs_whole(algorithm: str) -> bool:
    return algorithm.startswith(("ED25519_", "ML_DSA_"))


def sign(private: Any, algorithm: str, message: bytes, kind: str) -> bytes:
    """The signature of a message, of its digest or of its mu: `kind` is KMS's MessageType."""
    if kind == "EXTERNAL_MU":
        return private.sign_mu(message)
    return private.sign(message) if _signs_whole(algorithm) else private.sign(message, *_scheme(algorithm, kind))


def verified(private: Any, algorithm: str, message: bytes, kind: str, signature: bytes) -> bool:
    """Whether a signature is that of the message, of its digest or of its mu."""
    public = private.public_key()
    try:
        if kind == "EXTERNAL_MU":
            public.verify_mu(signature, message)
        else:
            public.verify(signature, message, *(() if _signs_whole(algorithm) else _scheme(algorithm, kind)))
    except (InvalidSignature, ValueError):
        return False
    return True


# ---- RSA encryption --------------------------------------------------------------------------------------------------


def _oaep(algorithm: str) -> padding.OAEP:
    chosen = _HASHES[algorithm.rpartition("_")[2]]
    return padding.OAEP(padding.MGF1(chosen()), chosen(), None)


def longest_plaintext(private: Any, algorithm: str) -> int:
    """How many bytes a key can encrypt by an algorithm."""
    return private.key_size // 8 - 2 * _HASHES[algorithm.rpartition("_")[2]].digest_size - 2


def rsa_encrypt(private: Any, algorithm: str, plaintext: bytes) -> bytes:
    """The plaintext, encrypted for the holder of the private key."""
    return private.public_key().encrypt(plaintext, _oaep(algorithm))


def rsa_decrypt(private: Any, algorithm: str, ciphertext: bytes) -> bytes | None:
    """The plaintext of a ciphertext, None when it is none of this key's."""
    try:
        return private.decrypt(ciphertext, _oaep(algorithm))
    except ValueError:
        return None


# ---- MACs and key agreement ------------------------------------------------------------------------------------------


def mac(secret: bytes, algorithm: str, message: bytes) -> bytes:
    """The MAC of a message."""
    return hmac.digest(secret, message, algorithm.replace("HMAC_SHA_", "sha"))


def same(one: bytes, other: bytes) -> bool:
    """Whether two MACs are equal; the time it takes tells nothing."""
    return hmac.compare_digest(one, other)


def shared_secret(private: Any, public: bytes) -> bytes | None:
    """The secret that ECDH derives with a peer's public key (DER), None when that is no key on the same curve."""
    try:
        peer = serialization.load_der_public_key(public)
        if not isinstance(peer, ec.EllipticCurvePublicKey) or peer.curve.name != private.curve.name:
            return None
        return private.exchange(ec.ECDH(), peer)
    except Exception:  # cryptography has many names for a key that is none
        return None
