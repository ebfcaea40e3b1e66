"""The card of IAM."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="iam",
    purpose="Keeps who may call: users, groups, roles, access keys and the policies that say what they may do.",
    validation_error="ValidationError",
    clock_skew=15 * 60,
)
