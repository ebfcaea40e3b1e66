"""Calls that would succeed, made ready as the permissions' examples do, and varied before they are signed.

So each operation is reached behind its look-ups: `valid-ROOM` for every room that has examples.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from random import Random
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from cloudarium import model
from cloudarium.gateway.rooms import all_rooms
from tests.fuzz.area import Unmade, area
from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Target
from tests.fuzz.wire import SLOW, vary
from tests.permissions.example import Stage


class Client:
    """What the examples use of a boto3 client, asked of a target."""

    def __init__(self, target: Target, service: str, key: str) -> None:
        self._ask = target
        self._service = service
        self._key = key
        self._names = {xform_name(name): name for name in model.service(service).operations}

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = self._names.get(name)
        if operation is None:
            raise Unmade(f"{self._service} has no {name}")

        def call(**input: Any) -> dict[str, Any]:
            return self._ask.do(self._service, operation, _key=self._key, **input)

        return call


class Cloud:
    """What the examples use of a running cloud."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.settle = target.settle
        self.url = target.cloud.endpoint

    def client(self, service: str, *, key: str, **_: Any) -> Client:
        """A client that signs as the root of the account `key`."""
        return Client(self._target, service, key)


class ManyStages(Stage):
    """A stage on which an operation's example is made many times, with another name each."""

    number = 0

    @property
    def name(self) -> str:
        """The operation's name and the number of this time."""
        return f"{super().name}-{self.number}"


def _attack_room(service: str, examples: dict[str, Callable[[Stage], Any]]) -> None:
    names = sorted(name for name in examples if name.partition("/")[0] not in SLOW)

    def prepare(target: Target) -> None:
        target.known["stage"] = ManyStages(Cloud(target), service, target.account)  # type: ignore[arg-type]

    def attack(target: Target, source: Random) -> None:
        name = source.choice(names)
        operation = name.partition("/")[0]
        stage: ManyStages = target.known["stage"]
        stage.operation, stage.number = operation, stage.number + 1
        try:
            case = examples[name](stage)
        except (AssertionError, AttributeError, TypeError, KeyError, ClientError) as error:
            raise Unmade(str(error)) from error
        protocol = source.choice(model.service(service).protocols)
        request = target.written(service, operation, dict(case.input), protocol)
        vary(request, protocol, Mutator(source))
        target.send(request, service)

    area(f"valid-{service}", prepare)(attack)


for _room in sorted(all_rooms()):
    try:
        _module = importlib.import_module(f"tests.permissions.examples.{all_rooms()[_room].folder}")
    except ModuleNotFoundError:
        continue
    _attack_room(_room, _module.EXAMPLES)
