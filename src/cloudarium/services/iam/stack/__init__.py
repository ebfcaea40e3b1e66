"""IAM's CloudFormation resource types."""

from cloudarium.services.iam.stack import members, policies, principals

__all__ = ["members", "policies", "principals"]
