"""What the tables and indexes of the present format look like, recorded in shapes/format-N.json.

`python -m tests.store.table_shapes` records the new ones, and for a new format all of them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from cloudarium.gateway import rooms
from cloudarium.store import Store, database

_FOLDER = Path(__file__).with_name("shapes")
_COMMENT = re.compile(r"--[^\n]*")


def present() -> dict[str, str]:
    """The statement that makes each table and index of a fresh folder, without comments and line ends."""
    store = Store(None, rooms.schemas())
    try:
        return of(store)
    finally:
        store.close()


def of(store: Store) -> dict[str, str]:
    """The statement that makes each table and index of an open folder."""
    made = store.all("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
    return {name: " ".join(_COMMENT.sub(" ", sql).split()) for name, sql in made}


def recorded() -> dict[str, str]:
    """What was recorded for the present format; nothing when none was."""
    file = _file()
    return json.loads(file.read_text()) if file.exists() else {}


def _file() -> Path:
    return _FOLDER / f"format-{database.FORMAT}.json"


def _record() -> None:
    known = recorded()
    _FOLDER.mkdir(exist_ok=True)
    _file().write_text(json.dumps(present() | known, indent=1, sort_keys=True) + "\n")
    print(f"{len(present().keys() - known.keys())} recorded in {_file()}")


if __name__ == "__main__":
    _record()
