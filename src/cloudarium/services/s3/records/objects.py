"""The versions of objects, and how their content comes and goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from cloudarium.store import Store

NULL = "null"  # the version of what is put while versioning is not enabled
_COLUMNS = (
    "bucket, key, age, version, marker, size, etag, modified, class, algorithm, checksum_type, checksum, blob, upload,"
    " headers, metadata, tags"
)
_PUT = f"INSERT OR REPLACE INTO s3_objects ({_COLUMNS}) VALUES (?{', ?' * 16})"
_LISTED = "key, age, version, marker, size, etag, modified, class, algorithm, checksum_type"


class Object(NamedTuple):
    """One version of an object, or a delete marker."""

    bucket: str
    key: str
    age: int
    version: str
    marker: int
    size: int
    etag: str
    modified: float
    storage_class: str
    algorithm: str
    checksum_type: str
    checksum: str
    blob: str | None
    upload: str | None
    headers: str | None
    metadata: str | None
    tags: str | None

    @property
    def system(self) -> dict[str, Any]:
        """The system headers (ContentType, CacheControl, …) by member name."""
        return orjson.loads(self.headers) if self.headers else {}

    @property
    def is_sealed(self) -> bool:
        """Whether a key opens the content, and not the cloud itself."""
        return self.headers is not None and '"Sealing":' in self.headers and "Sealing" in self.system

    @property
    def user(self) -> dict[str, str]:
        """The user's metadata."""
        return orjson.loads(self.metadata) if self.metadata else {}

    @property
    def tagging(self) -> dict[str, str]:
        """The tags."""
        return orjson.loads(self.tags) if self.tags else {}


class Listed(NamedTuple):
    """What lists show of a version."""

    key: str
    age: int
    version: str
    marker: int
    size: int
    etag: str
    modified: float
    storage_class: str
    algorithm: str
    checksum_type: str


def pack(value: Mapping[str, Any] | None) -> str | None:
    """JSON for a column that is mostly empty."""
    return orjson.dumps(value).decode() if value else None


# ---- Reading --------------------------------------------------------------------------------------------------------


def newest(store: Store, bucket: str, key: str) -> Object | None:
    """The newest version of a key, which may be a delete marker."""
    return store.one(
        f"SELECT {_COLUMNS} FROM s3_objects WHERE bucket = ? AND key = ? ORDER BY age LIMIT 1", (bucket, key), Object
    )


def version(store: Store, bucket: str, key: str, version: str) -> Object | None:
    """One version of a key."""
    return store.one(
        f"SELECT {_COLUMNS} FROM s3_objects WHERE bucket = ? AND key = ? AND version = ?",
        (bucket, key, version),
        Object,
    )


def versions(store: Store, bucket: str, key: str) -> list[Object]:
    """All versions of a key, the newest first."""
    return store.all(
        f"SELECT {_COLUMNS} FROM s3_objects WHERE bucket = ? AND key = ? ORDER BY age", (bucket, key), Object
    )


def is_empty(store: Store, bucket: str) -> bool:
    """Whether the bucket holds no version and no delete marker."""
    return store.one("SELECT 1 FROM s3_objects WHERE bucket = ? LIMIT 1", (bucket,)) is None


def from_key(store: Store, bucket: str, key: str) -> Iterator[Listed]:
    """The versions of all keys from `key` on, by key and the newest first."""
    return store.each(
        f"SELECT {_LISTED} FROM s3_objects WHERE bucket = ? AND key >= ? ORDER BY key, age", (bucket, key), Listed
    )


def after_version(store: Store, bucket: str, key: str, age: int) -> Iterator[Listed]:
    """The older versions of `key`, then those of all later keys."""
    return store.each(
        f"SELECT {_LISTED} FROM s3_objects WHERE bucket = ? AND (key, age) > (?, ?) ORDER BY key, age",
        (bucket, key, age),
        Listed,
    )


