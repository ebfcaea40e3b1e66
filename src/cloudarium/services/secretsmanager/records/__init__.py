"""What Secrets Manager keeps: secrets, their versions, and rotations under way."""

from cloudarium.services.secretsmanager.records import rotations, secrets, versions

__all__ = ["rotations", "secrets", "versions"]
