"""What all operations share: finding things, pages, and the deployment that follows a change by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.services.apigatewayv2 import errors, records, resources
from cloudarium.services.apigatewayv2.rules.definitions import MOST
from cloudarium.shared import ids, paging

Data = dict[str, Any]
_PAGE = 500
_NAMES = {
    "integration": "Integration",
    "route": "Route",
    "authorizer": "Authorizer",
    "stage": "stage",
    "deployment": "deployment",
}


def wanted_api(call: Call) -> Data:
    """The API that the call names. Raises NotFound."""
    api = records.find_api(call.store, call.scope, call.input["ApiId"])
    if api is None:
        raise errors.NotFound("API", f"{call.account}:{call.input['ApiId']}")
    return api


def wanted_part(call: Call, kind: str) -> Data:
    """The part of that kind which the call names. Raises NotFound."""
    wanted_api(call)
    id = call.input[records.KINDS[kind]]
    part = records.find_part(call.store, call.input["ApiId"], kind, id)
    if part is None:
        raise errors.NotFound(_NAMES[kind], id)
    return part


def given(call: Call, *besides: str) -> Data:
    """The members of the input that were given, without those that name the target."""
    return {name: value for name, value in call.input.items() if value is not None and name not in besides}


def new_id() -> str:
    """An id of a part, as AWS makes them: seven characters."""
    return ids.lower(7)


def check_room(call: Call, kind: str) -> None:
    """Raise BadRequest when an API has as many parts of a kind as AWS allows."""
    if len(records.parts(call.store, call.input["ApiId"], kind)) >= MOST[kind]:
        raise errors.BadRequest(f"Maximum number of {kind}s for this API has been reached: {MOST[kind]}")


def page(call: Call, read: Callable[[str, int], list[Data]], id_member: str) -> Data:
    """One page of a listing: MaxResults and NextToken as AWS has them."""
    text = call.input.get("MaxResults")
    if text is not None and not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= _PAGE):
        raise errors.BadRequest(f"Invalid value for maxResults: it must be between 1 and {_PAGE}")
    limit = int(text) if text is not None else _PAGE
    found = read(_after(call.input.get("NextToken")), limit + 1)
    answer: Data = {"Items": found[:limit]}
    if len(found) > limit:
        answer["NextToken"] = paging.encode(found[limit - 1][id_member])
    return answer


def _after(token: str | None) -> str:
    if not token:
        return ""
    try:
        key = paging.decode(token)
    except ValueError:
        key = None
    if not isinstance(key, str):
        raise errors.BadRequest("Invalid nextToken")
    return key


def list_parts(call: Call, kind: str) -> Data:
    """One page of an API's parts of one kind."""
    api_id = wanted_api(call)["ApiId"]
    read = lambda after, limit: records.parts(call.store, api_id, kind, after, limit)  # noqa: E731
    return page(call, read, records.KINDS[kind])


def shown_api(call: Call, api: Data) -> Data:
    """An API as Get… answers it: with its endpoint and tags."""
    # By path: not every resolver knows the names under .localhost, and an endpoint must be one that answers.
    shown = {**api, "ApiEndpoint": call.cloud.door_url("execute-api", api["ApiId"])}
    tags = call.tags.of(resources.api_arn(call.scope, api["ApiId"]))
    return {**shown, "Tags": tags}


def deploy_changes(call: Call, api_id: str) -> None:
    """Give every stage with automatic deployment a new one, after a change of what it serves.

    Such a deployment follows the live definition, so it freezes nothing; when a stage no longer uses it, it goes.
    """
    for stage in records.parts(call.store, api_id, "stage"):
        if stage.get("AutoDeploy"):
            deploy_automatically(call, api_id, stage)


def deploy_automatically(call: Call, api_id: str, stage: Data) -> None:
    """Put the live definition onto one stage."""
    old = stage.get("DeploymentId")
    deployment = add_deployment(
        call, api_id, "Automatic deployment triggered by changes to the Api configuration", True
    )
    stage["DeploymentId"] = deployment["DeploymentId"]
    stage["LastUpdatedDate"] = call.now
    stage["LastDeploymentStatusMessage"] = f"Successfully deployed stage with deployment ID '{stage['DeploymentId']}'"
    records.put_part(call.store, api_id, "stage", stage)
    previous = records.find_part(call.store, api_id, "deployment", old) if old else None
    used = {other.get("DeploymentId") for other in records.parts(call.store, api_id, "stage")}
    if previous is not None and previous["AutoDeployed"] and old not in used:
        records.remove_part(call.store, api_id, "deployment", previous["DeploymentId"])


def add_deployment(call: Call, api_id: str, description: str | None, automatic: bool) -> Data:
    """Record a deployment of the definition as it is now."""
    deployment = {
        "DeploymentId": ids.lower(6),
        "AutoDeployed": automatic,
        "CreatedDate": call.now,
        "DeploymentStatus": "DEPLOYED",
    }
    if description:
        deployment["Description"] = description
    records.put_part(call.store, api_id, "deployment", deployment)
    return deployment


def freeze(call: Call, api: Data, deployment_id: str) -> None:
    """Make a deployment keep the definition of this moment, unless it keeps one already."""
    if records.snapshot(call.store, api["ApiId"], deployment_id) is None:
        definition = records.live(call.store, api["ApiId"], api)
        records.put_snapshot(call.store, api["ApiId"], deployment_id, definition)
