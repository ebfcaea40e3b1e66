"""What takes an older data folder on to the present format: one step a format, in order, all in one transaction.

A step is a file here: `to_N.sql`, or `to_N.py` with `migrate(connection, folder)`, which takes tables of format N-1 to
those of format N. It runs before the schemas are applied, so a new table or index needs none. Once released, a step
never changes: it says what tables looked like then.
"""

from __future__ import annotations

import importlib
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from cloudarium.store.folder import MigrationFailed

Step = Callable[[apsw.Connection, Path], None]

log = logging.getLogger("cloudarium")


def steps(old: int, new: int) -> list[Step]:
    """The steps from one format to another. Raises LookupError when one is missing."""
    return [_step(number) for number in range(old + 1, new + 1)]


def migrate(connection: apsw.Connection, folder: Path, old: int, todo: Sequence[Step]) -> None:
    """Do the steps in the transaction that is open. Raises MigrationFailed; the caller takes the transaction back."""
    new = old + len(todo)
    try:
        for step in todo:
            step(connection, folder)
    except Exception as error:
        raise MigrationFailed(
            f"the data in {folder} could not be taken from format {old} to {new}, and is as it was: {error}"
        ) from error


def keep_copy(connection: apsw.Connection, folder: Path, file: str, old: int, new: int) -> None:
    """Copy the database, and link the blobs' files, into `before-format-N`, which opens like the folder did.

    Blobs are written once and never changed, so a link is as good as a copy. Raises MigrationFailed.
    """
    copy, partly = folder / f"before-format-{new}", folder / f"before-format-{new}.partly"
    try:
        for left in (partly, copy):  # of an earlier attempt that was cut off
            shutil.rmtree(left, ignore_errors=True)
        partly.mkdir(mode=0o700)
        connection.execute("VACUUM INTO ?", (str(partly / file),))
        if (folder / "blobs").is_dir():
            shutil.copytree(folder / "blobs", partly / "blobs", copy_function=link)
        partly.replace(copy)
    except (apsw.Error, OSError, shutil.Error) as error:
        shutil.rmtree(partly, ignore_errors=True)
        raise MigrationFailed(
            f"the data in {folder} is of format {old}, and no copy of it could be kept before it is taken to {new};"
            f" it is as it was: {error}"
        ) from error
    log.info("the data in %s is taken from format %d to %d; as it was it stays in %s", folder, old, new, copy)


def link(source: str | Path, target: str | Path) -> None:
    """Give a file one more name, or copy it where the file system knows no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _step(number: int) -> Step:
    text = Path(__file__).with_name(f"to_{number}.sql")
    if text.exists():
        return lambda connection, folder: _run(connection, text.read_text())
    try:
        found: Step = importlib.import_module(f"{__name__}.to_{number}").migrate
    except ModuleNotFoundError as error:
        raise LookupError(f"there is no migration to format {number}") from error
    return found


def _run(connection: apsw.Connection, text: str) -> None:
    for _ in connection.execute(text):
        pass
