"""What a receipt rule points to is tried when the rule is made: SES writes, asks and publishes once, or refuses it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import orjson

from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.ses import errors, rules
from cloudarium.shared import arn as arns
from cloudarium.shared.errors import AwsError, NotBuilt
from cloudarium.shared.scope import Scope

Data = dict[str, Any]
SERVICE = "ses.amazonaws.com"
SETUP_KEY = "AMAZON_SES_SETUP_NOTIFICATION"
_SETUP_MAIL = (
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n"
    "From: Amazon Web Services <no-reply-aws@amazon.com>\r\nTo: recipient@example.com\r\n"
    "Subject: Amazon SES Setup Notification\r\nMessage-ID: <{id}>\r\n\r\n"
    "Hello,\r\n\r\nAmazon SES wrote this object when it was set up to deliver mail into this bucket with the receipt"
    " rule {rule}.\r\nYou may delete it.\r\n"
)


class Caller:
    """SES on behalf of a rule or identity: what it sends says so in the keys that the targets' policies look at."""

    def __init__(self, call: Call, arn: str) -> None:
        self._call = call
        self.scope = call.scope
        account = call.scope.account
        # Older policies look at the referer: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
        self._context = {"aws:SourceArn": arn, "aws:SourceAccount": account, "aws:Referer": account}

    @classmethod
    def of_rule(cls, call: Call, set_name: str, rule: str) -> Caller:
        """SES on behalf of a receipt rule."""
        return cls(call, arns.make("ses", call.scope, f"receipt-rule-set/{set_name}:receipt-rule/{rule}"))

    def send(
        self, service: str, operation: str, given: Data, scope: Scope | None = None, as_: Principal | None = None
    ) -> Awaitable[Data]:
        """Call another service as SES, or as a role that it was given."""
        caller = as_ or Principal.service(SERVICE, self.scope.account)
        context = self._context if as_ is None else {}
        return self._call.send(service, operation, given, as_=caller, context=context, scope=scope or self.scope)

    async def role(self, arn: str) -> Principal:
        """A session of the role that a rule names. Raises AccessDenied when SES may not assume it."""
        output = await self.send("sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "ses-receipt-rule"})
        credential = self._call.cloud.directory.credential(output["Credentials"]["AccessKeyId"])
        if credential is None:
            raise AwsError("The role cannot be assumed.", code="AccessDenied", status=403)
        principal: Principal = credential.principal
        return principal

    async def store(self, action: Data, key: str, content: bytes) -> None:
        """Put an object where an S3 action says."""
        as_ = await self.role(action["IamRoleArn"]) if action.get("IamRoleArn") else None
        where = {"Bucket": action["BucketName"], "Key": f"{action.get('ObjectKeyPrefix') or ''}{key}"}
        await self.send("s3", "PutObject", {**where, "Body": content}, as_=as_)

    async def invoke(self, action: Data, kind: str, event: Data | None = None) -> Data:
        """Invoke the function of a Lambda action."""
        target = arns.parse(action["FunctionArn"])
        scope = Scope(target.account, target.region) if target is not None else None
        given = {"FunctionName": action["FunctionArn"], "InvocationType": kind}
        if event is not None:
            given["Payload"] = orjson.dumps(event)
        return await self.send("lambda", "Invoke", given, scope=scope)

    async def publish(self, topic: str, subject: str, message: Data) -> None:
        """Tell a topic."""
        target = arns.parse(topic)
        scope = Scope(target.account, target.region) if target is not None else None
        given = {"TopicArn": topic, "Subject": subject, "Message": orjson.dumps(message).decode()}
        await self.send("sns", "Publish", given, scope=scope)


async def try_out(call: Call, set_name: str, rule: Data) -> None:
    """Write to every bucket, ask for every function and tell every topic of a rule. Raises what SES refuses it with."""
    caller = Caller.of_rule(call, set_name, rule["Name"])
    for action in rule["Actions"]:
        kind = rules.kind_of(action)
        given = action[kind]
        if kind in rules.NOT_BUILT:
            raise NotBuilt(f"ses: receipt rules with {kind} ({rules.NOT_BUILT[kind]})")
        if given.get("KmsKeyArn"):
            raise NotBuilt("ses: receipt rules with an S3Action.KmsKeyArn (encryption by the client)")
        if kind == "S3Action":
            await _tried(_writing(call, caller, rule, given), errors.bad_bucket(given["BucketName"]))
        elif kind == "LambdaAction":
            _check_region(call, given["FunctionArn"], "lambda", errors.bad_function(given["FunctionArn"]))
            await _tried(caller.invoke(given, "DryRun"), errors.bad_function(given["FunctionArn"]))
        if given.get("TopicArn"):
            await try_topic(call, caller, given["TopicArn"], "Received")


async def try_topic(call: Call, caller: Caller, topic: str, kind: str, of: str = "") -> None:
    """Tell a topic that it will be told things. Raises InvalidSnsTopic when SES may not."""
    refused = errors.bad_topic(topic)
    _check_region(call, topic, "sns", refused)
    said = f"You have successfully subscribed your Amazon SNS topic '{topic}' to receive '{kind}' notifications from"
    message = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": f"{said} Amazon SES{of}."}
    await _tried(caller.publish(topic, "Amazon SES Email Event Notification", message), refused)


def _check_region(call: Call, target: str, service: str, refused: AwsError) -> None:
    """Topics and functions must be in the region of the rule."""
    place = arns.parse(target)
    if place is None or place.service != service or place.region != call.scope.region:
        raise refused


async def _writing(call: Call, caller: Caller, rule: Data, action: Data) -> None:
    text = _SETUP_MAIL.format(id=call.request_id, rule=rule["Name"])
    await caller.store(action, SETUP_KEY, text.encode())


async def _tried(what: Awaitable[object], refused: AwsError) -> None:
    try:
        await what
    except NotBuilt:
        raise
    except AwsError as error:
        raise refused from error
