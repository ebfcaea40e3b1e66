"""A cloud that is killed again and again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.crash.processes import CrashableCloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[CrashableCloud]:
    """A cloud that may be killed; whatever happens, nothing in it breaks."""
    running = CrashableCloud(tmp_path / "cloud")
    yield running
    said = running.log.read_text()
    running.stop()
    assert "Traceback" not in said, said[:20_000]
    shutil.rmtree(tmp_path, ignore_errors=True)
