"""Whose signatures a message goes out with: its domain's, and SES's own."""

from __future__ import annotations

from cloudarium.mail import dkim, identities, records, sealing
from cloudarium.mail.desk import Data
from cloudarium.mail.dkim import Signer
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

SES = "amazonses.com"
_OWN = "service-key"
_NOWHERE = Scope("", "")  # SES's own key is nobody's
_OWN_BITS = 1024  # what SES signs with itself; made in about 20 ms, once in a store's life


def own(store: Store) -> Data:
    """SES's own key: {Tokens, Sealed, Record}; it is made when the first message goes out."""
    found = records.get(store, _NOWHERE, _OWN, SES)
    if found is None:
        key, selector = dkim.new_key(_OWN_BITS), ids.lower(32)
        sealed = sealing.seal(store, _NOWHERE, selector, key)
        found = {"Tokens": [selector], "Sealed": sealed, "Record": dkim.record(key)}
        records.put(store, _NOWHERE, _OWN, SES, found)
    return found


def own_record(store: Store) -> dict[str, str] | None:
    """The DNS record of SES's own key, None before there is one."""
    found = records.get(store, _NOWHERE, _OWN, SES)
    if found is None:
        return None
    return {"Type": "TXT", "Name": f"{found['Tokens'][0]}._domainkey.{SES}", "Value": found["Record"]}


def signers(store: Store, scope: Scope, source: str) -> list[Signer]:
    """Who signs mail from an address: its domain, if its DKIM is on and its records are there, and SES itself last.

    `scope` is where the sender's identity lives.
    """
    found = []
    for name in identities.covering(source):
        data = records.get(store, scope, identities.KIND, name)
        signing = data.get("Dkim") if data is not None else None
        if signing and signing["Enabled"] and signing["Status"] == "Success":
            found.append(Signer(name, signing["Tokens"][0], sealing.opened(store, scope, signing)))
            break
    kept = own(store)
    return [*found, Signer(SES, kept["Tokens"][0], sealing.opened(store, _NOWHERE, kept))]
