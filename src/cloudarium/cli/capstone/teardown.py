"""`cloudarium capstone down`: the stacks go, then the packages they were deployed from; what is left is looked for.

Nothing is deleted but what a stack has made, what it was deployed from, and the log groups that its functions have made
meanwhile. Anything else that is left is named, for it may be somebody's.
"""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich.markup import escape

from cloudarium.cli.capstone import inventory
from cloudarium.cli.capstone.reach import Reach
from cloudarium.cli.capstone.stack import Stack, deleted, find, living, resources_of
from cloudarium.cli.capstone.stack import names as stack_names
from cloudarium.cli.deploy import packages_bucket
from cloudarium.cli.output import Failed, say
from cloudarium.cli.progress import follow, last_event


class Looked(NamedTuple):
    """A kind of thing that was looked for, and what of it is left."""

    what: str
    left: list[str]


@dataclass
class Gone:
    """What a tear-down did: the stacks that it deleted, and what it looked for."""

    stacks: list[str] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)

    @property
    def left(self) -> list[str]:
        """Everything that is left."""
        return [each for looked in self.looked for each in looked.left]

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {"deleted": self.stacks, "looked": [each._asdict() for each in self.looked], "left": self.left}


def tear_down(reach: Reach, name: str, quiet: bool = False) -> Gone:
    """Delete the stack and those that are built on it, and look for what is left. Raises Failed when one stays."""
    gone, stack = Gone(), find(reach, name)
    doomed = [] if stack is None else [*_built_on(stack), stack]
    endpoints = [endpoint for each in doomed for endpoint in _endpoints(each) if _answers(*endpoint)]
    for each in doomed:
        _delete(each, quiet)
        gone.stacks.append(each.arn)
    names = [each.name for each in doomed] or [name]
    made = {(each.kind, each.listed) for each in _formerly(reach, names)}
    _delete_log_groups(reach, made, gone)
    gone.looked += [_delete_packages(reach, each) for each in names]
    _look(reach, names, made, gone)
    gone.looked += [_knock(*each) for each in endpoints]
    return gone


def _formerly(reach: Reach, names: list[str]) -> list[Any]:
    """What deleted stacks of these names have had."""
    return [each for name in names for arn in deleted(reach, name) for each in resources_of(reach, arn)]


# ---- The stacks -----------------------------------------------------------------------------------------------------


def _built_on(stack: Stack) -> list[Stack]:
    """The stacks that read a parameter of this one from SSM: they go first."""
    own = set(stack.ids("AWS::SSM::Parameter"))
    others = [each for each in living(stack.reach) if each.arn != stack.arn]
    return [other for other in others if own & set(other.parameters.values())]


def _delete(stack: Stack, quiet: bool) -> None:
    from botocore.exceptions import ClientError

    cfn = stack.reach("cloudformation")
    last = last_event(cfn, stack.arn)
    try:
        cfn.delete_stack(StackName=stack.name)
    except ClientError as error:
        raise Failed(f"the stack {stack.name} is not deleted: {error}") from error
    status = follow(cfn, stack.arn, last, quiet)
    if status != "DELETE_COMPLETE":
        raise Failed(f"the stack {stack.name} ended in {status}; its reasons are above")


def _delete_packages(reach: Reach, name: str) -> Looked:
    """Delete what the stack was deployed from, and the bucket when nothing else is in it."""
    s3 = reach("s3")
    bucket = packages_bucket(reach("sts").get_caller_identity()["Account"], reach.region)
    own: list[dict[str, str]] = []
    with contextlib.suppress(s3.exceptions.NoSuchBucket):
        versions = reach.all("s3", "list_object_versions", "[Versions, DeleteMarkers][][]", Bucket=bucket)
        keys = [each for each in versions if each["Key"].startswith(f"{name}/")]
        own = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in keys]
        for start in range(0, len(own), 1000):
            s3.delete_objects(Bucket=bucket, Delete={"Objects": own[start : start + 1000], "Quiet": True})
        if len(own) == len(versions):  # else other stacks are deployed from it
            s3.delete_bucket(Bucket=bucket)
    return Looked(f"packages of {name} in {bucket}: {len(own)} deleted", [])


def _delete_log_groups(reach: Reach, made: set[tuple[str, str]], gone: Gone) -> None:
    """Delete groups that functions have made while their stack went: their last lines come after it."""
    ids = {id for _, id in made}
    for name in reach.all("logs", "describe_log_groups", "logGroups[].logGroupName"):
        if name in ids or name.removeprefix("/aws/lambda/") in ids:
            reach("logs").delete_log_group(logGroupName=name)
            gone.looked.append(Looked(f"log group {name}, written to after its stack had gone: deleted", []))


# ---- What is left ---------------------------------------------------------------------------------------------------


def _look(reach: Reach, names: list[str], made: set[tuple[str, str]], gone: Gone) -> None:
    """Look through every room for what the stacks had, what belongs to that, and what is called after them."""
    ids = {id for _, id in made}
    all_names = stack_names(reach) - set(names)
    others = {(each.kind, each.listed) for stack in living(reach) for each in stack.resources}
    left: dict[str, list[str]] = {}
    for thing in inventory.things(reach):
        of_stacks = (thing.kind, thing.id) in made or thing.owner in ids
        named = any(inventory.is_named_after(thing, name, all_names) for name in names)
        if (of_stacks or named) and (thing.kind, thing.id) not in others:
            left.setdefault(thing.kind, []).append(thing.id)
    counts = Counter(kind for kind, _ in made)
    for kind in sorted(inventory.LISTINGS):
        there = left.get(kind, [])
        gone.looked.append(Looked(f"{kind}: {counts[kind]} made, {len(there)} left", there))


def _endpoints(stack: Stack) -> list[tuple[str, int]]:
    """Where the stack's caches answer on this machine."""
    there = inventory.ids(stack.reach, ["AWS::ElastiCache::ReplicationGroup"])["AWS::ElastiCache::ReplicationGroup"]
    found = "ReplicationGroups[].NodeGroups[].PrimaryEndpoint"
    endpoints = [
        endpoint
        for group in stack.ids("AWS::ElastiCache::ReplicationGroup")
        if group in there
        for endpoint in stack.reach.all("elasticache", "describe_replication_groups", found, ReplicationGroupId=group)
    ]
    return [(each["Address"], each["Port"]) for each in endpoints if each["Address"].startswith("127.")]


def _knock(address: str, port: int) -> Looked:
    """See whether a cache's process is gone, too."""
    if _answers(address, port):
        return Looked(f"the cache's process at {address}:{port} still answers", [f"{address}:{port}"])
    return Looked(f"the cache's process at {address}:{port} answered, and is gone", [])


def _answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


def show(gone: Gone, name: str) -> None:
    """Say what was looked for, and what is left."""
    if not gone.stacks:
        say(f"No stack [bold]{escape(name)}[/bold] is deployed.")
    for each in gone.looked:
        say(f"  {'[red]✗[/red]' if each.left else '[green]✓[/green]'} {escape(each.what)}")
        for thing in each.left:
            say(f"      [red]{escape(thing)}[/red]")
    if gone.left:
        say(f"  [red]{len(gone.left)} things are left[/red]; no stack has made them any more: delete what is yours.")
    else:
        say(f"  Nothing is left of [bold]{escape(name)}[/bold].")
