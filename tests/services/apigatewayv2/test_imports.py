"""APIs from OpenAPI documents."""

import json

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.services.apigatewayv2.conftest import Api


def document(url, **more):
    def operation(path):
        return {
            "responses": {},
            "x-amazon-apigateway-integration": {
                "type": "http_proxy",
                "httpMethod": "ANY",
                "uri": url + path,
                "payloadFormatVersion": "1.0",
            },
        }

    return {
        "openapi": "3.0.1",
        "info": {"title": "pets", "version": "7", "description": "d"},
        "tags": [{"name": "httpapi:createdBy", "x-amazon-apigateway-tag-value": "SAM"}],
        "paths": {
            "/pets/{id}": {"get": operation("/get"), "x-amazon-apigateway-any-method": operation("/any")},
            "/$default": {"x-amazon-apigateway-any-method": operation("/default")},
        },
        "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowMethods": "GET", "maxAge": 5},
        **more,
    }


def serve(cloud, apigateway, made):
    apigateway.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return Api(cloud, apigateway, made["ApiId"])


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_an_import_makes_everything(cloud, apigateway, backend, dump):
    made = apigateway.import_api(Body=dump(document(backend.url)))
    assert (made["Name"], made["Version"], made["Description"]) == ("pets", "7", "d")
    assert made["CorsConfiguration"] == {"AllowOrigins": ["*"], "AllowMethods": ["GET"], "MaxAge": 5}
    assert made["Tags"] == {"httpapi:createdBy": "SAM"}
    api = serve(cloud, apigateway, made)
    assert api.request("GET", "/pets/1").json["path"] == "/get"
    assert api.request("PUT", "/pets/1").json["path"] == "/any"
    assert api.request("GET", "/other").json["path"] == "/default"


def test_a_reimport_overwrites(cloud, apigateway, backend):
    api = serve(cloud, apigateway, apigateway.import_api(Body=json.dumps(document(backend.url))))
    changed = document(backend.url + "/new")
    del changed["paths"]["/$default"], changed["x-amazon-apigateway-cors"]
    again = apigateway.reimport_api(ApiId=api.id, Body=json.dumps(changed))
    assert "CorsConfiguration" not in again
    assert api.request("GET", "/pets/1").json["path"] == "/new/get"
    assert api.request("GET", "/other").status == 404
    assert len(apigateway.get_integrations(ApiId=api.id)["Items"]) == 2


def test_authorizers_of_a_document(apigateway, backend):
    jwt = {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": "https://i.example", "audience": ["a"]},
    }
    whole = document(
        backend.url,
        components={
            "securitySchemes": {
                "tokens": {"type": "oauth2", "x-amazon-apigateway-authorizer": jwt},
                "iam": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
            }
        },
    )
    whole["paths"]["/pets/{id}"]["get"]["security"] = [{"tokens": ["read"]}]
    whole["paths"]["/$default"]["x-amazon-apigateway-any-method"]["security"] = [{"iam": []}]
    api_id = apigateway.import_api(Body=json.dumps(whole))["ApiId"]
    [authorizer] = apigateway.get_authorizers(ApiId=api_id)["Items"]
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://i.example", "Audience": ["a"]}
    routes = {route["RouteKey"]: route for route in apigateway.get_routes(ApiId=api_id)["Items"]}
    assert routes["GET /pets/{id}"]["AuthorizerId"] == authorizer["AuthorizerId"]
    assert routes["GET /pets/{id}"]["AuthorizationScopes"] == ["read"]
    assert routes["$default"]["AuthorizationType"] == "AWS_IAM"
    assert routes["ANY /pets/{id}"]["AuthorizationType"] == "NONE"


def test_an_export_can_be_imported(apigateway, backend):
    first = apigateway.import_api(Body=json.dumps(document(backend.url)))["ApiId"]
    for kind, load in (("JSON", json.loads), ("YAML", yaml.safe_load)):
        exported = apigateway.export_api(ApiId=first, OutputType=kind, Specification="OAS30")["body"].read()
        assert load(exported)["info"]["title"] == "pets"
        second = apigateway.import_api(Body=exported.decode())["ApiId"]
        keys = lambda api_id: sorted(each["RouteKey"] for each in apigateway.get_routes(ApiId=api_id)["Items"])  # noqa: E731
        assert keys(second) == keys(first)


