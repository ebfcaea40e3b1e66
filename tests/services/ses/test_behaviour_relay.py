"""Mail goes on to a real mail server where one is configured: here one of the test's own, on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudarium.mail import relay
from cloudarium.mail.smtp.session import Session
from cloudarium.mail.smtp.wire import Wire
from tests.conftest import RunningCloud
from tests.services.ses.conftest import SUCCESS, Mailer


class Server:
    """A mail server in a thread: it refuses `no@` for good, and whoever is in `busy` for now."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.busy: set[str] = set()
        self.logins: list[tuple[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)

    async def _open(self) -> None:
        server = self

        class Taker(Session):
            def may_receive(self, address: str) -> str | None:
                if address in server.busy:
                    return "451 4.3.0 come again"
                return "550 5.1.1 no such user" if address.startswith("no@") else None

            async def take(self, data: bytes) -> str:
                server.taken.append((self.sender or "", list(self.recipients), data))
                return "250 Ok"

        def no_tls() -> None:
            raise ConnectionError

        await self._loop.create_server(
            lambda: Wire(lambda wire: Taker(wire).converse(), no_tls),
            sock=self._socket,  # type: ignore[arg-type]
        )

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # The sink offers STARTTLS, as all servers of this kind do; it has no certificate, so clients shall not ask for it.
    monkeypatch.setattr("cloudarium.mail.smtp.session.Session._ehlo", _without_tls)
    made = Server()
    yield made
    made.close()


async def _without_tls(self: Session, rest: str) -> None:
    self.helo = rest
    await self.wire.say(f"250 {self.host}")


@pytest.fixture
def relaying(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: str) -> Iterator[Mailer]:
    monkeypatch.setenv("CLOUDARIUM_SMTP_RELAY", f"smtp://127.0.0.1:{server.port}")
    cloud = RunningCloud(tmp_path / "cloud")
    mailer = Mailer(cloud, account)
    mailer.production()
    mailer.v1.verify_domain_identity(Domain="example.com")
    mailer.verify_domain("example.com")
    yield mailer
    cloud.stop()


def test_mail_goes_on(server: Server, relaying: Mailer) -> None:
    sent = relaying.send("me@example.com", "you@outside.test", ReturnPath="back@example.com")
    relaying.send("me@example.com", SUCCESS)  # the simulator is here
    relaying.cloud.settle()
    [(source, recipients, data)] = server.taken
    assert (source, recipients) == ("back@example.com", ["you@outside.test"])
    assert data == relaying.raw(sent)
    assert relaying.mail(sent)["status"] == "Delivery"


def test_what_is_refused_bounces(server: Server, relaying: Mailer) -> None:
    sent = relaying.send("me@example.com", "no@outside.test")
    relaying.cloud.settle()
    assert relaying.mail(sent)["status"] == "Bounce" and "550 5.1.1 no such user" in relaying.mail(sent)["reason"]
    [back] = relaying.mails(to="me@example.com")
    assert "no@outside.test" in relaying.mail(back["id"])["text"]
    # The report goes on as well, from nobody, so that nobody answers it.
    assert [(source, to) for source, to, _ in server.taken] == [("", ["me@example.com"])]


def test_a_busy_server_is_tried_again_and_a_crash_loses_nothing(server: Server, relaying: Mailer) -> None:
    server.busy.add("you@outside.test")
    message = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
    to = ["you@outside.test", "other@outside.test"]
    relaying.v1.send_email(Source="me@example.com", Destination={"ToAddresses": to}, Message=message)
    relaying.cloud.settle()
    assert [recipients for _, recipients, _ in server.taken] == [["other@outside.test"]]
    relaying.cloud.restart()
    server.busy.clear()
    relaying.cloud.clock_advance(60)
    assert [recipients for _, recipients, _ in server.taken] == [["other@outside.test"], ["you@outside.test"]]


def test_after_fourteen_hours_it_is_given_up(server: Server, relaying: Mailer) -> None:
    server.busy.add("you@outside.test")
    sent = relaying.send("me@example.com", "you@outside.test")
    relaying.cloud.clock_advance(16 * 3600)
    found = relaying.mail(sent)
    assert found["status"] == "Bounce" and found["reason"].startswith("4.4.7 Message expired: 451 4.3.0 come again")
    assert len(server.taken) == 1  # the report alone


@pytest.mark.parametrize("address", ["http://x", "smtp://", "smtp://h:99999", "smtp://h/path", "h:25", "smtp://[::1"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(relay.BadRelay) as caught:
        relay.read(address)
    assert "secret" not in str(caught.value)


def test_addresses() -> None:
    assert relay.read("smtp://me:p%40ss@mail.test") == relay.Server("mail.test", 587, "me", "p@ss", False)
    assert relay.read("smtps://mail.test:10465") == relay.Server("mail.test", 10465, "", "", True)
    assert str(relay.read("smtp://me:secret@mail.test")) == "mail.test:587"
