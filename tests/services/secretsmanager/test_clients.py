"""The libraries by which programs read secrets: AWS's own cache, and Powertools' parameters."""

from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from aws_secretsmanager_caching import InjectKeywordedSecretString, SecretCache, SecretCacheConfig


def test_awss_cache(secrets):
    secrets.create_secret(Name="app", SecretString='{"user": "me", "password": "one"}')
    cache = SecretCache(SecretCacheConfig(secret_refresh_interval=0), client=secrets)

    @InjectKeywordedSecretString(secret_id="app", cache=cache, user="user", password="password")
    def read(user, password):
        return user, password

    assert read() == ("me", "one")
    secrets.put_secret_value(SecretId="app", SecretString='{"user": "me", "password": "two"}')
    cache.refresh_secret_now("app")
    assert read() == ("me", "two")
    assert cache.get_secret_string("app", version_stage="AWSPREVIOUS") == '{"user": "me", "password": "one"}'
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        cache.get_secret_string("nothing")


def test_powertools(client, secrets):
    ssm = client("ssm")
    store = parameters.SecretsProvider(boto3_client=secrets)
    made = store.set("app", {"key": "value"}, client_request_token="t" * 32)
    assert made["VersionId"] == "t" * 32 and store.get("app", transform="json") == {"key": "value"}
    store.set("app", "other")
    assert store.get("app", force_fetch=True) == "other"
    with pytest.raises(GetParameterError):
        store.get("nothing")
    provider = parameters.SSMProvider(boto3_client=ssm)
    provider.set("/app/one", "1", parameter_type="SecureString")
    provider.set("/app/two", "2")
    assert provider.get_multiple("/app", decrypt=True) == {"one": "1", "two": "2"}
    wanted = {"/app/one": {"decrypt": True}, "/app/two": {}, "/app/no": {}}
    found = provider.get_parameters_by_name(wanted, raise_on_error=False)
    assert found == {"/app/one": "1", "/app/two": "2", "_errors": ["/app/no"]}
    assert provider.get("/aws/reference/secretsmanager/app", decrypt=True) == "other"
