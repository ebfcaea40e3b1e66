"""The `cloudarium` command and its help."""

from __future__ import annotations

import typer

from cloudarium.cli import lifecycle

app = typer.Typer(
    name="cloudarium",
    help="AWS under glass: a whole AWS for a backend developer on this machine.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
lifecycle.add_to(app)


@app.callback()
def cloudarium() -> None:
    """AWS under glass: a whole AWS for a backend developer on this machine."""
