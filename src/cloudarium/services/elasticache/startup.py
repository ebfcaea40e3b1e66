"""As the cloud starts: caches take clients again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudarium.services.elasticache import records

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud


async def start(cloud: Cloud) -> None:
    """Open the caches that an earlier run of the cloud left."""
    if not any(records.everywhere(cloud.store, kind) for kind in (records.CLUSTER, records.SERVERLESS)):
        return
    from cloudarium.services.elasticache.running.fleet import open_all

    await open_all(cloud)
