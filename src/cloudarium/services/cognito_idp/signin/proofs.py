"""The proofs of a password: the password itself, or SRP without ever sending it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

from cloudarium.services.cognito_idp import errors, guard, migration, people, tokens, triggers
from cloudarium.services.cognito_idp.lookup import check_secret
from cloudarium.services.cognito_idp.records import sessions, users
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.rules import srp
from cloudarium.services.cognito_idp.signin import finish
from cloudarium.services.cognito_idp.signin.visit import Visit, is_ghost
from cloudarium.shared import ids

Data = dict[str, Any]
_MINUTE = 60.0


async def pre_authentication(visit: Visit, user: User) -> None:
    """Let the pool's function refuse the sign-in."""
    if not triggers.has(visit.pool, "PreAuthentication"):
        return
    seen = {} if is_ghost(user) else triggers.shown(user)
    request = {"userAttributes": seen, "validationData": visit.call.input.get("ClientMetadata")}
    if people.hides(visit.client):
        request["userNotFound"] = is_ghost(user)
    source = "PreAuthentication_Authentication"
    await triggers.run(visit.call, visit.pool, "PreAuthentication", source, user.username, visit.client.id, request, {})


async def by_password(visit: Visit) -> Data:
    """Sign in by name and password; a user whom only the migration function knows comes to be by that."""
    name, password = visit.need("USERNAME"), visit.need("PASSWORD")
    check_secret(visit.client, name, visit.given.get("SECRET_HASH"))
    if triggers.has(visit.pool, "UserMigration") and people.find(visit.call, visit.pool, name) is None:
        newcomer = await migration.migrate(visit.call, visit.pool, visit.client, name, password)
        if newcomer is not None:
            finish.check_may_enter(visit, newcomer)
            return await finish.proceed(visit, newcomer)
    user = visit.user_or_ghost()
    await pre_authentication(visit, user)
    if is_ghost(user):
        raise errors.NotAuthorized.wrong_password()
    await guard.check_password(visit.call, user, password)
    finish.check_may_enter(visit, user)
    return await finish.proceed(visit, user)


# ---- SRP -------------------------------------------------------------------------------------------------------------


def _pretended(visit: Visit, name: str) -> srp.Verifier:
    """What would be kept of the password of a user who is not there: the same each time, so that nobody can tell."""
    seed = hashlib.sha256(f"{visit.pool.id}:{visit.client.id}:{name}".encode(errors="surrogatepass")).digest()
    return srp.Verifier(seed[:16].hex(), (seed * 11).hex())


async def begin_srp(visit: Visit, then: str = "") -> Data:
    """The first half: the client's public number is answered by the server's."""
    name = visit.need("USERNAME")
    client_number = srp.public_number(visit.need("SRP_A"))
    user = visit.user()
    if client_number is None:
        raise errors.Invalid("SRP_A is not a number of the group.")
    await pre_authentication(visit, user or visit.ghost(name))
    kept = people.kept_verifier(user) if user is not None else _pretended(visit, name)
    if kept is None and user is not None and user.status == "RESET_REQUIRED":  # imported without a password
        raise errors.ResetRequired
    if kept is None:
        raise errors.NotAuthorized.wrong_password()
    offered = await asyncio.to_thread(srp.offer, kept)
    block = base64.b64encode(ids.data(960)).decode()
    data = {
        "client": visit.client.id,
        "user": user.key if user is not None else None,
        "challenge": "PASSWORD_VERIFIER",
        "kept": kept._asdict(),
        "offer": offered._asdict(),
        "a": f"{client_number:x}",
        "then": then,
    }
    expires = visit.call.now + visit.client.data.get("AuthSessionValidity", 3) * _MINUTE
    with visit.call.transaction():
        sessions.put_session(visit.call.store, visit.pool.id, tokens.digest(block), expires, data, visit.call.now)
    username = user.username if user is not None else name
    parameters = {"SALT": kept.salt, "SECRET_BLOCK": block, "SRP_B": offered.public, "USERNAME": username}
    return finish.challenge("PASSWORD_VERIFIER", None, {**parameters, "USER_ID_FOR_SRP": username})


async def check_srp(visit: Visit) -> tuple[User, str]:
    """(the user who proved the password by the second half, what comes then)."""
    block = visit.need("PASSWORD_CLAIM_SECRET_BLOCK")
    found = sessions.find_session(visit.call.store, visit.pool.id, tokens.digest(block), visit.call.now)
    visit.user()  # checks the secret
    if found is None or found["client"] != visit.client.id or found["challenge"] != "PASSWORD_VERIFIER":
        raise errors.NotAuthorized.wrong_password()
    visit.end(block)
    user = users.find(visit.call.store, visit.pool.id, found["user"]) if found["user"] is not None else None
    if user is None:
        raise errors.NotAuthorized.wrong_password()
    guard.check_not_locked(visit.call, user)
    guard.failed(visit.call, user)  # as in guard.check_password
    kept, offered = srp.Verifier(**found["kept"]), srp.Offer(**found["offer"])
    proof = (visit.need("TIMESTAMP"), visit.need("PASSWORD_CLAIM_SIGNATURE"))
    raw = base64.b64decode(block)
    right = kept == people.kept_verifier(user) and await asyncio.to_thread(
        srp.proves, kept, offered, int(found["a"], 16), visit.pool.id, user.username, raw, *proof
    )
    if not right:
        raise errors.NotAuthorized.wrong_password()
    guard.passed(visit.call, user)
    finish.check_may_enter(visit, user)
    return user, found["then"]
