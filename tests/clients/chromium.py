"""A real browser: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"viewport": {"width": 375, "height": 720}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def program() -> str:
    """Chromium, or a skipped test where it is not installed."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")


@contextmanager
def running() -> Iterator[Any]:
    """A browser without a window; each test opens contexts of its own in it. It reaches this machine alone."""
    executable = program()
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    # No look-up of any name leaves the machine, whatever the browser itself would like to ask.
    arguments += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
