"""Where the shop is looked at: a cloud on this machine, or AWS. Everything is asked by the public API through boto3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cloudarium.cli import running
from cloudarium.cli.deploy import ROOT


class Reach:
    """A session's clients, each made once. `cloud` is None where no cloud of this machine answers: at AWS."""

    def __init__(self, session: Any, endpoint: str | None, cloud: running.Running | None) -> None:
        from botocore.config import Config

        self.cloud = cloud
        self.region: str = session.region_name
        self._session = session
        self._lock = threading.Lock()  # making clients is not safe in threads; using them is
        self._made: dict[str, Any] = {}
        here = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        self._settings: dict[str, Any] = {"endpoint_url": endpoint, "config": here if cloud else Config()}

    @classmethod
    def at(cls, cloud: running.Running) -> Reach:
        """A cloud of this machine, as its root."""
        import boto3

        session = boto3.session.Session(ROOT.key, ROOT.secret, region_name=ROOT.region)
        return cls(session, cloud.endpoint, cloud)

    @classmethod
    def at_aws(cls) -> Reach:
        """Where boto3's own settings lead: credentials, region and endpoint are the environment's and the profile's."""
        import boto3

        return cls(boto3.session.Session(), None, None)

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(service, **self._settings)
            return self._made[service]

    def all(self, service: str, operation: str, found: str, **given: Any) -> list[Any]:
        """What all pages of an operation answer at a JMESPath."""
        import jmespath  # type: ignore[import-untyped]

        return [each for page in self._pages(service, operation, given) for each in jmespath.search(found, page) or []]

    def _pages(self, service: str, operation: str, given: dict[str, Any]) -> Iterator[Any]:
        client = self(service)
        if client.can_paginate(operation):
            return iter(client.get_paginator(operation).paginate(**given))
        return iter([getattr(client, operation)(**given)])

    def now(self) -> datetime:
        """The time where the shop is: a cloud's clock can be moved."""
        if self.cloud is not None:
            return datetime.fromisoformat(self.cloud.ask("clock")["now"])
        return datetime.now(UTC)
