"""The desk at which mail is handled: where, when, and in the words of which API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from cloudarium.mail import records
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]


class Codes(NamedTuple):
    """The codes in which an API reports the same mistakes."""

    invalid: str
    no_template: str
    no_set: str
    exists: str
    set_exists: str
    limit: str
    throttled: str
    account_paused: str
    set_paused: str
    bad_template: str
    missing_attribute: str
    bad_rendering: str
    bad_policy: str


@dataclass(frozen=True)
class Desk:
    """Where (account and region), when, with which store, and in whose codes mistakes are told."""

    store: Store
    scope: Scope
    now: float
    codes: Codes
    endpoint: str

    def get(self, kind: str, name: str) -> Data | None:
        """A resource's data, None when there is none of that name."""
        return records.get(self.store, self.scope, kind, name)

    def put(self, kind: str, name: str, data: Data) -> None:
        """Keep a resource's data."""
        records.put(self.store, self.scope, kind, name, data)

    def invalid(self, message: str) -> AwsError:
        """The error for a value that the model allows and the service does not."""
        return AwsError(message, code=self.codes.invalid, status=400)

    def error(self, code: str, message: str, **fields: Any) -> AwsError:
        """An error with one of the desk's codes."""
        return AwsError(message, code=code, **fields)
