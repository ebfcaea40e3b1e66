"""Contact lists and their contacts."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import contacts, listing, records
from cloudarium.mail.desk import Desk
from cloudarium.services.sesv2 import resources
from cloudarium.services.sesv2.operations import tags

Data = dict[str, Any]
_MOST_LISTED = 1000


@operation("CreateContactList", on=resources.contact_list)
def create_contact_list(call: Call) -> Data:
    """Make a list with its topics."""
    desk = resources.desk(call)
    wanted = tags.checked(desk, call.input.get("Tags"))
    contacts.add_list(desk, call.input["ContactListName"], call.input)
    call.tags.put(resources.contact_list(call), wanted)
    return {}


@operation("GetContactList", on=resources.contact_list)
def get_contact_list(call: Call) -> Data:
    """One list."""
    name = call.input["ContactListName"]
    data = contacts.find_list(resources.desk(call), name)
    return {
        "ContactListName": name,
        "Topics": data["Topics"],
        "Description": data.get("Description"),
        "CreatedTimestamp": data["Created"],
        "LastUpdatedTimestamp": data["Changed"],
        "Tags": tags.shown(call, resources.contact_list(call)),
    }


@operation("UpdateContactList", on=resources.contact_list)
def update_contact_list(call: Call) -> Data:
    """Put other topics and another description into a list."""
    contacts.change_list(resources.desk(call), call.input["ContactListName"], call.input)
    return {}


@operation("DeleteContactList", on=resources.contact_list)
def delete_contact_list(call: Call) -> Data:
    """Delete a list with its contacts."""
    contacts.remove_list(resources.desk(call), call.input["ContactListName"])
    call.tags.drop(resources.contact_list(call))
    return {}


def _every(desk: Desk, call: Call, kind: str) -> list[tuple[str, Data]]:
    return records.every(desk.store, desk.scope, kind, listing.after(desk, call.input.get("NextToken")))


@operation("ListContactLists")
def list_contact_lists(call: Call) -> Data:
    """The lists, a page at a time."""
    every = _every(resources.desk(call), call, contacts.KIND)
    page, token = listing.page(every, min(call.input.get("PageSize") or _MOST_LISTED, _MOST_LISTED))
    shown = [{"ContactListName": name, "LastUpdatedTimestamp": data["Changed"]} for name, data in page]
    return {"ContactLists": shown, "NextToken": token}


# ---- Contacts --------------------------------------------------------------------------------------------------------


@operation("CreateContact", on=resources.contact_list)
def create_contact(call: Call) -> Data:
    """Add a contact to a list."""
    given = call.input
    contacts.add(resources.desk(call), given["ContactListName"], given["EmailAddress"], given)
    return {}


def _pairs(preferences: dict[str, str]) -> list[Data]:
    return [{"TopicName": name, "SubscriptionStatus": status} for name, status in preferences.items()]


def _shown(data: Data, topics: list[Data]) -> Data:
    return {
        "EmailAddress": data["Email"],
        "TopicPreferences": _pairs(contacts.chosen(data, topics)),
        "TopicDefaultPreferences": _pairs(contacts.defaults(data, topics)),
        "UnsubscribeAll": data["UnsubscribeAll"],
        "LastUpdatedTimestamp": data["Changed"],
    }


@operation("GetContact", on=resources.contact_list)
def get_contact(call: Call) -> Data:
    """One contact with its preferences."""
    desk, name = resources.desk(call), call.input["ContactListName"]
    data = contacts.find(desk, name, call.input["EmailAddress"])
    more = {"AttributesData": data.get("AttributesData"), "CreatedTimestamp": data["Created"]}
    return {"ContactListName": name, **_shown(data, contacts.find_list(desk, name)["Topics"]), **more}


@operation("UpdateContact", on=resources.contact_list)
def update_contact(call: Call) -> Data:
    """Change a contact's preferences."""
    given = call.input
    contacts.change(resources.desk(call), given["ContactListName"], given["EmailAddress"], given)
    return {}


@operation("DeleteContact", on=resources.contact_list)
def delete_contact(call: Call) -> Data:
    """Delete a contact."""
    contacts.remove(resources.desk(call), call.input["ContactListName"], call.input["EmailAddress"])
    return {}


@operation("ListContacts", on=resources.contact_list)
def list_contacts(call: Call) -> Data:
    """The contacts, all or those with a status, a page at a time."""
    desk, name = resources.desk(call), call.input["ContactListName"]
    topics = contacts.find_list(desk, name)["Topics"]
    chosen = [
        each
        for each in _every(desk, call, contacts.kind_of(name))
        if _fits(each[1], topics, call.input.get("Filter") or {})
    ]
    page, token = listing.page(chosen, min(call.input.get("PageSize") or _MOST_LISTED, _MOST_LISTED))
    return {"Contacts": [_shown(data, topics) for _, data in page], "NextToken": token}


def _fits(data: Data, topics: list[Data], wanted: Data) -> bool:
    asked = wanted.get("TopicFilter") or {}
    topic = asked.get("TopicName") or ""
    if topic and not asked.get("UseDefaultIfPreferenceUnavailable") and topic not in contacts.chosen(data, topics):
        return bool(data["UnsubscribeAll"]) and wanted.get("FilteredStatus") == contacts.OUT
    status = wanted.get("FilteredStatus")
    return status is None or contacts.status(data, topics, topic) == status
