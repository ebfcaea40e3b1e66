"""Parameters of the engines: their defaults, what they may be, and since when there are such.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from cloudarium.services.elasticache.errors import Invalid
from cloudarium.services.elasticache.rules.engines import FAMILIES

ORDER = ("redis4.0", "redis5.0", "redis6.x", "redis7", "valkey7", "valkey8")
POLICIES = "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"
_SINCE = {"redis4.0": "4.0.10", "redis5.0": "5.0.0", "redis6.x": "6.0.0", "redis7": "7.0.0", "valkey7": "7.2.6",
          "valkey8": "8.0.0"}  # fmt: skip


class Parameter(NamedTuple):
    """A parameter: `allowed` is a range (`0-10`), a list, or empty for any text; `since` the first family with it.

    `setting` is what the server calls it: empty where it is ElastiCache's own.
    """

    name: str
    default: str
    type: str
    allowed: str
    setting: str
    modifiable: bool = True
    reboot: bool = False
    since: str = "redis4.0"
    description: str = ""


def _number(name: str, default: str, allowed: str, **more: object) -> Parameter:
    return Parameter(name, default, "integer", allowed, name, **more)  # type: ignore[arg-type]


def _choice(name: str, default: str, allowed: str = "yes,no", **more: object) -> Parameter:
    return Parameter(name, default, "string", allowed, name, **more)  # type: ignore[arg-type]


_BUFFER = "client-output-buffer-limit"
_LIMITS = {
    "normal": ("0", "0", "0"),
    "pubsub": ("33554432", "8388608", "60"),
    "replica": ("0", "0", "0"),
}
ALL: tuple[Parameter, ...] = (
    _number("acllog-max-len", "128", "1-10000", since="redis6.x"),
    _choice("activedefrag", "no"),
    _number("active-defrag-cycle-max", "75", "1-75"),
    _number("active-defrag-cycle-min", "5", "1-75"),
    _number("active-defrag-ignore-bytes", "104857600", "1048576-1099511627776"),
    _number("active-defrag-max-scan-fields", "1000", "1-1000000"),
    _number("active-defrag-threshold-lower", "10", "1-100"),
    _number("active-defrag-threshold-upper", "100", "1-100"),
    _number("active-expire-effort", "1", "1-10", since="redis6.x"),
    _choice("activerehashing", "yes", reboot=True),
    _choice("appendonly", "no", modifiable=False)._replace(setting=""),
    _choice("appendfsync", "everysec", "always,everysec,no", modifiable=False)._replace(setting=""),
    *(
        Parameter(f"{_BUFFER}-{kind}-{part}", value, "integer", "0-", "", modifiable=kind != "replica")
        for kind, values in _LIMITS.items()
        for part, value in zip(("hard-limit", "soft-limit", "soft-seconds"), values, strict=True)
    ),
    _choice("close-on-slave-write", "yes")._replace(setting=""),
    _choice("cluster-allow-reads-when-down", "no", since="redis6.x"),
    _choice("cluster-enabled", "no", reboot=True)._replace(setting=""),
    _choice("cluster-require-full-coverage", "no"),
    _number("databases", "16", "1-1200000", reboot=True),
    _number("hash-max-listpack-entries", "512", "0-", since="redis7"),
    _number("hash-max-listpack-value", "64", "0-", since="redis7"),
    _number("hash-max-ziplist-entries", "512", "0-"),
    _number("hash-max-ziplist-value", "64", "0-"),
    _number("hll-sparse-max-bytes", "3000", "1-16000"),
    _number("latency-tracking-max-points", "0", "0-", since="redis7", modifiable=False)._replace(setting=""),
    _choice("latency-tracking", "no", since="redis7"),
    _choice("lazyfree-lazy-eviction", "no"),
    _choice("lazyfree-lazy-expire", "no"),
    _choice("lazyfree-lazy-server-del", "no"),
    _choice("lazyfree-lazy-user-del", "no", since="redis6.x"),
    _choice("lazyfree-lazy-user-flush", "no", since="redis6.x"),
    _number("lfu-decay-time", "1", "0-"),
    _number("lfu-log-factor", "10", "1-"),
    _number("list-compress-depth", "0", "0-"),
    Parameter("list-max-listpack-size", "-2", "integer", "-5--1,1-", "list-max-listpack-size", since="redis7"),
    Parameter("list-max-ziplist-size", "-2", "integer", "-5--1,1-", "list-max-ziplist-size"),
    _number("lua-time-limit", "5000", "5000", modifiable=False)._replace(setting=""),
    _number("maxclients", "65000", "1-65000", modifiable=False)._replace(setting=""),
    _number("maxmemory-clients", "0", "0-", since="redis7"),
    _choice("maxmemory-policy", "volatile-lru", POLICIES),
    _number("maxmemory-samples", "3", "1-"),
    _number("min-replicas-max-lag", "10", "0-"),
    _number("min-replicas-to-write", "0", "0-"),
    Parameter("notify-keyspace-events", "", "string", "", "notify-keyspace-events"),
    _number("proto-max-bulk-len", "536870912", "1048576-536870912", since="redis5.0"),
    Parameter("rename-commands", "", "string", "", "", since="redis5.0", reboot=True),
    _number("repl-backlog-size", "1048576", "16384-"),
    _number("repl-backlog-ttl", "3600", "0-"),
    _number("repl-timeout", "60", "11-60", modifiable=False)._replace(setting=""),
    _number("reserved-memory", "0", "0-")._replace(setting=""),
    _number("reserved-memory-percent", "25", "0-100")._replace(setting=""),
    _number("set-max-intset-entries", "512", "0-"),
    _number("set-max-listpack-entries", "128", "0-", since="valkey7"),
    _number("set-max-listpack-value", "64", "0-", since="valkey7"),
    _number("slowlog-log-slower-than", "10000", "0-"),
    _number("slowlog-max-len", "128", "0-"),
    _number("stream-node-max-bytes", "4096", "0-", since="redis5.0"),
    _number("stream-node-max-entries", "100", "0-", since="redis5.0"),
    _number("tcp-keepalive", "300", "0-"),
    _number("timeout", "0", "0,20-"),
    _number("tracking-table-max-keys", "1000000", "1-100000000", since="redis6.x"),
    _number("zset-max-listpack-entries", "128", "0-", since="redis7"),
    _number("zset-max-listpack-value", "64", "0-", since="redis7"),
    _number("zset-max-ziplist-entries", "128", "0-"),
    _number("zset-max-ziplist-value", "64", "0-"),
)
_BY_NAME = {each.name: each for each in ALL}
CLUSTER_ON = ".cluster.on"


def of_family(family: str) -> list[Parameter]:
    """The parameters of a family."""
    return [each for each in ALL if ORDER.index(each.since) <= ORDER.index(family)]


def check_family(family: str) -> str:
    """A family that there is. Raises Invalid."""
    if family not in FAMILIES:
        raise Invalid(f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
    return family


def since(parameter: Parameter) -> str:
    """The first version of an engine that has it."""
    return _SINCE[parameter.since]


def named(family: str, name: str) -> Parameter:
    """The parameter of a family with this name. Raises Invalid."""
    found = _BY_NAME.get(name)
    if found is None or found not in of_family(family):
        raise Invalid(f"Could not find parameter with name: {name}")
    return found


def check(family: str, name: str, value: str) -> None:
    """Raise Invalid unless a parameter may have this value."""
    parameter = named(family, name)
    if not parameter.modifiable:
        raise Invalid(f"The parameter {name} cannot be modified.")
    if not _is_allowed(parameter, value):
        allowed = parameter.allowed or "text of at most 1024 printable characters"
        raise Invalid(f"The parameter value {value} is invalid for {name}; allowed values are: {allowed}.")


_RANGE = re.compile(r"(-?\d+)-(-?\d+)?")
_EVENTS = re.compile(r"[KEg$lshzxetdmnA]*")


def _is_allowed(parameter: Parameter, value: str) -> bool:
    if len(value) > 1024 or not value.isascii() or not (value.isprintable() or not value):
        return False
    if parameter.name == "notify-keyspace-events":
        return _EVENTS.fullmatch(value) is not None
    if parameter.type == "string":
        return not parameter.allowed or value in parameter.allowed.split(",")
    if not re.fullmatch(r"-?\d{1,15}", value):
        return False
    number = int(value)
    for part in parameter.allowed.split(","):
        between = _RANGE.fullmatch(part)
        if between is None:
            if part == value:
                return True
        elif int(between[1]) <= number and (between[2] is None or number <= int(between[2])):
            return True
    return False


def settings(family: str, values: Mapping[str, str], usable: int) -> dict[str, str | list[str]]:
    """What the server is to be set to: these values, else the defaults; `usable` bytes of memory."""
    found: dict[str, str | list[str]] = {"maxmemory": str(usable)}
    old = {each.name for each in of_family(family) if each.name.replace("ziplist", "listpack") in _BY_NAME}
    for parameter in of_family(family):
        stands_for_newer = "ziplist" in parameter.name and parameter.name.replace("ziplist", "listpack") in values
        if parameter.setting and not (stands_for_newer and parameter.name in old):
            found[parameter.setting] = values.get(parameter.name, parameter.default)
    limits = []
    for kind, defaults in _LIMITS.items():
        names = (f"{_BUFFER}-{kind}-{part}" for part in ("hard-limit", "soft-limit", "soft-seconds"))
        limits += [kind, *(values.get(name, default) for name, default in zip(names, defaults, strict=True))]
    found[_BUFFER] = " ".join(limits)
    return found


def reserved_percent(values: Mapping[str, str]) -> int:
    """How much of a node's memory is not for data."""
    return int(values.get("reserved-memory-percent", "25"))
