"""API Gateway v2: HTTP APIs, from their definition to the request that a client sends to them."""
