"""Drawing as SVG: colours are the page's own variables, so that it is light or dark as the page is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cloudarium.charts.canvas import Place


class Svg:
    """A canvas that writes an SVG element."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    def markup(self, label: str, css_class: str = "") -> str:
        """The element; `label` is what it shows, for those who do not see it."""
        named = f' class="{escape(css_class)}"' if css_class else ""
        return (
            f'<svg{named} viewBox="0 0 {self.width:g} {self.height:g}" role="img" aria-label="{escape(label)}">'
            f"{''.join(self._parts)}</svg>"
        )

    def area(self, corners: Sequence[Place], fill: str, opacity: float = 1.0, title: str = "") -> None:
        """A filled polygon."""
        shade = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
        self._add("polygon", f'points="{_places(corners)}" fill="{_color(fill)}"{shade}', title)

    def stroke(self, places: Sequence[Place], color: str, width: float = 1.0, dashed: bool = False) -> None:
        """A line through places."""
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self._add(
            "polyline",
            f'points="{_places(places)}" fill="none" stroke="{_color(color)}" stroke-width="{width:g}"{dashes}'
            ' stroke-linejoin="round"',
        )

    def dot(self, center: Place, radius: float, fill: str, title: str = "") -> None:
        """A small disc."""
        self._add("circle", f'cx="{center[0]:.1f}" cy="{center[1]:.1f}" r="{radius:g}" fill="{_color(fill)}"', title)

    def text(self, place: Place, text: str, color: str, size: float, anchor: str = "start", bold: bool = False) -> None:
        """A text at a place."""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{place[0]:.1f}" y="{place[1]:.1f}" fill="{_color(color)}" font-size="{size:g}"'
            f' text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def _add(self, name: str, attributes: str, title: str = "") -> None:
        inside = f"<title>{escape(title)}</title>" if title else ""
        self._parts.append(f"<{name} {attributes}>{inside}</{name}>" if inside else f"<{name} {attributes}/>")


def _places(places: Sequence[Place]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _color(name: str) -> str:
    return name if name.startswith("#") else "none" if name == "none" else f"var(--{name})"
