"""Hostile and broken input gets the protocol's own error, whatever it is."""

from __future__ import annotations

import gzip
from typing import Any
from xml.etree import ElementTree

import cbor2
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudarium.gateway.http import HttpRequest
from cloudarium.gateway.protocols import codec, compression
from cloudarium.model import service
from cloudarium.shared.errors import AwsError

FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def fails(protocol: str, name: str, operation: str, request: HttpRequest) -> AwsError:
    """The error that parsing a request raises."""
    with pytest.raises(AwsError) as caught:
        codec(protocol).parse(service(name).operations[operation], request)
    return caught.value


def wire_code(protocol: str, name: str, error: AwsError) -> str:
    """The status and code as the client sees them."""
    answer = codec(protocol).serialize_error(service(name), None, error, "r")
    return f"{answer.status} {bytes(answer.body).decode()}"  # type: ignore[arg-type]


def put_item(**value: Any) -> HttpRequest:
    """A DynamoDB request."""
    return HttpRequest("POST", "/", body=orjson.dumps(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"TableName": 23}, "NUMBER_VALUE cannot be converted to String"),
        ({"TableName": 34.56}, "DECIMAL_VALUE cannot be converted to String"),
        ({"TableName": True}, "TRUE_VALUE cannot be converted to String"),
        ({"TableName": False}, "FALSE_VALUE cannot be converted to String"),
        ({"TableName": []}, "Unrecognized collection type class java.lang.String"),
        ({"TableName": {}}, "Start of structure or map found where not expected"),
        ({"Item": "x"}, "Unexpected field type"),
        (
            {"Item": []},
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.AttributeValue>",
        ),
        ({"Item": {"a": 1}}, "Unexpected value type in payload"),
        ({"Item": {"a": []}}, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"),
        ({"Item": {"a": {"BOOL": "true"}}}, "Unexpected token received from parser"),
        ({"Item": {"a": {"B": 1}}}, "only base-64-encoded strings are convertible to bytes"),
        ({"Item": {"a": {"B": "23456"}}}, "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        ({"Item": {"a": {"B": "=+/="}}}, "Invalid last non-pad Base64 character dectected"),
        ({"Item": {"a": {"SS": "x"}}}, "Unexpected field type"),
        ({"Item": {"a": {"SS": {}}}}, "Start of structure or map found where not expected"),
        ({"Item": {"a": {"L": [1]}}}, "Unexpected value type in payload"),
    ],
)
def test_json_of_the_wrong_type(value: dict[str, Any], text: str) -> None:
    """DynamoDB's words for each mismatch."""
    error = fails("json", "dynamodb", "PutItem", put_item(**value))
    assert error.message == text
    assert '"__type":"com.amazon.coral.service#SerializationException","Message"' in wire_code(
        "json", "dynamodb", error
    )


def test_numbers_that_do_not_fit() -> None:
    """A text is no integer, neither is what exceeds its bits; a fraction is cut off."""
    parse = codec("json").parse
    query = service("dynamodb").operations["Query"]
    assert parse(query, put_item(Limit=3.7)) == {"Limit": 3}
    assert fails("json", "dynamodb", "Query", put_item(Limit="3")).message.startswith("STRING_VALUE cannot")
    assert fails("json", "dynamodb", "Query", put_item(Limit=2**31)).code == "SerializationException"
    assert fails("json", "dynamodb", "Query", HttpRequest("POST", "/", body=b'{"Limit":1e400}'))


def test_unknown_members_and_nulls_are_dropped() -> None:
    """AWS ignores what it does not know."""
    parsed = codec("json").parse(
        service("dynamodb").operations["PutItem"], put_item(TableName="t", Nonsense={"a": [1]}, Item=None)
    )
    assert parsed == {"TableName": "t"}


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b'"x"', b"\xff", b"{}{}", b'{"a":NaN}', b"null"])
def test_broken_json(body: bytes) -> None:
    """Neither broken JSON nor JSON that is no object is an input."""
    assert fails("json", "sqs", "ListQueues", HttpRequest("POST", "/", body=body)).code == "SerializationException"


