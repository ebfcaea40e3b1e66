"""Lambda's work without a request: asynchronous events, with AWS's retries, destinations and dead-letter targets."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from cloudarium.gateway.background import Event, delivery
from cloudarium.gateway.call import BodyStream
from cloudarium.policy.principal import Principal
from cloudarium.runtime import InvocationResult
from cloudarium.services.lambda_ import attaching, consuming, errors, metering, provisioning, records, running, tracing
from cloudarium.services.lambda_.records import LATEST, Version, event_sources
from cloudarium.services.lambda_.resources import FunctionName, function_arn, mapping_arn
from cloudarium.services.lambda_.rules import events
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

log = logging.getLogger("cloudarium")


@delivery("AsyncInvoke")
async def async_invoke(event: Event) -> None:
    """Run an event once; what failed comes back after one and then two minutes, what was throttled sooner."""
    wanted = event.payload
    scope = Scope(wanted["Account"], wanted["Region"])
    function = records.find_function(event.store, scope, wanted["Name"])
    version = _version(event, scope, wanted)
    if function is None or version is None:
        return
    settings = _settings(event, scope, wanted)
    expires = wanted["TakenAt"] + settings.get("MaximumEventAgeInSeconds", events.DEFAULT_AGE)
    if event.now > expires:
        await _finish(event, version, settings, "EventAgeExceeded", None)
        return
    if function.reserved == 0:
        await _finish(event, version, settings, "ZeroReservedConcurrency", None)
        return
    payload = wanted["Payload"].encode("utf-8", "surrogateescape")
    metering.waited(event.cloud, version, wanted["Qualifier"], event.now - wanted["TakenAt"])
    try:
        result = await running.run(
            event.cloud,
            running.Event(
                version, wanted["Qualifier"], payload, wanted["RequestId"], wanted["ClientContext"],
                event.trace, function.reserved, taken=wanted["TakenAt"], attempt=wanted["Attempts"] + 1,
            ),
        )  # fmt: skip
    except errors.RecursiveInvocation:
        await _finish(event, version, settings, "RecursiveInvocation", None)
        return
    except (errors.TooManyRequests, errors.ServiceFailure, errors.AccessDenied):
        pause = events.throttle_pause(wanted["Throttles"])
        _again(event, {**wanted, "Throttles": wanted["Throttles"] + 1}, pause)
        return
    await running.workshop(event.cloud).logs.flush(result.log_stream)  # who is done has said what he had to
    wanted["Attempts"] += 1
    most = settings.get("MaximumRetryAttempts", events.DEFAULT_RETRIES)
    if not result.error:
        await _finish(event, version, settings, "Success", result)
        return
    pause = events.RETRY_PAUSES[min(wanted["Attempts"], 2) - 1]
    if wanted["Attempts"] > most:
        await _finish(event, version, settings, "RetriesExhausted", result)
    elif event.cloud.clock.now() + pause > expires:  # its next try would come too late
        await _finish(event, version, settings, "EventAgeExceeded", result)
    else:
        _again(event, wanted, pause)


@delivery(tracing.DELIVERY)
async def trace_segments(event: Event) -> None:
    """Put what a function's runs and its programs say of a trace into X-Ray, as the function's role; or let it go."""
    wanted = event.payload
    function = ":".join(wanted["Arn"].split(":")[:7])
    role = await running.kept_session(event.cloud, function, wanted["Role"], event.scope)
    if role is None:
        return
    try:
        given = {"TraceSegmentDocuments": wanted["Documents"]}
        await event.send("xray", "PutTraceSegments", given, as_=role)
    except AwsError as error:
        log.info("segments of %s were not taken: %s", wanted["Arn"], error.message)


@delivery("SettleEventSource")
async def settle_event_source(event: Event) -> None:
    """Take an event source mapping to the state that it is on its way to: read, read no more, or gone."""
    one = event_sources.find(event.store, event.scope, event.payload["UUID"])
    if one is None:
        return
    state = event.payload["State"]
    if state != "Enabled":
        consuming.readers(event.cloud).stop(one.uuid)
    else:
        await consuming.prepare(event.cloud, one)
    with event.transaction():
        if state:
            event_sources.set_state(event.store, one, state)
        else:
            event_sources.remove(event.store, one)
            event.tags.drop(mapping_arn(one.scope, one.uuid))
    if state == "Enabled":
        consuming.readers(event.cloud).start(one._replace(state=state))


@delivery(provisioning.DELIVERY)
async def provision_concurrency(event: Event) -> None:
    """Bring the environments that are held ready to what is wished for a version or alias."""
    wanted = event.payload
    scope = Scope(wanted["Account"], wanted["Region"])
    await provisioning.carry_out(event.cloud, scope, wanted["Name"], wanted["Qualifier"])


@delivery("EventSourceFailure")
async def event_source_failure(event: Event) -> None:
    """Tell a mapping's on-failure destination of a batch that was given up, as the function's role."""
    wanted = event.payload
    version = records.find_version(event.store, event.scope, wanted["Name"], LATEST)
    principal = await _role(event, version) if version is not None else None
    place = arns.parse(wanted["Target"])
    if principal is None or place is None:
        return
    try:
        if place.service == "s3":
            await _keep(event, principal, place.resource, wanted)
        else:
            await _send(event, principal, place, orjson.dumps(wanted["Record"]).decode(), {})
        _count(event, "OnFailureDestinationDeliveredEventCount")
    except AwsError as error:
        log.warning("the destination of mapping %s was not reached: %s", wanted["UUID"], error.message)
        metering.not_delivered(event.cloud, event.scope, wanted["Name"])
        _count(event, "DroppedEventCount")


def _count(event: Event, name: str) -> None:
    """Count what became of a batch that was given up, if its mapping counts events."""
    one = event_sources.find(event.store, event.scope, event.payload["UUID"])
    if one is not None and "EventCount" in (one.data.get("MetricsConfig") or {}).get("Metrics", ()):
        count = event.payload["Record"]["DDBStreamBatchInfo"]["batchSize"]
        metering.mapped(event.cloud, event.scope, one.uuid, name, count)


async def _keep(event: Event, principal: Principal, bucket: str, wanted: dict[str, Any]) -> None:
    """A bucket gets the records too. Source: lambda/latest/dg/kinesis-on-failure-destination.html"""
    now = datetime.fromtimestamp(event.due, UTC)
    name = f"{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{ids.uuid()}"
    body = orjson.dumps({**wanted["Record"], "payload": orjson.dumps(wanted["Batch"]).decode()})
    given = {"Bucket": bucket, "Key": f"aws/lambda/{wanted['UUID']}/{wanted['Shard']}/{name}"}
    await event.send("s3", "PutObject", {**given, "Body": BodyStream.whole(body)}, as_=principal)


@delivery("ReleaseInterfaces")
async def release_interfaces(event: Event) -> None:
    """Let go of the network interfaces that no function uses any more, or of one that a killed cloud still had."""
    if "Id" in event.payload:
        await attaching.let_go(event, event.payload["Id"], event.payload["Roles"])
    else:
        await attaching.release(event)


def _version(event: Event, scope: Scope, wanted: dict[str, Any]) -> Version | None:
    """What was resolved when the event was taken; $LATEST is whatever it is now."""
    return records.find_version(event.store, scope, wanted["Name"], wanted["Version"])


def _settings(event: Event, scope: Scope, wanted: dict[str, Any]) -> dict[str, Any]:
    found = records.find_invoke_config(event.store, scope, wanted["Name"], wanted["Qualifier"] or LATEST)
    return found.config if found is not None else {}


def _again(event: Event, payload: dict[str, Any], pause: float) -> None:
    event.now = event.cloud.clock.now()
    with event.transaction():
        event.later("AsyncInvoke", payload, due=event.now + pause)


async def _finish(
    event: Event, version: Version, settings: dict[str, Any], condition: str, result: InvocationResult | None
) -> None:
    """Tell the destination, and for a failure the dead-letter target, how the event ended."""
    wanted = event.payload
    if condition != "Success":
        metering.asynchronous(event.cloud, version, wanted["Qualifier"], "AsyncEventsDropped")
    side = "OnSuccess" if condition == "Success" else "OnFailure"
    arn = function_arn(version.scope, version.name, wanted["Qualifier"] or LATEST)
    target = settings.get("DestinationConfig", {}).get(side, {}).get("Destination")
    if target:
        outcome = None
        if result is not None:
            text = result.payload.decode("utf-8", "replace")
            outcome = {"version": version.number, "error": result.error, "payload": text}
        record = events.record(wanted, arn, condition, event.cloud.clock.now(), outcome)
        await _tell(event, version, target, record, arn, condition)
    dead = version.config.get("DeadLetterConfig", {}).get("TargetArn")
    if dead and condition != "Success":
        await _bury(event, version, dead, result)


async def _tell(event: Event, version: Version, target: str, record: dict[str, Any], arn: str, condition: str) -> None:
    principal = await _role(event, version)
    place = arns.parse(target)
    if principal is None or place is None:
        return
    text = orjson.dumps(record).decode()
    try:
        if place.service == "lambda":
            given: dict[str, Any] = {"FunctionName": target, "InvocationType": "Event", "Payload": text.encode()}
            await event.send("lambda", "Invoke", given, as_=principal, scope=Scope(place.account, place.region))
        elif place.service == "events":
            kind = "Lambda Function Invocation Result - " + ("Success" if condition == "Success" else "Failure")
            entry = {"Source": "lambda", "DetailType": kind, "Detail": text, "Resources": [target, arn]}
            entry["EventBusName"] = place.resource.partition("/")[2]
            scope = Scope(place.account, place.region)
            await event.send("events", "PutEvents", {"Entries": [entry]}, as_=principal, scope=scope)
        elif place.service == "s3":
            now = datetime.fromtimestamp(event.cloud.clock.now(), UTC)
            key = f"aws/lambda/async/{version.name}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{ids.uuid()}"
            given = {"Bucket": place.resource, "Key": key, "Body": BodyStream.whole(text.encode())}
            await event.send("s3", "PutObject", given, as_=principal)
        else:
            await _send(event, principal, place, text, {})
    except AwsError as error:
        log.warning("a destination of %s was not reached: %s", arn, error.message)
        metering.asynchronous(event.cloud, version, event.payload["Qualifier"], "DestinationDeliveryFailures")


async def _bury(event: Event, version: Version, target: str, result: InvocationResult | None) -> None:
    principal = await _role(event, version)
    place = arns.parse(target)
    if principal is None or place is None:
        return
    text = event.payload["Payload"]
    attributes = {"RequestID": event.payload["RequestId"], "ErrorCode": "200"}
    if result is not None:
        answer = events.as_json(result.payload.decode("utf-8", "replace"))
        attributes["ErrorMessage"] = str(answer.get("errorMessage", "") if isinstance(answer, dict) else answer)[:1024]
    try:
        await _send(event, principal, place, text, attributes)
    except AwsError as error:
        log.warning("the dead-letter target of %s was not reached: %s", version.name, error.message)
        metering.asynchronous(event.cloud, version, event.payload["Qualifier"], "DeadLetterErrors")


async def _send(event: Event, principal: Principal, place: arns.Arn, text: str, attributes: dict[str, str]) -> None:
    """Put a text into a queue or topic, as the function's role."""
    scope = Scope(place.account, place.region)
    typed = {
        name: {"DataType": "Number" if name == "ErrorCode" else "String", "StringValue": value}
        for name, value in attributes.items()
        if value
    }
    if place.service == "sns":
        given: dict[str, Any] = {"TopicArn": str(place), "Message": text, "MessageAttributes": typed}
        await event.send("sns", "Publish", given, as_=principal, scope=scope)
        return
    url = await event.cloud.queue_url(event, place)
    given = {"QueueUrl": url, "MessageBody": text, "MessageAttributes": typed}
    await event.send("sqs", "SendMessage", given, as_=principal, scope=scope)


async def _role(event: Event, version: Version) -> Principal | None:
    arn = FunctionName(version.scope, version.name, "").arn
    return await running.role_session(event.cloud, arn, version.config["Role"], version.scope)
