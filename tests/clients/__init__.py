"""The unmodified clients that the journeys use; `python -m tests.clients` sets them up once."""
