"""The card of STS."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="sts",
    purpose="Says who calls and hands out temporary credentials that expire by the clock.",
    validation_error="ValidationError",
    clock_skew=15 * 60,
)
