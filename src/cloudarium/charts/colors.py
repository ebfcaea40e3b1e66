"""Which colours lines get that have none of their own: those of the palette that look like no chosen one, first."""

from __future__ import annotations

import colorsys
import itertools
from collections.abc import Iterable, Iterator

from cloudarium.charts.chart import PALETTE

_HUES = dict(zip(PALETTE, (213, 17, 142, 271, 26, 193, 333, 88), strict=True))  # degrees, of light and of dark
_NEAR = 24
_GREY = 0.2  # what has less saturation looks like no colour of the palette


def free(chosen: Iterable[str]) -> Iterator[str]:
    """Names of the palette's colours without end, without those that look like one of the `chosen` (#rrggbb)."""
    taken = [hue for each in chosen if (hue := _hue(each)) is not None]
    found = [name for name, hue in _HUES.items() if all(_apart(hue, other) > _NEAR for other in taken)]
    return itertools.cycle(found or PALETTE)


def _hue(color: str) -> float | None:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    return hue * 360 if saturation > _GREY else None


def _apart(one: float, other: float) -> float:
    away = abs(one - other) % 360
    return min(away, 360 - away)
