"""The card of X-Ray.

What it knows of traces stands in `cloudarium/traces`, below the rooms, since Lambda and the glass stand on it too. Its
port is the X-Ray daemon's, for programs on this machine: segments come by UDP, and SDKs ask for sampling rules by HTTP.
"""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="xray",
    purpose="Keeps traces: segments, summaries, service maps, groups and sampling rules.",
    validation_error="InvalidRequestException",
    paths={"/v1/traces": "otlp"},
    ports={"xray-daemon": 2000},
    datagrams=("xray-daemon",),
    usage="X-Ray",
)
