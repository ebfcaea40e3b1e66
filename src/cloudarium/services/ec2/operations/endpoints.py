"""VPC endpoints to the services of this cloud."""

from __future__ import annotations

import json

from cloudarium.gateway.call import Call
from cloudarium.policy.documents import MalformedPolicy, check_document
from cloudarium.services.ec2 import errors, interfaces, lookup
from cloudarium.services.ec2.kinds import ENDPOINT, GROUP, INTERFACE, ROUTE_TABLE, SUBNET, VPC
from cloudarium.services.ec2.operations import prefix_lists
from cloudarium.services.ec2.operations.endpoint_services import services
from cloudarium.services.ec2.operations.trying import Data, operation
from cloudarium.services.ec2.resources import touching
from cloudarium.services.ec2.rules.filters import member
from cloudarium.shared import ids
from cloudarium.vpc import records

READERS = {
    "service-name": member("ServiceName"),
    "vpc-id": member("VpcId"),
    "vpc-endpoint-id": member("VpcEndpointId"),
    "vpc-endpoint-state": member("State"),
    "vpc-endpoint-type": member("VpcEndpointType"),
    "ip-address-type": member("IpAddressType"),
    "service-region": member("ServiceRegion"),
}
LONGEST_POLICY = 20_480
_INVALID_POLICY, _NO_POLICY = "InvalidPolicyDocument", "The Policy Document is not valid."
FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}


@operation(
    "CreateVpcEndpoint",
    on=touching(
        (VPC, "VpcId"),
        (SUBNET, "SubnetIds"),
        (GROUP, "SecurityGroupIds"),
        (ROUTE_TABLE, "RouteTableIds"),
        makes=ENDPOINT,
    ),
    refuses=("DnsOptions", "SubnetConfigurations", "ServiceNetworkArn", "ResourceConfigurationArn", "ServiceRegion"),
)
def create_vpc_endpoint(call: Call) -> Data:
    """Make an endpoint: a gateway in route tables, or interfaces in subnets."""
    token = call.input.get("ClientToken")
    for one in records.every(call.store, call.scope, ENDPOINT.record) if token else ():
        if one.get("_Token") == token:
            return {"VpcEndpoint": lookup.shown(call, ENDPOINT, one), "ClientToken": token}
    vpc, service = lookup.named(call, VPC), _service(call)
    kind = call.input.get("VpcEndpointType") or "Gateway"
    if kind not in ("Gateway", "Interface"):
        raise errors.Unsupported(f"This cloud has no endpoints of the type {kind}.")
    if kind == "Gateway" and service not in prefix_lists.BY_GATEWAY:
        name = call.input["ServiceName"]
        raise errors.Invalid(f"Endpoint type (Gateway) does not match available service types ([Interface]) of {name}.",
            code="InvalidParameter")  # fmt: skip
    data = {**_endpoint(call, vpc, kind, token), **_policy(call)}
    if kind == "Gateway":
        tables = call.input.get("RouteTableIds") or []
        _no_twin(call, data, tables)
        lookup.keep(call, ENDPOINT, data)
        _route(call, data, tables, [])
    else:
        _place(call, data, vpc)
        _name(call, data)
    shown = lookup.made(call, ENDPOINT, data)
    state = "available" if kind == "Gateway" else "pending"
    return {"VpcEndpoint": {**shown, "State": state}, **({"ClientToken": token} if token else {})}


def _service(call: Call) -> str:
    name = call.input.get("ServiceName")
    if not name:
        raise errors.Missing("serviceName")
    prefix = f"com.amazonaws.{call.region}."
    service = name.removeprefix(prefix)
    if not name.startswith(prefix) or service not in services():
        message = f"The Vpc Endpoint Service '{name}' does not exist"
        raise errors.Conflict(message, code="InvalidServiceName")
    return str(service)


def _policy(call: Call) -> Data:
    """The policy that a call gives an endpoint; the one that lets everything pass decides nothing, and is not asked."""
    text = call.input.get("PolicyDocument")
    if not text:
        return {"PolicyDocument": json.dumps(FULL_ACCESS), "_Policy": ""}
    if len(text) > LONGEST_POLICY:
        raise errors.Conflict(f"{_NO_POLICY} It is longer than {LONGEST_POLICY} characters.", code=_INVALID_POLICY)
    try:
        check_document(text, "endpoint")
    except MalformedPolicy as error:
        raise errors.Conflict(f"{_NO_POLICY} {error}", code=_INVALID_POLICY) from error
    return {"PolicyDocument": text, "_Policy": text}


