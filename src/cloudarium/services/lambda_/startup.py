"""As the cloud starts: event sources are read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudarium.services.lambda_.records import event_sources

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud


async def start(cloud: Cloud) -> None:
    """Go on with the event source mappings that an earlier run of the cloud left."""
    if event_sources.everywhere(cloud.store):
        from cloudarium.services.lambda_ import consuming

        consuming.resume(cloud)
