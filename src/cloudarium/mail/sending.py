"""Sending: who may send what to whom, what becomes of it, and the mail box where it lands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cloudarium.mail import (
    account,
    addresses,
    contacts,
    destinations,
    dkim,
    events,
    identities,
    measuring,
    message,
    notices,
    records,
    relay,
    signing,
    tracking,
)
from cloudarium.mail.addresses import Address
from cloudarium.mail.arrivals import pass_on
from cloudarium.mail.contacts import Subscription
from cloudarium.mail.desk import Data, Desk
from cloudarium.mail.dkim import Signer
from cloudarium.mail.events import Happening
from cloudarium.mail.heavy import Steps, work
from cloudarium.mail.identities import Owner
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

SIMULATOR = "simulator.amazonses.com"
SUPPRESSED = "suppressed"
MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Envelope:
    """Who sends to whom; `owner` is the identity that the caller names by its ARN, `subscription` the contact list."""

    source: Address
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    bcc: list[Address] = field(default_factory=list)
    reply_to: list[Address] = field(default_factory=list)
    return_path: str = ""
    return_owner: Owner | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)  # of the set's tracking, for this message
    configuration_set: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    owner: Owner | None = None
    subscription: Subscription | None = None

    @property
    def recipients(self) -> list[str]:
        """Every address that mail goes to, each once."""
        return list(dict.fromkeys(each.email for each in (*self.to, *self.cc, *self.bcc)))


def read_addresses(desk: Desk, texts: list[str] | None) -> list[Address]:
    """The addresses of a list. Raises in the API's words."""
    return [read_address(desk, text) for text in texts or ()]


def read_address(desk: Desk, text: str) -> Address:
    """One address. Raises in the API's words."""
    try:
        return addresses.read(text)
    except addresses.NoAddress as error:
        raise desk.invalid(str(error)) from error


def check(desk: Desk, envelope: Envelope) -> None:
    """Raise unless this envelope may be sent: sending is on, everybody is verified, the quotas hold."""
    recipients = envelope.recipients
    if not recipients:
        raise desk.invalid("Missing required header 'To'.")
    if len(recipients) > MOST_RECIPIENTS:
        raise desk.invalid("Recipient count exceeds 50.")
    state = account.state(desk)
    if not state["Sending"]:
        raise desk.error(desk.codes.account_paused, "Sending is paused for this account.")
    _check_set(desk, envelope.configuration_set)
    failed = [each for each in (envelope.source.email,) if identities.verified(desk, each, envelope.owner) is None]
    back = envelope.return_path
    owners = (envelope.owner, envelope.return_owner, None)
    if back and not any(identities.verified(desk, back, each) for each in owners):
        failed.append(back)
    if not state["Production"]:
        outside = (each for each in recipients if not each.lower().endswith("@" + SIMULATOR))
        failed += [each for each in outside if identities.verified(desk, each) is None]
    if failed:
        raise _unverified(desk, failed)
    account.check_quota(desk, len(recipients))


def check_source(desk: Desk, source: Address, owner: Owner | None) -> None:
    """Raise unless an address is verified to send from."""
    if identities.verified(desk, source.email, owner) is None:
        raise _unverified(desk, [source.email])


def _unverified(desk: Desk, failed: list[str]) -> AwsError:
    return AwsError(
        "Email address is not verified. The following identities failed the check in region"
        f" {desk.scope.region.upper()}: {', '.join(dict.fromkeys(failed))}",
        code="MessageRejected",
    )


def _check_set(desk: Desk, name: str) -> None:
    if not name:
        return
    found = desk.get("configuration-set", name)
    if found is None:
        raise desk.error(desk.codes.no_set, f"Configuration set <{name}> does not exist.", ConfigurationSetName=name)
    if not found.get("Sending", True):
        raise desk.error(
            desk.codes.set_paused, f"Sending is paused for the configuration set <{name}>.", ConfigurationSetName=name
        )


def check_size(desk: Desk, raw: bytes, limit: int) -> None:
    """Raise when a message is larger than the API takes."""
    if len(raw) > limit:
        raise desk.invalid(f"Message length is more than {limit} bytes long: '{len(raw)}'.")


