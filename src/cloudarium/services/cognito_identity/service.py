"""The card of Cognito identity pools."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="cognito-identity",
    purpose="Gives whoever signed in elsewhere, or nobody in particular, an identity and a role's credentials for it.",
    validation_error="InvalidParameterException",
    doors={"cognito-identity": "issuer"},
    cors=True,
    usage="Cognito Identity Pools",
)
