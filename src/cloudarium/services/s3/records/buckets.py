"""Buckets: one row each, with their policy and their configurations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from cloudarium.gateway.call import Call
from cloudarium.services.s3 import errors
from cloudarium.services.s3.rules import names
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_COLUMNS = "name, account, region, created, versioning, policy, configuration"
TOPIC = "s3 buckets"  # in the store: whatever a bucket's row says


class Bucket(NamedTuple):
    """One bucket. `versioning` is None, Enabled or Suspended; `configuration` is JSON."""

    name: str
    account: str
    region: str
    created: float
    versioning: str | None
    policy: str | None
    configuration: str

    @property
    def arn(self) -> str:
        """The bucket's ARN, which names neither account nor region."""
        return f"arn:aws:s3:::{self.name}"

    @property
    def scope(self) -> Scope:
        """The account that owns it and the region in which it lies."""
        return Scope(self.account, self.region)

    def get(self, kind: str) -> Any:
        """One configuration (cors, lifecycle, notification, …), None when it is not set."""
        return None if self.configuration == "{}" else _read(self.configuration).get(kind)


@lru_cache(maxsize=1024)  # nobody changes what is found: `configure` reads for itself
def _read(configuration: str) -> Any:
    return orjson.loads(configuration)


def find(store: Store, name: str) -> Bucket | None:
    """The bucket with this name, in whatever account. Asked several times in every call, so it is remembered."""
    known = store.known(TOPIC)
    bucket: Bucket | None = known.get(name)
    if bucket is None:
        bucket = store.one(f"SELECT {_COLUMNS} FROM s3_buckets WHERE name = ?", (name,), Bucket)
        if bucket is not None:
            known[name] = bucket
    return bucket


def _change(store: Store, sql: str, params: tuple[Any, ...]) -> None:
    store.run(sql, params)
    store.changed(TOPIC)


def named(store: Store, name: str) -> Bucket:
    """The bucket with this name. Raises NoSuchBucket, or InvalidBucketName when no bucket can have the name."""
    bucket = find(store, name)
    if bucket is None:
        raise errors.NoSuchBucket(name) if names.could_be_bucket(name) else errors.InvalidBucketName(name)
    return bucket


def of(call: Call, name: str | None = None, owner: str = "ExpectedBucketOwner") -> Bucket:
    """The bucket that the call names. Raises NoSuchBucket, and AccessDenied when another account was expected."""
    bucket = named(call.store, call.input.get("Bucket", "") if name is None else name)
    expected = call.input.get(owner)
    if expected is not None and expected != bucket.account:
        raise errors.OwnerDiffers()
    return bucket


def add(store: Store, bucket: Bucket) -> None:
    """Keep a new bucket."""
    _change(store, "INSERT INTO s3_buckets VALUES (?, ?, ?, ?, ?, ?, ?)", bucket)


def remove(store: Store, name: str) -> None:
    """Forget an empty bucket."""
    _change(store, "DELETE FROM s3_buckets WHERE name = ?", (name,))


def each_of(store: Store, account: str, prefix: str, after: str) -> Iterator[Bucket]:
    """The account's buckets by name, those that start with `prefix` and come after `after`."""
    return store.each(
        f"SELECT {_COLUMNS} FROM s3_buckets WHERE account = ? AND name > ? AND name >= ? AND name < ? ORDER BY name",
        (account, after, prefix, prefix + "\x7f"),
        Bucket,
    )


def everywhere(store: Store) -> list[Bucket]:
    """The buckets of all accounts."""
    return store.all(f"SELECT {_COLUMNS} FROM s3_buckets ORDER BY name", (), Bucket)


def count_of(store: Store, account: str) -> int:
    """How many buckets the account has."""
    return store.one("SELECT count(*) FROM s3_buckets WHERE account = ?", (account,))[0]


def with_policy_on(store: Store, text: str) -> list[tuple[str, str]]:
    """(name, policy) of every bucket in whose policy a text occurs."""
    return store.all("SELECT name, policy FROM s3_buckets WHERE instr(policy, ?)", (text,))


def set_policy(store: Store, name: str, policy: str | None) -> None:
    """Keep the bucket policy, None for none."""
    _change(store, "UPDATE s3_buckets SET policy = ? WHERE name = ?", (policy, name))


def set_versioning(store: Store, name: str, state: str) -> None:
    """Keep the versioning state."""
    _change(store, "UPDATE s3_buckets SET versioning = ? WHERE name = ?", (state, name))


def configure(store: Store, bucket: Bucket, kind: str, value: Any) -> None:
    """Keep one configuration; None takes it away."""
    everything = orjson.loads(bucket.configuration)
    if value is None:
        everything.pop(kind, None)
    else:
        everything[kind] = value
    text = orjson.dumps(everything).decode()
    _change(store, "UPDATE s3_buckets SET configuration = ? WHERE name = ?", (text, bucket.name))
