"""HTTP APIs made by CloudFormation, from parts and from the body that SAM writes."""

import json

import pytest

from tests.services.apigatewayv2.conftest import Api


@pytest.fixture
def deploy(client):
    """Makes or updates a stack and answers its outputs."""
    cloudformation = client("cloudformation")

    def run(template, update=False):
        act = cloudformation.update_stack if update else cloudformation.create_stack
        act(StackName="s", TemplateBody=json.dumps(template))
        kind = "stack_update_complete" if update else "stack_create_complete"
        cloudformation.get_waiter(kind).wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        [stack] = cloudformation.describe_stacks(StackName="s")["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    return run


def operation(uri):
    integration = {"type": "http_proxy", "httpMethod": "ANY", "uri": uri, "payloadFormatVersion": "1.0"}
    return {"responses": {}, "x-amazon-apigateway-integration": integration}


def test_an_api_from_a_body(cloud, client, deploy, backend):
    def template(path, **stage):
        return {
            "Resources": {
                "Api": {
                    "Type": "AWS::ApiGatewayV2::Api",
                    "Properties": {
                        "FailOnWarnings": True,
                        "Body": {
                            "openapi": "3.0.1",
                            "info": {"title": {"Ref": "AWS::StackName"}, "version": "1.0"},
                            "paths": {"/x": {"get": operation(backend.url + path)}},
                            "x-amazon-apigateway-cors": {"allowOrigins": ["*"]},
                        },
                    },
                },
                "Stage": {
                    "Type": "AWS::ApiGatewayV2::Stage",
                    "Properties": {
                        "ApiId": {"Ref": "Api"},
                        "StageName": "$default",
                        "AutoDeploy": True,
                        "Tags": {"httpapi:createdBy": "SAM"},
                        **stage,
                    },
                },
            },
            "Outputs": {
                "Id": {"Value": {"Ref": "Api"}},
                "Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}},
                "Stage": {"Value": {"Ref": "Stage"}},
            },
        }

    outputs = deploy(template("/one"))
    assert outputs["Stage"] == "$default" and outputs["Id"] in outputs["Url"]
    api = Api(cloud, client("apigatewayv2"), outputs["Id"])
    got = api.request("GET", "/x", {"origin": "https://a.example"})
    assert got.json["path"] == "/one" and got.header("access-control-allow-origin") == "*"
    limits = {"ThrottlingBurstLimit": "5", "ThrottlingRateLimit": 100}
    assert deploy(template("/two", DefaultRouteSettings=limits), update=True)["Id"] == outputs["Id"]
    assert api.request("GET", "/x").json["path"] == "/two"
    assert api.client.get_stage(ApiId=api.id, StageName="$default")["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 5
    client("cloudformation").delete_stack(StackName="s")
    cloud.settle()
    assert api.client.get_apis()["Items"] == []


def test_an_api_from_parts(cloud, client, deploy, backend):
    part = lambda kind, **properties: {  # noqa: E731
        "Type": f"AWS::ApiGatewayV2::{kind}",
        "Properties": {"ApiId": {"Ref": "Api"}, **properties},
    }
    jwt = {"Issuer": "https://i.example", "Audience": ["a"]}
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "parts", "ProtocolType": "HTTP"}},
            "Integration": part(
                "Integration",
                IntegrationType="HTTP_PROXY",
                IntegrationMethod="ANY",
                IntegrationUri=backend.url,
                PayloadFormatVersion="1.0",
            ),
            "Route": part(
                "Route", RouteKey="GET /x", Target={"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]}
            ),
            "Authorizer": part(
                "Authorizer",
                Name="tokens",
                AuthorizerType="JWT",
                IdentitySource=["$request.header.Authorization"],
                JwtConfiguration=jwt,
            ),
            "Guarded": part(
                "Route", RouteKey="GET /guarded", AuthorizationType="JWT", AuthorizerId={"Ref": "Authorizer"}
            ),
            "Deployment": {**part("Deployment"), "DependsOn": ["Route", "Guarded"]},
            "Stage": part("Stage", StageName="prod", DeploymentId={"Ref": "Deployment"}),
        },
        "Outputs": {"Id": {"Value": {"Ref": "Api"}}},
    }
    api = Api(cloud, client("apigatewayv2"), deploy(template)["Id"])
    assert api.request("GET", "/prod/x").status == 200
    assert api.request("GET", "/prod/guarded").status == 401
