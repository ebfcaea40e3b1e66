"""CloudFormation's resource types of Lambda."""

from cloudarium.services.lambda_.stack import event_sources, functions, published, signing  # noqa: F401
