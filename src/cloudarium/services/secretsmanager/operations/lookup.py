"""Finding the secret that a call names, and what every answer tells of it."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.secretsmanager import errors, resources
from cloudarium.services.secretsmanager.records import versions
from cloudarium.services.secretsmanager.records.secrets import Secret
from cloudarium.services.secretsmanager.rules import names
from cloudarium.shared import paging
from cloudarium.shared.errors import AwsError

Data = dict[str, Any]


def any_secret(call: Call, text: str | None = None) -> Secret:
    """The secret that is named, also one that waits for its deletion. Raises InvalidName, NotFound."""
    given = text or call.input["SecretId"]
    if not given.startswith("arn:"):
        names.check(given)
    found = resources.find(call.store, call.scope, given)
    if found is None:
        raise errors.NotFound
    return found


def live_secret(call: Call, text: str | None = None) -> Secret:
    """The secret that is named. Raises InvalidRequest for one that waits for its deletion."""
    found = any_secret(call, text)
    if found.deleted is not None:
        raise errors.InvalidRequest.deleted()
    return found


def to_change(call: Call, text: str | None = None) -> Secret:
    """The secret that is named, for a change of it. Raises InvalidRequest for one of another service."""
    return unowned(call, live_secret(call, text))


def unowned(call: Call, found: Secret) -> Secret:
    """This secret, unless another service keeps it. Raises InvalidRequest."""
    owner = found.data.get("OwningService")
    if owner is not None and owner != caller(call):
        raise errors.InvalidRequest.owned(owner)
    return found


def caller(call: Call) -> str:
    """The room that calls, "" for whoever calls from outside."""
    return call.parent.service if call.request is None and call.parent is not None else ""


def named(secret: Secret, **more: Any) -> Data:
    """What every answer about a secret begins with."""
    return {"ARN": secret.arn, "Name": secret.name, **more}


def labels(call: Call, secret: Secret) -> dict[str, list[str]]:
    """The staging labels of all versions."""
    return versions.labels(call.store, secret)


def later(call: Call, secret: Secret, kind: str, due: float | None = None) -> None:
    """Leave an event where the secret is, which a caller from another account is not."""
    when = call.now if due is None else due
    given = {"Name": secret.name}
    call.store.outbox.put("secretsmanager", kind, secret.scope, given, when, secret.name, call.trace)


def not_later(call: Call, secret: Secret, kind: str) -> None:
    """Take such an event back."""
    call.store.outbox.cancel("secretsmanager", kind, secret.scope, secret.name)


def token(call: Call, failure: type[AwsError] = errors.InvalidRequest) -> str:
    """The ClientRequestToken, which every SDK sends and only a bare HTTP client may forget."""
    given = call.input.get("ClientRequestToken")
    if not given:
        raise failure("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
    return given


def page(call: Call, keyed: list[tuple[Any, Any]], limit: int) -> tuple[list[Any], Data]:
    """The page of (key, item) pairs that the call's NextToken asks for, and the token of the next one."""
    start = 0
    if call.input.get("NextToken"):
        try:
            after = paging.decode(call.input["NextToken"])
        except ValueError:
            raise errors.InvalidNextToken from None
        start = next((at + 1 for at, (key, _) in enumerate(keyed) if key == after), -1)
        if start < 0:
            raise errors.InvalidNextToken
    shown = keyed[start : start + limit]
    more = {"NextToken": paging.encode(shown[-1][0])} if start + limit < len(keyed) else {}
    return [item for _, item in shown], more
