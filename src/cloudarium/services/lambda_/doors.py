"""Lambda's doors outside of the API: function URLs, and the links to code that GetFunction and GetLayerVersion give."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpResponse
from cloudarium.services.lambda_ import metering, running
from cloudarium.services.lambda_.records import urls

_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
)


async def function_url(call: Call) -> HttpResponse:
    """Answer a request at a function's URL."""
    from cloudarium.services.lambda_ import serving

    assert call.door is not None
    response = await serving.serve(call)
    one = urls.by_id(call.store, call.door.id)
    if one is not None:
        metering.visited(call.cloud, one, response.status, (call.cloud.stopwatch() - call.started) * 1000)
    return response


async def code(call: Call) -> HttpResponse:
    """Serve the package that a link's token stands for; a link that has expired is S3's AccessDenied, as on AWS."""
    assert call.door is not None and call.request is not None
    blob, until = running.workshop(call.cloud).links.get(call.door.id, ("", 0.0))
    try:
        size = call.store.blobs.size(blob) if until >= call.now else -1
    except KeyError:
        size = -1
    if size < 0:
        return HttpResponse(403, {"content-type": "application/xml"}, _DENIED)
    headers = {"content-type": "application/zip", "content-length": str(size)}
    if call.request.method == "HEAD":
        return HttpResponse(200, headers, b"")
    return HttpResponse(200, headers, call.store.blobs.read(blob))