def _name(call: Call, data: Data) -> None:
    """Give an interface endpoint its names: one for the region, one for each zone, and the service's own if it may."""
    if not data["SubnetIds"]:
        data["DnsEntries"] = []
        return
    start, zone, private = data.setdefault("_Names", [ids.lower(8), f"Z{ids.upper(13)}", f"Z{ids.upper(20)}"])
    service = f"{data['ServiceName'].rpartition('.')[2]}.{data['ServiceRegion']}"
    host, end = f"{data['VpcEndpointId']}-{start}", f".{service}.vpce.amazonaws.com"
    zones = sorted({lookup.find(call, SUBNET, id)["AvailabilityZone"] for id in data["SubnetIds"]})
    names = [f"{host}{end}", *(f"{host}-{one}{end}" for one in zones)]
    data["DnsEntries"] = [{"DnsName": name, "HostedZoneId": zone} for name in names]
    if data["PrivateDnsEnabled"]:
        data["DnsEntries"].append({"DnsName": f"{service}.amazonaws.com", "HostedZoneId": private})


def _endpoint(call: Call, vpc: Data, kind: str, token: str | None) -> Data:
    private = bool(call.input.get("PrivateDnsEnabled", kind == "Interface"))
    return {
        "VpcEndpointId": lookup.new_id(ENDPOINT),
        "VpcEndpointType": kind,
        "VpcId": vpc["VpcId"],
        "OwnerId": call.account,
        "ServiceName": call.input["ServiceName"],
        "ServiceRegion": call.region,
        "State": "available",
        "RouteTableIds": [],
        "SubnetIds": [],
        "Groups": [],
        "NetworkInterfaceIds": [],
        "IpAddressType": "ipv4",
        "PrivateDnsEnabled": private,
        "RequesterManaged": False,
        "DnsEntries": [],
        "CreationTimestamp": call.now,
        **({"_Token": token} if token else {}),
    }


def _no_twin(call: Call, data: Data, tables: list[str]) -> None:
    for one in records.within(call.store, call.scope, data["VpcId"], ENDPOINT.record):
        both = set(one["RouteTableIds"]) & set(tables)
        if one["ServiceName"] == data["ServiceName"] and one["VpcEndpointId"] != data["VpcEndpointId"] and both:
            list_id = prefix_lists.of_service(call, data["ServiceName"])["PrefixListId"]
            message = f"route table {min(both)} already has a route with destination-prefix-list-id {list_id}"
            raise errors.Conflict(message, code="RouteAlreadyExists")


def _route(call: Call, data: Data, add: list[str], remove: list[str]) -> None:
    """Lead route tables to a gateway endpoint, or no more."""
    list_id = prefix_lists.of_service(call, data["ServiceName"])["PrefixListId"]
    for id in (*add, *remove):
        table = lookup.find(call, ROUTE_TABLE, id)
        if table["VpcId"] != data["VpcId"]:
            raise errors.Conflict(f"Route table {id} belongs to different VPC", code="InvalidParameter")
        kept = [one for one in table["Routes"] if one.get("GatewayId") != data["VpcEndpointId"]]
        if id in add:
            leads = {"GatewayId": data["VpcEndpointId"], "Origin": "CreateRoute", "State": "active"}
            kept.append({"DestinationPrefixListId": list_id, **leads})
        lookup.keep(call, ROUTE_TABLE, {**table, "Routes": kept})
    data["RouteTableIds"] = [*(one for one in data["RouteTableIds"] if one not in remove), *add]


def _place(call: Call, data: Data, vpc: Data) -> None:
    """Give an interface endpoint its interfaces, one for each subnet."""
    found = interfaces.groups(call, call.input.get("SecurityGroupIds") or [], vpc["VpcId"])
    data["Groups"] = [{"GroupId": one["GroupId"], "GroupName": one["GroupName"]} for one in found]
    if data["PrivateDnsEnabled"] and not all(
        vpc["_Attributes"][name] for name in ("EnableDnsSupport", "EnableDnsHostnames")
    ):
        raise errors.Invalid(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
            f"{vpc['VpcId']}", code="InvalidParameter",
        )  # fmt: skip
    for id in call.input.get("SubnetIds") or []:
        _add_subnet(call, data, id, found)


