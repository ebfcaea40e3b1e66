"""Products in the table: the item, the catalogue's listing, and changes that never overwrite each other."""

from typing import Any
from uuid import uuid4

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

import pictures
from product_models import NewProduct, Product, ProductChange, ProductHead, ProductPage
from shop import catalogue as listing
from shop import table as shop
from shop.web import Conflict, NotFound

CATALOGUE = "CATALOGUE"


def create(new: NewProduct) -> Product:
    """Put a new product on sale."""
    moment = shop.now()
    product = Product(id=uuid4().hex, version=1, created_at=moment, updated_at=moment, **new.model_dump())
    shop.table().put_item(
        Item={
            **shop.product_key(product.id),
            "listing_pk": CATALOGUE,
            "listing_sk": _listing_position(product),
            **product.model_dump(exclude_none=True),
        },
        ConditionExpression=Attr("pk").not_exists(),
    )
    return product


def get(product_id: str) -> Product:
    """The product, as the last write left it."""
    item = shop.table().get_item(Key=shop.product_key(product_id), ConsistentRead=True).get("Item")
    if item is None or "withdrawn_at" in item:
        raise NotFound("There is no such product.")
    return _product(shop.plain(item))


def catalogue(category: str | None, limit: int, cursor: str | None) -> ProductPage:
    """One page of what is on sale, by category and name."""
    place: ConditionBase = Key("listing_pk").eq(CATALOGUE)
    if category:
        place &= Key("listing_sk").begins_with(f"{category}#")
    page = shop.query_page(cursor, IndexName=shop.LISTING, KeyConditionExpression=place, Limit=limit)
    heads = [head for head in map(listing.shown, page.items) if head is not None]
    return ProductPage(products=[ProductHead.model_validate(head) for head in heads], next=page.next)


def change(product_id: str, wanted: ProductChange) -> Product:
    """Change what was named; a change that someone else made meanwhile is a conflict, not a loss."""
    seen = get(product_id)
    fields = wanted.model_dump(exclude_none=True, exclude={"stock_change"})
    stock_change = wanted.stock_change or 0
    after = seen.model_copy(update={**fields, "version": seen.version + 1, "updated_at": shop.now()})
    assignments: dict[str, Any] = {
        **{name: getattr(after, name) for name in fields},
        "version": after.version,
        "updated_at": after.updated_at,
        "listing_sk": _listing_position(after),
    }
    settings = ", ".join(f"#{name} = :{name}" for name in assignments)
    try:
        answer = shop.retry_conflicts(
            lambda: shop.table().update_item(
                Key=shop.product_key(product_id),
                UpdateExpression=f"SET {settings} ADD stock :stock_change",
                ConditionExpression="version = :seen AND stock >= :least AND attribute_not_exists(withdrawn_at)",
                ExpressionAttributeNames={f"#{name}": name for name in assignments},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in assignments.items()},
                    ":stock_change": stock_change,
                    ":seen": seen.version,
                    ":least": -stock_change,
                },
                ReturnValues="ALL_NEW",
            )
        )
    except ClientError as error:
        if shop.error_code(error) != "ConditionalCheckFailedException":
            raise
        raise Conflict("The product changed meanwhile, or has less in stock. Read it and try again.") from error
    return _product(shop.plain(answer["Attributes"]))


def withdraw(product_id: str) -> None:
    """Take the product off sale: it leaves the catalogue, but orders that name it can still be cancelled."""
    try:
        shop.retry_conflicts(
            lambda: shop.table().update_item(
                Key=shop.product_key(product_id),
                UpdateExpression="SET withdrawn_at = :now REMOVE listing_pk, listing_sk",
                ConditionExpression=Attr("pk").exists() & Attr("withdrawn_at").not_exists(),
                ExpressionAttributeValues={":now": shop.now()},
            )
        )
    except ClientError as error:
        if shop.error_code(error) != "ConditionalCheckFailedException":
            raise
        raise NotFound("There is no such product.") from error


def _product(item: shop.Item) -> Product:
    """The product of an item, with where its pictures are for whoever has just been told."""
    urls = pictures.urls(item["id"]) if "picture_at" in item else {}
    return Product.model_validate({**item, **urls})


def _listing_position(product: Product) -> str:
    return f"{product.category}#{product.name}#{product.id}"
