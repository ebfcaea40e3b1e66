"""The card of the Simple Email Service's second API."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="sesv2",
    purpose="The second API of the Simple Email Service, over the same identities, templates and mail box.",
    signing_name="ses",
    validation_error="BadRequestException",
    max_body=64 * 1024 * 1024,  # 40 MB of message, in base64
)
