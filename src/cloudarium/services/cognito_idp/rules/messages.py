"""The words of messages: the pool's own, a trigger's, or AWS's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Data = Mapping[str, Any]
_CODE = "{####}"
_SUBJECT = "Your verification code"
_INVITATION = "Your username is {username} and temporary password is {####}. "


def verification(pool: Data, source: str, custom: Data) -> tuple[str, str]:
    """(subject, text) of a message with a code; `source` is what it is sent for, `custom` what a trigger said."""
    template = pool.get("VerificationMessageTemplate", {})
    subject = template.get("EmailSubject") or pool.get("EmailVerificationSubject") or _SUBJECT
    text = template.get("EmailMessage") or pool.get("EmailVerificationMessage")
    forgot = source == "CustomMessage_ForgotPassword"
    text = text or ("Your password reset code is {####}. " if forgot else "Your confirmation code is {####}. ")
    own = custom.get("emailMessage")
    return custom.get("emailSubject") or subject, own if isinstance(own, str) and _CODE in own else text


def invitation(pool: Data, custom: Data) -> tuple[str, str]:
    """(subject, text) of the message to a user whom an administrator made."""
    template = pool.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
    own = custom.get("emailMessage")
    text = own if isinstance(own, str) and _CODE in own and "{username}" in own else template.get("EmailMessage")
    subject = custom.get("emailSubject") or template.get("EmailSubject") or "Your temporary password"
    return subject, text or _INVITATION


def filled(text: str, code: str, username: str) -> str:
    """A message with the code and the name in it."""
    return text.replace("{username}", username).replace(_CODE, code)
