"""Make the virtual environment: `python scripts/make_venv.py FOLDER`. Says what is missing and, where it may, adds it.

Debian's Python comes without ensurepip, which is in the package python3-venv: root installs it here, others are told.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path


def main() -> None:
    """Make the environment with pip in it, or end with a sentence that says what to do."""
    folder = Path(sys.argv[1])
    if sys.version_info < (3, 11):  # noqa: UP036 - this file alone must also run on what is too old
        sys.exit(
            f"Cloudarium needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 …"
        )
    if not _has_ensurepip():
        _install_ensurepip()
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)


def _has_ensurepip() -> bool:
    return subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def _install_ensurepip() -> None:
    package = f"python3.{sys.version_info.minor}-venv"
    wanted = f"This Python has no ensurepip. On Debian and Ubuntu: apt-get install {package}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(wanted)
    print(f"This Python has no ensurepip; installing {package} …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
    done = subprocess.run(["apt-get", "install", "-y", "-qq", package], check=False, **quiet)  # type: ignore[call-overload]
    if done.returncode != 0 or not _has_ensurepip():
        sys.exit(wanted)


if __name__ == "__main__":
    main()
