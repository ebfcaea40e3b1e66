"""The cache: over TLS, as a user whose password rotates, and never slower than a caller would notice.

A cache is a help, not a need. Whatever goes wrong with it is `Gone`, and callers go on without it; after that it is
left alone for a few seconds, so that a dead cache costs one request its patience and not every request.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache as once
from typing import Any, TypeVar

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from valkey import Valkey
from valkey.backoff import NoBackoff
from valkey.credentials import CredentialProvider
from valkey.exceptions import AuthenticationError, ConnectionError, ValkeyError
from valkey.retry import Retry

logger = Logger(child=True)
tracer = Tracer(patch_modules=["botocore"])
Result = TypeVar("Result")

PATIENCE_SECONDS = 0.25
REST_SECONDS = 5.0
PASSWORD_SECONDS = 300


class Gone(Exception):
    """The cache is not there, or does not let us in."""


class SecretPassword(CredentialProvider):
    """The user and password that the secret holds, read again now and then, and at once when they are refused."""

    def __init__(self) -> None:
        self.refused = False

    def get_credentials(self) -> tuple[str, str]:
        """User and password for a new connection."""
        secret: Any = _secrets().get(
            os.environ["CACHE_SECRET"], transform="json", max_age=PASSWORD_SECONDS, force_fetch=self.refused
        )
        self.refused = False
        return str(secret["username"]), str(secret["password"])


class Cache:
    """What the shop asks of its cache. Every method raises Gone when the cache does not answer."""

    def __init__(self, client: Valkey, password: SecretPassword, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._password = password
        self._clock = clock
        self._resting_until = float("-inf")

    def get(self, key: str) -> str | None:
        """What is kept under a key."""
        found = self._ask(lambda: self._client.get(key))
        return None if found is None else str(found)

    def put(self, key: str, value: str, seconds: int) -> None:
        """Keep a value so long."""
        self._ask(lambda: self._client.set(key, value, ex=seconds))

    def claim(self, key: str, seconds: int) -> bool:
        """Whether we are the first to claim a key; nobody else can for so long."""
        return bool(self._ask(lambda: self._client.set(key, "1", ex=seconds, nx=True)))

    def drop(self, key: str) -> None:
        """Let go of a key."""
        self._ask(lambda: self._client.delete(key))

    def raise_by_one(self, key: str) -> None:
        """Count a key up."""
        self._ask(lambda: self._client.incr(key))

    def _ask(self, question: Callable[[], Result]) -> Result:
        if self._clock() < self._resting_until:
            raise Gone("The cache is left alone for a moment.")
        try:
            # X-Ray's SDK knows no client of Valkey, so this is what puts the cache on the map.
            with tracer.provider.in_subsegment("valkey", namespace="remote"):
                return self._ask_again_if_refused(question)
        except (ValkeyError, OSError, GetParameterError) as error:
            self._resting_until = self._clock() + REST_SECONDS
            logger.warning("the cache is gone", extra={"reason": f"{type(error).__name__}: {error}"})
            raise Gone(str(error)) from error

    def _ask_again_if_refused(self, question: Callable[[], Result]) -> Result:
        try:
            return question()
        except AuthenticationError:
            # The password that we knew is two rotations old. The secret has the one that holds now.
            self._password.refused = True
            return question()


@once
def _secrets() -> parameters.SecretsProvider:
    hurried = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})
    return parameters.SecretsProvider(boto_config=hurried)


@once
def connected() -> Cache:
    """The cache that every invocation of this environment shares; nothing is sent before something is asked."""
    password = SecretPassword()
    client = Valkey(
        host=os.environ["CACHE_HOST"],
        port=int(os.environ["CACHE_PORT"]),
        ssl=True,
        ssl_cert_reqs="required",
        ssl_check_hostname=True,
        credential_provider=password,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),  # a connection that the server has closed meanwhile is not the cache's end
        retry_on_error=[ConnectionError],
        decode_responses=True,
    )
    return Cache(client, password)
