"""The commands `cloudarium capstone up`, `verify` and `down`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from cloudarium.cli import running
from cloudarium.cli.capstone.checklist import Judged, judge
from cloudarium.cli.capstone.reach import Reach
from cloudarium.cli.capstone.showing import show
from cloudarium.cli.capstone.stack import find
from cloudarium.cli.capstone.teardown import show as show_gone
from cloudarium.cli.capstone.teardown import tear_down
from cloudarium.cli.capstone.visit import Visit
from cloudarium.cli.deploy import ROOT, deploy_stack
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import Failed, console, print_json, say

capstone = typer.Typer(
    no_args_is_help=True, help="The shop: a whole serverless backend to deploy, call and learn from."
)

Folder = Annotated[Path, typer.Option(help="The capstone's folder, with template.yaml and journey.py.")]
StackName = Annotated[str, typer.Option(help="The stack's name.")]
Aws = Annotated[bool, typer.Option("--aws", help="Look at AWS, with boto3's own settings, and not at a local cloud.")]


def add_to(app: typer.Typer) -> None:
    """Add this group of commands to the app."""
    app.add_typer(capstone, name="capstone")


@capstone.callback()
def group() -> None:
    """The shop: a whole serverless backend to deploy, call and learn from."""


@capstone.command()
def up(folder: Folder = Path("capstone"), stack_name: StackName = "shop", data: Data = None) -> None:
    """Deploy the shop (again: only what changed), go through it as a customer, and hold it against its checklist."""
    template = folder / "template.yaml"
    if not template.exists():
        raise Failed(f"there is no {template}; run this in Cloudarium's checkout, or name --folder")
    cloud = running.find(data)
    console.rule(f"[bold]Deploying the shop[/bold] ({template})", align="left")
    deployed = deploy_stack(template, stack_name, cloud.endpoint)
    outputs = deployed.outputs
    for subject in _SENT_LINKS:
        if deployed.changed and _follow_link(cloud, subject):
            console.print(f"  followed the link in the mail [bold]{subject}[/bold], as its owner does")
    console.rule("[bold]A customer's journey[/bold]", align="left")
    journey = subprocess.run([sys.executable, str(folder / "journey.py")], env=environment(cloud.endpoint, outputs))
    if journey.returncode != 0:
        console.print("[red]The journey ended early.[/red] Look at: cloudarium journal --limit 50")
        raise typer.Exit(journey.returncode)
    console.rule("[bold]Where to look next[/bold]", align="left")
    for what, how in _next(cloud, outputs, stack_name):
        console.print(f"  {what:<22} [bold]{how}[/bold]", soft_wrap=True)
    console.rule("[bold]The capstone's checklist[/bold]", align="left")
    judged = _verify(Reach.at(cloud), stack_name, evidence=False)
    if not all(one.holds for one in judged):
        raise typer.Exit(1)
    say("  The evidence: [bold]cloudarium capstone verify[/bold]   Take it down: [bold]cloudarium capstone down[/bold]")


@capstone.command()
def verify(stack_name: StackName = "shop", data: Data = None, aws: Aws = False, as_json: Json = False) -> None:
    """Hold the deployed shop against the roadmap's eight lines, with the evidence; exit code 1 if one does not hold.

    Somebody reads the catalogue, signs up and orders (and cancels, and is forgotten); unguarded ways in are tried.
    """
    reach = Reach.at_aws() if aws else Reach.at(running.find(data))
    judged = _verify(reach, stack_name, evidence=True, quiet=as_json)
    if as_json:
        print_json(
            {"stack": stack_name, "holds": all(one.holds for one in judged), "lines": [one.as_json() for one in judged]}
        )
    elif all(one.holds for one in judged):
        say("  All eight lines hold.")
    else:
        broken = ", ".join(str(one.number) for one in judged if not one.holds)
        say(f"  [red]Broken: line {broken}[/red]")
    if not all(one.holds for one in judged):
        raise typer.Exit(1)


@capstone.command()
def down(
    stack_name: StackName = "shop",
    data: Data = None,
    aws: Aws = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first, with --aws.")] = False,
    as_json: Json = False,
) -> None:
    """Delete the shop, and the stacks that are built on it, and prove room by room that nothing is left.

    What is left is named, with exit code 1; what no stack has made is not deleted.
    """
    reach = Reach.at_aws() if aws else Reach.at(running.find(data))
    if aws and not yes:
        account = reach("sts").get_caller_identity()["Account"]
        typer.confirm(f"Delete the stack {stack_name} in {reach.region} of the account {account}?", abort=True)
    gone = tear_down(reach, stack_name, quiet=as_json)
    print_json(gone.as_json()) if as_json else show_gone(gone, stack_name)
    if gone.left:
        raise typer.Exit(1)


def _verify(reach: Reach, stack_name: str, evidence: bool, quiet: bool = False) -> list[Judged]:
    stack = find(reach, stack_name)
    if stack is None:
        raise Failed(f"no stack {stack_name} is deployed; cloudarium capstone up deploys it")
    with ThreadPoolExecutor(1) as aside:
        visit = Visit(stack)
        coming = aside.submit(visit.make)
        judged = judge(stack, coming.result)
        return list(judged) if quiet else show(judged, evidence)


# A deployment leaves two mails to be answered: is this address yours to send from, and do you want the alarms?
_SENT_LINKS = ("Email Address Verification Request", "Subscription Confirmation")


def environment(endpoint: str, outputs: dict[str, str]) -> dict[str, str]:
    """What programs that talk to the shop find in their environment: the cloud, and the stack's outputs by name."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    cloud = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ROOT.key,
        "AWS_SECRET_ACCESS_KEY": ROOT.secret,
        "AWS_DEFAULT_REGION": ROOT.region,
    }
    return {**kept, **cloud, **{environment_name(name): value for name, value in outputs.items()}}


def environment_name(output: str) -> str:
    """The variable that holds a stack's output: ApiUrl is API_URL."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", output).upper()


def _follow_link(cloud: running.Running, subject: str) -> bool:
    """Follow the link in the newest mail with this in its subject; false when none leads anywhere."""
    mails = cloud.ask(f"mail?limit=1&subject={quote(subject)}")["mails"]
    if not mails:
        return False
    text = cloud.ask(f"mail/{mails[0]['id']}")["text"]
    link = next(line for line in text.splitlines() if line.startswith("http"))
    try:
        with urllib.request.urlopen(link, timeout=30):
            return True
    except urllib.error.HTTPError:
        return False


def _next(cloud: running.Running, outputs: dict[str, str], stack_name: str) -> list[tuple[str, str]]:
    return [
        ("The endpoint", cloud.endpoint),
        ("The shop's API", outputs["ApiUrl"]),
        ("Call it", f"curl {outputs['ApiUrl']}/products"),
        ("Look at it", f"{cloud.endpoint}/_cloudarium/map   (in a browser: the map, traces, logs, metrics)"),
        ("Point AWS clients at it", 'eval "$(cloudarium env)" · or: cloudarium profile'),
        ("With the AWS CLI", f"aws dynamodb scan --table-name {outputs['TableName']} --max-items 3"),
        ("Its log lines", f"cloudarium logs {outputs['FunctionLogGroup']}"),
        ("Its mail", "cloudarium mail"),
        ("Who called, and why", "cloudarium trace · cloudarium journal --limit 30"),
        ("Change it, deploy again", f"cloudarium deploy capstone/template.yaml --stack-name {stack_name}"),
        ("Stop", "make down   (its state stays; make up goes on from there)"),
    ]
