"""The services that a VPC endpoint may lead to: those of this cloud."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from cloudarium.gateway.call import Call
from cloudarium.gateway.rooms import all_rooms
from cloudarium.services.ec2 import errors, lookup
from cloudarium.services.ec2.operations import prefix_lists
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.rules import filters
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared.zones import zones

READERS = {
    "owner": member("Owner"),
    "service-name": member("ServiceName"),
    "service-region": member("ServiceRegion"),
    "service-type": member("ServiceType", "ServiceType"),
    "supported-ip-address-types": member("SupportedIpAddressTypes"),
}


def services() -> set[str]:
    """The last parts of their names, which are those that requests are signed for."""
    signed = {room.card.signing_name or room.card.name for room in all_rooms().values()}
    return {*signed, "execute-api"}


@operation("DescribeVpcEndpointServices", refuses=("ServiceRegions",))
def describe_vpc_endpoint_services(call: Call) -> Data:
    """The services that an endpoint may lead to; one with endpoints of two types is there twice, as on AWS."""
    asked, names = call.input.get("Filters") or [], call.input.get("ServiceNames") or []
    filters.check(asked, READERS)
    every = [detail for service in sorted(services()) for detail in _details(call, service)]
    for name in names:
        if all(one["ServiceName"] != name for one in every):
            message = f"The Vpc Endpoint Service '{name}' does not exist"
            raise errors.Conflict(message, code="InvalidServiceName")
    chosen = [
        one
        for one in every
        if (not names or one["ServiceName"] in names) and filters.matches(one, asked, READERS, "Tags")
    ]
    page = lookup.page(call, "ServiceDetails", chosen, "ServiceId")
    page["ServiceDetails"].sort(key=lambda one: (one["ServiceName"], one["ServiceId"]))
    return {**page, "ServiceNames": list(dict.fromkeys(one["ServiceName"] for one in page["ServiceDetails"]))}


def _details(call: Call, service: str) -> Iterator[Data]:
    name, private = f"com.amazonaws.{call.region}.{service}", f"{service}.{call.region}.amazonaws.com"
    common: Data = {
        "ServiceName": name,
        "ServiceRegion": call.region,
        "AvailabilityZones": [zone for zone, _ in zones(call.region)],
        "Owner": "amazon",
        "SupportedIpAddressTypes": ["ipv4"],
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "VpcEndpointPolicySupported": True,
        "Tags": [],
    }
    if service in prefix_lists.BY_GATEWAY:
        own = {"ServiceType": [{"ServiceType": "Gateway"}], "BaseEndpointDnsNames": [private]}
        yield {**common, **own, "ServiceId": _id(name, "Gateway")}
    yield {
        **common,
        "ServiceId": _id(name, "Interface"),
        "ServiceType": [{"ServiceType": "Interface"}],
        "BaseEndpointDnsNames": [f"{service}.{call.region}.vpce.amazonaws.com"],
        "PrivateDnsName": private,
        "PrivateDnsNames": [{"PrivateDnsName": private}],
        "PrivateDnsNameVerificationState": "verified",
    }


def _id(name: str, type: str) -> str:
    """The id of a service: the same for everybody in a region, as on AWS."""
    return f"vpce-svc-0{hashlib.sha256(f'{name}/{type}'.encode()).hexdigest()[:16]}"
