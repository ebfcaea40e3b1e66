"""The words of messages: the pool's own, a trigger's, or AWS's defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Data = Mapping[str, Any]
_CODE = "{####}"
_LINK = re.compile(r"\{##(.*?)##\}", re.DOTALL)
_BY_LINK = "Please click the link below to verify your email address. {##Verify Email##} "
_CONFIRMS = ("CustomMessage_SignUp", "CustomMessage_ResendCode")
AUTHENTICATION = "CustomMessage_Authentication"
_SUBJECT = "Your verification code"
_INVITATION = "Your username is {username} and temporary password is {####}. "


def by_link(pool: Data, source: str) -> bool:
    """Whether a mail of this source has a link instead of a code: only those that confirm a sign-up have."""
    option = pool.get("VerificationMessageTemplate", {}).get("DefaultEmailOption")
    return option == "CONFIRM_WITH_LINK" and source in _CONFIRMS


def linked(text: str, url: str) -> str:
    """A message with the link in place of {##words##}."""
    from markupsafe import escape

    return _LINK.sub(lambda found: f'<a href="{escape(url)}">{found[1]}</a>', text)


def verification(pool: Data, source: str, custom: Data) -> tuple[str, str]:
    """(subject, text) of a mail with a code; `source` is what it is sent for, `custom` what a trigger said."""
    if by_link(pool, source):
        return _by_link(pool, custom)
    if source == AUTHENTICATION:
        return _authentication(pool, custom)
    template = pool.get("VerificationMessageTemplate", {})
    subject = template.get("EmailSubject") or pool.get("EmailVerificationSubject") or _SUBJECT
    text = template.get("EmailMessage") or pool.get("EmailVerificationMessage")
    forgot = source == "CustomMessage_ForgotPassword"
    text = text or ("Your password reset code is {####}. " if forgot else "Your confirmation code is {####}. ")
    own = custom.get("emailMessage")
    return custom.get("emailSubject") or subject, own if isinstance(own, str) and _CODE in own else text


def _by_link(pool: Data, custom: Data) -> tuple[str, str]:
    template = pool["VerificationMessageTemplate"]
    text = template.get("EmailMessageByLink") or _BY_LINK
    subject = custom.get("emailSubject") or template.get("EmailSubjectByLink") or "Your verification link"
    own = custom.get("emailMessage")
    return subject, own if isinstance(own, str) and _LINK.search(own) else text


def _authentication(pool: Data, custom: Data) -> tuple[str, str]:
    settings = pool.get("_email_mfa") or {}
    own = custom.get("emailMessage")
    text = own if isinstance(own, str) and _CODE in own else settings.get("Message")
    subject = custom.get("emailSubject") or settings.get("Subject") or "Your authentication code"
    return subject, text or "Your authentication code is {####}. "


def sms(pool: Data, source: str, custom: Data) -> str:
    """The text of a message to a telephone."""
    own = custom.get("smsMessage")
    if source == "CustomMessage_AdminCreateUser":
        template = pool.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
        if isinstance(own, str) and _CODE in own and "{username}" in own:
            return own
        return template.get("SMSMessage") or _INVITATION
    if isinstance(own, str) and _CODE in own:
        return own
    if source == AUTHENTICATION:
        found = pool.get("SmsAuthenticationMessage")
        return found or "Your authentication code is {####}. "
    found = pool.get("VerificationMessageTemplate", {}).get("SmsMessage") or pool.get("SmsVerificationMessage")
    return found or "Your verification code is {####}. "


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
