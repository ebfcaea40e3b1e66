"""Functions: create, read, update, delete, list."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.runtime.packages import UNZIPPED_LIMIT
from cloudarium.services.lambda_ import attaching, errors, records, resources, running, sealing
from cloudarium.services.lambda_.operations import lookup, signing
from cloudarium.services.lambda_.records import LATEST
from cloudarium.services.lambda_.rules import configuration, events
from cloudarium.services.lambda_.rules.configuration import SEALED
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import Scope

_UNBUILT = (
    "FileSystemConfigs", "ImageConfig", "TenancyConfig", "CapacityProviderConfig",
    "DurableConfig", "RuntimeConfig", "AcceleratorConfig", "PublishTo",
)  # fmt: skip
_NO_IMAGE = "a container image as code (PackageType Image)"


@operation("CreateFunction", on=resources.created, refuses=_UNBUILT)
@sealing.revealing
async def create_function(call: Call) -> dict[str, Any]:
    """Make a function out of a zip or an object in S3."""
    given = call.input
    name = _new_name(call)
    if given.get("PackageType", "Zip") == "Image" or given["Code"].get("ImageUri"):
        raise NotBuilt(f"lambda:CreateFunction with {_NO_IMAGE}")
    if given["Code"].get("SourceKMSKeyArn"):
        raise NotBuilt("lambda:CreateFunction with Code.SourceKMSKeyArn")
    if "Runtime" not in given or "Handler" not in given:
        raise errors.InvalidParameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    if records.find_function(call.store, name.scope, name.name) is not None:
        raise errors.Conflict(f"Function already exist: {name.name}")
    config = configuration.configure({}, given, "CreateFunction")
    signing.check_code(call, name)
    code = await lookup.read_code(call, given["Code"])
    await _check_surroundings(call, name, config, code.unzipped)
    config = await sealing.seal(call, name.arn, {}, config)
    config = await attaching.attach(call, name, config)
    path = await lookup.unpack(call, code)
    blob = await call.store.blobs.write(code.data)
    with call.transaction():
        if records.find_function(call.store, name.scope, name.name) is not None:
            raise errors.Conflict(f"Function already exist: {name.name}")
        attaching.check(call, config)
        call.store.blobs.keep(blob.id)
        records.add_function(call.store, name.scope, name.name)
        records.put_latest(call.store, name.scope, name.name, config, blob.id, code.sha256, blob.size, call.now)
        signing.assign(call, name)
        call.tags.put(name.arn, given.get("Tags") or {})
        version = _publish(call, name) if given.get("Publish") else LATEST
    running.workshop(call.cloud).environments.prepare_soon(config["Runtime"], path)
    found = records.find_version(call.store, name.scope, name.name, version)
    assert found is not None
    answer = configuration.being_created(configuration.shown(found))
    # AWS names the function, not the version that was published; and its revision changes when the function is active.
    return {**answer, "FunctionArn": name.arn, "RevisionId": ids.uuid()}


def _new_name(call: Call) -> resources.FunctionName:
    name = resources.parse_function(call.input["FunctionName"], call.scope)
    if len(name.name) > 64:
        raise errors.Constraint(name.name, "functionName", "have length less than or equal to 64")
    if name.qualifier or name.scope != call.scope:
        raise errors.InvalidParameter("The function name must be unqualified and of the caller's own account.")
    configuration.check_tags(call.input.get("Tags") or {}, {})
    return name


async def _check_surroundings(
    call: Call, name: resources.FunctionName, config: dict[str, Any], unzipped: int, *, role: bool = True
) -> None:
    """What a configuration points at must be there: role, layers (whose hashes it gets), dead-letter target."""
    layers, held = config.get("Layers") or [], config.pop(configuration.HELD_LAYERS, {})
    configuration.check_layers(layers, name.scope.region)
    for arn in layers:
        if arn in held and "Layers" not in call.input:
            unzipped += held[arn][2]
            continue
        scope, layer, number = resources.parse_layer(arn, call.scope)
        found = records.find_layer_version(call.store, scope, layer, number or 0)
        if found is None:
            raise errors.InvalidParameter(f"Layer version {arn} does not exist.")
        held[arn] = (found.sha256, found.size, found.unzipped)
        unzipped += found.unzipped
    if unzipped > UNZIPPED_LIMIT:
        raise errors.InvalidParameter(
            f"Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_LIMIT} bytes."
            f" The actual size is {unzipped} bytes."
        )
    if layers:
        config[configuration.HELD_LAYERS] = {arn: held[arn] for arn in layers}
    target = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if target:
        check_target(target, ("sqs", "sns"), "DeadLetterConfig")
    if role:
        await _check_role(call, name, config["Role"])
    if target and (role or "DeadLetterConfig" in call.input):
        await _check_may(call, name, config["Role"], *events.telling(target))
    if config["TracingConfig"]["Mode"] == "Active" and (role or "TracingConfig" in call.input):
        await _check_may(call, name, config["Role"], "xray:PutTraceSegments", "*")


async def _check_may(call: Call, name: resources.FunctionName, role: str, action: str, resource: str) -> None:
    """The role must be allowed what Lambda does in its name. Raises InvalidParameter."""
    session = await running.role_session(call.cloud, name._replace(qualifier="").arn, role, name.scope)
    if session is None or not lookup.role_may(call, session, action, resource):
        service, verb = action.split(":")
        raise errors.InvalidParameter(
            f"The provided execution role does not have permissions to call {verb} on {service.upper()}"
        )


def check_target(target: str, services: tuple[str, ...], member: str) -> None:
    """A place to send events to must be of a kind that AWS takes."""
    arn = arns.parse(target)
    if arn is None or arn.service not in services:
        raise errors.InvalidParameter(f"The provided {member} ARN is invalid: {target}")


async def _check_role(call: Call, name: resources.FunctionName, role: str) -> None:
    try:
        await running.assume(call.cloud, name._replace(qualifier="").arn, role, name.scope)
    except AwsError as error:
        raise errors.InvalidParameter(running.NOT_ASSUMABLE) from error


def _publish(call: Call, name: resources.FunctionName) -> str:
    function = records.find_function(call.store, name.scope, name.name)
    latest = records.find_version(call.store, name.scope, name.name, LATEST)
    assert function is not None and latest is not None
    newest = records.newest_version(call.store, name.scope, name.name)
    if newest is not None and configuration.is_same(latest, newest):
        return newest.number
    return records.publish(call.store, function, latest, None)


@operation("GetFunction", on=resources.qualified)
@sealing.revealing
def get_function(call: Call) -> dict[str, Any]:
    """A function's configuration, a link to its code and reserved concurrency; its tags for those who may list them."""
    found = lookup.version_of(call)
    answer: dict[str, Any] = {
        "Configuration": configuration.shown(found.version, found.qualifier),
        "Code": {"RepositoryType": "S3", "Location": running.link(call.cloud, found.version.blob)},
    }
    arn = resources.function_arn(found.function.scope, found.function.name)
    listing = call.judged("lambda:ListTags", arn)
    if not listing.allowed:
        answer["TagsError"] = {"ErrorCode": "AccessDeniedException", "Message": listing.message}
    elif tags := call.tags.of(arn):
        answer["Tags"] = tags
    if found.function.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": found.function.reserved}
    return answer


