"""Line 4: alarms watch errors and latency, and somebody is told."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, NamedTuple

from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.lines.own_policies import topic_policy
from cloudarium.cli.capstone.lines.resolved import fits
from cloudarium.cli.capstone.stack import Stack

_DEPLOY = "an alarm that was changed or deleted by hand comes back with: cloudarium capstone down, then up"
_PUT_BACK = "aws sns set-topic-attributes --attribute-name Policy …, or cloudarium capstone down, then up"


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """The API's errors and latency, each function that no caller waits for, and the dead letters are watched."""
    alarms = _alarms(stack)
    watched: dict[str, list[str]] = {}
    for wanted in _wanted(stack):
        watching = [each["AlarmName"] for each in alarms if _watches(each, wanted)]
        for name in watching:
            watched.setdefault(name, []).append(wanted.what)
        if not watching:
            found.breaks(f"no alarm watches {wanted.what}", _DEPLOY)
    useful = [each for each in alarms if each["AlarmName"] in watched]
    for each in useful:
        _must_tell(each, found)
        _as_written(stack, each, found)
        found.saw(f"{each['AlarmName']} watches {', '.join(watched[each['AlarmName']])}: {_when(each)}")
    topics = {action for each in useful for action in each["AlarmActions"]}
    told = sorted({address for topic in sorted(topics) for address in _told(stack, topic, found)})
    found.sum = f"{len(useful)} alarms on errors, latency and dead letters tell {', '.join(told) or 'nobody'}"


def _alarms(stack: Stack) -> list[dict[str, Any]]:
    """The stack's alarms that are still there."""
    own = set(stack.ids("AWS::CloudWatch::Alarm"))
    return [
        each for each in stack.reach.all("cloudwatch", "describe_alarms", "MetricAlarms") if each["AlarmName"] in own
    ]


class Watched(NamedTuple):
    """What has to be watched: in words, and as namespace, names of metrics (one will do) and dimension."""

    what: str
    namespace: str
    names: tuple[str, ...]
    dimension: tuple[str, str]


def _wanted(stack: Stack) -> list[Watched]:
    wanted = []
    for api in stack.ids("AWS::ApiGatewayV2::Api"):
        wanted.append(Watched("the API's errors", "AWS/ApiGateway", ("5xx",), ("ApiId", api)))
        wanted.append(Watched("the API's latency", "AWS/ApiGateway", ("Latency", "IntegrationLatency"), ("ApiId", api)))
    for function in _behind_the_scenes(stack):
        wanted.append(Watched(f"errors of {function}", "AWS/Lambda", ("Errors",), ("FunctionName", function)))
    for queue in _dead_letters(stack):
        what = f"the dead letters in {queue}"
        wanted.append(Watched(what, "AWS/SQS", ("ApproximateNumberOfMessagesVisible",), ("QueueName", queue)))
    return wanted


def _behind_the_scenes(stack: Stack) -> list[str]:
    """The functions that no route leads to: nobody sees their errors. Those that serve a deployment fail it."""
    integrations = [
        uri
        for api in stack.ids("AWS::ApiGatewayV2::Api")
        for uri in stack.reach.all("apigatewayv2", "get_integrations", "Items[].IntegrationUri", ApiId=api)
    ]
    custom = json.dumps([each for each in stack.processed["Resources"].values() if each["Type"].startswith("Custom::")])
    return [
        each["FunctionName"]
        for each in stack.functions
        if not any(each["FunctionArn"] in uri for uri in integrations)
        and f'"{stack.logical(each["FunctionName"])}"' not in custom
    ]


def _dead_letters(stack: Stack) -> list[str]:
    """The queues that other queues of the stack redrive to."""
    attributes = partial(stack.reach("sqs").get_queue_attributes, AttributeNames=["RedrivePolicy"])
    policies = [
        attributes(QueueUrl=url).get("Attributes", {}).get("RedrivePolicy") for url in stack.ids("AWS::SQS::Queue")
    ]
    return sorted({json.loads(each)["deadLetterTargetArn"].rpartition(":")[2] for each in policies if each})


def _watches(alarm: dict[str, Any], wanted: Watched) -> bool:
    metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for metric in metrics or [alarm]:
        dimensions = {(each["Name"], each["Value"]) for each in metric.get("Dimensions", [])}
        is_named = metric.get("Namespace") == wanted.namespace and metric.get("MetricName") in wanted.names
        if is_named and wanted.dimension in dimensions:
            return True
    return False


