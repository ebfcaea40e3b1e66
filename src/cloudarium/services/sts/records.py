"""What STS keeps: the temporary credentials it handed out."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from cloudarium.policy.principal import Credential, Principal
from cloudarium.store import Store

_REMEMBERED = 2 * 86400  # seconds that expired credentials are still known as such


class Session(NamedTuple):
    """Temporary credentials and the principal that they make."""

    access_key: str
    secret: str
    token: str
    expires: float
    principal: Principal

    @property
    def credential(self) -> Credential:
        """The session as the signature check needs it."""
        return Credential(self.principal, self.secret, token=self.token, expires=self.expires)


def add(store: Store, session: Session, now: float) -> None:
    """Keep new credentials; those that had expired days before `now` go."""
    store.run("DELETE FROM sts_sessions WHERE expires < ?", (now - _REMEMBERED,))
    row = (session.access_key, session.principal.account, session.secret, session.token, session.expires)
    store.run("INSERT INTO sts_sessions VALUES (?, ?, ?, ?, ?, ?)", (*row, _dumped(session.principal)))
    store.changed("identity")


def find(store: Store, access_key: str) -> Session | None:
    """The temporary credentials with this access key id."""
    sql = "SELECT access_key, secret, token, expires, principal FROM sts_sessions WHERE access_key = ?"
    row = store.one(sql, (access_key,))
    if row is None:
        return None
    key, secret, token, expires, principal = row
    return Session(key, secret, token, expires, _loaded(principal))


def _dumped(principal: Principal) -> str:
    kept = {name: getattr(principal, name) for name in Principal.__slots__}
    return orjson.dumps(kept).decode()


def _loaded(text: str) -> Principal:
    kept = orjson.loads(text)
    kept["session_policies"] = tuple(kept["session_policies"])
    return Principal(**kept)
