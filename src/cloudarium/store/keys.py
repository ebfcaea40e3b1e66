"""Master keys: each in a file of its own beside the database, never in it."""

from __future__ import annotations

import os
from pathlib import Path

from cloudarium.shared import ids


def master_key(folder: Path, name: str) -> bytes:
    """The 32 bytes under which a room seals what it must not keep in the clear; made when they are first asked for."""
    path = folder / "keys" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(ids.data(32))
            file.flush()
            os.fsync(file.fileno())  # what it seals is on disk with the next commit
        fresh.rename(path)
    return path.read_bytes()
