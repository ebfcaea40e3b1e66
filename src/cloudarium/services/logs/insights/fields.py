"""The fields of a log event: AWS's own, those of Lambda's lines, and those of JSON.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

from __future__ import annotations

import itertools

from cloudarium.services.logs.insights.values import NOTHING, Parameters, Value
from cloudarium.services.logs.records import searches

_MESSAGE = "e.message"
_REPORT = f"({_MESSAGE} GLOB 'REPORT RequestId: *')"
_MEGABYTE = 1_000_000  # AWS's own samples turn @memorySize into megabytes by dividing by a thousand twice
_KEYLESS = frozenset('"\\\0')
_MOST_PATHS = 8  # of one name: a number in it is a key or an index, a dot in it may belong to a key


def system(name: str, stream: str, scope: tuple[str, str]) -> Value | None:
    """A field whose name begins with @, None when it is none of AWS's."""
    known = {
        "@timestamp": Value("e.timestamp", "time"),
        "@ingestionTime": Value("e.ingested", "time"),
        "@message": Value(_MESSAGE, "text"),
        "@logStream": Value(stream, "text"),
        "@log": Value(searches.GROUP_OF_EVENT, "text"),
        "@aws.account": Value(f"'{scope[0]}'", "text"),
        "@aws.region": Value(f"'{scope[1]}'", "text"),
    }
    return known.get(name) or _LAMBDA.get(name)


def _after(label: str, factor: int = 1) -> Value:
    """The number behind a label in the REPORT line of an invocation; SQLite's CAST reads as far as the number goes."""
    place = f"instr({_MESSAGE}, '{label}')"
    read = f"CAST(substr({_MESSAGE}, {place} + {len(label)}) AS NUMERIC)"
    more = f" * {factor}" if factor != 1 else ""
    return Value(f"(CASE WHEN {_REPORT} AND {place} THEN {read}{more} END)", "number")


def _word_after(label: str) -> Value:
    place = f"instr({_MESSAGE}, '{label}')"
    rest = f"substr({_MESSAGE}, {place} + {len(label)})"
    word = f"substr({rest}, 1, instr(replace({rest}, char(10), char(9)) || char(9), char(9)) - 1)"
    return Value(f"(CASE WHEN {_REPORT} AND {place} THEN {word} END)", "text")


_TYPE = "".join(f" WHEN {_MESSAGE} GLOB '{word} RequestId: *' THEN '{word}'" for word in ("START", "END", "REPORT"))
_LAMBDA = {
    "@type": Value(f"(CASE{_TYPE} END)", "text"),
    "@requestId": Value(f"request_id({_MESSAGE})", "text"),
    "@duration": _after("\tDuration: "),
    "@billedDuration": _after("\tBilled Duration: "),
    "@initDuration": _after("\tInit Duration: "),
    "@memorySize": _after("\tMemory Size: ", _MEGABYTE),
    "@maxMemoryUsed": _after("\tMax Memory Used: ", _MEGABYTE),
    "@xrayTraceId": _word_after("XRAY TraceId: "),
    "@xraySegmentId": _word_after("SegmentId: "),
}
DISCOVERED_OF_LAMBDA = tuple(_LAMBDA)


def document(embedding: bool) -> str:
    """The JSON of an event: the whole message, or with `embedding` the first fragment in a line of Lambda's."""
    part = f" WHEN instr({_MESSAGE}, '{{') THEN embedded({_MESSAGE})" if embedding else ""
    return f"(CASE WHEN json_valid({_MESSAGE}) THEN {_MESSAGE}{part} END)"


def in_line(name: str) -> str:
    """The word of that name in a line of a kind whose words AWS knows."""
    return f"CASE WHEN NOT json_valid({_MESSAGE}) THEN line_field({_MESSAGE}, '{name}') END"


def inside(source: str, steps: tuple[str | int, ...], parameters: Parameters, kind: str = "any") -> Value:
    """What stands at a path of a JSON text."""
    if any(isinstance(step, str) and not _KEYLESS.isdisjoint(step) for step in steps):
        return NOTHING  # SQLite's paths have no such keys
    found = [f"{source} ->> {parameters.add(path)}" for path in _paths(steps)]
    return Value(found[0] if len(found) == 1 else f"coalesce({', '.join(found)})", kind)


def _paths(steps: tuple[str | int, ...]) -> list[str]:
    each = []
    for step in steps:
        if isinstance(step, int):
            each.append([f"[{step}]"])
        elif step.isdecimal() and len(step) < 10:
            each.append([f"[{int(step)}]", f'."{step}"'])
        else:
            each.append([f'."{step}"'])
    paths = ["$" + "".join(parts) for parts in itertools.islice(itertools.product(*each), _MOST_PATHS)]
    if len(steps) > 1 and all(isinstance(step, str) for step in steps):
        paths.append('$."' + ".".join(map(str, steps)) + '"')
    return paths
