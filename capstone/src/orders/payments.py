"""What a customer owes, signed: the payment page of a provider believes an order's amount by this signature.

The key rotates. A signature names its key, and a provider knows the present key and the one before.
"""

import hashlib
import hmac
import os
from typing import Any

from aws_lambda_powertools.utilities import parameters

from order_models import Payment

KEY_SECONDS = 300


def demand(order_id: str, total_cents: int) -> Payment:
    """The signed demand for an order."""
    secret: Any = parameters.get_secret(os.environ["PAYMENT_SECRET"], transform="json", max_age=KEY_SECONDS)
    return Payment(key_id=secret["id"], signature=signature(secret["key"], order_id, total_cents))


def signature(key: str, order_id: str, total_cents: int) -> str:
    """The signature of an order's amount by a key."""
    return hmac.new(key.encode(), f"{order_id}\n{total_cents}".encode(), hashlib.sha256).hexdigest()
