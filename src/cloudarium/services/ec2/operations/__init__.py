"""The operations of EC2's network, by noun."""

from cloudarium.services.ec2.operations import (
    acls,
    endpoints,
    gateways,
    group_rules,
    groups,
    interfaces,
    nat,
    route_tables,
    subnets,
    tags,
    vpcs,
    zones,
)

__all__ = [
    "acls",
    "endpoints",
    "gateways",
    "group_rules",
    "groups",
    "interfaces",
    "nat",
    "route_tables",
    "subnets",
    "tags",
    "vpcs",
    "zones",
]
