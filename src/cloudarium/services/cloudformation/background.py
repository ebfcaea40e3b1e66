"""What CloudFormation does without a request: deployments, step by step."""

from __future__ import annotations

from cloudarium.gateway.background import Event, Retry, delivery
from cloudarium.services.cloudformation.engine import deploy


@delivery("Deploy")
async def deliver_deploy(event: Event) -> Retry | None:
    """Take a stack's operation on; events of one stack run one at a time, for their key is its ARN."""
    return await deploy.deploy(event)
