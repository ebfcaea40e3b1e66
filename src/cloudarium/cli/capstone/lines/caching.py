"""Line 7: the catalogue, which is read most, comes from the cache: measured by reading it."""

from __future__ import annotations

import statistics
from typing import Any

from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.stack import Stack
from cloudarium.cli.capstone.visit import CATALOGUE, READS, Visit

_LEAST = 0.75  # of the reads of one page; the first is a miss, and a change of a product makes another
_REASON = "cloudarium logs {} tells more; look at the secret, the security groups and CACHE_HOST"


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """There is a cache over TLS that the catalogue's function reaches, and most reads of a page come from it."""
    visit = coming()
    caches = _caches(stack, found)
    if "read" in visit.troubles:
        found.breaks(f"the catalogue could not be read: {visit.troubles['read']}", "cloudarium capstone up")
        return
    how = [answer.headers.get("x-cache", "uncached") for answer in visit.reads]
    wrong = next((answer for answer in visit.reads if answer.status != 200), None)
    if wrong is not None:
        found.breaks(f"GET {CATALOGUE} answered {wrong.status}: {wrong.body}", "cloudarium logs --follow")
        return
    rate = how.count("hit") / READS
    if rate < _LEAST:
        group = next((each["LoggingConfig"]["LogGroup"] for each in stack.functions), "")
        counted = ", ".join(f"{how.count(each)} × {each}" for each in dict.fromkeys(how))
        found.breaks(
            f"of {READS} reads of one page {rate:.0%} came from the cache ({counted}){visit.complaint('WARNING')}",
            _REASON.format(group),
        )
    _users(stack, caches, found)
    found.saw(f"{READS} × GET {CATALOGUE}, one page: {' '.join(how)}")
    found.sum = f"{rate:.0%} of {READS} reads of one page of {CATALOGUE} were hits{_times(visit, how)}"
    found.saw(f"hit rate {rate:.0%}{_times(visit, how)}")


def _caches(stack: Stack, found: Found) -> list[dict[str, Any]]:
    """The stack's caches that are up."""
    client, up = stack.reach("elasticache"), []
    for resource in stack.of("AWS::ElastiCache::ReplicationGroup"):
        try:
            group = client.describe_replication_groups(ReplicationGroupId=resource.id)["ReplicationGroups"][0]
        except client.exceptions.ReplicationGroupNotFoundFault:
            found.breaks(f"the cache {resource.id} is gone", "cloudarium capstone down, then up")
            continue
        if group["Status"] != "available":
            found.breaks(
                f"the cache {resource.id} is {group['Status']}",
                "wait: aws elasticache wait replication-group-available",
            )
        if not group.get("TransitEncryptionEnabled"):
            found.breaks(
                f"the cache {resource.id} does not speak TLS", "TransitEncryptionEnabled: true in the template"
            )
        up.append(group)
        found.saw(f"{group['ARN']}, {group.get('Engine', 'redis')}, {group['Status']}, TLS")
    if not stack.of("AWS::ElastiCache::ReplicationGroup"):
        found.breaks("the stack has no cache", "add an AWS::ElastiCache::ReplicationGroup")
    return up


def _users(stack: Stack, caches: list[dict[str, Any]], found: Found) -> None:
    """Who is told where the cache is."""
    for group in caches:
        endpoint = group["NodeGroups"][0]["PrimaryEndpoint"]
        told = [
            each["FunctionName"]
            for each in stack.functions
            if endpoint["Address"] in each.get("Environment", {}).get("Variables", {}).values()
        ]
        found.saw(f"{endpoint['Address']}:{endpoint['Port']} is told to {', '.join(told) or 'nobody'}")


def _times(visit: Visit, how: list[str]) -> str:
    """How long hits and others took."""
    hits = [answer.seconds for answer, each in zip(visit.reads, how, strict=True) if each == "hit"]
    others = [answer.seconds for answer, each in zip(visit.reads, how, strict=True) if each != "hit"]
    if not hits or not others:
        return ""
    return f", {statistics.median(hits) * 1e3:.0f} ms each; the miss took {max(others) * 1e3:.0f} ms"
