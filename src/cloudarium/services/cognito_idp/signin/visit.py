"""One sign-in on its way: which client of which pool, and the session that a client carries from step to step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp import errors, people, tokens
from cloudarium.services.cognito_idp.lookup import check_secret
from cloudarium.services.cognito_idp.records import sessions, users
from cloudarium.services.cognito_idp.records.pools import Client, Pool
from cloudarium.services.cognito_idp.records.users import User
from cloudarium.shared import ids

Data = dict[str, Any]
_MINUTE = 60.0
_GHOST = "\0"  # no user's name begins with it


def is_ghost(user: User) -> bool:
    """Whether there is no such user."""
    return not user.sub


@dataclass(frozen=True, slots=True)
class Visit:
    """A step of a sign-in: `given` are the parameters or responses of the client, `admin` whether a server calls."""

    call: Call
    pool: Pool
    client: Client
    given: dict[str, str]
    admin: bool
    by_page: bool = False  # the sign-in page asks: it gives a code, not tokens

    def need(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.given.get(name)
        if not value:
            raise errors.Invalid(f"Missing required parameter {name}")
        return value

    def user(self) -> User | None:
        """The user whom USERNAME names, None where there is none and that is not told; the secret is checked first."""
        name = self.need("USERNAME")
        check_secret(self.client, name, self.given.get("SECRET_HASH"))
        found = people.find(self.call, self.pool, name)
        if found is None and not people.hides(self.client):
            raise errors.UserNotFound
        return found

    def user_or_ghost(self) -> User:
        """The user whom USERNAME names; where that is not told, one who is in no pool and never comes in."""
        return self.user() or self.ghost(self.need("USERNAME"))

    def ghost(self, name: str) -> User:
        """Somebody by whose sign-in nobody can tell that there is no such user."""
        now = self.call.now
        return User(self.pool.id, f"{_GHOST}{name}", name, "", "", True, now, now, {"attributes": {}})

    def begin(self, user: User, challenge: str, **more: Any) -> str:
        """A session that waits for the answer to a challenge."""
        token = f"AYAB{ids.token(900)}"
        data = {"client": self.client.id, "user": user.key, "sub": user.sub, "challenge": challenge, **more}
        expires = self.call.now + self.client.data.get("AuthSessionValidity", 3) * _MINUTE
        with self.call.transaction():
            sessions.put_session(self.call.store, self.pool.id, tokens.digest(token), expires, data, self.call.now)
        return token

    def session(self, token: str | None, *challenges: str) -> tuple[Data, User]:
        """What is known of a session that waits for one of these challenges. Raises when it is none, or too late."""
        if not token:
            raise errors.Invalid("Missing required parameter Session")
        found = sessions.find_session(self.call.store, self.pool.id, tokens.digest(token), self.call.now)
        if found is None or found["client"] != self.client.id or found["challenge"] not in challenges:
            raise errors.NotAuthorized.session()
        if not found["sub"] and found["user"].startswith(_GHOST):
            return found, self.ghost(found["user"].removeprefix(_GHOST))
        user = users.find(self.call.store, self.pool.id, found["user"])
        if user is None or user.sub != found["sub"]:
            raise errors.NotAuthorized.session()
        if not user.enabled:
            raise errors.NotAuthorized("User is disabled.")
        return found, user

    def end(self, token: str) -> None:
        """Use a session up. Raises when another call was quicker."""
        with self.call.transaction():
            if not sessions.drop_session(self.call.store, self.pool.id, tokens.digest(token)):
                raise errors.NotAuthorized.session()
