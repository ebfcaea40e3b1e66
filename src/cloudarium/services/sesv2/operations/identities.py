"""Identities: addresses and domains, their proof, DKIM, MAIL FROM, feedback and default configuration set."""

from __future__ import annotations

import asyncio
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.mail import dkim, identities, listing, records, sets, verification
from cloudarium.mail.desk import Desk
from cloudarium.services.sesv2 import errors, resources
from cloudarium.services.sesv2.operations import tags
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
_WORDS = {"Pending": "PENDING", "Success": "SUCCESS", "Failed": "FAILED", "NotStarted": "NOT_STARTED"}
_TYPES = {"EmailAddress": "EMAIL_ADDRESS", "Domain": "DOMAIN"}
_BITS = {"RSA_1024_BIT": 1024, "RSA_2048_BIT": 2048}
_BEHAVIOR = {"USE_DEFAULT_VALUE": "UseDefaultValue", "REJECT_MESSAGE": "RejectMessage"}


def found(desk: Desk, call: Call) -> Data:
    """The data of the identity that a call names. Raises when there is none."""
    data = identities.find(desk, call.input["EmailIdentity"])
    if data is None:
        raise errors.NotFound(f"Email identity {call.input['EmailIdentity'][:320]} does not exist.")
    return data


def _save(desk: Desk, call: Call, data: Data) -> Data:
    identities.save(desk, call.input["EmailIdentity"], data)
    return {}


def _dkim(data: Data, now: float) -> Data:
    signing = data.get("Dkim")
    if not signing:
        return {"SigningEnabled": False, "Status": "NOT_STARTED", "SigningAttributesOrigin": "AWS_SES"}
    shown: Data = {
        "SigningEnabled": signing["Enabled"],
        "Status": _WORDS[identities.dkim_status(data, now)],
        "Tokens": signing["Tokens"],
        "SigningAttributesOrigin": signing["Origin"],
    }
    if signing["Origin"] == "AWS_SES":
        length = f"RSA_{signing['Bits']}_BIT"
        shown |= {"NextSigningKeyLength": length, "CurrentSigningKeyLength": length}
        shown |= {"LastKeyGenerationTimestamp": signing["Made"], "SigningHostedZone": identities.HOSTED_ZONE}
    return shown


@operation("CreateEmailIdentity", on=resources.identity_and_set)
async def create_email_identity(call: Call) -> Data:
    """Make an address identity, and ask its owner by mail, or a domain with DKIM, whose records prove it."""
    desk, name = resources.desk(call), call.input["EmailIdentity"]
    identities.check_name(desk, name)
    _check_new(desk, call)
    wanted = tags.checked(desk, call.input.get("Tags"))
    key = "" if "@" in name else await _key(desk, call.input.get("DkimSigningAttributes") or {})
    with call.transaction():
        _check_new(desk, call)
        if "@" in name:
            if call.input.get("DkimSigningAttributes"):
                raise desk.invalid("DKIM signing attributes can only be given for a domain.")
            data = verification.ask(desk, name)
        else:
            fresh = identities.new_domain(desk, name)
            fresh["Token"] = ""  # the second API proves a domain by DKIM alone
            data = _with_dkim(desk, fresh, call.input.get("DkimSigningAttributes") or {}, key)
        if call.input.get("ConfigurationSetName"):
            data = {**data, "ConfigurationSet": call.input["ConfigurationSetName"]}
        _save(desk, call, data)
        call.tags.put(resources.identity(call), wanted)
    verified = data["Status"] == "Success"
    return {
        "IdentityType": _TYPES[data["Type"]],
        "VerifiedForSendingStatus": verified,
        "DkimAttributes": _dkim(data, call.now),
    }


def _check_new(desk: Desk, call: Call) -> None:
    name = call.input["EmailIdentity"]
    if identities.find(desk, name) is not None:
        raise errors.AlreadyExists(f"Email identity {name} already exist.")
    if call.input.get("ConfigurationSetName"):
        sets.find(desk, call.input["ConfigurationSetName"])


async def _key(desk: Desk, given: Data) -> str:
    """The key to sign with: the caller's own, or a new one, made beside the event loop."""
    if given.get("DomainSigningAttributesOrigin") not in (None, "AWS_SES", "EXTERNAL"):
        raise NotBuilt("sesv2: keys of another region (DomainSigningAttributesOrigin)")
    own = (given.get("DomainSigningSelector"), given.get("DomainSigningPrivateKey"))
    if any(own):
        if not all(own) or given.get("NextSigningKeyLength"):
            raise desk.invalid("Give both DomainSigningSelector and DomainSigningPrivateKey, and no key length.")
        return str(own[1])
    return await asyncio.to_thread(dkim.new_key, _BITS[given.get("NextSigningKeyLength") or "RSA_2048_BIT"])


def _with_dkim(desk: Desk, data: Data, given: Data, key: str) -> Data:
    if given.get("DomainSigningSelector"):
        return identities.with_own_dkim(desk, data, given["DomainSigningSelector"], key)
    return identities.with_easy_dkim(desk, data, key, _BITS[given.get("NextSigningKeyLength") or "RSA_2048_BIT"])


