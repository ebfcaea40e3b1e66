"""Configuration sets: named settings that a message can be sent with."""

from __future__ import annotations

import re

from cloudarium.mail import addresses, identities, records
from cloudarium.mail.desk import Data, Desk
from cloudarium.shared.errors import NotBuilt

KIND = "configuration-set"
MOST = 10_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def find(desk: Desk, name: str) -> Data:
    """The data of a configuration set. Raises when there is none of that name."""
    found = desk.get(KIND, name)
    if found is None:
        raise desk.error(desk.codes.no_set, f"Configuration set <{name}> does not exist.", ConfigurationSetName=name)
    return found


def add(desk: Desk, name: str, data: Data) -> None:
    """Make a configuration set. Raises when the name is taken or none."""
    if not _NAME.fullmatch(name):
        raise desk.invalid(
            f"Invalid configuration set name: {name[:100]}. It must have 1 to 64 letters, digits, _ and -."
        )
    if desk.get(KIND, name) is not None:
        message = f"Configuration set <{name}> already exists."
        raise desk.error(desk.codes.set_exists, message, ConfigurationSetName=name)
    if records.count(desk.store, desk.scope, KIND) >= MOST:
        raise desk.error(desk.codes.limit, f"An account can have at most {MOST} configuration sets.")
    desk.put(KIND, name, data)


def change(desk: Desk, name: str, **changes: object) -> None:
    """Change some of a set's settings; a member that becomes None is taken away."""
    changed = {**find(desk, name), **changes}
    desk.put(KIND, name, {member: value for member, value in changed.items() if value is not None})


def switch(desk: Desk, name: str, sending: bool) -> None:
    """Pause sending with a set, or let it go on; its reputation is then counted afresh."""
    fresh = {} if not sending or find(desk, name).get("Sending", True) else {"FreshStart": desk.now}
    change(desk, name, Sending=sending, **fresh)


def remove(desk: Desk, name: str) -> None:
    """Delete a set. Raises when there is none of that name."""
    find(desk, name)
    records.remove(desk.store, desk.scope, KIND, name)


def tracking(desk: Desk, domain: str | None, policy: str | None = None) -> Data | None:
    """Tracking options as they are kept, None for none. Raises for a domain that is not verified."""
    if not domain:
        if policy:
            raise desk.error(desk.codes.bad_tracking, "An HttpsPolicy needs a CustomRedirectDomain.")
        return None
    # "not verified in Amazon SES" or "not a valid domain or subdomain": API reference, InvalidTrackingOptions.
    if not addresses.is_domain(domain):
        raise desk.error(desk.codes.bad_tracking, f"Tracking domain <{domain[:253]}> is not a valid domain.")
    if identities.verified(desk, f"x@{domain}") is None:
        raise desk.error(desk.codes.bad_tracking, f"Tracking domain <{domain}> is not verified in Amazon SES.")
    return {"Domain": domain.lower(), "Https": policy or "OPTIONAL"}


def delivery(given: Data) -> Data:
    """Delivery options as they are kept. Raises for dedicated IP pools."""
    if given.get("SendingPoolName"):
        raise NotBuilt("ses: dedicated IP pools (SendingPoolName)")
    return {"Tls": (given.get("TlsPolicy") or "OPTIONAL").upper(), "Longest": given.get("MaxDeliverySeconds")}
