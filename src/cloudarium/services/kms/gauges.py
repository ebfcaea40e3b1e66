"""What is told of keys once a day: how long imported material still lasts that expires.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html
"""

from __future__ import annotations

from cloudarium.cloud import Cloud
from cloudarium.services.kms.records import keys


async def read(cloud: Cloud, now: float) -> bool:
    """Tell the seconds that are left to each such key; whether there is one."""
    expiring = keys.expiring(cloud.store)
    for key in expiring:
        left = max(0.0, key.data["ValidTo"] - now)
        own = (("KeyId", key.id),)
        cloud.meter.add(now, key.scope, "AWS/KMS", "SecondsUntilKeyMaterialExpiration", own, left, "Seconds")
    return bool(expiring)
