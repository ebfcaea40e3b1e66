"""Orders over HTTP: place, read, list by customer and by status, cancel.

Two guards keep an order from being placed twice. Powertools' idempotency answers a repeated request from its record,
and tells a second one that runs at the same time to wait. What holds even when a function dies between the transaction
and that record is the order's own id (see `order_store`).
"""

import os
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

import order_store
import payments
from order_models import NewOrder, Order, OrderPage, OrderStatus, PlacedOrder
from shop import web

logger = Logger()
metrics = Metrics()
tracer = Tracer(patch_modules=["botocore"])
app = web.api(logger)

repeats = IdempotencyConfig(
    event_key_jmespath="[customer_id, idempotency_key]",
    payload_validation_jmespath="lines",
    raise_on_no_idempotency_key=True,
    expires_after_seconds=24 * 60 * 60,
)

OrderId = Annotated[str, Path(max_length=64)]
ProductId = Annotated[str, Path(max_length=64)]
IdempotencyKey = Annotated[str, Header(alias="idempotency-key", min_length=8, max_length=128)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2_000)]


@app.post("/orders")
def place_order(order: NewOrder, idempotency_key: IdempotencyKey) -> Response[dict[str, Any]]:
    """Place an order; the same `Idempotency-Key` again answers with the same order."""
    customer_id = web.caller(app).id
    request = {**order.model_dump(), "customer_id": customer_id, "idempotency_key": idempotency_key}
    try:
        placed = PlacedOrder.model_validate(place_once(request=request))
    except IdempotencyAlreadyInProgressError as error:
        raise web.Conflict("This order is being placed right now.") from error
    except IdempotencyValidationError as error:
        raise web.Unprocessable("This idempotency key was used for a different order.") from error
    return web.created(placed, f"/orders/{placed.id}")


@tracer.capture_method(capture_response=False)
@idempotent_function(
    data_keyword_argument="request",
    config=repeats,
    persistence_store=DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE_NAME"]),
    key_prefix="place-order",
)
def place_once(request: dict[str, Any]) -> dict[str, Any]:
    """Place the order of this request unless its record says that it was placed before."""
    order = order_store.place(request["customer_id"], NewOrder(lines=request["lines"]), request["idempotency_key"])
    placed = PlacedOrder(**order.model_dump(), payment=payments.demand(order.id, order.total_cents))
    metrics.add_metric("OrdersPlaced", MetricUnit.Count, 1)
    metrics.add_metric("RevenueCents", MetricUnit.Count, placed.total_cents)
    logger.info("order placed", extra={"order_id": placed.id, "total_cents": placed.total_cents})
    return placed.model_dump(mode="json")


@app.get("/orders")
def list_orders(status: Annotated[OrderStatus, Query()], limit: Limit = 25, cursor: Cursor = None) -> OrderPage:
    """One page of the orders that stand so, newest first."""
    web.caller(app).must_be_staff()
    return order_store.by_status(status, limit, cursor)


@app.get("/customers/me/orders")
def list_own_orders(limit: Limit = 25, cursor: Cursor = None) -> OrderPage:
    """One page of the caller's orders, newest first."""
    return order_store.of_customer(web.caller(app).id, limit, cursor)


@app.get("/products/<product_id>/orders")
@tracer.capture_method(capture_response=False)
def list_orders_with_product(product_id: ProductId, cursor: Cursor = None) -> OrderPage:
    """Who has bought a product, as for calling it back: one look at a page of the placed orders, newest first."""
    web.caller(app).must_be_staff()
    return order_store.with_product(product_id, cursor)


@app.get("/orders/<order_id>")
def get_order(order_id: OrderId) -> Order:
    """One order with its lines: the caller's own, or any to the staff."""
    return _seen(order_id)


@app.post("/orders/<order_id>/cancel")
def cancel_order(order_id: OrderId) -> Order:
    """Cancel an order and put its goods back."""
    order, just_now = order_store.cancel(_seen(order_id))
    if just_now:
        metrics.add_metric("OrdersCancelled", MetricUnit.Count, 1)
        logger.info("order cancelled", extra={"order_id": order.id})
    return order


def _seen(order_id: str) -> Order:
    """The order, if the caller may see it; somebody else's is told no other way than one that is not there."""
    order = order_store.get(order_id)
    if not web.caller(app).may_see_of(order.customer_id):
        raise web.NotFound(order_store.NO_ORDER)
    return order


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API."""
    repeats.register_lambda_context(context)
    return web.answer(app, event, context)
