"""The resources that have tags, and the calls by which each is made, tagged, read and deleted."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

Tags = dict[str, str]
Ask = tuple[str, dict[str, Any]]  # a method of the client and its arguments
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


def pairs(tags: Tags) -> list[dict[str, str]]:
    """[{"Key": …, "Value": …}]."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def key_pairs(tags: Tags) -> list[dict[str, str]]:
    """[{"TagKey": …, "TagValue": …}], as KMS has them."""
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]


class At(NamedTuple):
    """Where a resource is to be: the account, and a name that is nobody else's in it."""

    account: str
    name: str


def _some(tags: Tags) -> dict[str, Any]:
    return {"Tags": pairs(tags)}


_ALARM = {
    "Namespace": "shop", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


@dataclass(frozen=True)
class Taggable:
    """One kind of resource.

    `create(at, tags)` is the call that makes it, `ref(answer, at)` what later calls name it by; `tag`, `untag` and
    the `others` (read, delete, …) are calls on that. `form` gives tags as the service takes them.
    """

    service: str
    create: Callable[[At, Tags], Ask]
    ref: Callable[[Any, At], Any]
    tag: Callable[[Any, Tags], Ask]
    untag: Callable[[Any, list[str]], Ask]
    others: tuple[Callable[[Any], Ask], ...]
    keys: tuple[str, ...] = ("aws:ResourceTag",)


def _mail(noun: str, member: str, kind: str, create: dict[str, Any], ending: str = "") -> Taggable:
    def ref(_: Any, at: At) -> tuple[str, str]:
        return at.name + ending, f"arn:aws:ses:us-east-1:{at.account}:{kind}/{at.name}{ending}"

    return Taggable(
        "sesv2",
        lambda at, tags: (f"create_{noun}", {member: at.name + ending, **create, **(_some(tags) if tags else {})}),
        ref,
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref[1], "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref[1], "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceArn": ref[1]}),
            lambda ref: (f"get_{noun}", {member: ref[0]}),
            lambda ref: (f"delete_{noun}", {member: ref[0]}),
        ),
    )


def _iam(noun: str, named: str, create: dict[str, Any], by_arn: bool = False) -> Taggable:
    given = f"{noun}Name" if noun != "OpenIDConnectProvider" else "Url"
    member = f"{named}Arn" if by_arn else f"{named}Name"
    method = {
        "User": "user", "Role": "role", "Policy": "policy", "InstanceProfile": "instance_profile",
        "OpenIDConnectProvider": "open_id_connect_provider",
    }[noun]  # fmt: skip

    def name_of(name: str) -> str:
        return f"https://{name}.example.com" if given == "Url" else name

    def ref(answer: Any, at: At) -> Any:
        if not by_arn:
            return at.name
        return answer["Policy"]["Arn"] if noun == "Policy" else answer["OpenIDConnectProviderArn"]

    return Taggable(
        "iam",
        lambda at, tags: (f"create_{method}", {given: name_of(at.name), "Tags": pairs(tags), **create}),
        ref,
        lambda ref, tags: (f"tag_{method}", {member: ref, "Tags": pairs(tags)}),
        lambda ref, keys: (f"untag_{method}", {member: ref, "TagKeys": keys}),
        (
            lambda ref: (f"get_{method}", {member: ref}),
            lambda ref: (f"list_{method}_tags", {member: ref}),
            lambda ref: (f"delete_{method}", {member: ref}),
        ),
        ("aws:ResourceTag", "iam:ResourceTag") if noun in ("User", "Role") else ("aws:ResourceTag",),
    )


def _table(at: At, tags: Tags) -> Ask:
    return "create_table", {
        "TableName": at.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "Tags": pairs(tags),
    }


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return event")
    return buffer.getvalue()


def new_function(at: At, tags: Tags) -> Ask:
    return "create_function", {
        "FunctionName": at.name,
        "Role": f"arn:aws:iam::{at.account}:role/runs",
        "Runtime": "python3.11",
        "Handler": "main.handler",
        "Code": {"ZipFile": _code()},
        "Tags": tags,
    }


def _document(name: str, tags: Tags) -> str:
    return json.dumps(
        {
            "openapi": "3.0.1",
            "info": {"title": name, "version": "1"},
            "paths": {},
            "tags": [{"name": key, "x-amazon-apigateway-tag-value": value} for key, value in tags.items()],
        }
    )


def _api(arn: str) -> str:
    return arn.rsplit("/", 1)[1]