def keys_after(store: Store, bucket: str, key: str | None, limit: int) -> list[str]:
    """Up to `limit` different keys behind `key`, from the first one on when it is None."""
    behind, first = ("AND key > ?", (key,)) if key is not None else ("", ())
    rows = store.all(
        f"SELECT DISTINCT key FROM s3_objects WHERE bucket = ? {behind} ORDER BY key LIMIT ?", (bucket, *first, limit)
    )
    return [row[0] for row in rows]


class Held(NamedTuple):
    """A step through what a bucket holds: (class, versions, bytes) of it, and where it ended, None at the end."""

    classes: list[tuple[str, int, int]]
    last: tuple[str, int] | None


def held_after(store: Store, bucket: str, place: tuple[str, int], limit: int) -> Held:
    """What the next `limit` versions behind a place (key, age) hold, delete markers without a class apart."""
    behind = "SELECT key, age, class, size FROM s3_objects WHERE bucket = ? AND (key, age) > (?, ?)"
    steps = f"{behind} ORDER BY key, age LIMIT ?"
    params = (bucket, *place, limit)
    classes = store.all(f"SELECT class, count(*), sum(size) FROM ({steps}) GROUP BY class", params)
    last = store.one(f"SELECT key, age FROM ({steps}) ORDER BY key DESC, age DESC LIMIT 1", params)
    seen = sum(number for _, number, _ in classes)
    return Held(classes, (last[0], last[1]) if last is not None and seen == limit else None)


# ---- Writing --------------------------------------------------------------------------------------------------------


def next_age(previous: Object | None) -> int:
    """The age of a version in front of `previous`."""
    return previous.age - 1 if previous is not None else -1


def put(store: Store, new: Object, previous: Object | None) -> Object:
    """Make `new` the newest version of its key; a null version takes the place of an earlier null version.

    `previous` is the newest version so far. A blob that waits is kept; what is shared, and parts, the caller has kept.
    """
    waiting = new.blob if new.blob is not None and store.blobs.waits(new.blob) else None
    if previous is not None and new.version == previous.version == NULL:
        new = new._replace(age=previous.age)  # takes its row
        if waiting is not None and previous.blob is not None:
            new = new._replace(blob=store.blobs.replace(previous.blob, waiting))
            waiting = None
        else:
            _drop_content(store, previous)
    elif previous is None:
        new = new._replace(age=-1)
    else:
        new = new._replace(age=next_age(previous))
        old = version(store, new.bucket, new.key, NULL) if new.version == NULL else None
        if old is not None:
            remove(store, old)
    if waiting is not None:
        store.blobs.keep(waiting)
    store.run(_PUT, new)
    return new


def remove(store: Store, old: Object) -> None:
    """Forget one version and its content for good."""
    store.run("DELETE FROM s3_objects WHERE bucket = ? AND key = ? AND age = ?", (old.bucket, old.key, old.age))
    _drop_content(store, old)


def _drop_content(store: Store, old: Object) -> None:
    if old.blob is not None:
        store.blobs.drop(old.blob)
    elif old.upload is not None:
        drop_parts(store, old.upload)


def set_tags(store: Store, old: Object, tags: Mapping[str, str]) -> None:
    """Replace the tags of a version."""
    store.run(
        "UPDATE s3_objects SET tags = ? WHERE bucket = ? AND key = ? AND age = ?",
        (pack(tags), old.bucket, old.key, old.age),
    )


def set_class(store: Store, old: Object, storage_class: str) -> None:
    """Move a version to another storage class."""
    store.run(
        "UPDATE s3_objects SET class = ? WHERE bucket = ? AND key = ? AND age = ?",
        (storage_class, old.bucket, old.key, old.age),
    )


def drop_parts(store: Store, upload: str) -> None:
    """Forget all parts of an upload with their content."""
    for (blob,) in store.all("SELECT blob FROM s3_parts WHERE upload = ?", (upload,)):
        store.blobs.drop(blob)
    store.run("DELETE FROM s3_parts WHERE upload = ?", (upload,))
