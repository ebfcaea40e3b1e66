"""A new password for the cache's user.

A user of ElastiCache may have two passwords. The new one comes beside the present one, so whoever still has the present
one is let in until the next rotation, and nobody notices.
"""

import os
import secrets
import string
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities.typing import LambdaContext
from valkey import Valkey

from shop import rotation

if TYPE_CHECKING:
    from types_boto3_elasticache import ElastiCacheClient

logger = Logger()
tracer = Tracer(patch_modules=["botocore"])

LETTERS = string.ascii_letters + string.digits


@cache
def elasticache() -> "ElastiCacheClient":
    """The connection that every invocation of this environment shares."""
    return boto3.client("elasticache")


class Password:
    """The cache user's password."""

    def renewed(self, current: rotation.Secret) -> rotation.Secret:
        """A new password for the same user."""
        return {**current, "password": "".join(secrets.choice(LETTERS) for _ in range(32))}

    def put_in_force(self, current: rotation.Secret, pending: rotation.Secret) -> None:
        """Give the user both passwords, and wait until every node knows."""
        user = os.environ["CACHE_USER_ID"]
        elasticache().modify_user(UserId=user, Passwords=[current["password"], pending["password"]])
        while elasticache().describe_users(UserId=user)["Users"][0]["Status"] != "active":
            time.sleep(1)

    def try_out(self, pending: rotation.Secret) -> None:
        """Come in with the new one."""
        client = Valkey(
            host=os.environ["CACHE_HOST"],
            port=int(os.environ["CACHE_PORT"]),
            ssl=True,
            ssl_cert_reqs="required",
            ssl_check_hostname=True,
            username=pending["username"],
            password=pending["password"],
            socket_connect_timeout=5,
            socket_timeout=5,
        )
        with client:
            client.ping()


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Do one step of the rotation."""
    rotation.step(event, Password())
    logger.info("rotated", extra={"step": event["Step"], "secret": event["SecretId"]})
