"""Calls of API Gateway v2 that succeed, and what they need: HTTP methods on paths."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.permissions.example import Also, Case, Examples, Stage

EXAMPLES = Examples()

PASSED = "id_roles_use_passrole.html: to give a role to a service is to pass it."
TAGS_OF_STAGE = "Denials of AWS name it (github.com/aws-amplify/amplify-cli/issues/12316)."
TAGS_OF_API = "Denials of AWS name /tags/… (cloudformation-coverage-roadmap/issues/997); the reference names no tags."
DOCUMENT: dict[str, Any] = {"openapi": "3.0.1", "info": {"title": "imported", "version": "1"}, "paths": {}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def path(at: Stage, rest: str) -> str:
    """The ARN of a path of the control plane, which names no account."""
    return f"arn:aws:apigateway:{at.region}::{rest}"


def role(at: Stage) -> str:
    """A role that API Gateway may take on."""
    made = at.root("iam").create_role(RoleName="invoker", AssumeRolePolicyDocument=json.dumps(TRUST))
    return made["Role"]["Arn"]


def uri(at: Stage) -> str:
    """A function, which need not be there."""
    return at.arn("function:f", "lambda")


def shared(at: Stage) -> str:
    """An API for the examples of its parts."""
    api = at.root().create_api(Name="shared", ProtocolType="HTTP")["ApiId"]
    at.root().create_route(ApiId=api, RouteKey="$default")
    return api


def new_api(at: Stage, **settings: Any) -> str:
    """An API of the operation's own."""
    return at.root().create_api(Name=at.name, ProtocolType="HTTP", **settings)["ApiId"]


def of_api(at: Stage, rest: str, given: dict[str, Any] | None = None, **more: Any) -> Case:
    """A call on what lies below the shared API."""
    api = at.once(shared)
    return Case({"ApiId": api, **(given or {})}, path(at, f"/apis/{api}{rest}"), **more)


def passed(at: Stage) -> list[Also]:
    """The permission to pass the role."""
    return [Also("iam:PassRole", at.once(role), PASSED)]


# ---- APIs ------------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateApi")
def create_api(at: Stage) -> Case:
    tags = path(at, f"/tags/arn%3Aaws%3Aapigateway%3A{at.region}%3A%3A%2Fv2%2Fapis%2F*")
    given = {
        "Name": at.name,
        "ProtocolType": "HTTP",
        "Target": uri(at),
        "CredentialsArn": at.once(role),
        "Tags": {"a": "1"},
    }
    return Case(given, [path(at, "/apis"), tags], also=passed(at), outside=TAGS_OF_API)


@EXAMPLES("CreateApi", variant="untagged")
def create_api_without_tags(at: Stage) -> Case:
    return Case({"Name": at.name, "ProtocolType": "HTTP"}, path(at, "/apis"))


@EXAMPLES("GetApis")
def get_apis(at: Stage) -> Case:
    return Case({}, path(at, "/apis"))


@EXAMPLES("ImportApi")
def import_api(at: Stage) -> Case:
    return Case({"Body": json.dumps(imported(at))}, path(at, "/apis"), also=passed(at))


def imported(at: Stage) -> dict[str, Any]:
    """A document with an integration that takes on a role."""
    given = {"type": "aws_proxy", "uri": uri(at), "payloadFormatVersion": "2.0", "credentials": at.once(role)}
    return {**DOCUMENT, "paths": {"/": {"get": {"x-amazon-apigateway-integration": given}}}}


@EXAMPLES("ReimportApi")
def reimport_api(at: Stage) -> Case:
    api = new_api(at)
    return Case({"ApiId": api, "Body": json.dumps(imported(at))}, path(at, f"/apis/{api}"), also=passed(at))


@EXAMPLES("UpdateApi")
def update_api(at: Stage) -> Case:
    api = new_api(at, Target=uri(at))
    return Case({"ApiId": api, "CredentialsArn": at.once(role)}, path(at, f"/apis/{api}"), also=passed(at))


