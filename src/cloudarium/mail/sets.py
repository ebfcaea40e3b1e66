"""Configuration sets: named settings that a message can be sent with."""

from __future__ import annotations

import re

from cloudarium.mail import records
from cloudarium.mail.desk import Data, Desk

KIND = "configuration-set"
MOST = 10_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def find(desk: Desk, name: str) -> Data:
    """The data of a configuration set. Raises when there is none of that name."""
    found = desk.get(KIND, name)
    if found is None:
        raise desk.error(desk.codes.no_set, f"Configuration set <{name}> does not exist.", ConfigurationSetName=name)
    return found


def add(desk: Desk, name: str, data: Data) -> None:
    """Make a configuration set. Raises when the name is taken or none."""
    if not _NAME.fullmatch(name):
        raise desk.invalid(
            f"Invalid configuration set name: {name[:100]}. It must have 1 to 64 letters, digits, _ and -."
        )
    if desk.get(KIND, name) is not None:
        message = f"Configuration set <{name}> already exists."
        raise desk.error(desk.codes.set_exists, message, ConfigurationSetName=name)
    desk.put(KIND, name, data)


def change(desk: Desk, name: str, **changes: object) -> None:
    """Change some of a set's settings."""
    desk.put(KIND, name, {**find(desk, name), **changes})


def remove(desk: Desk, name: str) -> None:
    """Delete a set. Raises when there is none of that name."""
    find(desk, name)
    records.remove(desk.store, desk.scope, KIND, name)
