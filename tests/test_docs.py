"""The docs say what is true: the generated page is up to date, and what the README names exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_coverage_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/generate_coverage.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_command_that_the_readme_names_exists() -> None:
    from typer.main import get_command

    from cloudarium.cli.app import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        named = set(re.findall(r"(?:^|[`(\s])cloudarium ([a-z]+)\b", page.read_text()))
        assert named <= known | {"is", "up"}, f"{page.name} names {named - known}"


def test_every_make_target_that_the_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"`make ([a-z-]+)`", (ROOT / "README.md").read_text()))
    assert named <= targets


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
