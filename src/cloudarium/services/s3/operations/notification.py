"""The notification configuration: which functions are told of which events."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.policy.principal import Principal
from cloudarium.services.s3 import errors, resources
from cloudarium.services.s3.records import buckets
from cloudarium.services.s3.records.buckets import Bucket
from cloudarium.services.s3.rules import notifications
from cloudarium.shared.errors import AwsError


@operation("PutBucketNotificationConfiguration", on=resources.bucket)
async def put_bucket_notification_configuration(call: Call) -> dict[str, Any]:
    """Replace the configuration, once S3 was let to invoke every function in it.

    No test event is sent: S3 sends s3:TestEvent to queues and topics only.
    """
    bucket = buckets.of(call)
    given = call.input.get("NotificationConfiguration")
    if given is None:
        raise errors.MalformedXml()
    configuration = notifications.check(given)
    if not call.input.get("SkipDestinationValidation"):
        await _check_destinations(call, bucket, configuration)
    with call.transaction():
        bucket = buckets.of(call)
        buckets.configure(call.store, bucket, "notification", configuration or None)
    return {}


async def _check_destinations(call: Call, bucket: Bucket, configuration: dict[str, Any]) -> None:
    refused: dict[str, str] = {}
    for entry in configuration.get("LambdaFunctionConfigurations", ()):
        arn = entry["LambdaFunctionArn"]
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
            place = len(refused) // 2 + 1
            refused[f"ArgumentName{place}"] = f"{arn}, null"
            refused[f"ArgumentValue{place}"] = f"Not authorized to invoke function [{arn}]"
    if refused:
        raise errors.InvalidArgument("Unable to validate the following destination configurations", **refused)


@operation("GetBucketNotificationConfiguration", on=resources.bucket)
def get_bucket_notification_configuration(call: Call) -> dict[str, Any]:
    """The configuration; empty when there is none."""
    return buckets.of(call).get("notification") or {}
