"""Values of any shape, from a seed, and botocore as the other end of the wire."""

from __future__ import annotations

import datetime
import random
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import botocore.model
import botocore.parsers
import botocore.serialize
from botocore.awsrequest import HeadersDict
from botocore.compat import OrderedDict
from botocore.utils import percent_encode_sequence

from cloudarium.gateway.http import HttpRequest, HttpResponse
from cloudarium.gateway.rooms import all_rooms
from cloudarium.model import OperationModel, ServiceModel, Shape

_SERVICES = """iam sts ec2 s3 cloudwatch logs lambda apigateway apigatewayv2 cloudformation dynamodb dynamodbstreams
elasticache secretsmanager ssm kms cognito-idp cognito-identity xray ses sesv2 sqs sns events scheduler rds"""
SERVICES = (*_SERVICES.split(), *sorted(all_rooms().keys() - set(_SERVICES.split())))
_TEXTS = ["a", "Zürich ünïcode ✓ 🎈", "a&b<c>\"d'", "x=1&y=2+3%20", "line\nbreak\ttab", " spaced ", "", "0", "true"]
_PLAIN = ["a", "b-c_d", "x y", "http://h:1/p?q=1&r=2", "arn:aws:iam::000000000000:role/x", "a%2Fb+c"]
_DOCUMENTS = ["text ✓", 1, -2.5, True, [], {}, {"a": [None, {"b": "c"}]}, ["x", 2]]
DEPTH = 5


class Sampler:
    """Makes a value of a shape; what a protocol cannot carry (empty maps in a form) is left out.

    `empty`: structures may be empty; `hollow`: so may what is of these types. `fractions`: times may have milliseconds.
    """

    def __init__(self, seed: str, empty: bool, hollow: Collection[str] = (), fractions: bool = False) -> None:
        self.random = random.Random(seed)
        self.empty = empty
        self.hollow = hollow
        self.fractions = fractions

    def structure(self, shape: Shape, depth: int = 0) -> dict[str, Any]:
        """Some or all of a structure's members, the required ones always."""
        names = list(shape.members)
        if shape.trait("union") and names:
            names = [self.random.choice(names)]
        keep = self.random.choice([1.0, 0.5])
        out = {}
        for name in names:
            member = shape.members[name]
            # botocore reads the status and the content type of every response, whether a member was given or not.
            always = member.location in ("uri", "statusCode") or member.trait("locationName") == "Content-Type"
            if (
                always
                or name in shape.required
                or shape.trait("union")
                or name == shape.payload
                or (self.random.random() < keep and depth < DEPTH)
            ):
                value = self._special(member, name == shape.payload) or self.value(member, depth + 1)
                if value is not None:
                    out[name] = value
        return out

    def _special(self, shape: Shape, payload: bool) -> Any:
        """A value where any other would not be valid, or botocore could not read it back."""
        if shape.location == "statusCode":
            return 202
        if shape.trait("hostLabel"):
            return "host-1"
        # An empty body is no payload, and botocore decodes a blob that is the body as UTF-8.
        return {"blob": "{✓}".encode(), "string": "{✓}"}.get(shape.type) if payload else None

    def value(self, shape: Shape, depth: int) -> Any:
        """A value of any shape; None where there is none worth sending."""
        kind = shape.type
        if shape.trait("document"):
            return self.random.choice(_DOCUMENTS)
        if kind == "structure":
            value = self.structure(shape, depth)
            return value if value or self.empty else None
        if kind in self.hollow and self.random.random() < 0.1 and not (shape.location or shape.trait("flattened")):
            return [] if kind == "list" else {}
        if kind == "list":
            items = [self.value(shape.member, depth + 1) for _ in range(self.random.choice([1, 2]))]
            return [item for item in items if item is not None] or None
        if kind == "map":
            return self._map(shape, depth)
        return self.scalar(shape)

    def _map(self, shape: Shape, depth: int) -> Any:
        out = {}
        for key in self.random.sample(["k", "key-2", "third"], self.random.choice([1, 2])):
            value = self.value(shape.value, depth + 1)
            if value is not None:
                out[key] = self._plain() if shape.location == "headers" else value
        return out or None

    def _plain(self) -> str:
        return self.random.choice(_PLAIN)

    def scalar(self, shape: Shape) -> Any:
        """A value of a scalar shape."""
        kind = shape.type
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("integer", "long"):
            return self.random.choice([0, 1, -5, 70_000, 2**31 - 1 if kind == "integer" else 2**53])
        if kind in ("double", "float"):
            return self.random.choice([0.5, -1.25, 3.0, 1e10])
        if kind == "timestamp":
            whole = shape.location is not None or shape.trait("timestampFormat") == "iso8601"
            fraction = [1_700_000_000.25] if self.fractions and not whole else []
            return self.random.choice([0, 1_700_000_000, 4_102_444_800, *fraction])
        if kind == "blob":
            return self.random.choice([b"", b"x", bytes(range(256))])
        if shape.location in ("uri", "header", "querystring"):
            return self._plain()
        return self.random.choice(shape.trait("enum") or _TEXTS)


