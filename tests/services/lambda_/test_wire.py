"""What Lambda takes and refuses before anything is run: shapes, limits, words."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.lambda_.conftest import refused, zipped

Make = Callable[..., dict[str, Any]]


def test_answer_of_create(make: Make, role: str, account: str) -> None:
    made = make("fn", Description="d", Tags={"a": "b"}, Environment={"Variables": {"KEY": "v"}}, MemorySize=256)
    arn = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["FunctionName"], made["FunctionArn"], made["Version"]) == ("fn", arn, "$LATEST")
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert made["Environment"] == {"Variables": {"KEY": "v"}}
    assert made["EphemeralStorage"] == {"Size": 512} and made["Architectures"] == ["x86_64"]
    assert made["TracingConfig"] == {"Mode": "PassThrough"} and made["PackageType"] == "Zip"
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"}
    assert made["LastModified"].endswith("+0000") and made["CodeSize"] == len(zipped())


def test_waiters_end_at_once(make: Make, functions: Any) -> None:
    make("fn")
    functions.get_waiter("function_active_v2").wait(FunctionName="fn", WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    functions.get_waiter("function_updated_v2").wait(FunctionName="fn", WaiterConfig={"Delay": 0, "MaxAttempts": 1})


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"Role": "nonsense"}, "ValidationException", "Value 'nonsense' at 'role' failed to satisfy constraint"),
        ({"Timeout": 901}, "ValidationException", "Value '901' at 'timeout' failed to satisfy constraint: Member"),
        ({"MemorySize": 10241}, "ValidationException", "Member must have value less than or equal to 10240"),
        ({"Handler": "a b"}, "ValidationException", "'handler' failed to satisfy constraint"),
        ({"Runtime": "python1.0"}, "InvalidParameterValueException", "Value python1.0 at 'runtime' failed to satisfy"),
        ({"Runtime": "python3.6"}, "InvalidParameterValueException", "The runtime parameter of python3.6 is no"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "Reserved keys used"),
        ({"Environment": {"Variables": {"KEY": "x" * 4096}}}, "InvalidParameterValueException", "exceeded the 4KB"),
        ({"Code": {"ZipFile": b"nonsense"}}, "InvalidParameterValueException", "Could not unzip uploaded file."),
        ({"Code": {"ZipFile": zipped({})}}, "InvalidParameterValueException", "Uploaded file must be a non-empty"),
        ({"Code": {}}, "InvalidParameterValueException", "Please provide a source for function code."),
        ({"Code": {"ZipFile": b"", "S3Bucket": "bbb", "S3Key": "k"}}, "InvalidParameterValueException", "Please do"),
        ({"Code": {"S3Bucket": "not-there", "S3Key": "k"}}, "InvalidParameterValueException", "S3 Error Code: NoSuch"),
        ({"Tags": {"aws:x": "y"}}, "InvalidParameterValueException", "aws:"),
        (
            {"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "WARN"}},
            "InvalidParameterValueException",
            "To use log level configuration, set LogFormat to JSON.",
        ),
    ],
)  # fmt: skip
def test_create_refuses(make: Make, functions: Any, settings: dict[str, Any], code: str, words: str) -> None:
    with refused(code) as refusal:
        make("fn", **settings)
    assert words in refusal.message
    assert functions.list_functions()["Functions"] == []


def test_layers_each_once_and_five_at_most(make: Make, account: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:{account}:layer:x"
    with refused("InvalidParameterValueException") as refusal:
        make("fn", Layers=[f"{arn}:1", f"{arn}:2"])
    assert refusal.message.startswith("Two different versions of the same layer are not allowed")
    with refused("InvalidParameterValueException") as refusal:
        make("fn", Layers=[f"{arn}{number}:1" for number in range(6)])
    assert refusal.message == "Cannot reference more than 5 layers."
    with refused("InvalidParameterValueException") as refusal:
        make("fn", Layers=[f"{arn}:1"])
    assert refusal.message == f"Layer version {arn}:1 does not exist."


def test_role_that_lambda_may_not_assume(make: Make, client: Any, account: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    other = client("iam").create_role(RoleName="ec2", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    for role in (other, f"arn:aws:iam::{account}:role/missing"):
        with refused("InvalidParameterValueException") as refusal:
            make("fn", Role=role)
        assert refusal.message == "The role defined for the function cannot be assumed by Lambda."


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"PackageType": "Image", "Code": {"ImageUri": "x"}}, "PackageType Image"),
        ({"Runtime": "java21"}, "Runtime java21"),
        (
            {
                "FileSystemConfigs": [
                    {"Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0",
                     "LocalMountPath": "/mnt/x"}
                ]
            },
            "FileSystemConfigs",
        ),
    ],
)  # fmt: skip
def test_what_is_not_built_says_so(make: Make, settings: dict[str, Any], name: str) -> None:
    with refused("NotImplemented") as refusal:
        make("fn", **settings)
    assert name in refusal.message and refusal.status == 501


def test_name_is_taken(make: Make) -> None:
    make("fn")
    with refused("ResourceConflictException") as refusal:
        make("fn")
    assert (refusal.message, refusal.status) == ("Function already exist: fn", 409)


def test_names_and_arns_name_a_function(make: Make, functions: Any, account: str) -> None:
    make("fn")
    for name in (
        "fn", "function:fn", f"{account}:function:fn", f"arn:aws:lambda:us-east-1:{account}:function:fn",
        f"us-east-1:{account}:function:fn", "fn:$LATEST",
    ):  # fmt: skip
        assert functions.get_function_configuration(FunctionName=name)["FunctionName"] == "fn"
    with refused("ResourceNotFoundException") as refusal:
        functions.get_function(FunctionName="gone")
    assert refusal.message == f"Function not found: arn:aws:lambda:us-east-1:{account}:function:gone"
    with refused("ResourceNotFoundException") as refusal:
        functions.get_function(FunctionName="fn", Qualifier="7")
    assert refusal.message.endswith(":function:fn:7")
    with refused("InvalidParameterValueException"):
        functions.get_function(FunctionName="fn:1", Qualifier="2")


def test_hostile_zips(make: Make, functions: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.py", "x")
    with refused("InvalidParameterValueException"):
        make("fn", Code={"ZipFile": buffer.getvalue()})
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), bytes(90 * 1024 * 1024))
    with refused("InvalidParameterValueException") as refusal:
        make("fn", Code={"ZipFile": bomb.getvalue()})
    assert refusal.message == "Unzipped size must be smaller than 262144000 bytes"
    assert functions.list_functions()["Functions"] == []


def test_events_that_are_refused(make: Make, functions: Any) -> None:
    make("fn")
    with refused("InvalidRequestContentException") as refusal:
        functions.invoke(FunctionName="fn", Payload=b"{nope")
    assert refusal.message.startswith("Could not parse request body into json: ")
    with refused("RequestTooLargeException") as refusal:
        functions.invoke(FunctionName="fn", Payload=b'"' + b"x" * 6291456 + b'"')
    assert refusal.status == 413
    with refused("RequestTooLargeException"):
        functions.invoke(FunctionName="fn", Payload=b'"' + b"x" * 1048576 + b'"', InvocationType="Event")
    with refused("InvalidRequestContentException"):
        functions.invoke(FunctionName="fn", ClientContext="!")
    with refused("InvalidRequestContentException"):
        functions.invoke_async(FunctionName="fn", InvokeArgs=b"{nope")
    assert functions.invoke_async(FunctionName="fn", InvokeArgs=b"{}")["Status"] == 202


def test_lists_by_page(make: Make, functions: Any) -> None:
    for number in range(5):
        make(f"fn{number}")
    functions.publish_version(FunctionName="fn1")
    pages = functions.get_paginator("list_functions")
    found = [
        one["FunctionName"] for page in pages.paginate(PaginationConfig={"PageSize": 2}) for one in page["Functions"]
    ]
    assert found == [f"fn{number}" for number in range(5)]
    arns = [
        one["FunctionArn"].rpartition("function:")[2]
        for page in pages.paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 2})
        for one in page["Functions"]
    ]
    assert arns == ["fn0:$LATEST", "fn1:$LATEST", "fn1:1", "fn2:$LATEST", "fn3:$LATEST", "fn4:$LATEST"]
    with refused("InvalidParameterValueException"):
        functions.list_functions(Marker="nonsense")


def test_account_settings(make: Make, functions: Any) -> None:
    make("fn")
    settings = functions.get_account_settings()
    assert settings["AccountUsage"] == {"TotalCodeSize": len(zipped()), "FunctionCount": 1}
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000


def test_snap_start_is_a_setting_of_published_versions(make: Make, functions: Any) -> None:
    on = {"ApplyOn": "PublishedVersions"}
    made = make("fn", SnapStart=on, Runtime="python3.12")
    assert made["SnapStart"] == {**on, "OptimizationStatus": "Off"}
    published = functions.publish_version(FunctionName="fn")
    assert (published["SnapStart"], published["State"]) == ({**on, "OptimizationStatus": "On"}, "Pending")
    functions.get_waiter("published_version_active").wait(FunctionName="fn", Qualifier="1")
    seen = {
        one["Version"]: one["SnapStart"] for one in functions.list_versions_by_function(FunctionName="fn")["Versions"]
    }
    assert seen == {"$LATEST": {**on, "OptimizationStatus": "Off"}, "1": {**on, "OptimizationStatus": "On"}}
    with refused("InvalidParameterValueException") as refusal:
        functions.put_provisioned_concurrency_config(
            FunctionName="fn", Qualifier="1", ProvisionedConcurrentExecutions=1
        )
    assert refusal.message.endswith("is not supported for SnapStart enabled functions.")
    for settings, what in (
        ({"Runtime": "python3.11"}, "python3.11"), ({"EphemeralStorage": {"Size": 513}}, "EphemeralStorage"),
    ):  # fmt: skip
        with refused("InvalidParameterValueException") as refusal:
            functions.update_function_configuration(FunctionName="fn", **settings)
        assert refusal.message.startswith(what) and "SnapStart enabled functions." in refusal.message
    with refused("InvalidParameterValueException") as refusal:
        make("other", SnapStart=on, Runtime="nodejs20.x")
    assert refusal.message == "nodejs20.x is not supported for SnapStart enabled functions."
    off = functions.update_function_configuration(FunctionName="fn", SnapStart={"ApplyOn": "None"})
    assert off["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert (
        functions.get_function_configuration(FunctionName="fn", Qualifier="1")["SnapStart"]["ApplyOn"] == on["ApplyOn"]
    )
