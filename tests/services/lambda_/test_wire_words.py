"""What AWS answers word by word: lists, revisions, qualifiers, and the refusals of each noun."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.lambda_.conftest import ECHO, refused, zipped

Make = Callable[..., dict[str, Any]]
STATES = {"State", "LastUpdateStatus", "RuntimeVersionConfig"}


@pytest.fixture
def arn(account: str) -> str:
    """The ARN of the function fn."""
    return f"arn:aws:lambda:us-east-1:{account}:function:fn"


def test_lists_leave_out_states(make: Make, functions: Any) -> None:
    make("fn", Publish=True)
    shown = functions.get_function_configuration(FunctionName="fn")
    assert shown.keys() >= STATES
    for listed in (
        functions.list_functions()["Functions"],
        functions.list_functions(FunctionVersion="ALL")["Functions"],
        functions.list_versions_by_function(FunctionName="fn")["Versions"],
    ):
        for one in listed:
            assert not one.keys() & STATES
            assert shown.keys() - one.keys() - STATES == {"ResponseMetadata"}


def test_published_at_once(make: Make, functions: Any, arn: str) -> None:
    made = make("fn", Publish=True)
    assert (made["Version"], made["FunctionArn"]) == ("1", arn)  # AWS names the function here, not the version
    again = functions.update_function_code(FunctionName="fn", ZipFile=zipped(ECHO + "#"), Publish=True)
    assert (again["Version"], again["FunctionArn"]) == ("2", f"{arn}:2")
    assert (again["State"], again["StateReasonCode"]) == ("Pending", "Creating") and "LastUpdateStatus" not in again


def test_empty_variables_are_shown(make: Make) -> None:
    assert make("empty", Environment={"Variables": {}})["Environment"] == {"Variables": {}}
    assert "Environment" not in make("none")


def test_functions_of_other_regions_are_not_reachable(make: Make, client: Any, account: str) -> None:
    make("fn")
    there = client("lambda", region="eu-west-1")
    name = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    for call in (there.get_function, there.invoke, there.delete_function, there.get_function_concurrency):
        with refused("ResourceNotFoundException") as refusal:
            call(FunctionName=name)
        assert refusal.message == "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')"


def test_an_invocation_names_the_version_that_it_misses(functions: Any, arn: str) -> None:
    with refused("ResourceNotFoundException") as refusal:
        functions.invoke(FunctionName="fn")
    assert refusal.message == f"Function not found: {arn}:$LATEST"


def test_dry_run_says_no_version(make: Make, functions: Any) -> None:
    make("fn")
    answer = functions.invoke(FunctionName="fn", InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and "ExecutedVersion" not in answer


def test_logging_changes_in_part(make: Make, functions: Any) -> None:
    make("fn")

    def after(**given: str) -> dict[str, str]:
        return functions.update_function_configuration(FunctionName="fn", LoggingConfig=given)["LoggingConfig"]

    group = {"LogGroup": "/aws/lambda/fn"}
    json = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert after(LogFormat="JSON") == {**json, **group}
    assert after(LogFormat="JSON", SystemLogLevel="DEBUG") == {**json, **group, "SystemLogLevel": "DEBUG"}
    assert after(LogGroup="/mine") == {**json, "LogGroup": "/mine", "SystemLogLevel": "DEBUG"}
    assert after(LogFormat="Text") == {"LogFormat": "Text", "LogGroup": "/mine"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("python3.7", "python3."), ("java8", "java"), ("go1.x", "provided.al2023"), ("provided", "provided.")],
)
def test_runtimes_that_are_gone_name_a_new_one(make: Make, old: str, new: str) -> None:
    with refused("InvalidParameterValueException") as refusal:
        make("fn", Runtime=old)
    assert refusal.message.startswith(f"The runtime parameter of {old} is no longer supported for creating or updating")
    assert f" We recommend you use the new runtime ({new}" in refusal.message


# ---- revisions -------------------------------------------------------------------------------------------------------


def test_permissions_and_tags_change_the_revision(make: Make, functions: Any, arn: str) -> None:
    make("fn")
    seen = [functions.get_function_configuration(FunctionName="fn")["RevisionId"]]

    def changed() -> str:
        seen.append(functions.get_function_configuration(FunctionName="fn")["RevisionId"])
        assert len(set(seen)) == len(seen)
        return seen[-1]

    allow = {"FunctionName": "fn", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
    with refused("PreconditionFailedException") as refusal:
        functions.add_permission(StatementId="a", RevisionId="x", **allow)
    assert "GetFunction/GetAlias" in refusal.message
    functions.add_permission(StatementId="a", RevisionId=seen[0], **allow)
    assert functions.get_policy(FunctionName="fn")["RevisionId"] == changed()
    functions.tag_resource(Resource=arn, Tags={"a": "b"})
    changed()
    functions.untag_resource(Resource=arn, TagKeys=["a"])
    functions.publish_version(FunctionName="fn", RevisionId=changed())
    functions.remove_permission(FunctionName="fn", StatementId="a", RevisionId=seen[-1])
    changed()
    assert functions.publish_version(FunctionName="fn")["Version"] == "1"  # none of this makes another version


def test_an_alias_is_the_revision_of_its_policy(make: Make, functions: Any) -> None:
    make("fn", Publish=True)
    first = functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")["RevisionId"]
    allow = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "StatementId": "a"}
    functions.add_permission(FunctionName="fn", Qualifier="live", RevisionId=first, **allow)
    second = functions.get_alias(FunctionName="fn", Name="live")["RevisionId"]
    assert second == functions.get_policy(FunctionName="fn", Qualifier="live")["RevisionId"] != first


def test_permissions_leave_warm_environments_alone(make: Make, functions: Any, call: Any, arn: str) -> None:
    make("fn", "seen = []\ndef handler(event, context):\n    seen.append(1)\n    return len(seen)\n")
    assert call("fn") == 1
    functions.add_permission(
        FunctionName="fn", StatementId="a", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    functions.tag_resource(Resource=arn, Tags={"a": "b"})
    assert call("fn") == 2


# ---- policies --------------------------------------------------------------------------------------------------------


def test_policies_of_what_is_not_there(make: Make, functions: Any, arn: str) -> None:
    make("fn")
    allow = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "StatementId": "a"}
    gone = arn.replace(":fn", ":gone")
    for call, settings, message in (
        (functions.add_permission, {"FunctionName": "gone", **allow}, f"Function not found: {gone}"),
        (functions.add_permission, {"FunctionName": "fn:live", **allow}, f"Cannot find alias arn: {arn}:live"),
        (functions.add_permission, {"FunctionName": "fn:42", **allow}, f"Function not found: {arn}:42"),
        (functions.remove_permission, {"FunctionName": "gone", "StatementId": "a"}, f"No policy found for: {gone}"),
        (functions.remove_permission, {"FunctionName": "fn", "StatementId": "a"},
         "No policy is associated with the given resource."),
        (functions.get_policy, {"FunctionName": "gone"}, f"Function not found: {gone}"),
        (functions.get_policy, {"FunctionName": "fn", "Qualifier": "42"}, "The resource you requested does not exist."),
    ):  # fmt: skip
        with refused("ResourceNotFoundException") as refusal:
            call(**settings)
        assert refusal.message == message


# ---- asynchronous settings -------------------------------------------------------------------------------------------


def test_asynchronous_settings_of_what_is_not_there(make: Make, functions: Any, arn: str) -> None:
    make("fn")
    for call in (functions.put_function_event_invoke_config, functions.update_function_event_invoke_config):
        for name in ("gone", "fn:live"):
            with refused("ResourceNotFoundException") as refusal:
                call(FunctionName=name, MaximumRetryAttempts=1)
            assert refusal.message == "The function doesn't exist."
    with refused("ResourceNotFoundException") as refusal:
        functions.list_function_event_invoke_configs(FunctionName="gone")
    assert refusal.message == "The function doesn't exist."
    for call in (functions.get_function_event_invoke_config, functions.delete_function_event_invoke_config):
        for name, shown in (("fn", f"{arn}:$LATEST"), ("fn:live", f"{arn}:live")):
            with refused("ResourceNotFoundException") as refusal:
                call(FunctionName=name)
            assert refusal.message == f"The function {shown} doesn't have an EventInvokeConfig"


def test_destinations_in_the_answer_and_refused(make: Make, functions: Any, client: Any, arn: str) -> None:
    make("fn")
    make("other")
    put = functions.put_function_event_invoke_config
    other = arn.replace(":fn", ":other")
    with refused("InvalidParameterValueException") as refusal:
        put(FunctionName="fn", DestinationConfig={"OnSuccess": {"Destination": other}})
    no = "The function's execution role does not have permissions to call InvokeFunction on"
    assert refusal.message == f"{no} {other}"
    allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": other}
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    client("iam").put_role_policy(RoleName="runner", PolicyName="tell", PolicyDocument=document)
    made = put(FunctionName="fn", DestinationConfig={"OnSuccess": {"Destination": other}})
    assert made["DestinationConfig"] == {"OnSuccess": {"Destination": other}, "OnFailure": {}}
    iam = other.replace(":lambda:", ":iam:")
    for settings, message in (
        ({}, "You must specify at least one of error handling or destination setting."),
        ({"DestinationConfig": {"OnFailure": {"Destination": arn}}},
         "You can't specify the function as a destination for itself."),
        ({"DestinationConfig": {"OnFailure": {"Destination": f"{other}2"}}},
         f"The destination ARN {other}2 is invalid."),
        ({"DestinationConfig": {"OnSuccess": {"Destination": iam}}},
         "The provided destination config"
         f" DestinationConfig(onSuccess=OnSuccess(destination={iam}), onFailure=null) is invalid."),
    ):  # fmt: skip
        with refused("InvalidParameterValueException") as refusal:
            put(FunctionName="fn", **settings)
        assert refusal.message == message


# ---- aliases, concurrency, tags, layers ------------------------------------------------------------------------------


def test_an_alias_of_no_function(functions: Any, arn: str) -> None:
    with refused("ResourceNotFoundException") as refusal:
        functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    assert refusal.message == f"Function not found: {arn}:1"


def test_concurrency_is_of_whole_functions(make: Make, functions: Any, arn: str) -> None:
    with refused("ResourceNotFoundException") as refusal:
        functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=1)
    assert refusal.message == f"Function not found: {arn}:$LATEST"
    with refused("ResourceNotFoundException") as refusal:
        functions.get_function_concurrency(FunctionName="fn")
    assert refusal.message == f"Function not found: {arn}"


def test_versions_are_never_updated(make: Make, functions: Any, arn: str) -> None:
    make("fn", Publish=True)
    for call, settings in (
        (functions.put_function_concurrency, {"ReservedConcurrentExecutions": 1}),
        (functions.update_function_configuration, {"Timeout": 9}),
        (functions.update_function_code, {"ZipFile": zipped(ECHO + "#")}),
        (functions.publish_version, {}),
    ):
        with refused("InvalidParameterValueException") as refusal:
            call(FunctionName=f"{arn}:1", **settings)
        assert refusal.message.startswith("This operation is permitted on Lambda functions only.")
    assert functions.get_function_configuration(FunctionName="fn")["Timeout"] == 3


def test_tags_none_and_too_many(make: Make, functions: Any, arn: str) -> None:
    make("fn", Tags={"one": "1"})
    with refused("InvalidParameterValueException") as refusal:
        functions.tag_resource(Resource=arn, Tags={})
    assert refusal.message == "An error occurred and the request cannot be processed."
    with refused("InvalidParameterValueException") as refusal:
        functions.tag_resource(Resource=arn, Tags={str(number): "" for number in range(50)})
    assert refusal.message == "Number of tags exceeds resource tag limit."
    with refused("InvalidParameterValueException") as refusal:
        make("many", Tags={str(number): "" for number in range(51)})
    assert refusal.message == "Number of tags exceeds resource tag limit."


def test_layer_versions_that_are_not_there(functions: Any, account: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:{account}:layer:l"
    functions.publish_layer_version(LayerName="l", Content={"ZipFile": zipped()})
    for call in (functions.get_layer_version, functions.delete_layer_version):
        with refused("InvalidParameterValueException") as refusal:
            call(LayerName="l", VersionNumber=0)
        assert refusal.message == "Layer Version Cannot be less than 1"
    with refused("ResourceNotFoundException") as refusal:
        functions.get_layer_version(LayerName="l", VersionNumber=2)
    assert refusal.message == "The resource you requested does not exist."
    with refused("ResourceNotFoundException") as refusal:
        functions.get_layer_version_policy(LayerName="l", VersionNumber=2)
    assert refusal.message == f"Layer version {arn}:2 does not exist."
    with refused("ResourceNotFoundException") as refusal:
        functions.get_layer_version_policy(LayerName="l", VersionNumber=1)
    assert refusal.message == "No policy is associated with the given resource."


def test_revisions_of_a_layer_s_policy(functions: Any) -> None:
    functions.publish_layer_version(LayerName="l", Content={"ZipFile": zipped()})
    layer = {"LayerName": "l", "VersionNumber": 1}
    allow = {**layer, "Action": "lambda:GetLayerVersion", "Principal": "*"}
    revision = functions.add_layer_version_permission(StatementId="a", **allow)["RevisionId"]
    for call, settings in (
        (functions.add_layer_version_permission, {**allow, "StatementId": "b"}),
        (functions.remove_layer_version_permission, {**layer, "StatementId": "a"}),
    ):
        with refused("PreconditionFailedException") as refusal:
            call(RevisionId="x", **settings)
        assert refusal.message.endswith("Call the GetLayerPolicy API to retrieve the latest Revision Id")
    functions.remove_layer_version_permission(StatementId="a", RevisionId=revision, **layer)


def test_layers_of_other_regions(make: Make, client: Any) -> None:
    far = client("lambda", region="eu-west-1").publish_layer_version(LayerName="l", Content={"ZipFile": zipped()})
    with refused("InvalidParameterValueException") as refusal:
        make("fn", Layers=[far["LayerVersionArn"]])
    assert refusal.message.endswith("Layers are expected to be in region us-east-1.")


# ---- what tools read back --------------------------------------------------------------------------------------------


def test_defaults_that_tools_read(make: Make, functions: Any, arn: str) -> None:
    make("fn", Publish=True)
    signing = functions.get_function_code_signing_config(FunctionName="fn")
    assert signing.keys() == {"ResponseMetadata"}
    runtime = functions.get_runtime_management_config(FunctionName="fn")
    assert (runtime["UpdateRuntimeOn"], runtime["FunctionArn"]) == ("Auto", arn)
    assert (
        functions.put_runtime_management_config(FunctionName="fn", UpdateRuntimeOn="Auto")["UpdateRuntimeOn"] == "Auto"
    )
    with refused("NotImplemented"):
        functions.put_runtime_management_config(FunctionName="fn", UpdateRuntimeOn="FunctionUpdate")
    assert functions.list_provisioned_concurrency_configs(FunctionName="fn")["ProvisionedConcurrencyConfigs"] == []
    functions.delete_provisioned_concurrency_config(FunctionName="fn", Qualifier="1")


def test_provisioned_concurrency_that_is_not_there(make: Make, functions: Any, arn: str) -> None:
    make("fn", Publish=True)
    for name, qualifier, code, message in (
        ("fn", "1", "ProvisionedConcurrencyConfigNotFoundException",
         "No Provisioned Concurrency Config found for this function"),
        ("fn", "live", "ResourceNotFoundException", f"Cannot find alias arn: {arn}:live"),
        ("fn", "10", "ResourceNotFoundException", f"Function not found: {arn}:10"),
        ("fn", "$LATEST", "InvalidParameterValueException",
         "The function resource provided must be an alias or a published version."),
    ):  # fmt: skip
        with refused(code) as refusal:
            functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
        assert refusal.message == message


def test_code_signing_configurations(make: Make, functions: Any, account: str) -> None:
    publishers = {"SigningProfileVersionArns": [f"arn:aws:signer:us-east-1:{account}:/signing-profiles/p/0123456789"]}
    made = functions.create_code_signing_config(AllowedPublishers=publishers, Tags={"a": "1"})
    config = made["CodeSigningConfig"]
    arn = config["CodeSigningConfigArn"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201 and arn.endswith(f":{config['CodeSigningConfigId']}")
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert (config["Description"], config["AllowedPublishers"]) == ("", publishers)
    assert functions.list_tags(Resource=arn)["Tags"] == {"a": "1"}
    make("fn", CodeSigningConfigArn=arn)  # it only warns
    assert functions.get_function_code_signing_config(FunctionName="fn")["CodeSigningConfigArn"] == arn
    listed = functions.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert [one.rpartition(":")[2] for one in listed] == ["fn"]
    with refused("ResourceConflictException"):
        functions.delete_code_signing_config(CodeSigningConfigArn=arn)
    changed = functions.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}, Description="d"
    )["CodeSigningConfig"]
    assert functions.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == changed
    assert functions.list_code_signing_configs()["CodeSigningConfigs"] == [changed]
    for attempt in (
        lambda: make("other", CodeSigningConfigArn=arn),
        lambda: functions.update_function_code(FunctionName="fn", ZipFile=zipped("x = 1")),
    ):
        with refused("CodeVerificationFailedException") as refusal:
            attempt()
        assert refusal.message.startswith("Lambda cannot deploy the function.")
    assert [one["FunctionName"] for one in functions.list_functions()["Functions"]] == ["fn"]
    functions.delete_function_code_signing_config(FunctionName="fn")
    assert "CodeSigningConfigArn" not in functions.get_function_code_signing_config(FunctionName="fn")
    functions.update_function_code(FunctionName="fn", ZipFile=zipped("x = 1"))
    assert (
        functions.put_function_code_signing_config(FunctionName="fn", CodeSigningConfigArn=arn)["FunctionName"] == "fn"
    )
    functions.delete_function(FunctionName="fn")
    functions.delete_code_signing_config(CodeSigningConfigArn=arn)
    with refused("ResourceNotFoundException") as refusal:
        functions.get_code_signing_config(CodeSigningConfigArn=arn)
    assert refusal.message == f"The Lambda code signing configuration {arn} can not be found."
    with refused("CodeSigningConfigNotFoundException") as refusal:
        functions.put_function_code_signing_config(FunctionName="none", CodeSigningConfigArn=arn)
    assert refusal.message.endswith(f"Check that the provided configuration is not deleted: {arn}.")
    with refused("CodeSigningConfigNotFoundException"):
        make("fn", CodeSigningConfigArn=arn)
