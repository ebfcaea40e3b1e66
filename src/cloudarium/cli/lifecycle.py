"""`cloudarium up`, `down`, `status` and `reset`: the life of a cloud."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cloudarium.cli import running
from cloudarium.cli.output import Failed, print_json, say

if TYPE_CHECKING:
    from cloudarium.gateway.certificates import Authority

Data = Annotated[Path | None, typer.Option("--data", help="The cloud's folder; the user's data directory by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Ephemeral = Annotated[bool, typer.Option("--ephemeral", help="Keep nothing: for tests. Stopping it forgets it all.")]
Host = Annotated[str, typer.Option(help="The loopback address to listen on.")]
Tls = Annotated[bool, typer.Option("--tls", help="Answer https too, on the same port, by an authority of your own.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]
Listen = Annotated[
    list[str] | None,
    typer.Option("--listen", metavar="NAME=PORT", help="A port beside HTTP, such as smtp=2587; 0 takes a free one."),
]


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
    tls: Tls = False,
    listen: Listen = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay in the foreground; Ctrl-C stops it.")] = False,
    as_json: Json = False,
) -> None:
    """Start the cloud in the background. When it already runs, say where.

    State is on disk and survives everything, kill -9 included. Next: [bold]eval "$(cloudarium env)"[/bold], then any
    AWS client.
    """
    folder = data or running.default_data()
    with _one_at_a_time(folder):
        known = running.recorded(folder)
        if known is not None and known.answers():
            if tls and known.ca is None:
                raise Failed(f"The cloud already runs at {known.endpoint}, without TLS. Stop it first: cloudarium down")
            _say_up(known, as_json, already=True)
            return
        if not foreground:
            _say_up(_start(folder, ephemeral, host, port, tls, listen or []), as_json, already=False)
            return
    serve(folder, ephemeral, host, port, tls, listen, folder)


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two `up` of one folder at once: the second one waits, and finds what the first one started."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / "up.lock").open("a")
    except FileExistsError:
        raise Failed(f"the data folder cannot be used: {folder} is a file") from None
    except OSError as error:
        raise Failed(_unusable(error)) from error
    with file as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(folder: Path, ephemeral: bool, host: str, port: int, tls: bool, listen: list[str]) -> running.Running:
    log = folder / "cloudarium.log"
    where = ["--ephemeral"] if ephemeral else ["--data", str(folder)]
    command = [sys.executable, "-m", "cloudarium", "serve", "--host", host, "--port", str(port), *where]
    command += [*(["--tls"] if tls else []), "--note", str(folder)]
    command += [word for each in listen for word in ("--listen", each)]
    began = log.stat().st_size if log.exists() else 0
    with log.open("a") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output, text=True, start_new_session=True
        )
    try:
        return _answering(process, folder)
    except BaseException:  # a Ctrl-C too: what has not come up does not stay behind
        process.kill()
        process.wait()
        said = log.read_text(errors="replace")[began:].strip().splitlines()
        raise Failed(
            f"{said[-1].removeprefix('cloudarium: ') if said else 'The cloud said nothing.'}\n"
            f"The cloud did not start. Its whole log: {log}"
        ) from None


def _answering(process: subprocess.Popen[str], folder: Path) -> running.Running:
    """Wait until a started cloud answers. Raises NotRunning when it does not."""
    assert process.stdout is not None
    limit = time.monotonic() + 30
    while process.stdout.readline():
        started = running.recorded(folder)
        while started is not None and process.poll() is None and time.monotonic() < limit:
            if started.answers():
                return started
            time.sleep(0.05)
    raise running.NotRunning("The cloud did not start.")


def _say_up(cloud: running.Running, as_json: bool, already: bool) -> None:
    if as_json:
        shown = {"endpoint": cloud.endpoint, "pid": cloud.pid, "data": cloud.data, "already_running": already}
        shown["ports"] = cloud.ports
        print_json({**shown, **_tls(cloud)})
        return
    say(f"[green]●[/green] The cloud {'already runs' if already else 'is up'} at [bold]{cloud.endpoint}[/bold]")
    say(f"  state   {escape(cloud.data or 'kept nowhere (ephemeral)')}")
    say('  clients eval "$(cloudarium env)", then aws, boto3, sam, cdk … as on AWS')
    if cloud.ca is not None:
        say(f"  tls     [bold]{cloud.https}[/bold], vouched for by {escape(cloud.ca)}")
        say("          cloudarium env has AWS clients and Node trust it; curl takes it as --cacert")
    if cloud.ports:
        say(f"  ports   {_ports(cloud.ports)}")
    say("  stop    cloudarium down")


def _ports(ports: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in ports.items())


def _tls(cloud: running.Running) -> dict[str, str | None]:
    return {"https_endpoint": cloud.https, "ca": cloud.ca} if cloud.ca is not None else {}


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
        say("The cloud is stopped." if known is not None else "No cloud was running.")


def status(data: Data = None, as_json: Json = False) -> None:
    """Say whether the cloud runs, where, since when, and which services it has."""
    try:
        cloud = running.find(data)
        health = cloud.ask("health")
    except running.NotRunning as error:
        if as_json:
            print_json({"status": "stopped"})
        else:
            say(f"[red]●[/red] {error}")
        raise typer.Exit(1) from None
    if as_json:
        print_json({"endpoint": cloud.endpoint, "pid": cloud.pid, **_tls(cloud), **health})
        return
    say(f"[green]●[/green] running at [bold]{cloud.endpoint}[/bold] for {health['up_seconds']:.0f} s")
    say(f"  state        {escape(health['data'] or 'kept nowhere (ephemeral)')}")
    if cloud.ca is not None:
        say(f"  tls          {cloud.https}, vouched for by {escape(cloud.ca)}")
    if health.get("ports"):
        say(f"  ports        {_ports(health['ports'])}")
    say(f"  services     {', '.join(health['services'])}")
    say(f"  undelivered  {health['undelivered']} events")
    for name, fact in health.get("runtime", {}).items():
        say(f"  {name:<12} {fact}")


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
        say("The cloud is empty.")


def serve(
    data: Data = None,
    ephemeral: Ephemeral = False,
    host: Host = "127.0.0.1",
    port: Port = 4566,
    tls: Tls = False,
    listen: Listen = None,
    note: Annotated[Path | None, typer.Option(hidden=True, help="The folder to be found by.")] = None,
) -> None:
    """Run the cloud in the foreground until it is stopped; its first line is the endpoint."""
    import apsw

    from cloudarium.gateway import ports, server
    from cloudarium.gateway.certificates import AUTHORITY_FILE
    from cloudarium.store import FolderUnusable

    folder = None if ephemeral else (data or running.default_data())
    known_by = note or folder
    own = authority() if tls else None
    ca = str(own.certificate_file) if own is not None else None
    wanted = _wanted(listen or [])

    def certificate(address: str = host) -> ssl.SSLContext:
        return (own or authority()).context(address)

    def opened(endpoint: str) -> None:
        if known_by is not None:
            pid, log = os.getpid(), str(known_by / "cloudarium.log")
            kept = str(folder) if folder else None
            numbers = {name: each.getsockname()[1] for name, each in sockets.items()}
            running.write_note(known_by, running.Running(pid, endpoint, kept, log, running.born(pid), ca, numbers))
        print(endpoint, flush=True)

    try:
        tls_context = own.context(host) if own is not None else None
        listener = server.listen(host, port)
        sockets = ports.bind(host, wanted, usual=port != 0)
        known = running.authority_folder() / AUTHORITY_FILE
        server.serve(folder, listener, opened, tls_context, sockets, certificate, _settings(), own, known)
    except OSError as error:
        raise Failed(_refusal(error, host, port)) from error
    except apsw.Error as error:
        raise Failed(f"the data in {folder} cannot be read: {error}") from error
    except FolderUnusable as error:
        raise Failed(str(error)) from error
    finally:
        if known_by is not None:
            running.forget(known_by, os.getpid())


def _wanted(listen: list[str]) -> dict[str, int]:
    """The numbers of ports beside HTTP that were asked for. Raises Failed."""
    from cloudarium.gateway import ports

    found = {}
    for each in listen:
        name, _, number = each.partition("=")
        if name not in ports.known() or not number.isdecimal() or int(number[:6]) > ports.HIGHEST:
            names = ", ".join(ports.known())
            raise Failed(f"--listen {each}: give NAME=PORT, with one of these names: {names}")
        found[name] = int(number)
    return found


def _settings() -> dict[str, str]:
    """What the environment says beside the options: it may hold secrets, which a command line would show to all."""
    from cloudarium.mail import relay

    address = os.environ.get("CLOUDARIUM_SMTP_RELAY")
    if not address:
        return {}
    try:
        relay.read(address)
    except relay.BadRelay as error:
        raise Failed(f"CLOUDARIUM_SMTP_RELAY: {error}") from None
    return {relay.SETTING: address}


def authority() -> Authority:
    """The authority of this user's clouds, made when the first of them speaks TLS."""
    from cloudarium.gateway.certificates import Authority, AuthorityUnusable

    folder = running.authority_folder()
    try:
        return Authority(folder)
    except AuthorityUnusable as error:
        raise Failed(str(error)) from error
    except OSError as error:
        raise Failed(f"the authority for TLS in {folder} cannot be used: {error.strerror}: {error.filename}") from error


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE and error.filename:
        return f"the port {error.filename} of {host} is taken. Choose another one: --listen NAME=PORT"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken. Choose another one (--port 0 takes any), or stop what uses it."
    if error.filename:
        return _unusable(error)
    return f"{error} (http://{host}:{port})"


def _unusable(error: OSError) -> str:
    return f"the data folder cannot be used: {error.strerror}: {error.filename}"
