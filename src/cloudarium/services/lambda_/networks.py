"""How functions in a VPC are attached while they run."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from cloudarium.services.lambda_ import errors, records
from cloudarium.shared.scope import Scope
from cloudarium.store import Store
from cloudarium.vpc.facts import Interface
from cloudarium.vpc.wires import Attachment


def attachment(store: Store, scope: Scope, config: Mapping[str, Any]) -> Attachment | None:
    """How a version with this configuration is attached: in its first subnet; None when it is in no VPC.

    Raises ServiceFailure when its network interface is gone.
    """
    vpc = config.get("VpcConfig")
    if vpc is None:
        return None
    groups = sorted(set(vpc["SecurityGroupIds"]))
    found = records.interface(store, scope, vpc["SubnetIds"][0], groups)
    if found is None:
        raise errors.ServiceFailure(f"The network interface in {vpc['SubnetIds'][0]} is gone.")
    return Attachment(scope, Interface(found.vpc, found.subnet, IPv4Address(found.address), frozenset(groups)))
