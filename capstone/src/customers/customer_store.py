"""Customers in the table. An e-mail address belongs to one customer: an item of its own keeps it unique."""

from typing import Any
from uuid import uuid4

from customer_models import Customer, CustomerChange, NewCustomer
from shop import table as shop
from shop.web import Conflict, NotFound

TAKEN = "Another customer has this e-mail address."


def create(new: NewCustomer) -> Customer:
    """Add a customer, whose e-mail address nobody else has."""
    moment = shop.now()
    customer = Customer(id=uuid4().hex, version=1, created_at=moment, updated_at=moment, **new.model_dump())
    actions = [_claim(customer), _put(customer, "attribute_not_exists(pk)", {})]
    try:
        shop.retry_conflicts(lambda: shop.transact(actions))
    except shop.Cancelled as cancelled:
        if cancelled.failed(0):
            raise Conflict(TAKEN) from cancelled
        raise
    return customer


def get(customer_id: str) -> Customer:
    """The customer, as the last write left them."""
    item = shop.table().get_item(Key=shop.customer_key(customer_id), ConsistentRead=True).get("Item")
    if item is None:
        raise NotFound("There is no such customer.")
    return Customer.model_validate(shop.plain(item))


def change(customer_id: str, wanted: CustomerChange) -> Customer:
    """Change what was named; a new e-mail address frees the old one in the same transaction."""
    seen = get(customer_id)
    fields = wanted.model_dump(exclude_none=True)
    after = Customer.model_validate(
        {**seen.model_dump(), **fields, "version": seen.version + 1, "updated_at": shop.now()}
    )
    actions = [_put(after, "version = :seen", {":seen": seen.version})]
    if after.email.lower() != seen.email.lower():
        actions += [_claim(after), _release(seen)]
    try:
        shop.retry_conflicts(lambda: shop.transact(actions))
    except shop.Cancelled as cancelled:
        if cancelled.failed(0):
            raise Conflict("The customer changed meanwhile. Read them and try again.") from cancelled
        if len(actions) > 1 and cancelled.failed(1):
            raise Conflict(TAKEN) from cancelled
        raise
    return after


def _put(customer: Customer, condition: str, values: dict[str, Any]) -> dict[str, Any]:
    put = {
        "TableName": shop.table_name(),
        "Item": {**shop.customer_key(customer.id), **customer.model_dump(exclude_none=True)},
        "ConditionExpression": condition,
    }
    return {"Put": {**put, "ExpressionAttributeValues": values} if values else put}


def _claim(customer: Customer) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": shop.table_name(),
            "Item": {**shop.email_key(customer.email), "customer_id": customer.id},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def _release(customer: Customer) -> dict[str, Any]:
    return {"Delete": {"TableName": shop.table_name(), "Key": shop.email_key(customer.email)}}
