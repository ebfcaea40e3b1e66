"""The data folder: one cloud at a time, and a sentence for each reason why it cannot be used."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


class FolderUnusable(Exception):
    """The data folder cannot be used as it is; the message is the sentence that says why."""


class FolderInUse(FolderUnusable):
    """Another cloud runs on this data folder."""


class NewerFolder(FolderUnusable):
    """The data folder was written by a newer Cloudarium."""


class MigrationFailed(FolderUnusable):
    """An older data folder could not be taken on to the present format; it is as it was."""


class DamagedFolder(FolderUnusable):
    """What is in the data folder was not left so by a cloud."""


def make(folder: Path) -> None:
    """Make the folder and those above it, unless it is there. Raises FolderUnusable for a file, and OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError:
        raise FolderUnusable(f"the data folder cannot be used: {folder} is a file") from None


def lock(folder: Path) -> IO[str]:
    """Take the folder for this process; the system gives it back when the process ends, however it ends.

    The lock is on the file, not on its name: another path to the same folder meets it too. Raises FolderInUse.
    """
    held = open(folder / "lock", "a")  # noqa: SIM115 - held open for the store's life
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise FolderInUse(f"another cloud runs on {folder}; stop it with `cloudarium down`") from error
    return held


def refuse_lost_database(folder: Path, file: str) -> None:
    """Raise DamagedFolder when there is content but no database that knows of it: a sweep would remove it all."""
    if next((folder / "blobs").glob("*/*"), None) is not None:
        raise DamagedFolder(
            f"{folder} holds content, but {file} in it is missing or empty. Put it back, or remove {folder / 'blobs'}"
            " to begin anew"
        )
