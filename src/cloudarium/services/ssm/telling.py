"""What EventBridge is told of parameters.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.happenings import tell
from cloudarium.services.ssm import resources


def changed(call: Call, operation: str, name: str, data: dict[str, Any]) -> None:
    """Tell that a parameter was changed by Create, Update, Delete or LabelParameterVersion."""
    detail = {"operation": operation, "name": name, "type": data["Type"]}
    if data.get("Description"):
        detail["description"] = data["Description"]
    arn = resources.parameter_arn(call.scope, name)
    tell(call.store, call.scope, "aws.ssm", "Parameter Store Change", detail, [arn], call.now, call.trace)
