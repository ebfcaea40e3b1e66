"""The card of the Simple Email Service's first API."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="ses",
    purpose="Sends mail from verified identities into a mail box that a person reads and a test queries.",
    signing_name="ses",
    validation_error="ValidationError",
    max_body=64 * 1024 * 1024,  # the larger messages of the second API come by the same signing name
    pages={"mail": "mail"},
    ports={"smtp": 2587, "smtps": 2465, "inbound-smtp": 2525},  # the first two are AWS's own numbers
)
