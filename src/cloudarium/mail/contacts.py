"""Contact lists: who wants mail of which topics, and who has unsubscribed."""

from __future__ import annotations

import re
from typing import NamedTuple

from cloudarium.mail import addresses, records
from cloudarium.mail.desk import Data, Desk
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

KIND = "contact-list"
MOST_LISTS = 1  # "one contact list per account": SES developer guide, list management
MOST_TOPICS = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = {"DisplayName": 128, "Description": 500, "AttributesData": 1024 * 1024}
IN, OUT = "OPT_IN", "OPT_OUT"


class Subscription(NamedTuple):
    """The list, and the topic of it or "", that a message belongs to."""

    list: str
    topic: str


def kind_of(list_name: str) -> str:
    """The kind under which a list's contacts are kept."""
    return f"contact/{list_name}"


# ---- Lists -----------------------------------------------------------------------------------------------------------


def find_list(desk: Desk, name: str) -> Data:
    """A list's data. Raises when there is none of that name."""
    found = desk.get(KIND, name)
    if found is None:
        raise desk.error("NotFoundException", f"List with name: {name[:100]} doesn't exist.")
    return found


def add_list(desk: Desk, name: str, given: Data) -> None:
    """Make a list. Raises when the account has one already."""
    if not _NAME.fullmatch(name):
        raise desk.invalid(f"Contact list name {name[:100]} must have 1 to 64 letters, digits, _ and -.")
    data = {**_checked(desk, given), "Created": desk.now, "Changed": desk.now}
    if desk.get(KIND, name) is not None:
        raise desk.error(desk.codes.exists, f"List with name: {name} already exists.")
    if records.count(desk.store, desk.scope, KIND) >= MOST_LISTS:
        raise desk.error(desk.codes.limit, f"An account can have at most {MOST_LISTS} contact list.")
    desk.put(KIND, name, data)


def change_list(desk: Desk, name: str, given: Data) -> None:
    """Put other topics and another description into a list; preferences for topics that are gone are forgotten."""
    old = find_list(desk, name)
    desk.put(KIND, name, {**_checked(desk, given), "Created": old["Created"], "Changed": desk.now})


def remove_list(desk: Desk, name: str) -> None:
    """Delete a list with its contacts."""
    find_list(desk, name)
    records.remove(desk.store, desk.scope, KIND, name)
    records.remove_all(desk.store, desk.scope, kind_of(name))


def _checked(desk: Desk, given: Data) -> Data:
    topics = given.get("Topics") or []
    if len(topics) > MOST_TOPICS:
        raise desk.invalid(f"A contact list can have at most {MOST_TOPICS} topics.")
    for each in topics:
        if not _NAME.fullmatch(each["TopicName"]):
            raise desk.invalid(f"Topic name {each['TopicName'][:100]} must have 1 to 64 letters, digits, _ and -.")
        _check_length(desk, each, "DisplayName")
        _check_length(desk, each, "Description")
        if not each["DisplayName"]:
            raise desk.invalid("DisplayName must not be empty.")
    if len({each["TopicName"] for each in topics}) < len(topics):
        raise desk.invalid("The names of topics must differ.")
    _check_length(desk, given, "Description")
    return {"Topics": topics, "Description": given.get("Description")}


def _check_length(desk: Desk, given: Data, member: str) -> None:
    if len(given.get(member) or "") > _LONGEST[member]:
        raise desk.invalid(f"{member} must not be longer than {_LONGEST[member]} characters.")


# ---- Contacts --------------------------------------------------------------------------------------------------------


def find(desk: Desk, list_name: str, email: str) -> Data:
    """A contact's data. Raises when there is no such list or contact."""
    find_list(desk, list_name)
    found = desk.get(kind_of(list_name), email.lower())
    if found is None:
        raise desk.error("NotFoundException", f"{email[:320]} doesn't exist in List.")
    return found


