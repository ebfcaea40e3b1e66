"""How the command line speaks: rich text for people, JSON for programs."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

console = Console(highlight=False)


def print_json(shown: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(shown, indent=2, default=str))
