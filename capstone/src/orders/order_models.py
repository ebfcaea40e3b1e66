"""What an order is, and what callers may say when they place one."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Id = Annotated[str, Field(min_length=1, max_length=64)]


class OrderStatus(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    CANCELLED = "cancelled"


class NewLine(BaseModel):
    """So much of one product."""

    model_config = ConfigDict(extra="forbid")

    product_id: Id
    quantity: Annotated[int, Field(strict=True, ge=1, le=1_000)]


class NewOrder(BaseModel):
    """An order as a caller places it; the shop knows who they are, the names and the prices."""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[NewLine], Field(min_length=1, max_length=20)]

    @field_validator("lines")
    @classmethod
    def each_product_once(cls, lines: list[NewLine]) -> list[NewLine]:
        """A product is named in one line: a transaction may touch an item only once."""
        if len({line.product_id for line in lines}) < len(lines):
            raise ValueError("name each product in one line only")
        return lines


class OrderLine(BaseModel):
    """What was sold, at the name and price of that moment."""

    product_id: str
    name: str
    price_cents: int
    quantity: int


class OrderHead(BaseModel):
    """An order without its lines, as listings show it."""

    id: str
    customer_id: str
    status: OrderStatus
    total_cents: int
    line_count: int
    placed_at: str
    cancelled_at: str | None = None


class Order(OrderHead):
    """An order with its lines."""

    lines: list[OrderLine]


class Payment(BaseModel):
    """What the payment page needs to believe the amount: which key signed it, and the signature."""

    key_id: str
    signature: str


class PlacedOrder(Order):
    """An order that was just placed, to be paid."""

    payment: Payment


class OrderPage(BaseModel):
    """One page of orders, newest first."""

    orders: list[OrderHead]
    next: str | None = None
