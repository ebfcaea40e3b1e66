"""The card of API Gateway v2."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="apigatewayv2",
    purpose="Serves HTTP APIs: routes to Lambda functions and HTTP backends, stages, CORS, authorizers.",
    validation_error="BadRequestException",
    signing_name="apigateway",
    doors={"execute-api": "execute_api"},
)