_HOW = (
    "Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "EvaluationPeriods", "DatapointsToAlarm",
    "Threshold", "ComparisonOperator", "TreatMissingData", "Dimensions",
)  # fmt: skip


def _as_written(stack: Stack, alarm: dict[str, Any], found: Found) -> None:
    """It goes off when the template says: a threshold that nothing reaches watches nothing."""
    wanted = stack.processed["Resources"].get(stack.logical(alarm["AlarmName"]), {}).get("Properties", {})
    changed = [name for name in _HOW if name in wanted and not fits(wanted[name], alarm.get(name), stack.names)]
    there = {each["Id"]: each for each in alarm.get("Metrics", [])}
    for metric in wanted.get("Metrics", []):
        if not all(fits(value, there.get(metric["Id"], {}).get(key), stack.names) for key, value in metric.items()):
            changed.append(f"the metric {metric['Id']}")
    for name in changed:
        now = f" {alarm[name]}" if name in alarm else ""
        found.breaks(f"{alarm['AlarmName']} is not as the template has it: {name}{now}", _DEPLOY)


_SIGNS = {
    "GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": "≥", "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}  # fmt: skip


def _when(alarm: dict[str, Any]) -> str:
    how = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "a sum of metrics"
    sign = _SIGNS.get(alarm["ComparisonOperator"], alarm["ComparisonOperator"])
    return f"{how} {sign} {alarm.get('Threshold', 0):g}, now {alarm['StateValue']}"


# ---- Who is told ----------------------------------------------------------------------------------------------------


def _must_tell(alarm: dict[str, Any], found: Found) -> None:
    name = alarm["AlarmName"]
    if not alarm["ActionsEnabled"]:
        found.breaks(f"{name} may not act", f"aws cloudwatch enable-alarm-actions --alarm-names {name}")
    elif not alarm["AlarmActions"]:
        found.breaks(f"{name} tells nobody", "give it a topic in AlarmActions")


def _told(stack: Stack, topic: str, found: Found) -> list[str]:
    """Who hears what alarms tell a topic."""
    from botocore.exceptions import ClientError

    try:
        attributes = stack.reach("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
        subscriptions = stack.reach.all("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
    except ClientError as error:
        found.breaks(f"alarms tell {topic}, which does not answer: {error}", "cloudarium capstone down, then up")
        return []
    if not any(map(_lets_alarms_in, json.loads(attributes.get("Policy", '{"Statement": []}'))["Statement"])):
        found.breaks(
            f"the policy of {topic} does not let CloudWatch publish",
            "an AWS::SNS::TopicPolicy that allows sns:Publish to cloudwatch.amazonaws.com",
        )
    else:
        for told in topic_policy(stack, topic, attributes["Policy"], stack.names):
            found.breaks(f"the policy of {topic} is not as the template has it: {told}", _PUT_BACK)
    reached = [each for each in subscriptions if each["SubscriptionArn"].startswith("arn:")]
    confirmed = [each["Endpoint"] for each in reached if not _is_filtered(stack, each["SubscriptionArn"])]
    if reached and not confirmed:
        found.breaks(
            f"a filter lets no alarm through to {reached[0]['Endpoint']}: alarms carry no attributes",
            "a subscription of AlarmTopic without a FilterPolicy",
        )
    elif not confirmed:
        found.breaks(f"nobody has confirmed to be told by {topic}", "follow the link in the mail: cloudarium mail")
    found.saw(f"{topic} tells {', '.join(confirmed) or 'nobody'}")
    return confirmed


def _is_filtered(stack: Stack, subscription: str) -> bool:
    """Whether a subscription hears only messages with attributes, which alarms' messages have none of."""
    given = stack.reach("sns").get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    return (
        json.loads(given.get("FilterPolicy") or "{}") != {}
        and given.get("FilterPolicyScope", "MessageAttributes") != "MessageBody"
    )


def _lets_alarms_in(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    owner = principal == "*" or (isinstance(principal, dict) and principal.get("AWS") == "*")  # SNS's own default
    actions = [each.lower() for each in _listed(statement.get("Action", []))]
    return (
        statement["Effect"] == "Allow"
        and ("cloudwatch.amazonaws.com" in _listed(services) or owner)
        and bool({"sns:publish", "sns:*"} & set(actions))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
