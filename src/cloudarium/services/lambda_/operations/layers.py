"""Layers: code that several functions share, in versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.lambda_ import errors, records, resources, running
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import LayerVersion
from cloudarium.services.lambda_.rules import permissions
from cloudarium.shared.errors import NotBuilt

_KEPT: tuple[str, ...] = ("CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
_NOT_THERE = "The resource you requested does not exist."


def _shown(layer: LayerVersion) -> dict[str, Any]:
    created = datetime.fromtimestamp(layer.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    return {
        **layer.info,
        "LayerVersionArn": resources.layer_arn(layer.scope, layer.name, layer.number),
        "Version": layer.number,
        "CreatedDate": created,
    }


def _shown_whole(call: Call, layer: LayerVersion) -> dict[str, Any]:
    content = {
        "Location": running.link(call.cloud, layer.blob),
        "CodeSha256": layer.sha256,
        "CodeSize": layer.size,
    }
    return {**_shown(layer), "LayerArn": resources.layer_arn(layer.scope, layer.name), "Content": content}


def _number(call: Call) -> int:
    number = call.input["VersionNumber"]
    if number < 1:
        raise errors.InvalidParameter("Layer Version Cannot be less than 1")
    return number


def _find(call: Call) -> LayerVersion:
    scope, name, number = resources.parse_layer(call.input.get("Arn") or call.input.get("LayerName"), call.scope)
    if number is None and "VersionNumber" not in call.input:
        raise errors.NotFound(_NOT_THERE)  # an ARN with a number that no version has, or of a layer of AWS's own
    if number is None:
        number = _number(call)
    found = records.find_layer_version(call.store, scope, name, number)
    if found is None:
        raise errors.NotFound(_NOT_THERE)
    return found


@operation("PublishLayerVersion", on=resources.layer)
async def publish_layer_version(call: Call) -> dict[str, Any]:
    """Make the next version of a layer."""
    given = call.input
    scope, name, number = resources.parse_layer(given["LayerName"], call.scope)
    if scope.account != call.account or number is not None:
        raise errors.InvalidParameter("The layer name must be of the caller's own account and without a version.")
    content = given["Content"]
    if content.get("S3ObjectStorageMode", "COPY") != "COPY":
        raise NotBuilt("lambda:PublishLayerVersion with S3ObjectStorageMode REFERENCE")
    code = await lookup.read_code(call, content, "LayerVersionContent")
    await lookup.unpack(call, code)
    blob = await call.store.blobs.write(code.data)
    info: dict[str, Any] = {
        "Description": given.get("Description", ""),
        **{key: given[key] for key in _KEPT if key in given},
    }
    with call.transaction():
        call.store.blobs.keep(blob.id)
        layer = LayerVersion(
            *scope, name, records.take_layer_number(call.store, scope, name), orjson.dumps(info).decode(),
            blob.id, code.sha256, blob.size, code.unzipped, call.now,
        )  # fmt: skip
        records.add_layer_version(call.store, layer)
    return _shown_whole(call, layer)


@operation("GetLayerVersion", on=resources.layer_version)
def get_layer_version(call: Call) -> dict[str, Any]:
    """A layer version (LayerName, VersionNumber) with a link to its content."""
    return _shown_whole(call, _find(call))


@operation("GetLayerVersionByArn", on=resources.layer_version)
def get_layer_version_by_arn(call: Call) -> dict[str, Any]:
    """A layer version with a link to its content."""
    return _shown_whole(call, _find(call))


@operation("DeleteLayerVersion", on=resources.layer_version)
def delete_layer_version(call: Call) -> dict[str, Any]:
    """Delete a layer version; one that is not there is no error."""
    scope, name, _ = resources.parse_layer(call.input["LayerName"], call.scope)
    found = records.find_layer_version(call.store, scope, name, _number(call))
    if found is not None:
        records.delete_layer_version(call.store, found)
        records.put_policy(call.store, resources.layer_arn(scope, name, found.number), [])
    return {}


def _fits(call: Call, layer: LayerVersion) -> bool:
    info = layer.info
    for asked, has in (
        ("CompatibleRuntime", "CompatibleRuntimes"),
        ("CompatibleArchitecture", "CompatibleArchitectures"),
    ):
        wanted = call.input.get(asked)
        if wanted and wanted not in info.get(has, ()):
            return False
    return True


@operation("ListLayerVersions", on=resources.layer)
def list_layer_versions(call: Call) -> dict[str, Any]:
    """A layer's versions, the newest first, those for CompatibleRuntime and CompatibleArchitecture."""
    scope, name, _ = resources.parse_layer(call.input["LayerName"], call.scope)
    before = lookup.marker(call, int)
    rows = [layer for layer in records.layer_versions(call.store, scope, name) if _fits(call, layer)]
    if before is not None:
        rows = [layer for layer in rows if layer.number < before]
    here, more = lookup.page(rows, lookup.page_size(call), lambda layer: layer.number)
    return {"LayerVersions": [_shown(layer) for layer in here], **more}


