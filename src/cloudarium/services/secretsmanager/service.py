"""The card of Secrets Manager."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="secretsmanager",
    purpose="Keeps secrets encrypted under KMS keys, with versions and staging labels, and has functions rotate them.",
    usage="Secrets Manager",
)
