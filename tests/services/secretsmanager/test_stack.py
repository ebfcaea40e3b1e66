"""Secrets made by CloudFormation, and secrets that templates refer to."""

from __future__ import annotations

import json

from tests.services.secretsmanager.conftest import function, refused


def deploy(cloud, cloudformation, resources, method="create_stack", name="s"):
    outputs = {"Arn": {"Value": {"Ref": "Secret"}}} if "Secret" in resources else {}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    getattr(cloudformation, method)(StackName=name, TemplateBody=body)
    cloud.settle()
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return stack


def secret(**properties):
    return {"Type": "AWS::SecretsManager::Secret", "Properties": properties}


def test_a_secret_with_its_policy_and_rotation(cloud, client, secrets, account):
    cloudformation = client("cloudformation")
    arn = function(client, "def handler(event, context): pass")
    wanted = {"GenerateStringKey": "password", "SecretStringTemplate": '{"username": "me"}', "PasswordLength": "20"}
    who = {"AWS": f"arn:aws:iam::{account}:root"}
    policy = {"Effect": "Deny", "Action": "secretsmanager:DeleteSecret", "Resource": "*", "Principal": who}
    of_secret = {"SecretId": {"Ref": "Secret"}}
    rules = {"AutomaticallyAfterDays": 7}
    resources = {
        "Secret": secret(GenerateSecretString=wanted, Description="d", Tags=[{"Key": "k", "Value": "v"}]),
        "Policy": {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {**of_secret, "ResourcePolicy": {"Version": "2012-10-17", "Statement": [policy]}},
        },
        "Schedule": {
            "Type": "AWS::SecretsManager::RotationSchedule",
            "Properties": {
                **of_secret,
                "RotationLambdaARN": arn,
                "RotationRules": rules,
                "RotateImmediatelyOnUpdate": False,
            },
        },
    }
    stack = deploy(cloud, cloudformation, resources)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    made = stack["Outputs"][0]["OutputValue"]
    told = secrets.describe_secret(SecretId=made)
    assert told["Name"].startswith("Secret-") and told["Description"] == "d" and told["RotationRules"] == rules
    assert {"Key": "k", "Value": "v"} in told["Tags"]
    value = json.loads(secrets.get_secret_value(SecretId=made)["SecretString"])
    assert value["username"] == "me" and len(value["password"]) == 20
    refused("AccessDeniedException", secrets.delete_secret, SecretId=made)

    resources = {"Secret": secret(SecretString="mine", Description="e")}
    stack = deploy(cloud, cloudformation, resources, "update_stack")
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stack
    told = secrets.describe_secret(SecretId=made)
    assert (told["Description"], told["RotationEnabled"]) == ("e", False)
    assert secrets.get_secret_value(SecretId=made)["SecretString"] == "mine"
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=made)
    cloudformation.delete_stack(StackName="s")
    cloud.settle()
    refused("ResourceNotFoundException", secrets.describe_secret, SecretId=made)


def test_templates_refer_to_secrets(cloud, client, secrets):
    made = secrets.create_secret(Name="app/db", SecretString='{"user": "me", "port": 5}')
    secrets.put_secret_value(SecretId="app/db", SecretString='{"user": "you"}')
    values = {
        "A": "{{resolve:secretsmanager:app/db:SecretString:user}}",
        "B": f"{{{{resolve:secretsmanager:{made['ARN']}:SecretString:user:AWSPREVIOUS}}}}",
        "C": f"{{{{resolve:secretsmanager:app/db:SecretString:port::{made['VersionId']}}}}}",
    }
    resources = {
        name: {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": value}}
        for name, value in values.items()
    }
    stack = deploy(cloud, client("cloudformation"), resources)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    found = client("ssm").get_parameters(Names=list("ABC"))["Parameters"]
    assert {each["Name"]: each["Value"] for each in found} == {"A": "you", "B": "me", "C": "5"}


def test_what_is_not_built_fails_the_stack_by_name(cloud, client, secrets):
    cloudformation = client("cloudformation")
    for number, (resource, words) in enumerate(
        [
            (secret(ReplicaRegions=[{"Region": "eu-west-1"}]), "ReplicaRegions"),
            (secret(SecretString="x", GenerateSecretString={}), "both SecretString and GenerateSecretString"),
        ]
    ):
        stack = deploy(cloud, cloudformation, {"Secret": resource}, name=f"s{number}")
        events = cloudformation.describe_stack_events(StackName=f"s{number}")["StackEvents"]
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert any(words in each.get("ResourceStatusReason", "") for each in events)
    assert secrets.list_secrets()["SecretList"] == []


def test_a_template_refers_to_a_secret_of_its_own(cloud, client, secrets):
    """As the CDK writes it: the reference is joined from the ARN of a secret that the same stack makes."""
    wanted = {"GenerateStringKey": "password", "SecretStringTemplate": "{}", "ExcludePunctuation": True}
    joined = {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Secret"}, ":SecretString:password::}}"]]}
    made = {"Name": "made", "Type": "String", "Value": joined}
    resources = {
        "Secret": secret(GenerateSecretString=wanted, KmsKeyId={"Fn::GetAtt": ["Key", "Arn"]}, Name="of-the-stack"),
        "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
        "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": made},
    }
    stack = deploy(cloud, client("cloudformation"), resources)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    value = json.loads(secrets.get_secret_value(SecretId="of-the-stack")["SecretString"])
    assert client("ssm").get_parameter(Name="made")["Parameter"]["Value"] == value["password"]
    assert ":key/" in secrets.describe_secret(SecretId="of-the-stack")["KmsKeyId"]
    events = client("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    assert value["password"] not in json.dumps(events, default=str)
