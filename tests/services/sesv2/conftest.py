"""The mailer of the first API's tests serves the second one too."""

from tests.services.ses.conftest import fresh_mailer, mailer

__all__ = ["fresh_mailer", "mailer"]
