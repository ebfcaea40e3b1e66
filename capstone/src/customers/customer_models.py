"""Who a customer is, and what callers may say about one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1, max_length=120)]
AddressLine = Annotated[str, Field(min_length=1, max_length=200)]


class Address(BaseModel):
    """Where parcels go."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    street: AddressLine
    city: AddressLine
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class CustomerChange(BaseModel):
    """What shall be different about a customer. The e-mail address is Cognito's to change, which has it proved."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name | None = None
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
    created_at: str
    updated_at: str
