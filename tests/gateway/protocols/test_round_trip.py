"""Every operation of every service, both ways, with botocore at the other end of the wire."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import botocore.handlers
import pytest

from cloudarium.gateway.protocols import codec, detect
from cloudarium.gateway.protocols.event_stream import MEDIA_TYPE
from cloudarium.model import OperationModel, Shape, service
from cloudarium.shared.errors import AwsError
from tests.gateway.protocols import samples

EXAMPLES = int(os.environ.get("CLOUDARIUM_WIRE_EXAMPLES", "3"))
SPOKEN = [(name, protocol) for name in samples.SERVICES for protocol in service(name).protocols]
FORMS = ("query", "ec2")
# What can be told to be empty, and not to be missing, in which protocol.
HOLLOW = {protocol: ("list", "map") for protocol in ("json", "smithy-rpc-v2-cbor", "rest-json")} | {"query": ("list",)}
FRACTIONS = ("json", "smithy-rpc-v2-cbor", "rest-json")
# Deprecated: Event and Events have one element name in these, so that nothing can tell one from the other.
AMBIGUOUS = ("GetBucketNotification", "PutBucketNotification")


def told(operation: OperationModel, value: Any) -> Any:
    """The value without what no client and no server can tell."""
    if operation.name not in AMBIGUOUS or not isinstance(value, dict):
        return value
    return {key: told(operation, item) for key, item in value.items() if key not in ("Event", "Events")}


def sampled(operation: OperationModel, protocol: str, kind: str) -> list[Any]:
    """A few values of the operation's input or output, the same ones in every run."""
    shape = getattr(operation, kind)
    if shape is None:
        return []
    seeds = [f"{operation.service.name}.{operation.name}.{protocol}.{kind}.{n}" for n in range(EXAMPLES)]
    hollow = HOLLOW.get(protocol, ())
    fractions = protocol in FRACTIONS
    return [samples.Sampler(seed, protocol not in FORMS, hollow, fractions).structure(shape) for seed in seeds]


@pytest.mark.parametrize(("name", "protocol"), SPOKEN)
def test_what_botocore_sends_is_parsed(name: str, protocol: str) -> None:
    """identify finds the operation and parse returns what the client was given."""
    model, speaks = service(name), codec(protocol)
    for operation in model.operations.values():
        for value in sampled(operation, protocol, "input") or [{}]:
            assert operation.input is None or not operation.input.event_stream, "the first of its kind: read it"
            value = told(operation, value)
            request = samples.request(operation, protocol, value)
            assert detect(model, request) == protocol
            found = speaks.identify(model, request)
            assert found == operation.name or same_route(operation, model.operations[found or ""]), operation
            expected = {k: v for k, v in value.items() if k != operation.streaming_input}
            assert told(operation, speaks.parse(operation, request)) == expected, operation


def same_route(one: OperationModel, other: OperationModel) -> bool:
    """Whether nothing on the wire tells two operations apart (deprecated twins such as PutBucketLifecycle)."""
    path = other.uri.partition("?x-id")[0]
    return one.method == other.method and one.uri.partition("?x-id")[0] == path


@pytest.mark.parametrize(("name", "protocol"), SPOKEN)
def test_what_is_answered_is_read_by_botocore(name: str, protocol: str) -> None:
    """botocore's parser returns what serialize was given."""
    model, speaks = service(name), codec(protocol)
    for operation in model.operations.values():
        shape = operation.output
        if shape is None or shape.event_stream or shape.trait("rootText"):
            continue  # see the tests below
        for value in sampled(operation, protocol, "output"):
            if operation.method == "HEAD":
                value = {k: v for k, v in value.items() if shape.members[k].location}
            value = told(operation, value)
            answer = speaks.serialize(operation, value, "r-1")
            assert told(operation, samples.output(operation, protocol, answer)) == value, operation


@pytest.mark.parametrize(("name", "protocol"), SPOKEN)
def test_errors_are_read_by_botocore(name: str, protocol: str) -> None:
    """Every error of the model reaches the client with its code, message and status."""
    model, speaks = service(name), codec(protocol)
    for error in {error.name: error for error in model.errors.values()}.values():
        answer = speaks.serialize_error(model, None, AwsError("It's <not> there", code=error.name), "r-1")
        parsed = samples.response(model, None, protocol, answer)
        modern = protocol not in (*FORMS, "rest-xml") and not model.query_compatible
        assert parsed["Error"]["Code"] == (error.name if modern else error.query_code)
        assert parsed["Error"]["Message"] == "It's <not> there"
        assert answer.status == error.status
        assert parsed["ResponseMetadata"]["RequestId"] == "r-1"


@pytest.mark.parametrize(("name", "protocol"), SPOKEN)
def test_members_of_errors_are_read_by_botocore(name: str, protocol: str) -> None:
    """What an error's shape has beside its message reaches the client too."""
    model, speaks = service(name), codec(protocol)
    for error in {error.name: error for error in model.errors.values()}.values():
        sampler = samples.Sampler(f"{name}.{error.name}.{protocol}", protocol not in FORMS)
        fields = {key: value for key, value in sampler.structure(error.shape).items() if key.lower() != "message"}
        answer = speaks.serialize_error(model, None, AwsError("It's <not> there", code=error.name, **fields), "r-1")
        parsed = samples.response(model, error.name, protocol, answer)
        fields = {
            **({"Type": parsed["Type"]} if model.metadata.get("errorType") and "Type" in parsed else {}),
            **fields,
        }
        read = {key: value for key, value in samples.epochs(parsed).items() if key.lower() != "message"}
        assert read == fields, error.name


@pytest.mark.parametrize(
    ("name", "operation", "protocol"),
    [
        (name, operation.name, protocol)
        for name, protocol in SPOKEN
        for operation in service(name).operations.values()
        if operation.output is not None and operation.output.event_stream
    ],
)
def test_streams_of_events_are_read_by_botocore(name: str, operation: str, protocol: str) -> None:
    """The output beside the stream, and one event of each kind."""
    model = service(name).operations[operation]
    assert model.output is not None and model.output.event_stream is not None
    stream, sampler = model.output.event_stream, samples.Sampler(operation, True)
    sent = [
        {key: {**blobs(member), **sampler.structure(member)}}
        for key, member in model.output.members[stream].members.items()
        if not member.trait("exception")
    ]
    beside = {key: sampler.value(member, 1) for key, member in model.output.members.items() if key != stream}
    beside |= {key: MEDIA_TYPE for key in beside if model.output.members[key].trait("locationName") == "Content-Type"}
    answer = codec(protocol).serialize(model, {**beside, stream: sent}, "r-1")
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert samples.events(model, protocol, answer) == (beside, sent)


def blobs(event: Shape) -> dict[str, bytes]:
    """The event's members that are its bytes as they are: what is not given is empty."""
    return {name: b"" for name, member in event.members.items() if member.type == "blob"}


@pytest.mark.parametrize("region", ["eu-west-1", "EU", None])
def test_the_one_document_that_is_a_text_is_read_by_botocore(region: str | None) -> None:
    """GetBucketLocation, for which botocore has a parser of its own."""
    location = service("s3").operations["GetBucketLocation"]
    answer = codec("rest-xml").serialize(location, {"LocationConstraint": region}, "r-1")
    parsed: dict[str, Any] = {}
    botocore.handlers.parse_get_bucket_location(parsed, SimpleNamespace(content=answer.body, raw=answer))
    assert parsed["LocationConstraint"] == region
