"""What CloudWatch is told of a node: from what its engine counts, at two moments.

Sources: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html and
.../serverless-metrics-events-redis.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cloudarium.runtime.caches import Traffic

Info = Mapping[str, Any]  # the engine's INFO
Families = Mapping[str, frozenset[str]]  # the engine's categories of commands that CATEGORIES names
COUNT, BYTES, PERCENT, SECONDS, MICROSECONDS = "Count", "Bytes", "Percent", "Seconds", "Microseconds"

CATEGORIES = {
    "EvalBased": "scripting", "GeoSpatialBased": "geo", "HashBased": "hash", "HyperLogLogBased": "hyperloglog",
    "KeyBased": "keyspace", "ListBased": "list", "PubSubBased": "pubsub", "SetBased": "set",
    "SortedSetBased": "sortedset", "StreamBased": "stream", "StringBased": "string", "GetType": "read",
    "SetType": "write",
}  # fmt: skip
_COUNTERS = {
    "ActiveDefragHits": "active_defrag_hits", "AuthenticationFailures": "acl_access_denied_auth",
    "CacheHits": "keyspace_hits", "CacheMisses": "keyspace_misses",
    "ChannelAuthorizationFailures": "acl_access_denied_channel",
    "CommandAuthorizationFailures": "acl_access_denied_cmd", "ErrorCount": "total_error_replies",
    "Evictions": "evicted_keys", "KeyAuthorizationFailures": "acl_access_denied_key",
    "NewConnections": "total_connections_received", "Reclaimed": "expired_keys",
}  # fmt: skip
SERVERLESS_COUNTERS = (
    "AuthenticationFailures", "CacheHits", "CacheMisses", "CommandAuthorizationFailures", "Evictions",
    "KeyAuthorizationFailures",
)  # fmt: skip

_GREETINGS = ("auth", "hello", "client|setinfo", "config|get")  # connections begin with them, the cloud's own too


class Measure(NamedTuple):
    """One value for CloudWatch."""

    name: str
    value: float
    unit: str


class Sample(NamedTuple):
    """What an engine said at a moment, and how many commands the cloud itself had sent it by then."""

    info: Info
    own: int


NOTHING = Sample({}, 0)  # before a server is started


def of_node(now: Info, before: Info, families: Families, memory: int, processors: int) -> Iterator[Measure]:
    """The metrics of a node, with the memory and the number of processors of its type."""
    for name, counter in _COUNTERS.items():
        yield Measure(name, _grown(now, before, counter), COUNT)
    yield from _hit_rate(now, before)
    yield from _items(now)
    used, most = now["used_memory"], now["maxmemory"]
    yield Measure("BytesUsedForCache", used, BYTES)
    yield Measure("CurrConnections", now["connected_clients"], COUNT)
    yield Measure("FreeableMemory", max(0, memory - now["used_memory_rss"]), BYTES)
    yield Measure("KeysTracked", now["tracking_total_keys"], COUNT)
    yield Measure("MemoryFragmentationRatio", now["mem_fragmentation_ratio"], "None")
    yield Measure("NetworkBytesIn", _grown(now, before, "total_net_input_bytes"), BYTES)
    yield Measure("NetworkBytesOut", _grown(now, before, "total_net_output_bytes"), BYTES)
    yield Measure("SaveInProgress", now["rdb_bgsave_in_progress"], COUNT)
    yield Measure("DatabaseMemoryUsagePercentage", 100 * used / most, PERCENT)
    yield Measure("DatabaseCapacityUsagePercentage", 100 * used / most, PERCENT)
    counted = max(0, used - now["mem_not_counted_for_evict"])
    yield Measure("DatabaseMemoryUsageCountedForEvictPercentage", 100 * counted / most, PERCENT)
    yield from _processor(now, before, processors)
    yield from _replication(now, before)
    yield from _commands(now, before, families)
    yield from _latencies(now, before, families)


def of_serverless(now: Sample, before: Sample, families: Families, traffic: Traffic) -> Iterator[Measure]:
    """The metrics of a serverless cache, to and from whose clients came this traffic."""
    for name in SERVERLESS_COUNTERS:
        yield Measure(name, _grown(now.info, before.info, _COUNTERS[name]), COUNT)
    yield from _hit_rate(now.info, before.info)
    yield from _items(now.info)
    yield Measure("BytesUsedForCache", now.info["used_memory"], BYTES)
    calls = sum(one[0] for name, one in _calls(now.info, before.info).items() if name not in _GREETINGS)
    total = max(0, calls - (now.own - before.own))
    yield Measure("TotalCmdsCount", total, COUNT)
    # A unit is a command of up to a kilobyte; what complicated commands cost beyond that is not reckoned here.
    units = max(total, (traffic.bytes_in + traffic.bytes_out) / 1024)
    yield Measure("ElastiCacheProcessingUnits", units, COUNT)
    yield Measure("NetworkBytesIn", traffic.bytes_in, BYTES)
    yield Measure("NetworkBytesOut", traffic.bytes_out, BYTES)
    yield Measure("NewConnections", traffic.opened, COUNT)
    yield from _commands(now.info, before.info, families)
    yield from _latencies(now.info, before.info, families)


def _grown(now: Info, before: Info, counter: str) -> float:
    return float(now[counter] - before.get(counter, 0))


def _hit_rate(now: Info, before: Info) -> Iterator[Measure]:
    hits, misses = _grown(now, before, "keyspace_hits"), _grown(now, before, "keyspace_misses")
    if hits + misses:
        yield Measure("CacheHitRate", 100 * hits / (hits + misses), PERCENT)


def _items(now: Info) -> Iterator[Measure]:
    databases = [value for name, value in now.items() if name[:2] == "db" and name[2:].isdigit()]
    yield Measure("CurrItems", sum(each["keys"] for each in databases), COUNT)
    yield Measure("CurrVolatileItems", sum(each["expires"] for each in databases), COUNT)
    first = now.get("db0")
    if first is not None:
        yield Measure("DB0AverageTTL", first["avg_ttl"], "Milliseconds")


def _processor(now: Info, before: Info, processors: int) -> Iterator[Measure]:
    """How busy the engine was, by the machine's own time: the cloud's may have been moved."""
    began = before.get("server_time_usec", now["server_time_usec"] - now["uptime_in_seconds"] * 1_000_000)
    passed = (now["server_time_usec"] - began) / 1_000_000
    if passed <= 0:
        return
    thread = sum(_grown(now, before, f"used_cpu_{kind}_main_thread") for kind in ("sys", "user"))
    whole = sum(_grown(now, before, f"used_cpu_{kind}") for kind in ("sys", "user"))
    yield Measure("EngineCPUUtilization", min(100.0, 100 * thread / passed), PERCENT)
    yield Measure("CPUUtilization", min(100.0, 100 * whole / passed / processors), PERCENT)


def _replication(now: Info, before: Info) -> Iterator[Measure]:
    primary = now["role"] == "master"
    yield Measure("IsPrimary", primary, COUNT)
    yield Measure("IsMaster", primary, COUNT)
    if primary:
        yield Measure("ReplicationBytes", _grown(now, before, "total_net_repl_output_bytes"), BYTES)
        return
    up = now["master_link_status"] == "up"
    yield Measure("MasterLinkHealthStatus", up, COUNT)
    yield Measure("PrimaryLinkHealthStatus", up, COUNT)
    if up:
        yield Measure("ReplicationLag", max(0, now["master_last_io_seconds_ago"]), SECONDS)


def _commands(now: Info, before: Info, families: Families) -> Iterator[Measure]:
    """Commands by what they are about; kinds of which there were none are left out."""
    calls = _calls(now, before)
    for kind, category in CATEGORIES.items():
        yield from _kind(kind, {name: one for name, one in calls.items() if name in families[category]})
    yield from _kind("ClusterBased", {name: one for name, one in calls.items() if name.startswith("cluster|")})
    data = frozenset().union(*(families[each] for each in CATEGORIES.values()))
    rest = {name: one for name, one in calls.items() if name not in data and not name.startswith("cluster|")}
    yield from _kind("NonKeyType", rest)


def _kind(kind: str, those: Mapping[str, tuple[int, int]]) -> Iterator[Measure]:
    count, spent = (sum(one[part] for one in those.values()) for part in (0, 1))
    if count:
        yield Measure(f"{kind}Cmds", count, COUNT)
        yield Measure(f"{kind}CmdsLatency", spent / count, MICROSECONDS)


def _latencies(now: Info, before: Info, families: Families) -> Iterator[Measure]:
    calls = _calls(now, before)
    for name, category in (("SuccessfulReadRequestLatency", "read"), ("SuccessfulWriteRequestLatency", "write")):
        those = [one for command, one in calls.items() if command in families[category]]
        count = sum(one[0] for one in those)
        if count:
            yield Measure(name, sum(one[1] for one in those) / count, MICROSECONDS)


def _calls(now: Info, before: Info) -> dict[str, tuple[int, int]]:
    """How often each command was called in between, and how many microseconds that took."""
    found = {}
    for name, one in now.items():
        if name.startswith("cmdstat_"):
            old = before.get(name, {})
            calls = one["calls"] - old.get("calls", 0)
            if calls > 0:
                found[name[8:]] = calls, one["usec"] - old.get("usec", 0)
    return found
