"""`cloudarium up`, `down`, `status` and `reset`: the life of a cloud."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from cloudarium.cli import running
from cloudarium.cli.output import console, print_json

Data = Annotated[Path | None, typer.Option("--data", help="The cloud's folder; the user's data directory by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Ephemeral = Annotated[bool, typer.Option("--ephemeral", help="Keep nothing: for tests. Stopping it forgets it all.")]
Host = Annotated[str, typer.Option(help="The loopback address to listen on.")]
Port = Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(reset)
    app.command(hidden=True)(serve)


def up(
    data: Data = None,
    ephemeral: Ephemeral = False,
    host: Host = "127.0.0.1",
    port: Port = 4566,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay in the foreground; Ctrl-C stops it.")] = False,
    as_json: Json = False,
) -> None:
    """Start the cloud in the background. When it already runs, say where.

    State is on disk and survives everything, kill -9 included. Next: [bold]eval "$(cloudarium env)"[/bold], then any
    AWS client.
    """
    folder = data or running.default_data()
    known = running.recorded(folder)
    if known is not None and known.answers():
        _say_up(known, as_json, already=True)
        return
    if foreground:
        serve(folder, ephemeral, host, port)
        return
    started = _start(folder, ephemeral, host, port)
    _say_up(started, as_json, already=False)


def _start(folder: Path, ephemeral: bool, host: str, port: int) -> running.Running:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = folder / "cloudarium.log"
    where = ["--ephemeral"] if ephemeral else ["--data", str(folder)]
    command = [sys.executable, "-m", "cloudarium", "serve", "--host", host, "--port", str(port), *where]
    began = log.stat().st_size if log.exists() else 0
    with log.open("a") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output, text=True, start_new_session=True
        )
    assert process.stdout is not None
    endpoint = process.stdout.readline().strip()
    if not endpoint:
        _fail_start(process, log, began)
    started = running.Running(process.pid, endpoint, None if ephemeral else str(folder), str(log))
    running.write_note(folder, started)
    limit = time.monotonic() + 30
    while not started.answers():
        if process.poll() is not None or time.monotonic() > limit:
            running.forget(folder)
            _fail_start(process, log, began)
        time.sleep(0.05)
    return started


def _fail_start(process: subprocess.Popen[str], log: Path, began: int) -> None:
    process.kill()
    process.wait()
    said = log.read_text(errors="replace")[began:].strip().splitlines()
    console.print(f"[red]The cloud did not start:[/red] {said[-1] if said else 'it said nothing'}")
    console.print(f"The whole log: {log}")
    raise typer.Exit(1)


def _say_up(cloud: running.Running, as_json: bool, already: bool) -> None:
    if as_json:
        print_json({"endpoint": cloud.endpoint, "pid": cloud.pid, "data": cloud.data, "already_running": already})
        return
    console.print(
        f"[green]●[/green] The cloud {'already runs' if already else 'is up'} at [bold]{cloud.endpoint}[/bold]"
    )
    console.print(f"  state   {cloud.data or 'kept nowhere (ephemeral)'}")
    console.print('  clients eval "$(cloudarium env)", then aws, boto3, sam, cdk … as on AWS')
    console.print("  stop    cloudarium down")


def down(data: Data = None, as_json: Json = False) -> None:
    """Stop the cloud. What it knows stays on disk for the next start (unless it was ephemeral)."""
    folder = data or running.default_data()
    known = running.recorded(folder)
    if known is not None:
        running.end(known.pid)
    running.forget(folder)
    if as_json:
        print_json({"stopped": known is not None})
    else:
        console.print("The cloud is stopped." if known is not None else "No cloud was running.")


def status(data: Data = None, as_json: Json = False) -> None:
    """Say whether the cloud runs, where, since when, and which services it has."""
    try:
        cloud = running.find(data)
        health = cloud.ask("health")
    except running.NotRunning as error:
        if as_json:
            print_json({"status": "stopped"})
        else:
            console.print(f"[red]●[/red] {error}")
        raise typer.Exit(1) from None
    if as_json:
        print_json({"endpoint": cloud.endpoint, "pid": cloud.pid, **health})
        return
    console.print(f"[green]●[/green] running at [bold]{cloud.endpoint}[/bold] for {health['up_seconds']:.0f} s")
    console.print(f"  state        {health['data'] or 'kept nowhere (ephemeral)'}")
    console.print(f"  services     {', '.join(health['services'])}")
    console.print(f"  undelivered  {health['undelivered']} events")
    for name, fact in health.get("runtime", {}).items():
        console.print(f"  {name:<12} {fact}")


def reset(
    data: Data = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Empty the cloud: every resource, object, item and log line of every account goes."""
    cloud = running.find(data)
    if not yes:
        typer.confirm(f"Everything in the cloud at {cloud.endpoint} will be gone. Go on?", abort=True)
    cloud.ask("reset", {})
    if as_json:
        print_json({"status": "empty"})
    else:
        console.print("The cloud is empty.")


def serve(data: Data = None, ephemeral: Ephemeral = False, host: Host = "127.0.0.1", port: Port = 4566) -> None:
    """Run the cloud in the foreground until it is stopped; its first line is the endpoint."""
    from cloudarium.gateway import server
    from cloudarium.store import FolderInUse, NewerFolder

    try:
        listener = server.listen(host, port)
        listener.listen(1024)
        shown = tempfile.gettempdir() if ephemeral else str(data or running.default_data())
        if not ephemeral and not os.access(Path(shown).parent if not Path(shown).exists() else shown, os.W_OK):
            raise PermissionError(f"the data folder {shown} cannot be written")
        print(f"http://{host}:{listener.getsockname()[1]}", flush=True)
        server.serve(None if ephemeral else (data or running.default_data()), listener)
    except (OSError, FolderInUse, NewerFolder) as error:
        print(f"cloudarium: {error} (http://{host}:{port})", file=sys.stderr)
        raise typer.Exit(1) from None
