"""The mail box at /_cloudarium/mail: pages for a person, JSON for a test."""

from cloudarium.services.ses.pages.mailbox import mail

__all__ = ["mail"]
