"""What is told of secrets once a day: how many each account has, those that wait for their deletion included.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudwatch.html
"""

from __future__ import annotations

from cloudarium.cloud import Cloud
from cloudarium.services.secretsmanager.records import secrets

_OWN = (("Class", "None"), ("Resource", "SecretCount"), ("Service", "Secrets Manager"), ("Type", "Resource"))


async def read(cloud: Cloud, now: float) -> bool:
    """Tell how many secrets each account and region has; whether there is one."""
    counted = secrets.counts(cloud.store)
    for scope, count in counted:
        cloud.meter.add(now, scope, "AWS/SecretsManager", "ResourceCount", _OWN, float(count), "Count")
    return bool(counted)