@EXAMPLES("UpdateApi", variant="name")
def rename_api(at: Stage) -> Case:
    api = new_api(at)
    return Case({"ApiId": api, "Name": "renamed"}, path(at, f"/apis/{api}"))


@EXAMPLES("DeleteApi", "GetApi")
def of_whole_api(at: Stage) -> Case:
    api = new_api(at)
    return Case({"ApiId": api}, path(at, f"/apis/{api}"))


@EXAMPLES("DeleteCorsConfiguration")
def delete_cors_configuration(at: Stage) -> Case:
    api = new_api(at, CorsConfiguration={"AllowOrigins": ["*"]})
    return Case({"ApiId": api}, path(at, f"/apis/{api}/cors"))


@EXAMPLES("ExportApi")
def export_api(at: Stage) -> Case:
    return of_api(at, "/exports/OAS30", {"Specification": "OAS30", "OutputType": "JSON"})


# ---- parts -----------------------------------------------------------------------------------------------------------


def integration(at: Stage) -> dict[str, Any]:
    """What an integration is made of."""
    return {"IntegrationType": "AWS_PROXY", "IntegrationUri": uri(at), "PayloadFormatVersion": "2.0"}


def authorizer(at: Stage) -> dict[str, Any]:
    """What a Lambda authorizer is made of."""
    invoked = f"arn:aws:apigateway:{at.region}:lambda:path/2015-03-31/functions/{uri(at)}/invocations"
    return {
        "Name": at.name,
        "AuthorizerType": "REQUEST",
        "AuthorizerUri": invoked,
        "AuthorizerPayloadFormatVersion": "2.0",
        "IdentitySource": ["$request.header.authorization"],
    }


def new_part(at: Stage, kind: str) -> str:
    """A part of the shared API; its id."""
    api, root = at.once(shared), at.root()
    if kind == "integration":
        return root.create_integration(ApiId=api, **integration(at))["IntegrationId"]
    if kind == "authorizer":
        return root.create_authorizer(ApiId=api, **authorizer(at))["AuthorizerId"]
    if kind == "route":
        return root.create_route(ApiId=api, RouteKey=f"GET /{at.name}")["RouteId"]
    return root.create_deployment(ApiId=api)["DeploymentId"]


@EXAMPLES("CreateIntegration")
def create_integration(at: Stage) -> Case:
    given = {**integration(at), "CredentialsArn": at.once(role)}
    return of_api(at, "/integrations", given, also=passed(at))


@EXAMPLES("CreateAuthorizer")
def create_authorizer(at: Stage) -> Case:
    given = {**authorizer(at), "AuthorizerCredentialsArn": at.once(role)}
    return of_api(at, "/authorizers", given, also=passed(at))


@EXAMPLES("CreateRoute")
def create_route(at: Stage) -> Case:
    return of_api(at, "/routes", {"RouteKey": f"GET /{at.name}"})


@EXAMPLES("CreateDeployment")
def create_deployment(at: Stage) -> Case:
    return of_api(at, "/deployments")


LISTS = {
    "GetAuthorizers": "authorizers",
    "GetDeployments": "deployments",
    "GetIntegrations": "integrations",
    "GetRoutes": "routes",
    "GetStages": "stages",
}


@EXAMPLES(*LISTS)
def of_list(at: Stage) -> Case:
    return of_api(at, f"/{LISTS[at.operation]}")


KINDS = ("Authorizer", "Deployment", "Integration", "Route")
CHANGES: dict[str, dict[str, Any]] = {
    "UpdateDeployment": {"Description": "d"},
    "UpdateRoute": {"OperationName": "o"},
    "UpdateIntegration/timeout": {"TimeoutInMillis": 1000},
    "UpdateAuthorizer/name": {"Name": "renamed"},
}


def kind_of(at: Stage) -> str:
    """The kind of part that the operation is about."""
    return next(kind for kind in KINDS if kind in at.operation)


