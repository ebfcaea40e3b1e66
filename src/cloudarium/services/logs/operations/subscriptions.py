"""Subscription filters: events that match a pattern go on to a function."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.logs import errors, forwarding, resources
from cloudarium.services.logs.operations.groups import milliseconds, named_group, page_key
from cloudarium.services.logs.operations.metric_filters import compiled, refuse_transformed, require_standard
from cloudarium.services.logs.records import filters
from cloudarium.services.logs.records.filters import Subscription
from cloudarium.shared import arn, paging
from cloudarium.shared.errors import AwsError, NotBuilt

_MOST = 2  # of one group
_PAGE = 50
_STREAMS = ("kinesis", "firehose")


@operation("PutSubscriptionFilter", on=resources.group, refuses=("fieldSelectionCriteria", "emitSystemFields"))
async def put_subscription_filter(call: Call) -> dict[str, Any]:
    """Keep a subscription filter in place of the one of that name, if its function lets CloudWatch Logs invoke it."""
    refuse_transformed(call)
    destination = call.input["destinationArn"]
    _check_destination(call, destination)
    name = call.input["logGroupName"]
    require_standard(named_group(call, name))
    compiled(call.input["filterPattern"])
    try:
        await forwarding.invoke(call, destination, name, "", "DryRun")
    except AwsError as error:
        if (error.status or 400) >= 500:
            raise
        raise errors.InvalidParameter(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute"
            " your function."
        ) from None
    with call.transaction():
        _keep(call, destination)
    return {}


def _keep(call: Call, destination: str) -> None:
    group = named_group(call, call.input["logGroupName"])
    name = call.input["filterName"]
    present = {each.name for each in filters.subscriptions(call.store, group.id)}
    if name not in present and len(present) >= _MOST:
        raise errors.LimitExceeded
    distribution = call.input.get("distribution", "ByLogStream")
    made = Subscription(name, call.input["filterPattern"], destination, distribution, milliseconds(call))
    filters.put_subscription(call.store, group, made)


def _check_destination(call: Call, destination: str) -> None:
    parsed = arn.parse(destination)
    if parsed is None:
        raise errors.InvalidParameter("destinationArn is not a valid ARN.")
    role = call.input.get("roleArn")
    if parsed.service in _STREAMS and role is None:
        raise errors.InvalidParameter(f"destinationArn for vendor {parsed.service} cannot be used without roleArn")
    if parsed.service in _STREAMS or (parsed.service == "logs" and parsed.resource.startswith("destination:")):
        raise NotBuilt(f"logs:PutSubscriptionFilter to {parsed.service} ({parsed.resource.partition(':')[0]})")
    if parsed.service != "lambda":
        raise errors.InvalidParameter(
            f"PutSubscriptionFilter operation cannot work with destinationArn for vendor {parsed.service}"
        )
    if parsed.account != call.account:
        raise errors.Denied(
            "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross"
            " account lambda triggers."
        )
    if role is not None:
        raise errors.InvalidParameter("destinationArn for vendor lambda cannot be used with roleArn")
    # Each delivery would be logged and delivered again (AWS's words: amplify-education/serverless-log-forwarding, #13).
    if call.input["logGroupName"] == f"/aws/lambda/{parsed.resource.removeprefix('function:').partition(':')[0]}":
        raise errors.InvalidParameter(
            "The log group provided is reserved for the function logs of the destination function."
        )


@operation("DescribeSubscriptionFilters", on=resources.group)
def describe_subscription_filters(call: Call) -> dict[str, Any]:
    """The subscription filters of a group, by name."""
    group = named_group(call, call.input["logGroupName"])
    prefix, after = call.input.get("filterNamePrefix", ""), page_key(call)
    limit = call.input.get("limit", _PAGE)
    found = [
        each
        for each in filters.subscriptions(call.store, group.id)
        if each.name.startswith(prefix) and each.name > after
    ]
    shown = [
        {
            "filterName": each.name,
            "logGroupName": group.name,
            "filterPattern": each.pattern,
            "destinationArn": each.destination,
            "distribution": each.distribution,
            "applyOnTransformedLogs": False,
            "creationTime": each.created,
        }
        for each in found[:limit]
    ]
    more = {"nextToken": paging.encode(found[limit - 1].name)} if len(found) > limit else {}
    return {"subscriptionFilters": shown, **more}


@operation("DeleteSubscriptionFilter", on=resources.group)
def delete_subscription_filter(call: Call) -> dict[str, Any]:
    """Delete a subscription filter."""
    group = named_group(call, call.input["logGroupName"])
    if not filters.remove_subscription(call.store, group, call.input["filterName"]):
        raise errors.FilterNotFound("subscription")
    return {}
