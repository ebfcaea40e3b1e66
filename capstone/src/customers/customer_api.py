"""Customers over HTTP: create, read and change."""

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

import customer_store
from customer_models import Customer, CustomerChange, NewCustomer
from shop import web

logger = Logger()
metrics = Metrics()
app = web.api(logger)

CustomerId = Annotated[str, Path(max_length=64)]


@app.post("/customers")
def create_customer(customer: NewCustomer) -> Response[dict[str, Any]]:
    """Add a customer."""
    made = customer_store.create(customer)
    metrics.add_metric("CustomersCreated", MetricUnit.Count, 1)
    logger.info("customer created", extra={"customer_id": made.id})
    return web.created(made, f"/customers/{made.id}")


@app.get("/customers/<customer_id>")
def get_customer(customer_id: CustomerId) -> Customer:
    """One customer."""
    return customer_store.get(customer_id)


@app.patch("/customers/<customer_id>")
def change_customer(customer_id: CustomerId, change: CustomerChange) -> Customer:
    """Change what the body names."""
    return customer_store.change(customer_id, change)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    return web.answer(app, event, context)
