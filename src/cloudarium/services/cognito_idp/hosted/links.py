"""The page behind the link of a mail that confirms a sign-up."""

from __future__ import annotations

from cloudarium.gateway.http import HttpResponse
from cloudarium.services.cognito_idp import lookup
from cloudarium.services.cognito_idp.hosted import pages
from cloudarium.services.cognito_idp.hosted.visitor import Visitor
from cloudarium.shared.errors import AwsError


def asked(visitor: Visitor) -> bool:
    """Whether the request comes by such a link."""
    return visitor.path == "/confirmUser" and "confirmation_code" in visitor.query


async def confirm(visitor: Visitor) -> HttpResponse:
    """Confirm the sign-up that the link names; what is wrong with it is all the same to who follows it."""
    client, name = visitor.client(), visitor.query.get("user_name", "")
    given = {"ClientId": client.id, "Username": name, "ConfirmationCode": visitor.query["confirmation_code"]}
    if client.secret is not None:
        given["SecretHash"] = lookup.secret_hash(client, name)
    try:
        await visitor.call.send("cognito-idp", "ConfirmSignUp", given, scope=visitor.pool.scope)
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        return pages.told("The link is not valid", "It was used already, or it is too old. Ask for another one.", 400)
    return pages.told("Your registration has been confirmed!", "You can sign in now.", 200)