@EXAMPLES(
    *(f"{verb}{kind}" for verb in ("Get", "Delete") for kind in KINDS),
    *(name for name in CHANGES if "/" not in name),
    *(name for name in CHANGES if "/" in name),
)
def of_part(at: Stage) -> Case:
    kind = kind_of(at)
    id = new_part(at, kind.lower())
    return of_api(at, f"/{kind.lower()}s/{id}", {f"{kind}Id": id, **CHANGES.get(at.operation, {})})


@EXAMPLES("UpdateIntegration", "UpdateAuthorizer")
def with_other_role(at: Stage) -> Case:
    kind = kind_of(at)
    id = new_part(at, kind.lower())
    member = "CredentialsArn" if kind == "Integration" else "AuthorizerCredentialsArn"
    return of_api(at, f"/{kind.lower()}s/{id}", {f"{kind}Id": id, member: at.once(role)}, also=passed(at))


# ---- stages ----------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateStage")
def create_stage(at: Stage) -> Case:
    api = new_api(at)  # an API has room for few stages
    stages = path(at, f"/apis/{api}/stages")
    also = [Also("apigateway:TagResource", stages, TAGS_OF_STAGE)]
    return Case({"ApiId": api, "StageName": "s", "Tags": {"a": "1"}}, stages, also=also)


@EXAMPLES("CreateStage", variant="untagged")
def create_stage_without_tags(at: Stage) -> Case:
    api = new_api(at)
    return Case({"ApiId": api, "StageName": "s"}, path(at, f"/apis/{api}/stages"))


STAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "DeleteAccessLogSettings": ("/accesslogsettings", {}),
    "DeleteRouteSettings": ("/routesettings/$default", {"RouteKey": "$default"}),
    "DeleteStage": ("", {}),
    "GetStage": ("", {}),
    "ResetAuthorizersCache": ("/cache/authorizers", {}),
    "UpdateStage": ("", {"Description": "d"}),
}


@EXAMPLES(*STAGES)
def of_stage(at: Stage) -> Case:
    api, (rest, given) = new_api(at), STAGES[at.operation]
    at.root().create_route(ApiId=api, RouteKey="$default")
    settings = {"RouteSettings": {"$default": {"ThrottlingBurstLimit": 1}}}
    at.root().create_stage(ApiId=api, StageName="s", **settings)
    return Case({"ApiId": api, "StageName": "s", **given}, path(at, f"/apis/{api}/stages/s{rest}"))


# ---- tags ------------------------------------------------------------------------------------------------------------

TAGGING: dict[str, dict[str, Any]] = {
    "GetTags": {},
    "TagResource": {"Tags": {"b": "2"}},
    "UntagResource": {"TagKeys": ["a"]},
}


def tagging(at: Stage, resource: str) -> Case:
    """A call on the tags of what this ARN names."""
    encoded = quote(resource.replace("::/apis", "::/v2/apis"), safe="")
    outside = "Denials of AWS name /tags/ and the encoded ARN, with /v2; the reference names it for no action."
    wrong = [path(at, "/tags/other"), path(at, f"/tags/{quote(resource, safe='')}"), resource]
    elsewhere = {f"apigateway:{method}": wrong for method in ("GET", "POST", "DELETE")}
    given = {"ResourceArn": resource, **TAGGING[at.operation.partition("/")[0]]}
    return Case(given, path(at, f"/tags/{encoded}"), outside=outside, wrong=elsewhere)


@EXAMPLES(*TAGGING)
def of_tags(at: Stage) -> Case:
    return tagging(at, path(at, f"/apis/{new_api(at, Tags={'a': '1'})}"))


@EXAMPLES(*TAGGING, variant="stage")
def of_tags_of_stage(at: Stage) -> Case:
    api = new_api(at)
    at.root().create_stage(ApiId=api, StageName="$default", Tags={"a": "1"})
    return tagging(at, path(at, f"/apis/{api}/stages/$default"))
