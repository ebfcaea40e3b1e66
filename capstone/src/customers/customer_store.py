"""Customers in the table. Who they are, Cognito knows: a customer's id is their `sub` in the user pool."""

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from customer_models import Customer, CustomerChange
from shop import table as shop
from shop.web import NotFound

NOBODY = "There is no such customer."


def get(customer_id: str) -> Customer:
    """The customer, as the last write left them."""
    item = shop.table().get_item(Key=shop.customer_key(customer_id), ConsistentRead=True).get("Item")
    if item is None:
        raise NotFound(NOBODY)
    return Customer.model_validate(shop.plain(item))


def change(customer_id: str, wanted: CustomerChange) -> Customer:
    """Change what was named and leave the rest as whoever else has just put it."""
    fields = {**wanted.model_dump(exclude_none=True), "updated_at": shop.now()}
    try:
        answer = shop.table().update_item(
            Key=shop.customer_key(customer_id),
            UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in fields)}",
            ConditionExpression=Attr("pk").exists(),
            ExpressionAttributeNames={f"#{name}": name for name in fields},
            ExpressionAttributeValues={f":{name}": value for name, value in fields.items()},
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if shop.error_code(error) != "ConditionalCheckFailedException":
            raise
        raise NotFound(NOBODY) from error
    return Customer.model_validate(shop.plain(answer["Attributes"]))
