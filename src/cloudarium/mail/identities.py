"""Identities: addresses and domains that an account has proved to be its own, and what is known of each."""

from __future__ import annotations

from typing import Any, NamedTuple

from cloudarium.mail import addresses, dkim, records, sealing
from cloudarium.mail.desk import Data, Desk
from cloudarium.shared import ids
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

KIND = "identity"
PAGE = "/_cloudarium/mail/"
MOST = 10_000
_LINK_LIVES = 86400.0  # seconds until the link of a verification mail is no longer good
_RECORDS_SOUGHT = 72 * 3600.0  # how long SES looks for a domain's records
HOSTED_ZONE = "dkim.amazonses.com"


def normal(name: str) -> str:
    """The name under which an identity is kept: domains know no case."""
    return name if "@" in name else name.lower()


def find(desk: Desk, name: str) -> Data | None:
    """The data of an identity, None when there is none of that name."""
    return desk.get(KIND, normal(name))


def save(desk: Desk, name: str, data: Data) -> None:
    """Keep the data of an identity."""
    desk.put(KIND, normal(name), data)


def status(data: Data, now: float) -> str:
    """Pending, Success or Failed, as the first API writes it: nobody waits for a proof for ever."""
    return "Failed" if data["Status"] == "Pending" and now > data["Expires"] else str(data["Status"])


def dkim_status(data: Data, now: float) -> str:
    """The same for the records of DKIM; NotStarted without any."""
    signing = data.get("Dkim")
    if not signing:
        return "NotStarted"
    if signing["Status"] == "Pending" and now > signing["Expires"]:
        return "Failed"
    return str(signing["Status"])


def check_name(desk: Desk, name: str) -> None:
    """Raise when a text is neither address nor domain."""
    if "@" in name:
        try:
            fine = addresses.read(name).email == name
        except addresses.NoAddress:
            fine = False
        if not fine:
            raise desk.invalid(f"Invalid email address<{name[:320]}>.")
    elif not addresses.is_domain(name):
        raise desk.invalid(f"Invalid domain name {name[:320]}.")


def new_email(desk: Desk, name: str) -> Data:
    """Make an address identity, or ask its owner again, with a link in a mail that lands in the mail box."""
    check_name(desk, name)
    old = find(desk, name)
    if old is not None and old["Status"] == "Success":
        return old
    token = ids.token(48)
    data: Data = {"Forwarding": True, **(old or {}), "Type": "EmailAddress", "Status": "Pending"}
    data.update(Expires=desk.now + _LINK_LIVES, Link=token, Asked=desk.now, Redirects=None)
    save(desk, name, data)
    return data


def ask_again(desk: Desk, name: str, redirects: tuple[str, str]) -> Data:
    """Make an address identity that leads whoever opens its link on: to the first address, or where it failed."""
    data = {**new_email(desk, name), "Link": ids.token(48), "Redirects": list(redirects)}
    save(desk, name, data)
    return data


def redirect(store: Store, token: str, worked: bool) -> str:
    """Where the link of a custom verification mail leads on; "" for SES's own."""
    for _, _, data in records.everywhere(store, KIND):
        if data.get("Link") == token and data.get("Redirects"):
            return str(data["Redirects"][0 if worked else 1])
    return ""


def new_token() -> str:
    """A token for the TXT record that proves a domain."""
    return ids.secret(43) + "="


def new_domain(desk: Desk, name: str) -> Data:
    """Make a domain identity, or answer the one there is; its records prove it (see `dns`)."""
    check_name(desk, name)
    old = find(desk, name)
    if old is not None:
        return old
    data: Data = {
        "Type": "Domain", "Status": "Pending", "Expires": desk.now + _RECORDS_SOUGHT, "Token": new_token(),
        "Forwarding": True, "Asked": desk.now,
    }  # fmt: skip
    save(desk, name, data)
    return data


def with_easy_dkim(desk: Desk, data: Data, key: str, bits: int = 2048) -> Data:
    """The identity's data with SES's own DKIM; the first of the three tokens is the selector in use."""
    return {**data, "Dkim": _signing(desk, "AWS_SES", [ids.lower(32) for _ in range(3)], key, bits)}


def _signing(desk: Desk, origin: str, tokens: list[str], key: str, bits: int) -> Data:
    return {
        "Enabled": True, "Status": "Pending", "Origin": origin, "Expires": desk.now + _RECORDS_SOUGHT,
        "Tokens": tokens, "Sealed": sealing.seal(desk.store, desk.scope, tokens[0], key), "Record": dkim.record(key),
        "Bits": bits, "Made": desk.now,
    }  # fmt: skip


