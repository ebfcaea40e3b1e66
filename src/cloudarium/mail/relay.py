"""On to a real mail server, where one is configured: CLOUDARIUM_SMTP_RELAY=smtp://user:password@host:587 (or smtps:).

Without it nothing leaves this machine.
"""

from __future__ import annotations

import smtplib
import ssl
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from cloudarium.mail.desk import Desk
from cloudarium.mail.records import Mail

_SECONDS = 30.0  # the other server has to answer within
_PORTS = {"smtp": 587, "smtps": 465}
_SIMULATOR = "@simulator.amazonses.com"
SETTING = "smtp_relay"


class BadRelay(ValueError):
    """The address of the server cannot be used; says why, without the password."""


class Later(Exception):
    """The server does not take the message now; says why."""


class Outcome(NamedTuple):
    """Whom the server refused, with its words: for good, and for now. All others have the message."""

    refused: dict[str, str]
    later: dict[str, str]


class Server(NamedTuple):
    """A mail server: `wrapped` by TLS from the first byte; else STARTTLS is used where it is offered."""

    host: str
    port: int
    user: str
    password: str
    wrapped: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def hand_over(self, source: str, recipients: list[str], raw: bytes) -> Outcome:
        """Give a message to the server. Raises Later when it takes it for nobody now."""
        try:
            with self._client() as client:
                if not self.wrapped and client.has_extn("starttls"):
                    client.starttls(context=ssl.create_default_context())
                    client.ehlo()
                if self.user:
                    client.login(self.user, self.password)
                return _judged(client.sendmail(source, recipients, raw))
        except smtplib.SMTPRecipientsRefused as error:
            return _judged(error.recipients)
        except smtplib.SMTPResponseException as error:
            words = error.smtp_error
            said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
            # Whether the server takes our password is a matter of the setting, not of the message.
            if isinstance(error, smtplib.SMTPAuthenticationError) or error.smtp_code < 500:
                raise Later(f"{error.smtp_code} {said}") from None
            return Outcome(dict.fromkeys(recipients, f"{error.smtp_code} {said}"), {})
        except (smtplib.SMTPException, OSError) as error:
            raise Later(str(error)) from None

    def _client(self) -> smtplib.SMTP:
        if self.wrapped:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_SECONDS, context=ssl.create_default_context())
        client = smtplib.SMTP(self.host, self.port, timeout=_SECONDS)
        client.ehlo()
        return client


def _judged(refused: dict[str, tuple[int, bytes]]) -> Outcome:
    said = {each: f"{code} {text.decode('utf-8', 'replace')}" for each, (code, text) in refused.items()}
    later = {each: words for each, words in said.items() if refused[each][0] < 500}
    return Outcome({each: words for each, words in said.items() if each not in later}, later)


def read(address: str) -> Server:
    """The server of a URL. Raises BadRelay."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise BadRelay(f"the address of the mail server cannot be read: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise BadRelay("the address of the mail server must be smtp://user:password@host:port, or smtps:")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname, port or _PORTS[parts.scheme], user, password, parts.scheme == "smtps")


def pass_on(desk: Desk, mail: Mail, recipients: tuple[str, ...]) -> None:
    """Leave a message for the configured server, if there is one; part of the present transaction."""
    to = [each for each in recipients if not each.lower().endswith(_SIMULATOR)] if desk.relays else []
    if to:
        payload = {"mail": mail.message_id, "recipients": to, "at": desk.now}
        desk.store.outbox.put("ses", "Relay", mail.scope, payload, desk.now, None, desk.trace)
