"""Every operation of every service, both ways, with botocore at the other end of the wire."""

from __future__ import annotations

import os
from typing import Any

import pytest

from cloudarium.gateway.protocols import codec, detect
from cloudarium.model import OperationModel, service
from cloudarium.shared.errors import AwsError
from tests.gateway.protocols import samples

EXAMPLES = int(os.environ.get("CLOUDARIUM_WIRE_EXAMPLES", "3"))
SPOKEN = [(name, protocol) for name in samples.SERVICES for protocol in service(name).protocols]
FORMS = ("query", "ec2")
# Deprecated: the structures have two members with one element name, so that nothing can tell them apart.
AMBIGUOUS = ("GetBucketNotification", "PutBucketNotification")


def sampled(operation: OperationModel, protocol: str, kind: str) -> list[Any]:
    """A few values of the operation's input or output, the same ones in every run."""
    shape = getattr(operation, kind)
    if shape is None or operation.name in AMBIGUOUS:
        return []
    seeds = [f"{operation.service.name}.{operation.name}.{protocol}.{kind}.{n}" for n in range(EXAMPLES)]
    return [samples.Sampler(seed, empty=protocol not in FORMS).structure(shape) for seed in seeds]


@pytest.mark.parametrize(("name", "protocol"), SPOKEN)
def test_what_botocore_sends_is_parsed(name: str, protocol: str) -> None:
    """identify finds the operation and parse returns what the client was given."""
    model, speaks = service(name), codec(protocol)
    for operation in model.operations.values():
        for value in sampled(operation, protocol, "input") or [{}]:
            if operation.name in AMBIGUOUS or (operation.input is not None and operation.input.event_stream):
                continue
            request = samples.request(operation, protocol, value)
            assert detect(model, request) == protocol
            found = speaks.identify(model, request)
            assert found == operation.name or same_route(operation, model.operations[found or ""]), operation
            expected = {k: v for k, v in value.items() if k != operation.streaming_input}
            assert speaks.parse(operation, request) == expected, operation


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
            continue
        for value in sampled(operation, protocol, "output"):
            if operation.method == "HEAD":
                value = {k: v for k, v in value.items() if shape.members[k].location}
            answer = speaks.serialize(operation, value, "r-1")
            assert samples.output(operation, protocol, answer) == value, operation


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