def client_model(service: ServiceModel, protocol: str) -> botocore.model.ServiceModel:
    """The same model as botocore sees it."""
    key = f"botocore.{protocol}"
    if key not in service.compiled:
        metadata = {**service.metadata, "protocol": protocol}
        shapes = _query_names(service.shapes.raw) if protocol == "query" else service.shapes.raw
        raw = {"metadata": metadata, "operations": _raw_operations(service), "shapes": shapes}
        service.compiled[key] = botocore.model.ServiceModel(raw, service.name)
    return service.compiled[key]


def _query_names(shapes: Any) -> Any:
    """botocore knows one name per member; where a correction gives the query protocol its own, that one."""
    if isinstance(shapes, dict):
        renamed = {key: _query_names(item) for key, item in shapes.items()}
        return (
            {**renamed, "locationName": renamed["queryName"]} if isinstance(shapes.get("queryName"), str) else renamed
        )
    return shapes


def _raw_operations(service: ServiceModel) -> Mapping[str, Any]:
    return {name: operation.raw for name, operation in service.operations.items()}


def request(operation: OperationModel, protocol: str, value: dict[str, Any]) -> HttpRequest:
    """The request that botocore writes for an input."""
    model = client_model(operation.service, protocol).operation_model(operation.name)
    made = botocore.serialize.create_serializer(protocol, False).serialize_to_request(value, model)
    path, _, query = made["url_path"].partition("?")
    extra = made["query_string"]
    extra = extra if isinstance(extra, str) else percent_encode_sequence(extra)
    body = made["body"]
    if isinstance(body, dict | OrderedDict):
        body = urlencode(body, doseq=True)
    body = body.encode() if isinstance(body, str) else body
    headers = {name.lower(): str(text) for name, text in made["headers"].items()}
    return HttpRequest(made["method"], path, "&".join(p for p in (query, extra) if p), headers, body or b"")


def response(service: ServiceModel, shape_name: str | None, protocol: str, answer: HttpResponse) -> dict[str, Any]:
    """What botocore reads from a response."""
    model = client_model(service, protocol)
    shape = model.shape_for(shape_name) if shape_name else None
    parser = botocore.parsers.create_parser(protocol)
    raw = {"headers": HeadersDict(answer.headers), "body": answer.body, "status_code": answer.status}
    return parser.parse(raw, shape)


def output(operation: OperationModel, protocol: str, answer: HttpResponse) -> dict[str, Any]:
    """What botocore reads from an operation's response, times as epoch seconds."""
    model = client_model(operation.service, protocol).operation_model(operation.name)
    parser = botocore.parsers.create_parser(protocol)
    raw = {"headers": HeadersDict(answer.headers), "body": answer.body, "status_code": answer.status}
    parsed = parser.parse(raw, model.output_shape)
    parsed.pop("ResponseMetadata", None)
    for name, member in operation.output.members.items() if operation.output else ():
        if member.location == "headers" and not parsed.get(name):
            parsed.pop(name, None)
    payload = operation.output.payload if operation.output else None
    if payload and operation.output.members[payload].type == "blob" and isinstance(parsed.get(payload), str):
        parsed[payload] = parsed[payload].encode()
    return epochs(parsed)


def epochs(value: Any) -> Any:
    """The value with every datetime as epoch seconds."""
    if isinstance(value, datetime.datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, dict):
        return {key: epochs(item) for key, item in value.items()}
    return [epochs(item) for item in value] if isinstance(value, list) else value


def events(operation: OperationModel, protocol: str, answer: HttpResponse) -> tuple[dict[str, Any], list[Any]]:
    """What botocore reads from an operation's answer that is a stream: the initial response, and the events."""
    model = client_model(operation.service, protocol).operation_model(operation.name)
    stream = SimpleNamespace(stream=lambda: iter([answer.body]), close=lambda: None)
    raw = {"headers": HeadersDict(answer.headers), "body": stream, "status_code": answer.status, "context": {}}
    raw["context"]["operation_name"] = operation.name
    parsed = botocore.parsers.create_parser(protocol).parse(raw, model.output_shape)
    parsed.pop("ResponseMetadata", None)
    name = model.output_shape.event_stream_name
    return epochs({key: value for key, value in parsed.items() if key != name}), epochs(list(parsed[name]))
