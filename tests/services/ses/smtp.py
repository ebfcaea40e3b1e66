"""A cloud with an authority of its own, and its SMTP ports as smtplib sees them."""

from __future__ import annotations

import smtplib
import socket
import ssl
from pathlib import Path
from typing import Any

from cloudarium.mail.smtp.credentials import password
from tests.conftest import RunningCloud


class SmtpCloud(RunningCloud):
    """A running cloud whose certificates a test trusts."""

    def __init__(self, state: Path, data: Path | None = None) -> None:
        super().__init__(data, state)

    def smtp_port(self, name: str = "smtp") -> int:
        """The number of one of its ports."""
        return int(self.control("health")["ports"][name])

    def trust(self) -> ssl.SSLContext:
        """What a client needs to trust it."""
        assert self.state is not None
        return ssl.create_default_context(cafile=str(next(self.state.rglob("ca.pem"))))

    def smtp(self, key: str, secret: str = "test", region: str = "us-east-1") -> smtplib.SMTP:
        """A client that is logged in."""
        client = smtplib.SMTP("127.0.0.1", self.smtp_port(), timeout=30)
        client.starttls(context=self.trust())
        client.login(key, password(secret, region))
        return client

    def plain(self, name: str = "smtp") -> smtplib.SMTP:
        """A client that has said nothing yet."""
        return smtplib.SMTP("127.0.0.1", self.smtp_port(name), timeout=30)

    def talk(self, sent: bytes, name: str = "smtp") -> bytes:
        """All that is answered to bytes that come at once, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.smtp_port(name)), timeout=30) as client:
            client.sendall(sent)
            return b"".join(iter(lambda: client.recv(65536), b""))


def refusal(client: smtplib.SMTP, source: str, to: list[str] | str, raw: str | bytes = "", **more: Any) -> str:
    """The reply to a message that is not taken, whichever command it is the answer to."""
    raw = raw or f"From: {source}\r\nSubject: s\r\n\r\nt\r\n"
    try:
        client.sendmail(source, to, raw, **more)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return f"{code} {said.decode()}"
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode() if isinstance(said, bytes) else said}"
    raise AssertionError("the message was taken")
