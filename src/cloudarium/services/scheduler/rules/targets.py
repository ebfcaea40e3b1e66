"""What a schedule can invoke: four templated targets, and any operation of the services that are there."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from cloudarium import model
from cloudarium.gateway.call import BodyStream
from cloudarium.gateway.rooms import all_rooms
from cloudarium.model import Shape
from cloudarium.services.scheduler import errors
from cloudarium.shared import arn as arns
from cloudarium.shared.arn import Arn
from cloudarium.shared.clock import moment_of
from cloudarium.shared.errors import NotBuilt

Data = dict[str, Any]
TEMPLATED = ("lambda", "sqs", "sns", "events")
_NOT_BUILT = ("states", "kinesis", "ecs", "firehose", "codebuild", "codepipeline", "inspector", "sagemaker", "batch")
_PARAMETERS = ("EcsParameters", "KinesisParameters", "SageMakerPipelineParameters")
_UNIVERSAL = "aws-sdk:"
_READING = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "batchGet",
            "batchget", "lookup", "discover", "validate", "batchDescribe")  # fmt: skip


class Operation(NamedTuple):
    """An operation that a universal target names."""

    service: str
    name: str


def universal(place: Arn) -> bool:
    """Whether this is arn:aws:scheduler:::aws-sdk:SERVICE:ACTION."""
    return place.service == "scheduler" and place.resource.startswith(_UNIVERSAL)


def operation(place: Arn) -> Operation:
    """The operation of a universal target. Raises ValidationException, or NotBuilt for a service that is not there."""
    service, _, action = place.resource.removeprefix(_UNIVERSAL).partition(":")
    room = next((name for name in all_rooms() if _sdk_name(name) == service.lower()), None)
    if room is None:
        raise NotBuilt(f"scheduler targets of the service {service}")
    found = next((name for name in model.service(room).operations if name.lower() == action.lower()), None)
    if found is None or action.startswith(_READING):
        raise errors.Invalid(f"{action} is not a supported api for {service}.")
    if found not in all_rooms()[room].handlers:
        raise NotBuilt(f"{room}:{found}")
    return Operation(room, found)


def _sdk_name(room: str) -> str:
    return model.service(room).service_id.lower().replace(" ", "").replace("-", "")


def check(target: Data) -> None:
    """Raise ValidationException for a target that cannot be one; NotBuilt for kinds that are not built."""
    place = arns.parse(target["Arn"])
    if place is None:
        raise errors.Invalid("Provided Arn is not in correct format.")
    for name in _PARAMETERS:
        if target.get(name) is not None:
            raise NotBuilt(f"scheduler targets with {name}")
    if universal(place):
        wanted = operation(place)
        text = target.get("Input")
        if text is not None:
            as_input(wanted, _object(text))
        return
    if place.service in _NOT_BUILT:
        raise NotBuilt(f"scheduler targets of the kind {place.service}")
    if place.service not in TEMPLATED:
        raise errors.Invalid(f"{place.service} is not a supported service for a target.")
    if place.service in ("lambda", "events") and target.get("Input") is not None:
        _json(target["Input"])
    if place.service == "events" and target.get("EventBridgeParameters") is None:
        raise errors.Invalid("EventBridgeParameters must be specified for EventBridge targets.")
    if place.service != "events" and target.get("EventBridgeParameters") is not None:
        raise errors.Invalid(f"EventBridgeParameters is not supported for {place.service} targets.")
    fifo = place.service == "sqs" and place.resource.endswith(".fifo")
    if fifo and not (target.get("SqsParameters") or {}).get("MessageGroupId"):
        raise errors.Invalid("SqsParameters.MessageGroupId must be specified for FIFO queues.")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise errors.Invalid("Invalid Input provided. Reason: Input is not a valid JSON.") from None


def _object(text: str) -> Data:
    found = _json(text)
    if not isinstance(found, dict):
        raise errors.Invalid("Invalid RequestJson provided. Reason: The request is not a JSON object.")
    return found


def as_input(wanted: Operation, given: Data) -> Data:
    """The input of an operation that a JSON object stands for. Raises ValidationException."""
    shape = model.service(wanted.service).operations[wanted.name].input
    made = _converted(shape, given, "$") if shape is not None else {}
    streamed = shape.streaming if shape is not None else None
    if streamed is not None and streamed in made:
        made[streamed] = BodyStream.whole(made[streamed])
    found: Data = made
    return found


_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,), "boolean": (bool,), "integer": (int,), "long": (int,), "float": (int, float),
    "double": (int, float),
}  # fmt: skip


def _converted(shape: Shape, given: Any, path: str) -> Any:
    if shape.type == "structure" and isinstance(given, dict):
        members = {name.lower(): name for name in shape.members}
        made = {}
        for name, value in given.items():
            member = members.get(name.lower())
            if member is None:
                raise errors.Invalid(f"Invalid RequestJson provided. Reason: The field '{name}' is not supported.")
            made[member] = _converted(shape.members[member], value, f"{path}.{member}")
        return made
    if shape.type == "list" and isinstance(given, list):
        return [_converted(shape.member, each, f"{path}[{place}]") for place, each in enumerate(given)]
    if shape.type == "map" and isinstance(given, dict):
        return {name: _converted(shape.value, each, f"{path}.{name}") for name, each in given.items()}
    if shape.type == "blob" and isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    if shape.type == "blob" and isinstance(given, (dict, list)):
        return json.dumps(given).encode()  # Lambda's Payload as JSON itself
    if shape.type == "timestamp":
        return _time(given, path)
    if isinstance(given, _SCALARS.get(shape.type, ())) and (shape.type == "boolean" or not isinstance(given, bool)):
        return given
    raise _wrong(path, shape.type)


def _time(given: Any, path: str) -> float:
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return float(given)
    try:
        return moment_of(given)
    except (ValueError, TypeError):
        raise _wrong(path, "timestamp") from None


def _wrong(path: str, wanted: str) -> errors.Invalid:
    return errors.Invalid(f"Invalid RequestJson provided. Reason: {path} is not a {wanted}.")
