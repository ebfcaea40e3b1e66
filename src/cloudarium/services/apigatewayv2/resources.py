"""The ARNs of API Gateway v2: for the control plane paths without an account, for invocation `execute-api` ARNs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.services.apigatewayv2.context import conditions, request_tags, resource_conditions, tags_of
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope

__all__ = ["conditions", "request_tags", "resource_conditions", "tags_of"]  # what gateway/context.py asks


def api_arn(scope: Scope, api_id: str) -> str:
    """The ARN of an API; its tags are kept under it."""
    return arn.make("apigateway", Scope("", scope.region), f"/apis/{api_id}")


def stage_arn(scope: Scope, api_id: str, stage: str) -> str:
    """The ARN of a stage; its tags are kept under it."""
    return f"{api_arn(scope, api_id)}/stages/{stage}"


def invoke_arn(scope: Scope, api_id: str, rest: str) -> str:
    """The ARN under which a request is authorised: API/STAGE/METHOD/PATH."""
    return arn.make("execute-api", scope, f"{api_id}/{rest}")


def requested(call: Call) -> str:
    """What a control-plane call touches: the path of its URI, with its parameters filled in."""
    assert call.operation is not None
    path = call.operation.uri.partition("?")[0].removeprefix("/v2")
    for name, value in _uri_values(call.input):
        path = path.replace(f"{{{name}}}", value)
    return arn.make("apigateway", Scope("", call.region), path)


def passing(member: str) -> Callable[[Call], list[str | Need]]:
    """What is requested, and the role in `member` that is passed to API Gateway."""

    def needs(call: Call) -> list[str | Need]:
        role = call.input.get(member)
        return [requested(call), *([passed(str(role))] if is_role(role) else [])]

    return needs


def is_role(text: object) -> bool:
    """Whether this is a role's ARN."""
    parsed = arn.parse(text)
    return parsed is not None and parsed.service == "iam" and parsed.resource.startswith("role/")


def passed(role: str) -> Need:
    """The permission to pass a role to API Gateway."""
    return Need("iam:PassRole", role, {"iam:PassedToService": "apigateway.amazonaws.com"})


def created(call: Call) -> list[str | Need]:
    """What CreateApi touches. Tags are asked for on an ARN of all APIs, as the new one has none yet.

    Source: denials of AWS, such as in github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/997
    """
    needs = passing("CredentialsArn")(call)
    if call.input.get("Tags"):
        needs.append(Need("apigateway:POST", _tags_of(call, api_arn(call.scope, "")) + "*"))
    return needs


def staged(call: Call) -> list[str | Need]:
    """What CreateStage touches; tags need an action that the reference does not name.

    Source: github.com/aws-amplify/amplify-cli/issues/12316
    """
    stages = requested(call)
    return [stages, *([Need("apigateway:TagResource", stages)] if call.input.get("Tags") else [])]


def _uri_values(given: dict[str, Any]) -> list[tuple[str, str]]:
    """URI labels are the members' names with a small first letter."""
    return [(name[:1].lower() + name[1:], value) for name, value in given.items() if isinstance(value, str)]


def tagged(call: Call) -> str:
    """What a tagging call touches: `/tags/` and the ARN, encoded and with /v2, as AWS's denials have it."""
    return _tags_of(call, str(call.input.get("ResourceArn", "")))


def _tags_of(call: Call, resource: str) -> str:
    encoded = quote(resource.replace("::/apis/", "::/v2/apis/", 1), safe="", errors="surrogatepass")
    return arn.make("apigateway", Scope("", call.region), f"/tags/{encoded}")
