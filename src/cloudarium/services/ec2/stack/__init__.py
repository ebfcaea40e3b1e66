"""CloudFormation's resource types of EC2: what a network is made of."""

from cloudarium.services.ec2.stack import acls, endpoints, gateways, groups, options, vpcs

__all__ = ["acls", "endpoints", "gateways", "groups", "options", "vpcs"]
