"""The operations of API Gateway v2, by noun."""

from cloudarium.services.apigatewayv2.operations import (
    apis,
    authorizers,
    deployments,
    imports,
    integrations,
    routes,
    stages,
    tags,
)

__all__ = ["apis", "authorizers", "deployments", "imports", "integrations", "routes", "stages", "tags"]
