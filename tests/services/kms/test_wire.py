"""What KMS refuses, in which words, and the forms of its answers: as AWS's recorded answers have them.

Source: LocalStack's tests/aws/services/kms/test_kms.snapshot.json, recorded against AWS.
"""

from __future__ import annotations

import hashlib

import pytest

from tests.services.kms.conftest import refused

GHOST = "134f2428-cec1-4b25-a1ae-9048164dba47"


def test_a_new_key(kms, account):
    made = kms.create_key(Description="test key 123")["KeyMetadata"]
    assert made.pop("CreationDate") and len(made.pop("CurrentKeyMaterialId")) == 64
    id = made["KeyId"]
    assert made == {
        "AWSAccountId": account,
        "Arn": f"arn:aws:kms:us-east-1:{account}:key/{id}",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "Description": "test key 123",
        "Enabled": True,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "KeyId": id,
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": False,
        "Origin": "AWS_KMS",
    }


def test_a_new_hmac_key(kms):
    made = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    assert made["MacAlgorithms"] == ["HMAC_SHA_256"] and made["CustomerMasterKeySpec"] == "HMAC_256"
    assert "EncryptionAlgorithms" not in made and "CurrentKeyMaterialId" not in made


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"KeySpec": "HMAC_256"}, "You must specify a KeyUsage value for all KMS keys except for symmetric encryption"),
        ({"KeySpec": "HMAC_random", "KeyUsage": "GENERATE_VERIFY_MAC"}, "at 'keySpec' failed to satisfy constraint"),
        ({"KeySpec": "HMAC_256", "KeyUsage": "RANDOM"}, "Value 'RANDOM' at 'keyUsage' failed to satisfy constraint"),
        ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "ENCRYPT_DECRYPT"}, "KeyUsage ENCRYPT_DECRYPT is not compatible"),
        ({"KeyUsage": "SIGN_VERIFY"}, "KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT"),
        ({"KeySpec": "RSA_2048", "CustomerMasterKeySpec": "RSA_2048"}, "CustomerMasterKeySpec is deprecated"),
    ],
)
def test_keys_that_cannot_be(kms, given, words):
    assert words in refused("ValidationException", kms.create_key, **given)
    assert kms.list_keys()["Keys"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"MultiRegion": True},
        {"Origin": "AWS_CLOUDHSM"},
        {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "x"},
        {"CustomKeyStoreId": "cks-1"},
        {"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"},
    ],
)
def test_keys_that_are_not_built(kms, given):
    assert "CreateKey" in refused("NotImplemented", kms.create_key, **given)
    assert kms.list_keys()["Keys"] == []


def test_operations_that_are_not_built(kms):
    assert "ReplicateKey" in refused("NotImplemented", kms.replicate_key, KeyId=GHOST, ReplicaRegion="eu-west-1")
    assert "CreateCustomKeyStore" in refused("NotImplemented", kms.create_custom_key_store, CustomKeyStoreName="x")


def test_keys_that_are_not_there(kms, account):
    arn = f"arn:aws:kms:us-east-1:{account}:key/{GHOST}"
    mrk = "mrk-d3b95762d3b95762d3b95762d3b95762"
    for id, says in (
        (GHOST, f"Key '{arn}' does not exist"),
        (arn, f"Key '{arn}' does not exist"),
        (mrk, f"Key 'arn:aws:kms:us-east-1:{account}:key/{mrk}' does not exist"),
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        ("134f2428cec14b25a1ae9048164dba47", "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"),
        ("mrk-fake-key-id", "Invalid keyId 'mrk-fake-key-id'"),
        ("alias/none", f"Alias arn:aws:kms:us-east-1:{account}:alias/none is not found."),
        (f"arn:aws:kms:ap-southeast-1:{account}:key/{GHOST}", "Invalid arn ap-southeast-1"),
        ("key/" + GHOST, f"Invalid keyId 'key/{GHOST}'"),
    ):
        assert refused("NotFoundException", kms.describe_key, KeyId=id) == says
    refused("InvalidArnException", kms.describe_key, KeyId=f"arn:aws:iam::{account}:root")


def test_calls_that_take_no_alias(kms, key):
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key())
    for call in (kms.disable_key, kms.enable_key, kms.schedule_key_deletion, kms.get_key_policy, kms.list_grants):
        assert refused("NotFoundException", call, KeyId="alias/mine") == "Invalid keyId 'alias/mine'"
    grant = {"GranteePrincipal": "111122223333", "Operations": ["Encrypt"]}
    refused("NotFoundException", kms.create_grant, KeyId="alias/mine", **grant)