@operation("GetFunctionConfiguration", on=resources.qualified)
@sealing.revealing
def get_function_configuration(call: Call) -> dict[str, Any]:
    """A function's configuration."""
    found = lookup.version_of(call)
    return configuration.shown(found.version, found.qualifier)


@operation("ListFunctions")
@sealing.revealing
def list_functions(call: Call) -> dict[str, Any]:
    """The account's functions in this region; with FunctionVersion ALL every version."""
    if call.input.get("MasterRegion"):
        return {"Functions": []}  # Lambda@Edge replicas, of which there are none
    size = lookup.page_size(call)
    if call.input.get("FunctionVersion") == "ALL":
        return _list_all_versions(call, size)
    names = records.functions_after(call.store, call.scope, lookup.marker(call) or "", size + 1)
    here, more = lookup.page(names, size, lambda name: name)
    return {"Functions": [_shown_latest(call, call.scope, name) for name in here], **more}


def _shown_latest(call: Call, scope: Scope, name: str) -> dict[str, Any]:
    version = records.find_version(call.store, scope, name, LATEST)
    assert version is not None
    return configuration.listed(version)


def _list_all_versions(call: Call, size: int) -> dict[str, Any]:
    start = lookup.marker(call, list) or ["", -1]
    if len(start) != 2 or not isinstance(start[0], str) or not isinstance(start[1], int):
        raise errors.InvalidParameter("Invalid marker. Please provide a valid marker.")
    rows: list[records.Version] = []
    name, place = start
    if name:
        rows += records.versions(call.store, call.scope, name, place, size + 1)
    while len(rows) <= size:
        names = records.functions_after(call.store, call.scope, name, 1)
        if not names:
            break
        name = names[0]
        rows += records.versions(call.store, call.scope, name, -1, size + 1 - len(rows))
    here, more = lookup.page(rows, size, lambda version: [version.name, version.place])
    return {"Functions": [configuration.listed(version, version.number) for version in here], **more}


