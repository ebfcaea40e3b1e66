"""Areas: what is attacked in one way. An example is made from a seed and its number alone, so it can be played again.

`area` marks a function that makes and plays one example; `grammar` needs no more than seeds, words and whom to ask.
"""

from __future__ import annotations

import json
import re
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import orjson

from tests.fuzz.mutate import Mutator
from tests.fuzz.target import Found, Target, guarded

ROUND = 250  # examples that share a cloud: what one leaves is there for the next
_PLACE = re.compile(r'File "\S+", line \d+')
_CHANGED = re.compile(r" changed \['(\w+ \w+):")
_TOLD = 6000  # characters of a finding
SLOW = 0.5  # seconds of computing from which an example is worth a look

Attack = Callable[[Target, Random], None]


class Area(NamedTuple):
    """One way to attack, and what to prepare in a new cloud before."""

    name: str
    attack: Attack
    prepare: Callable[[Target], None]


class Unmade(Exception):
    """An example that the fuzzer itself cannot make."""


AREAS: dict[str, Area] = {}


def _nothing(target: Target) -> None:
    return None


def area(name: str, prepare: Callable[[Target], None] = _nothing) -> Callable[[Attack], Attack]:
    """Mark a function that plays one example, made from the randomness it is given."""

    def register(attack: Attack) -> Attack:
        assert name not in AREAS, name
        AREAS[name] = Area(name, attack, prepare)
        return attack

    return register


def grammar(
    name: str,
    seeds: Sequence[Any],
    ask: Callable[[Target, str], Any],
    words: str = "",
    prepare: Callable[[Target], None] = _nothing,
) -> None:
    """Attack a text's grammar: `ask` is given variants of the `seeds`, with the grammar's `words` thrown in.

    A seed that is no text is a tree: it is varied as a tree and as its JSON text.
    """
    texts = [seed if isinstance(seed, str) else orjson.dumps(seed).decode() for seed in seeds]

    def attack(target: Target, source: Random) -> None:
        mutator = Mutator(source, words.split())
        place = source.randrange(len(seeds))
        if isinstance(seeds[place], str):
            ask(target, mutator.text(texts[place], texts))
        else:
            ask(target, hostile_json(mutator, seeds[place]))

    area(name, prepare)(attack)


def hostile_json(mutator: Mutator, tree: Any) -> str:
    """The JSON text of a variant of a tree, in one case of five itself varied."""
    try:
        text = json_text(mutator.tree(tree))
    except RecursionError as error:  # Python's own limit for copies and JSON
        raise Unmade from error
    return mutator.text(text) if mutator.source.random() < 0.2 else text


def json_text(tree: Any) -> str:
    """JSON as hostile clients write it, NaN and lone surrogates included."""
    return json.dumps(tree, default=lambda value: f"<{value!r}>", skipkeys=True)


@dataclass
class Report:
    """What came of a run."""

    examples: int = 0
    found: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    kinds: set[str] = field(default_factory=set)

    def add(self, told: str, which: str) -> None:
        """Note a finding unless one of its kind is known: the same line of code, or the same words of an answer."""
        places = _PLACE.findall(told)
        changed = _CHANGED.findall(told)
        kind = places[-1] if places else changed[-1] if changed else told.strip().splitlines()[-1][:100]
        if kind not in self.kinds:
            self.kinds.add(kind)
            self.found.append(f"{which}: {told[:_TOLD]}")


def run(
    name: str, seed: int, numbers: Iterator[int] | range, until: Callable[[], bool] = lambda: False, most: int = 10
) -> Report:
    """Play these examples of an area, in a new cloud for each round, until `until` or `most` findings."""
    report, target, began = Report(), None, time.perf_counter()
    try:
        for number in numbers:
            if until() or len(report.found) >= most:
                break
            if target is None or number % ROUND == 0:
                _close(report, target)
                target = _open(name)
            if not _play(report, name, seed, number, target):
                _close(report, target)  # what broke it may go on breaking it
                target = None
    finally:
        _close(report, target)
    report.seconds = time.perf_counter() - began
    return report


def _open(name: str) -> Target:
    target = Target()
    AREAS[name].prepare(target)
    target.answers.clear()
    return target


def _close(report: Report, target: Target | None) -> None:
    if target is not None:
        for kind, count in target.answers.items():
            report.answers[kind] = report.answers.get(kind, 0) + count
        try:
            target.close()
        except Exception:
            report.add(traceback.format_exc(), f"at the end of a round that ended with example {report.examples - 1}")


def _play(report: Report, name: str, seed: int, number: int, target: Target) -> bool:
    report.examples += 1
    began = time.process_time()
    try:
        with guarded():
            AREAS[name].attack(target, Random(f"{name}:{seed}:{number}"))
    except Found as found:
        report.add(str(found), f"{name}, seed {seed}, example {number}")
        return False
    except Unmade:
        return True
    except Exception:  # of the cloud where an area calls a part of it directly, else of the fuzzer
        report.add(traceback.format_exc(), f"{name}, seed {seed}, example {number}")
        return False
    took = time.process_time() - began
    if took > SLOW:
        report.slow.append(f"{name}, seed {seed}, example {number}: {took:.1f} s")
    return True
