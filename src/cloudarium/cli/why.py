"""`cloudarium why`: why a call was allowed or denied, and the smallest change that would have allowed it."""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.tree import Tree

from cloudarium.cli import running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import Failed, called, console, print_json, say
from cloudarium.shared.clock import iso_millis

_MOST_STATEMENTS = 6  # of one policy that are shown
_LONGEST = 160  # characters of what a statement wants


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(why)


def why(
    request_id: Annotated[
        str | None,
        typer.Argument(
            help="The request's id as a client prints it; its first eight characters do.", show_default=False
        ),
    ] = None,
    last: Annotated[bool, typer.Option("--last", help="The last call that was denied.")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show why a call was allowed or denied: all policies considered, and what would have allowed it."""
    if last is (request_id is not None):
        raise Failed("Give the id of a request, or --last for the last call that was denied.")
    told = running.find(data).ask("why" if request_id is None else f"why/{quote(request_id, safe='')}")
    if as_json:
        print_json(told)
        return
    _show(told)


def _show(told: dict[str, Any]) -> None:
    word, colon, rest = told["answer"].partition(":")
    colour = "green" if word == "allowed" else "red"
    say(f"[bold {colour}]{escape(word)}[/bold {colour}]{colon}{escape(rest)}")
    say(f"[dim]{escape(_facts(told))}[/dim]")
    if told["made_for"]:
        say(f"made for {escape(called(told['made_for']))}, request {told['made_for']['request_id']}")
    shown = _worth_showing(told["decisions"])
    for decision in shown:
        console.print(_tree(decision, told["answer"]), soft_wrap=True)
        if decision.get("remedy"):
            _show_remedy(decision["remedy"])
    others = len(told["decisions"]) - len(shown)
    if others:
        more = "1 more permission was" if others == 1 else f"{others} more permissions were"
        say(f"[dim]{more} allowed; --json tells why[/dim]")
    for child in told["denied_for_it"]:
        text = escape(f"{called(child)}, request {child['request_id']}: {child['answer']}")
        say(f"[red]denied for it[/red]: {text}")


def _worth_showing(decisions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The denials; when there is none, all of few decisions."""
    denied = [one for one in decisions if not one["allowed"]]
    return denied or decisions[:3]


def _facts(told: dict[str, Any]) -> str:
    where = f"{told['account']} in {told['region']}"
    answered = f"{told['status']} {told['error']}".rstrip()
    return f"{called(told)} · {answered} · {where} · {iso_millis(told['started'])} · request {told['request_id']}"


# ---- the policies ---------------------------------------------------------------------------------------------------


def _tree(decision: dict[str, Any], answer: str) -> Tree:
    heading = f"{decision['action']} on {decision['resource']}"
    tree = Tree(escape(heading if decision["answer"] in answer else decision["answer"]))
    if decision["note"]:
        tree.add(f"[yellow]{escape(decision['note'])}[/yellow]")
    for layer in decision.get("layers", ()):
        branch = tree.add(_layer_line(layer))
        for policy in layer["policies"]:
            held = policy["attached_to"]
            leaf = branch.add(escape(policy["name"] + (f", attached to {held}" if held else "")))
            for line in _statement_lines(policy, decision["allowed"]):
                leaf.add(line)
    if decision.get("context"):
        values = (f"{key} = {_values(value)}" for key, value in sorted(decision["context"].items()))
        tree.add(escape(_cut("context: " + "; ".join(values), 3 * _LONGEST)))
    return tree


_OUTCOMES = {
    "denies": "[red]denies[/red]",
    "allows": "[green]allows[/green]",
    "silent": "does not allow",
    "none": "none",
}


def _layer_line(layer: dict[str, Any]) -> str:
    level = f", level {layer['level']}" if layer["level"] else ""
    told = layer["spared"] and layer["outcome"] != "none"
    spared = f" [dim](not needed: {escape(layer['spared'])})[/dim]" if told else ""
    return f"{escape(layer['layer'])}{level}: {_OUTCOMES[layer['outcome']]}{spared}"


def _statement_lines(policy: dict[str, Any], allowed: bool) -> list[str]:
    """The statements that apply first, then those that nearly did, then the others; of many the rest is counted."""
    ranked = sorted(policy["statements"], key=lambda one: (one["applies"] is not True, not _nearly(one, allowed)))
    lines = [_statement_line(one, _nearly(one, allowed)) for one in ranked[:_MOST_STATEMENTS]]
    left = len(ranked) - len(lines)
    return [*lines, f"[dim]{left} more that do not apply[/dim]"] if left > 0 else lines


def _nearly(one: dict[str, Any], allowed: bool) -> bool:
    """Whether a statement about this action would have helped, but for one part of it."""
    return not allowed and one["nearly"] and one["action"] and one["effect"] == "Allow"


def _statement_line(one: dict[str, Any], nearly: bool) -> str:
    name = f'"{one["sid"]}"' if one["sid"] else str(one["position"] + 1)
    start = escape(f"statement {name} ({one['effect']})")
    if one["applies"]:
        return f"[bold]{start} applies[/bold]"
    if one["applies"] is None:
        return f"[dim]{start}: its conditions were not looked at[/dim]"
    missed = escape(_cut("; ".join(one["missed"]), _LONGEST))
    return f"[yellow]{start} nearly: {missed}[/yellow]" if nearly else f"[dim]{start}: {missed}[/dim]"


def _values(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


# ---- what would allow it --------------------------------------------------------------------------------------------


def _show_remedy(remedy: dict[str, Any]) -> None:
    if remedy["changes"]:
        several = len(remedy["changes"]) > 1
        say(f"\n[bold]What would allow it{', all together' if several else ''}:[/bold]")
    for change in remedy["changes"]:
        reads = {"add": ":", "except": "; it then reads:", "remove": "."}[change["do"]]
        say(escape(change["sentence"] + reads))
        if change["statement"] is not None:
            print(json.dumps(change["statement"], indent=2))
        for other in change["or_else"]:
            say(f"[dim]or else: {escape(other['sentence'])} (--json has it)[/dim]")
    if remedy["left"]:
        say(f"[yellow]{escape(remedy['left'])}[/yellow]")
