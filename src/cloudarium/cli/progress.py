"""How a deployment is shown: a line for each resource that is done, and on a terminal what is still under way."""

from __future__ import annotations

import time
from typing import Any

from rich.markup import escape
from rich.status import Status

from cloudarium.cli.output import console, say

_SIGNS = {"COMPLETE": "[green]✓[/green]", "FAILED": "[red]✗[/red]", "SKIPPED": "[yellow]–[/yellow]"}
_CANCELLED = "Resource creation cancelled"  # AWS's words for what only stopped because something else failed
_SHOWN_AT_ONCE = 4


class Progress:
    """Shows a stack's events as they come. Use it as a context manager; `quiet` shows nothing."""

    def __init__(self, stack: str, quiet: bool = False) -> None:
        self._stack = stack
        self._quiet = quiet
        self._under_way: dict[str, str] = {}
        self._rolling_back = False
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        if not self._quiet and console.is_terminal:
            self._status = console.status(f"{self._stack} begins")
            self._status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Show one stack event, in the order in which they happened."""
        status, logical_id = event["ResourceStatus"], event["LogicalResourceId"]
        reason = event.get("ResourceStatusReason", "")
        if event["PhysicalResourceId"] == event["StackId"]:
            self._show_stack(status, reason)
        elif status.endswith("_IN_PROGRESS"):
            self._under_way[logical_id] = status
        else:
            self._under_way.pop(logical_id, None)
            self._say(line(event))
        if self._status is not None:
            self._status.update(escape(self._now()))

    def _show_stack(self, status: str, reason: str) -> None:
        if "ROLLBACK_IN_PROGRESS" in status and not self._rolling_back:
            self._rolling_back = True
            self._under_way.clear()
            self._say(f"  [red]↺[/red] rolling back: {escape(reason) or 'a resource failed'}")

    def _now(self) -> str:
        names = [f"{name} ({status.removesuffix('_IN_PROGRESS').lower()})" for name, status in self._under_way.items()]
        more = f" and {len(names) - _SHOWN_AT_ONCE} more" if len(names) > _SHOWN_AT_ONCE else ""
        return f"{self._stack}: {', '.join(names[:_SHOWN_AT_ONCE])}{more}" if names else self._stack

    def _say(self, text: str) -> None:
        if not self._quiet:
            say(text)


def last_event(cfn: Any, stack: str) -> str:
    """The id of the newest event of a stack; empty when it has none."""
    events = cfn.describe_stack_events(StackName=stack)["StackEvents"]
    return events[0]["EventId"] if events else ""


def follow(cfn: Any, stack: str, last: str = "", quiet: bool = False) -> str:
    """Show the events of a stack (its name, or its ARN) after the event `last` until it rests; its status then."""
    name = stack.split("/")[1] if stack.startswith("arn:") else stack
    with Progress(name, quiet) as progress:
        while True:
            status: str = cfn.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            for event in _events_after(cfn, stack, last):
                progress.show(event)
                last = event["EventId"]
            if not status.endswith("_IN_PROGRESS") or status.endswith("_CLEANUP_IN_PROGRESS"):
                return status
            time.sleep(0.15)


def _events_after(cfn: Any, stack: str, last: str) -> list[dict[str, Any]]:
    """The stack's events since the event `last`, the oldest first."""
    found: list[dict[str, Any]] = []
    for page in cfn.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["EventId"] == last:
                return found[::-1]
            found.append(event)
    return found[::-1]


def line(event: dict[str, Any]) -> str:
    """The line of a resource whose work has ended, as rich markup: sign, what happened, name, type, reason."""
    action, _, end = event["ResourceStatus"].rpartition("_")
    reason = "\n      ".join(event.get("ResourceStatusReason", "").splitlines())
    sign, told = _SIGNS.get(end, " "), ""
    if end == "FAILED" and reason == _CANCELLED:
        sign, told = _SIGNS["SKIPPED"], "  cancelled"
    elif end != "COMPLETE" and reason:
        told = f"\n      [red]{escape(reason)}[/red]" if end == "FAILED" else f"  {escape(reason)}"
    name, kind = escape(event["LogicalResourceId"]), escape(event["ResourceType"])
    return f"  {sign} {action.lower():<7} [bold]{name:<28}[/bold] {kind}{told}"
