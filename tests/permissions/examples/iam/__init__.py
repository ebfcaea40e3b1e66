"""Calls of IAM that succeed, and what they need, by noun."""

from __future__ import annotations

from tests.permissions.example import Examples
from tests.permissions.examples.iam import account, credentials, entities, policies, providers, tagging

EXAMPLES = Examples()
for _part in (account, credentials, entities, policies, providers, tagging):
    EXAMPLES.update(_part.EXAMPLES)