def _add_subnet(call: Call, data: Data, id: str, groups: list[Data]) -> None:
    subnet = lookup.find(call, SUBNET, id)
    if subnet["VpcId"] != data["VpcId"]:
        raise errors.Conflict(f"Subnet {id} belongs to a different VPC", code="InvalidParameter")
    text = f"VPC Endpoint Interface {data['VpcEndpointId']}"
    interface = interfaces.make(call, subnet, groups, "vpc_endpoint", text, requester="amazon-aws")
    lookup.keep(call, INTERFACE, {**interface, "Status": "in-use"})
    data["SubnetIds"].append(id)
    data["NetworkInterfaceIds"].append(interface["NetworkInterfaceId"])


@operation("DescribeVpcEndpoints")
def describe_vpc_endpoints(call: Call) -> Data:
    """The account's endpoints in this region."""
    return lookup.described(call, ENDPOINT, READERS)


@operation(
    "ModifyVpcEndpoint",
    on=touching(
        (ENDPOINT, "VpcEndpointId"),
        (ROUTE_TABLE, "AddRouteTableIds"),
        (ROUTE_TABLE, "RemoveRouteTableIds"),
        (SUBNET, "AddSubnetIds"),
        (SUBNET, "RemoveSubnetIds"),
        (GROUP, "AddSecurityGroupIds"),
        (GROUP, "RemoveSecurityGroupIds"),
    ),
    refuses=("DnsOptions", "IpAddressType", "SubnetConfigurations"),
)
def modify_vpc_endpoint(call: Call) -> Data:
    """Change where an endpoint is reached from, or what may pass."""
    data, given = lookup.named(call, ENDPOINT), call.input
    if given.get("PolicyDocument") and given.get("ResetPolicy"):
        raise errors.Combination("Only one of policyDocument and resetPolicy may be specified.")
    if given.get("PolicyDocument") or given.get("ResetPolicy"):
        data.update(_policy(call))
    if data["VpcEndpointType"] == "Gateway":
        add = given.get("AddRouteTableIds") or []
        _no_twin(call, data, add)
        _route(call, data, add, given.get("RemoveRouteTableIds") or [])
    else:
        _change_groups(call, data)
        members = interfaces.groups(call, [one["GroupId"] for one in data["Groups"]], data["VpcId"])
        for id in given.get("RemoveSubnetIds") or []:
            _remove_subnet(call, data, id)
        for id in given.get("AddSubnetIds") or []:
            _add_subnet(call, data, id, members)
        if given.get("PrivateDnsEnabled") is not None:
            data["PrivateDnsEnabled"] = given["PrivateDnsEnabled"]
        _name(call, data)
    lookup.keep(call, ENDPOINT, data)
    return {"Return": True}


def _change_groups(call: Call, data: Data) -> None:
    add, remove = call.input.get("AddSecurityGroupIds") or [], call.input.get("RemoveSecurityGroupIds") or []
    if not add and not remove:
        return
    ids = [one["GroupId"] for one in data["Groups"] if one["GroupId"] not in remove] + list(add)
    found = interfaces.groups(call, ids, data["VpcId"])
    data["Groups"] = [{"GroupId": one["GroupId"], "GroupName": one["GroupName"]} for one in found]
    for id in data["NetworkInterfaceIds"]:
        interface = lookup.find(call, INTERFACE, id)
        lookup.keep(call, INTERFACE, {**interface, "Groups": data["Groups"]})


def _remove_subnet(call: Call, data: Data, subnet: str) -> None:
    for id in list(data["NetworkInterfaceIds"]):
        if lookup.find(call, INTERFACE, id)["SubnetId"] == subnet:
            lookup.forget(call, INTERFACE, id)
            data["NetworkInterfaceIds"].remove(id)
    data["SubnetIds"] = [one for one in data["SubnetIds"] if one != subnet]


@operation("DeleteVpcEndpoints", on=touching((ENDPOINT, "VpcEndpointIds")))
def delete_vpc_endpoints(call: Call) -> Data:
    """Delete endpoints; those that could not be deleted are named."""
    failed = []
    for id in call.input["VpcEndpointIds"]:
        try:
            data = lookup.find(call, ENDPOINT, id)
        except (errors.NotFound, errors.Malformed) as error:
            failed.append({"ResourceId": id, "Error": {"Code": error.code, "Message": error.message}})
            continue
        if data["VpcEndpointType"] == "Gateway":
            _route(call, data, [], list(data["RouteTableIds"]))
        for interface in data["NetworkInterfaceIds"]:
            lookup.forget(call, INTERFACE, interface)
        lookup.forget(call, ENDPOINT, id)
    return {"Unsuccessful": failed}
