"""Event source mappings: what Lambda reads by itself, and gives to functions in batches."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.lambda_ import errors, resources, running
from cloudarium.services.lambda_.operations import lookup
from cloudarium.services.lambda_.records import Version
from cloudarium.services.lambda_.records import event_sources as rows
from cloudarium.services.lambda_.records.event_sources import EventSource
from cloudarium.services.lambda_.rules import configuration, events
from cloudarium.services.lambda_.rules import event_sources as rules
from cloudarium.shared import arn as arns
from cloudarium.shared import ids
from cloudarium.shared.errors import AwsError
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
_NONE = "The resource you requested does not exist."
_UNBUILT = (
    "KMSKeyArn", "LoggingConfig", "ProvisionedPollerConfig", "SourceAccessConfigurations", "Topics",
    "Queues", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
)  # fmt: skip
_LATER = tuple(name for name in _UNBUILT if name not in ("Topics", "Queues", "SelfManagedEventSource"))
_SETTLED = ("Enabled", "Disabled")
_ON_QUEUES = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_ON_STREAMS = ("DescribeStream", "GetShardIterator", "GetRecords")


def shown(one: EventSource) -> Data:
    """A mapping as AWS shows it."""
    return {
        **one.data,
        "UUID": one.uuid,
        "EventSourceArn": one.source,
        "EventSourceMappingArn": resources.mapping_arn(one.scope, one.uuid),
        "FunctionArn": resources.function_arn(one.scope, one.name, one.qualifier),
        "LastModified": one.modified,
        "State": one.state,
    }


def _find(call: Call) -> EventSource:
    found = rows.find(call.store, call.scope, call.input["UUID"])
    if found is None:
        raise errors.NotFound(_NONE)
    return found


def _function(call: Call) -> tuple[resources.FunctionName, Version]:
    """The function that is to get the batches. Raises InvalidParameter."""
    name = resources.parse_function(call.input["FunctionName"], call.scope)
    found = lookup.resolve(call, name) if name.scope == call.scope else None
    if found is None:
        raise errors.InvalidParameter("Function does not exist")
    return name, found


# ---- may the role read? ----------------------------------------------------------------------------------------------


async def _check_role(call: Call, source: str, kind: str, version: Version, settings: Data) -> None:
    """Raise InvalidParameter unless the source is there and the function's role may do all that reading it takes."""
    arn = resources.function_arn(version.scope, version.name)
    role = await running.role_session(call.cloud, arn, version.config["Role"], version.scope)
    if role is None:
        raise errors.InvalidParameter(running.NOT_ASSUMABLE)
    place = arns.parse(source)
    assert place is not None
    if kind == rules.SQS:
        _ask(call, role, [f"sqs:{name}" for name in _ON_QUEUES], source)
        await _check_queue(call, place, version)
    else:
        try:
            _ask(call, role, [f"dynamodb:{name}" for name in _ON_STREAMS], source)
        except errors.InvalidParameter as error:
            raise errors.InvalidParameter(
                f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, GetShardIterator,"
                " DescribeStream, and ListStreams Actions on your stream in IAM."
            ) from error
        await _check_stream(call, place, role)
    target = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if target:
        action, resource = events.telling(target)
        _ask(call, role, [action], resource)


_QUEUE_CODES = {"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue"}  # as SQS's older protocol has them


def _ask(call: Call, role: Principal, actions: list[str], resource: str) -> None:
    for action in actions:
        if not lookup.role_may(call, role, action, resource):
            service, name = action.split(":")
            raise errors.InvalidParameter(
                f"The provided execution role does not have permissions to call {name} on {service.upper()}"
            )


async def _check_queue(call: Call, place: arns.Arn, version: Version) -> None:
    """The queue must be there, and hide what is received for as long as the function may take."""
    root, scope = Principal.root(place.account), Scope(place.account, place.region)
    if place.region != call.region:
        raise errors.InvalidParameter("The event source must be in the same region as the function.")
    try:
        url = await call.cloud.queue_url(call, place)
        wanted = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
        answer = await call.send("sqs", "GetQueueAttributes", wanted, as_=root, scope=scope)
    except AwsError as error:
        code = _QUEUE_CODES.get(error.code, error.code)
        raise errors.InvalidParameter(
            f"Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {error.message}"
        ) from error
    hidden, longest = int(answer["Attributes"]["VisibilityTimeout"]), version.config["Timeout"]
    if hidden < longest:
        raise errors.InvalidParameter(
            f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {longest} seconds"
        )


async def _check_stream(call: Call, place: arns.Arn, role: Principal) -> None:
    scope = Scope(place.account, place.region)
    try:
        wanted = {"StreamArn": str(place), "Limit": 1}
        await call.send("dynamodbstreams", "DescribeStream", wanted, as_=role, scope=scope)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            raise errors.InvalidParameter(f"Stream not found: {place}") from error
        raise


# ---- the operations --------------------------------------------------------------------------------------------------


