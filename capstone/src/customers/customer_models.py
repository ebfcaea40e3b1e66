"""Who a customer is, and what callers may say about one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=120)]
# One "@" with something on each side; whether a mailbox answers there, only a mail can tell.
Email = Annotated[str, Field(pattern=r"^[^@\s#]+@[^@\s#]+\.[^@\s#]+$", max_length=254)]
AddressLine = Annotated[str, Field(min_length=1, max_length=200)]


class Address(BaseModel):
    """Where parcels go."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    street: AddressLine
    city: AddressLine
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class NewCustomer(BaseModel):
    """A customer as a caller describes one."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    email: Email
    address: Address | None = None


class CustomerChange(BaseModel):
    """What shall be different about a customer."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name | None = None
    email: Email | None = None
    address: Address | None = None

    @model_validator(mode="after")
    def says_something(self) -> "CustomerChange":
        """An empty change is a mistake."""
        if not self.model_dump(exclude_none=True):
            raise ValueError("name at least one thing to change")
        return self


class Customer(BaseModel):
    """A customer of the shop."""

    id: str
    name: str
    email: str
    address: Address | None = None
    version: int
    created_at: str
    updated_at: str
