"""What keys do, seen by cryptography that is not ours, and by hypothesis."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudarium.services.kms.rules import ciphertexts, grants
from tests.services.kms.conftest import refused

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
CONTEXT = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)


@pytest.fixture(scope="module")
def shared(cloud):
    """A client and a key for many examples."""
    kms = cloud.client("kms", key="640000000001", parameter_validation=False)
    return kms, kms.create_key()["KeyMetadata"]["KeyId"]


@QUICK
@given(plaintext=st.binary(min_size=1, max_size=4096), context=CONTEXT)
def test_what_is_encrypted_is_decrypted(shared, plaintext, context):
    kms, id = shared
    blob = kms.encrypt(KeyId=id, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
    assert len(plaintext) < 8 or plaintext not in blob[25:]  # behind the head, which is known
    turned = dict(reversed(context.items()))  # the order of pairs says nothing
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=turned)["Plaintext"] == plaintext


@QUICK
@given(data=st.data(), context=CONTEXT)
def test_a_flipped_bit_is_refused(shared, data, context):
    kms, id = shared
    blob = kms.encrypt(KeyId=id, Plaintext=b"plain", EncryptionContext=context)["CiphertextBlob"]
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    spoilt = bytes(byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(blob))
    where = "AccessDeniedException" if 5 <= bit // 8 < 21 else "InvalidCiphertextException"  # the key's id
    refused(where, kms.decrypt, CiphertextBlob=spoilt, EncryptionContext=context)
    cut = blob[: data.draw(st.integers(1, len(blob) - 1))]
    refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=cut, EncryptionContext=context)


@QUICK
@given(one=CONTEXT, other=CONTEXT)
def test_another_context_is_refused(shared, one, other):
    kms, id = shared
    blob = kms.encrypt(KeyId=id, Plaintext=b"plain", EncryptionContext=one)["CiphertextBlob"]
    if one == other:
        assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=other)["Plaintext"] == b"plain"
    else:
        refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob, EncryptionContext=other)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_ciphertext_or_none(blob):
    parsed = ciphertexts.parse(blob)
    assert parsed is None or parsed.head + parsed.nonce + parsed.sealed == blob


@given(CONTEXT, CONTEXT)
def test_constraints_of_grants(constraint, context):
    subset = all(context.get(key) == value for key, value in constraint.items())
    assert grants.within({"EncryptionContextSubset": constraint}, context) is subset
    assert grants.within({"EncryptionContextEquals": constraint}, context) is (not constraint or context == constraint)


def test_two_ciphertexts_of_the_same_differ(kms, key):
    id = key()
    assert len({kms.encrypt(KeyId=id, Plaintext=b"x")["CiphertextBlob"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("RSA_2048", "RSASSA_PSS_SHA_256"),
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512"),
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_P521", "ECDSA_SHA_512"),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ],
)
@pytest.mark.parametrize("kind", ["RAW", "DIGEST"])
def test_signatures_verify_outside(kms, key, spec, algorithm, kind):
    id = key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    chosen = {"256": hashes.SHA256(), "512": hashes.SHA512()}[algorithm[-3:]]
    digest = hashlib.new(f"sha{algorithm[-3:]}", b"message").digest()
    message = digest if kind == "DIGEST" else b"message"
    signature = kms.sign(KeyId=id, Message=message, MessageType=kind, SigningAlgorithm=algorithm)["Signature"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=id)["PublicKey"])
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(signature, digest, ec.ECDSA(Prehashed(chosen)))
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        scheme = padding.PSS(padding.MGF1(chosen), chosen.digest_size) if "_PSS_" in algorithm else padding.PKCS1v15()
        public.verify(signature, b"message", scheme, chosen)


def test_edwards_curves_sign_whole_messages(kms, key):
    id = key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    shown = kms.describe_key(KeyId=id)["KeyMetadata"]
    assert shown["SigningAlgorithms"] == ["ED25519_SHA_512", "ED25519_PH_SHA_512"]
    assert "CustomerMasterKeySpec" not in shown
    how = {"KeyId": id, "SigningAlgorithm": "ED25519_SHA_512"}
    signature = kms.sign(**how, Message=b"message")["Signature"]
    serialization.load_der_public_key(kms.get_public_key(KeyId=id)["PublicKey"]).verify(signature, b"message")
    assert kms.verify(**how, Message=b"message", Signature=signature)["SignatureValid"]
    refused("KMSInvalidSignatureException", kms.verify, **how, Message=b"other", Signature=signature)
    refused("ValidationException", kms.sign, **how, Message=b"d" * 64, MessageType="DIGEST")
    hashed = {**how, "SigningAlgorithm": "ED25519_PH_SHA_512"}
    refused("NotImplemented", kms.sign, **hashed, Message=b"d" * 64, MessageType="DIGEST")


@pytest.mark.parametrize("spec", ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"])
def test_signatures_that_outlast_quantum_computers(kms, key, spec):
    mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa")
    id = key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    how = {"KeyId": id, "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=id)["PublicKey"])
    signature = kms.sign(**how, Message=b"message")["Signature"]
    public.verify(signature, b"message")
    hasher = mldsa.MLDSAMuHasher(public)
    hasher.update(b"message")
    mu = {"Message": hasher.finalize(), "MessageType": "EXTERNAL_MU"}
    assert kms.verify(**how, **mu, Signature=signature)["SignatureValid"]
    public.verify(kms.sign(**how, **mu)["Signature"], b"message")
    refused("KMSInvalidSignatureException", kms.verify, **how, Message=b"other", Signature=signature)
    refused("ValidationException", kms.sign, **how, Message=b"short", MessageType="EXTERNAL_MU")
    refused("ValidationException", kms.sign, **how, Message=b"d" * 64, MessageType="DIGEST")


def test_rsa_ciphertexts_come_from_outside(kms, key):
    id = key(KeySpec="RSA_3072", KeyUsage="ENCRYPT_DECRYPT")
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=id)["PublicKey"])
    blob = public.encrypt(b"hello", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    how = {"KeyId": id, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    assert kms.decrypt(**how, CiphertextBlob=blob)["Plaintext"] == b"hello"
    moved = kms.re_encrypt(
        CiphertextBlob=blob, SourceKeyId=id, SourceEncryptionAlgorithm="RSAES_OAEP_SHA_256", DestinationKeyId=key()
    )
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"hello"


def test_data_keys(kms, key):
    id = key()
    made = kms.generate_data_key(KeyId=id, KeySpec="AES_256", EncryptionContext={"a": "b"})
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert len(made["Plaintext"]) == 32 and opened["Plaintext"] == made["Plaintext"]
    refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=made["CiphertextBlob"])
    hidden = kms.generate_data_key_without_plaintext(KeyId=id, NumberOfBytes=7)
    assert "Plaintext" not in hidden
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 7


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P384"])
def test_data_key_pairs(kms, key, spec):
    made = kms.generate_data_key_pair(KeyId=key(), KeyPairSpec=spec)
    private = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert public == made["PublicKey"] and made["KeyPairSpec"] == spec
    assert kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])["Plaintext"] == made["PrivateKeyPlaintext"]


def test_re_encrypting_changes_key_and_context(kms, key):
    one, two = key(), key()
    blob = kms.encrypt(KeyId=one, Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=two,
        DestinationEncryptionContext={"b": "2"},
    )
    assert moved["SourceKeyId"].endswith(one) and moved["KeyId"].endswith(two)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"b": "2"})
    assert opened["Plaintext"] == b"x" and opened["KeyMaterialId"] == moved["DestinationKeyMaterialId"]
    refused("InvalidCiphertextException", kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=two)


def test_both_sides_derive_the_same_secret(kms, key):
    id = key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    peer = ec.generate_private_key(ec.SECP256R1())
    own = serialization.load_der_public_key(kms.get_public_key(KeyId=id)["PublicKey"])

    def derive(private):
        public = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {"KeyId": id, "KeyAgreementAlgorithm": "ECDH", "PublicKey": public}

    assert kms.derive_shared_secret(**derive(peer))["SharedSecret"] == peer.exchange(ec.ECDH(), own)
    refused("ValidationException", kms.derive_shared_secret, **derive(ec.generate_private_key(ec.SECP384R1())))
    refused("ValidationException", kms.derive_shared_secret, **{**derive(peer), "PublicKey": b"none"})


def test_a_mac_is_hmac(kms, key):
    id = key(Origin="EXTERNAL", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    from tests.services.kms.test_behaviour_keys import STAYS, wrapped

    kms.import_key_material(**wrapped(kms, id, b"k" * 32), **STAYS)
    mac = kms.generate_mac(KeyId=id, Message=b"m", MacAlgorithm="HMAC_SHA_256")["Mac"]
    assert mac == hmac.digest(b"k" * 32, b"m", "sha256")