def test_deep_json() -> None:
    """Nesting has a limit well before Python's stack, and DynamoDB's own limit is below it."""
    for levels, fine in ((33, True), (200, False), (100_000, False)):
        value = b'{"L":[' * levels + b'{"S":"x"}' + b"]}" * levels
        request = HttpRequest("POST", "/", body=b'{"TableName":"t","Item":{"a":' + value + b"}}")
        if fine:
            assert codec("json").parse(service("dynamodb").operations["PutItem"], request)["TableName"] == "t"
        else:
            fails("json", "dynamodb", "PutItem", request)


def test_xml_that_is_no_xml_or_dangerous() -> None:
    """Broken XML, DTDs, entities, wrong roots and deep nesting are all MalformedXML."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Tagging><TagSet>&b;</TagSet></Tagging>'
    file = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Tagging>&f;</Tagging>'
    deep = b"<Tagging>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</Tagging>"
    for body in (b"<", b"x", b"<a></b>", bomb, file, deep, b"<Other/>", b'<?xml version="1.0" encoding="nope"?><a/>'):
        error = fails("rest-xml", "s3", "PutBucketTagging", HttpRequest("PUT", "/b", "tagging", body=body))
        assert wire_code("rest-xml", "s3", error).startswith("400 ") and "<Code>MalformedXML</Code>" in wire_code(
            "rest-xml", "s3", error
        )


def test_query_limits() -> None:
    """Too many parameters or too deep names are refused; what is no number is MalformedInput."""
    many = "&".join(f"a{n}=1" for n in range(30_000)).encode()
    deep = ("Tags" + ".member.1" * 5_000 + "=x").encode()
    for body in (many, deep, b"\xff\xfe=1"):
        assert fails("query", "iam", "CreateUser", HttpRequest("POST", "/", body=body)).code == "MalformedQueryString"
    error = fails("query", "iam", "ListUsers", HttpRequest("POST", "/", body=b"Action=ListUsers&MaxItems=abc"))
    assert "<Code>MalformedInput</Code>" in wire_code("query", "iam", error)


def test_query_lists_keep_the_order_of_their_numbers() -> None:
    """Numbers sort as numbers, gaps close, an empty value is an empty list."""
    parse = codec("query").parse
    operation = service("cloudformation").operations["ListStacks"]
    body = b"StackStatusFilter.member.10=c&StackStatusFilter.member.2=a&StackStatusFilter.member.9=b"
    assert parse(operation, HttpRequest("POST", "/", body=body)) == {"StackStatusFilter": ["a", "b", "c"]}
    assert parse(operation, HttpRequest("POST", "/", body=b"StackStatusFilter=")) == {"StackStatusFilter": []}
    assert parse(operation, HttpRequest("GET", "/", "StackStatusFilter.member.1=x")) == {"StackStatusFilter": ["x"]}


def test_rest_arguments_that_are_no_numbers() -> None:
    """S3 names the argument."""
    error = fails("rest-xml", "s3", "ListObjectsV2", HttpRequest("GET", "/b", "list-type=2&max-keys=x"))
    text = wire_code("rest-xml", "s3", error)
    assert "<Code>InvalidArgument</Code>" in text and "<ArgumentName>max-keys</ArgumentName>" in text


def test_path_that_is_no_text() -> None:
    """A label must decode as UTF-8."""
    error = fails("rest-xml", "s3", "GetObject", HttpRequest("GET", "/b/%ff"))
    assert "<Code>InvalidURI</Code>" in wire_code("rest-xml", "s3", error)


def test_cbor_with_dangerous_tags() -> None:
    """Shared references, big numbers and the like are no part of any shape."""
    cycle = bytes.fromhex("d81c81d81d00")
    for body in (cycle, b"\xff", cbor2.dumps([1]), cbor2.dumps({"Namespace": 1}), b"\x9f" * 5000, cbor2.dumps(2**70)):
        request = HttpRequest("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", body=body)
        error = fails("smithy-rpc-v2-cbor", "cloudwatch", "PutMetricData", request)
        answer = codec("smithy-rpc-v2-cbor").serialize_error(service("cloudwatch"), None, error, "r")
        assert cbor2.loads(answer.body)["__type"].endswith("SerializationException")  # type: ignore[arg-type]


def test_compressed_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    """SDKs compress large PutMetricData; a small body must not unpack without an end."""
    operation = service("cloudwatch").operations["PutMetricData"]
    headers = {"content-encoding": "gzip"}
    packed = gzip.compress(b'{"Namespace":"n"}')
    assert codec("json").parse(operation, HttpRequest("POST", "/", headers=headers, body=packed)) == {"Namespace": "n"}
    monkeypatch.setattr(compression, "LIMIT", 10)
    fails("json", "cloudwatch", "PutMetricData", HttpRequest("POST", "/", headers=headers, body=packed))
    fails("json", "cloudwatch", "PutMetricData", HttpRequest("POST", "/", headers=headers, body=b"nonsense"))


TARGETS = [
    ("json", "dynamodb", "PutItem"),
    ("json", "cloudwatch", "PutMetricData"),
    ("smithy-rpc-v2-cbor", "cloudwatch", "PutMetricData"),
    ("query", "iam", "CreateRole"),
    ("ec2", "ec2", "RunInstances"),
    ("rest-json", "lambda", "CreateFunction"),
    ("rest-xml", "s3", "PutBucketLifecycleConfiguration"),
]


@pytest.mark.parametrize(("protocol", "name", "operation"), TARGETS)
def test_noise_is_an_input_or_an_aws_error(protocol: str, name: str, operation: str) -> None:
    """No body, path, query or header makes a codec raise anything else."""
    model = service(name).operations[operation]
    text = st.text(max_size=30)
    json_values = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | text, lambda x: st.lists(x))
    members = st.dictionaries(st.sampled_from([*model.input_members, "x"]), json_values, max_size=4)
    dump = cbor2.dumps if protocol == "smithy-rpc-v2-cbor" else (lambda v: orjson.dumps(v, default=str))
    forms = st.lists(st.sampled_from([*model.input_members, ".", "=", "&", "%", "member", "1", "Tags.member.1.Key=x"]))
    safe = members.filter(lambda v: max(map(abs, _integers(v)), default=0) < 2**63)
    bodies = st.binary(max_size=60) | safe.map(dump) | forms.map(lambda p: "".join(p).encode())

    @FEW
    @given(bodies, text, text, text)
    def check(body: bytes, path: str, query: str, header: str) -> None:
        request = HttpRequest(
            model.method, "/" + path, query, {"x-amz-target": header, "content-encoding": header}, body
        )
        codec(protocol).identify(service(name), request)
        try:
            assert isinstance(codec(protocol).parse(model, request), dict)
        except AwsError as error:
            assert codec(protocol).serialize_error(service(name), model, error, "r").status == 400

    check()


def _integers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [n for item in value.values() for n in _integers(item)]
    if isinstance(value, list):
        return [n for item in value for n in _integers(item)]
    return [value] if isinstance(value, int) else []


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\ufffe", "\uffff"])
def test_what_no_xml_parser_takes_is_not_in_an_error(character: str) -> None:
    """What was sent is told again in errors, which clients must be able to read."""
    answer = codec("query").serialize_error(
        service("sts"), None, AwsError(f"Value 'a{character}b\r\n<'", code="ValidationError"), "r"
    )
    read = ElementTree.fromstring(answer.body)
    assert read.findtext(".//{*}Message") == "Value 'a\ufffdb\r\n<'"


@pytest.mark.parametrize("protocol", ["query", "ec2"])
def test_what_no_xml_parser_takes_is_in_no_answer_but_s3s(protocol: str) -> None:
    """A policy's condition key may hold any character; the simulator names it."""
    name, operation, output = {
        "query": ("iam", "GetContextKeysForCustomPolicy", {"ContextKeyNames": ["a\x01\ufffe&b"]}),
        "ec2": ("ec2", "DescribeTags", {"NextToken": "a\x01\ufffe&b"}),
    }[protocol]
    answer = codec(protocol).serialize(service(name).operations[operation], output, "r")
    assert "a\ufffd\ufffd&b" in "".join(ElementTree.fromstring(answer.body).itertext())