@operation("CreateEventSourceMapping", on=resources.mapped, refuses=_UNBUILT)
async def create_event_source_mapping(call: Call) -> Data:
    """Have Lambda read a queue or stream for a function."""
    given = call.input
    source = given.get("EventSourceArn", "")
    kind = rules.kind_of(source)
    rules.check_start(kind, source, given)
    settings = rules.settings(kind, source, given, None)
    name, version = _function(call)
    _check_new(call, name, source)
    if given.get("Tags"):
        configuration.check_tags(given["Tags"], {})
    await _check_role(call, source, kind, version, settings)
    data = {**settings, "StateTransitionReason": rules.reason(kind)}
    if kind == rules.STREAM:
        data |= {"StartingPosition": given["StartingPosition"], "LastProcessingResult": "No records processed"}
    uuid = ids.uuid()
    with call.transaction():
        name, _ = _function(call)
        _check_new(call, name, source)
        enabled = given.get("Enabled", True)
        state = "Creating" if enabled or kind != rules.SQS else "Disabled"  # a queue has nothing to prepare
        rows.put(call.store, name.scope, uuid, name.name, name.qualifier, source, state, data, call.now)
        call.tags.put(resources.mapping_arn(name.scope, uuid), given.get("Tags") or {})
        if state == "Creating":
            _settle(call, uuid, "Enabled" if enabled else "Disabled")
        return shown(_row(call, uuid))


def _row(call: Call, uuid: str) -> EventSource:
    found = rows.find(call.store, call.scope, uuid)
    assert found is not None
    return found


def _settle(call: Call, uuid: str, state: str) -> None:
    call.later("SettleEventSource", {"UUID": uuid, "State": state}, key=uuid)


def _check_new(call: Call, name: resources.FunctionName, source: str, own: str = "") -> None:
    for one in rows.listed(call.store, name.scope, "", 1000, name.name, source):
        if one.qualifier == name.qualifier and one.uuid != own:
            shown_name = name.name if not name.qualifier else f"{name.name}:{name.qualifier}"
            raise errors.Conflict(rules.taken(rules.kind_of(source), source, shown_name, one.uuid))


@operation("GetEventSourceMapping", on=resources.mapping)
def get_event_source_mapping(call: Call) -> Data:
    """One mapping."""
    return shown(_find(call))


@operation("ListEventSourceMappings")
def list_event_source_mappings(call: Call) -> Data:
    """Mappings, or those of one function or source."""
    given = call.input
    name = resources.parse_function(given["FunctionName"], call.scope) if given.get("FunctionName") else None
    size = lookup.page_size(call, 100)
    after, source = lookup.marker(call) or "", given.get("EventSourceArn") or ""
    found = rows.listed(call.store, call.scope, after, -1, name.name if name else "", source)
    if name is not None:
        found = [one for one in found if one.qualifier == name.qualifier and one.scope == name.scope]
    here, more = lookup.page(found, size, lambda one: one.uuid)
    return {"EventSourceMappings": [shown(one) for one in here], **more}


@operation("UpdateEventSourceMapping", on=resources.mapping, refuses=_LATER)
async def update_event_source_mapping(call: Call) -> Data:
    """Change a mapping, enable or disable it; what is not given stays."""
    given = call.input
    one = _find(call)
    if one.state not in _SETTLED:
        raise errors.InUse("update")
    kind = rules.kind_of(one.source)
    before = {name: value for name, value in one.data.items() if name in rules.SETTINGS}
    settings = rules.settings(kind, one.source, given, before)
    name = resources.FunctionName(one.scope, one.name, one.qualifier)
    version = lookup.resolve(call, name)
    if given.get("FunctionName"):
        name, version = _function(call)
        _check_new(call, name, one.source, one.uuid)
    if version is None:
        raise errors.InvalidParameter("Function does not exist")
    await _check_role(call, one.source, kind, version, settings)
    with call.transaction():
        one = _find(call)
        if one.state not in _SETTLED:
            raise errors.InUse("update")
        data = {**{key: value for key, value in one.data.items() if key not in rules.SETTINGS}, **settings}
        data["StateTransitionReason"] = rules.reason(kind)
        wanted = "Enabled" if given.get("Enabled", one.state == "Enabled") else "Disabled"
        passing = {("Enabled", "Disabled"): "Disabling", ("Disabled", "Enabled"): "Enabling"}
        state = passing.get((one.state, wanted), "Updating")
        rows.put(call.store, one.scope, one.uuid, name.name, name.qualifier, one.source, state, data, call.now)
        _settle(call, one.uuid, wanted)
        return shown(_row(call, one.uuid))


@operation("DeleteEventSourceMapping", on=resources.mapping)
def delete_event_source_mapping(call: Call) -> Data:
    """Stop reading for good."""
    one = _find(call)
    if one.state not in _SETTLED:
        raise errors.InUse("delete")
    rows.set_state(call.store, one, rows.DELETING, rules.reason(rules.kind_of(one.source)))
    _settle(call, one.uuid, "")
    return shown(_row(call, one.uuid))
