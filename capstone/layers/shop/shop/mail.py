"""The shop's mail: SES templates, sent in the shop's name."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client


@cache
def ses() -> SESV2Client:
    """The connection that every invocation of this environment shares."""
    return boto3.client("sesv2")


def send(to: str, data: dict[str, Any]) -> str:
    """Send this function's template, filled with the data; the mail's id."""
    answer = ses().send_email(
        FromEmailAddress=os.environ["MAIL_FROM"],
        Destination={"ToAddresses": [to]},
        Content={"Template": {"TemplateName": os.environ["MAIL_TEMPLATE"], "TemplateData": json.dumps(data)}},
    )
    return answer["MessageId"]
