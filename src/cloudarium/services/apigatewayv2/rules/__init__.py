"""Pure decisions of API Gateway v2: route keys, CORS, payload formats, OpenAPI documents, access log lines."""