@operation("GetEmailIdentity", on=resources.identity)
def get_email_identity(call: Call) -> Data:
    """All that is known of an identity."""
    data = found(resources.desk(call), call)
    shown: Data = {
        "IdentityType": _TYPES[data["Type"]],
        "FeedbackForwardingStatus": data.get("Forwarding", True),
        "VerifiedForSendingStatus": data["Status"] == "Success",
        "VerificationStatus": _WORDS[identities.status(data, call.now)],
        "DkimAttributes": _dkim(data, call.now),
        "Policies": data.get("Policies", {}),
        "Tags": tags.shown(call, resources.identity(call)),
        "ConfigurationSetName": data.get("ConfigurationSet"),
        "VerificationInfo": {
            "LastSuccessTimestamp": data.get("Verified"),
            "LastCheckedTimestamp": data.get("Verified"),
        },
    }
    mail_from = data.get("MailFrom")
    behaviors = {newer: older for older, newer in _BEHAVIOR.items()}
    if mail_from:
        shown["MailFromAttributes"] = {
            "MailFromDomain": mail_from["Domain"],
            "MailFromDomainStatus": _WORDS[mail_from["Status"]],
            "BehaviorOnMxFailure": behaviors[mail_from["Behavior"]],
        }
    return shown


@operation("ListEmailIdentities", refuses=("Filter",))
def list_email_identities(call: Call) -> Data:
    """The identities, a page at a time."""
    desk = resources.desk(call)
    every = identities.listed(desk, None, listing.after(desk, call.input.get("NextToken")))
    page, token = listing.page(every, min(call.input.get("PageSize") or 1000, 1000))
    shown = [
        {
            "IdentityType": _TYPES[data["Type"]],
            "IdentityName": name,
            "SendingEnabled": data["Status"] == "Success",
            "VerificationStatus": _WORDS[identities.status(data, call.now)],
        }
        for name, data in page
    ]
    return {"EmailIdentities": shown, "NextToken": token}


@operation("DeleteEmailIdentity", on=resources.identity)
def delete_email_identity(call: Call) -> Data:
    """Delete an identity."""
    desk = resources.desk(call)
    found(desk, call)
    records.remove(desk.store, desk.scope, identities.KIND, identities.normal(call.input["EmailIdentity"]))
    call.tags.drop(resources.identity(call))
    return {}


# ---- Attributes ------------------------------------------------------------------------------------------------------


@operation("PutEmailIdentityDkimAttributes", on=resources.identity)
def put_email_identity_dkim_attributes(call: Call) -> Data:
    """Sign mail of an identity, or do not."""
    desk = resources.desk(call)
    data = found(desk, call)
    if not data.get("Dkim"):
        raise desk.invalid(f"Identity {call.input['EmailIdentity']} is not set up for DKIM signing.")
    data["Dkim"]["Enabled"] = bool(call.input.get("SigningEnabled"))
    return _save(desk, call, data)


@operation("PutEmailIdentityDkimSigningAttributes", on=resources.identity)
async def put_email_identity_dkim_signing_attributes(call: Call) -> Data:
    """Change to a key of the caller's own, or to one of SES's, whose records are to be published anew."""
    desk, given = resources.desk(call), call.input.get("SigningAttributes") or {}
    origin = call.input["SigningAttributesOrigin"]
    if origin not in ("AWS_SES", "EXTERNAL"):
        raise NotBuilt("sesv2: keys of another region (SigningAttributesOrigin)")
    if found(desk, call)["Type"] != "Domain":
        raise desk.invalid("DKIM signing attributes can only be given for a domain.")
    if (origin == "EXTERNAL") is not bool(given.get("DomainSigningSelector")):
        raise desk.invalid("A selector and a private key are given with the origin EXTERNAL, and with no other.")
    key = await _key(desk, given)
    with call.transaction():
        data = _with_dkim(desk, found(desk, call), given, key)
        _save(desk, call, data)
    shown = _dkim(data, call.now)
    return {
        "DkimStatus": shown["Status"],
        "DkimTokens": shown["Tokens"],
        "SigningHostedZone": shown.get("SigningHostedZone"),
    }


@operation("PutEmailIdentityFeedbackAttributes", on=resources.identity)
def put_email_identity_feedback_attributes(call: Call) -> Data:
    """Tell an identity's bounces and complaints by mail, or do not."""
    desk = resources.desk(call)
    return _save(desk, call, {**found(desk, call), "Forwarding": bool(call.input.get("EmailForwardingEnabled"))})


@operation("PutEmailIdentityMailFromAttributes", on=resources.identity)
def put_email_identity_mail_from_attributes(call: Call) -> Data:
    """Give an identity a MAIL FROM domain of its own, or take it away."""
    desk, name = resources.desk(call), call.input["EmailIdentity"]
    behavior = _BEHAVIOR[call.input.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"]
    domain = call.input.get("MailFromDomain")
    return _save(desk, call, verification.with_mail_from(desk, name, found(desk, call), domain, behavior))


@operation("PutEmailIdentityConfigurationSetAttributes", on=resources.identity_and_set)
def put_email_identity_configuration_set_attributes(call: Call) -> Data:
    """The configuration set of mail that names none, or none."""
    desk, name = resources.desk(call), call.input.get("ConfigurationSetName")
    data = found(desk, call)
    if name:
        sets.find(desk, name)
    return _save(desk, call, {**data, "ConfigurationSet": name})
