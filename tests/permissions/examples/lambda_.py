"""Calls of Lambda that succeed, and what they need."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

PASSED = "CreateFunction's dependent action in the service authorization reference."
PASSED_LATER = "lambda-permissions.html: a role that is given to a function is passed."
LAYERS = "lambda-permissions.html: a layer that is taken in is read."
TAGS = "API_CreateFunction.html: tags need lambda:TagResource."
TAGGED_SIGNING = "API_CreateCodeSigningConfig.html: tags need lambda:TagResource; the reference names no resource."
PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:123456789012:/signing-profiles/p/0123456789"]}
LISTED_ON = "Denials of AWS name the layer (ListLayerVersions on resource: …:layer:NAME), the reference none."
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
STATEMENT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
LAYER_STATEMENT = {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"}


def package() -> bytes:
    """A function that answers its event, zipped."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("app.py", (1980, 1, 1, 0, 0, 0))
        archive.writestr(entry, "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


PACKAGE = package()


def role(at: Stage) -> str:
    """An execution role that may do nothing."""
    made = at.root("iam").create_role(RoleName="runner", AssumeRolePolicyDocument=json.dumps(TRUST))
    return made["Role"]["Arn"]


def settings(at: Stage) -> dict[str, Any]:
    """What a function is made of."""
    code = {"ZipFile": PACKAGE}
    return {"Runtime": "python3.11", "Handler": "app.handler", "Role": at.once(role), "Code": code}


def function(at: Stage) -> str:
    """A function of the operation's own."""
    at.root().create_function(FunctionName=at.name, **settings(at))
    return at.name


def shared(at: Stage) -> str:
    """A function for the examples that leave it as it is; its version 1 has the alias live."""
    at.root().create_function(FunctionName="shared", **settings(at), Publish=True, Tags={"a": "1"})
    at.root().create_alias(FunctionName="shared", Name="live", FunctionVersion="1")
    return "shared"


def layer(at: Stage) -> dict[str, Any]:
    """A layer version for the examples of layers, as calls name it."""
    made = at.root().publish_layer_version(LayerName="shared", Content={"ZipFile": PACKAGE})
    return {"LayerName": "shared", "VersionNumber": made["Version"]}


def on(at: Stage, name: str) -> str:
    """The ARN of a function, version or alias."""
    return at.arn(f"function:{name}")


def live(at: Stage, action: str) -> dict[str, list[str]]:
    """What does not help a call on the alias: the function itself, its version, others."""
    elsewhere = f"arn:aws:lambda:eu-south-2:{at.account}:function:shared:live"
    return {action: [on(at, "shared"), on(at, "shared:1"), on(at, "shared:other"), on(at, "other:live"), elsewhere]}


# ---- functions -------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateFunction")
def create_function(at: Stage) -> Case:
    named = at.once(layer)
    version = at.arn(f"layer:{named['LayerName']}:{named['VersionNumber']}")
    also = [
        Also("iam:PassRole", at.once(role), PASSED),
        Also("lambda:GetLayerVersion", version, LAYERS),
        Also("lambda:TagResource", on(at, at.name), TAGS),
    ]
    given = {"FunctionName": at.name, **settings(at), "Layers": [version], "Tags": {"a": "1"}}
    return Case(given, on(at, at.name), also=also)


@EXAMPLES("UpdateFunctionConfiguration")
def update_function_configuration(at: Stage) -> Case:
    named = at.once(layer)
    version = at.arn(f"layer:{named['LayerName']}:{named['VersionNumber']}")
    also = [Also("iam:PassRole", at.once(role), PASSED_LATER), Also("lambda:GetLayerVersion", version, LAYERS)]
    given = {"FunctionName": function(at), "Role": at.once(role), "Layers": [version]}
    return Case(given, on(at, at.name), also=also)


@EXAMPLES("UpdateFunctionConfiguration", variant="timeout")
def update_timeout(at: Stage) -> Case:
    return Case({"FunctionName": function(at), "Timeout": 5}, on(at, at.name))


@EXAMPLES("UpdateFunctionCode")
def update_function_code(at: Stage) -> Case:
    return Case({"FunctionName": function(at), "ZipFile": PACKAGE, "Publish": True}, on(at, at.name))


@EXAMPLES("DeleteFunction")
def delete_function(at: Stage) -> Case:
    return Case({"FunctionName": function(at)}, on(at, at.name))


FUNCTIONS: dict[str, dict[str, Any]] = {
    "DeleteFunctionConcurrency": {},
    "GetFunction": {},
    "DeleteFunctionCodeSigningConfig": {},
    "GetFunctionCodeSigningConfig": {},
    "GetFunctionConcurrency": {},
    "GetFunctionConfiguration": {},
    "GetFunctionRecursionConfig": {},
    "GetRuntimeManagementConfig": {},
    "InvokeAsync": {"InvokeArgs": b"{}"},
    "ListAliases": {},
    "ListFunctionEventInvokeConfigs": {},
    "ListProvisionedConcurrencyConfigs": {},
    "ListFunctionUrlConfigs": {},
    "ListVersionsByFunction": {},
    "PublishVersion": {},
    "PutFunctionRecursionConfig": {"RecursiveLoop": "Allow"},
    "PutFunctionConcurrency": {"ReservedConcurrentExecutions": 5},
    "PutRuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"},
}


