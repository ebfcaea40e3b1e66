"""Models are found, corrected and typed."""

from __future__ import annotations

import orjson
import pytest

from cloudarium import model
from cloudarium.model import loading


def test_the_newest_version_of_each_service() -> None:
    """Two versions in botocore: the newer one counts."""
    assert model.service("dynamodb").api_version == "2012-08-10"
    assert model.service("events").api_version == "2015-10-07"
    assert model.service("s3") is model.service("s3")
    assert "lambda" in model.service_names()


@pytest.mark.parametrize("name", ["", "nonsense", "../s3", ".", "s3/2006-03-01"])
def test_unknown_services(name: str) -> None:
    """What is no service is no path either."""
    with pytest.raises(model.UnknownService):
        model.service(name)


def test_what_a_service_says_of_itself() -> None:
    """Protocols, signing names, targets."""
    assert model.service("cloudwatch").protocols == ("smithy-rpc-v2-cbor", "json", "query")
    assert model.service("sqs").protocols == ("json", "query")
    assert model.service("ses").signing_name == "ses"
    assert model.service("cloudwatch").signing_name == "monitoring"
    assert model.service("dynamodb").target_prefix == "DynamoDB_20120810"


def test_operations() -> None:
    """Streaming members, required members, statuses, unsigned operations."""
    s3 = model.service("s3").operations
    assert s3["PutObject"].streaming_input == "Body" and s3["GetObject"].streaming_output == "Body"
    assert s3["PutObject"].required == ("Bucket", "Key") and "ACL" in s3["PutObject"].input_members
    lambda_ = model.service("lambda").operations
    assert lambda_["Invoke"].streaming_input is None and lambda_["CreateFunction"].http_status == 201
    assert model.service("cognito-idp").operations["InitiateAuth"].unsigned
    assert model.service("sts").operations["AssumeRoleWithWebIdentity"].unsigned
    assert not model.service("sts").operations["AssumeRole"].unsigned


def test_errors_by_shape_and_by_query_code() -> None:
    """A query code finds its shape; an unknown code finds nothing."""
    iam = model.service("iam")
    error = iam.error_shape("NoSuchEntity")
    assert error and (error.name, error.status, error.sender_fault) == ("NoSuchEntityException", 404, True)
    assert iam.error_shape("NoSuchEntityException") is error
    assert iam.error_shape("Nonsense") is None


def test_recursion_is_known() -> None:
    """DynamoDB's values nest without an end, a queue's attributes do not."""
    put = model.service("dynamodb").operations["PutItem"].input
    queue = model.service("sqs").operations["CreateQueue"].input
    assert put and put.recursive and queue and not queue.recursive


def test_corrections_still_correct_something() -> None:
    """Each has its reason, and each names shapes and operations that the model has."""
    folder = loading.importlib.resources.files("cloudarium.model") / "corrections"
    for file in folder.iterdir():
        raw = loading._read(file.name.removesuffix(".json"))
        for correction in orjson.loads(file.read_bytes()):
            former = correction["set"].get("metadata", {}).get("formerly", {})
            assert set(former) <= set(raw["operations"]), file.name
            added = {changed["input"]["shape"] for changed in former.values() if "input" in changed}
            assert correction["reason"].endswith(".")
            assert set(correction["set"]) <= {"metadata", "shapes", "operations"}
            for kind in ("shapes", "operations"):
                corrected = correction["set"].get(kind, {})
                whole = {name for name, shape in corrected.items() if shape and shape.get("exception")}  # added
                assert set(corrected) - whole - added <= set(raw[kind]), file.name
