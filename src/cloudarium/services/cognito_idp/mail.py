"""The mail that a pool sends: left for the delivery of SES, which brings it to the mail box."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.cognito_idp.records.pools import Pool

_SENDER = "no-reply@verificationemail.com"


def leave(call: Call, pool: Pool, to: str, subject: str, message: str) -> None:
    """Have a message sent; it is part of the present transaction. Cognito sends its messages as HTML."""
    settings = pool.data.get("EmailConfiguration", {})
    source = settings.get("From") or settings.get("SourceArn", "").rpartition("identity/")[2] or _SENDER
    payload = {"source": source, "to": [to], "subject": subject, "text": message, "html": message}
    call.later("Mail", payload, service="ses")
