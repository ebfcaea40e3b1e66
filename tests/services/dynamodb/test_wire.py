"""What goes over the wire: validation before the table is looked at, in AWS's words, and hostile input."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

Refused = Callable[..., str]
INVALID = "ValidationException: "
KEY = {"pk": {"S": "a"}, "sk": {"S": "1"}}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Value '' at 'tableName' {}: Member must have length greater than or equal to 1"),
        ("a" * 256, f"Value '{'a' * 256}' at 'tableName' {{}}: Member must have length less than or equal to 255"),
        ("a b", "Value 'a b' at 'tableName' {}: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        (None, "Value null at 'tableName' {}: Member must not be null"),
    ],
)  # fmt: skip
def test_table_names_are_checked(dynamodb: Any, refused: Refused, name: str | None, message: str) -> None:
    given = {} if name is None else {"TableName": name}
    expected = f"{INVALID}1 validation error detected: {message.format('failed to satisfy constraint')}"
    assert refused(dynamodb.put_item, Item={"pk": {"S": "x"}}, **given) == expected


def test_a_table_that_is_not_there(dynamodb: Any, refused: Refused) -> None:
    missing = "ResourceNotFoundException: Requested resource not found"
    assert refused(dynamodb.get_item, TableName="nothing", Key=KEY) == missing
    assert refused(dynamodb.scan, TableName="nothing") == missing
    assert refused(dynamodb.describe_table, TableName="nothing") == f"{missing}: Table: nothing not found"
    assert refused(dynamodb.batch_get_item, RequestItems={"nothing": {"Keys": [KEY]}}) == missing
    wrong = {"TableName": "nothing", "Key": {"pk": {"N": "x"}}}
    assert "converted to a numeric value" in refused(dynamodb.get_item, **wrong)  # the values come first


def test_keys_must_fit_the_schema(dynamodb: Any, table: str, refused: Refused) -> None:
    mismatch = INVALID + "The provided key element does not match the schema"
    for key in ({"pk": {"S": "a"}}, {"pk": {"S": "a"}, "sk": {"N": "1"}}, {**KEY, "x": {"S": "b"}}, {}):
        assert refused(dynamodb.get_item, TableName=table, Key=key) == mismatch
    invalid = INVALID + "One or more parameter values were invalid: "
    put = {"TableName": table}
    assert refused(dynamodb.put_item, Item={"pk": {"S": "a"}}, **put) == invalid + "Missing the key sk in the item"
    assert refused(dynamodb.put_item, Item={"pk": {"S": "a"}, "sk": {"N": "1"}}, **put) == (
        invalid + "Type mismatch for key sk expected: S actual: N"
    )
    empty = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty"
    for call, member in ((dynamodb.put_item, "Item"), (dynamodb.get_item, "Key")):
        assert refused(call, **put, **{member: {**KEY, "pk": {"S": ""}}}) == f"{INVALID}{empty} string value. Key: pk"
    assert "limit of2048 bytes" in refused(dynamodb.get_item, Key={**KEY, "pk": {"S": "a" * 2049}}, **put)
    assert "limit of 1024 bytes" in refused(dynamodb.put_item, Item={**KEY, "sk": {"S": "é" * 513}}, **put)
    dynamodb.put_item(Item={"pk": {"S": "a" * 2048}, "sk": {"S": "é" * 512}}, **put)


def test_an_item_has_at_most_400_kilobytes(dynamodb: Any, table: str, refused: Refused) -> None:
    padding = 409_600 - len("pkask1p")
    dynamodb.put_item(TableName=table, Item={**KEY, "p": {"S": "x" * padding}})
    assert refused(dynamodb.put_item, TableName=table, Item={**KEY, "p": {"S": "x" * (padding + 1)}}) == (
        INVALID + "Item size has exceeded the maximum allowed size"
    )
    update = {"UpdateExpression": "SET q = :q", "ExpressionAttributeValues": {":q": {"S": "x"}}}
    assert refused(dynamodb.update_item, TableName=table, Key=KEY, **update) == (
        INVALID + "Item size to update has exceeded the maximum allowed size"
    )


def test_parameters_that_contradict_each_other(dynamodb: Any, table: str, refused: Refused) -> None:
    assert refused(dynamodb.put_item, TableName=table, Item=KEY, ReturnValues="ALL_NEW") == (
        INVALID + "ReturnValues can only be ALL_OLD or NONE"
    )
    values = {":p": {"S": "a"}}
    query = {"TableName": table, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values}
    assert "ALL_PROJECTED_ATTRIBUTES can be used only when Querying" in refused(
        dynamodb.query, Select="ALL_PROJECTED_ATTRIBUTES", **query
    )
    assert "SPECIFIC_ATTRIBUTES" in refused(dynamodb.query, Select="SPECIFIC_ATTRIBUTES", **query)
    assert "choosing to get only the Count" in refused(
        dynamodb.query, Select="COUNT", ProjectionExpression="pk", **query
    )
    assert refused(dynamodb.query, TableName=table).endswith(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
    )
    for given, words in (
        ({"Segment": 0}, "The TotalSegments parameter is required"),
        ({"TotalSegments": 4}, "The Segment parameter is required"),
        ({"Segment": 5, "TotalSegments": 5}, "Segment: 5 is not less than TotalSegments: 5"),
        ({"Limit": 0}, "Member must have value greater than or equal to 1"),
        ({"Select": "NO"}, "Member must satisfy enum value set"),
        ({"IndexName": "none"}, "The table does not have the specified index: none"),
        ({"ExclusiveStartKey": {"pk": {"S": "a"}}}, "The provided starting key is invalid"),
        ({"ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "1"}}}, "The provided starting key is invalid: The"),
    ):
        assert words in refused(dynamodb.scan, TableName=table, **given)


def test_binary_and_numbers_survive_the_wire(dynamodb: Any, table: str) -> None:
    item = {
        **KEY,
        "b": {"B": bytes(range(256))},
        "bs": {"BS": [b"\x00", b"\xff", b""]},
        "ss": {"SS": ["a", ""]},
        "n": {"N": "-0.00000000000000000000000000000000000001"},
        "deep": {"M": {"l": {"L": [{"B": b"inside"}, {"NULL": True}, {"BOOL": False}]}}},
        "text": {"S": 'quotes " and \u0000 and \U0001f600 "B": "x"'},
    }
    dynamodb.put_item(TableName=table, Item=item)
    assert dynamodb.get_item(TableName=table, Key=KEY)["Item"] == item


def test_a_batch_of_too_many_and_more_mistakes_than_are_listed(dynamodb: Any, refused: Refused) -> None:
    batch = {"none": [{"PutRequest": {"Item": KEY}} for _ in range(26)]}
    refusal = refused(dynamodb.batch_write_item, RequestItems=batch)
    assert refusal.startswith(f"{INVALID}1 validation error detected: Value '{{none=[{{PutRequest=")
    assert refusal.endswith(
        "}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length"
        " less than or equal to 25, Member must have length greater than or equal to 1]"
    )
    indexes: list[dict[str, Any]] = [{} for _ in range(9)]
    refusal = refused(dynamodb.create_table, TableName="many", LocalSecondaryIndexes=indexes)
    assert refusal.startswith(f"{INVALID}10 validation errors detected: ") and refusal.count("; ") == 9


# ---- Hostile bodies -------------------------------------------------------------------------------------------------


def send(url: str, account: str, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """A signed request with any body; the status and the answer, whose checksum is right."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    request = AWSRequest("POST", url + "/", headers, body)
    SigV4Auth(Credentials(account, "test"), "dynamodb", "us-east-1").add_auth(request)
    made = urllib.request.Request(url + "/", body, dict(request.headers.items()))
    try:
        with urllib.request.urlopen(made, timeout=30) as answer:
            return answer.status, _checked(answer)
    except urllib.error.HTTPError as error:
        return error.code, _checked(error)


