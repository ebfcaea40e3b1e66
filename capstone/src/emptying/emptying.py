"""CloudFormation's custom resource that empties a bucket before the stack deletes it.

It says "Delete" to this resource where the stack stays, too: when the bucket is replaced, or when the stack becomes one
of production and has no such resource any more. Then nothing is deleted: only a stack that goes takes its objects.

CloudFormation waits for an answer at a URL that it has signed, whatever happens: without one a deletion hangs for as
long as the template lets it.
"""

import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import boto3
from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_s3 import S3ServiceResource

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])


GOING = ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


@cache
def cloudformation() -> "CloudFormationClient":
    """The connection that every invocation of this environment shares."""
    return boto3.client("cloudformation")


@cache
def s3() -> "S3ServiceResource":
    """The connection that every invocation of this environment shares."""
    return boto3.resource("s3")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Empty the bucket when its stack goes, and say how that went."""
    bucket = event["ResourceProperties"]["Bucket"]
    said = {"Status": "SUCCESS", "Reason": "There is nothing to do."}
    if event["RequestType"] == "Delete":
        try:
            if goes(event["StackId"]):
                said["Reason"] = f"{empty(bucket)} objects of {bucket} are gone."
        except Exception as error:
            logger.exception("the bucket was not emptied", extra={"bucket": bucket})
            said = {"Status": "FAILED", "Reason": f"{bucket} was not emptied: {error}"}
    answer(event, {**said, "PhysicalResourceId": f"emptied-{bucket}"})


def goes(stack: str) -> bool:
    """Whether the stack itself is being deleted, or is taken back because it could not be made."""
    return cloudformation().describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] in GOING


def empty(bucket: str) -> int:
    """Delete every object of a bucket; how many there were."""
    answers = s3().Bucket(bucket).objects.delete()
    refused = [error for each in answers for error in each.get("Errors", [])]
    if refused:
        raise RuntimeError(f"{refused[0].get('Key')}: {refused[0].get('Message')}")
    return sum(len(each.get("Deleted", [])) for each in answers)


def answer(event: dict[str, Any], said: dict[str, str]) -> None:
    """Tell CloudFormation."""
    echoed = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body = json.dumps({**echoed, **said}).encode()
    # The URL's signature says that there is no content type.
    with urlopen(Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT"), timeout=30):
        logger.info("told CloudFormation", extra=said)
