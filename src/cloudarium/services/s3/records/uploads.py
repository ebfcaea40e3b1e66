"""Multipart uploads under way and their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cloudarium.store import Store

_COLUMNS = (
    "id, bucket, key, account, region, initiated, initiator, algorithm, checksum_type, class, headers, metadata, tags,"
    " touched"
)
_PART = "number, blob, size, etag, modified, algorithm, checksum"


class Upload(NamedTuple):
    """One multipart upload under way; JSON in initiator, headers, metadata and tags."""

    id: str
    bucket: str
    key: str
    account: str
    region: str
    initiated: float
    initiator: str
    algorithm: str | None
    checksum_type: str | None
    storage_class: str
    headers: str
    metadata: str
    tags: str
    touched: int = 0


class Part(NamedTuple):
    """One part: of an upload under way, or of a multipart object."""

    number: int
    blob: str
    size: int
    etag: str
    modified: float
    algorithm: str
    checksum: str


def find(store: Store, bucket: str, key: str, id: str) -> Upload | None:
    """The upload with this id, if it is one of this bucket and key."""
    upload = store.one(f"SELECT {_COLUMNS} FROM s3_uploads WHERE id = ?", (id,), Upload)
    return upload if upload is not None and (upload.bucket, upload.key) == (bucket, key) else None


def add(store: Store, upload: Upload) -> None:
    """Keep a new upload."""
    store.run(f"INSERT INTO s3_uploads ({_COLUMNS}) VALUES (?{', ?' * 13})", upload)


def remove(store: Store, id: str) -> None:
    """The upload is over; its parts stay."""
    store.run("DELETE FROM s3_uploads WHERE id = ?", (id,))


def touch(store: Store, bucket: str, key: str) -> None:
    """Tell the uploads of this key that the key was deleted; that it was written its object tells."""
    store.run("UPDATE s3_uploads SET touched = 1 WHERE bucket = ? AND key = ?", (bucket, key))


def each_of(store: Store, bucket: str, key: str, after: tuple[str, float, str]) -> Iterator[Upload]:
    """The bucket's uploads by key from `key` on and by age, those behind `after` (key, initiated, id)."""
    return store.each(
        f"SELECT {_COLUMNS} FROM s3_uploads WHERE bucket = ? AND key >= ? AND (key, initiated, id) > (?, ?, ?)"
        " ORDER BY key, initiated, id",
        (bucket, key, *after),
        Upload,
    )


def all_of(store: Store, bucket: str) -> list[Upload]:
    """All uploads of a bucket."""
    return store.all(f"SELECT {_COLUMNS} FROM s3_uploads WHERE bucket = ?", (bucket,), Upload)


def held(store: Store, bucket: str) -> list[tuple[str, int, int]]:
    """(class, parts, bytes) of the parts of all uploads of a bucket that are under way."""
    return store.all(
        "SELECT class, count(*), sum(s3_parts.size) FROM s3_uploads JOIN s3_parts ON s3_parts.upload = s3_uploads.id"
        " WHERE bucket = ? GROUP BY class",
        (bucket,),
    )


# ---- Parts ----------------------------------------------------------------------------------------------------------


def parts(store: Store, upload: str, after: int = 0, limit: int = 10_000) -> list[Part]:
    """Up to `limit` parts with a number above `after`, by number."""
    return store.all(
        f"SELECT {_PART} FROM s3_parts WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
        (upload, after, limit),
        Part,
    )


def part_count(store: Store, upload: str) -> int:
    """How many parts there are."""
    return store.one("SELECT count(*) FROM s3_parts WHERE upload = ?", (upload,))[0]


def put_part(store: Store, upload: str, part: Part) -> None:
    """Keep a part; one with the same number goes."""
    old = store.one("SELECT blob FROM s3_parts WHERE upload = ? AND number = ?", (upload, part.number))
    if old is not None:
        store.blobs.drop(old[0])
    store.run(f"INSERT OR REPLACE INTO s3_parts (upload, {_PART}) VALUES (?{', ?' * 7})", (upload, *part))


def drop_numbers(store: Store, upload: str, numbers: Iterable[int]) -> None:
    """Forget the parts that a completed upload leaves out."""
    for number in numbers:
        blob = store.one("SELECT blob FROM s3_parts WHERE upload = ? AND number = ?", (upload, number))
        store.blobs.drop(blob[0])
        store.run("DELETE FROM s3_parts WHERE upload = ? AND number = ?", (upload, number))


def renumber(store: Store, upload: str, numbers: list[int]) -> None:
    """Number the parts of a completed upload 1, 2, 3 …, as partNumber reads count them."""
    for place, number in enumerate(numbers, 1):
        if place != number:
            store.run("UPDATE s3_parts SET number = ? WHERE upload = ? AND number = ?", (place, upload, number))
