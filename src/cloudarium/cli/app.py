"""The `cloudarium` command and its help."""

from __future__ import annotations

import sys

import typer

from cloudarium.cli import capstone, clock, connect, deploy, journal, lifecycle, logs, mail, sms, trace, why
from cloudarium.cli.output import Failed

app = typer.Typer(
    name="cloudarium",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog='A first tour: cloudarium up · eval "$(cloudarium env)" · aws s3 mb s3://photos · cloudarium journal',
)
for commands in (lifecycle, connect, deploy, clock, journal, logs, mail, sms, trace, why, capstone):
    commands.add_to(app)


@app.callback()
def cloudarium() -> None:
    """AWS under glass: a whole AWS for a backend developer on this machine, with no Docker, account or bill.

    IAM and signatures are on and fail closed, time can be moved, and what was acknowledged survives kill -9.
    """


def run() -> None:
    """Run the command; what cannot be done is a sentence and exit code 1, not a traceback."""
    try:
        app()
    except (Failed, OSError) as error:
        print(f"cloudarium: {error}", file=sys.stderr)
        raise SystemExit(1) from None
