"""Queues to try things with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.sqs.inside import Inside
from tests.services.sqs.queue import FIFO, Queue


@pytest.fixture
def sqs(client: Callable[..., Any]) -> Any:
    """The root's client of an account of this test's own."""
    return client("sqs")


@pytest.fixture
def queue(sqs: Any) -> Queue:
    """A standard queue."""
    return Queue(sqs, "queue")


@pytest.fixture
def fifo(sqs: Any) -> Queue:
    """A FIFO queue that tells messages apart by their content."""
    return Queue(sqs, "queue.fifo", **FIFO)


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Inside]:
    """A cloud in this process whose clock stands, and may be moved."""
    inside = Inside(tmp_path / "cloud")
    yield inside
    inside.close()


@pytest.fixture
def timed(moving: Inside) -> Any:
    """A client of that cloud."""
    return moving.client("sqs")


@pytest.fixture(scope="module")
def standing() -> Iterator[RunningCloud]:
    """A running cloud whose clock stands, so that nothing ends by itself."""
    running = RunningCloud()
    running.control("clock", {"freeze": True})
    yield running
    running.stop()
