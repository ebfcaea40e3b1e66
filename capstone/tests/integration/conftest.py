"""The deployed shop that the integration tests talk to, here or on AWS.

    API_URL=… USER_POOL_ID=… USER_POOL_CLIENT_ID=… pytest tests/integration

The users that the tests need are made with the credentials of AWS's usual environment.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from journey import Deployed, Shop


@pytest.fixture(scope="session")
def deployed() -> Deployed:
    """Where the shop is."""
    try:
        return Deployed.by_environment()
    except KeyError as missing:
        pytest.skip(f"{missing} does not say where the shop is deployed")


@pytest.fixture(scope="session")
def anyone(deployed: Deployed) -> Shop:
    """The shop without having signed in."""
    return deployed.nobody()


@pytest.fixture(scope="session")
def staff(deployed: Deployed) -> Shop:
    """The shop as one of its staff."""
    return deployed.hire(uuid4().hex[:12])


@pytest.fixture
def ada(deployed: Deployed, run: str) -> Shop:
    """The shop as a customer of this test's own."""
    return deployed.sign_up("Ada", run)


@pytest.fixture(scope="session")
def eve(deployed: Deployed) -> Shop:
    """The shop as another customer, who is up to no good."""
    return deployed.sign_up("Eve", uuid4().hex[:12])


@pytest.fixture
def run() -> str:
    """A name of this test's own: nothing that other runs left behind can meet it."""
    return uuid4().hex[:12]
