"""The wires of a cloud, made when first wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from cloudarium.runtime.networks import Destination
from cloudarium.shared.passage import Passage
from cloudarium.store import Store
from cloudarium.vpc.reading import facts
from cloudarium.vpc.wires import Wires

_Judge = Callable[[str, Destination], Passage | None]


class Cloud(Protocol):
    """What is needed of the cloud."""

    store: Store
    keep: dict[str, Any]
    connect: Callable[[_Judge], asyncio.BaseProtocol] | None

    @property
    def port(self) -> int:
        """The port that its API is at."""


def wires(cloud: Cloud) -> Wires:
    """The cloud's wires."""
    found = cloud.keep.get("vpc")
    if found is None:
        found = cloud.keep["vpc"] = Wires(partial(facts, cloud.store), ("127.0.0.1", cloud.port), partial(_api, cloud))
    assert isinstance(found, Wires)
    return found


def _api(cloud: Cloud, judge: _Judge) -> asyncio.BaseProtocol:
    assert cloud.connect is not None, "no server runs for this cloud"
    return cloud.connect(judge)
