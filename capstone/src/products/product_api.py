"""The catalogue over HTTP: everybody lists and reads products; the staff create, change, withdraw and picture them.

The list is public and read most, so its pages are cached (see `shop.catalogue`, which also says what is not).
"""

import os
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

import pictures
import product_store
from product_models import Category, NewPicture, NewProduct, Product, ProductChange, Upload
from shop import catalogue, web
from shop.cache import connected

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])
app = web.api(logger)

COUNTED = {"hit": "CatalogueHits", "miss": "CatalogueMisses", "gone": "CacheGone"}
ProductId = Annotated[str, Path(max_length=64)]


@app.post("/products")
def create_product(product: NewProduct) -> Response[dict[str, Any]]:
    """Put a new product on sale."""
    web.caller(app).must_be_staff()
    made = product_store.create(product)
    metrics.add_metric("ProductsCreated", MetricUnit.Count, 1)
    logger.info("product created", extra={"product_id": made.id})
    return web.created(made, f"/products/{made.id}")


@app.get("/products")
def list_products(
    category: Annotated[Category | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> Response[str]:
    """One page of the catalogue, by category and name."""
    found = _page(category, limit, cursor)
    metrics.add_metric(COUNTED[found.how], MetricUnit.Count, 1)
    return Response(HTTPStatus.OK.value, "application/json", found.text, headers={"X-Cache": found.how})


@tracer.capture_method(capture_response=False)
def _page(category: str | None, limit: int, cursor: str | None) -> catalogue.Found:
    found = catalogue.page(
        connected(),
        (category, limit, cursor),
        int(os.environ["CATALOGUE_SECONDS"]),
        lambda: product_store.catalogue(category, limit, cursor).model_dump_json(),
    )
    tracer.put_annotation("cache", found.how)
    return found


@app.get("/products/<product_id>")
def get_product(product_id: ProductId) -> Product:
    """One product."""
    return product_store.get(product_id)


@app.patch("/products/<product_id>")
def change_product(product_id: ProductId, change: ProductChange) -> Product:
    """Change what the body names; `stock_change` moves the stock by that much."""
    web.caller(app).must_be_staff()
    return product_store.change(product_id, change)


@app.delete("/products/<product_id>")
def withdraw_product(product_id: ProductId) -> Response[Any]:
    """Take a product off sale."""
    web.caller(app).must_be_staff()
    product_store.withdraw(product_id)
    logger.info("product withdrawn", extra={"product_id": product_id})
    return web.no_content()


@app.post("/products/<product_id>/picture")
def take_picture(product_id: ProductId, picture: NewPicture) -> Upload:
    """Where and how to send the product's picture up; it shows at the product once its thumbnail is made."""
    web.caller(app).must_be_staff()
    return pictures.upload(product_store.get(product_id).id, picture.content_type)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    return web.answer(app, event, context)
