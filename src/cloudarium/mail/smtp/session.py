"""The conversation of SMTP (RFC 5321, 3207 and 4954): which command may follow which, and SES's words for the rest."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable

from cloudarium.mail import addresses
from cloudarium.mail.smtp.wire import TooLong, Wire

MOST_RECIPIENTS = 50
_MOST_MISTAKES = 20  # commands that make no sense, and passwords that are wrong, of one client
_PATH = re.compile(r"(FROM|TO):\s*(?:<([^<>]{0,320})>|([^<>\s]{1,320}))((?:\s+\S+)*)\s*", re.I)
_BAD_SEQUENCE = "503 Bad sequence of commands"
_NO_TLS = "530 Must issue a STARTTLS command first"
_WRONG = "535 Authentication Credentials Invalid"


class Session:
    """One client's conversation. What a kind of server decides is in the methods that begin with `may_` or `take`.

    `authenticates`: nobody sends without a password, nor before STARTTLS. `limit` bounds a message in bytes.
    """

    host = "localhost"
    limit = 40 * 1024 * 1024
    authenticates = False

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.helo = ""
        self.user = ""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self._mistakes = 0

    # ---- What a kind of server decides ------------------------------------------------------------------------------

    def may_login(self, user: str, password: str) -> bool:
        """Whether this is the password of that user."""
        raise NotImplementedError

    def may_receive(self, address: str) -> str | None:
        """Why a recipient is refused, as a reply; None when it is not."""
        return None

    async def take(self, data: bytes) -> str:
        """The reply to a whole message from `sender` to `recipients`."""
        raise NotImplementedError

    # ---- The conversation -------------------------------------------------------------------------------------------

    async def converse(self) -> None:
        """Speak with the client until it leaves."""
        await self.wire.say(f"220 {self.host} ESMTP SimpleEmailService-d")
        while self._mistakes < _MOST_MISTAKES:
            try:
                line = (await self.wire.line()).decode("utf-8", "replace")
            except TooLong:
                await self.wire.say("500 Line too long")
                return
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                await self.wire.say("221 Bye")
                return
            verbs = self._verbs()
            answer = verbs.get(verb.upper())
            if answer is None:
                await self._mistaken("502 Command not implemented")
            else:
                await answer(rest.strip())
        await self.wire.say("421 Too many errors on this connection")

    def _verbs(self) -> dict[str, Callable[[str], Awaitable[None]]]:
        return {
            "EHLO": self._ehlo, "HELO": self._helo, "STARTTLS": self._starttls, "AUTH": self._auth, "MAIL": self._mail,
            "RCPT": self._rcpt, "DATA": self._data, "RSET": self._rset, "NOOP": self._noop, "VRFY": self._vrfy,
        }  # fmt: skip

    async def _mistaken(self, reply: str) -> None:
        self._mistakes += 1
        await self.wire.say(reply)

    def _reset(self) -> None:
        self.sender, self.recipients = None, []

    async def _ehlo(self, rest: str) -> None:
        if not rest:
            await self._mistaken("501 Syntax: EHLO hostname")
            return
        self.helo = rest[:255]
        self._reset()
        extensions = ["8BITMIME", f"SIZE {self.limit}"]
        if not self.wire.secure:
            extensions.append("STARTTLS")
        if self.authenticates:
            extensions.append("AUTH PLAIN LOGIN")
        await self.wire.say(f"250-{self.host}", *(f"250-{each}" for each in extensions), "250 Ok")

    async def _helo(self, rest: str) -> None:
        if not rest:
            await self._mistaken("501 Syntax: HELO hostname")
            return
        self.helo = rest[:255]
        self._reset()
        await self.wire.say(f"250 {self.host}")

    async def _starttls(self, rest: str) -> None:
        if rest:
            await self._mistaken("501 Syntax: STARTTLS")
        elif self.wire.secure:
            await self._mistaken("503 TLS is already active")
        else:
            await self.wire.say("220 Ready to start TLS")
            await self.wire.start_tls()
            self.helo, self.user = "", ""  # what was said in the clear is forgotten (RFC 3207, section 4.2)
            self._reset()

    async def _noop(self, rest: str) -> None:
        await self.wire.say("250 Ok")

    async def _rset(self, rest: str) -> None:
        self._reset()
        await self.wire.say("250 Ok")

    async def _vrfy(self, rest: str) -> None:
        await self.wire.say("252 Cannot VRFY user")

    # ---- Who ---------------------------------------------------------------------------------------------------------

    async def _auth(self, rest: str) -> None:
        if not self.authenticates:
            await self._mistaken("502 Command not implemented")
        elif not self.wire.secure:
            await self._mistaken(_NO_TLS)
        elif not self.helo or self.user or self.sender is not None:
            await self._mistaken(_BAD_SEQUENCE)
        else:
            await self._login(rest)

    async def _login(self, rest: str) -> None:
        kind, _, first = rest.partition(" ")
        try:
            if kind.upper() == "PLAIN":
                given = await self._answer(first, "")
                _, user, password = given.split("\0")
            elif kind.upper() == "LOGIN":
                user = await self._answer(first, "VXNlcm5hbWU6")  # Username:
                password = await self._answer("", "UGFzc3dvcmQ6")  # Password:
            else:
                await self._mistaken("504 Unrecognized authentication type")
                return
        except Cancelled:
            await self._mistaken("501 Authentication cancelled")
            return
        except ValueError:
            await self._mistaken(_WRONG)
            return
        if not self.may_login(user, password):
            self._mistakes += 4  # whoever guesses gets few tries
            await self.wire.say(_WRONG)
            return
        self.user = user
        await self.wire.say("235 Authentication successful.")

    async def _answer(self, given: str, challenge: str) -> str:
        """What the client answers to a challenge, unless it was given with the command. Raises ValueError."""
        if not given:
            await self.wire.say(f"334 {challenge}")
            try:
                given = (await self.wire.line()).decode("ascii")
            except TooLong as error:
                raise ValueError from error
            if given.strip() == "*":
                raise Cancelled
        try:
            return base64.b64decode("" if given == "=" else given, validate=True).decode()
        except binascii.Error as error:
            raise ValueError from error

    # ---- From whom, to whom, what ------------------------------------------------------------------------------------

    async def _mail(self, rest: str) -> None:
        if self.authenticates and not self.wire.secure:
            await self._mistaken(_NO_TLS)
        elif self.authenticates and not self.user:
            await self._mistaken("530 Authentication required")
        elif not self.helo or self.sender is not None:
            await self._mistaken(_BAD_SEQUENCE)
        else:
            await self._mail_from(rest)

    async def _mail_from(self, rest: str) -> None:
        address, options = _path(rest, "FROM")
        if address is None or not (addresses.is_address(address) or (address == "" and not self.authenticates)):
            await self._mistaken("501 Invalid MAIL FROM address provided")
            return
        for option in options.split():
            name, _, value = option.upper().partition("=")
            if name == "SIZE" and value.isdecimal():
                if int(value[:20]) > self.limit:
                    await self.wire.say("552 Message is too long.")
                    return
            elif name != "AUTH" and (name, value) not in (("BODY", "8BITMIME"), ("BODY", "7BIT")):
                await self._mistaken(f"555 Unsupported option: {option[:50]}")
                return
        self.sender = address
        await self.wire.say("250 Ok")

    async def _rcpt(self, rest: str) -> None:
        address, options = _path(rest, "TO")
        if self.sender is None:
            await self._mistaken(_BAD_SEQUENCE)
        elif address is None or not addresses.is_address(address):
            await self._mistaken("501 Invalid RCPT TO address provided")
        elif options:
            await self._mistaken(f"555 Unsupported option: {options.split()[0][:50]}")
        elif len(self.recipients) >= MOST_RECIPIENTS:
            await self.wire.say("452 Too many recipients")
        else:
            refusal = self.may_receive(address)
            if refusal is None:
                self.recipients.append(address)
            else:
                self._mistakes += 1
            await self.wire.say(refusal or "250 Ok")

    async def _data(self, rest: str) -> None:
        if rest:
            await self._mistaken("501 Syntax: DATA")
        elif self.sender is None or not self.recipients:
            await self._mistaken(_BAD_SEQUENCE)
        else:
            await self.wire.say("354 End data with <CR><LF>.<CR><LF>")
            data = await self.wire.data(self.limit)
            reply = "552 Message is too long." if data is None else await self.take(data)
            self._reset()
            await self.wire.say(reply)


class Cancelled(Exception):
    """The client does not want to log in after all."""


def _path(rest: str, word: str) -> tuple[str | None, str]:
    """(address, options) of MAIL's or RCPT's argument; the address is None when it is none."""
    found = _PATH.fullmatch(rest)
    if found is None or found[1].upper() != word:
        return None, ""
    return (found[2] if found[2] is not None else found[3]), found[4].strip()
