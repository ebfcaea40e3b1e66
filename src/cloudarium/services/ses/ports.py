"""The ports of mail: submission with SMTP credentials (STARTTLS, or TLS at once), and the door of mail from outside."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from uvicorn.server import ServerState

from cloudarium import model
from cloudarium.cloud import Cloud
from cloudarium.gateway import pipeline
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.rooms import room
from cloudarium.gateway.tls import Secured
from cloudarium.mail import message
from cloudarium.mail.smtp.credentials import region_of
from cloudarium.mail.smtp.session import Session
from cloudarium.mail.smtp.wire import Wire
from cloudarium.policy.principal import Credential
from cloudarium.services.ses import receipts, receiving, rules
from cloudarium.shared.errors import AccessDenied, AwsError
from cloudarium.shared.scope import Scope, scope_of

_MOST_AT_ONCE = 50
_SERVICE, _OPERATION = "ses", "SendRawEmail"


def smtp(cloud: Cloud) -> asyncio.Protocol:
    """Submission, as at ports 25, 587 and 2587 of email-smtp: AUTH after STARTTLS."""
    return _wire(cloud, Submission)


def smtps(cloud: Cloud) -> asyncio.Protocol:
    """Submission, as at ports 465 and 2465: TLS before the first word."""
    return _secured(cloud, lambda: _wire(cloud, Submission))


def inbound_smtp(cloud: Cloud) -> asyncio.Protocol:
    """Mail from outside, as at port 25 of inbound-smtp: nobody logs in, and receipt rules say for whom it is taken."""
    return _wire(cloud, Inbound)


def _wire(cloud: Cloud, kind: Callable[[Cloud, Wire], Session]) -> Wire:
    return Wire(lambda wire: _bounded(cloud, wire, kind), lambda make: _secured(cloud, make))


def _secured(cloud: Cloud, make: Callable[[], Wire]) -> Secured:
    return Secured(make, ServerState(), _context(cloud))


def _context(cloud: Cloud) -> ssl.SSLContext:
    """The settings of TLS, made when somebody first wants it."""
    known: ssl.SSLContext | None = cloud.keep.get("smtp certificate")
    if known is None:
        assert cloud.certificate is not None
        known = cloud.keep["smtp certificate"] = cloud.certificate()
    return known


async def _bounded(cloud: Cloud, wire: Wire, kind: Callable[[Cloud, Wire], Session]) -> None:
    there = cloud.keep.setdefault("smtp clients", set())
    if len(there) >= _MOST_AT_ONCE:
        await wire.say("421 Too many concurrent SMTP connections")
        return
    there.add(wire)
    try:
        await kind(cloud, wire).converse()
    finally:
        there.discard(wire)


class Submission(Session):
    """Mail of a user with SMTP credentials: each message is a SendRawEmail of that user, and is judged as one."""

    authenticates = True
    host = "email-smtp.amazonaws.com"

    def __init__(self, cloud: Cloud, wire: Wire) -> None:
        super().__init__(wire)
        self._cloud = cloud
        self._region = ""

    def may_login(self, user: str, password: str) -> bool:
        """Whether the password was derived from the user's secret, for whichever region; temporary keys have none."""
        found = self._credential(user)
        region = region_of(found.secret if found is not None else "", password)
        if found is None or region is None:
            return False
        self._region = region
        return True

    def _credential(self, user: str) -> Credential | None:
        found: Credential | None = self._cloud.directory.credential(user)
        usable = found is not None and found.status == "Active" and found.token is None
        return found if usable else None

    async def take(self, data: bytes) -> str:
        """Send a message; the reply has its id, or says why not."""
        found = self._credential(self.user)  # the key may be gone since the client logged in
        if found is None:
            return "535 Authentication Credentials Invalid"
        call = self._call(found, data)
        try:
            await pipeline.deliver(call)
        except AwsError as error:
            return _reply(call, error)
        return f"250 Ok {(call.output or {})['MessageId']}"

    def _call(self, found: Credential, data: bytes) -> Call:
        headers = {"user-agent": "SMTP", "content-length": str(len(data))}
        call = Call(self._cloud, HttpRequest("SMTP", "/", headers=headers, peer=self.wire.peer, scheme="https"))
        call.service, call.operation_name, call.protocol = _SERVICE, _OPERATION, "smtp"
        call.room, call.operation = room(_SERVICE), model.service(_SERVICE).operations[_OPERATION]
        assert call.room is not None
        call.handler = call.room.handlers[_OPERATION]
        call.principal, call.access_key, call.signed = found.principal, self.user, True
        call.scope = scope_of(found.principal.account, self._region)
        call.input = {"Source": self.sender, "Destinations": list(self.recipients), "RawMessage": {"Data": data}}
        return call


_THROTTLED = frozenset({"Throttling", "LimitExceeded"})
_REJECTED = frozenset(
    {"MessageRejected", "AccountSendingPausedException", "ConfigurationSetSendingPausedException",
     "MailFromDomainNotVerifiedException"}
)  # fmt: skip


def _reply(call: Call, error: AwsError) -> str:
    """A refusal in SES's words: https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html"""
    said = " ".join(error.message.split())[:900]
    if isinstance(error, AccessDenied):
        if not call.decisions:
            return "554 Access denied"
        asked = call.decisions[-1]
        return f"554 Access denied: User `{asked.principal.arn}' is not authorized to perform `{asked.action}' on resource `{asked.resource}'"  # noqa: E501
    if error.code in _THROTTLED:
        return f"454 Throttling failure: {said}"
    if error.code in _REJECTED:
        return f"554 Message rejected: {said}"
    if (error.status or 400) >= 500 and error.code != "NotImplemented":
        return "451 Temporary service failure."
    return f"554 Transaction failed: {said}"


class Inbound(Session):
    """Mail from outside for the recipients of active receipt rules."""

    host = "inbound-smtp.amazonaws.com"

    def __init__(self, cloud: Cloud, wire: Wire) -> None:
        super().__init__(wire)
        self._cloud = cloud

    def may_receive(self, address: str) -> str | None:
        """Why mail for an address is not taken: nobody receives it, its sender is blocked, or it must come by TLS."""
        store = self._cloud.store
        scope = receipts.receiver(store, address)
        found = receipts.matching(store, scope, [address]) if scope is not None else []
        if scope is None or not found:
            return "550 5.1.1 Requested action not taken: mailbox unavailable"
        if not rules.lets_in(receipts.filters(store, scope), self.wire.peer):
            return "550 5.7.1 Requested action not taken: the sender's address is blocked"
        if not self.wire.secure and any(each.rule["TlsPolicy"] == "Require" for each in found):
            return "530 5.7.0 Must issue a STARTTLS command first"
        return None

    async def take(self, data: bytes) -> str:
        """Take a message in for whoever receives for its recipients."""
        raw = await asyncio.to_thread(message.lines, data)
        cloud, now = self._cloud, self._cloud.clock.now()
        places: dict[Scope, list[str]] = {}
        for each in self.recipients:
            scope = receipts.receiver(cloud.store, each)
            if scope is not None:
                places.setdefault(scope, []).append(each)
        taken = []
        with cloud.store.transaction():
            for scope, recipients in places.items():
                how = receiving.Arrival(self.sender or "", recipients, self.wire.peer, self.helo)
                taken.append(receiving.take(cloud.store, scope, now, "", how, raw))
        if not taken:  # the rules were changed between the recipient's address and the message
            return "550 5.1.1 Requested action not taken: mailbox unavailable"
        return f"250 OK {taken[0]}"
