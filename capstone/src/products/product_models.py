"""What a product is, and what callers may say about one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=120)]
# The listing is sorted by category and name: "#" parts the two, so a category cannot hold it.
Category = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Description = Annotated[str, Field(max_length=2_000)]
Cents = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Change = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]


class NewProduct(BaseModel):
    """A product as a caller describes it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    category: Category
    price_cents: Cents
    stock: Count = 0
    description: Description = ""


class ProductChange(BaseModel):
    """What shall be different; stock is moved, never set, so that it cannot undo an order placed meanwhile."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name | None = None
    category: Category | None = None
    price_cents: Cents | None = None
    description: Description | None = None
    stock_change: Change | None = None

    @model_validator(mode="after")
    def says_something(self) -> "ProductChange":
        """An empty change is a mistake."""
        if not self.model_dump(exclude_none=True):
            raise ValueError("name at least one thing to change")
        return self


class Product(BaseModel):
    """A product in the shop."""

    id: str
    name: str
    category: str
    price_cents: int
    stock: int
    description: str
    version: int
    created_at: str
    updated_at: str
    picture_url: str | None = None
    thumbnail_url: str | None = None


class ProductHead(BaseModel):
    """A product as the catalogue shows it: whether there is any, not how many."""

    id: str
    name: str
    category: str
    price_cents: int
    available: bool
    has_picture: bool


class NewPicture(BaseModel):
    """A picture that is about to come."""

    model_config = ConfigDict(extra="forbid")

    content_type: Literal["image/jpeg", "image/png", "image/webp"]


class Upload(BaseModel):
    """Where to send a picture, as a form: these fields first, then the file as `file`."""

    url: str
    fields: dict[str, str]


class ProductPage(BaseModel):
    """One page of the catalogue."""

    products: list[ProductHead]
    next: str | None = None