@EXAMPLES(*FUNCTIONS)
def of_function(at: Stage) -> Case:
    return Case({"FunctionName": at.once(shared), **FUNCTIONS[at.operation]}, on(at, "shared"))


QUALIFIED = ("DeleteFunction", "GetFunction", "GetFunctionConfiguration", "GetRuntimeManagementConfig")


@EXAMPLES(*QUALIFIED, variant="version")
def of_version(at: Stage) -> Case:
    at.root().create_function(FunctionName=at.name, **settings(at), Publish=True)
    return Case({"FunctionName": at.name, "Qualifier": "1"}, on(at, f"{at.name}:1"))


EXAMPLES("GetAccountSettings", "ListFunctions", "ListLayers")(lambda at: Case())


# ---- invocations -----------------------------------------------------------------------------------------------------


@EXAMPLES("Invoke")
def invoke(at: Stage) -> Case:
    def echoed(answer: Any) -> None:
        assert answer["StatusCode"] == 200
        assert "FunctionError" not in answer

    given = {"FunctionName": at.once(shared), "Qualifier": "live", "Payload": b"7"}
    return Case(given, on(at, "shared:live"), wrong=live(at, "lambda:InvokeFunction"), check=echoed)


@EXAMPLES("Invoke", variant="event")
def invoke_later(at: Stage) -> Case:
    return Case({"FunctionName": at.once(shared), "InvocationType": "Event"}, on(at, "shared"))


@EXAMPLES("Invoke", variant="dry-run")
def invoke_dry(at: Stage) -> Case:
    return Case({"FunctionName": f"{at.once(shared)}:live", "InvocationType": "DryRun"}, on(at, "shared:live"))


@EXAMPLES("InvokeWithResponseStream")
def invoke_with_response_stream(at: Stage) -> Case:
    given = {"FunctionName": at.once(shared), "Qualifier": "live", "Payload": b"7"}
    return Case(given, on(at, "shared:live"), wrong=live(at, "lambda:InvokeFunction"))


@EXAMPLES("PutFunctionEventInvokeConfig")
def put_function_event_invoke_config(at: Stage) -> Case:
    return Case({"FunctionName": at.once(shared), "MaximumRetryAttempts": 1}, on(at, "shared"))


@EXAMPLES(
    "DeleteFunctionEventInvokeConfig", "GetFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"
)  # fmt: skip
def of_event_invoke_config(at: Stage) -> Case:
    at.root().put_function_event_invoke_config(FunctionName=function(at), MaximumRetryAttempts=1)
    more = {"MaximumRetryAttempts": 2} if at.operation.startswith("Update") else {}
    return Case({"FunctionName": at.name, **more}, on(at, at.name))


