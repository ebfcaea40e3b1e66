"""The desk at which mail is handled: where, when, and in the words of which API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudarium.mail import records
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

if TYPE_CHECKING:
    from cloudarium.gateway.call import Call
    from cloudarium.gateway.meters import Meter

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
    quota: str
    account_paused: str
    set_paused: str
    bad_template: str
    missing_attribute: str
    bad_rendering: str
    bad_policy: str
    destination_exists: str
    no_destination: str
    bad_sns: str
    bad_cloudwatch: str
    bad_tracking: str


@dataclass(frozen=True)
class Desk:
    """Where (account and region), when, with which store, and in whose codes mistakes are told.

    `caller` and `peer` are who asks and from which address, as events tell it; `trace` joins what follows.
    """

    store: Store
    scope: Scope
    now: float
    codes: Codes
    endpoint: str
    caller: str = ""
    peer: str = ""
    trace: str = ""
    relays: bool = False  # whether mail goes on to a real server
    meter: Meter | None = None

    @classmethod
    def of(cls, call: Call, codes: Codes) -> Desk:
        """The desk of a call."""
        who = call.principal
        caller = (who.role_arn.rpartition("/")[2] or who.name) if who.kind != "root" else "root"
        peer = call.request.peer if call.request is not None else ""
        relays = bool(call.cloud.settings.get("smtp_relay"))
        return cls(
            call.store,
            call.scope,
            call.now,
            codes,
            call.cloud.endpoint,
            caller,
            peer,
            call.trace,
            relays,
            call.cloud.meter,
        )

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