def new_id(desk: Desk) -> str:
    """A message id as SES makes them: the region's number, the time in milliseconds, chance."""
    tail = ids.hex(16)
    return (
        f"0100{int(desk.now * 1000):012x}"[:16]
        + f"-{ids.hex(8)}-{tail[:4]}-{tail[4:8]}-{tail[8:12]}-{ids.hex(12)}-000000"
    )


class Finished(NamedTuple):
    """A message as it goes out, the links in it that are tracked, and whether it has a virus."""

    raw: bytes
    links: list[Data]
    infected: bool


def _finish(
    raw: bytes, marks: tracking.Marks | None, message_id: str, region: str, now: float, signers: list[Signer]
) -> Finished:
    raw, links = (raw, []) if marks is None else tracking.marked(raw, marks)
    raw = dkim.sign(message.finish(raw, message_id, region, now), signers, now)
    return Finished(raw, links, any(each in raw for each in _VIRUS))


def send(desk: Desk, envelope: Envelope, raw: bytes) -> Steps[str]:
    """Send a message that was checked: sign it, put it into the mail box, answer for the simulator; its id."""
    message_id = new_id(desk)
    chosen = desk.get("configuration-set", envelope.configuration_set) if envelope.configuration_set else None
    marks = tracking.marks(desk, message_id, chosen, envelope.subscription is not None, envelope.overrides)
    signers = signing.signers(desk.store, _place(desk, envelope), envelope.source.email)
    finished, links, infected = yield work(_finish, raw, marks, message_id, desk.scope.region, desk.now, signers)
    blob = yield work(desk.store.blobs.write_bytes, finished)
    fate = Fate("Reject", "Bad content") if infected else _fate(desk, envelope)
    records.add_send(
        desk.store, desk.scope, desk.now, len(envelope.recipients), len(fate.bounced), len(fate.complained),
        int(fate.status == "Reject"),
    )  # fmt: skip
    listed = list(envelope.subscription or ())
    more = {} if marks is None else {"Token": marks.token, "Links": links, "Subscription": listed}
    kept = _keep(desk, envelope, finished, message_id, fate, more, blob.id)
    happened = fate.happenings(desk.now)
    if desk.meter is not None:
        measuring.happened(desk.meter, desk.now, desk.scope, happened)
        measuring.reputation(desk.meter, desk.store, desk.now, desk.scope)
    destinations.tell(desk.store, desk.now, kept, finished, happened, desk.trace)
    notices.tell(desk, kept, finished, happened)
    pass_on(desk, kept, fate.reached, len(signers) > 1)  # the last is SES itself
    relay.pass_on(desk, kept, fate.reached)
    if fate.bounced or fate.complained or fate.away:
        _feed_back(desk, envelope, message_id, fate)
    return message_id


def fail_rendering(desk: Desk, envelope: Envelope, template: str, reason: str) -> str:
    """Take a templated message that cannot be rendered: SES accepts it, and nobody gets it; its id."""
    message_id = new_id(desk)
    raw = message.build(
        message.Content("", f"Not sent: {reason}\n"), envelope.source, envelope.to, envelope.cc, envelope.reply_to
    )
    finished = message.finish(raw, message_id, desk.scope.region, desk.now)
    kept = _keep(desk, envelope, finished, message_id, Fate("RenderingFailure", reason))
    failed = Happening("RENDERING_FAILURE", {"templateName": template, "errorMessage": reason})
    destinations.tell(desk.store, desk.now, kept, finished, [failed], desk.trace)
    if desk.meter is not None:
        measuring.happened(desk.meter, desk.now, desk.scope, [failed])
    return message_id


def post(desk: Desk, source: str, to: list[str], content: message.Content, operation: str) -> str:
    """Put a mail into the mail box that one of the cloud's own services sends: no identity, no quota; its id."""
    sender, receivers = addresses.read(source), [addresses.read(each) for each in to]
    return post_raw(desk, source, to, message.build(content, sender, receivers, [], []), operation)


