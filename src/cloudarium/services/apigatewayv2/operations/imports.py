"""APIs from OpenAPI documents, and back."""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.operations.apis import new_api, put_tags
from cloudarium.services.apigatewayv2.operations.lookups import deploy_changes, new_id, shown_api, wanted_api
from cloudarium.services.apigatewayv2.rules import definitions, openapi
from cloudarium.services.apigatewayv2.rules.openapi import Imported

Data = dict[str, Any]


def _read(call: Call) -> Imported:
    imported = openapi.read(openapi.parse(call.input["Body"]), call.input.get("Basepath"))
    if imported.warnings and call.input.get("FailOnWarnings"):
        raise errors.BadRequest("Warnings found during import: " + "; ".join(imported.warnings))
    definitions.check_api(imported.api)
    for data in (*imported.integrations, *imported.authorizers.values()):
        role = data.get("CredentialsArn") or data.get("AuthorizerCredentialsArn")
        if resources.is_role(role):
            call.require(*resources.passed(str(role)))
    return imported


def _fill(call: Call, api_id: str, imported: Imported) -> None:
    """Record what the document defines, in an API that has no such parts."""
    if len(imported.routes) > definitions.MOST["route"]:
        raise errors.BadRequest(f"Maximum number of routes for this API has been reached: {definitions.MOST['route']}")
    integrations = [{"IntegrationId": new_id(), **definitions.integration(dict(e))} for e in imported.integrations]
    by_name = {
        name: {"AuthorizerId": new_id(), **definitions.authorizer(data)}
        for name, data in imported.authorizers.items()
        if data["AuthorizerType"] != "AWS_IAM"
    }
    authorizers = {data["AuthorizerId"]: data for data in by_name.values()}
    known = [data["IntegrationId"] for data in integrations]
    routes = []
    for route, place, scheme in imported.routes:
        data = {"RouteId": new_id(), **route}
        if place is not None:
            data["Target"] = f"integrations/{known[place]}"
        if scheme is not None:
            data["AuthorizerId"] = by_name[scheme]["AuthorizerId"]
        routes.append(definitions.route(data, authorizers, known))
    keys = [route["RouteKey"] for route in routes]
    if len(set(keys)) != len(keys):
        raise errors.BadRequest("The document defines a route twice")
    for kind, found in (("integration", integrations), ("authorizer", by_name.values()), ("route", routes)):
        for data in found:
            records.put_part(call.store, api_id, kind, data)


@operation("ImportApi", on=resources.requested)
def import_api(call: Call) -> Data:
    """Make an API from an OpenAPI 3 document."""
    imported = _read(call)
    api = new_api(call, imported.api)
    put_tags(call, resources.api_arn(call.scope, api["ApiId"]), imported.tags)
    _fill(call, api["ApiId"], imported)
    return _with_warnings(shown_api(call, api), imported)


@operation("ReimportApi", on=resources.requested)
def reimport_api(call: Call) -> Data:
    """Overwrite an API with an OpenAPI 3 document; its stages and deployments stay."""
    api = wanted_api(call)
    imported = _read(call)
    for member in ("CorsConfiguration", "Description", "Version"):
        api.pop(member, None)
    api |= imported.api
    for kind in ("route", "authorizer", "integration"):
        records.remove_parts(call.store, api["ApiId"], kind)
    _fill(call, api["ApiId"], imported)
    records.put_api(call.store, call.scope, api)
    put_tags(call, resources.api_arn(call.scope, api["ApiId"]), imported.tags)
    deploy_changes(call, api["ApiId"])
    return _with_warnings(shown_api(call, api), imported)


def _with_warnings(shown: Data, imported: Imported) -> Data:
    return {**shown, "Warnings": imported.warnings} if imported.warnings else shown


@operation("ExportApi", on=resources.requested)
def export_api(call: Call) -> Data:
    """The OpenAPI 3 document of an API, or of what one of its stages serves."""
    api = wanted_api(call)
    if call.input["Specification"] != "OAS30":
        raise errors.BadRequest("Invalid specification: only OAS30 is supported")
    if call.input.get("ExportVersion", "1.0") != "1.0":
        raise errors.BadRequest("Invalid export version: only 1.0 is supported")
    kind = call.input["OutputType"].upper()
    if kind not in ("JSON", "YAML"):
        raise errors.BadRequest("Invalid output type: use JSON or YAML")
    name = call.input.get("StageName")
    definition = records.live(call.store, api["ApiId"], api)
    if name:
        stage = records.find_part(call.store, api["ApiId"], "stage", name)
        if stage is None:
            raise errors.NotFound("stage", name)
        definition = records.snapshot(call.store, api["ApiId"], stage.get("DeploymentId", "")) or definition
    extensions = call.input.get("IncludeExtensions", True)
    document = openapi.export(shown_api(call, api), definition, name, extensions)
    if kind == "YAML":
        return {"body": yaml.safe_dump(document, sort_keys=False).encode()}
    return {"body": orjson.dumps(document, option=orjson.OPT_INDENT_2)}
