"""AWS CloudFormation: stacks, change sets and the engine that deploys them."""
