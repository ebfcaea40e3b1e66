"""The card of Cognito user pools."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="cognito-idp",
    purpose="Keeps user pools: people sign up, prove their addresses, sign in and get tokens that others can check.",
    validation_error="InvalidParameterException",
    doors={"cognito-idp": "issuer", "auth": "pages"},
    cors=True,
)
