"""Lambda's resource types in CloudFormation."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from botocore.exceptions import WaiterError

from tests.services.lambda_.conftest import refused, zipped

CallFunction = Callable[..., Any]
INLINE = "def handler(event, context):\n    return [event, __import__('os').environ.get('MODE')]\n"
SIGNER = "arn:aws:signer:us-east-1:123456789012:/signing-profiles/p/0123456789"


def template(**more: Any) -> dict[str, Any]:
    """A template with a role and a function of inline code, and more resources."""
    resources: dict[str, Any] = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": INLINE},
                "MemorySize": "192",
                "Environment": {"Variables": {"MODE": "first"}},
                "Tags": [{"Key": "team", "Value": "x"}],
            },
        },
        **more,
    }
    return {"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Function"}}}}


def deploy(client: Any, body: dict[str, Any], update: bool = False) -> Any:
    """Create or update the stack and wait; its client."""
    stacks = client("cloudformation")
    given = {"StackName": "s", "TemplateBody": json.dumps(body), "Capabilities": ["CAPABILITY_IAM"]}
    (stacks.update_stack if update else stacks.create_stack)(**given)
    kind = "stack_update_complete" if update else "stack_create_complete"
    try:
        stacks.get_waiter(kind).wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except WaiterError as error:
        events = stacks.describe_stack_events(StackName="s")["StackEvents"]
        raise AssertionError([one.get("ResourceStatusReason") for one in events]) from error
    return stacks


def output(stacks: Any) -> str:
    """The function's name."""
    return stacks.describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"]


def test_function_through_its_life(client: Any, functions: Any, call: CallFunction) -> None:
    stacks = deploy(client, template())
    name = output(stacks)
    assert name.startswith("s-Function-")
    assert call(name, 1) == [1, "first"]
    found = functions.get_function(FunctionName=name)
    assert found["Configuration"]["MemorySize"] == 192 and found["Tags"]["team"] == "x"
    changed = template()
    properties = changed["Resources"]["Function"]["Properties"]
    properties["Code"] = {"ZipFile": INLINE.replace("[event,", "['new',")}
    properties["Environment"]["Variables"]["MODE"] = "second"
    del properties["MemorySize"]
    properties["ReservedConcurrentExecutions"] = 5
    deploy(client, changed, update=True)
    assert output(stacks) == name and call(name, 1) == ["new", "second"]
    found = functions.get_function(FunctionName=name)
    assert found["Configuration"]["MemorySize"] == 128
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    with refused("ResourceNotFoundException"):
        functions.get_function(FunctionName=name)


def test_versions_aliases_layers_permissions(client: Any, functions: Any, account: str) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket=f"layers-{account}")
    s3.put_object(Bucket=f"layers-{account}", Key="l.zip", Body=zipped({"python/x.py": ""}))
    name = {"Ref": "Function"}
    body = template(
        Version={"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": name}},
        Alias={
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": name,
                "Name": "live",
                "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]},
                "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": "1"},
            },
        },
        Permission={
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Ref": "Alias"},
                "Action": "lambda:InvokeFunction",
                "Principal": "events.amazonaws.com",
            },
        },
        Layer={
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"LayerName": "shared", "Content": {"S3Bucket": f"layers-{account}", "S3Key": "l.zip"}},
        },
        LayerPermission={
            "Type": "AWS::Lambda::LayerVersionPermission",
            "Properties": {
                "Action": "lambda:GetLayerVersion",
                "LayerVersionArn": {"Ref": "Layer"},
                "Principal": "123456789012",
            },
        },
        Signing={
            "Type": "AWS::Lambda::CodeSigningConfig",
            "Properties": {"AllowedPublishers": {"SigningProfileVersionArns": [SIGNER]}, "Description": "d"},
        },
        Retries={
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {"FunctionName": name, "Qualifier": "live", "MaximumRetryAttempts": "1"},
            "DependsOn": "Alias",
        },
    )
    properties = body["Resources"]["Function"]["Properties"]
    properties |= {"RecursiveLoop": "Allow", "CodeSigningConfigArn": {"Ref": "Signing"}}
    stacks = deploy(client, body)
    function = output(stacks)
    assert functions.get_function_recursion_config(FunctionName=function)["RecursiveLoop"] == "Allow"
    assert "CodeSigningConfigArn" in functions.get_function_code_signing_config(FunctionName=function)
    assert functions.get_alias(FunctionName=function, Name="live")["FunctionVersion"] == "1"
    held = functions.get_provisioned_concurrency_config(FunctionName=function, Qualifier="live")
    assert (held["Status"], held["AvailableProvisionedConcurrentExecutions"]) == ("READY", 1)
    statement = json.loads(functions.get_policy(FunctionName=function, Qualifier="live")["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert functions.get_layer_version_policy(LayerName="shared", VersionNumber=1)["Policy"]
    config = functions.get_function_event_invoke_config(FunctionName=function, Qualifier="live")
    assert config["MaximumRetryAttempts"] == 1
    del body["Resources"]["Alias"]["Properties"]["ProvisionedConcurrencyConfig"]
    del properties["RecursiveLoop"], properties["CodeSigningConfigArn"]
    deploy(client, body, update=True)
    assert functions.get_function_recursion_config(FunctionName=function)["RecursiveLoop"] == "Terminate"
    assert "CodeSigningConfigArn" not in functions.get_function_code_signing_config(FunctionName=function)
    assert functions.list_provisioned_concurrency_configs(FunctionName=function)["ProvisionedConcurrencyConfigs"] == []
    stacks.delete_stack(StackName="s")
    stacks.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert functions.list_functions()["Functions"] == [] and functions.list_layers()["Layers"] == []


class _Listener(BaseHTTPRequestHandler):
    heard: list[dict[str, Any]] = []

    def do_PUT(self) -> None:  # noqa: N802 - the base class's name
        body = self.rfile.read(int(self.headers["content-length"]))
        self.heard.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_cfnresponse_is_beside_inline_code(client: Any, call: CallFunction) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    body = template()
    code = "import cfnresponse\ndef handler(e, c): cfnresponse.send(e, c, cfnresponse.SUCCESS, {'a': 1}, 'phys')\n"
    body["Resources"]["Function"]["Properties"]["Code"] = {"ZipFile": code}
    name = output(deploy(client, body))
    url = f"http://127.0.0.1:{server.server_port}/answer"
    call(name, {"ResponseURL": url, "StackId": "s", "RequestId": "r", "LogicalResourceId": "l"})
    server.shutdown()
    (heard,) = _Listener.heard
    assert (heard["Status"], heard["PhysicalResourceId"], heard["Data"]) == ("SUCCESS", "phys", {"a": 1})
