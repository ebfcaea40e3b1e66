"""What protects the engine, and how values are shown."""

from __future__ import annotations

import signal
from typing import Any

import apsw
import pytest

from cloudarium.services.logs.insights import engine
from cloudarium.services.logs.insights.engine import shown


def test_a_match_without_end_is_ended(over: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_TICK", 0.02)
    starting = engine.Engine.run

    def run_watched(self: Any, plan: Any) -> Any:
        self.watch.start()
        return starting(self, plan)

    monkeypatch.setattr(engine.Engine, "run", run_watched)
    try:
        with pytest.raises((TimeoutError, apsw.Error), match="takes too long"):
            over(["a" * 60 + "!"])("filter @message like /^(a+)+$/")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1_700_000_000_123, "time", "2023-11-14 22:13:20.123"),
        (2.0, "number", "2"),
        (1 / 3, "number", "0.3333"),
        (0.1 + 0.2, "any", "0.30000000000000004"),
        (float("inf"), "number", "Infinity"),
        (10**18, "number", "1000000000000000000"),
        ("7", "any", "7"),
        (10**18, "time", "1000000000000000000"),
    ],
)
def test_values_are_shown_as_text(value: Any, kind: str, text: str) -> None:
    assert shown(value, kind) == text
