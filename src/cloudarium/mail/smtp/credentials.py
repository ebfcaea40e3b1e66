"""SES SMTP credentials: a user's access key id, and a password that AWS's algorithm derives from its secret.

https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert
"""

from __future__ import annotations

import base64
import hashlib
import hmac

REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1",
    "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1",
    "sa-east-1",
)  # fmt: skip
_VERSION = b"\x04"


def password(secret: str, region: str) -> str:
    """The SMTP password of a secret access key in a region."""
    key = f"AWS4{secret}".encode()
    for part in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + key).decode()


def region_of(secret: str, given: str) -> str | None:
    """The region for which a password was derived from the secret; None when it was derived from another one."""
    found = None
    for region in REGIONS:  # all of them, so that the time tells nothing
        if hmac.compare_digest(password(secret, region).encode(), given.encode(errors="replace")):
            found = region
    return found
