"""Format 2: blobs are known by a number that grows, and ids of S3's versions and uploads prove that they are some.

The very first clouds gave all of these random ids. Folders of format 1 were written with either; what is of the later
kind stays as it is.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from pathlib import Path
from typing import Any

import apsw

from cloudarium.shared import ids
from cloudarium.store.migrations import link

_REFERENCES = ("s3_objects", "s3_parts", "lambda_versions", "lambda_layer_versions")  # their column `blob` is an id
_CHANCE = 24  # random bits at the end of a number

_TABLE = """
CREATE TABLE blobs (
    number INTEGER PRIMARY KEY,
    size   INTEGER NOT NULL,
    uses   INTEGER NOT NULL,
    data   BLOB
)
"""


def migrate(connection: apsw.Connection, folder: Path) -> None:
    """Number the blobs, and give versions and uploads ids that S3's room takes."""
    if "id" in {column for _, column, *_ in connection.execute("PRAGMA table_info(blobs)")}:
        _number_blobs(connection, folder)
    if connection.table_exists("main", "s3_objects"):
        _renew_versions(connection)
        _renew_uploads(connection)


def _number_blobs(connection: apsw.Connection, folder: Path) -> None:
    """Files get their new names beside the old ones: what a crash leaves of either, the next sweep removes."""
    connection.execute("ALTER TABLE blobs RENAME TO blobs_by_id")
    connection.execute(_TABLE)
    connection.execute("CREATE TEMP TABLE numbered (id TEXT PRIMARY KEY, number INTEGER, name TEXT)")
    known: list[Any] = connection.execute("SELECT id, data IS NULL FROM blobs_by_id").fetchall()
    for place, (id, in_file) in enumerate(known, 1):
        number = place << _CHANCE
        name = f"{number:016x}"
        connection.execute("INSERT INTO numbered VALUES (?, ?, ?)", (id, number, name))
        if in_file:
            _rename(folder / "blobs", id, name)
    connection.execute("INSERT INTO blobs SELECT number, size, uses, data FROM blobs_by_id JOIN numbered USING (id)")
    for table in _REFERENCES:
        if connection.table_exists("main", table):
            connection.execute(
                f"UPDATE {table} SET blob = (SELECT name FROM numbered WHERE id = blob) WHERE blob IS NOT NULL"
            )
    connection.execute("DROP TABLE blobs_by_id")
    connection.execute("DROP TABLE numbered")


def _rename(blobs: Path, id: str, name: str) -> None:
    target = blobs / name[-2:] / name
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    link(blobs / id[:2] / id, target)


def _renew_versions(connection: apsw.Connection) -> None:
    rows: list[Any] = connection.execute("SELECT bucket, key, age, version FROM s3_objects").fetchall()
    for bucket, key, age, version in rows:
        if version != "null" and not _tells(age, version):
            renewed = _version_id(age, ids.token(20))
            connection.execute(
                "UPDATE s3_objects SET version = ? WHERE bucket = ? AND key = ? AND age = ?",
                (renewed, bucket, key, age),
            )


def _renew_uploads(connection: apsw.Connection) -> None:
    rows: list[Any] = connection.execute("SELECT id, key, initiated FROM s3_uploads").fetchall()
    for id, key, initiated in rows:
        head = id[:120]
        if id != head + _upload_proof(key, head):
            head = base64.urlsafe_b64encode(struct.pack(">d", initiated))[:11].decode() + ids.token(109)
            renewed = head + _upload_proof(key, head)
            connection.execute("UPDATE s3_uploads SET id = ? WHERE id = ?", (renewed, id))
            connection.execute("UPDATE s3_parts SET upload = ? WHERE upload = ?", (renewed, id))


# What the ids of format 2 are made of.


def _digest(head: str, more: bytes = b"") -> bytes:
    return hashlib.sha256(head.encode() + more).digest()


def _version_id(age: int, head: str) -> str:
    hidden = bytes(a ^ b for a, b in zip(age.to_bytes(4, "big", signed=True), _digest(head), strict=False))
    return head + base64.urlsafe_b64encode(hidden + _digest(head, hidden)[:5]).decode()


def _tells(age: int, version: str) -> bool:
    return version == _version_id(age, version[:20])


def _upload_proof(key: str, head: str) -> str:
    return base64.urlsafe_b64encode(_digest(head, key.encode("utf-8", "surrogatepass"))[:6]).decode()
