"""The ARNs of API Gateway v2: for the control plane paths without an account, for invocation `execute-api` ARNs."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope


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


def _uri_values(given: dict[str, Any]) -> list[tuple[str, str]]:
    """URI labels are the members' names with a small first letter."""
    return [(name[:1].lower() + name[1:], value) for name, value in given.items() if isinstance(value, str)]


def tagged(call: Call) -> str:
    """What a tagging call touches: `/tags/` and the ARN, encoded, as AWS has it."""
    resource = str(call.input.get("ResourceArn", ""))
    encoded = resource.replace(":", "%3A").replace("/", "%2F")
    return arn.make("apigateway", Scope("", call.region), f"/tags/{encoded}")
