"""Published versions."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources, sealing
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.rules import configuration


@operation("PublishVersion", on=resources.function, refuses=("PublishTo",))
@sealing.revealing
def publish_version(call: Call) -> dict[str, Any]:
    """Freeze $LATEST as a numbered version; the last one is answered when nothing has changed since."""
    function = lookup.whole_function_of(call)
    latest = lookup.latest_of(call, function)
    lookup.check_revision(call, latest.shown_revision, "GetFunction/GetAlias")
    wanted = call.input.get("CodeSha256")
    if wanted and wanted != latest.sha256:
        raise errors.InvalidParameter(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({latest.sha256})."
            " Please try again with the CodeSHA256 in $LATEST."
        )
    newest = records.newest_version(call.store, function.scope, function.name)
    fresh = False
    if newest is None or not configuration.is_same(latest, newest):
        number = records.publish(call.store, function, latest, call.input.get("Description"))
        newest, fresh = records.find_version(call.store, function.scope, function.name, number), True
    assert newest is not None
    shown = configuration.shown(newest)
    return configuration.being_created(shown) if fresh and configuration.snap_starts(newest) else shown


@operation("ListVersionsByFunction", on=resources.function)
@sealing.revealing
def list_versions_by_function(call: Call) -> dict[str, Any]:
    """A function's versions, $LATEST first."""
    function = lookup.function_of(call)
    size = lookup.page_size(call)
    after = lookup.marker(call, int)
    rows = records.versions(call.store, function.scope, function.name, -1 if after is None else after, size + 1)
    here, more = lookup.page(rows, size, lambda version: version.place)
    return {"Versions": [configuration.listed(version, version.number) for version in here], **more}