def post_raw(desk: Desk, source: str, to: list[str], raw: bytes, operation: str) -> str:
    """The same for a message that is made already."""
    envelope = Envelope(addresses.read(source), [addresses.read(each) for each in to], operation=operation)
    message_id = new_id(desk)
    finished = message.finish(raw, message_id, desk.scope.region, desk.now)
    kept = _keep(desk, envelope, finished, message_id, Fate("Delivery"))
    relay.pass_on(desk, kept, tuple(to))
    return message_id


def bounce(desk: Desk, mail: records.Mail, raw: bytes, failed: dict[str, str]) -> None:
    """A real mail server has refused a message for some recipients, with these words: everybody who asked is told."""
    said = "; ".join(dict.fromkeys(failed.values()))
    records.change_mail(desk.store, mail._replace(data={**mail.data, "Status": "Bounce", "Reason": said}))
    happened = [Happening("BOUNCE", events.bounce(tuple(failed), "General", desk.now))]
    if desk.meter is not None:
        measuring.happened(desk.meter, desk.now, desk.scope, happened)
    destinations.tell(desk.store, desk.now, mail, raw, happened, desk.trace)
    notices.tell(desk, mail, raw, happened)
    if mail.data["Operation"] in REPORTS:  # a report is not answered by another one
        return
    listed = "\n".join(f"{each}: {words}" for each, words in failed.items())
    text = f"An error occurred while trying to deliver the mail to the following recipients:\n{listed}\n"
    content = message.Content("Delivery Status Notification (Failure)", text)
    post(desk, "MAILER-DAEMON@amazonses.com", [mail.data["ReturnPath"]], content, "bounce notification")


REPORTS = frozenset({"bounce notification", "complaint notification", "bounce action", "SendBounce", "automatic reply"})


# ---- What becomes of it ----------------------------------------------------------------------------------------------


class Fate(NamedTuple):
    """What became of a message, and of which recipients: `suppressed` maps those who got none to the reason."""

    status: str
    reason: str = ""
    bounced: tuple[str, ...] = ()
    complained: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    suppressed: Mapping[str, str] = {}
    reached: tuple[str, ...] = ()

    def happenings(self, now: float) -> list[Happening]:
        """The same as events, in the order in which they happen."""
        found = [Happening("SEND", {})]
        if self.status == "Reject":
            return [*found, Happening("REJECT", {"reason": self.reason})]
        subtypes = {each: self.suppressed.get(each, "General") for each in self.bounced}
        for subtype in dict.fromkeys(subtypes.values()):
            whom = tuple(each for each in self.bounced if subtypes[each] == subtype)
            found.append(Happening("BOUNCE", events.bounce(whom, subtype, now)))
        if self.reached:
            found.append(Happening("DELIVERY", events.delivery(self.reached, now)))
        if self.complained:
            found.append(Happening("COMPLAINT", events.complaint(self.complained, now)))
        return found


# The test file of virus scanners: as it is, and as base64 shows its beginning.
_VIRUS = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR", b"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FS")


def _fate(desk: Desk, envelope: Envelope) -> Fate:
    bounced, complained, away, suppressed, why = [], [], [], {}, ""
    for each in envelope.recipients:
        simulated = _simulated(each)
        if _is_suppressed(desk, envelope, each) or simulated == "suppressionlist":
            bounced.append(each)
            suppressed[each] = "Suppressed" if simulated == "suppressionlist" else "OnAccountSuppressionList"
            why = f"{each} is on the suppression list"
        elif envelope.subscription and not contacts.wants(desk.store, desk.scope, envelope.subscription, each):
            bounced.append(each)
            suppressed[each] = "UnsubscribedRecipient"
            why = f"{each} has unsubscribed"
        elif simulated == "bounce":
            bounced.append(each)
            why = "smtp; 550 5.1.1 user unknown"
        elif simulated == "complaint":
            complained.append(each)
        elif simulated == "ooto":
            away.append(each)
    status = "Bounce" if bounced else "Complaint" if complained else "Delivery"
    reached = tuple(each for each in envelope.recipients if each not in bounced)
    return Fate(status, why, tuple(bounced), tuple(complained), tuple(away), suppressed, reached)


