"""The box of text messages at /_cloudarium/sms: a page for a person, JSON for a test."""

from cloudarium.services.sns.pages.box import sms

__all__ = ["sms"]
