"""Drawing as PNG, twice as large as asked for and then halved, so that lines are smooth."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from cloudarium.charts.canvas import Place

if TYPE_CHECKING:
    from PIL import ImageFont

_FINER = 2
_LARGE = 1_000_000  # pixels beyond which an image is painted as large as it is
_DASH, _GAP = 5.0, 4.0
_LIGHT = {
    "ink": "#16202c", "soft": "#5b6673", "line": "#d8dee6", "card": "#ffffff", "good": "#13703b", "bad": "#b3261e",
    "s0": "#1f6fd0", "s1": "#c2410c", "s2": "#15803d", "s3": "#9333ea", "s4": "#b45309", "s5": "#0e7490",
    "s6": "#be185d", "s7": "#4d7c0f",
}  # fmt: skip
_DARK = {
    "ink": "#e7edf4", "soft": "#9aa7b5", "line": "#2f3945", "card": "#1a222c", "good": "#66c88a", "bad": "#ff8a80",
    "s0": "#7cb8f5", "s1": "#fb923c", "s2": "#66c88a", "s3": "#c4a1ff", "s4": "#facc15", "s5": "#5fd3e6",
    "s6": "#f79ac0", "s7": "#b7d67a",
}  # fmt: skip
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


class Png:
    """A canvas that paints an image."""

    def __init__(self, width: int, height: int, *, dark: bool = False) -> None:
        from PIL import Image

        self.width, self.height = float(width), float(height)
        self._finer = 1 if width * height > _LARGE else _FINER
        self._colors = _DARK if dark else _LIGHT
        self._size = (width, height)
        self._image = Image.new("RGB", (width * self._finer, height * self._finer), self._colors["card"])
        self._brush = self._brush_on(self._image)

    @staticmethod
    def _brush_on(image: Any) -> Any:
        from PIL import ImageDraw

        return ImageDraw.Draw(image, "RGBA")

    def data(self) -> bytes:
        """The image as a file."""
        from PIL import Image

        out = io.BytesIO()
        self._image.resize(self._size, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
        return out.getvalue()

    def area(self, corners: Sequence[Place], fill: str, opacity: float = 1.0, title: str = "") -> None:
        """A filled polygon."""
        if len(corners) > 2 and fill != "none":
            self._brush.polygon(self._scaled(corners), fill=self._color(fill, opacity))

    def stroke(self, places: Sequence[Place], color: str, width: float = 1.0, dashed: bool = False) -> None:
        """A line through places."""
        thick = max(1, round(width * self._finer))
        for part in _dashes(places) if dashed else [places]:
            if len(part) > 1:
                self._brush.line(self._scaled(part), fill=self._color(color), width=thick, joint="curve")

    def dot(self, center: Place, radius: float, fill: str, title: str = "") -> None:
        """A small disc."""
        if fill != "none":
            x, y, r = (each * self._finer for each in (*center, radius))
            self._brush.ellipse((x - r, y - r, x + r, y + r), fill=self._color(fill))

    def text(self, place: Place, text: str, color: str, size: float, anchor: str = "start", bold: bool = False) -> None:
        """A text at a place."""
        self._brush.text(
            self._scaled([place])[0], text, fill=self._color(color), font=_font(round(size * self._finer)),
            anchor=_ANCHORS[anchor], stroke_width=1 if bold else 0, stroke_fill=self._color(color),
        )  # fmt: skip

    def _scaled(self, places: Sequence[Place]) -> list[Place]:
        return [(x * self._finer, y * self._finer) for x, y in places]

    def _color(self, name: str, opacity: float = 1.0) -> tuple[int, int, int, int]:
        text = name if name.startswith("#") else self._colors[name]
        red, green, blue = (int(text[place : place + 2], 16) for place in (1, 3, 5))
        return red, green, blue, round(255 * opacity)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _dashes(places: Sequence[Place]) -> list[list[Place]]:
    """The dashes of a straight line."""
    (x, y), (to_x, to_y) = places[0], places[-1]
    long = max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 1e-9)
    found, at = [], 0.0
    while at < long:
        until = min(at + _DASH, long)
        found.append([(x + (to_x - x) * part / long, y + (to_y - y) * part / long) for part in (at, until)])
        at += _DASH + _GAP
    return found
