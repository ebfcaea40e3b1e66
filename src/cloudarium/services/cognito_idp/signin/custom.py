"""The custom flow: the pool's own functions define, create and verify the challenges."""

from __future__ import annotations

from typing import Any

from cloudarium.services.cognito_idp import errors, people, triggers
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.services.cognito_idp.signin import finish, proofs
from cloudarium.services.cognito_idp.signin.visit import Visit, is_ghost

Data = dict[str, Any]
_MOST = 20  # rounds; AWS ends a session by its age alone


async def begin(visit: Visit) -> Data:
    """Begin with the function that defines challenges, or with SRP where the client asks for it."""
    if visit.given.get("CHALLENGE_NAME") == "SRP_A":
        return await proofs.begin_srp(visit, then="custom")
    user = visit.user_or_ghost()
    await proofs.pre_authentication(visit, user)
    if not is_ghost(user):
        finish.check_may_enter(visit, user)
    return await next_step(visit, user, [])


async def next_step(visit: Visit, user: User, before: list[Data]) -> Data:
    """What the defining function wants after these results: tokens, an end, or another challenge."""
    name = "DefineAuthChallenge"
    request = {**_about(visit, user), "session": before, **triggers.metadata(visit.call)}
    response = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    said = await _run(visit, user, name, request, response)
    if said.get("failAuthentication") is True or len(before) >= _MOST:
        raise errors.NotAuthorized.wrong_password()
    if said.get("issueTokens") is True:
        if is_ghost(user):
            raise errors.NotAuthorized.wrong_password()
        return await finish.admit(visit, user, "Authentication")
    if said.get("challengeName") == "PASSWORD_VERIFIER" and "SRP_A" in visit.given:
        return await proofs.begin_srp(visit, then="custom")
    if said.get("challengeName") != "CUSTOM_CHALLENGE":
        raise errors.LambdaFailed.nonsense()
    request = {**request, "challengeName": "CUSTOM_CHALLENGE"}
    empty = {"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None}
    made = await _run(visit, user, "CreateAuthChallenge", request, empty)
    shown = made.get("publicChallengeParameters") or {}
    session = visit.begin(
        user, "CUSTOM_CHALLENGE", before=before, private=made.get("privateChallengeParameters") or {},
        metadata=made.get("challengeMetadata"),
    )  # fmt: skip
    parameters = {"USERNAME": user.username, **{str(key): str(value) for key, value in shown.items()}}
    return finish.challenge("CUSTOM_CHALLENGE", session, parameters)


async def answered(visit: Visit) -> Data:
    """The client's answer goes to the verifying function, its result to the defining one."""
    token = visit.call.input.get("Session")
    found, user = visit.session(token, "CUSTOM_CHALLENGE")
    visit.user_or_ghost()  # checks the secret
    request = {
        **_about(visit, user),
        "privateChallengeParameters": found["private"],
        "challengeAnswer": visit.need("ANSWER"),
        **triggers.metadata(visit.call),
    }
    visit.end(str(token))
    said = await _run(visit, user, "VerifyAuthChallengeResponse", request, {"answerCorrect": None})
    result = {
        "challengeName": "CUSTOM_CHALLENGE",
        "challengeResult": said.get("answerCorrect") is True,
        "challengeMetadata": found["metadata"],
    }
    return await next_step(visit, user, [*found["before"], result])


def _about(visit: Visit, user: User) -> Data:
    """Who signs in, as all three functions are told; whether there is such a user only where nobody else is told."""
    hidden = {"userNotFound": is_ghost(user)} if people.hides(visit.client) else {}
    return {"userAttributes": {} if is_ghost(user) else triggers.shown(user), **hidden}


async def _run(visit: Visit, user: User, trigger: str, request: Data, response: Data) -> Data:
    if not triggers.has(visit.pool, trigger):
        raise errors.Invalid("Custom auth lambda trigger is not configured for the user pool.")
    source = f"{trigger}_Authentication"
    return await triggers.run(
        visit.call, visit.pool, trigger, source, user.username, visit.client.id, request, response
    )
