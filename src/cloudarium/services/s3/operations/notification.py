"""The notification configuration: which functions, queues and topics are told of which events."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.s3 import errors, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.rules import notifications
from cloudarium.services.s3.sending import send
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError


@operation("PutBucketNotificationConfiguration", on=resources.bucket)
async def put_bucket_notification_configuration(call: Call) -> dict[str, Any]:
    """Replace the configuration, once every destination let S3 in; queues and topics get a test event."""
    bucket = buckets.of(call)
    given = call.input.get("NotificationConfiguration")
    if given is None:
        raise errors.MalformedXml()
    configuration = notifications.check(given)
    notifications.check_region(configuration, bucket.region)
    if not call.input.get("SkipDestinationValidation"):
        await _check_destinations(call, bucket, configuration)
    with call.transaction():
        bucket = buckets.of(call)
        buckets.configure(call.store, bucket, "notification", configuration or None)
    return {}


async def _check_destinations(call: Call, bucket: Bucket, configuration: dict[str, Any]) -> None:
    refused: dict[str, str] = {}
    for arn, kind in notifications.destinations(configuration).items():
        problem = await _CHECKS[kind.service](call, bucket, arn)
        if problem is not None:
            place = len(refused) // 2 + 1
            refused[f"ArgumentName{place}"] = f"{arn}, null" if kind.service == "lambda" else arn
            refused[f"ArgumentValue{place}"] = problem
    if refused:
        raise errors.InvalidArgument("Unable to validate the following destination configurations", **refused)


async def _check_function(call: Call, bucket: Bucket, arn: str) -> str | None:
    try:
        await call.send(
            "lambda",
            "Invoke",
            {"FunctionName": arn, "InvocationType": "DryRun"},
            as_=Principal.service("s3.amazonaws.com", bucket.account),
            context={"aws:SourceArn": bucket.arn, "aws:SourceAccount": bucket.account},
            scope=bucket.scope,
        )
    except AwsError:
        return f"Not authorized to invoke function [{arn}]"
    return None


async def _check_queue(call: Call, bucket: Bucket, arn: str) -> str | None:
    place = arns.parse(arn)
    assert place is not None
    try:  # whether S3 may send there is its policy's to say
        await call.cloud.queue_url(call, place)
    except AwsError:
        return "The destination queue does not exist"
    return await _try(call, bucket, arn, "queue")


async def _check_topic(call: Call, bucket: Bucket, arn: str) -> str | None:
    return await _try(call, bucket, arn, "topic")


async def _try(call: Call, bucket: Bucket, arn: str, kind: str) -> str | None:
    said = notifications.trial(bucket.name, call.now, call.request_id)
    try:
        await send(call, bucket.name, bucket.account, arn, said)
    except AwsError as error:
        if "NotFound" in error.code:
            return f"The destination {kind} does not exist"
        return f"Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
    return None


_CHECKS = {"lambda": _check_function, "sqs": _check_queue, "sns": _check_topic}


@operation("GetBucketNotificationConfiguration", on=resources.bucket)
def get_bucket_notification_configuration(call: Call) -> dict[str, Any]:
    """The configuration; empty when there is none."""
    return buckets.of(call).get("notification") or {}
