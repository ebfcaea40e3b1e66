"""How other rooms use keys: as whoever calls them, and by AWS's own keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.shared.errors import AccessDenied

USER = Principal.user("111122223333", "someone")
VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


def with_cloud(folder: Path, test: Callable[[Callable[..., Awaitable[dict[str, Any]]]], Awaitable[None]]) -> None:
    async def run() -> None:
        cloud = Cloud(folder)
        await cloud.start()
        try:

            async def send(operation: str, who: Principal, context: dict[str, Any], **given: Any) -> dict[str, Any]:
                parent = Call(cloud, None)
                scope = cloud.home._replace(account=who.account)
                return await parent.send("kms", operation, given, as_=who, context=context, scope=scope)

            await test(send)
        finally:
            await cloud.stop()

    asyncio.run(run())


def test_a_managed_key_is_made_by_its_first_use(tmp_path):
    async def test(send):
        asked = {"KeyId": "alias/aws/s3", "KeySpec": "AES_256", "EncryptionContext": {"aws:s3:arn": "arn:aws:s3:::b"}}
        made = await send("GenerateDataKey", USER, VIA, **asked)
        [key] = (await send("ListKeys", Principal.root(USER.account), {}))["Keys"]
        assert made["KeyId"] == key["KeyArn"]
        blob = {"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": asked["EncryptionContext"]}
        opened = await send("Decrypt", USER, VIA, **blob)
        assert opened["Plaintext"] == made["Plaintext"]
        other = {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}
        foreign = Principal.user("999999999999", "someone")
        for who, context in ((USER, other), (USER, {}), (foreign, VIA)):
            with pytest.raises(AccessDenied):
                await send("Decrypt", who, context, **blob)

    with_cloud(tmp_path, test)


def test_a_key_policy_may_want_the_service(tmp_path):
    async def test(send):
        root = Principal.root(USER.account)
        policy = (
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"},'
            ' "Action": "kms:*", "Resource": "*"}, {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt",'
            ' "Resource": "*", "Condition": {"StringNotEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}]}'
        )
        key = (await send("CreateKey", root, {}, Policy=policy))["KeyMetadata"]["KeyId"]
        with pytest.raises(AccessDenied):
            await send("Encrypt", root, {}, KeyId=key, Plaintext=b"x")
        await send("Encrypt", root, VIA, KeyId=key, Plaintext=b"x")
        service = Principal.service("logs.us-east-1.amazonaws.com", USER.account)
        with pytest.raises(AccessDenied):
            await send("Decrypt", service, {}, KeyId=key, CiphertextBlob=b"x")
        await send(
            "CreateGrant", root, VIA, KeyId=key, GranteeServicePrincipal=service.name, Operations=["GenerateDataKey"]
        )
        made = await send("GenerateDataKey", service, {}, KeyId=key, KeySpec="AES_128")
        assert len(made["Plaintext"]) == 16

    with_cloud(tmp_path, test)
