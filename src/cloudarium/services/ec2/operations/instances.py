"""Instances, of which there are none: nothing here starts one."""

from __future__ import annotations

from cloudarium.gateway.call import Call
from cloudarium.services.ec2 import errors
from cloudarium.services.ec2.operations.trying import Data, operation

_NONE = "there are no instances that it could pick"
_IGNORED = dict.fromkeys(("Filters", "IncludeManagedResources", "MaxResults", "NextToken"), _NONE)


def _check_ids(call: Call) -> None:
    """Raise for any instance that a call names: it cannot be there."""
    wanted = call.input.get("InstanceIds") or []
    for id in wanted:
        if not id.startswith("i-"):
            raise errors.Conflict(f'Invalid id: "{id}" (expecting "i-...")', code="InvalidInstanceID.Malformed")
    if wanted:
        several = "s" if len(wanted) > 1 else ""
        text = f"The instance ID{several} '{', '.join(wanted)}' do{'' if several else 'es'} not exist"
        raise errors.Conflict(text, code="InvalidInstanceID.NotFound")


@operation("DescribeInstances", ignores=_IGNORED)
def describe_instances(call: Call) -> Data:
    """The account's instances in this region: none."""
    _check_ids(call)
    return {"Reservations": []}


@operation("DescribeInstanceStatus", ignores={**_IGNORED, "IncludeAllInstances": _NONE})
def describe_instance_status(call: Call) -> Data:
    """How the account's instances in this region are: none are."""
    _check_ids(call)
    return {"InstanceStatuses": []}
