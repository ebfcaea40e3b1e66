"""What is there, room by room: the things that a stack makes or leaves, by CloudFormation's types and ids."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from cloudarium.cli.capstone.reach import Reach


class Thing(NamedTuple):
    """Something that is there: its CloudFormation type and id, what it is called, and what it belongs to."""

    kind: str
    id: str
    name: str
    owner: str = ""


class Listing(NamedTuple):
    """How a room tells what it has: an operation, and the JMESPath of [id, name, owner] in its answer."""

    service: str
    operation: str
    found: str
    given: dict[str, Any] = {}


_STACKS_TAG = "Tags[?Key=='aws:cloudformation:stack-name'].Value | [0]"
_NETWORK = f"{_STACKS_TAG}, VpcId"
_OWNED = {"OwnerIds": ["self"]}

LISTINGS = {
    "AWS::ApiGatewayV2::Api": Listing("apigatewayv2", "get_apis", "Items[].[ApiId, Name]"),
    "AWS::CloudWatch::Alarm": Listing(
        "cloudwatch", "describe_alarms", "[MetricAlarms, CompositeAlarms][].[AlarmName]",
        {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
    ),
    "AWS::CloudWatch::Dashboard": Listing("cloudwatch", "list_dashboards", "DashboardEntries[].[DashboardName]"),
    "AWS::Cognito::UserPool": Listing("cognito-idp", "list_user_pools", "UserPools[].[Id, Name]", {"MaxResults": 60}),
    "AWS::DynamoDB::Backup": Listing(
        "dynamodb", "list_backups", "BackupSummaries[].[BackupArn, BackupName, TableName]", {"BackupType": "ALL"}
    ),
    "AWS::DynamoDB::Table": Listing("dynamodb", "list_tables", "TableNames[].[@]"),
    "AWS::EC2::NetworkInterface": Listing(
        "ec2", "describe_network_interfaces", "NetworkInterfaces[].[NetworkInterfaceId, Description, VpcId]"
    ),
    "AWS::EC2::RouteTable": Listing("ec2", "describe_route_tables", f"RouteTables[].[RouteTableId, {_NETWORK}]"),
    "AWS::EC2::SecurityGroup": Listing("ec2", "describe_security_groups", f"SecurityGroups[].[GroupId, {_NETWORK}]"),
    "AWS::EC2::Subnet": Listing("ec2", "describe_subnets", f"Subnets[].[SubnetId, {_NETWORK}]"),
    "AWS::EC2::VPC": Listing("ec2", "describe_vpcs", f"Vpcs[].[VpcId, {_STACKS_TAG}]"),
    "AWS::EC2::VPCEndpoint": Listing("ec2", "describe_vpc_endpoints", f"VpcEndpoints[].[VpcEndpointId, {_NETWORK}]"),
    "AWS::ElastiCache::CacheCluster": Listing(
        "elasticache", "describe_cache_clusters", "CacheClusters[].[CacheClusterId, CacheClusterId, ReplicationGroupId]"
    ),
    "AWS::ElastiCache::ReplicationGroup": Listing(
        "elasticache", "describe_replication_groups", "ReplicationGroups[].[ReplicationGroupId]"
    ),
    "AWS::ElastiCache::Snapshot": Listing(
        "elasticache", "describe_snapshots", "Snapshots[].[SnapshotName, SnapshotName, ReplicationGroupId]"
    ),
    "AWS::ElastiCache::SubnetGroup": Listing(
        "elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups[].[CacheSubnetGroupName]"
    ),
    "AWS::ElastiCache::User": Listing("elasticache", "describe_users", "Users[].[UserId]"),
    "AWS::ElastiCache::UserGroup": Listing("elasticache", "describe_user_groups", "UserGroups[].[UserGroupId]"),
    "AWS::Events::EventBus": Listing("events", "list_event_buses", "EventBuses[].[Name]"),
    "AWS::Events::Rule": Listing("events", "list_rules", "Rules[].[Name]"),
    "AWS::IAM::Role": Listing("iam", "list_roles", "Roles[].[RoleName]"),
    "AWS::IAM::ManagedPolicy": Listing("iam", "list_policies", "Policies[].[Arn, PolicyName]", {"Scope": "Local"}),
    "AWS::KMS::Alias": Listing("kms", "list_aliases", "Aliases[].[AliasName]"),
    "AWS::Lambda::EventSourceMapping": Listing(
        "lambda", "list_event_source_mappings", "EventSourceMappings[].[UUID, FunctionArn]"
    ),
    "AWS::Lambda::Function": Listing("lambda", "list_functions", "Functions[].[FunctionName]"),
    "AWS::Lambda::LayerVersion": Listing("lambda", "list_layers", "Layers[].[LayerArn]"),
    "AWS::Logs::LogGroup": Listing("logs", "describe_log_groups", "logGroups[].[logGroupName]"),
    "AWS::S3::Bucket": Listing("s3", "list_buckets", "Buckets[].[Name]"),
    "AWS::Scheduler::Schedule": Listing("scheduler", "list_schedules", "Schedules[].[Name]"),
    "AWS::SecretsManager::Secret": Listing(
        "secretsmanager", "list_secrets", f"SecretList[].[ARN, {_STACKS_TAG}]", {"IncludePlannedDeletion": True}
    ),
    "AWS::SES::ConfigurationSet": Listing("sesv2", "list_configuration_sets", "ConfigurationSets[].[@]"),
    "AWS::SES::EmailIdentity": Listing("sesv2", "list_email_identities", "EmailIdentities[].[IdentityName, '-']"),
    "AWS::SES::Template": Listing("ses", "list_templates", "TemplatesMetadata[].[Name]"),
    "AWS::SNS::Subscription": Listing(  # one that nobody has confirmed has no ARN, and goes by itself
        "sns", "list_subscriptions", "Subscriptions[?starts_with(SubscriptionArn, 'arn:')].[SubscriptionArn, TopicArn]"
    ),
    "AWS::SNS::Topic": Listing("sns", "list_topics", "Topics[].[TopicArn]"),
    "AWS::SQS::Queue": Listing("sqs", "list_queues", "QueueUrls[].[@]"),
    "AWS::SSM::Parameter": Listing("ssm", "describe_parameters", "Parameters[].[Name]"),
}  # fmt: skip


# What stays when what it was made of goes.
COPIES = ("AWS::DynamoDB::Backup", "AWS::ElastiCache::Snapshot")


def things(reach: Reach, kinds: Collection[str] = LISTINGS.keys()) -> list[Thing]:
    """Everything of these types that is there."""
    found = []
    for kind in kinds:
        if kind in LISTINGS:
            service, operation, path, given = LISTINGS[kind]
            for row in reach.all(service, operation, path, **given):
                id, *more = row
                name, owner = [*more, "", ""][:2]
                found.append(Thing(kind, id, name or id, owner or ""))
    return found


def ids(reach: Reach, kinds: Iterable[str]) -> dict[str, set[str]]:
    """The ids of what is there, by type."""
    wanted = LISTINGS.keys() & set(kinds)
    found: dict[str, set[str]] = {kind: set() for kind in wanted}
    for thing in things(reach, wanted):
        found[thing.kind].add(thing.id)
    return found


def is_named_after(thing: Thing, stack: str, others: Collection[str] = ()) -> bool:
    """Whether a thing's name says that it is of the stack: /shop/api, shop-Orders-1A2B, /aws/lambda/shop-Orders.

    What is called after another of these stacks with a longer name (shop-prod) is that one's.
    """
    own, parts = stack.lower(), re.split(r"[/:]", thing.name.lower())
    if not any(part == own or part.startswith(f"{own}-") for part in parts):
        return False
    return not any(other.lower().startswith(f"{own}-") and is_named_after(thing, other) for other in others)
