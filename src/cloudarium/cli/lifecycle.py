"""`serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(hidden=True)(serve)


def serve(
    data: Annotated[Path | None, typer.Option(help="The data folder.")] = None,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep nothing.")] = False,
    host: Annotated[str, typer.Option(help="The loopback address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 4566,
) -> None:
    """Run the cloud in the foreground until it is stopped."""
    from cloudarium.gateway import server

    listener = server.listen(host, port)
    listener.listen(1024)
    print(f"http://{host}:{listener.getsockname()[1]}", flush=True)
    server.serve(None if ephemeral else data, listener)