@EXAMPLES(
    "DeleteProvisionedConcurrencyConfig", "GetProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig"
)  # fmt: skip
def of_provisioned_concurrency(at: Stage) -> Case:
    given = {"FunctionName": function(at), "Qualifier": "live"}
    root = at.root()
    root.publish_version(FunctionName=at.name)
    root.create_alias(FunctionName=at.name, Name="live", FunctionVersion="1")
    more = {"ProvisionedConcurrentExecutions": 1}
    if at.operation.startswith("Put"):
        given |= more
    else:
        root.put_provisioned_concurrency_config(**given, **more)
    return Case(given, on(at, f"{at.name}:live"))


def signing(at: Stage) -> str:
    """A code signing configuration."""
    made = at.root().create_code_signing_config(AllowedPublishers=PUBLISHERS)
    return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])


@EXAMPLES("CreateCodeSigningConfig")
def create_code_signing_config(at: Stage) -> Case:
    return Case({"AllowedPublishers": PUBLISHERS})


@EXAMPLES("CreateCodeSigningConfig", variant="tags")
def create_tagged_code_signing_config(at: Stage) -> Case:
    also = [Also("lambda:TagResource", at.arn("code-signing-config:*"), TAGGED_SIGNING)]
    return Case({"AllowedPublishers": PUBLISHERS, "Tags": {"a": "1"}}, also=also)


EXAMPLES("ListCodeSigningConfigs")(lambda at: Case())


@EXAMPLES(
    "DeleteCodeSigningConfig", "GetCodeSigningConfig", "ListFunctionsByCodeSigningConfig", "UpdateCodeSigningConfig"
)  # fmt: skip
def of_code_signing_config(at: Stage) -> Case:
    arn = signing(at)
    return Case({"CodeSigningConfigArn": arn}, arn)


@EXAMPLES("PutFunctionCodeSigningConfig")
def put_function_code_signing_config(at: Stage) -> Case:
    return Case({"FunctionName": function(at), "CodeSigningConfigArn": signing(at)}, on(at, at.name))


# ---- event sources ---------------------------------------------------------------------------------------------------

TAGGED_MAPPING = "API_CreateEventSourceMapping.html: tags need lambda:TagResource; the reference names no resource."


def reader(at: Stage) -> str:
    """An execution role that may read queues."""
    made = at.root("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    at.root("iam").attach_role_policy(
        RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    )
    return made["Role"]["Arn"]


def mapped(at: Stage) -> dict[str, Any]:
    """A queue and a function for it, of the operation's own."""
    at.root().create_function(FunctionName=at.name, **{**settings(at), "Role": at.once(reader)})
    at.root("sqs").create_queue(QueueName=at.name)
    return {"EventSourceArn": f"arn:aws:sqs:{at.region}:{at.account}:{at.name}", "FunctionName": at.name}


@EXAMPLES("CreateEventSourceMapping")
def create_event_source_mapping(at: Stage) -> Case:
    return Case({**mapped(at), "Enabled": False})


@EXAMPLES("CreateEventSourceMapping", variant="tags")
def create_tagged_event_source_mapping(at: Stage) -> Case:
    also = [Also("lambda:TagResource", at.arn("event-source-mapping:*"), TAGGED_MAPPING)]
    return Case({**mapped(at), "Enabled": False, "Tags": {"a": "1"}}, also=also)


@EXAMPLES("DeleteEventSourceMapping", "GetEventSourceMapping", "UpdateEventSourceMapping")
def of_event_source_mapping(at: Stage) -> Case:
    uuid = at.root().create_event_source_mapping(**mapped(at), Enabled=False)["UUID"]
    more = {"BatchSize": 5} if at.operation.startswith("Update") else {}
    return Case({"UUID": uuid, **more}, at.arn(f"event-source-mapping:{uuid}"))


EXAMPLES("ListEventSourceMappings")(lambda at: Case())


# ---- URLs ------------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateFunctionUrlConfig")
def create_function_url_config(at: Stage) -> Case:
    return Case({"FunctionName": function(at), "AuthType": "AWS_IAM"}, on(at, at.name))


