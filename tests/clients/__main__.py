"""`python -m tests.clients`: set up the clients of the journeys."""

from tests.clients.install import install

install()