def _simulated(email: str) -> str:
    local, _, domain = email.lower().rpartition("@")
    return local.partition("+")[0] if domain == SIMULATOR else ""


def _is_suppressed(desk: Desk, envelope: Envelope, email: str) -> bool:
    entry = desk.get(SUPPRESSED, email.lower())
    if entry is None:
        return False
    reasons = account.state(desk)["Reasons"]
    chosen = desk.get("configuration-set", envelope.configuration_set) if envelope.configuration_set else None
    if chosen is not None and chosen.get("Reasons") is not None:
        reasons = chosen["Reasons"]
    return entry["Reason"] in reasons


def _place(desk: Desk, envelope: Envelope) -> Scope:
    """Where the sender's identity lives."""
    return envelope.owner.scope if envelope.owner is not None else desk.scope


def _keep(
    desk: Desk, envelope: Envelope, raw: bytes, message_id: str, fate: Fate, more: Data | None = None, blob: str = ""
) -> records.Mail:
    subject = " ".join(message.header(raw, "Subject"))
    data: Data = {
        "Status": fate.status, "Reason": fate.reason, "ConfigurationSet": envelope.configuration_set,
        "Tags": envelope.tags, "Operation": envelope.operation, "Bounced": fate.bounced,
        "ReturnPath": envelope.return_path or envelope.source.email,
        "To": [each.email for each in envelope.to], "Cc": [each.email for each in envelope.cc],
        "Bcc": [each.email for each in envelope.bcc],
        "SourceArn": _source_arn(desk, envelope), "Automatic": _automatic(desk, envelope),
        **(more or {}),
    }  # fmt: skip
    new = records.Mail(
        0,
        "",
        "",
        message_id,
        desk.now,
        envelope.source.header(),
        message.decoded(subject),
        envelope.recipients,
        blob,
        data,
    )
    new = new._replace(account=desk.scope.account, region=desk.scope.region)
    records.add_mail(desk.store, desk.scope, new, raw)
    return new


def _source_arn(desk: Desk, envelope: Envelope) -> str:
    name = identities.verified(desk, envelope.source.email, envelope.owner) or envelope.source.email
    return arns.make("ses", _place(desk, envelope), f"identity/{name}")


def _automatic(desk: Desk, envelope: Envelope) -> dict[str, str]:
    """The tags that SES gives to every message."""
    found = {
        "ses:operation": envelope.operation, "ses:configuration-set": envelope.configuration_set,
        "ses:source-ip": desk.peer, "ses:from-domain": envelope.source.domain, "ses:caller-identity": desk.caller,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _feed_back(desk: Desk, envelope: Envelope, message_id: str, fate: Fate) -> None:
    """Tell the sender by mail of bounces and complaints, and let the simulator's absent one answer."""
    owner = identities.verified(desk, envelope.source.email, envelope.owner) or ""
    data = records.get(desk.store, _place(desk, envelope), identities.KIND, owner)
    to = [envelope.return_path or envelope.source.email]
    if data is None or data.get("Forwarding", True):
        if fate.bounced:
            failed = "\n".join(fate.bounced)
            text = f"An error occurred while trying to deliver the mail to the following recipients:\n{failed}\n"
            content = message.Content("Delivery Status Notification (Failure)", f"{text}\n{fate.reason}\n")
            post(desk, "MAILER-DAEMON@amazonses.com", to, content, "bounce notification")
        if fate.complained:
            text = f"This is an email abuse report for the message {message_id} to {', '.join(fate.complained)}.\n"
            host = f"complaints@{desk.scope.region}.email-abuse.amazonses.com"
            post(desk, host, to, message.Content("Complaint about a message of yours", text), "complaint notification")
    for each in fate.away:
        content = message.Content("Out of the office", "This is an automatic reply: the recipient is away.\n")
        post(desk, each, to, content, "automatic reply")
