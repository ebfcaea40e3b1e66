"""Messages to users: by mail, by SMS as the pool's role, or by a function of the pool's own.

What is said is prepared before anything is kept, mail leaves with the transaction that keeps the code, an SMS after it.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from cloudarium.gateway.call import Call
from cloudarium.gateway.rooms import room
from cloudarium.policy.principal import Principal
from cloudarium.services.cognito_idp import errors, mail, triggers, undelivered
from cloudarium.services.cognito_idp.records import oauth
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import messages
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_CUSTOM = {"email": "CustomEmailSender", "phone_number": "CustomSMSSender"}


class Message(NamedTuple):
    """What one user is to be told, and how; the secret comes when it goes out."""

    pool: Pool
    user: User
    source: str
    kind: str
    to: str
    client: str
    custom: Data
    link: str


def check(pool: Pool, kind: str) -> None:
    """Raise for a kind of address to which this pool sends nothing; asked before anything is kept."""
    if kind == "email" or triggers.has(pool, _CUSTOM[kind]):
        return
    if not pool.data.get("SmsConfiguration"):
        raise errors.Invalid("User pool does not have SMS configuration to send messages.")
    if room("sns") is None:
        raise NotBuilt("sns, by which cognito-idp sends messages to telephones (SmsConfiguration)")


async def prepared(
    call: Call, pool: Pool, user: User, source: str, address: tuple[str, str], client: str = ""
) -> Message:
    """A message of a CustomMessage source to an address (kind, value); the pool's function may say it otherwise."""
    kind, value = address
    check(pool, kind)
    link = ""
    if kind == "email" and messages.by_link(pool.data, source) and not triggers.has(pool, _CUSTOM[kind]):
        domain = oauth.domain_of(call.store, pool.id)
        if domain is None:
            said = "The user pool has no domain for the confirmation link."
            raise errors.Unsupported("CodeDeliveryFailureException", said)
        link = f"{call.cloud.door_url('auth', domain.name)}/confirmUser"
    own = triggers.has(pool, _CUSTOM[kind])
    custom = {} if own else await triggers.custom_message(call, pool, user, source, client)
    return Message(pool, user, source, kind, value, client, custom, link)


def leave(call: Call, message: Message, secret: str) -> None:
    """Have a message sent with this secret; it is part of the present transaction. An SMS is sent by `go`."""
    pool, user, source = message.pool, message.user, message.source
    if triggers.has(pool, _CUSTOM[message.kind]):
        event = triggers.sender_event(call, pool, _CUSTOM[message.kind], source, user, message.client)
        call.later("CustomSender", {"pool": pool.id, "event": event, "secret": secret}, service="cognito-idp")
    elif message.kind == "email":
        name = named(pool, user)
        if source.endswith("AdminCreateUser"):
            subject, text = messages.invitation(pool.data, message.custom)
        else:
            subject, text = messages.verification(pool.data, source, message.custom)
        if message.link:
            text = messages.linked(text, _link(message, secret))
        mail.leave(call, pool, message.to, subject, messages.filled(text, secret, name))


def named(pool: Pool, user: User) -> str:
    """What a user signs in by, as invitations name it."""
    kinds = pool.data.get("UsernameAttributes", ())
    return next((user.attributes[kind] for kind in kinds if user.attributes.get(kind)), user.username)


def _link(message: Message, code: str) -> str:
    query = {"client_id": message.client, "user_name": message.user.username, "confirmation_code": code}
    return f"{message.link}?{urlencode(query)}"


async def go(call: Call, message: Message, secret: str) -> None:
    """Send what `leave` could not leave: an SMS, as the role of the pool. Raises when AWS could not deliver it."""
    pool = message.pool
    if message.kind != "phone_number" or triggers.has(pool, _CUSTOM["phone_number"]):
        return
    settings = pool.data["SmsConfiguration"]
    text = messages.filled(messages.sms(pool.data, message.source, message.custom), secret, named(pool, message.user))
    given = {"PhoneNumber": message.to, "Message": text}
    scope = Scope(pool.scope.account, settings.get("SnsRegion") or pool.scope.region)
    try:
        role = await _role(call, pool, settings)
        await call.send("sns", "Publish", given, as_=role, scope=scope)
    except AwsError as error:
        if isinstance(error, NotBuilt):
            raise
        await undelivered.note(call, pool, f"SMS: {error.message or error.code}")
        if isinstance(error, errors.Unsupported):
            raise
        if error.status == 403 or "Authoriz" in error.code or "AccessDenied" in error.code:
            said = "Role does not have permission to publish with SNS"
            raise errors.Unsupported("InvalidSmsRoleAccessPolicyException", said) from error
        raise errors.Unsupported("CodeDeliveryFailureException", error.message or error.code) from error


async def _role(call: Call, pool: Pool, settings: Data) -> Principal:
    """A session of the role by which a pool sends SMS."""
    given = {"RoleArn": settings.get("SnsCallerArn", ""), "RoleSessionName": pool.id.replace("_", "-")}
    if settings.get("ExternalId"):
        given["ExternalId"] = settings["ExternalId"]
    context = triggers.behalf_of(pool)
    try:
        output = await call.send("sts", "AssumeRole", given, as_=triggers.COGNITO, context=context, scope=pool.scope)
    except AwsError as error:
        said = "Role does not have a trust relationship allowing Cognito to assume the role"
        raise errors.Unsupported("InvalidSmsRoleTrustRelationshipException", said) from error
    credential = call.cloud.directory.credential(output["Credentials"]["AccessKeyId"])
    assert credential is not None
    return credential.principal
