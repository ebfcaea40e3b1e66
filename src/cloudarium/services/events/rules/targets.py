"""Which targets there are, and what each of them needs."""

from __future__ import annotations

import re
from typing import Any

from cloudarium.services.events import errors
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope

_ARN = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:.+", re.ASCII | re.DOTALL)
_BUILT = {"lambda", "sqs", "sns", "logs", "event-bus", "api-destination", "execute-api"}
# What AWS takes besides. Any other service's ARN is "not in correct format" to it, a bucket's too.
# Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
_OTHERS = {
    "appsync", "batch", "codebuild", "codepipeline", "ec2", "ecs", "firehose", "glue", "imagebuilder", "inspector",
    "kinesis", "redshift", "redshift-serverless", "sagemaker", "ssm", "ssm-incidents", "states",
}  # fmt: skip
_PARAMETERS = (
    "KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "RedshiftDataParameters",
    "SageMakerPipelineParameters", "AppSyncParameters",
)  # fmt: skip


def kind(arn: str) -> str:
    """What kind of target an ARN is: the service's name, or event-bus and api-destination of EventBridge itself."""
    parsed = arns.parse(arn)
    if parsed is None:
        return ""
    return parsed.resource.partition("/")[0] if parsed.service == "events" else parsed.service


def by_http(target: dict[str, Any]) -> bool:
    """Whether a target is asked over HTTP, so that it may keep whoever asks waiting."""
    return kind(target["Arn"]) in ("api-destination", "execute-api")


def check(target: dict[str, Any], own: Scope) -> None:
    """Raise ValidationException for a target that cannot be one; NotBuilt for kinds that are not built."""
    arn, id = target["Arn"], target["Id"]
    parsed = arns.parse(arn) if _ARN.fullmatch(arn) else None
    found = kind(arn)
    if parsed is None or found not in _BUILT | _OTHERS:
        raise errors.Invalid.parameter(arn, "Provided Arn is not in correct format.")
    for name in _PARAMETERS:
        if target.get(name) is not None:
            raise NotBuilt(f"events targets with {name}")
    if found not in _BUILT:
        raise NotBuilt(f"events targets of the kind {found}")
    if found == "sqs" and parsed.resource.endswith(".fifo"):
        if not (target.get("SqsParameters") or {}).get("MessageGroupId"):
            raise errors.Invalid(f"Parameter(s) SqsParameters must be specified for target: {id}.")
    elif target.get("SqsParameters") is not None and found != "sqs":
        raise errors.Invalid(f"Parameter(s) SqsParameters is not valid for target: {id}.")
    if target.get("HttpParameters") is not None and found not in ("api-destination", "execute-api"):
        raise errors.Invalid(f"Parameter(s) HttpParameters is not valid for target: {id}.")
    same = parsed.account == own.account
    if not target.get("RoleArn") and (found in ("api-destination", "execute-api") or (found == "event-bus" and same)):
        raise errors.Invalid(f"RoleArn is required for target {arn}.")
    if found == "event-bus" and not same and any(target.get(n) for n in ("Input", "InputPath", "InputTransformer")):
        raise errors.Invalid(f"Input, InputPath and InputTransformer are not available for target: {id}.")
    _check_dead_letters(target, own)


def _check_dead_letters(target: dict[str, Any], own: Scope) -> None:
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead is None:
        return
    place = arns.parse(dead)
    if place is None or place.service != "sqs":
        raise errors.Invalid.parameter("DeadLetterConfig.Arn", "Provided Arn is not in correct format.")
    if place.resource.endswith(".fifo"):
        raise errors.Invalid.parameter("DeadLetterConfig.Arn", "Dead letter queues must be standard queues.")
    if place.region != own.region:
        raise errors.Invalid.parameter("DeadLetterConfig.Arn", "The dead letter queue must be in the rule's region.")