def test_what_a_key_is_not_for(kms, key, account):
    plain, mac = key(), key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    ecc = key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    arn = f"arn:aws:kms:us-east-1:{account}:key/"
    unfit = "InvalidKeyUsageException"
    message = {"Message": b"m"}
    says = refused(unfit, kms.generate_mac, KeyId=plain, MacAlgorithm="HMAC_SHA_256", **message)
    assert says == f"{arn}{plain} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac."
    says = refused(unfit, kms.sign, KeyId=mac, SigningAlgorithm="ECDSA_SHA_256", **message)
    assert says == f"{arn}{mac} key usage is GENERATE_VERIFY_MAC which is not valid for Sign."
    given = {"SigningAlgorithm": "ECDSA_SHA_256", "Signature": b"s", **message}
    assert "not valid for Verify." in refused(unfit, kms.verify, KeyId=plain, **given)
    assert "not valid for Encrypt." in refused(unfit, kms.encrypt, KeyId=ecc, Plaintext=b"x")
    blob = kms.encrypt(KeyId=plain, Plaintext=b"x")["CiphertextBlob"]
    says = refused("IncorrectKeyException", kms.decrypt, KeyId=mac, CiphertextBlob=blob)
    assert says == "The key ID in the request does not identify a CMK that can perform this operation."
    says = refused(unfit, kms.generate_mac, KeyId=mac, MacAlgorithm="HMAC_SHA_512", **message)
    assert says == "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256."
    says = refused(unfit, kms.sign, KeyId=ecc, SigningAlgorithm="ECDSA_SHA_384", **message)
    assert says == "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256."


def test_random_bytes(kms):
    assert len(kms.generate_random(NumberOfBytes=91)["Plaintext"]) == 91
    assert refused("ValidationException", kms.generate_random) == "NumberOfBytes is required."
    too_many = "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: "
    says = refused("ValidationException", kms.generate_random, NumberOfBytes=1025)
    assert says == f"{too_many}Member must have value less than or equal to 1024"


@pytest.mark.parametrize(("algorithm", "most"), [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)])
def test_the_longest_plaintext_of_rsa(kms, key, algorithm, most):
    id = key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    asked = {"KeyId": id, "EncryptionAlgorithm": algorithm}
    says = refused("ValidationException", kms.encrypt, **asked, Plaintext=b"x" * (most + 1))
    assert says == f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {most} bytes."
    blob = kms.encrypt(**asked, Plaintext=b"x" * most)["CiphertextBlob"]
    assert kms.decrypt(**asked, CiphertextBlob=blob)["Plaintext"] == b"x" * most
    refused("InvalidKeyUsageException", kms.encrypt, KeyId=id, Plaintext=b"x")
    refused("ValidationException", kms.encrypt, **asked, Plaintext=b"x", EncryptionContext={"a": "b"})
    refused("InvalidCiphertextException", kms.decrypt, **asked, CiphertextBlob=b"x" * 256)


def test_the_longest_plaintext(kms, key):
    says = refused("ValidationException", kms.encrypt, KeyId=key(), Plaintext=b"x" * 4097)
    assert "at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096" in says


def test_digests_and_signatures(kms, key):
    id = key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")
    how = {"KeyId": id, "SigningAlgorithm": "ECDSA_SHA_384"}
    says = refused("ValidationException", kms.sign, **how, Message=b"short", MessageType="DIGEST")
    assert says == "Digest is invalid length for algorithm ECDSA_SHA_384."
    signature = kms.sign(**how, Message=b"message")["Signature"]
    digest = hashlib.sha384(b"message").digest()
    answer = kms.verify(**how, Message=digest, MessageType="DIGEST", Signature=signature)
    assert answer["SignatureValid"] is True and answer["SigningAlgorithm"] == "ECDSA_SHA_384"
    assert refused("KMSInvalidSignatureException", kms.verify, **how, Message=b"other", Signature=signature) == ""
    assert refused("KMSInvalidSignatureException", kms.verify, **how, Message=b"message", Signature=b"bad") == ""
    refused("ValidationException", kms.sign, **how, Message=b"m", MessageType="EXTERNAL_MU")


@pytest.mark.parametrize("size", ["224", "256", "384", "512"])
def test_macs(kms, key, size):
    how = {"KeyId": key(KeySpec=f"HMAC_{size}", KeyUsage="GENERATE_VERIFY_MAC"), "MacAlgorithm": f"HMAC_SHA_{size}"}
    mac = kms.generate_mac(**how, Message=b"m")["Mac"]
    assert len(mac) == int(size) // 8
    assert kms.verify_mac(**how, Message=b"m", Mac=mac)["MacValid"] is True
    assert refused("KMSInvalidMacException", kms.verify_mac, **how, Message=b"other", Mac=mac) == ""


