"""`make fuzz`: attack for as long as told, and say how to repeat what was found."""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time

from tests.fuzz import areas
from tests.fuzz.area import ROUND, Report, run


def main() -> int:
    """Run the areas one after the other; 1 when anything was found."""
    given = _arguments()
    chosen = [name for name in areas.ALL if any(part in name for part in given.only.split(","))]
    if not chosen:
        print(f"No area is called {given.only}. There are: {', '.join(areas.ALL)}")
        return 2
    if given.example is not None:
        return _again(chosen[0], given.seed, given.example)
    share = given.seconds / len(chosen)
    print(f"Attacking {len(chosen)} areas for {given.seconds:.0f} s in all, seed {given.seed}.")
    print("A finding is a 5xx, a logged error, an unreadable answer, a hang, or an error that changed something.\n")
    found = 0
    for name in chosen:
        report = _attack(name, given.seed, share)
        found += len(report.found)
    print(f"\n{found} findings." if found else "\nNothing was found.")
    return 1 if found else 0


def _attack(name: str, seed: int, seconds: float) -> Report:
    ends = time.monotonic() + seconds
    report = run(name, seed, itertools.count(), lambda: time.monotonic() > ends)
    answers = ", ".join(f"{count} {kind}" for kind, count in sorted(report.answers.items()))
    print(f"{name:24} {report.examples:7} examples {report.seconds:6.1f} s   {answers}", flush=True)
    for slow in report.slow[:5]:
        print(f"  slow: {slow}")
    for each in report.found:
        number = each.split("example ", 1)[1].split(":", 1)[0]
        print(f"\n  FOUND {each}\n  again: make fuzz ONLY={name} SEED={seed} EXAMPLE={number}\n", flush=True)
    return report


def _again(name: str, seed: int, example: int) -> int:
    """Play one example as it was: with those before it that shared its cloud."""
    report = run(name, seed, range(example - example % ROUND, example + 1))
    print("\n".join(report.found) or "Nothing was found.")
    return 1 if report.found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Attack the cloud with hostile input.")
    parser.add_argument("--seconds", type=float, default=600, help="how long in all")
    parser.add_argument("--only", default="", help="areas whose names contain this; several by commas")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--example", type=int, help="play this one example of the one area again")
    return parser.parse_args()


sys.exit(main())