_EMPTY_STACK = json.dumps({"Resources": {"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
_API_OTHERS: tuple[Callable[[Any], Ask], ...] = (
    lambda ref: ("get_api", {"ApiId": _api(ref)}),
    lambda ref: ("get_tags", {"ResourceArn": ref}),
    lambda ref: ("update_api", {"ApiId": _api(ref), "Description": "x"}),
    lambda ref: ("get_routes", {"ApiId": _api(ref)}),
    lambda ref: ("create_route", {"ApiId": _api(ref), "RouteKey": "GET /x"}),
    lambda ref: ("delete_api", {"ApiId": _api(ref)}),
)


def _api_arn(answer: Any, _at: At) -> str:
    return f"arn:aws:apigateway:us-east-1::/apis/{answer['ApiId']}"


def _network(kind: str, tags: Tags) -> dict[str, Any]:
    """Tags as EC2 takes them for a new thing."""
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs(tags)}]} if tags else {}


def _of_ec2(kind: str, create: Callable[[At], Ask], made: str, id: str, others: tuple[str, ...]) -> Taggable:
    """A kind of thing of EC2: `made` is the output member with what is made, `others` take its id."""
    nested = made != id

    def ask(at: At, tags: Tags) -> Ask:
        method, given = create(at)
        return method, {**given, **_network(kind, tags)}

    def by_id(method: str) -> Callable[[Any], Ask]:
        return lambda ref: (method, {id: ref})

    return Taggable(
        "ec2",
        ask,
        lambda answer, _: answer[made][id] if nested else answer[id],
        lambda ref, tags: ("create_tags", {"Resources": [ref], "Tags": pairs(tags)}),
        lambda ref, keys: ("delete_tags", {"Resources": [ref], "Tags": [{"Key": key} for key in keys]}),
        tuple(by_id(method) for method in others),
        ("aws:ResourceTag", "ec2:ResourceTag"),
    )