def test_base_paths(apigateway, backend):
    whole = document(backend.url, servers=[{"url": "https://x.example/v1"}])
    made = apigateway.import_api(Body=json.dumps(whole), Basepath="prepend")
    assert "GET /v1/pets/{id}" in [route["RouteKey"] for route in apigateway.get_routes(ApiId=made["ApiId"])["Items"]]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "nonsense",
        "a: &a [1]\nb: *a",
        "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
        "!!python/object/apply:os.system ['true']",
        json.dumps({"swagger": "2.0", "info": {"title": "x"}}),
        json.dumps({"openapi": "3.0.1"}),
        json.dumps({"openapi": "3.0.1", "info": []}),
        json.dumps({"openapi": "3.0.1", "info": {"title": "x"}, "paths": {"/a": {"get": 7}}}),
        json.dumps({"openapi": "3.0.1", "info": {"title": "x"}, "paths": {"a b": {"get": {}}}}),
        json.dumps({"openapi": "3.0.1", "info": {"title": "x"}, "x-amazon-apigateway-cors": {"maxAge": "soon"}}),
        json.dumps({"openapi": "3.0.1", "info": {"title": "x"}, "x-amazon-apigateway-cors": {"maxAge": 1e40}}),
        "openapi: 3.0.1\ninfo: {title: x}\nx-amazon-apigateway-cors: {maxAge: .inf}",
        json.dumps(
            {
                "openapi": "3.0.1",
                "info": {"title": "x"},
                "paths": {
                    "/a": {
                        "get": {
                            "x-amazon-apigateway-integration": {
                                "type": "http_proxy",
                                "uri": "http://[x/",
                                "httpMethod": "GET",
                                "payloadFormatVersion": "1.0",
                            }
                        }
                    }
                },
            }
        ),
        "[" * 20_000,
        "openapi: 3.0.1\ninfo: " + "{" * 3_000,
        "openapi: 3.0.1\ninfo:\n" + "? " * 3_000,
        '{"a":' * 5_000,
    ],
)
def test_malformed_documents_change_nothing(apigateway, body):
    with pytest.raises(ClientError) as caught:
        apigateway.import_api(Body=body)
    assert caught.value.response["Error"]["Code"] == "BadRequestException"
    assert apigateway.get_apis()["Items"] == []


def test_warnings(apigateway):
    whole = {"openapi": "3.0.1", "info": {"title": "x"}, "paths": {"/a": {"get": {}}}}
    assert apigateway.import_api(Body=json.dumps(whole))["Warnings"] == ["Route GET /a has no integration"]
    with pytest.raises(ClientError, match="Warnings found during import"):
        apigateway.import_api(Body=json.dumps(whole), FailOnWarnings=True)


def test_what_sam_writes_for_open_and_default_routes(apigateway):
    target = {"type": "aws_proxy", "uri": "arn:aws:lambda:us-east-1:000000000000:function:f", "httpMethod": "POST"}
    operation = {"x-amazon-apigateway-integration": {**target, "payloadFormatVersion": "2.0"}}
    whole = {
        "openapi": "3.0.1",
        "info": {"title": "x"},
        "paths": {"/open": {"get": {**operation, "security": [{"NONE": []}]}}},
        "components": {"securitySchemes": {}},
    }
    made = apigateway.import_api(Body=json.dumps(whole), FailOnWarnings=True)
    (route,) = apigateway.get_routes(ApiId=made["ApiId"])["Items"]
    assert (route["RouteKey"], route["AuthorizationType"], "Warnings" in made) == ("GET /open", "NONE", False)
    whole["paths"] = {"$default": {"x-amazon-apigateway-any-method": operation}}
    made = apigateway.import_api(Body=json.dumps(whole))
    (route,) = apigateway.get_routes(ApiId=made["ApiId"])["Items"]
    assert route["RouteKey"] == "$default" and "should start with /" in made["Warnings"][0]
    with pytest.raises(ClientError, match=r"Resource \$default should start with /"):
        apigateway.import_api(Body=json.dumps(whole), FailOnWarnings=True)
    whole["paths"] = {"/a": {"get": {**operation, "security": [{"Other": []}]}}}
    with pytest.raises(ClientError, match="Security scheme Other"):
        apigateway.import_api(Body=json.dumps(whole), FailOnWarnings=True)
