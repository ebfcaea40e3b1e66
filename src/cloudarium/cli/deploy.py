"""`cloudarium deploy TEMPLATE`: package a template's code, deploy it by a change set, and show what happens."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from cloudarium.cli import packaging, running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import console, print_json
from cloudarium.shared.errors import AwsError

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_COLOURS = {"COMPLETE": "green", "FAILED": "red", "ROLLBACK": "red"}


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(deploy)


def deploy(
    template: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A SAM or CloudFormation template.")],
    stack_name: Annotated[str | None, typer.Option(help="The stack's name; by default its folder's.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", help="Name=Value; may repeat.")] = None,
    region: Annotated[str, typer.Option(help="The region to deploy to.")] = "us-east-1",
    key: Annotated[str, typer.Option(help="The access key id to sign with.", envvar="AWS_ACCESS_KEY_ID")] = "test",
    secret: Annotated[str, typer.Option(help="Its secret.", envvar="AWS_SECRET_ACCESS_KEY")] = "test",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Deploy a template to the cloud: what `sam build` and `sam deploy` do, without the SAM CLI.

    Local code is built (requirements.txt included) and uploaded, the stack is made or updated, its outputs are printed.
    """
    endpoint = running.find(data).endpoint
    name = stack_name or packaging.stack_name_for(template)
    parameters = dict(_pair(text) for text in parameter or [])
    done = deploy_stack(template, name, endpoint, parameters, (key, secret, region), quiet=as_json)
    if as_json:
        print_json({"stack": name, "changed": done.changed, "outputs": done.outputs})


class Deployed(NamedTuple):
    """A deployed stack: whether anything had to be changed, and its outputs."""

    changed: bool
    outputs: dict[str, str]


def deploy_stack(
    template: Path,
    stack: str,
    endpoint: str,
    parameters: dict[str, str] | None = None,
    signer: tuple[str, str, str] = ("test", "test", "us-east-1"),
    quiet: bool = False,
) -> Deployed:
    """Package and deploy a template as `signer` (key, secret, region), showing progress unless `quiet`.

    Ends the program with the reasons when the template is refused or the stack fails.
    """
    import boto3
    from botocore.exceptions import ClientError

    session = boto3.session.Session(signer[0], signer[1], region_name=signer[2])
    deployment = _Deployment(session, endpoint, stack, quiet)
    try:
        outputs = deployment.run(template, parameters or {})
    except (packaging.PackagingFailed, ClientError, AwsError) as error:
        raise SystemExit(f"cloudarium: {error}") from None
    if not quiet:
        for name, value in outputs.items():
            console.print(f"  {name:<24} [bold]{value}[/bold]", soft_wrap=True)
    return Deployed(deployment.changed, outputs)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not Name=Value")
    return name, value


class _Deployment:
    """One stack on its way, through the public API alone."""

    def __init__(self, session: Any, endpoint: str, stack: str, quiet: bool) -> None:
        self.stack = stack
        self.changed = True
        self._quiet = quiet
        self._cfn = session.client("cloudformation", endpoint_url=endpoint)
        self._s3 = session.client("s3", endpoint_url=endpoint)
        self._sts = session.client("sts", endpoint_url=endpoint)
        self._region = session.region_name

    def run(self, template: Path, parameters: dict[str, str]) -> dict[str, str]:
        """Package, deploy, follow; the stack's outputs. Ends the program with the reasons when the stack fails."""
        from cloudarium.services.cloudformation.template import reading

        document = reading.read(template.read_text())
        self._package(document, template.parent)
        change_set = self._change_set(json.dumps(document), parameters)
        if change_set is None:
            self.changed = False
            self._say(f"Stack [bold]{self.stack}[/bold] is as the template says; nothing to change.")
        else:
            self._execute(change_set)
        stack = self._cfn.describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _package(self, document: dict[str, Any], folder: Path) -> None:
        found = list(packaging.artifacts(document, folder))
        if not found:
            return
        bucket = self._bucket()
        cache = running.default_data() / "packages"
        for artifact in found:
            self._say(f"  packaging {artifact.logical_id} ({artifact.source.name}/)")
            archive = packaging.zipped(artifact, cache)
            key = f"{self.stack}/{packaging.key_of(archive)}"
            self._s3.upload_file(str(archive), bucket, key)
            packaging.point_to_s3(document, artifact, bucket, key)

    def _bucket(self) -> str:
        account = self._sts.get_caller_identity()["Account"]
        bucket = f"cloudarium-packages-{account}-{self._region}"
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        with contextlib.suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(Bucket=bucket, **({} if self._region == "us-east-1" else elsewhere))
        return bucket

    def _exists(self) -> bool:
        from botocore.exceptions import ClientError

        try:
            stack = self._cfn.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return stack["StackStatus"] != "REVIEW_IN_PROGRESS"

    def _change_set(self, body: str, parameters: dict[str, str]) -> str | None:
        """Make a change set and wait until it is ready; its ARN, None when there is nothing to change."""
        made = self._cfn.create_change_set(
            StackName=self.stack,
            ChangeSetName=f"cloudarium-{time.time_ns()}",
            ChangeSetType="UPDATE" if self._exists() else "CREATE",
            TemplateBody=body,
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=_CAPABILITIES,
        )
        while True:
            found = self._cfn.describe_change_set(ChangeSetName=made["Id"])
            if found["Status"] == "CREATE_COMPLETE":
                return made["Id"]
            if found["Status"] == "FAILED":
                reason = found.get("StatusReason", "")
                self._cfn.delete_change_set(ChangeSetName=made["Id"])
                if "didn't contain changes" in reason or "No updates" in reason:
                    return None
                raise SystemExit(f"cloudarium: the template was refused: {reason}")
            time.sleep(0.1)

    def _execute(self, change_set: str) -> None:
        seen = {event["EventId"] for event in self._events()}
        self._cfn.execute_change_set(ChangeSetName=change_set)
        while True:
            status = self._cfn.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
            for event in reversed(self._events()):
                if event["EventId"] not in seen:
                    seen.add(event["EventId"])
                    self._show(event)
            if not status.endswith("_IN_PROGRESS") or status.endswith("_CLEANUP_IN_PROGRESS"):
                break
            time.sleep(0.15)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"):
            raise SystemExit(f"cloudarium: stack {self.stack} ended in {status}; its reasons are above")

    def _events(self) -> list[dict[str, Any]]:
        return self._cfn.describe_stack_events(StackName=self.stack)["StackEvents"]

    def _show(self, event: dict[str, Any]) -> None:
        status = event["ResourceStatus"]
        colour = next((colour for word, colour in _COLOURS.items() if word in status), "yellow")
        reason = event.get("ResourceStatusReason", "")
        self._say(
            f"  [{colour}]{status:<20}[/{colour}] {event['LogicalResourceId']:<28} {event['ResourceType']}"
            f"{'  ' + reason if reason and 'FAILED' in status else ''}"
        )

    def _say(self, text: str) -> None:
        if not self._quiet:
            console.print(text, soft_wrap=True)