def _checked(answer: Any) -> Any:
    content = answer.read()
    assert answer.headers["x-amz-crc32"] == str(crc32(content))
    return json.loads(content or b"{}")


def nested(levels: int) -> bytes:
    return b'{"TableName":"things","Item":{"pk":{"S":"h"},"sk":{"S":"1"},"d":' + (
        b'{"L":[' * levels + b'{"S":"x"}' + b"]}" * levels + b"}}"
    )


KEYS = b'"pk":{"S":"a"},"sk":{"S":"1"}'
VALIDATION, SERIALIZATION = "ValidationException", "SerializationException"


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("PutItem", b"", VALIDATION),
        ("PutItem", b"[]", SERIALIZATION),
        ("PutItem", b"{", SERIALIZATION),
        ("PutItem", b'{TABLE,"Item":{"pk":{"S":5}}}', SERIALIZATION),
        ("PutItem", b'{TABLE,"Item":{"pk":"text"}}', SERIALIZATION),
        ("PutItem", b'{TABLE,"Item":{"pk":null}}', VALIDATION),
        ("PutItem", b'{TABLE,"Item":{"pk":{"B":"no base64!"}}}', SERIALIZATION),
        ("PutItem", b'{TABLE,"Item":{KEYS,"x":{"Q":"?"}}}', VALIDATION),
        ("PutItem", b'{TABLE,"Item":{KEYS,"x":{"SS":[null]}}}', VALIDATION),
        ("PutItem", b'{TABLE,"Item":{KEYS,"x":{"L":[null]}}}', VALIDATION),
        ("PutItem", b'{TABLE,"Item":{KEYS,"x":{"M":{"y":null}}}}', VALIDATION),
        ("PutItem", nested(33), VALIDATION),
        ("PutItem", nested(5000), SERIALIZATION),
        ("Query", b'{TABLE,"KeyConditions":{"pk":null}}', VALIDATION),
        ("Query", b'{TABLE,"KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":null}}', VALIDATION),
        ("UpdateItem", b'{TABLE,"Key":{KEYS},"AttributeUpdates":{"x":null}}', VALIDATION),
        (
            "UpdateItem",
            b'{TABLE,"Key":{KEYS},"UpdateExpression":"REMOVE #n","ExpressionAttributeNames":{"#n":null}}',
            VALIDATION,
        ),
        ("PutItem", b'{TABLE,"Item":{KEYS},"Expected":{"x":null}}', VALIDATION),
        ("BatchGetItem", b'{"RequestItems":{"things":null}}', VALIDATION),
        ("BatchGetItem", b'{"RequestItems":{"things":{"Keys":[null]}}}', VALIDATION),
        ("BatchWriteItem", b'{"RequestItems":{"things":[{}]}}', VALIDATION),
        ("BatchWriteItem", b'{"RequestItems":{"things":[null]}}', VALIDATION),
        ("TransactWriteItems", b'{"TransactItems":[{}]}', VALIDATION),
        ("TransactWriteItems", b'{"TransactItems":[null]}', VALIDATION),
        ("TransactGetItems", b'{"TransactItems":[{"Get":{TABLE,"Key":{"pk":null}}}]}', VALIDATION),
        ("CreateTable", b'{"TableName":"other"}', VALIDATION),
        ("Scan", b'{TABLE,"ScanFilter":{"x":{"ComparisonOperator":"EQ"}}}', VALIDATION),
        ("Scan", b'{TABLE,"ExclusiveStartKey":{"pk":null}}', VALIDATION),
        ("NoSuchThing", b"{}", "UnknownOperationException"),
    ],
)
def test_hostile_bodies_get_awss_error(
    cloud: Any, account: str, table: str, operation: str, body: bytes, code: str
) -> None:
    body = body.replace(b"TABLE", b'"TableName":"things"').replace(b"KEYS", KEYS)
    status, answer = send(cloud.url, account, operation, body)
    assert (status, answer["__type"].rpartition("#")[2]) == (400, code), answer
    assert send(cloud.url, account, "Scan", b'{"TableName":"things"}')[1]["Count"] == 0