TAGGABLES = {
    "security group": _of_ec2(
        "security-group",
        lambda at: ("create_security_group", {"GroupName": at.name, "Description": "d"}),
        "GroupId",
        "GroupId",
        ("authorize_security_group_ingress", "delete_security_group"),
    ),
    "dhcp options": _of_ec2(
        "dhcp-options",
        lambda at: ("create_dhcp_options", {"DhcpConfigurations": [{"Key": "domain-name", "Values": [at.name]}]}),
        "DhcpOptions",
        "DhcpOptionsId",
        ("delete_dhcp_options",),
    ),
    "iam user": _iam("User", "User", {}),
    "iam role": _iam("Role", "Role", {"AssumeRolePolicyDocument": TRUST}),
    "iam policy": _iam("Policy", "Policy", {"PolicyDocument": NOTHING}, by_arn=True),
    "iam instance profile": _iam("InstanceProfile", "InstanceProfile", {}),
    "iam oidc provider": _iam(
        "OpenIDConnectProvider", "OpenIDConnectProvider", {"ThumbprintList": ["0" * 40]}, by_arn=True
    ),
    "dynamodb table": Taggable(
        "dynamodb",
        _table,
        lambda answer, _: answer["TableDescription"]["TableArn"],
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref, "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags_of_resource", {"ResourceArn": ref}),
            lambda ref: ("describe_table", {"TableName": ref}),
            lambda ref: ("put_item", {"TableName": ref, "Item": {"pk": {"S": "x"}}}),
            lambda ref: ("scan", {"TableName": ref}),
            lambda ref: ("scan", {"TableName": ref, "IndexName": "any"}),
            lambda ref: ("batch_get_item", {"RequestItems": {ref: {"Keys": [{"pk": {"S": "x"}}]}}}),
            lambda ref: (
                "transact_write_items",
                {"TransactItems": [{"Delete": {"TableName": ref, "Key": {"pk": {"S": "x"}}}}]},
            ),
            lambda ref: ("delete_table", {"TableName": ref}),
        ),
    ),
    "log group": Taggable(
        "logs",
        lambda at, tags: ("create_log_group", {"logGroupName": at.name, **({"tags": tags} if tags else {})}),
        lambda _, at: at.name,
        lambda ref, tags: ("tag_log_group", {"logGroupName": ref, "tags": tags}),
        lambda ref, keys: ("untag_log_group", {"logGroupName": ref, "tags": keys}),
        (
            lambda ref: ("list_tags_log_group", {"logGroupName": ref}),
            lambda ref: ("describe_log_streams", {"logGroupName": ref}),
            lambda ref: ("create_log_stream", {"logGroupName": ref, "logStreamName": "s"}),
            lambda ref: ("put_retention_policy", {"logGroupName": ref, "retentionInDays": 1}),
            lambda ref: ("delete_log_group", {"logGroupName": ref}),
        ),
    ),
    "log group by ARN": Taggable(
        "logs",
        lambda at, tags: ("create_log_group", {"logGroupName": at.name, **({"tags": tags} if tags else {})}),
        lambda _, at: f"arn:aws:logs:us-east-1:{at.account}:log-group:{at.name}",
        lambda ref, tags: ("tag_resource", {"resourceArn": ref, "tags": tags}),
        lambda ref, keys: ("untag_resource", {"resourceArn": ref, "tagKeys": keys}),
        (lambda ref: ("list_tags_for_resource", {"resourceArn": ref}),),
    ),
    "function": Taggable(
        "lambda",
        new_function,
        lambda answer, _: answer["FunctionArn"],
        lambda ref, tags: ("tag_resource", {"Resource": ref, "Tags": tags}),
        lambda ref, keys: ("untag_resource", {"Resource": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags", {"Resource": ref}),
            lambda ref: ("get_function", {"FunctionName": ref}),
            lambda ref: ("get_function_configuration", {"FunctionName": ref, "Qualifier": "$LATEST"}),
            lambda ref: ("get_policy", {"FunctionName": ref, "Qualifier": "1"}),
            lambda ref: ("delete_function", {"FunctionName": ref}),
        ),
    ),
    "http api": Taggable(
        "apigatewayv2",
        lambda at, tags: ("create_api", {"Name": at.name, "ProtocolType": "HTTP", "Tags": tags}),
        _api_arn,
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref, "Tags": tags}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref, "TagKeys": keys}),
        _API_OTHERS,
    ),
    "http api by import": Taggable(
        "apigatewayv2",
        lambda at, tags: ("import_api", {"Body": _document(at.name, tags)}),
        _api_arn,
        lambda ref, tags: ("reimport_api", {"ApiId": _api(ref), "Body": _document("x", tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref, "TagKeys": keys}),
        (lambda ref: ("export_api", {"ApiId": _api(ref), "Specification": "OAS30", "OutputType": "JSON"}),),
    ),
    "user pool": Taggable(
        "cognito-idp",
        lambda at, tags: ("create_user_pool", {"PoolName": at.name, "UserPoolTags": tags}),
        lambda answer, _: answer["UserPool"]["Arn"],
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref, "Tags": tags}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceArn": ref}),
            lambda ref: ("describe_user_pool", {"UserPoolId": ref.rpartition("/")[2]}),
            lambda ref: ("list_users", {"UserPoolId": ref.rpartition("/")[2]}),
            lambda ref: ("delete_user_pool", {"UserPoolId": ref.rpartition("/")[2]}),
        ),
    ),
    "identity pool": Taggable(
        "cognito-identity",
        lambda at, tags: (
            "create_identity_pool",
            {"IdentityPoolName": at.name, "AllowUnauthenticatedIdentities": True, "IdentityPoolTags": tags},
        ),
        lambda answer, at: f"arn:aws:cognito-identity:us-east-1:{at.account}:identitypool/{answer['IdentityPoolId']}",
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref, "Tags": tags}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceArn": ref}),
            lambda ref: ("describe_identity_pool", {"IdentityPoolId": ref.rpartition("/")[2]}),
            lambda ref: ("list_identities", {"IdentityPoolId": ref.rpartition("/")[2], "MaxResults": 10}),
            lambda ref: ("delete_identity_pool", {"IdentityPoolId": ref.rpartition("/")[2]}),
        ),
    ),
    "parameter": Taggable(
        "ssm",
        lambda at, tags: (
            "put_parameter",
            {"Name": f"/{at.name}", "Type": "String", "Value": "x", "Tags": pairs(tags)},
        ),
        lambda _, at: f"/{at.name}",
        lambda ref, tags: (
            "add_tags_to_resource",
            {"ResourceType": "Parameter", "ResourceId": ref, "Tags": pairs(tags)},
        ),
        lambda ref, keys: (
            "remove_tags_from_resource",
            {"ResourceType": "Parameter", "ResourceId": ref, "TagKeys": keys},
        ),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": ref}),
            lambda ref: ("get_parameter", {"Name": ref}),
            lambda ref: ("get_parameters", {"Names": [ref]}),
            lambda ref: ("get_parameter_history", {"Name": ref}),
            lambda ref: ("label_parameter_version", {"Name": ref, "Labels": ["l"]}),
            lambda ref: ("delete_parameters", {"Names": [ref]}),
            lambda ref: ("delete_parameter", {"Name": ref}),
        ),
        ("aws:ResourceTag", "ssm:resourceTag"),
    ),
    "organization policy": Taggable(
        "organizations",
        lambda at, tags: (
            "create_policy",
            {"Name": at.name, "Description": "d", "Type": "SERVICE_CONTROL_POLICY", "Content": NOTHING, **_some(tags)},
        ),
        lambda answer, _: answer["Policy"]["PolicySummary"]["Id"],
        lambda ref, tags: ("tag_resource", {"ResourceId": ref, "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceId": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceId": ref}),
            lambda ref: ("describe_policy", {"PolicyId": ref}),
            lambda ref: ("delete_policy", {"PolicyId": ref}),
        ),
    ),
    "stack": Taggable(
        "cloudformation",
        lambda at, tags: (
            "create_stack",
            {"StackName": at.name, "TemplateBody": _EMPTY_STACK, "Tags": pairs(tags)},
        ),
        lambda answer, _: answer["StackId"],
        lambda ref, tags: ("update_stack", {"StackName": ref, "UsePreviousTemplate": True, "Tags": pairs(tags)}),
        lambda ref, keys: ("describe_stacks", {"StackName": ref}),
        (
            lambda ref: ("describe_stacks", {"StackName": ref}),
            lambda ref: ("get_template", {"StackName": ref}),
            lambda ref: ("list_stack_resources", {"StackName": ref}),
            lambda ref: ("delete_stack", {"StackName": ref}),
        ),
    ),
    "key": Taggable(
        "kms",
        lambda at, tags: ("create_key", {"Tags": key_pairs(tags)} if tags else {}),
        lambda answer, _: answer["KeyMetadata"]["KeyId"],
        lambda ref, tags: ("tag_resource", {"KeyId": ref, "Tags": key_pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"KeyId": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_resource_tags", {"KeyId": ref}),
            lambda ref: ("describe_key", {"KeyId": ref}),
            lambda ref: ("encrypt", {"KeyId": ref, "Plaintext": b"x"}),
            lambda ref: ("schedule_key_deletion", {"KeyId": ref}),
        ),
    ),
    "parameter-group": Taggable(
        "elasticache",
        lambda at, tags: (
            "create_cache_parameter_group",
            {
                "CacheParameterGroupName": at.name,
                "CacheParameterGroupFamily": "valkey8",
                "Description": "d",
                **(_some(tags) if tags else {}),
            },
        ),
        lambda answer, at: (at.name, f"arn:aws:elasticache:us-east-1:{at.account}:parametergroup:{at.name}"),
        lambda ref, tags: ("add_tags_to_resource", {"ResourceName": ref[1], "Tags": pairs(tags)}),
        lambda ref, keys: ("remove_tags_from_resource", {"ResourceName": ref[1], "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceName": ref[1]}),
            lambda ref: ("describe_cache_parameters", {"CacheParameterGroupName": ref[0]}),
            lambda ref: ("delete_cache_parameter_group", {"CacheParameterGroupName": ref[0]}),
        ),
    ),
    "queue": Taggable(
        "sqs",
        lambda at, tags: ("create_queue", {"QueueName": at.name, **({"tags": tags} if tags else {})}),
        lambda answer, _: answer["QueueUrl"],
        lambda ref, tags: ("tag_queue", {"QueueUrl": ref, "Tags": tags}),
        lambda ref, keys: ("untag_queue", {"QueueUrl": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_queue_tags", {"QueueUrl": ref}),
            lambda ref: ("send_message", {"QueueUrl": ref, "MessageBody": "x"}),
            lambda ref: ("receive_message", {"QueueUrl": ref}),
            lambda ref: ("delete_queue", {"QueueUrl": ref}),
        ),
    ),
    "secret": Taggable(
        "secretsmanager",
        lambda at, tags: ("create_secret", {"Name": at.name, "SecretString": "x", "Tags": pairs(tags)}),
        lambda answer, _: answer["ARN"],
        lambda ref, tags: ("tag_resource", {"SecretId": ref, "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"SecretId": ref, "TagKeys": keys}),
        (
            lambda ref: ("describe_secret", {"SecretId": ref}),
            lambda ref: ("get_secret_value", {"SecretId": ref}),
            lambda ref: ("put_secret_value", {"SecretId": ref, "SecretString": "y"}),
            lambda ref: ("delete_secret", {"SecretId": ref}),
        ),
        ("aws:ResourceTag", "secretsmanager:ResourceTag"),
    ),
    "topic": Taggable(
        "sns",
        lambda at, tags: ("create_topic", {"Name": at.name, "Tags": pairs(tags)}),
        lambda answer, _: answer["TopicArn"],
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref, "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceArn": ref}),
            lambda ref: ("publish", {"TopicArn": ref, "Message": "x"}),
            lambda ref: ("get_topic_attributes", {"TopicArn": ref}),
            lambda ref: ("delete_topic", {"TopicArn": ref}),
        ),
    ),
    "rule": Taggable(
        "events",
        lambda at, tags: ("put_rule", {"Name": at.name, "EventPattern": '{"source": ["x"]}', **_some(tags)}),
        lambda answer, at: (answer["RuleArn"], at.name),
        lambda ref, tags: ("tag_resource", {"ResourceARN": ref[0], "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceARN": ref[0], "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceARN": ref[0]}),
            lambda ref: ("describe_rule", {"Name": ref[1]}),
            lambda ref: ("disable_rule", {"Name": ref[1]}),
            lambda ref: ("delete_rule", {"Name": ref[1]}),
        ),
    ),
    "schedule-group": Taggable(
        "scheduler",
        lambda at, tags: ("create_schedule_group", {"Name": at.name, **(_some(tags) if tags else {})}),
        lambda answer, at: (answer["ScheduleGroupArn"], at.name),
        lambda ref, tags: ("tag_resource", {"ResourceArn": ref[0], "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceArn": ref[0], "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceArn": ref[0]}),
            lambda ref: ("get_schedule_group", {"Name": ref[1]}),
            lambda ref: ("delete_schedule_group", {"Name": ref[1]}),
        ),
    ),
    "event-bus": Taggable(
        "events",
        lambda at, tags: ("create_event_bus", {"Name": at.name, **_some(tags)}),
        lambda answer, at: (answer["EventBusArn"], at.name),
        lambda ref, tags: ("tag_resource", {"ResourceARN": ref[0], "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceARN": ref[0], "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceARN": ref[0]}),
            lambda ref: ("describe_event_bus", {"Name": ref[1]}),
            lambda ref: ("update_event_bus", {"Name": ref[1], "Description": "d"}),
            lambda ref: ("delete_event_bus", {"Name": ref[1]}),
        ),
    ),
    "trace-group": Taggable(
        "xray",
        lambda at, tags: ("create_group", {"GroupName": at.name[:32], **_some(tags)}),
        lambda answer, at: answer["Group"]["GroupARN"],
        lambda ref, tags: ("tag_resource", {"ResourceARN": ref, "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceARN": ref, "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceARN": ref}),
            lambda ref: ("get_group", {"GroupARN": ref}),
            lambda ref: ("update_group", {"GroupARN": ref, "FilterExpression": "ok"}),
            lambda ref: ("delete_group", {"GroupARN": ref}),
        ),
    ),
    "alarm": Taggable(
        "cloudwatch",
        lambda at, tags: ("put_metric_alarm", {**_ALARM, "AlarmName": at.name, **_some(tags)}),
        lambda _, at: (f"arn:aws:cloudwatch:us-east-1:{at.account}:alarm:{at.name}", at.name),
        lambda ref, tags: ("tag_resource", {"ResourceARN": ref[0], "Tags": pairs(tags)}),
        lambda ref, keys: ("untag_resource", {"ResourceARN": ref[0], "TagKeys": keys}),
        (
            lambda ref: ("list_tags_for_resource", {"ResourceARN": ref[0]}),
            lambda ref: ("set_alarm_state", {"AlarmName": ref[1], "StateValue": "OK", "StateReason": "r"}),
            lambda ref: ("disable_alarm_actions", {"AlarmNames": [ref[1]]}),
            lambda ref: ("delete_alarms", {"AlarmNames": [ref[1]]}),
        ),
    ),
    "mail-set": _mail("configuration_set", "ConfigurationSetName", "configuration-set", {}),
    "mail-template": _mail("email_template", "TemplateName", "template", {"TemplateContent": {"Subject": "s"}}),
    "mail-identity": _mail("email_identity", "EmailIdentity", "identity", {}, "@example.com"),
}
