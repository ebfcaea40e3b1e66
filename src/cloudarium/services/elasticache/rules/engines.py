"""Engines and their versions.

Every cache runs the one Valkey that is installed; the version that was asked for decides about families, features and
what ElastiCache shows. Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html
"""

from __future__ import annotations

from typing import NamedTuple

from cloudarium.services.elasticache.errors import Invalid
from cloudarium.shared.errors import NotBuilt


class Version(NamedTuple):
    """A version of an engine: how it is asked for, how it is shown, its family of parameters."""

    engine: str
    asked: str
    full: str
    family: str

    @property
    def number(self) -> tuple[int, ...]:
        """The version to compare with others."""
        return tuple(int(part) for part in self.full.split("."))


VERSIONS = (
    Version("redis", "4.0.10", "4.0.10", "redis4.0"),
    Version("redis", "5.0.6", "5.0.6", "redis5.0"),
    Version("redis", "6.0", "6.0.5", "redis6.x"),
    Version("redis", "6.2", "6.2.6", "redis6.x"),
    Version("redis", "7.0", "7.0.7", "redis7"),
    Version("redis", "7.1", "7.1.0", "redis7"),
    Version("valkey", "7.2", "7.2.6", "valkey7"),
    Version("valkey", "8.0", "8.0.1", "valkey8"),
    Version("valkey", "8.1", "8.1.0", "valkey8"),
    Version("valkey", "8.2", "8.2.0", "valkey8"),
)
FAMILIES = tuple(dict.fromkeys(each.family for each in VERSIONS))
NAMES = {"redis": "Redis", "valkey": "Valkey"}


def engine(given: str | None, parameter: str = "engine") -> str:
    """The engine that is asked for, in lower case. Raises Invalid, and NotBuilt for memcached."""
    name = (given or "redis").lower()
    if name == "memcached":
        raise NotBuilt("elasticache caches of the engine memcached, of which no server is installed here")
    if name not in NAMES:
        raise Invalid(f"Invalid {parameter}: {given}. Valid values are: memcached, redis, valkey.")
    return name


def version(engine: str, asked: str | None) -> Version:
    """The version that is asked for: as in DescribeCacheEngineVersions, in full, or `6.x`. Raises Invalid."""
    those = [each for each in VERSIONS if each.engine == engine]
    if not asked:
        return those[-1]
    if asked.endswith(".x"):
        found = [each for each in those if each.asked.partition(".")[0] == asked[:-2]]
    else:
        found = [each for each in those if asked in (each.asked, each.full)]
    if not found:
        raise Invalid(f"Cannot find version {asked} for {engine}")
    return found[-1]


def by_full(engine: str, full: str) -> Version:
    """The version that a cache has."""
    return next(each for each in VERSIONS if each.engine == engine and each.full == full)


def major(engine: str, asked: str | None) -> Version:
    """The newest version of the major one that a serverless cache is asked for. Raises Invalid."""
    those = [each for each in VERSIONS if each.engine == engine and each.number >= (7,)]
    if asked:
        those = [each for each in those if each.full.partition(".")[0] == asked]
    if not those:
        raise Invalid(f"Cannot find version {asked} for {engine}")
    return those[-1]
