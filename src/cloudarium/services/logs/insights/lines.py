"""Lines of kinds that AWS knows the words of: VPC flow logs in their default format, and Route 53's query logs.

Names: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
Formats: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html and
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html
"""

from __future__ import annotations

import functools
import re

_FLOW = (
    *("version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol"),
    *("packets", "bytes", "startTime", "endTime", "action", "logStatus"),
)
_QUERY = (
    *("version", "queryTimestamp", "hostZoneId", "queryName", "queryType", "responseCode", "protocol"),
    *("edgeLocation", "resolverIp", "ednsClientSubnet"),
)
NAMES = frozenset((*_FLOW, *_QUERY))
_KINDS = (
    (_FLOW, re.compile(r"\d (?:\d{12}|unknown) eni-\w+ (?:\S+ ){7}\d+ \d+ (?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)")),
    (_QUERY, re.compile(r"\d\.\d \d{4}-\d\d-\d\dT\S+Z Z\w+ \S+ [A-Z0-9]+ [A-Z]+ (?:UDP|TCP) \S+ \S+ \S+")),
)
_LONGEST = 1000  # of such a line


@functools.lru_cache(maxsize=4)
def words(message: str) -> dict[str, str]:
    """The fields of a line, none for one of another kind."""
    line = message.rstrip("\r\n")
    for names, pattern in _KINDS if len(line) <= _LONGEST else ():
        if pattern.fullmatch(line):
            return dict(zip(names, line.split(" "), strict=True))
    return {}


def field(message: str, name: str) -> str | None:
    """One field of a line."""
    return words(message).get(name)
