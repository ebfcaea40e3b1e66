"""AllowedPattern: a user's regular expression over a user's value, in a process of its own.

A short expression can keep Python's engine busy for years and would hold up the whole cloud with it; a process can be
ended.
"""

from __future__ import annotations

import asyncio
import sys

import orjson

_SECONDS = 5.0
_PROGRAM = """
import json, re, sys
pattern, value = json.load(sys.stdin)
try:
    compiled = re.compile(pattern)
except Exception:
    sys.exit(3)
sys.exit(0 if compiled.fullmatch(value) else 1)
"""


async def fits(pattern: str, value: str) -> bool | None:
    """Whether the whole value fits; None when the pattern is none, or takes too long."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", "-c", _PROGRAM),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(process.communicate(orjson.dumps([pattern, value])), _SECONDS)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return {0: True, 1: False}.get(process.returncode or 0)
