"""The child that runs queries: one plan a line in, one answer a line out; ends with its input or after a quiet time."""

from __future__ import annotations

import contextlib
import resource
import select
import sys
from pathlib import Path
from typing import Any

import orjson

from cloudarium.services.logs.insights.engine import Engine

_MEMORY = 4 * 1024**3  # of addresses: a query fails before the machine does


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    engine = Engine(Path(task["path"]))
    engine.watch.start()
    try:
        return engine.run(task["plan"])
    except Exception as problem:  # whatever it is, the query has failed and says of what
        return {"problem": f"{type(problem).__name__}: {problem}"[:1000]}


def main() -> None:
    """Answer until there is nothing more to do."""
    quiet = float(sys.argv[1])
    with contextlib.suppress(ValueError, OSError):  # some systems know no such limit
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    while select.select([sys.stdin.buffer], [], [], quiet)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        sys.stdout.buffer.write(orjson.dumps(_answer(orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