def add(desk: Desk, list_name: str, email: str, given: Data) -> None:
    """Add a contact. Raises when it is there already."""
    topics = find_list(desk, list_name)["Topics"]
    if not addresses.is_address(email):
        raise desk.invalid(f"Invalid email address<{email[:320]}>.")
    if desk.get(kind_of(list_name), email.lower()) is not None:
        raise desk.error(desk.codes.exists, f"{email} already exists in List.")
    data = _preferences(desk, given, topics)
    data = {"Email": email, "UnsubscribeAll": False, "Created": desk.now, **data, "Changed": desk.now}
    desk.put(kind_of(list_name), email.lower(), data)


def change(desk: Desk, list_name: str, email: str, given: Data) -> None:
    """Change a contact. Preferences that are not given again are forgotten, as AWS says they are."""
    old = find(desk, list_name, email)
    data = _preferences(desk, given, find_list(desk, list_name)["Topics"])
    desk.put(kind_of(list_name), email.lower(), {**old, **data, "Changed": desk.now})


def remove(desk: Desk, list_name: str, email: str) -> None:
    """Delete a contact."""
    find(desk, list_name, email)
    records.remove(desk.store, desk.scope, kind_of(list_name), email.lower())


def _preferences(desk: Desk, given: Data, topics: list[Data]) -> Data:
    known = {each["TopicName"] for each in topics}
    chosen = {}
    for each in given.get("TopicPreferences") or ():
        if each["TopicName"] not in known:
            raise desk.invalid(f"Topic {each['TopicName'][:100]} doesn't exist in List.")
        chosen[each["TopicName"]] = each["SubscriptionStatus"]
    _check_length(desk, given, "AttributesData")
    data: Data = {"Topics": chosen}
    for member in ("UnsubscribeAll", "AttributesData"):
        if given.get(member) is not None:
            data[member] = given[member]
    return data


def chosen(contact: Data, topics: list[Data]) -> dict[str, str]:
    """A contact's own preferences, for the topics that there are."""
    own: dict[str, str] = contact.get("Topics", {})
    return {each["TopicName"]: own[each["TopicName"]] for each in topics if each["TopicName"] in own}


def defaults(contact: Data, topics: list[Data]) -> dict[str, str]:
    """What holds for the other topics."""
    own = contact.get("Topics", {})
    return {
        each["TopicName"]: each["DefaultSubscriptionStatus"] for each in topics if each["TopicName"] not in own
    }  # fmt: skip


def status(contact: Data, topics: list[Data], topic: str) -> str:
    """Whether a contact wants mail of a topic, or of the list where that is ""."""
    if contact.get("UnsubscribeAll"):
        return OUT
    return {**defaults(contact, topics), **chosen(contact, topics)}.get(topic, IN)


def wants(store: Store, scope: Scope, subscription: Subscription, email: str) -> bool:
    """Whether who has this address wants what belongs to a list and topic; who is no contact has the defaults."""
    data = records.get(store, scope, KIND, subscription.list)
    contact = records.get(store, scope, kind_of(subscription.list), email.lower()) or {}
    return data is None or status(contact, data["Topics"], subscription.topic) == IN


def choose(
    store: Store, scope: Scope, now: float, list_name: str, email: str, choice: Data, topics: list[Data]
) -> tuple[Data, Data]:
    """Keep what the reader of a mail chose ({UnsubscribeAll, Topics}); the preferences before and after.

    Who was no contact becomes one, so that it is remembered.
    """
    kind, name = kind_of(list_name), email.lower()
    before = records.get(store, scope, kind, name) or {
        "Email": email, "UnsubscribeAll": False, "Created": now, "Topics": {},
    }  # fmt: skip
    after = {**before, **choice, "Topics": {**before["Topics"], **choice.get("Topics", {})}, "Changed": now}
    records.put(store, scope, kind, name, after)
    return told(before, topics), told(after, topics)


def told(contact: Data, topics: list[Data]) -> Data:
    """A contact's preferences as an event tells them."""
    words = {IN: "OptIn", OUT: "OptOut"}
    shown = {**defaults(contact, topics), **chosen(contact, topics)}
    return {
        "unsubscribeAll": bool(contact.get("UnsubscribeAll")),
        "topicSubscriptionStatus": [
            {"topicName": name, "subscriptionStatus": words[value]} for name, value in shown.items()
        ],
    }
