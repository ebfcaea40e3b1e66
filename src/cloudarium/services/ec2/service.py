"""The card of EC2, of which VPCs are built."""

from cloudarium.gateway.rooms import Service

CARD = Service(
    name="ec2",
    purpose="Keeps networks: VPCs, subnets, routes, gateways, network ACLs, security groups, interfaces and endpoints.",
    validation_error=None,  # EC2 has its own words: operations/trying.py
)
