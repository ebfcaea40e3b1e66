"""A cloud for tests that move its clock, or that see all of an account's log groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import RunningCloud


@pytest.fixture(scope="module")
def own() -> Iterator[RunningCloud]:
    """A cloud whose clock may be moved."""
    running = RunningCloud()
    yield running
    running.stop()


@pytest.fixture
def logs(own: RunningCloud) -> Any:
    return own.client("logs")
