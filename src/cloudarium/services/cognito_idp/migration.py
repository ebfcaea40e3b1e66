"""Users who come from elsewhere: the pool's UserMigration function knows them, and from then on the pool does."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, newcomers, people, triggers
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes

_ANSWERED = ("userAttributes", "forceAliasCreation", "finalUserStatus", "messageAction", "desiredDeliveryMediums")


async def migrate(call: Call, pool: Pool, client: Client, name: str, password: str | None) -> User | None:
    """The user that the function knows by this name, and password if one is given; None when it knows none."""
    source = f"UserMigration_{'Authentication' if password is not None else 'ForgotPassword'}"
    request = {"validationData": None, "userAttributes": None, **triggers.metadata(call)}
    if password is not None:
        request |= {"password": password, "validationData": call.input.get("ClientMetadata")}
    response = dict.fromkeys(_ANSWERED)
    try:
        said = await triggers.run(call, pool, "UserMigration", source, name, client.id, request, response)
    except errors.LambdaFailed as failed:
        if failed.code == "UserLambdaValidationException":  # the function's way to say that there is no such user
            return None
        raise
    given = said.get("userAttributes")
    if not isinstance(given, dict) or not given:
        return None
    found = {str(key): str(value) for key, value in given.items() if key not in ("username", "sub")}
    attributes.check(pool.data, found)
    username, full = newcomers.named(pool, name, found)
    verifier = await people.verifier_of(pool, username, password) if password is not None else None
    status = "CONFIRMED" if said.get("finalUserStatus") == "CONFIRMED" else "RESET_REQUIRED"
    user = newcomers.made(call, pool, username, full, status, {"password": verifier})
    force = said.get("forceAliasCreation") is True
    with call.transaction():
        newcomers.check_free(call, pool, user, force)
        return people.save(call, pool, user, force=force)
