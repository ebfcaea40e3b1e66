"""The operations of CloudFormation, by noun."""

from cloudarium.services.cloudformation.operations import (  # noqa: F401
    change_sets,
    describing,
    exports,
    recovery,
    stacks,
    templates,
)
