"""Browsers' forms: a page's <form method="post" enctype="multipart/form-data"> is a call that no operation names.

A room whose card names a `form` has that function in its doors.py; it reads the form and sends the operation that the
form stands for. Such a form is not signed by a header: its own fields carry a policy and the policy's signature.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from cloudarium.gateway import sigv2, sigv4
from cloudarium.gateway.authenticate import credential_of
from cloudarium.gateway.call import Call, Door
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.rooms import Room
from cloudarium.policy.principal import Credential
from cloudarium.shared.auth_errors import SignatureMismatch

LABEL = "form"
_TYPE = "multipart/form-data"


def find(call: Call, request: HttpRequest, rooms: Sequence[Room]) -> bool:
    """Whether this is a form for one of these rooms; the call then goes to the room's door."""
    if request.method != "POST" or call.claim is not None or request.query:
        return False
    if not request.headers.get("content-type", "").lower().startswith(_TYPE):
        return False
    room = next((room for room in rooms if room.card.form), None)
    if room is None:
        return False
    call.door = Door(LABEL, "", request.path, by_host=False)
    call.room, call.service, call.operation_name = room, room.card.name, room.card.form
    return True


def prove(call: Call, claim: sigv4.Claim, policy: str) -> Credential:
    """The credential that signed the form's policy (its base64 text as it was sent), and makes it the call's caller.

    Raises InvalidAccessKey, SignatureMismatch or what is wrong with a session's token.
    """
    credential = credential_of(call, claim)
    if claim.terminator == sigv2.VERSION:
        digest = hmac.digest(credential.secret.encode(), policy.encode(), "sha1")
        expected = base64.b64encode(digest).decode()
    else:
        key = sigv4.signing_key(credential.secret, claim.date, claim.region, claim.service)
        expected = hmac.digest(key, policy.encode(), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise SignatureMismatch(
            AWSAccessKeyId=claim.access_key,
            StringToSign=policy,
            SignatureProvided=claim.signature,
            StringToSignBytes=policy.encode().hex(" "),
        )
    call.claim, call.access_key = claim, claim.access_key
    call.principal, call.signed = credential.principal, True
    call.scope = call.scope._replace(account=credential.principal.account)
    return credential
