"""`cloudarium deploy TEMPLATE`: package a template's code, deploy it by a change set, and show what happens."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.markup import escape

from cloudarium.cli import packaging, running
from cloudarium.cli.lifecycle import Data, Json
from cloudarium.cli.output import Failed, print_json, say
from cloudarium.cli.progress import follow, last_event
from cloudarium.runtime.node_sdk import user_cache
from cloudarium.shared.errors import AwsError

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

Key = Annotated[str, typer.Option(help="The access key id to sign with.", envvar="AWS_ACCESS_KEY_ID")]
Secret = Annotated[str, typer.Option(help="Its secret.", envvar="AWS_SECRET_ACCESS_KEY")]
Token = Annotated[
    str, typer.Option(help="The session's token, where the key is one's of a session.", envvar="AWS_SESSION_TOKEN")
]


def add_to(app: typer.Typer) -> None:
    """Add this command to the app."""
    app.command()(deploy)


def deploy(
    template: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A SAM or CloudFormation template.")],
    stack_name: Annotated[str | None, typer.Option(help="The stack's name; by default its folder's.")] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter", "-p", help="Name=Value; may repeat.")] = None,
    region: Annotated[str, typer.Option(help="The region to deploy to.")] = "us-east-1",
    key: Key = "test",
    secret: Secret = "test",
    token: Token = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Deploy a template to the cloud: what `sam build` and `sam deploy` do, without the SAM CLI.

    Local code is built (requirements.txt included) and uploaded, the stack is made or updated, its outputs are printed.
    """
    endpoint = running.find(data).endpoint
    name = stack_name or packaging.stack_name_for(template)
    parameters = dict(_pair(text) for text in parameter or [])
    done = deploy_stack(template, name, endpoint, parameters, Signer(key, secret, region, token), quiet=as_json)
    if as_json:
        print_json({"stack": name, "changed": done.changed, "outputs": done.outputs})


class Signer(NamedTuple):
    """Who deploys, and where: an access key, its secret and a region; a session's key has a token."""

    key: str = "test"
    secret: str = "test"
    region: str = "us-east-1"
    token: str = ""


ROOT = Signer()


class Deployed(NamedTuple):
    """A deployed stack: whether anything had to be changed, and its outputs."""

    changed: bool
    outputs: dict[str, str]


def deploy_stack(
    template: Path,
    stack: str,
    endpoint: str,
    parameters: dict[str, str] | None = None,
    signer: Signer = ROOT,
    quiet: bool = False,
) -> Deployed:
    """Package and deploy a template as `signer`, showing progress unless `quiet`.

    Raises Failed with the reasons when the template is refused or the stack fails.
    """
    import boto3
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.session.Session(signer.key, signer.secret, signer.token or None, region_name=signer.region)
    deployment = _Deployment(session, endpoint, stack, quiet)
    try:
        outputs = deployment.run(template, parameters or {})
    except (packaging.PackagingFailed, ClientError, BotoCoreError, Boto3Error, AwsError) as error:
        raise Failed(str(error)) from error
    except UnicodeDecodeError:
        raise Failed(f"{template} is not a text") from None
    if not quiet:
        for name, value in outputs.items():
            say(f"  {escape(name):<24} [bold]{escape(value)}[/bold]")
    return Deployed(deployment.changed, outputs)


def packages_bucket(account: str, region: str) -> str:
    """The bucket that deployments put their packages into, each below its stack's name."""
    return f"cloudarium-packages-{account}-{region}"


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not Name=Value")
    return name, value


def _parameters(document: dict[str, Any], given: dict[str, str], stack: dict[str, Any]) -> list[dict[str, Any]]:
    """What to send for the template's parameters: what was given, else what the stack has."""
    declared = document.get("Parameters")
    kept = {parameter["ParameterKey"] for parameter in stack.get("Parameters", [])} & set(declared or ())
    return [
        *({"ParameterKey": name, "ParameterValue": value} for name, value in given.items()),
        *({"ParameterKey": name, "UsePreviousValue": True} for name in sorted(kept - given.keys())),
    ]


