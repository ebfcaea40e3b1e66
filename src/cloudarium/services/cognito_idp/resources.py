"""The ARNs of user pools, and what calls touch."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope


def pool_arn(scope: Scope, id: str) -> str:
    """The ARN of a pool."""
    return arn.make("cognito-idp", scope, f"userpool/{id}")


def pool(call: Call) -> str:
    """The pool that a call names."""
    return pool_arn(call.scope, str(call.input.get("UserPoolId", "")))


def new_pool(call: Call) -> list[str | Need]:
    """A new pool; tags on it need the permission to tag."""
    needs: list[str | Need] = ["*"]
    if call.input.get("UserPoolTags"):
        needs.append(Need("cognito-idp:TagResource", pool_arn(call.scope, "*")))
    return needs


def changed_pool(call: Call) -> list[str | Need]:
    """A pool to update; tags on it need the permission to tag."""
    own = pool(call)
    return [own, Need("cognito-idp:TagResource", own)] if call.input.get("UserPoolTags") else [own]


def tagged(call: Call) -> str:
    """The pool that a tagging call names by its ARN."""
    return str(call.input.get("ResourceArn", ""))


def pool_and_logs_role(call: Call) -> list[str | Need]:
    """The pool of an import, and iam:PassRole for the role that writes its log."""
    role = str(call.input.get("CloudWatchLogsRoleArn", ""))
    return [pool(call), Need("iam:PassRole", role, {"iam:PassedToService": "cognito-idp.amazonaws.com"})]


def request_tags(call: Call) -> object:
    """The tags of a request, which a pool is made with under a name of their own."""
    return call.input.get("UserPoolTags")