@operation("UpdateFunctionCode", on=resources.function, refuses=("PublishTo", "SourceKMSKeyArn"))
@sealing.revealing
async def update_function_code(call: Call) -> dict[str, Any]:
    """Give $LATEST new code; with DryRun only check it."""
    given = call.input
    if given.get("ImageUri"):
        raise NotBuilt(f"lambda:UpdateFunctionCode with {_NO_IMAGE}")
    if given.get("S3ObjectStorageMode", "COPY") != "COPY":
        raise NotBuilt("lambda:UpdateFunctionCode with S3ObjectStorageMode REFERENCE")
    function = lookup.whole_function_of(call)
    name = resources.FunctionName(function.scope, function.name, "")
    lookup.check_revision(call, lookup.latest_of(call, function).shown_revision, "GetFunction/GetAlias")
    signing.check_code(call, name)
    code = await lookup.read_code(call, given)
    config = {**lookup.latest_of(call, function).config}
    if "Architectures" in given:
        config["Architectures"] = given["Architectures"]
    await _check_surroundings(call, name, config, code.unzipped, role=False)
    await lookup.unpack(call, code)
    if given.get("DryRun"):
        return _shown_dry(call, function, code, config)
    blob = await call.store.blobs.write(code.data)
    with call.transaction():
        latest = lookup.latest_of(call, lookup.function_of(call))
        lookup.check_revision(call, latest.shown_revision, "GetFunction/GetAlias")
        config = {**latest.config, "Architectures": config["Architectures"]}
        call.store.blobs.keep(blob.id)
        call.store.blobs.drop(latest.blob)
        records.put_latest(call.store, name.scope, name.name, config, blob.id, code.sha256, blob.size, call.now)
        version = _publish(call, name) if given.get("Publish") else LATEST
    await running.workshop(call.cloud).environments.stop(f"{name.arn}:{LATEST}@")
    return _shown_updated(call, name, version)


def _shown_dry(call: Call, function: records.Function, code: lookup.Code, config: dict[str, Any]) -> dict[str, Any]:
    latest = lookup.latest_of(call, function)._replace(sha256=code.sha256, size=len(code.data))
    return {**configuration.shown(latest), "Architectures": config["Architectures"]}


def _shown_updated(call: Call, name: resources.FunctionName, version: str) -> dict[str, Any]:
    found = records.find_version(call.store, name.scope, name.name, version)
    if found is None:
        raise errors.FunctionNotFound(name.arn)
    state = configuration.being_updated if version == LATEST else configuration.being_created
    return {**state(configuration.shown(found)), "RevisionId": ids.uuid()}  # it changes when the update is done