@EXAMPLES("DeleteFunctionUrlConfig", "GetFunctionUrlConfig", "UpdateFunctionUrlConfig")
def of_function_url_config(at: Stage) -> Case:
    at.root().create_function_url_config(FunctionName=function(at), AuthType="AWS_IAM")
    more = {"AuthType": "NONE"} if at.operation.startswith("Update") else {}
    return Case({"FunctionName": at.name, **more}, on(at, at.name))


# ---- aliases ---------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateAlias")
def create_alias(at: Stage) -> Case:
    return Case({"FunctionName": at.once(shared), "Name": at.name, "FunctionVersion": "1"}, on(at, "shared"))


@EXAMPLES("DeleteAlias", "GetAlias", "UpdateAlias")
def of_alias(at: Stage) -> Case:
    given = {"FunctionName": at.once(shared), "Name": at.name}
    at.root().create_alias(**given, FunctionVersion="1")
    more = {"Description": "d"} if at.operation.startswith("Update") else {}
    return Case({**given, **more}, on(at, "shared"))


# ---- policies --------------------------------------------------------------------------------------------------------


@EXAMPLES("AddPermission")
def add_permission(at: Stage) -> Case:
    given = {"FunctionName": at.once(shared), "Qualifier": "live", **STATEMENT}
    return Case(given, on(at, "shared:live"), wrong=live(at, "lambda:AddPermission"))


@EXAMPLES("GetPolicy", "RemovePermission")
def of_policy(at: Stage) -> Case:
    at.root().add_permission(FunctionName=function(at), **STATEMENT)
    more = {"StatementId": "s"} if at.operation.startswith("Remove") else {}
    return Case({"FunctionName": at.name, **more}, on(at, at.name))


# ---- tags ------------------------------------------------------------------------------------------------------------

TAGGING: dict[str, dict[str, Any]] = {
    "ListTags": {},
    "TagResource": {"Tags": {"b": "2"}},
    "UntagResource": {"TagKeys": ["a"]},
}


@EXAMPLES(*TAGGING)
def of_tags(at: Stage) -> Case:
    resource = on(at, at.once(shared))
    return Case({"Resource": resource, **TAGGING[at.operation]}, resource)


# ---- layers ----------------------------------------------------------------------------------------------------------


@EXAMPLES("PublishLayerVersion")
def publish_layer_version(at: Stage) -> Case:
    return Case({"LayerName": at.name, "Content": {"ZipFile": PACKAGE}}, at.arn(f"layer:{at.name}"))


@EXAMPLES("ListLayerVersions")
def list_layer_versions(at: Stage) -> Case:
    name = at.once(layer)["LayerName"]
    wrong = {"lambda:ListLayerVersions": [at.arn("layer:other"), at.arn(f"layer:{name}:1")]}
    return Case({"LayerName": name}, at.arn(f"layer:{name}"), outside=LISTED_ON, wrong=wrong)


@EXAMPLES("DeleteLayerVersion", "GetLayerVersion")
def of_layer_version(at: Stage) -> Case:
    at.root().publish_layer_version(LayerName=at.name, Content={"ZipFile": PACKAGE})
    return Case({"LayerName": at.name, "VersionNumber": 1}, at.arn(f"layer:{at.name}:1"))


@EXAMPLES("GetLayerVersionByArn")
def get_layer_version_by_arn(at: Stage) -> Case:
    named = at.once(layer)
    version = at.arn(f"layer:{named['LayerName']}:{named['VersionNumber']}")
    return Case({"Arn": version}, version)


@EXAMPLES("AddLayerVersionPermission", "GetLayerVersionPolicy", "RemoveLayerVersionPermission")
def of_layer_policy(at: Stage) -> Case:
    at.root().publish_layer_version(LayerName=at.name, Content={"ZipFile": PACKAGE})
    given: dict[str, Any] = {"LayerName": at.name, "VersionNumber": 1}
    more: dict[str, Any] = LAYER_STATEMENT
    if at.operation != "AddLayerVersionPermission":
        at.root().add_layer_version_permission(**given, **LAYER_STATEMENT)
        more = {"StatementId": "s"} if at.operation == "RemoveLayerVersionPermission" else {}
    return Case({**given, **more}, at.arn(f"layer:{at.name}:1"))