class _Deployment:
    """One stack on its way, through the public API alone."""

    def __init__(self, session: Any, endpoint: str, stack: str, quiet: bool) -> None:
        from botocore.config import Config

        self.stack = stack
        self.changed = True
        self._quiet = quiet
        settings: dict[str, Any] = {
            "endpoint_url": endpoint,
            "config": Config(proxies={}, retries={"total_max_attempts": 1}),
        }
        self._cfn = session.client("cloudformation", **settings)
        self._s3 = session.client("s3", **settings)
        self._sts = session.client("sts", **settings)
        self._region = session.region_name

    def run(self, template: Path, parameters: dict[str, str]) -> dict[str, str]:
        """Package, deploy, follow; the stack's outputs. Raises Failed when the stack fails."""
        from cloudarium.services.cloudformation.template import reading

        document = reading.read(template.read_text())
        self._package(document, template.parent)
        change_set = self._change_set(document, parameters)
        if change_set is None:
            self.changed = False
            self._say(f"Stack [bold]{escape(self.stack)}[/bold] is as the template says; nothing to change.")
        else:
            self._execute(change_set)
        stack = self._cfn.describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _package(self, document: dict[str, Any], folder: Path) -> None:
        found = list(packaging.artifacts(document, folder))
        if not found:
            return
        bucket = self._bucket()
        cache = user_cache() / "packages"
        # Builds wait for pip, which waits for the network: two at a time take little longer than the longest.
        with ThreadPoolExecutor(2) as pool:
            archives = pool.map(lambda each: packaging.zipped(each, cache), found)
            self._upload(document, bucket, zip(found, archives, strict=True))

    def _upload(self, document: dict[str, Any], bucket: str, built: Iterable[tuple[packaging.Artifact, Path]]) -> None:
        for artifact, archive in built:
            self._say(f"  packaging {escape(artifact.logical_id)} ({escape(artifact.source.name)})")
            key = f"{self.stack}/{packaging.key_of(archive)}"
            self._s3.upload_file(str(archive), bucket, key)
            packaging.point_to_s3(document, artifact, bucket, key)

    def _bucket(self) -> str:
        bucket = packages_bucket(self._sts.get_caller_identity()["Account"], self._region)
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        with contextlib.suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(Bucket=bucket, **({} if self._region == "us-east-1" else elsewhere))
        return bucket

    def _known(self) -> dict[str, Any] | None:
        """The stack as it is, None when it is still to be made. What a failed first deployment left is deleted."""
        from botocore.exceptions import ClientError

        try:
            stack: dict[str, Any] = self._cfn.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        if stack["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
            self._say("  the failed first deployment is deleted")
            last = last_event(self._cfn, self.stack)
            self._cfn.delete_stack(StackName=self.stack)
            if follow(self._cfn, stack["StackId"], last, self._quiet) != "DELETE_COMPLETE":
                raise Failed(f"what the failed first deployment of {self.stack} left cannot be deleted; see above")
            return None
        return None if stack["StackStatus"] == "REVIEW_IN_PROGRESS" else stack

    def _change_set(self, document: dict[str, Any], parameters: dict[str, str]) -> str | None:
        """Make a change set and wait until it is ready; its ARN, None when there is nothing to change."""
        known = self._known()
        made = self._cfn.create_change_set(
            StackName=self.stack,
            ChangeSetName=f"cloudarium-{time.time_ns()}",
            ChangeSetType="UPDATE" if known else "CREATE",
            TemplateBody=json.dumps(document),
            Parameters=_parameters(document, parameters, known or {}),
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
                raise Failed(f"the template was refused: {reason}")
            time.sleep(0.1)

    def _execute(self, change_set: str) -> None:
        last = last_event(self._cfn, self.stack)
        self._cfn.execute_change_set(ChangeSetName=change_set)
        status = follow(self._cfn, self.stack, last, self._quiet)
        if status not in _GOOD:
            raise Failed(f"stack {self.stack} ended in {status}; its reasons are above")

    def _say(self, text: str) -> None:
        if not self._quiet:
            say(text)
