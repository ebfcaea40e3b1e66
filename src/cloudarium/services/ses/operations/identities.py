"""Identities: addresses and domains, their proof, DKIM and MAIL FROM."""

from __future__ import annotations

import asyncio
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import dkim, identities, listing, records, verification
from cloudarium.mail.desk import Desk
from cloudarium.services.ses import resources

Data = dict[str, Any]


@operation("VerifyEmailIdentity")
def verify_email_identity(call: Call) -> Data:
    """Ask the owner of an address, by a mail with a link, whether it is his."""
    verification.ask(resources.desk(call), call.input["EmailAddress"])
    return {}


@operation("VerifyEmailAddress")
def verify_email_address(call: Call) -> Data:
    """The same by its older name."""
    return verify_email_identity(call)


@operation("VerifyDomainIdentity")
def verify_domain_identity(call: Call) -> Data:
    """Make a domain identity; the token belongs into a TXT record of it."""
    desk, name = resources.desk(call), call.input["Domain"]
    found = identities.new_domain(desk, name)
    if not found.get("Token"):  # made by the second API, which proves a domain by DKIM alone
        found = {**found, "Token": identities.new_token()}
        identities.save(desk, name, found)
    return {"VerificationToken": found["Token"]}


@operation("VerifyDomainDkim")
async def verify_domain_dkim(call: Call) -> Data:
    """Give a domain the three tokens of Easy DKIM; they belong into CNAME records of it."""
    desk, name = resources.desk(call), call.input["Domain"]
    identities.check_name(desk, name)
    found = identities.find(desk, name)
    if found is None or not found.get("Dkim"):
        key = await asyncio.to_thread(dkim.new_key)
        with call.transaction():
            found = identities.new_domain(desk, name)
            if not found.get("Dkim"):
                found = identities.with_easy_dkim(desk, found, key)
                identities.save(desk, name, found)
    return {"DkimTokens": found["Dkim"]["Tokens"]}


@operation("DeleteIdentity")
def delete_identity(call: Call) -> Data:
    """Delete an identity; one that is not there is no error."""
    desk, name = resources.desk(call), identities.normal(call.input["Identity"])
    records.remove(desk.store, desk.scope, identities.KIND, name)
    call.tags.drop(resources.identity_arn(call, name))
    return {}


@operation("DeleteVerifiedEmailAddress")
def delete_verified_email_address(call: Call) -> Data:
    """The same for an address by its older name."""
    desk, name = resources.desk(call), call.input["EmailAddress"]
    records.remove(desk.store, desk.scope, identities.KIND, name)
    call.tags.drop(resources.identity_arn(call, name))
    return {}


@operation("ListIdentities")
def list_identities(call: Call) -> Data:
    """The names of identities, all or those of a type, a page at a time."""
    desk = resources.desk(call)
    after = listing.after(desk, call.input.get("NextToken"))
    found = identities.listed(desk, call.input.get("IdentityType"), after)
    page, token = listing.page(found, min(call.input.get("MaxItems") or 1000, 1000))
    return {"Identities": [name for name, _ in page], "NextToken": token}


@operation("ListVerifiedEmailAddresses")
def list_verified_email_addresses(call: Call) -> Data:
    """The verified addresses."""
    found = identities.listed(resources.desk(call), "EmailAddress")
    return {"VerifiedEmailAddresses": [name for name, data in found if data["Status"] == "Success"]}


def _of_each(call: Call) -> list[tuple[str, Data]]:
    desk = resources.desk(call)
    named = ((name, identities.find(desk, name)) for name in dict.fromkeys(call.input["Identities"]))
    return [(name, data) for name, data in named if data is not None]


@operation("GetIdentityVerificationAttributes")
def get_identity_verification_attributes(call: Call) -> Data:
    """How the proof of identities stands; unknown ones are left out."""
    found = {}
    for name, data in _of_each(call):
        found[name] = {"VerificationStatus": identities.status(data, call.now), "VerificationToken": data.get("Token")}
    return {"VerificationAttributes": found}


@operation("GetIdentityDkimAttributes")
def get_identity_dkim_attributes(call: Call) -> Data:
    """How DKIM of identities stands."""
    found = {}
    for name, data in _of_each(call):
        signing = data.get("Dkim") or {}
        found[name] = {
            "DkimEnabled": signing.get("Enabled", False),
            "DkimVerificationStatus": identities.dkim_status(data, call.now),
            "DkimTokens": signing.get("Tokens") if signing.get("Origin") == "AWS_SES" else None,
        }
    return {"DkimAttributes": found}


@operation("GetIdentityMailFromDomainAttributes")
def get_identity_mail_from_domain_attributes(call: Call) -> Data:
    """The custom MAIL FROM domains of identities."""
    found = {}
    for name, data in _of_each(call):
        mail_from = data.get("MailFrom")
        if mail_from:
            found[name] = {
                "MailFromDomain": mail_from["Domain"],
                "MailFromDomainStatus": mail_from["Status"],
                "BehaviorOnMXFailure": mail_from["Behavior"],
            }
    return {"MailFromDomainAttributes": found}


def _change(call: Call, name: str) -> tuple[Desk, Data]:
    desk = resources.desk(call)
    found = identities.find(desk, name)
    if found is None:
        raise desk.invalid(f"Identity {name[:320]} does not exist.")
    return desk, found


@operation("SetIdentityDkimEnabled")
def set_identity_dkim_enabled(call: Call) -> Data:
    """Sign mail of an identity, or do not."""
    name = call.input["Identity"]
    desk, found = _change(call, name)
    if not found.get("Dkim"):
        raise desk.invalid(f"Identity {name} is not verified for DKIM signing.")
    found["Dkim"]["Enabled"] = call.input["DkimEnabled"]
    identities.save(desk, name, found)
    return {}


@operation("SetIdentityMailFromDomain")
def set_identity_mail_from_domain(call: Call) -> Data:
    """Give an identity a MAIL FROM domain of its own, or take it away."""
    name = call.input["Identity"]
    desk, found = _change(call, name)
    behavior = call.input.get("BehaviorOnMXFailure") or "UseDefaultValue"
    identities.save(
        desk, name, verification.with_mail_from(desk, name, found, call.input.get("MailFromDomain"), behavior)
    )
    return {}
