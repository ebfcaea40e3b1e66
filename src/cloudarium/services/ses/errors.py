"""The codes of the first API for what can go wrong with mail."""

from __future__ import annotations

from cloudarium.mail.desk import Codes

CODES = Codes(
    invalid="InvalidParameterValue",
    no_template="TemplateDoesNotExistException",
    no_set="ConfigurationSetDoesNotExistException",
    exists="AlreadyExistsException",
    set_exists="ConfigurationSetAlreadyExistsException",
    limit="LimitExceededException",
    throttled="Throttling",
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
