"""A template's inline code as a package: index.py or index.js, with AWS's cfn-response module beside it."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "inline_modules"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def package(source: str, runtime: str) -> bytes:
    """The zip for inline `source`; equal sources give equal bytes."""
    if runtime.startswith("python"):
        files = {"index.py": source, "cfnresponse.py": _module("cfnresponse.py")}
    else:
        files = {"index.js": source, "node_modules/cfn-response/index.js": _module("cfn-response.js")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


@cache
def _module(name: str) -> str:
    return (_FOLDER / name).read_text()