@operation(
    "UpdateFunctionConfiguration",
    on=resources.configured,
    refuses=tuple(name for name in _UNBUILT if name not in ("TenancyConfig", "PublishTo")),
)
@sealing.revealing
async def update_function_configuration(call: Call) -> dict[str, Any]:
    """Change settings of $LATEST; what is not given stays as it is."""
    function = lookup.whole_function_of(call)
    name = resources.FunctionName(function.scope, function.name, "")
    latest = lookup.latest_of(call, function)
    lookup.check_revision(call, latest.shown_revision, "GetFunction/GetAlias")
    config = configuration.configure(latest.config, call.input, "UpdateFunctionConfiguration")
    if call.input.get("Layers"):
        signing.check_code(call, name)
    await _check_surroundings(call, name, config, 0, role="Role" in call.input)
    sealed = await sealing.seal(call, name.arn, latest.config, config)
    vpc = (await attaching.attach(call, name, config)).get("VpcConfig")
    with call.transaction():
        used = attaching.used(call)
        latest = lookup.latest_of(call, lookup.function_of(call))
        lookup.check_revision(call, latest.shown_revision, "GetFunction/GetAlias")
        held = config.get(configuration.HELD_LAYERS, {})
        config = configuration.configure(latest.config, call.input, "UpdateFunctionConfiguration")
        config = sealing.carry(config, sealed)
        config[configuration.HELD_LAYERS] = {arn: held[arn] for arn in config.get("Layers", ()) if arn in held}
        if "VpcConfig" in call.input:
            config = attaching.carry(call, config, vpc)
            attaching.check(call, config)
        records.put_latest(call.store, name.scope, name.name, config, latest.blob, latest.sha256, latest.size, call.now)
    await running.workshop(call.cloud).environments.stop(f"{name.arn}:{LATEST}@")
    if "VpcConfig" in call.input:
        await attaching.release(call, used, config["Role"])
    return _shown_updated(call, name, LATEST)


@operation("DeleteFunction", on=resources.qualified)
async def delete_function(call: Call) -> dict[str, Any]:
    """Delete a function with all it has, or one version of it."""
    name = lookup.name_of(call)
    arn = name._replace(qualifier="").arn
    granted = [] if name.qualifier else _under_keys(call, lookup.function_of(call))
    with call.transaction():
        function = lookup.function_of(call)
        role, used = lookup.latest_of(call, function).config["Role"], attaching.used(call)
        if name.qualifier:
            _delete_version(call, function, name)
        else:
            records.delete_function(call.store, function)
            call.tags.drop(arn)
        attaching.release_later(call)
    await running.workshop(call.cloud).environments.stop(f"{name.arn}@" if name.qualifier else f"{arn}:")
    for config in granted:
        session = await running.role_session(call.cloud, arn, config["Role"], name.scope)
        if session is not None:
            await sealing.retire(call, session, config)
    await attaching.release(call, used, role)
    call.status = 204
    return {}


def _under_keys(call: Call, function: records.Function) -> list[dict[str, Any]]:
    """The configurations of a function whose variables are sealed, one for each grant."""
    versions = records.versions(call.store, function.scope, function.name, -1, 10_000)
    configs = [version.config for version in versions]
    return list({config[SEALED]["Grant"]: config for config in configs if SEALED in config}.values())


def _delete_version(call: Call, function: records.Function, name: resources.FunctionName) -> None:
    if name.qualifier == LATEST:
        raise errors.InvalidParameter("$LATEST version cannot be deleted without deleting the function.")
    if not name.qualifier.isdecimal():
        raise errors.InvalidParameter("Deletion of aliases is not currently supported.")
    version = records.find_version(call.store, function.scope, function.name, name.qualifier)
    if version is None:
        return  # AWS's delete of a version that is not there succeeds
    used = [
        alias.alias
        for alias in records.aliases(call.store, function.scope, function.name)
        if alias.version == version.number or version.number in alias.weights
    ]
    if used:
        raise errors.Conflict(f"Version {version.number} is referenced by aliases: {', '.join(used)}")
    records.delete_version(call.store, version)
