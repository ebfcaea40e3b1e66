"""The canvas: what a drawing can ask for. Colours are names (ink, soft, line, card, bad, good, s0 to s7) or #rrggbb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Place = tuple[float, float]


class Canvas(Protocol):
    """A surface of `width` by `height`; the origin is at the top left."""

    width: float
    height: float

    def area(self, corners: Sequence[Place], fill: str, opacity: float = 1.0, title: str = "") -> None:
        """A filled polygon; `title` is what it says when it is pointed at."""

    def stroke(self, places: Sequence[Place], color: str, width: float = 1.0, dashed: bool = False) -> None:
        """A line through places."""

    def dot(self, center: Place, radius: float, fill: str, title: str = "") -> None:
        """A small disc."""

    def text(self, place: Place, text: str, color: str, size: float, anchor: str = "start", bold: bool = False) -> None:
        """A text whose baseline begins, is centred (middle) or ends (end) at a place."""


def box(x: float, y: float, width: float, height: float) -> list[Place]:
    """The corners of a rectangle."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def text_width(text: str, size: float) -> float:
    """About how wide a text is."""
    return sum(0.34 if letter in "ilI.,:;|!'()[] " else 0.86 if letter in "mwMW@%" else 0.56 for letter in text) * size


def fitting(text: str, size: float, width: float) -> str:
    """As much of a text as is not wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return f"{text}…" if text else ""
