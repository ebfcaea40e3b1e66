"""The card of IAM."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="iam",
    purpose="Keeps who may call: users, groups, roles, access keys and the policies that say what they may do.",
    validation_error="ValidationError",
    clock_skew=15 * 60,
    # But with multi-factor authentication, which no temporary key has here.
    # Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    no_user_tokens=True,
)
