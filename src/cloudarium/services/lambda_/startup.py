"""As the cloud starts: event sources are read again, and what was provisioned is started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudarium.services.lambda_.records import event_sources, provisioned

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud


async def start(cloud: Cloud) -> None:
    """Go on with the event source mappings and the provisioned concurrency that an earlier run of the cloud left."""
    if event_sources.everywhere(cloud.store):
        from cloudarium.services.lambda_ import consuming

        consuming.resume(cloud)
    if provisioned.everywhere(cloud.store):
        from cloudarium.services.lambda_ import provisioning

        provisioning.resume(cloud)
