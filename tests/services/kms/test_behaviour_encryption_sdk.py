"""AWS's own encryption client, which knows nothing of us: envelope encryption under keys of KMS."""

from __future__ import annotations

import aws_encryption_sdk
import pytest
from aws_encryption_sdk import CommitmentPolicy
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from botocore.credentials import Credentials
from botocore.session import Session

CONTEXT = {"purpose": "test", "team": "red"}


@pytest.fixture
def session(cloud, account, monkeypatch):
    """A botocore session of the account's root, whose clients find this cloud."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.url)
    found = Session()
    found.set_config_variable("region", "us-east-1")
    found._credentials = Credentials(account, "test")
    return found


def test_messages_under_one_key_and_two(session, kms, key):
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    arns = [kms.describe_key(KeyId=key())["KeyMetadata"]["Arn"] for _ in range(2)]
    make = aws_encryption_sdk.StrictAwsKmsMasterKeyProvider
    both, first, second = (make(key_ids=ids, botocore_session=session) for ids in (arns, arns[:1], arns[1:]))
    plaintext = b"a message that is longer than one frame of 4096 bytes" * 100
    sealed, header = client.encrypt(source=plaintext, key_provider=both, encryption_context=CONTEXT)
    assert len(header.encrypted_data_keys) == 2 and plaintext not in sealed
    for provider in (first, second):
        opened, header = client.decrypt(source=sealed, key_provider=provider)
        assert opened == plaintext and header.encryption_context.items() >= CONTEXT.items()
    other = make(key_ids=[kms.describe_key(KeyId=key())["KeyMetadata"]["Arn"]], botocore_session=session)
    with pytest.raises(AWSEncryptionSDKClientError):
        client.decrypt(source=sealed, key_provider=other)
    kms.disable_key(KeyId=arns[0])
    with pytest.raises(AWSEncryptionSDKClientError):
        client.decrypt(source=sealed, key_provider=first)
    assert client.decrypt(source=sealed, key_provider=second)[0] == plaintext
