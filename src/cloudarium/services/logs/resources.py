"""The ARNs of CloudWatch Logs, and what each call touches.

A group is `log-group:NAME:*` in answers and policies. What a call on a group is checked against is
`log-group:NAME:log-stream:` (a policy on `NAME:*` matches it, one on bare `NAME` does not); only the tagging calls by
ARN are checked against bare `log-group:NAME`.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

from __future__ import annotations

import json
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.policy.grammar import statements
from cloudarium.services.logs import records, rules
from cloudarium.services.logs.insights import selection
from cloudarium.services.logs.records import queries
from cloudarium.shared import arn
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

POLICY_TOPIC = records.POLICIES

_GROUP = "log-group:"


def group_arn(scope: Scope, name: str) -> str:
    """The bare ARN of a log group; its tags are kept under it."""
    return arn.make("logs", scope, _GROUP + name)


def stream_arn(scope: Scope, group: str, stream: str) -> str:
    """The ARN of a log stream."""
    return arn.make("logs", scope, f"{_GROUP}{group}:log-stream:{stream}")


def group_of(text: object, own: Scope) -> tuple[Scope, str]:
    """The scope and name that a name or an ARN (with or without `:*`) of a log group stands for."""
    parsed = arn.parse(text)
    if parsed is None:
        return own, text if isinstance(text, str) else ""
    name = parsed.resource.removesuffix(":*").removeprefix(_GROUP) if parsed.resource.startswith(_GROUP) else ""
    return Scope(parsed.account, parsed.region), name if ":" not in name else ""


def group(call: Call) -> str:
    """What a call on a group (by name or identifier) touches."""
    members = ("logGroupName", "logGroupIdentifier", "resourceIdentifier")
    given = next((call.input[name] for name in members if call.input.get(name)), None)
    scope, name = group_of(given, call.scope)
    return stream_arn(scope, name, "")


def group_or_all(call: Call) -> str:
    """The group that a call names, or all of the scope's."""
    return group(call) if call.input.get("logGroupName") else stream_arn(call.scope, "", "")


def stream(call: Call) -> str:
    """What a call on a stream touches."""
    given = call.input.get("logGroupName") or call.input.get("logGroupIdentifier")
    scope, name = group_of(given, call.scope)
    return stream_arn(scope, name, str(call.input.get("logStreamName", "")))


def queried(call: Call) -> list[str]:
    """The groups that a query names, or that its SOURCE selects."""
    given = [call.input.get("logGroupName")]
    for member in ("logGroupNames", "logGroupIdentifiers"):
        each = call.input.get(member)
        given += each if isinstance(each, list) else []
    names = [name for name in given if name]
    if not names:
        names += selection.names_in(call.store, call.scope, call.input.get("queryString"))
    named = [group_of(name, call.scope) for name in names]
    return [stream_arn(scope, name, "") for scope, name in named] or [stream_arn(call.scope, "", "")]


def tailed(call: Call) -> list[str]:
    """The groups that a call follows."""
    given = call.input.get("logGroupIdentifiers")
    named = [group_of(each, call.scope) for each in given] if isinstance(given, list) else []
    return [stream_arn(scope, name, "") for scope, name in named] or [stream_arn(call.scope, "", "")]


def read_query(call: Call) -> list[str]:
    """The groups of the query whose results are asked for."""
    query = queries.find_query(call.store, call.scope, str(call.input.get("queryId", "")))
    names = [] if query is None else json.loads(query.groups)["names"]
    return [stream_arn(call.scope, name, "") for name in names] or [stream_arn(call.scope, "", "")]


def recorded(call: Call) -> str:
    """The group of the event that a @ptr leads to."""
    place = rules.parse_pointer(call.input.get("logRecordPointer"))
    found = None if place is None else records.group_by_id(call.store, place[0])
    known = found is not None and records.find_group(call.store, call.account, call.region, found.name) == found
    return stream_arn(call.scope, found.name if known and found else "", "")


def all_groups(call: Call) -> str:
    """What DescribeLogGroups is checked against, whatever it asks for."""
    return stream_arn(call.scope, "", "")


def new_group(call: Call) -> list[str | Need]:
    """A group to be made; tagging it on the way needs one of the two permissions to tag (API reference)."""
    made = group(call)
    if not call.input.get("tags"):
        return [made]
    bare = group_arn(call.scope, str(call.input.get("logGroupName", "")))
    older = not call.may("logs:TagResource", bare) and call.may("logs:TagLogGroup", made)
    return [made, Need("logs:TagLogGroup", made) if older else Need("logs:TagResource", bare)]


def tagged(call: Call) -> str:
    """The bare ARN that a tagging call names."""
    return str(call.input.get("resourceArn", "")).removesuffix(":*")


def tags_of(call: Call, resource: str) -> dict[str, str]:
    """The tags of a log group, which its streams share."""
    parsed = arn.parse(resource)
    if parsed is None:
        return {}
    scope = Scope(parsed.account, parsed.region)
    return call.tags.of(group_arn(scope, parsed.resource.removeprefix(_GROUP).partition(":")[0]))


def resource_policy(call: Call, resource: str) -> str | None:
    """The account's own resource policies, and the one by which AWS's services deliver their access logs.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
    """
    parsed = arn.parse(resource)
    if parsed is None:
        return None
    own = records.resource_policies(call.store, Scope(parsed.account, parsed.region))
    found = [statement for policy in own for statement in statements(json.loads(policy.document))]
    if call.principal.kind == "service":
        found.append(_delivery(parsed.account))
    return json.dumps({"Version": "2012-10-17", "Statement": found}) if found else None


def rename_principal(store: Store, old: str, new: str) -> None:
    """Have the resource policies that name the principal `old` name it `new`."""
    for scope, policy in records.resource_policies_on(store, old.split(":")[4]):
        document = principals.renamed(policy.document, old, new)
        if document != policy.document:
            records.put_resource_policy(store, scope, policy._replace(document=document))


def _delivery(account: str) -> dict[str, Any]:
    return {
        "Sid": "AWSLogDeliveryWrite20150319",
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
