"""Write docs/coverage.md from the code: each service's operations, what they refuse, and what is not built.

    python scripts/generate_coverage.py [--check]

`--check` writes nothing and fails when the page is out of date; the tests call it so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cloudarium import model
from cloudarium.gateway.rooms import Room, all_rooms
from cloudarium.shared import stacks

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
HEAD = """# Coverage

Generated from the code by `make coverage`; a test fails when it is out of date. An operation that is not listed answers
`NotImplemented` with its name and changes nothing; so does a parameter that is listed as refused.

| service | operations built | of AWS's | CloudFormation types |
| --- | ---: | ---: | ---: |
"""


def page() -> str:
    """The whole page."""
    rooms = sorted(all_rooms().items())
    types = {name: sorted(_types(room)) for name, room in rooms}
    rows = [
        f"| [{name}](#{name}) | {len(room.handlers)} | {len(model.service(name).operations)} | {len(types[name])} |"
        for name, room in rooms
    ]
    return HEAD + "\n".join(rows) + "\n" + "".join(_section(name, room, types[name]) for name, room in rooms)


def _types(room: Room) -> list[str]:
    return [name for name in stacks.names() if f".services.{room.folder}." in type(stacks.find(name)).__module__ + "."]


def _section(name: str, room: Room, types: list[str]) -> str:
    lines = [f"\n## {name}\n", f"{room.card.purpose}\n"]
    plain = [operation for operation, handler in sorted(room.handlers.items()) if not handler.refuses]
    limited = [(operation, handler) for operation, handler in sorted(room.handlers.items()) if handler.refuses]
    if plain:
        lines.append(f"Whole: {', '.join(f'`{operation}`' for operation in plain)}.\n")
    if limited:
        lines.append("With refused parameters:\n")
        lines += [f"- `{name_}` refuses {', '.join(f'`{p}`' for p in sorted(h.refuses))}" for name_, h in limited]
        lines.append("")
    ignored = [(o, m, why) for o, h in sorted(room.handlers.items()) for m, why in sorted(h.ignores.items())]
    if ignored:
        lines.append("Taken without effect, as said:\n")
        lines += [f"- `{operation}` `{member}`: {why}" for operation, member, why in ignored]
        lines.append("")
    if types:
        lines.append(f"CloudFormation: {', '.join(f'`{kind}`' for kind in types)}.\n")
    return "\n".join(lines)


def main() -> None:
    """Write the page, or check it."""
    text = page()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text() != text:
            raise SystemExit("docs/coverage.md is out of date: run `make coverage`")
        return
    PAGE.write_text(text)
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
