"""Functions at work: code, settings, versions, aliases, layers."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.services.lambda_.conftest import ECHO, refused, zipped

Make = Callable[..., dict[str, Any]]
CallFunction = Callable[..., Any]
WHO = "import os\ndef handler(event, context): return [os.environ.get('KEY'), context.function_version]\n"


def test_invoke(make: Make, functions: Any) -> None:
    make("fn", ECHO + "print('hello')\n")
    answer = functions.invoke(FunctionName="fn", Payload=b'{"a": 1}', LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(answer["Payload"].read()) == {"a": 1}
    assert "FunctionError" not in answer
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {answer['ResponseMetadata']['RequestId']} Version: $LATEST\n" in tail
    assert "LogResult" not in functions.invoke(FunctionName="fn")


def test_function_error_is_no_error_of_the_call(make: Make, functions: Any) -> None:
    make("fn", "def handler(event, context): raise ValueError('no')")
    answer = functions.invoke(FunctionName="fn")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "ValueError"


def test_nothing_at_all_is_an_empty_object(make: Make, functions: Any) -> None:
    make("fn")
    assert functions.invoke(FunctionName="fn")["Payload"].read() == b"{}"


def test_dry_run(make: Make, functions: Any) -> None:
    make("fn", "raise SystemExit(1)")
    assert functions.invoke(FunctionName="fn", InvocationType="DryRun")["StatusCode"] == 204


def test_client_context(make: Make, call: CallFunction) -> None:
    make("fn", "def handler(event, context): return context.client_context.custom")
    context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    assert call("fn", ClientContext=context) == {"a": "b"}


def test_role_s_keys_reach_the_cloud(make: Make, call: CallFunction, account: str) -> None:
    source = "import boto3\ndef handler(e, c): return boto3.client('sts').get_caller_identity()['Arn']\n"
    make("whoami", source, Timeout=15)
    assert call("whoami") == f"arn:aws:sts::{account}:assumed-role/runner/whoami"


def test_code_from_s3_and_a_link_back(make: Make, client: Any, functions: Any, account: str) -> None:
    s3, data = client("s3"), zipped()
    s3.create_bucket(Bucket=f"code-{account}")
    s3.put_object(Bucket=f"code-{account}", Key="a/b.zip", Body=data)
    made = make("fn", Code={"S3Bucket": f"code-{account}", "S3Key": "a/b.zip"}, Tags={"team": "x"})
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(data).digest()).decode()
    found = functions.get_function(FunctionName="fn")
    assert found["Tags"] == {"team": "x"} and found["Configuration"]["State"] == "Active"
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        assert answer.read() == data and answer.headers["content-type"] == "application/zip"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(found["Code"]["Location"][:-4] + "0000")
    assert caught.value.code == 403
    with refused("InvalidParameterValueException") as refusal:
        make("other", Code={"S3Bucket": f"code-{account}", "S3Key": "missing"})
    assert "S3 Error Code: NoSuchKey" in refusal.message


def test_new_code_is_run_at_once(make: Make, call: CallFunction, functions: Any) -> None:
    before = make("fn")
    assert call("fn", 1) == 1
    source = "def handler(event, context): return 'new'"
    dry = functions.update_function_code(FunctionName="fn", ZipFile=zipped(source), DryRun=True)
    assert dry["CodeSha256"] != before["CodeSha256"] and call("fn", 1) == 1
    after = functions.update_function_code(FunctionName="fn", ZipFile=zipped(source))
    assert after["LastUpdateStatus"] == "InProgress" and after["RevisionId"] != before["RevisionId"]
    assert functions.get_function_configuration(FunctionName="fn")["LastUpdateStatus"] == "Successful"
    assert call("fn", 1) == "new"


def test_new_settings_are_used_at_once(make: Make, call: CallFunction, functions: Any) -> None:
    make("fn", WHO, Description="kept", Environment={"Variables": {"KEY": "1"}})
    assert call("fn") == ["1", "$LATEST"]
    changed = functions.update_function_configuration(
        FunctionName="fn", Environment={"Variables": {"KEY": "2"}}, Timeout=9
    )
    assert (changed["Timeout"], changed["Description"]) == (9, "kept")
    assert call("fn") == ["2", "$LATEST"]
    none = functions.update_function_configuration(FunctionName="fn", Environment={"Variables": {}})
    assert none["Environment"] == {"Variables": {}}
    with refused("InvalidParameterValueException"):
        functions.update_function_configuration(FunctionName="fn", Runtime="python3.7")


def test_revisions_guard_updates(make: Make, functions: Any) -> None:
    pending = make("fn")["RevisionId"]
    revision = functions.get_function_configuration(FunctionName="fn")["RevisionId"]
    assert revision != pending  # a function that has become active is another revision
    functions.update_function_configuration(FunctionName="fn", Timeout=5, RevisionId=revision)
    for update in (
        lambda: functions.update_function_configuration(FunctionName="fn", Timeout=6, RevisionId=revision),
        lambda: functions.update_function_code(FunctionName="fn", ZipFile=zipped("x"), RevisionId=revision),
        lambda: functions.publish_version(FunctionName="fn", RevisionId=revision),
    ):
        with refused("PreconditionFailedException") as refusal:
            update()
        assert refusal.status == 412
    assert functions.get_function_configuration(FunctionName="fn")["Timeout"] == 5


def test_versions_never_change(make: Make, call: CallFunction, functions: Any) -> None:
    make("fn", WHO, Environment={"Variables": {"KEY": "one"}})
    first = functions.publish_version(FunctionName="fn", Description="first")
    assert (first["Version"], first["FunctionArn"].rpartition(":")[2]) == ("1", "1")
    assert functions.publish_version(FunctionName="fn")["Version"] == "1"  # nothing has changed
    functions.update_function_configuration(FunctionName="fn", Environment={"Variables": {"KEY": "two"}})
    second = functions.update_function_code(FunctionName="fn", ZipFile=zipped(WHO + "#"), Publish=True)
    assert second["Version"] == "2"
    assert call("fn:1") == ["one", "1"]
    assert call("fn", Qualifier="2") == ["two", "2"]
    assert call("fn") == ["two", "$LATEST"]
    listed = functions.list_versions_by_function(FunctionName="fn")["Versions"]
    assert [one["Version"] for one in listed] == ["$LATEST", "1", "2"]
    assert listed[1]["Description"] == "first"
    with refused("InvalidParameterValueException") as refusal:
        functions.publish_version(FunctionName="fn", CodeSha256="x" * 44)
    assert refusal.message.startswith("CodeSHA256 (")


def test_deleted_numbers_do_not_come_back(make: Make, functions: Any) -> None:
    make("fn", Publish=True)
    functions.delete_function(FunctionName="fn", Qualifier="1")
    functions.update_function_configuration(FunctionName="fn", Timeout=8)
    assert functions.publish_version(FunctionName="fn")["Version"] == "2"
    with refused("InvalidParameterValueException") as refusal:
        functions.delete_function(FunctionName="fn", Qualifier="$LATEST")
    assert refusal.message == "$LATEST version cannot be deleted without deleting the function."


def test_aliases(make: Make, call: CallFunction, functions: Any) -> None:
    make("fn", WHO, Publish=True)
    functions.update_function_configuration(FunctionName="fn", Environment={"Variables": {"KEY": "2"}})
    functions.publish_version(FunctionName="fn")
    made = functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1", Description="d")
    assert made["AliasArn"].endswith(":function:fn:live") and "RoutingConfig" not in made
    assert call("fn:live") == [None, "1"]
    config = functions.get_function_configuration(FunctionName="fn", Qualifier="live")
    assert config["Version"] == "1" and config["FunctionArn"].endswith(":live")
    moved = functions.update_alias(FunctionName="fn", Name="live", FunctionVersion="2", RevisionId=made["RevisionId"])
    assert moved["Description"] == "d" and call("fn:live") == ["2", "2"]
    with refused("PreconditionFailedException"):
        functions.update_alias(FunctionName="fn", Name="live", FunctionVersion="1", RevisionId=made["RevisionId"])
    with refused("ResourceConflictException"):
        functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    with refused("ResourceNotFoundException"):
        functions.create_alias(FunctionName="fn", Name="other", FunctionVersion="9")
    with refused("ResourceConflictException"):
        functions.delete_function(FunctionName="fn", Qualifier="2")
    functions.delete_alias(FunctionName="fn", Name="live")
    functions.delete_alias(FunctionName="fn", Name="live")
    with refused("ResourceNotFoundException") as refusal:
        functions.get_alias(FunctionName="fn", Name="live")
    assert refusal.message.startswith("Cannot find alias arn: ")


def test_alias_weights(make: Make, call: CallFunction, functions: Any) -> None:
    make("fn", WHO, Publish=True)
    functions.update_function_configuration(FunctionName="fn", Timeout=4)
    functions.publish_version(FunctionName="fn")
    all_to_two = {"AdditionalVersionWeights": {"2": 1.0}}
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1", RoutingConfig=all_to_two)
    assert {call("fn:live")[1] for _ in range(5)} == {"2"}
    functions.update_alias(FunctionName="fn", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.0}})
    assert {call("fn:live")[1] for _ in range(5)} == {"1"}
    for version, weights in (("1", {"1": 0.5}), ("$LATEST", {"1": 0.5}), ("1", {"2": 0.1, "3": 0.1})):
        with refused("InvalidParameterValueException"):
            functions.create_alias(
                FunctionName="fn", Name="x", FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": weights},
            )  # fmt: skip


def test_layers(make: Make, call: CallFunction, functions: Any, account: str) -> None:
    def publish(text: str) -> dict[str, Any]:
        content = {"ZipFile": zipped({"python/shared.py": f"WHO = {text!r}"})}
        return functions.publish_layer_version(LayerName="shared", Content=content, CompatibleRuntimes=["python3.11"])

    one, two = publish("one"), publish("two")
    assert two["LayerVersionArn"] == f"arn:aws:lambda:us-east-1:{account}:layer:shared:2"
    make("fn", "import shared\ndef handler(e, c): return shared.WHO", Layers=[one["LayerVersionArn"]])
    assert call("fn") == "one"
    config = functions.update_function_configuration(FunctionName="fn", Layers=[two["LayerVersionArn"]])
    assert config["Layers"] == [{"Arn": two["LayerVersionArn"], "CodeSize": two["Content"]["CodeSize"]}]
    assert call("fn") == "two"
    assert [one["Version"] for one in functions.list_layer_versions(LayerName="shared")["LayerVersions"]] == [2, 1]
    layers = functions.list_layers(CompatibleRuntime="python3.11")["Layers"]
    assert [(one["LayerName"], one["LatestMatchingVersion"]["Version"]) for one in layers] == [("shared", 2)]
    assert functions.list_layers(CompatibleRuntime="nodejs20.x")["Layers"] == []
    by_arn = functions.get_layer_version_by_arn(Arn=one["LayerVersionArn"])
    for other in (one["LayerArn"] + ":9223372036854775808", "arn:aws:lambda:::awslayer:AmazonLinux1803"):
        with pytest.raises(ClientError, match="The resource you requested does not exist"):
            functions.get_layer_version_by_arn(Arn=other)
    with urllib.request.urlopen(by_arn["Content"]["Location"]) as answer:
        assert len(answer.read()) == by_arn["Content"]["CodeSize"]
    functions.publish_version(FunctionName="fn")
    functions.delete_layer_version(LayerName="shared", VersionNumber=2)
    assert call("fn:1") == "two"  # who has it keeps it
    functions.delete_layer_version(LayerName="shared", VersionNumber=1)
    with refused("ResourceNotFoundException"):
        functions.get_layer_version(LayerName="shared", VersionNumber=1)
    with refused("InvalidParameterValueException") as refusal:
        functions.update_function_configuration(FunctionName="fn", Layers=[one["LayerVersionArn"]])
    assert refusal.message == f"Layer version {one['LayerVersionArn']} does not exist."


def test_deleted_function_is_gone_with_all_it_had(make: Make, functions: Any) -> None:
    make("fn", Publish=True, Tags={"a": "b"})
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    functions.add_permission(FunctionName="fn", StatementId="s", Action="lambda:InvokeFunction", Principal="*")
    assert functions.delete_function(FunctionName="fn")["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("ResourceNotFoundException"):
        functions.invoke(FunctionName="fn")
    with refused("ResourceNotFoundException"):
        functions.delete_function(FunctionName="fn")
    make("fn")
    assert functions.list_aliases(FunctionName="fn")["Aliases"] == []
    assert "Tags" not in functions.get_function(FunctionName="fn")
    with refused("ResourceNotFoundException"):
        functions.get_policy(FunctionName="fn")
    assert functions.publish_version(FunctionName="fn")["Version"] == "1"


def test_tags(make: Make, functions: Any) -> None:
    arn = make("fn", Tags={"a": "1"})["FunctionArn"]
    functions.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    functions.untag_resource(Resource=arn, TagKeys=["b", "gone"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"a": "3"}
    with refused("ResourceNotFoundException"):
        functions.list_tags(Resource=arn + "x")
    with refused("InvalidParameterValueException"):
        functions.tag_resource(Resource=arn + ":1", Tags={"b": "2"})


def test_reserved_concurrency(make: Make, functions: Any) -> None:
    make("fn")
    functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=0)
    with refused("TooManyRequestsException") as refusal:
        functions.invoke(FunctionName="fn")
    assert (refusal.message, refusal.status) == ("Rate Exceeded.", 429)
    assert functions.get_function(FunctionName="fn")["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    functions.delete_function_concurrency(FunctionName="fn")
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="fn")
    assert functions.invoke(FunctionName="fn")["StatusCode"] == 200
    with refused("InvalidParameterValueException") as refusal:
        functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=901)
    assert "below its minimum value of [100]" in refusal.message


def test_survives_a_crash(fresh_cloud: Any) -> None:
    iam, functions = fresh_cloud.client("iam"), fresh_cloud.client("lambda")
    from tests.services.lambda_.conftest import TRUST

    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    functions.create_function(
        FunctionName="fn", Runtime="python3.11", Handler="app.handler", Role=role, Code={"ZipFile": zipped()}
    )
    functions.invoke(FunctionName="fn")
    fresh_cloud.restart()
    assert functions.invoke(FunctionName="fn", Payload=b"5")["Payload"].read() == b"5"
