"""How operations find what they name: pools, clients and users, in one call's scope or by what nobody else has."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors
from cloudarium.services.cognito_idp.records import pools
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.shared import paging

Data = dict[str, Any]


def pool_of(call: Call) -> Pool:
    """The pool that an administrator's call names."""
    found = pools.find(call.store, call.input["UserPoolId"])
    if found is None or found.scope != call.scope:
        raise errors.NotFound.pool(call.input["UserPoolId"])
    return found


def client_of(call: Call, pool: Pool, id: str | None = None) -> Client:
    """The client of a pool that a call names."""
    wanted = id or call.input["ClientId"]
    found = pools.find_client(call.store, wanted)
    if found is None or found.pool != pool.id:
        raise errors.NotFound.client(wanted)
    return found


def app(call: Call) -> tuple[Pool, Client]:
    """The client, and its pool, that a call names which nobody has to sign; the call goes on in the pool's scope."""
    client = pools.find_client(call.store, call.input["ClientId"])
    pool = pools.find(call.store, client.pool) if client is not None else None
    if client is None or pool is None or (call.signed and call.region != pool.scope.region):
        raise errors.NotFound.client(call.input["ClientId"])
    call.scope = pool.scope
    return pool, client


def secret_hash(client: Client, username: str) -> str:
    """The SECRET_HASH that a client with a secret sends for a name."""
    return _hash(client, client.secret or "", username)


def _hash(client: Client, secret: str, username: str) -> str:
    named = (username + client.id).encode(errors="surrogatepass")
    return base64.b64encode(hmac.digest(secret.encode(), named, hashlib.sha256)).decode()


def check_secret(client: Client, username: str, given: str | None) -> None:
    """Raise unless the client proved its secret for this name."""
    if client.secret is None:
        return
    if given is None:
        raise errors.NotAuthorized(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
    proofs = [_hash(client, secret, username) for secret in client.secrets]
    if not any([hmac.compare_digest(proof.encode(), given.encode(errors="replace")) for proof in proofs]):
        raise errors.NotAuthorized.secret_hash(client.id)


def proves_secret(client: Client, given: str) -> bool:
    """Whether a text is one of the client's secrets."""
    kept = client.secrets
    return any([hmac.compare_digest(secret.encode(), given.encode(errors="replace")) for secret in kept])


def page(items: list[Any], names: list[str], limit: int, token: str | None) -> tuple[list[Any], str | None]:
    """(one page of items whose `names` are in order; the token of the next)."""
    start = 0
    if token is not None:
        try:
            last = paging.decode(token)
            start = next((place for place, name in enumerate(names) if name > last), len(names))
        except (ValueError, TypeError):
            raise errors.Invalid("Invalid token") from None
    end = start + limit
    return items[start:end], paging.encode(names[end - 1]) if end < len(items) and end > start else None
