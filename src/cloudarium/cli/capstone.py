"""`cloudarium capstone up`: deploy the shop, walk one customer through it, and say where to look next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cloudarium.cli import running
from cloudarium.cli.deploy import deploy_stack
from cloudarium.cli.lifecycle import Data
from cloudarium.cli.output import Failed, console

capstone = typer.Typer(
    no_args_is_help=True, help="The shop: a whole serverless backend to deploy, call and learn from."
)

Folder = Annotated[Path, typer.Option(help="The capstone's folder, with template.yaml and journey.py.")]


def add_to(app: typer.Typer) -> None:
    """Add this group of commands to the app."""
    app.add_typer(capstone, name="capstone")


@capstone.callback()
def group() -> None:
    """The shop: a whole serverless backend to deploy, call and learn from."""


@capstone.command()
def up(folder: Folder = Path("capstone"), stack_name: str = "shop", data: Data = None) -> None:
    """Deploy the shop (again: only what changed), go through it as a customer, and say where to look next."""
    template = folder / "template.yaml"
    if not template.exists():
        raise Failed(f"there is no {template}; run this in Cloudarium's checkout, or name --folder")
    cloud = running.find(data)
    console.rule(f"[bold]Deploying the shop[/bold] ({template})", align="left")
    outputs = deploy_stack(template, stack_name, cloud.endpoint).outputs
    console.rule("[bold]A customer's journey[/bold]", align="left")
    journey = subprocess.run([sys.executable, str(folder / "journey.py"), outputs["ApiUrl"]])
    if journey.returncode != 0:
        console.print("[red]The journey ended early.[/red] Look at: cloudarium journal --limit 50")
        raise typer.Exit(journey.returncode)
    console.rule("[bold]Where to look next[/bold]", align="left")
    for what, how in _next(cloud, outputs, stack_name):
        console.print(f"  {what:<22} [bold]{how}[/bold]", soft_wrap=True)


def _next(cloud: running.Running, outputs: dict[str, str], stack_name: str) -> list[tuple[str, str]]:
    return [
        ("The endpoint", cloud.endpoint),
        ("The shop's API", outputs["ApiUrl"]),
        ("Call it", f"curl {outputs['ApiUrl']}/products"),
        ("Point AWS clients at it", 'eval "$(cloudarium env)" · or: cloudarium profile'),
        ("With the AWS CLI", f"aws dynamodb scan --table-name {outputs['TableName']} --max-items 3"),
        ("Its log lines", f"aws logs filter-log-events --log-group-name {outputs['OrdersLogGroup']}"),
        ("Who called, and why", "cloudarium journal --limit 30"),
        ("What went wrong", "cloudarium trace"),
        ("In a browser", f"{cloud.endpoint}/_cloudarium/"),
        ("Change it, deploy again", f"cloudarium deploy capstone/template.yaml --stack-name {stack_name}"),
        ("Stop", "make down   (its state stays; make up goes on from there)"),
    ]
