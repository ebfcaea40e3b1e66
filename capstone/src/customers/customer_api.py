"""Customers over HTTP: each reads and changes their own record. They come in by signing up (see `welcome`)."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

import customer_store
from customer_models import Customer, CustomerChange
from shop import web

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])
app = web.api(logger)


@app.get("/customers/me")
def get_customer() -> Customer:
    """The caller."""
    return customer_store.get(web.caller(app).id)


@app.patch("/customers/me")
def change_customer(change: CustomerChange) -> Customer:
    """Change what the body names of the caller."""
    return customer_store.change(web.caller(app).id, change)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    return web.answer(app, event, context)
