"""The unmodified clients that the journeys use; `python -m tests.clients.install` sets them up once."""
