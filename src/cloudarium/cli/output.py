"""How the command line speaks: rich text for people, JSON for programs, a sentence when something is wrong."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

# A pipe has no width: what goes into one is not folded at 80 columns.
# An ARN is full of colons, and `:secret:` is no picture.
console = Console(highlight=False, emoji=False, width=None if sys.stdout is not None and sys.stdout.isatty() else 200)


class Failed(Exception):
    """The command cannot do what was asked; the message is the sentence that says why and what to do next."""


def say(text: str) -> None:
    """Print a line of rich markup, never folded."""
    console.print(text, soft_wrap=True)


def called(call: dict[str, Any]) -> str:
    """What a call asked for: `shop: GET /products/{id}` at the door of an API, else service and operation."""
    asked = call.get("asked")
    return f"{asked['name']}: {call['title']}" if asked else f"{call['service'] or '?'}:{call['operation'] or '?'}"


def print_json(shown: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(shown, indent=2, default=str))
