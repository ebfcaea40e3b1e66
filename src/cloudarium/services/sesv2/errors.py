"""The codes of the second API for what can go wrong with mail."""

from __future__ import annotations

from cloudarium.mail.desk import Codes
from cloudarium.shared.errors import AwsError

CODES = Codes(
    invalid="BadRequestException",
    no_template="NotFoundException",
    no_set="NotFoundException",
    exists="AlreadyExistsException",
    set_exists="AlreadyExistsException",
    limit="LimitExceededException",
    throttled="TooManyRequestsException",
    quota="LimitExceededException",
    account_paused="SendingPausedException",
    set_paused="SendingPausedException",
    bad_template="BadRequestException",
    missing_attribute="BadRequestException",
    bad_rendering="BadRequestException",
    bad_policy="BadRequestException",
    destination_exists="AlreadyExistsException",
    no_destination="NotFoundException",
    bad_sns="BadRequestException",
    bad_cloudwatch="BadRequestException",
    bad_tracking="BadRequestException",
)


class NotFound(AwsError):
    """What was named does not exist."""

    code = "NotFoundException"


class AlreadyExists(AwsError):
    """The name is taken."""

    code = "AlreadyExistsException"
