"""Calls of EC2's network that succeed, and what they need, by noun."""

from __future__ import annotations

from tests.permissions.example import Examples
from tests.permissions.examples.ec2 import guards, networks, options

EXAMPLES = Examples()
for _part in (networks, guards, options):
    EXAMPLES.update(_part.EXAMPLES)
