"""How accounts come in: requests for new ones, and handshakes with those that exist."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.store import Store


class Request(NamedTuple):
    """A request for a new account; `tags` is JSON."""

    id: str
    organization: str
    account: str
    name: str
    email: str
    role: str
    tags: str
    state: str
    failure: str
    requested: float
    completed: float | None


class Handshake(NamedTuple):
    """An invitation of an account to an organisation; `tags` is JSON."""

    id: str
    organization: str
    account: str
    notes: str
    tags: str
    state: str
    requested: float
    expires: float


_REQUEST = "id, organization, account, name, email, role, tags, state, failure, requested, completed"
_HANDSHAKE = "id, organization, account, notes, tags, state, requested, expires"


def find_request(store: Store, id: str) -> Request | None:
    """The request with this id."""
    return store.one(f"SELECT {_REQUEST} FROM organizations_requests WHERE id = ?", (id,), Request)


def requests(store: Store, organization: str) -> list[Request]:
    """All requests of an organisation, by id."""
    sql = f"SELECT {_REQUEST} FROM organizations_requests WHERE organization = ? ORDER BY id"
    return store.all(sql, (organization,), Request)


def add_request(store: Store, request: Request) -> None:
    """Keep a new request."""
    store.run("INSERT INTO organizations_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", request)


def change_request(store: Store, request: Request) -> None:
    """Keep how a request ended."""
    row = (request.account, request.state, request.failure, request.completed, request.id)
    sql = "UPDATE organizations_requests SET account = ?, state = ?, failure = ?, completed = ? WHERE id = ?"
    store.run(sql, row)


def find_handshake(store: Store, id: str) -> Handshake | None:
    """The handshake with this id."""
    return store.one(f"SELECT {_HANDSHAKE} FROM organizations_handshakes WHERE id = ?", (id,), Handshake)


def handshakes_of(store: Store, organization: str) -> list[Handshake]:
    """The handshakes that an organisation began, by id."""
    sql = f"SELECT {_HANDSHAKE} FROM organizations_handshakes WHERE organization = ? ORDER BY id"
    return store.all(sql, (organization,), Handshake)


def handshakes_to(store: Store, account: str) -> list[Handshake]:
    """The handshakes that an account was asked for, by id."""
    sql = f"SELECT {_HANDSHAKE} FROM organizations_handshakes WHERE account = ? ORDER BY id"
    return store.all(sql, (account,), Handshake)


def add_handshake(store: Store, handshake: Handshake) -> None:
    """Keep a new handshake."""
    store.run("INSERT INTO organizations_handshakes VALUES (?, ?, ?, ?, ?, ?, ?, ?)", handshake)


def change_handshake(store: Store, handshake: Handshake) -> None:
    """Keep a handshake's new state."""
    store.run("UPDATE organizations_handshakes SET state = ? WHERE id = ?", (handshake.state, handshake.id))
