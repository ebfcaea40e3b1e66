"""Users who come from elsewhere: the pool's UserMigration function knows them, and from then on the pool does."""

from __future__ import annotations

import logging

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, invitations, newcomers, people, triggers
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import attributes, passwords
from cloudarium.services.cognito_idp.signin import factors
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")

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
    if said.get("enableSMSMFA") is True:
        user = factors.changed(user, {"SMSMfaSettings": {"Enabled": True, "PreferredMfa": True}})
    force = said.get("forceAliasCreation") is True
    with call.transaction():
        newcomers.check_free(call, pool, user, force)
        user = people.save(call, pool, user, force=force)
    if said.get("messageAction") != "SUPPRESS":
        await _welcome(call, pool, user, said.get("desiredDeliveryMediums"))
    return user


async def _welcome(call: Call, pool: Pool, user: User, asked: object) -> None:
    """Send the invitation, with a password as invitations have one; who signs in does not wait for its delivery."""
    wanted = [each for each in asked if each in ("SMS", "EMAIL")] if isinstance(asked, list) else []
    wanted = wanted or ["SMS"]  # the default, and no mail in its place: Developer Guide, "Migrate user Lambda trigger"
    if not invitations.calls(pool):
        wanted = [each for each in wanted if each != "SMS"]
    if not wanted:
        return
    to = invitations.media(pool, user, wanted)
    try:
        await invitations.send(call, pool, user, passwords.temporary(pool.data["Policies"]["PasswordPolicy"]), to)
    except AwsError as error:
        log.info("the invitation of a user who came from elsewhere was not sent: %s", error.code)
