"""Where Lambda's records meet the runtime: what a version is to run as, with whose keys, and where its log goes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.runtime import Credentials, Environments, FunctionSpec, Invocation, InvocationResult, Network, Throttled
from cloudarium.runtime.launcher import LauncherLost
from cloudarium.runtime.streams import ResponseStream
from cloudarium.services.lambda_ import errors, metering, networks, records, sealing, tracing
from cloudarium.services.lambda_.logging import LogWriter
from cloudarium.services.lambda_.records import recursion as loops
from cloudarium.services.lambda_.resources import function_arn, parse_layer
from cloudarium.services.lambda_.rules import concurrency, configuration, recursion
from cloudarium.services.lambda_.rules.concurrency import Pace
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope
from cloudarium.vpc.live import wires
from cloudarium.vpc.wires import Attachment

if TYPE_CHECKING:
    from cloudarium.cloud import Cloud
    from cloudarium.services.lambda_.records import Version

LINK_SECONDS = 600.0
KNOWN_SPECS = 5000
UNSEALED_SECONDS = 300.0
LAST_SECONDS = 60.0  # of a session: it is not begun with any more
FOREVER = float("inf")
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


@dataclass
class Workshop:
    """What Lambda keeps while the cloud runs: the environments, their logs, and the links to code."""

    environments: Environments
    logs: LogWriter
    links: dict[str, tuple[str, float]] = field(default_factory=dict)  # token → (blob, until when)
    attachments: dict[str, Attachment] = field(default_factory=dict)  # by their keys, which specs name
    specs: dict[str, FunctionSpec] = field(default_factory=dict)  # by revision, which changes with everything in it

    unreserved: dict[Scope, int] = field(default_factory=lambda: defaultdict(int))  # running, of functions without
    paces: dict[tuple[str, ...], Pace] = field(default_factory=lambda: defaultdict(Pace))  # of those with
    opened: dict[str, float] = field(default_factory=dict)  # by revision: until when KMS need not be asked again
    provisioned: dict[tuple[str, ...], str] = field(default_factory=dict)  # by place: the key of the spec held ready
    sessions: dict[tuple[str, str], Principal] = field(default_factory=dict)  # of execution roles: by function and role

    def status(self) -> str:
        """What runs, in a line for `cloudarium status`, and whether functions are kept apart from the machine."""
        seen = self.environments.stats()
        apart = {
            "namespaces": "each sees its own /var/task, /opt and /tmp",
            "none": f"not isolated: {seen['isolation_reason']}",
        }.get(seen["isolation"], "none was started yet")
        but = ", except by caches" if sys.platform == "linux" else ""  # only Linux tells whose connection it is
        open_ = f"; not kept to their VPCs{but}: {seen['not_attached']}" if seen["not_attached"] else ""
        return f"{seen['environments']} environments, {seen['busy']} busy; {apart}{open_}"

    async def close(self) -> None:
        """End all processes and write what is left of the logs."""
        await self.environments.close()
        await self.logs.close()


def workshop(cloud: Cloud) -> Workshop:
    """The cloud's workshop, made when first wanted."""
    found = cloud.keep.get("lambda")
    if found is None:
        logs = LogWriter(cloud)

        async def credentials(spec: FunctionSpec) -> Credentials:
            return await assume(cloud, spec.arn, spec.role, Scope(spec.account, spec.region))

        async def network(spec: FunctionSpec) -> Network:
            return wires(cloud).attach(made.attachments[spec.network], made.environments.attached)

        environments = Environments(
            cloud.store.folder / "lambda",
            clock=cloud.clock.now,
            credentials=credentials,
            on_log=logs.take,
            endpoint=cloud.endpoint,
            network=network,
            on_segment=lambda spec, text: tracing.take(cloud, spec, text),
            authority=cloud.authority_file,
        )
        found = made = cloud.keep["lambda"] = Workshop(environments, logs)
        cloud.at_close(found.close)
    return found


# ---- the execution role ----------------------------------------------------------------------------------------------


