"""A cloud in this process with a client of one room: its clock moves without a wait for whole seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from cloudarium import model
from cloudarium.cloud import Cloud
from cloudarium.gateway.call import Call
from cloudarium.gateway.http import HttpRequest
from cloudarium.policy.principal import Principal
from cloudarium.shared.errors import AwsError


class Inside:
    """The cloud, its clock standing. Calls go the way of a call from one room to another, as the root of an account."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.cloud = Cloud(folder)
        self.cloud.clock.freeze()
        self.loop.run_until_complete(self._start())

    async def _start(self) -> None:
        self.cloud.deliverer.start()

    def close(self) -> None:
        """End it."""
        self.loop.run_until_complete(self.cloud.stop())
        self.loop.close()

    def clock_advance(self, seconds: float) -> None:
        """Move the clock on; all that becomes due happens."""
        self.loop.run_until_complete(self.cloud.journeys.move(lambda now: now + seconds))

    def settle(self) -> None:
        """Wait until what is due has happened."""
        self.loop.run_until_complete(self.cloud.deliverer.settle())

    def client(self, service: str) -> InsideClient:
        """The root's client of a room."""
        return InsideClient(self, service)


class InsideClient:
    """As much of boto3's client as tests use: methods by operation, and ClientError."""

    def __init__(self, inside: Inside, service: str) -> None:
        self._inside = inside
        self._service = service
        self._names = {xform_name(name): name for name in model.service(service).operations}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        name = self._names[method]

        def ask(**given: Any) -> Any:
            return self._inside.loop.run_until_complete(self.ask(name, given))

        return ask

    async def ask(self, name: str, given: dict[str, Any]) -> Any:
        """Call an operation; raises ClientError."""
        cloud = self._inside.cloud
        root = Principal.root(cloud.home.account, "test")
        parent = Call(cloud, HttpRequest(method="POST", path="/"))
        try:
            return await cloud.send(parent, self._service, name, given, root, None, cloud.home)
        except AwsError as error:
            shape = model.service(self._service).error_shape(error.code)
            said: Any = {"Code": shape.query_code if shape else error.code, "Message": error.message}
            raise ClientError({"Error": said}, name) from error
