"""Patterns of log lines: what changes from line to line becomes a token, and lines that then are alike are one pattern.

AWS clusters by machine learning and does not say how. This is a fixed method: words with digits are tokens of the kind
they look like, and patterns that differ in one word only are one, whose word is a token too.
Source of the form: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Pattern.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

COLUMNS = ("pattern", "samples", "ratio", "severity", "difference", "change")
_KINDS = [
    ("Date", r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"),
    ("Time", r"\d\d:\d\d:\d\d(?:[.,]\d+)?"),
    ("UUID", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
    ("IP", r"\d{1,3}(?:\.\d{1,3}){3}"),
    ("Number", r"[+-]?\d+(?:\.\d+)?(?![\w])"),
    ("Token", r"[\w-]*\d[\w-]*"),
]
_TOKEN = re.compile("|".join(f"(?<![\\w])(?P<{name}>{pattern})" for name, pattern in _KINDS))
_WORD = re.compile(r"<\*?[A-Za-z]+>|\w+|\W")
_LONGEST = 4096
_MOST_MERGED = 2000
Rows = Sequence[tuple[Any, ...]]
_SEVERITIES = (
    ("Error", re.compile(r"\b(fatal|critical|error|exception|fail(?:ed|ure)?)\b", re.I)),
    ("Warn", re.compile(r"\bwarn(?:ing)?\b", re.I)),
    ("Info", re.compile(r"\binfo\b", re.I)),
    ("Debug", re.compile(r"\b(debug|trace)\b", re.I)),
)


def skeleton(text: str) -> str:
    """A line with its tokens by kind, such as `<Number>`."""
    return _TOKEN.sub(lambda match: f"<{match.lastgroup}>", text[:_LONGEST])


Counts = dict[tuple[str, ...], tuple[int, int]]  # of a pattern's words: events now, and events before


def merged(now: Rows, before: Rows = ()) -> list[tuple[str, int, float, str, int, str]]:
    """Rows of (skeleton, count) as patterns, as COLUMNS name them; the largest first.

    `before` are the rows of the time that is compared with: its patterns are found together with those of now.
    """
    counts: Counts = {}
    for at, found in enumerate((now, before)):
        for line, count in found:
            if line is not None:
                _add(counts, tuple(_WORD.findall(line)), (0, count) if at else (count, 0))
    if len(counts) <= _MOST_MERGED:
        counts = _joined(counts)
    total = sum(each[0] for each in counts.values()) or 1
    rows = [
        (_numbered(words), count, count / total, _severity(words), count - earlier, _change(count, earlier))
        for words, (count, earlier) in counts.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _add(counts: Counts, words: tuple[str, ...], more: tuple[int, int]) -> None:
    known = counts.get(words, (0, 0))
    counts[words] = (known[0] + more[0], known[1] + more[1])


def _change(count: int, earlier: int) -> str:
    """What has become of a pattern, in short; AWS documents that it says so and not its words."""
    if not earlier:
        return "New pattern"
    if not count:
        return "No longer seen"
    if count == earlier:
        return "No change"
    return f"{abs(count - earlier) * 100 / earlier:.4g}% {'more' if count > earlier else 'fewer'} events"


def _joined(counts: Counts) -> Counts:
    """Patterns that differ in one word of letters only become one."""
    holes: dict[tuple[Any, ...], list[tuple[str, ...]]] = defaultdict(list)
    for words in counts:
        for at, word in enumerate(words):
            if word.isalpha():
                holes[(*words[:at], None, *words[at + 1 :])].append(words)
    result = dict(counts)
    for hole, members in sorted(holes.items(), key=lambda item: -len(item[1])):
        alive = [words for words in members if words in result]
        if len(alive) > 2:
            joined = tuple("<Token>" if word is None else word for word in hole)
            for words in alive:
                _add(result, joined, result.pop(words))
    return result


def _numbered(words: tuple[str, ...]) -> str:
    """The pattern with its tokens numbered by their places among all tokens, as AWS writes them."""
    number = 0
    parts = []
    for word in words:
        if word.startswith("<") and len(word) > 2:
            number += 1
            parts.append(f"{word[:-1]}-{number}>")
        else:
            parts.append(word)
    return "".join(parts)


def _severity(words: tuple[str, ...]) -> str:
    line = "".join(words)
    return next((label for label, pattern in _SEVERITIES if pattern.search(line)), "None")
