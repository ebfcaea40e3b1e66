"""The card of X-Ray.

What it knows of traces stands in `cloudarium/traces`, below the rooms, since Lambda and the glass stand on it too.
"""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="xray",
    purpose="Keeps traces: segments, summaries, service maps, groups and sampling rules.",
    validation_error="InvalidRequestException",
)
