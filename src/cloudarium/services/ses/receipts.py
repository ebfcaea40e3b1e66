"""Receipt rule sets and filters as they are kept, and whose rules decide about an arriving mail."""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.mail import identities, records
from cloudarium.mail.arrivals import ACTIVE, places
from cloudarium.mail.desk import Data, Desk
from cloudarium.services.ses import errors, rules
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

SETS, FILTERS = "receipt-rule-set", "receipt-filter"


def find(desk: Desk, name: str) -> Data:
    """A rule set: Created and Rules. Raises when there is none of that name."""
    found = desk.get(SETS, name)
    if found is None:
        raise errors.no_rule_set(name)
    return found


def add(desk: Desk, name: str, contents: list[Data]) -> None:
    """Make a rule set. Raises when the name is taken or none, and when there are as many as there may be."""
    check(desk, lambda: rules.check_name("Rule set", name))
    if desk.get(SETS, name) is not None:
        raise errors.exists("Rule set", name)
    if len(records.every(desk.store, desk.scope, SETS)) >= rules.MOST_SETS:
        raise desk.error(desk.codes.limit, f"You can have at most {rules.MOST_SETS} receipt rule sets.")
    desk.put(SETS, name, {"Created": desk.now, "Rules": contents})


def check(desk: Desk, checked: object) -> None:
    """Raise what a check of the rules finds, in the API's words."""
    try:
        checked()  # type: ignore[operator]
    except rules.BadRule as error:
        raise desk.invalid(str(error)) from error


def rule(desk: Desk, set_name: str, name: str) -> Data:
    """A rule of a set. Raises when either does not exist."""
    found = next((each for each in find(desk, set_name)["Rules"] if each["Name"] == name), None)
    if found is None:
        raise errors.no_rule(name)
    return found


def placed(old: list[Data], new: Data, after: str | None) -> list[Data]:
    """The rules with a new one behind the one named `after`, or in front of all. Raises when there is no such rule."""
    if after is None:
        return [new, *old]
    place = next((number for number, each in enumerate(old) if each["Name"] == after), None)
    if place is None:
        raise errors.no_rule(after)
    return [*old[: place + 1], new, *old[place + 1 :]]


def active(store: Store, scope: Scope) -> str | None:
    """The name of the rule set in use."""
    found = records.get(store, scope, ACTIVE, "")
    return found["Name"] if found is not None else None


# ---- Who receives ----------------------------------------------------------------------------------------------------


class Matched(NamedTuple):
    """A rule of the active set and the recipients that it is about."""

    rule: Data
    recipients: list[str]


def receiver(store: Store, recipient: str, near: Scope | None = None) -> Scope | None:
    """Who receives mail for an address: an account with an active rule set that has proved the address's domain.

    The DNS names one; here it is the sender's own, else the one that has proved the domain first.
    """
    found: list[tuple[bool, float, Scope]] = []
    for scope in places(store):
        for name in identities.covering(recipient):
            data = records.get(store, scope, identities.KIND, name) if "@" not in name else None
            if data is not None and data["Status"] == "Success":
                found.append((scope != near, data.get("Verified", 0.0), scope))
                break
    return min(found)[2] if found else None


def matching(store: Store, scope: Scope, recipients: list[str]) -> list[Matched]:
    """The enabled rules of the active set that are about some of the recipients, in their order."""
    name = active(store, scope)
    data = records.get(store, scope, SETS, name) if name is not None else None
    found = []
    for each in data["Rules"] if data is not None else ():
        about = rules.matched(each, recipients) if each["Enabled"] else []
        if about:
            found.append(Matched(each, about))
    return found


def filters(store: Store, scope: Scope) -> list[Data]:
    """The IP filters of an account."""
    return [data for _, data in records.every(store, scope, FILTERS)]
