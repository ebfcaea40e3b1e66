"""The catalogue over HTTP: create, list, read, change and withdraw products."""

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

import product_store
from product_models import Category, NewProduct, Product, ProductChange, ProductPage
from shop import web

logger = Logger()
metrics = Metrics()
app = web.api(logger)

ProductId = Annotated[str, Path(max_length=64)]


@app.post("/products")
def create_product(product: NewProduct) -> Response[dict[str, Any]]:
    """Put a new product on sale."""
    made = product_store.create(product)
    metrics.add_metric("ProductsCreated", MetricUnit.Count, 1)
    logger.info("product created", extra={"product_id": made.id})
    return web.created(made, f"/products/{made.id}")


@app.get("/products")
def list_products(
    category: Annotated[Category | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> ProductPage:
    """One page of the catalogue, by category and name."""
    return product_store.catalogue(category, limit, cursor)


@app.get("/products/<product_id>")
def get_product(product_id: ProductId) -> Product:
    """One product."""
    return product_store.get(product_id)


@app.patch("/products/<product_id>")
def change_product(product_id: ProductId, change: ProductChange) -> Product:
    """Change what the body names; `stock_change` moves the stock by that much."""
    return product_store.change(product_id, change)


@app.delete("/products/<product_id>")
def withdraw_product(product_id: ProductId) -> Response[Any]:
    """Take a product off sale."""
    product_store.withdraw(product_id)
    logger.info("product withdrawn", extra={"product_id": product_id})
    return web.no_content()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    return web.answer(app, event, context)