def test_names_of_aliases(kms, key, account):
    id = key()
    wrong = "ValidationException"
    says = refused(wrong, kms.create_alias, AliasName="mine", TargetKeyId=id)
    assert says.startswith('Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/')
    refused(wrong, kms.create_alias, AliasName="alias/", TargetKeyId=id)
    refused(wrong, kms.create_alias, AliasName="alias/a:b", TargetKeyId=id)
    refused(wrong, kms.create_alias, AliasName="alias/a b", TargetKeyId=id)
    refused("NotAuthorizedException", kms.create_alias, AliasName="alias/aws/mine", TargetKeyId=id)
    refused("NotAuthorizedException", kms.delete_alias, AliasName="alias/aws/s3")
    kms.create_alias(AliasName="alias/one", TargetKeyId=id)
    says = refused("AlreadyExistsException", kms.create_alias, AliasName="alias/one", TargetKeyId=id)
    assert says == f"An alias with the name arn:aws:kms:us-east-1:{account}:alias/one already exists"
    assert refused(wrong, kms.create_alias, AliasName="alias/two", TargetKeyId="alias/one").startswith("Aliases must")
    refused("NotFoundException", kms.update_alias, AliasName="alias/three", TargetKeyId=id)
    mac = key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    refused(wrong, kms.update_alias, AliasName="alias/one", TargetKeyId=mac)


def test_data_keys_need_one_size(kms, key):
    id = key()
    says = "Please specify either number of bytes or key spec."
    assert refused("ValidationException", kms.generate_data_key, KeyId=id) == says
    both = {"NumberOfBytes": 8, "KeySpec": "AES_256"}
    assert refused("ValidationException", kms.generate_data_key_without_plaintext, KeyId=id, **both) == says
    refused("ValidationException", kms.generate_data_key, KeyId=id, NumberOfBytes=1025)
    refused("NotImplemented", kms.generate_data_key_pair, KeyId=id, KeyPairSpec="SM2")
    refused(
        "NotImplemented", kms.generate_data_key, KeyId=id, KeySpec="AES_256", Recipient={"AttestationDocument": b"x"}
    )


def test_markers_limits_and_tags(kms, key):
    for marker in ("x", "bnVsbA", "MTI", "e30"):
        refused("InvalidMarkerException", kms.list_keys, Marker=marker)
        refused("InvalidMarkerException", kms.list_key_rotations, KeyId=key(), Marker=marker)
    refused("ValidationException", kms.list_aliases, Limit=101)
    refused("ValidationException", kms.list_keys, Limit=1001)
    for tags in (
        [{"TagKey": "aws:a", "TagValue": "x"}],
        [{"TagKey": "a", "TagValue": "x"}, {"TagKey": "a", "TagValue": "y"}],
    ):
        refused("TagException", kms.create_key, Tags=tags)
        refused("TagException", kms.tag_resource, KeyId=key(), Tags=tags)


def test_a_dry_run_does_nothing(kms, key):
    id = key()
    words = "The request would have succeeded, but the DryRun option is set."
    assert refused("DryRunOperationException", kms.encrypt, KeyId=id, Plaintext=b"x", DryRun=True) == words
    grant = {"KeyId": id, "GranteePrincipal": "arn:aws:iam::111122223333:root", "Operations": ["Encrypt"]}
    refused("DryRunOperationException", kms.create_grant, **grant, DryRun=True)
    assert kms.list_grants(KeyId=id)["Grants"] == []
    kms.disable_key(KeyId=id)
    refused("DisabledException", kms.encrypt, KeyId=id, Plaintext=b"x", DryRun=True)


def test_grants_that_cannot_be(kms, key, account):
    id = key()
    good = {"KeyId": id, "GranteePrincipal": f"arn:aws:iam::{account}:root", "Operations": ["Encrypt"]}
    refused("ValidationException", kms.create_grant, **{**good, "Operations": ["Sign"]})
    refused("ValidationException", kms.create_grant, **{**good, "Operations": ["All"]})
    refused("ValidationException", kms.create_grant, **{**good, "Operations": []})
    refused("InvalidArnException", kms.create_grant, **{**good, "GranteePrincipal": "somebody"})
    refused("InvalidArnException", kms.create_grant, **{**good, "GranteePrincipal": f"arn:aws:iam::{account}:user/x"})
    refused("ValidationException", kms.create_grant, KeyId=id, Operations=["Encrypt"])
    refused("InvalidGrantTokenException", kms.encrypt, KeyId=id, Plaintext=b"x", GrantTokens=["x"])
    refused("InvalidGrantTokenException", kms.retire_grant, GrantToken="x")
    refused("ValidationException", kms.retire_grant, KeyId=id)
    refused("NotFoundException", kms.revoke_grant, KeyId=id, GrantId="0" * 64)


def test_rotation_is_for_symmetric_keys_of_kms(kms, key):
    ecc = key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    for call in (kms.enable_key_rotation, kms.rotate_key_on_demand, kms.get_key_rotation_status):
        refused("UnsupportedOperationException", call, KeyId=ecc)
    refused("UnsupportedOperationException", kms.enable_key_rotation, KeyId=key(Origin="EXTERNAL"))
    refused("ValidationException", kms.enable_key_rotation, KeyId=key(), RotationPeriodInDays=89)
    refused("UnsupportedOperationException", kms.get_public_key, KeyId=key())
