"""The card of Organizations."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="organizations",
    purpose="Joins accounts to a tree of units, and limits by policies what may be done in them and to them.",
    validation_error="InvalidInputException",
)
