"""IAM's CloudFormation resource types."""

from cloudarium.services.iam.stack import members, policies, principals, trusted

__all__ = ["members", "policies", "principals", "trusted"]