async def assume(cloud: Cloud, arn: str, role: str, scope: Scope) -> Credentials:
    """Temporary keys of an execution role for the function `arn`; raises AccessDenied when Lambda may not assume it."""
    parent = Call(cloud, None)
    parent.service, parent.operation_name, parent.scope = "lambda", "AssumeExecutionRole", scope
    known = cloud.directory.role(role)
    wanted = {
        "RoleArn": role,
        "RoleSessionName": arn.split(":")[6][:64].ljust(2, "_"),  # STS wants two characters
        "DurationSeconds": getattr(known, "max_session", 3600),
    }
    function = ":".join(arn.split(":")[:7])
    context = {"aws:SourceArn": arn, "aws:SourceAccount": scope.account, "lambda:SourceFunctionArn": function}
    service = Principal.service("lambda.amazonaws.com", scope.account)
    try:
        answer = await parent.send("sts", "AssumeRole", wanted, as_=service, context=context)
    except AwsError as error:
        raise errors.AccessDenied(NOT_ASSUMABLE) from error
    keys = answer["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], float(keys["Expiration"]))


async def role_session(cloud: Cloud, arn: str, role: str, scope: Scope) -> Principal | None:
    """The execution role as a caller, for what Lambda does in its name; None when it cannot be assumed."""
    try:
        keys = await assume(cloud, arn, role, scope)
    except AwsError:
        return None
    credential = cloud.directory.credential(keys.access_key_id)
    return credential.principal if credential is not None else None


async def kept_session(cloud: Cloud, function: str, role: str, scope: Scope) -> Principal | None:
    """A session of the execution role for what each run leaves behind, taken anew only when its time is nearly over."""
    sessions = workshop(cloud).sessions
    known = sessions.get((function, role))
    if known is None or (known.expires or FOREVER) - cloud.clock.now() < LAST_SECONDS:
        known = await role_session(cloud, function, role, scope)
        if known is not None:
            if len(sessions) >= KNOWN_SPECS:
                sessions.clear()
            sessions[function, role] = known
    return known


# ---- from records to the runtime -------------------------------------------------------------------------------------


async def spec_of(cloud: Cloud, version: Version) -> FunctionSpec:
    """The version as the runtime wants it, its code and layers unpacked."""
    shop = workshop(cloud)
    known = shop.specs.get(version.revision)
    if known is not None and cloud.clock.now() < shop.opened.get(version.revision, FOREVER):
        return known
    if len(shop.specs) >= KNOWN_SPECS:
        shop.specs.clear()
        shop.opened.clear()
    shop.specs[version.revision] = spec = await _read_spec(cloud, version, shop.environments)
    if configuration.SEALED in version.config:
        shop.opened[version.revision] = cloud.clock.now() + UNSEALED_SECONDS
    return spec


async def _read_spec(cloud: Cloud, version: Version, environments: Environments) -> FunctionSpec:
    config = version.config
    code = await unpacked(cloud, environments, version.sha256, version.blob)
    layers = [
        await _layer(cloud, environments, arn, sha256)
        for arn, (sha256, _, _) in config.get(configuration.HELD_LAYERS, {}).items()
    ]
    logging = config.get("LoggingConfig", {})
    environment = config.get("Environment", {}).get("Variables", {})
    if configuration.SEALED in config:
        environment = await _unsealed(cloud, version, config)
    return FunctionSpec(
        key=f"{function_arn(version.scope, version.name, version.number)}@{version.revision}",
        arn=function_arn(version.scope, version.name),
        name=version.name,
        version=version.number,
        runtime=config["Runtime"],
        handler=config.get("Handler", ""),
        role=config["Role"],
        account=version.account,
        region=version.region,
        code=code,
        layers=tuple(layers),
        memory=config["MemorySize"],
        timeout=config["Timeout"],
        environment=environment,
        ephemeral_storage=config["EphemeralStorage"]["Size"],
        architecture=config["Architectures"][0],
        tracing=config["TracingConfig"]["Mode"],
        log_group=logging.get("LogGroup", f"/aws/lambda/{version.name}"),
        log_format=logging.get("LogFormat", "Text"),
        application_log_level=logging.get("ApplicationLogLevel", ""),
        system_log_level=logging.get("SystemLogLevel", ""),
        network=_network(cloud, version),
        snap_start=configuration.snap_starts(version),
    )


def _network(cloud: Cloud, version: Version) -> str:
    """Names the network that a version runs in; empty when it is in no VPC."""
    attachment = networks.attachment(cloud.store, version.scope, version.config)
    if attachment is None:
        return ""
    workshop(cloud).attachments[attachment.key] = attachment
    return attachment.key


async def _unsealed(cloud: Cloud, version: Version, config: dict[str, Any]) -> Mapping[str, str]:
    arn = function_arn(version.scope, version.name)
    role = await role_session(cloud, arn, config["Role"], version.scope)
    if role is None:
        raise errors.AccessDenied(NOT_ASSUMABLE)
    parent = Call(cloud, None)
    parent.service, parent.operation_name, parent.scope = "lambda", "DecryptEnvironment", version.scope
    return await sealing.variables_for(parent, arn, config, role)


async def unpacked(cloud: Cloud, environments: Environments, sha256: str, blob: str) -> Path:
    """The unpacked package with this (base64) hash, unpacked from its blob when it is not there yet."""
    path = environments.packages.path(base64.b64decode(sha256).hex())
    if path is None:
        data = cloud.store.blobs.whole(blob)
        path = await asyncio.to_thread(environments.packages.unpack, data)
    return path


async def _layer(cloud: Cloud, environments: Environments, arn: str, sha256: str) -> Path:
    """An unpacked layer. One that was deleted is still there unpacked."""
    path = environments.packages.path(base64.b64decode(sha256).hex())
    if path is not None:
        return path
    scope, name, number = parse_layer(arn, cloud.home)
    found = records.find_layer_version(cloud.store, scope, name, number or 0)
    if found is None:
        raise errors.ServiceFailure(f"Layer version {arn} was deleted, and its content is gone.")
    return await unpacked(cloud, environments, found.sha256, found.blob)


@dataclass(frozen=True, slots=True)
class Event:
    """One event for one version, as Invoke or a delivery has it. `qualifier` is what was asked for."""

    version: Version
    qualifier: str
    payload: bytes
    request_id: str
    client_context: str = ""
    trace: str = ""
    reserved: int | None = None
    stream: ResponseStream | None = None
    waits: bool = False  # somebody waits for the answer
    taken: float = 0.0  # when an asynchronous event came
    attempt: int = 1
    links: tuple[tuple[str, ...], ...] = ()  # what a batch came from: traces, each with its segment
    source: str = ""  # where a batch was read


async def run(cloud: Cloud, event: Event) -> InvocationResult:
    """Run an event; a function's own errors are in the result.

    Raises TooManyRequests, RecursiveInvocation and ServiceFailure.
    """
    version = event.version
    trace = _enter(cloud, event)
    environments = workshop(cloud).environments
    reason = _throttled(cloud, event)
    if reason:
        metering.throttled(cloud, version, event.qualifier)
        raise errors.TooManyRequests(reason)
    spec = await spec_of(cloud, version)
    arn = function_arn(version.scope, version.name, event.qualifier)
    traced = tracing.begin(cloud, spec, event, trace)
    invocation = Invocation(event.request_id, event.payload, arn, event.client_context, "", traced.header, event.stream)
    if spec.network:
        await wires(cloud).settled(spec.network)
    result = None
    unreserved = workshop(cloud).unreserved
    unreserved[version.scope] += event.reserved is None
    metering.began(cloud, version, unreserved[version.scope], event.reserved is None)
    try:
        result = await environments.invoke(spec, invocation, event.reserved)
        tracing.end(cloud, spec, event, traced, result)
        return result
    except Throttled as throttled:
        tracing.end(cloud, spec, event, traced, None)
        metering.throttled(cloud, version, event.qualifier)
        raise errors.TooManyRequests(throttled.reason) from throttled
    except LauncherLost as lost:
        raise errors.ServiceFailure(f"The runtime could not be started: {lost}") from lost
    finally:
        unreserved[version.scope] -= event.reserved is None
        metering.ended(cloud, version, event.qualifier, result, environments.provisioned(spec.key))
        workshop(cloud).logs.flush_soon(result.log_stream if result is not None else "")


def _throttled(cloud: Cloud, event: Event) -> str:
    """Why an event is not let in, in AWS's word; empty when it is."""
    shop, scope, reserved = workshop(cloud), event.version.scope, event.reserved
    if reserved is None:
        running = shop.unreserved[scope]
        if running < concurrency.UNRESERVED_MINIMUM:
            return ""
        full = concurrency.is_full(running, records.reserved_elsewhere(cloud.store, scope, ""))
        return "ConcurrentInvocationLimitExceeded" if full else ""
    if reserved == 0:
        return "ReservedFunctionConcurrentInvocationLimitExceeded"
    if event.waits and not shop.paces[*scope, event.version.name].take(cloud.stopwatch(), reserved):
        return "ReservedFunctionInvocationRateLimitExceeded"
    return ""


def _enter(cloud: Cloud, event: Event) -> str:
    """The trace header that the function gets. Raises RecursiveInvocation when it has run too often in this chain."""
    version = event.version
    trace, before = recursion.entered(event.trace, function_arn(version.scope, version.name))
    if before >= recursion.LIMIT and not loops.allowed(cloud.store, version.scope, version.name):
        metering.recursive(cloud, version, event.qualifier)
        raise errors.RecursiveInvocation()
    return trace


def link(cloud: Cloud, blob: str) -> str:
    """A URL that serves a package for ten minutes to whoever has it, like a presigned one."""
    now = cloud.clock.now()
    links = workshop(cloud).links
    for token in [token for token, (_, until) in links.items() if until < now]:
        del links[token]
    token = ids.hex(48)
    links[token] = (blob, now + LINK_SECONDS)
    return cloud.door_url("lambda-code", token)


def sha256_of(data: bytes) -> str:
    """A package's hash as AWS shows it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
