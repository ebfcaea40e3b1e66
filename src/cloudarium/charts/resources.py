"""Of which resources metrics are: what AWS calls their types, and how their ARNs begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cloudarium.shared.scope import Scope


class Kind(NamedTuple):
    """A type of resource: its metrics' namespace, the dimension that names it, and the beginning of its ARNs."""

    namespace: str
    dimension: str
    arns: str

    def beginning(self, scope: Scope) -> str:
        """What the ARNs of an account and region begin with; the resource's name follows."""
        return self.arns.format(region=scope.region, account=scope.account)


KINDS: Mapping[str, Kind] = {
    "AWS::Lambda::Function": Kind("AWS/Lambda", "FunctionName", "arn:aws:lambda:{region}:{account}:function:"),
    "AWS::DynamoDB::Table": Kind("AWS/DynamoDB", "TableName", "arn:aws:dynamodb:{region}:{account}:table/"),
    "AWS::SQS::Queue": Kind("AWS/SQS", "QueueName", "arn:aws:sqs:{region}:{account}:"),
    "AWS::SNS::Topic": Kind("AWS/SNS", "TopicName", "arn:aws:sns:{region}:{account}:"),
    "AWS::S3::Bucket": Kind("AWS/S3", "BucketName", "arn:aws:s3:::"),
    "AWS::Events::Rule": Kind("AWS/Events", "RuleName", "arn:aws:events:{region}:{account}:rule/"),
    "AWS::ApiGatewayV2::Api": Kind("AWS/ApiGateway", "ApiId", "arn:aws:apigateway:{region}::/apis/"),
    "AWS::Logs::LogGroup": Kind("AWS/Logs", "LogGroupName", "arn:aws:logs:{region}:{account}:log-group:"),
    "AWS::Cognito::UserPool": Kind("AWS/Cognito", "UserPool", "arn:aws:cognito-idp:{region}:{account}:userpool/"),
    "AWS::ElastiCache::CacheCluster": Kind(
        "AWS/ElastiCache", "CacheClusterId", "arn:aws:elasticache:{region}:{account}:cluster:"
    ),
}


def arn_of(scope: Scope, namespace: str, dimensions: Mapping[str, str]) -> str:
    """The ARN of the resource that a metric is of, empty for none that is known."""
    for kind in KINDS.values():
        if kind.namespace == namespace and kind.dimension in dimensions:
            return kind.beginning(scope) + dimensions[kind.dimension]
    return ""
