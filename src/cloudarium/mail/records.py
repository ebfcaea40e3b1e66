"""What mail keeps: the mail box, named resources (identities, templates, …), and what was sent when."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope
from cloudarium.store import Store

Data = dict[str, Any]
MOST_MAILS = 5000  # the mail box forgets the oldest ones
_TWO_WEEKS = 14 * 86400.0


class Mail(NamedTuple):
    """One mail of the mail box; `data` holds Status, Reason, ConfigurationSet, Tags, Operation, ReturnPath and more."""

    number: int
    account: str
    region: str
    message_id: str
    sent: float
    source: str
    subject: str
    recipients: list[str]
    raw: str
    data: Data

    @property
    def scope(self) -> Scope:
        """Where it was sent."""
        return Scope(self.account, self.region)


_MAIL = "number, account, region, message_id, sent, source, subject, recipients, raw, data"


def _mail(row: tuple[Any, ...]) -> Mail:
    return Mail._make((*row[:7], orjson.loads(row[7]), row[8], orjson.loads(row[9])))


# ---- The mail box ----------------------------------------------------------------------------------------------------


def add_mail(store: Store, scope: Scope, new: Mail, raw: bytes) -> None:
    """Put a mail into the box, and take the oldest out of a full one; `new.raw` is its blob if it has one already."""
    blob = new.raw or store.blobs.write_bytes(raw).id
    store.blobs.keep(blob)
    store.run(
        "INSERT INTO ses_mails (account, region, message_id, sent, source, subject, recipients, raw, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*scope, new.message_id, new.sent, new.source, new.subject, orjson.dumps(new.recipients), blob,
         orjson.dumps(new.data)),
    )  # fmt: skip
    sql = f"SELECT {_MAIL} FROM ses_mails WHERE number <= (SELECT max(number) FROM ses_mails) - ?"
    for row in store.all(sql, (MOST_MAILS,)):
        remove_mail(store, _mail(row))


def change_mail(store: Store, mail: Mail) -> None:
    """Keep what else is known of a mail now."""
    store.run("UPDATE ses_mails SET data = ? WHERE message_id = ?", (orjson.dumps(mail.data), mail.message_id))


def remove_mail(store: Store, old: Mail) -> None:
    """Take a mail out of the box."""
    store.run("DELETE FROM ses_mails WHERE number = ?", (old.number,))
    store.blobs.drop(old.raw)


def mail(store: Store, message_id: str) -> Mail | None:
    """The mail with this id."""
    row = store.one(f"SELECT {_MAIL} FROM ses_mails WHERE message_id = ?", (message_id,))
    return row and _mail(row)


def mails(store: Store, filters: Data, limit: int) -> list[Mail]:
    """The newest mails that fit: `to`, `from`, `subject` (a part of it), `account`, `region`, …"""
    wanted: list[str] = []
    values: list[Any] = []
    for name, condition in (
        ("account", "account = ?"),
        ("region", "region = ?"),
        ("from", "instr(lower(source), lower(?))"),
        ("subject", "instr(lower(subject), lower(?))"),
        ("to", "EXISTS (SELECT 1 FROM json_each(recipients) WHERE lower(json_each.value) = lower(?))"),
        ("status", "json_extract(data, '$.Status') = ?"),
        ("configuration_set", "json_extract(data, '$.ConfigurationSet') = ?"),
    ):
        if filters.get(name):
            wanted.append(condition)
            values.append(filters[name])
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    rows = store.all(f"SELECT {_MAIL} FROM ses_mails{where} ORDER BY number DESC LIMIT ?", (*values, limit))
    return [_mail(row) for row in rows]


# ---- Named resources -------------------------------------------------------------------------------------------------


def get(store: Store, scope: Scope, kind: str, name: str) -> Data | None:
    """A resource's data, None when there is none of that name."""
    sql = "SELECT data FROM ses_resources WHERE account = ? AND region = ? AND kind = ? AND name = ?"
    row = store.one(sql, (*scope, kind, name))
    return row and orjson.loads(row[0])


def put(store: Store, scope: Scope, kind: str, name: str, data: Data) -> None:
    """Keep a resource's data."""
    store.run(
        "INSERT INTO ses_resources (account, region, kind, name, data) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET data = excluded.data",
        (*scope, kind, name, orjson.dumps(data)),
    )
    store.changed("mail")


def remove(store: Store, scope: Scope, kind: str, name: str) -> bool:
    """Forget a resource; whether there was one."""
    sql = "DELETE FROM ses_resources WHERE account = ? AND region = ? AND kind = ? AND name = ?"
    store.changed("mail")
    return store.run(sql, (*scope, kind, name)) > 0


def remove_all(store: Store, scope: Scope, kind: str) -> None:
    """Forget every resource of a kind."""
    store.run("DELETE FROM ses_resources WHERE account = ? AND region = ? AND kind = ?", (*scope, kind))
    store.changed("mail")


def every(store: Store, scope: Scope, kind: str, after: str = "") -> list[tuple[str, Data]]:
    """The resources of a kind behind the name `after`, by name."""
    rows = store.all(
        "SELECT name, data FROM ses_resources WHERE account = ? AND region = ? AND kind = ? AND name > ? ORDER BY name",
        (*scope, kind, after),
    )
    return [(row[0], orjson.loads(row[1])) for row in rows]


def count(store: Store, scope: Scope, kind: str) -> int:
    """How many resources of a kind there are."""
    sql = "SELECT count(*) FROM ses_resources WHERE account = ? AND region = ? AND kind = ?"
    return int(store.one(sql, (*scope, kind))[0])


def everywhere(store: Store, kind: str) -> list[tuple[Scope, str, Data]]:
    """The resources of a kind in all accounts and regions."""
    sql = "SELECT account, region, name, data FROM ses_resources WHERE kind = ? ORDER BY account, region, name"
    return [(Scope(row[0], row[1]), row[2], orjson.loads(row[3])) for row in store.all(sql, (kind,))]


# ---- What was sent ---------------------------------------------------------------------------------------------------


def add_send(
    store: Store, scope: Scope, now: float, recipients: int, bounces: int = 0, complaints: int = 0, rejects: int = 0
) -> None:
    """Count one message; what is older than the statistics' two weeks is forgotten."""
    store.run(
        "DELETE FROM ses_sends WHERE account = ? AND region = ? AND sent < ?", (*scope, now - _TWO_WEEKS)
    )  # fmt: skip
    store.run(
        "INSERT INTO ses_sends (account, region, sent, recipients, bounces, complaints, rejects)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*scope, now, recipients, bounces, complaints, rejects),
    )


def sent_since(store: Store, scope: Scope, since: float) -> int:
    """How many recipients were sent to after a moment."""
    sql = "SELECT coalesce(sum(recipients), 0) FROM ses_sends WHERE account = ? AND region = ? AND sent > ?"
    return store.one(sql, (*scope, since))[0]


def statistics(store: Store, scope: Scope, since: float) -> list[tuple[int, int, int, int, int]]:
    """(quarter of an hour, attempts, bounces, complaints, rejects) of what was sent since then."""
    return store.all(
        "SELECT CAST(sent / 900 AS INTEGER), sum(recipients), sum(bounces), sum(complaints), sum(rejects)"
        " FROM ses_sends WHERE account = ? AND region = ? AND sent >= ? GROUP BY 1 ORDER BY 1",
        (*scope, since),
    )
