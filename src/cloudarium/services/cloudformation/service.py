"""CloudFormation's card."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="cloudformation",
    purpose="Stacks of resources from templates: created, changed, rolled back and deleted as one, with change sets.",
    validation_error="ValidationError",
    doors={"cloudformation": "answer"},
    max_body=4 * 1024 * 1024,
)
