"""Terms of use and privacy policies of app clients: the sign-up page links to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.cognito_idp import errors, resources
from cloudarium.services.cognito_idp.lookup import client_of, page, pool_of
from cloudarium.services.cognito_idp.records import settings
from cloudarium.services.cognito_idp.records.pools import Pool
from cloudarium.shared import ids
from cloudarium.store import Store

Data = dict[str, Any]
_KIND = "terms"
_DEFAULT = "cognito:default"
_PAGE = 60
_CHANGEABLE = ("TermsName", "TermsSource", "Enforcement", "Links")
_TITLES = {"terms-of-use": "Terms of use", "privacy-policy": "Privacy policy"}
_LISTED = ("TermsId", "TermsName", "Enforcement", "CreationDate", "LastModifiedDate")


def shown_on_page(store: Store, pool: str, client: str) -> dict[str, str]:
    """What the sign-up page of a client links to: words and URLs."""
    found = {one["TermsName"]: one["Links"][_DEFAULT] for one in _of_client(store, pool, client)}
    return {title: found[name] for name, title in _TITLES.items() if name in found}


def _of_client(store: Store, pool: str, client: str) -> list[Data]:
    return [one for one in settings.listed(store, pool, _KIND) if one["ClientId"] == client]


def _check(links: dict[str, str]) -> dict[str, str]:
    if _DEFAULT not in links:
        raise errors.Invalid(f"Links must have a URL for {_DEFAULT}.")
    for url in links.values():
        if urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).netloc:
            raise errors.Invalid(f"{url} is not a URL of terms.")
    return links


def _check_new(store: Store, pool: str, client: str, name: str) -> None:
    if any(one["TermsName"] == name for one in _of_client(store, pool, client)):
        raise errors.Unsupported("TermsExistsException", f"Terms {name} already exist for client {client}.")


def _named(call: Call, pool: Pool) -> Data:
    found = settings.find(call.store, pool.id, _KIND, call.input["TermsId"])
    if found is None:
        raise errors.NotFound(f"Terms {call.input['TermsId']} do not exist.")
    return found


@operation("CreateTerms", on=resources.pool)
def create_terms(call: Call) -> Data:
    """Make terms of a client; it has one of each name."""
    pool, given = pool_of(call), call.input
    client = client_of(call, pool)
    _check_new(call.store, pool.id, client.id, given["TermsName"])
    data: Data = {"TermsId": ids.uuid(), "UserPoolId": pool.id, "ClientId": client.id}
    data |= {name: given[name] for name in ("TermsName", "TermsSource", "Enforcement")}
    data |= {"Links": _check(given.get("Links") or {}), "CreationDate": call.now, "LastModifiedDate": call.now}
    settings.put(call.store, pool.id, _KIND, data, data["TermsId"])
    return {"Terms": data}


@operation("UpdateTerms", on=resources.pool)
def update_terms(call: Call) -> Data:
    """Change what is named of terms."""
    pool = pool_of(call)
    found = _named(call, pool)
    # These members are read by name: TermsName TermsSource Enforcement Links.
    changes = {name: call.input[name] for name in _CHANGEABLE if call.input.get(name) is not None}
    if changes.get("TermsName", found["TermsName"]) != found["TermsName"]:
        _check_new(call.store, pool.id, found["ClientId"], changes["TermsName"])
    data = {**found, **changes, "LastModifiedDate": call.now}
    _check(data["Links"])
    settings.put(call.store, pool.id, _KIND, data, data["TermsId"])
    return {"Terms": data}


@operation("DescribeTerms", on=resources.pool)
def describe_terms(call: Call) -> Data:
    """Terms by their id."""
    return {"Terms": _named(call, pool_of(call))}


@operation("DescribeTermsByClient", on=resources.pool)
def describe_terms_by_client(call: Call) -> Data:
    """The terms of a client by their name."""
    pool = pool_of(call)
    client = client_of(call, pool)
    for one in _of_client(call.store, pool.id, client.id):
        if one["TermsName"] == call.input["TermsName"]:
            return {"Terms": one}
    raise errors.NotFound(f"Terms {call.input['TermsName']} do not exist for client {client.id}.")


@operation("ListTerms", on=resources.pool)
def list_terms(call: Call) -> Data:
    """The terms of a pool's clients."""
    found = settings.listed(call.store, pool_of(call).id, _KIND)
    limit = call.input.get("MaxResults") or _PAGE
    chosen, token = page(found, [one["TermsId"] for one in found], limit, call.input.get("NextToken"))
    listed = [{name: one[name] for name in _LISTED} for one in chosen]
    return {"Terms": listed, **({"NextToken": token} if token else {})}


@operation("DeleteTerms", on=resources.pool)
def delete_terms(call: Call) -> Data:
    """Delete terms."""
    pool = pool_of(call)
    settings.remove(call.store, pool.id, _KIND, _named(call, pool)["TermsId"])
    return {}
