"""CloudFormation's resource types of API Gateway v2. Ref gives a part's id; parts name their API in `ApiId`."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson

from cloudarium.shared.stacks import Resource, ResourceType, resource_type

_GONE = ("NotFoundException",)
_SERVICE = "apigatewayv2"


def _typed(value: Any, name: str = "") -> Any:
    """A template's value in the model's types: templates may write numbers and booleans as strings."""
    if isinstance(value, dict):
        free = name in ("StageVariables", "Tags")
        return {key: str(each) if free else _typed(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_typed(each, name) for each in value]
    if name in _BOOLEANS and value in ("true", "false"):
        return value == "true"
    if name in _INTEGERS and isinstance(value, str | float):
        return int(value)
    if name == "ThrottlingRateLimit":
        return float(value)
    return value


_BOOLEANS = (
    *("AutoDeploy", "DisableExecuteApiEndpoint", "EnableSimpleResponses", "AllowCredentials", "ApiKeyRequired"),
    *("DetailedMetricsEnabled", "DataTraceEnabled", "FailOnWarnings"),
)
_INTEGERS = ("TimeoutInMillis", "AuthorizerResultTtlInSeconds", "MaxAge", "ThrottlingBurstLimit")


def _given(r: Resource, *besides: str) -> dict[str, Any]:
    properties = {name: value for name, value in r.properties.items() if value is not None and name not in besides}
    return {name: _typed(value, name) for name, value in properties.items()}


@resource_type("AWS::ApiGatewayV2::Api")
class Api(ResourceType):
    """An HTTP API, from properties or from an OpenAPI document in `Body`."""

    properties = (
        *("Body", "BasePath", "FailOnWarnings", "Name", "Description", "Version", "ProtocolType", "CorsConfiguration"),
        *("DisableExecuteApiEndpoint", "IpAddressType", "RouteSelectionExpression"),
        *("Target", "RouteKey", "CredentialsArn", "Tags"),
    )
    refuses = ("BodyS3Location", "ApiKeySelectionExpression", "DisableSchemaValidation")
    replaces = ("ProtocolType",)
    attributes = ("ApiId", "ApiEndpoint")
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Import the document, or create the API; members beside the document come on top of it."""
        if "Body" in r.properties:
            shown = await r.send(_SERVICE, "ImportApi", _document(r))
        else:
            shown = await r.send(_SERVICE, "CreateApi", _given(r, "Tags", "BasePath", "FailOnWarnings"))
        r.id = shown["ApiId"]
        r.arn = f"arn:aws:apigateway:{r.scope.region}::/apis/{r.id}"
        r.attributes = {"ApiId": r.id, "ApiEndpoint": shown["ApiEndpoint"]}
        if "Body" in r.properties:
            await self._beside(r)
        if r.tags:
            await r.send(_SERVICE, "TagResource", {"ResourceArn": r.arn, "Tags": r.tags})

    async def _beside(self, r: Resource) -> None:
        beside = _given(r, "Tags", "Body", "BasePath", "FailOnWarnings", "ProtocolType")
        if beside:
            await r.send(_SERVICE, "UpdateApi", {"ApiId": r.id, **beside})

    async def update(self, r: Resource) -> None:
        """Import the document again, or change the API's members."""
        if "Body" in r.properties:
            if r.changed("Body", "BasePath", "CorsConfiguration", "Name", "Description", "Version"):
                await r.send(_SERVICE, "ReimportApi", {"ApiId": r.id, **_document(r)})
            await self._beside(r)
        else:
            members = _given(r, "Tags", "BasePath", "FailOnWarnings", "ProtocolType")
            await r.send(_SERVICE, "UpdateApi", {"ApiId": r.id, **members})
            if r.changed("CorsConfiguration") and "CorsConfiguration" not in r.properties:
                await r.send(_SERVICE, "DeleteCorsConfiguration", {"ApiId": r.id})
        if r.removed_tags:
            await r.send(_SERVICE, "UntagResource", {"ResourceArn": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send(_SERVICE, "TagResource", {"ResourceArn": r.arn, "Tags": r.tags})

    async def delete(self, r: Resource) -> None:
        """Delete the API with everything in it."""
        await r.send(_SERVICE, "DeleteApi", {"ApiId": r.id}, gone=_GONE)


def _document(r: Resource) -> dict[str, Any]:
    body = r.properties["Body"]
    given: dict[str, Any] = {"Body": body if isinstance(body, str) else orjson.dumps(body).decode()}
    if "BasePath" in r.properties:
        given["Basepath"] = r.properties["BasePath"]
    if "FailOnWarnings" in r.properties:
        given["FailOnWarnings"] = _typed(r.properties["FailOnWarnings"], "FailOnWarnings")
    return given


class _Part(ResourceType):
    """What all parts of an API have in common: made, changed and deleted by calls named after them."""

    noun = ""
    id_member = ""
    replaces: ClassVar[tuple[str, ...]] = ("ApiId",)

    async def create(self, r: Resource) -> None:
        """Make the part."""
        shown = await r.send(_SERVICE, f"Create{self.noun}", _given(r))
        r.id = shown[self.id_member]
        r.attributes = {name: r.id for name in self.attributes or ()}

    async def update(self, r: Resource) -> None:
        """Change the part in place."""
        given = {**_given(r), "ApiId": r.properties["ApiId"], self.id_member: r.id}
        await r.send(_SERVICE, f"Update{self.noun}", given)

    async def delete(self, r: Resource) -> None:
        """Delete the part, unless its API went first."""
        given = {"ApiId": r.properties["ApiId"], self.id_member: r.id}
        await r.send(_SERVICE, f"Delete{self.noun}", given, gone=_GONE)


@resource_type("AWS::ApiGatewayV2::Integration")
class Integration(_Part):
    """An integration."""

    noun, id_member = "Integration", "IntegrationId"
    properties = (
        *("ApiId", "IntegrationType", "IntegrationUri", "IntegrationMethod", "PayloadFormatVersion", "Description"),
        *("CredentialsArn", "TimeoutInMillis", "ConnectionType", "ConnectionId", "IntegrationSubtype"),
    )
    refuses = (
        *("RequestParameters", "ResponseParameters", "TlsConfig", "ContentHandlingStrategy", "PassthroughBehavior"),
        *("RequestTemplates", "TemplateSelectionExpression"),
    )
    required = ("ApiId", "IntegrationType")
    attributes = ("IntegrationId",)


@resource_type("AWS::ApiGatewayV2::Route")
class Route(_Part):
    """A route."""

    noun, id_member = "Route", "RouteId"
    properties = (
        *("ApiId", "RouteKey", "Target", "AuthorizationType", "AuthorizerId", "AuthorizationScopes", "OperationName"),
        "ApiKeyRequired",
    )
    refuses = ("ModelSelectionExpression", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression")
    required = ("ApiId", "RouteKey")
    attributes = ("RouteId",)


@resource_type("AWS::ApiGatewayV2::Authorizer")
class Authorizer(_Part):
    """An authorizer."""

    noun, id_member = "Authorizer", "AuthorizerId"
    properties = (
        *("ApiId", "AuthorizerType", "Name", "IdentitySource", "JwtConfiguration", "AuthorizerUri"),
        *("AuthorizerPayloadFormatVersion", "EnableSimpleResponses", "AuthorizerResultTtlInSeconds"),
        "AuthorizerCredentialsArn",
    )
    refuses = ("IdentityValidationExpression",)
    required = ("ApiId", "AuthorizerType", "Name")
    attributes = ("AuthorizerId",)


@resource_type("AWS::ApiGatewayV2::Deployment")
class Deployment(_Part):
    """A deployment."""

    noun, id_member = "Deployment", "DeploymentId"
    properties = ("ApiId", "Description", "StageName")
    required = ("ApiId",)
    replaces = ("ApiId", "StageName")
    attributes = ("DeploymentId",)


@resource_type("AWS::ApiGatewayV2::Stage")
class Stage(_Part):
    """A stage; Ref gives its name."""

    noun, id_member = "Stage", "StageName"
    properties = (
        *("ApiId", "StageName", "AutoDeploy", "DeploymentId", "Description", "StageVariables", "Tags"),
        *("DefaultRouteSettings", "RouteSettings", "AccessLogSettings"),
    )
    refuses = ("ClientCertificateId", "AccessPolicyId")
    required = ("ApiId", "StageName")
    replaces = ("ApiId", "StageName")
    physical_name = "StageName"
    tags = "Tags"

    async def create(self, r: Resource) -> None:
        """Make the stage with its tags."""
        await r.send(_SERVICE, "CreateStage", {**_given(r, "Tags"), **({"Tags": r.tags} if r.tags else {})})
        r.id = r.properties["StageName"]
        r.arn = f"arn:aws:apigateway:{r.scope.region}::/apis/{r.properties['ApiId']}/stages/{r.id}"

    async def update(self, r: Resource) -> None:
        """Change the stage: what the template no longer says goes back to AWS's default."""
        target = {"ApiId": r.properties["ApiId"], "StageName": r.id}
        for key in (r.old_properties.get("RouteSettings") or {}).keys() - (
            r.properties.get("RouteSettings") or {}
        ).keys():
            await r.send(_SERVICE, "DeleteRouteSettings", {**target, "RouteKey": key}, gone=_GONE)
        if "AccessLogSettings" in r.old_properties and "AccessLogSettings" not in r.properties:
            await r.send(_SERVICE, "DeleteAccessLogSettings", target)
        defaults: dict[str, Any] = {
            name: empty
            for name, empty in (("StageVariables", {}), ("DefaultRouteSettings", {}), ("AutoDeploy", False))
            if name in r.old_properties and name not in r.properties
        }
        await r.send(_SERVICE, "UpdateStage", {**defaults, **_given(r, "Tags"), **target})
        if r.removed_tags:
            await r.send(_SERVICE, "UntagResource", {"ResourceArn": r.arn, "TagKeys": r.removed_tags})
        if r.tags and r.tags != r.old_tags:
            await r.send(_SERVICE, "TagResource", {"ResourceArn": r.arn, "Tags": r.tags})
