"""A new payment key.

A signature names the key that made it, and the key of before stays readable as AWSPREVIOUS, so what was signed just
before a rotation still verifies.
"""

import secrets
from typing import Any

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext

from shop import rotation

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])


class PaymentKey:
    """The key that signs what a customer owes."""

    def renewed(self, current: rotation.Secret) -> rotation.Secret:
        """A new key under a new name."""
        return {"id": secrets.token_hex(8), "key": secrets.token_urlsafe(48)}

    def put_in_force(self, current: rotation.Secret, pending: rotation.Secret) -> None:
        """Where a payment provider is to be told the new key, this is the place; it must know both for a while."""

    def try_out(self, pending: rotation.Secret) -> None:
        """A key that is too short or nameless must not come into force."""
        if len(pending["key"]) < 32 or not pending["id"]:
            raise ValueError("the new key is not one")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Do one step of the rotation."""
    rotation.step(event, PaymentKey())
    logger.info("rotated", extra={"step": event["Step"], "secret": event["SecretId"]})