def with_own_dkim(desk: Desk, data: Data, selector: str, key: str) -> Data:
    """The identity's data with the user's own key and selector. Raises when the key is none."""
    try:
        bits = dkim.read_key(key).key_size
    except ValueError as error:
        raise desk.invalid("Private key is not valid. It must be an RSA key of 1024 to 2048 bits.") from error
    return {**data, "Dkim": _signing(desk, "EXTERNAL", [selector], key, bits)}


def listed(desk: Desk, kind: str | None = None, after: str = "") -> list[tuple[str, Data]]:
    """The identities behind a name, all or those of a type."""
    found = records.every(desk.store, desk.scope, KIND, after)
    return [each for each in found if kind is None or each[1]["Type"] == kind]


# ---- Proof -----------------------------------------------------------------------------------------------------------


class Owner(NamedTuple):
    """The one identity that a caller names by its ARN, in whose account it may be; the caller's policy is about it."""

    scope: Scope
    identity: str


def verified(desk: Desk, email: str, owner: Owner | None = None) -> str | None:
    """The name of the identity that lets mail go out from an address: itself, or its domain or one above it.

    With an owner it is that identity or none: who may use one has no right to the others of its account.
    """
    for name in covering(email):
        if owner is not None and name != owner.identity:
            continue
        data = records.get(desk.store, owner.scope if owner is not None else desk.scope, KIND, name)
        if data is not None and data["Status"] == "Success":
            return name
    return None


def covering(email: str) -> list[str]:
    """The names of the identities that could speak for an address, the nearest first."""
    names = [email, addresses.unlabelled(email)]
    domain = email.rpartition("@")[2].lower()
    while "." in domain:
        names.append(domain)
        domain = domain.partition(".")[2]
    return list(dict.fromkeys(names))


def owner_of(desk: Desk, email: str) -> str:
    """The identity that a mail from an address is judged by: the nearest there is, else the address itself."""
    for name in covering(email):
        if find(desk, name) is not None:
            return name
    return email


def default_set(desk: Desk, source: str, owner: Owner | None) -> str:
    """The configuration set of mail from an address that names none; "" without one."""
    try:
        email = addresses.read(source).email
    except addresses.NoAddress:
        return ""
    name = verified(desk, email, owner) if owner is None else None
    data = find(desk, name) if name else None
    return (data or {}).get("ConfigurationSet") or ""


def open_link(store: Store, token: str, now: float) -> tuple[str, str]:
    """Verify the address whose mail had this link; (address, how it ended: verified, expired or unknown)."""
    for scope, name, data in records.everywhere(store, KIND):
        if data.get("Link") and data["Link"] == token:
            if data["Status"] != "Success" and now > data["Expires"]:
                return name, "expired"
            records.put(store, scope, KIND, name, {**data, "Status": "Success", "Verified": now})
            return name, "verified"
    return "", "unknown"


def publish(store: Store, scope: Scope, name: str, now: float) -> bool:
    """Take a domain's records for found, as SES does when they are in the DNS; whether there is such a domain."""
    data = records.get(store, scope, KIND, normal(name))
    if data is None or data["Type"] != "Domain":
        return False
    data.update(Status="Success", Verified=now)
    for part in ("Dkim", "MailFrom"):
        if data.get(part):
            data[part]["Status"] = "Success"
    records.put(store, scope, KIND, normal(name), data)
    return True


def dns(name: str, data: Data, region: str) -> list[dict[str, str]]:
    """The records that prove a domain, its DKIM and its MAIL FROM, as `Type`, `Name`, `Value`."""
    found: list[dict[str, str]] = []

    def add(kind: str, owner: str, value: str) -> None:
        found.append({"Type": kind, "Name": owner, "Value": value})

    if data.get("Token"):
        add("TXT", f"_amazonses.{name}", data["Token"])
    signing: dict[str, Any] | None = data.get("Dkim")
    if signing and signing["Origin"] == "EXTERNAL":
        add("TXT", f"{signing['Tokens'][0]}._domainkey.{name}", _record(signing))
    elif signing:
        for token in signing["Tokens"]:
            add("CNAME", f"{token}._domainkey.{name}", f"{token}.{HOSTED_ZONE}")
        for token in signing["Tokens"]:  # what SES itself publishes at the other end
            add("TXT", f"{token}.{HOSTED_ZONE}", _record(signing))
    if data.get("MailFrom"):
        add("MX", data["MailFrom"]["Domain"], f"10 feedback-smtp.{region}.amazonses.com")
        add("TXT", data["MailFrom"]["Domain"], "v=spf1 include:amazonses.com ~all")
    return found


def _record(signing: Data) -> str:
    """The record of the public key; from the private one where that was made before it was kept sealed."""
    return str(signing.get("Record") or dkim.record(signing["Key"]))
