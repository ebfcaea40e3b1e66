"""AWS managed keys: `alias/aws/SERVICE`, one per account and region, made by the first call that names it.

Their ids follow from account, region and service, so that what a call touches is known before there is the key. Their
policies let every principal of the account use them through the service, and nobody but the service otherwise.
Source: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from cloudarium.shared.scope import Scope

PREFIX = "alias/aws/"
_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
_GRANTING = ("acm", "backup", "dynamodb", "ebs", "elasticfilesystem", "lambda", "rds", "ssm")


class Managed(NamedTuple):
    """A service with a managed key: its name in words, and the host in kms:ViaService where that is another."""

    words: str
    via: str = ""


SERVICES = {
    "acm": Managed("ACM"),
    "backup": Managed("AWS Backup"),
    "dynamodb": Managed("Amazon DynamoDB"),
    "ebs": Managed("EBS", "ec2"),
    "elasticfilesystem": Managed("EFS"),
    "es": Managed("Elasticsearch"),
    "fsx": Managed("Amazon FSx"),
    "glue": Managed("Glue"),
    "kinesis": Managed("Kinesis"),
    "lambda": Managed("AWS Lambda"),
    "rds": Managed("RDS"),
    "redshift": Managed("Redshift"),
    "s3": Managed("S3"),
    "secretsmanager": Managed("AWS Secrets Manager"),
    "ses": Managed("SES"),
    "sns": Managed("SNS"),
    "sqs": Managed("SQS"),
    "ssm": Managed("SSM"),
    "xray": Managed("AWS X-Ray"),
}


@lru_cache(maxsize=4096)
def key_id(scope: Scope, service: str) -> str:
    """The id of a service's key in an account and region."""
    digits = hashlib.sha256(f"{scope.account}:{scope.region}:{service}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def service_of(scope: Scope, id: str) -> str | None:
    """The service whose key has this id in an account and region, None for any other id."""
    return next((service for service in SERVICES if key_id(scope, service) == id), None)


def description(service: str) -> str:
    """What DescribeKey says the key is for."""
    return f"Default key that protects my {SERVICES[service].words} data when no other key is defined"


@lru_cache(maxsize=1024)
def policy(scope: Scope, service: str) -> str:
    """The policy of a service's key."""
    words, via = SERVICES[service]
    use = [*_USE, *(["kms:CreateGrant"] if service in _GRANTING else [])]
    document: dict[str, Any] = {
        "Version": "2012-10-17",
        "Id": f"auto-{service}-2",
        "Statement": [
            {
                "Sid": f"Allow access through {words} for all principals in the account that are authorized to use "
                f"{words}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": use,
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": f"{via or service}.{scope.region}.amazonaws.com",
                        "kms:CallerAccount": scope.account,
                    }
                },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{scope.account}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
