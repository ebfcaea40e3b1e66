"""The codes of the first API for what can go wrong with mail."""

from __future__ import annotations

from cloudarium.mail.desk import Codes
from cloudarium.shared.errors import AwsError

CODES = Codes(
    invalid="InvalidParameterValue",
    no_template="TemplateDoesNotExistException",
    no_set="ConfigurationSetDoesNotExistException",
    exists="AlreadyExistsException",
    set_exists="ConfigurationSetAlreadyExistsException",
    limit="LimitExceededException",
    throttled="Throttling",
    quota="Throttling",
    account_paused="AccountSendingPausedException",
    set_paused="ConfigurationSetSendingPausedException",
    bad_template="InvalidTemplateException",
    missing_attribute="MissingRenderingAttributeException",
    bad_rendering="InvalidRenderingParameterException",
    bad_policy="InvalidPolicyException",
    destination_exists="EventDestinationAlreadyExistsException",
    no_destination="EventDestinationDoesNotExistException",
    bad_sns="InvalidSNSDestinationException",
    bad_cloudwatch="InvalidCloudWatchDestinationException",
    bad_tracking="InvalidTrackingOptionsException",
)


def no_rule_set(name: str) -> AwsError:
    """There is no receipt rule set of that name."""
    return AwsError(f"Rule set does not exist: {name[:100]}", code="RuleSetDoesNotExistException", Name=name)


def no_rule(name: str) -> AwsError:
    """There is no receipt rule of that name."""
    return AwsError(f"Rule does not exist: {name[:100]}", code="RuleDoesNotExistException", Name=name)


def exists(kind: str, name: str) -> AwsError:
    """The name of a rule set, rule or filter is taken."""
    return AwsError(f"{kind} already exists: {name}", code="AlreadyExistsException", Name=name)


def in_use(name: str) -> AwsError:
    """The active rule set cannot be deleted."""
    return AwsError(f"Cannot delete active rule set: {name}", code="CannotDeleteException", Name=name)


def bad_bucket(name: str) -> AwsError:
    """SES may not write to a bucket."""
    return AwsError(f"Could not write to bucket: {name}", code="InvalidS3ConfigurationException", Bucket=name)


def bad_topic(arn: str) -> AwsError:
    """SES may not publish to a topic."""
    return AwsError(f"Invalid SNS topic: {arn[:300]}", code="InvalidSnsTopicException", Topic=arn)


def bad_function(arn: str) -> AwsError:
    """SES may not invoke a function."""
    message = f"Could not invoke Lambda function: {arn[:300]}"
    return AwsError(message, code="InvalidLambdaFunctionException", FunctionArn=arn)
