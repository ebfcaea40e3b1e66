"""`cloudarium capstone`: deploy the shop (up), hold it against its checklist (verify), take it down (down)."""

from cloudarium.cli.capstone.commands import add_to, environment, environment_name

__all__ = ["add_to", "environment", "environment_name"]
