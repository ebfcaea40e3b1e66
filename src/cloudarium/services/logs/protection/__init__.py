"""Data protection: what is sensitive in a log event is found as it comes in, and masked wherever it is read."""

from cloudarium.services.logs.protection.documents import Policy, policy_of
from cloudarium.services.logs.protection.scanning import Protection

__all__ = ["Policy", "Protection", "policy_of"]
