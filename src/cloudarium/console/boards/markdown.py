"""Markdown of text widgets, as HTML that can do no harm: what is HTML in it stays text.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_remove_text_dashboard.html
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BUTTON = re.compile(r"\[button:(primary:)?([^\]\n]{1,200})\](?=\()")
_MOST = 100_000


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Without its own image rule: a picture would be fetched from elsewhere, which the page forbids anyway.
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")


def rendered(text: str) -> str:
    """The HTML of a text; [button:Words](address) is a link."""
    return _reader().render(_BUTTON.sub(lambda found: f"[{found[2]}]", text[:_MOST]))
