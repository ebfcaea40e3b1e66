"""What the resource types of this room have in common."""

from __future__ import annotations

from typing import Any

from cloudarium.shared.stacks import Resource

Data = dict[str, Any]


def flag(value: Any) -> bool:
    """A property that is true or false, however the template writes it."""
    return str(value).lower() == "true"


def tags(r: Resource, kind: str) -> Data:
    """The tag specification for a new thing of a kind: its tags, and those by which CloudFormation marks it."""
    marks = {"logical-id": r.logical_id, "stack-id": r.stack_id, "stack-name": r.stack_name}
    own = [{"Key": f"aws:cloudformation:{name}", "Value": value} for name, value in marks.items()]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [*r.tag_list, *own]}]}


async def retag(r: Resource, id: str = "") -> None:
    """Bring the tags of a thing (the resource itself unless another id is given) to what the template says."""
    id = id or r.id
    if r.removed_tags:
        await r.send("ec2", "DeleteTags", {"Resources": [id], "Tags": [{"Key": key} for key in r.removed_tags]})
    if r.tags and r.tags != r.old_tags:
        await r.send("ec2", "CreateTags", {"Resources": [id], "Tags": r.tag_list})


async def once(r: Resource, operation: str, given: Data) -> Data:
    """Make something for a resource that is being created; made again after a crash, it is the same thing."""
    return await r.send("ec2", operation, {**given, "_Token": f"{r.token}/{operation}"})


def picked(r: Resource, *names: str) -> Data:
    """The properties of these names that the template gives."""
    return {name: r.properties[name] for name in names if r.properties.get(name) is not None}
