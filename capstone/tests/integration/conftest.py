"""The deployed shop that the integration tests talk to: `API_URL=… pytest tests/integration`, here or on AWS."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from journey import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The shop at API_URL."""
    if "API_URL" not in os.environ:
        pytest.skip("API_URL does not say where the shop is deployed")
    return Shop(os.environ["API_URL"])


@pytest.fixture
def run() -> str:
    """A name of this test's own: nothing that other runs left behind can meet it."""
    return uuid4().hex[:12]