@operation("ListLayers")
def list_layers(call: Call) -> dict[str, Any]:
    """The account's layers, each with its newest fitting version (CompatibleRuntime, CompatibleArchitecture)."""
    after = lookup.marker(call) or ""
    rows = []
    for name in records.layer_names(call.store, call.scope):
        fitting = [layer for layer in records.layer_versions(call.store, call.scope, name) if _fits(call, layer)]
        if fitting and name > after:
            rows.append(fitting[0])
    here, more = lookup.page(rows, lookup.page_size(call), lambda layer: layer.name)
    layers = [
        {
            "LayerName": layer.name,
            "LayerArn": resources.layer_arn(layer.scope, layer.name),
            "LatestMatchingVersion": _shown(layer),
        }
        for layer in here
    ]
    return {"Layers": layers, **more}


# ---- who may use a layer ---------------------------------------------------------------------------------------------


def _policy(call: Call) -> tuple[str, records.Policy | None]:
    scope, name, number = resources.parse_layer(call.input["LayerName"], call.scope)
    number = number or _number(call)
    arn = resources.layer_arn(scope, name, number)
    if records.find_layer_version(call.store, scope, name, number) is None:
        raise errors.NotFound(f"Layer version {arn} does not exist.")
    policy = records.find_policy(call.store, arn)
    return arn, policy


def _check_revision(call: Call, policy: records.Policy | None) -> None:
    # AWS's text names the operation as its path does, not as it is called today.
    lookup.check_revision(call, policy.revision if policy else "", "GetLayerPolicy")


@operation("AddLayerVersionPermission", on=resources.layer_version)
def add_layer_version_permission(call: Call) -> dict[str, Any]:
    """Let an account (or everyone) use a layer version."""
    arn, policy = _policy(call)
    statement = permissions.layer_statement(call.input, arn)
    statements = permissions.add(policy.statements if policy else [], statement)
    _check_revision(call, policy)
    revision = records.put_policy(call.store, arn, statements)
    return {"Statement": orjson.dumps(statement).decode(), "RevisionId": revision}


@operation("RemoveLayerVersionPermission", on=resources.layer_version)
def remove_layer_version_permission(call: Call) -> dict[str, Any]:
    """Take a permission on a layer version away."""
    arn, policy = _policy(call)
    if policy is None:
        raise errors.NotFound("No policy is associated with the given resource.")
    left = permissions.remove(policy.statements, call.input["StatementId"])
    _check_revision(call, policy)
    records.put_policy(call.store, arn, left)
    return {}


@operation("GetLayerVersionPolicy", on=resources.layer_version)
def get_layer_version_policy(call: Call) -> dict[str, Any]:
    """Who may use a layer version."""
    _, policy = _policy(call)
    if policy is None:
        raise errors.NotFound("No policy is associated with the given resource.")
    return {"Policy": resources.policy_text(policy), "RevisionId": policy.revision}
