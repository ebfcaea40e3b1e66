"""Without a request: functions that send messages themselves get them, with the secret encrypted."""

from __future__ import annotations

import logging
from typing import Any

import orjson

from cloudarium.gateway.background import Event, delivery
from cloudarium.services.cognito_idp import envelope, imports, triggers, undelivered
from cloudarium.services.cognito_idp.records import pools
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]
log = logging.getLogger("cloudarium")


@delivery("CustomSender")
async def custom_sender(event: Event) -> None:
    """Hand {pool, event, secret} to the pool's sender function; what fails for good is dropped, as on AWS."""
    pool = pools.find(event.store, event.payload["pool"])
    if pool is None:
        return
    told: Data = event.payload["event"]
    sender = pool.data["LambdaConfig"].get(told["triggerSource"].partition("_")[0])
    if not sender:
        return
    try:
        code = await envelope.sealed(event.payload["secret"], {"userpool-id": pool.id}, _keys(event, pool))
        told["request"]["code"] = code
        await triggers.handed_over(event, pool, sender["LambdaArn"], orjson.dumps(told))
    except AwsError as error:
        if (error.status or 400) >= 500 and error.code != "NotImplemented":
            raise
        log.info("cognito-idp: %s of %s was not told: %s", told["triggerSource"], pool.id, error.code)
        await undelivered.note(event, pool, f"{told['triggerSource']}: {error.message or error.code}")


def _keys(event: Event, pool: Pool) -> envelope.DataKeys:
    async def ask(context: dict[str, str]) -> tuple[bytes, bytes, str]:
        key = pool.data["LambdaConfig"]["KMSKeyID"]
        given = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}
        behalf = triggers.behalf_of(pool)
        answer = await event.send("kms", "GenerateDataKey", given, as_=triggers.COGNITO, context=behalf)
        return answer["Plaintext"], answer["CiphertextBlob"], answer["KeyId"]

    return ask


@delivery("Import")
async def import_users(event: Event) -> None:
    """Go on with the job {pool, job}."""
    found = imports.pool_and_job(event, event.payload["pool"], event.payload["job"])
    if found is not None:
        await imports.go_on(event, *found)
