"""How the checklist is shown: a line each as it is judged, its evidence below, and what broke with what to do next."""

from __future__ import annotations

from collections.abc import Iterable

from rich.markup import escape

from cloudarium.cli.capstone.checklist import Judged, lines
from cloudarium.cli.output import console, say


def show(judged: Iterable[Judged], evidence: bool) -> list[Judged]:
    """Show lines as they come, and which one is looked at; return them all."""
    shown: list[Judged] = []
    words = [line.words for line in lines()]
    coming = iter(judged)
    while len(shown) < len(words):
        if console.is_terminal:
            with console.status(escape(words[len(shown)])):
                one = next(coming)
        else:
            one = next(coming)
        shown.append(one)
        _line(one, evidence)
    return shown


def _line(one: Judged, evidence: bool) -> None:
    sign = "[green]✓[/green]" if one.holds else "[red]✗[/red]"
    say(f"  {sign} {one.number} [bold]{escape(one.words)}[/bold]")
    if one.holds:
        say(f"      {escape(one.found.sum)}")
    for broken in one.found.broken:
        say(f"      [red]{escape(broken.what)}[/red]")
        say(f"      next: {escape(broken.next)}")
    if evidence:
        for each in one.found.evidence:
            say(f"      [dim]· {escape(each)}[/dim]")
