"""What is told of accounts with tables once a day: the most that they may have provisioned and use.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from cloudarium.cloud import Cloud
from cloudarium.services.dynamodb import measuring
from cloudarium.services.dynamodb.records import tables
from cloudarium.services.dynamodb.rules.throughput import MOST_ACCOUNT_UNITS, MOST_TABLE_UNITS

_LIMITS = (
    ("AccountMaxReads", MOST_ACCOUNT_UNITS),
    ("AccountMaxWrites", MOST_ACCOUNT_UNITS),
    ("AccountMaxTableLevelReads", MOST_TABLE_UNITS),
    ("AccountMaxTableLevelWrites", MOST_TABLE_UNITS),
)


async def read(cloud: Cloud, now: float) -> bool:
    """Tell the quotas of each account and region with a table; whether there is one."""
    found = tables.scopes(cloud.store)
    for scope in found:
        for name, most in _LIMITS:
            cloud.meter.add(now, scope, "AWS/DynamoDB", name, (), float(most), "Count")
        measuring.provisioned(cloud, now, scope)
    return bool(found)
