"""Calls of EC2 that succeed, and what they need: security groups, interfaces, endpoints and peering."""

from __future__ import annotations

from tests.permissions.example import Case, Examples, Stage
from tests.permissions.examples.ec2.made import endpoint, group, interface, subnet, table, tagging, tags, vpc

EXAMPLES = Examples()

# ---- security groups -------------------------------------------------------------------------------------------------

WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


@EXAMPLES("CreateSecurityGroup")
def create_security_group(at: Stage) -> Case:
    given = {"GroupName": at.name, "Description": "d", "VpcId": vpc(at), **tags("security-group")}
    return Case(given, [at.arn("security-group/*"), at.arn(f"vpc/{vpc(at)}")], also=tagging(at, "security-group"))


@EXAMPLES("DeleteSecurityGroup")
def delete_security_group(at: Stage) -> Case:
    id = group(at)
    return Case({"GroupId": id}, at.arn(f"security-group/{id}"))


def delete_by_name(at: Stage) -> Case:
    id = at.root().create_security_group(GroupName=at.name, Description="d")["GroupId"]
    return Case({"GroupName": at.name}, at.arn(f"security-group/{id}"))


EXAMPLES("DeleteSecurityGroup", variant="by name")(delete_by_name)


@EXAMPLES("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(at: Stage) -> Case:
    id = group(at)
    given = {"GroupId": id, "IpPermissions": [WEB], **tags("security-group-rule")}
    return Case(given, at.arn(f"security-group/{id}"), also=tagging(at, "security-group-rule"))


@EXAMPLES("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(at: Stage) -> Case:
    id = group(at)
    allow = at.root().authorize_security_group_ingress
    allow = allow if at.operation.endswith("Ingress") else at.root().authorize_security_group_egress
    allow(GroupId=id, IpPermissions=[WEB])
    return Case({"GroupId": id, "IpPermissions": [WEB]}, at.arn(f"security-group/{id}"))


@EXAMPLES("UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions(at: Stage) -> Case:
    id = group(at)
    allow = at.root().authorize_security_group_ingress
    allow = allow if at.operation.endswith("Ingress") else at.root().authorize_security_group_egress
    allow(GroupId=id, IpPermissions=[WEB])
    described = {**WEB, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "us"}]}
    return Case({"GroupId": id, "IpPermissions": [described]}, at.arn(f"security-group/{id}"))


@EXAMPLES("ModifySecurityGroupRules")
def modify_rules(at: Stage) -> Case:
    id = group(at)
    made = at.root().authorize_security_group_ingress(GroupId=id, IpPermissions=[WEB])["SecurityGroupRules"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": "10.0.0.0/8"}
    change = {"SecurityGroupRuleId": made[0]["SecurityGroupRuleId"], "SecurityGroupRule": rule}
    on = [at.arn(f"security-group/{id}"), at.arn(f"security-group-rule/{change['SecurityGroupRuleId']}")]
    return Case({"GroupId": id, "SecurityGroupRules": [change]}, on)


# ---- interfaces and endpoints ----------------------------------------------------------------------------------------


@EXAMPLES("CreateNetworkInterface")
def create_network_interface(at: Stage) -> Case:
    where, own = subnet(at), group(at)
    on = [at.arn("network-interface/*"), at.arn(f"subnet/{where}"), at.arn(f"security-group/{own}")]
    given = {"SubnetId": where, "Groups": [own], **tags("network-interface")}
    return Case(given, on, also=tagging(at, "network-interface"))


@EXAMPLES("DeleteNetworkInterface")
def delete_network_interface(at: Stage) -> Case:
    id = interface(at)
    return Case({"NetworkInterfaceId": id}, at.arn(f"network-interface/{id}"))


@EXAMPLES("ModifyNetworkInterfaceAttribute")
def modify_network_interface_attribute(at: Stage) -> Case:
    id = interface(at)
    other = at.root().create_security_group(GroupName=f"{at.name}-other", Description="d", VpcId=vpc(at))["GroupId"]
    on = [at.arn(f"network-interface/{id}"), at.arn(f"security-group/{other}")]
    return Case({"NetworkInterfaceId": id, "Groups": [other]}, on)


@EXAMPLES("CreateVpcEndpoint")
def create_vpc_endpoint(at: Stage) -> Case:
    id = table(at)
    on = [at.arn("vpc-endpoint/*"), at.arn(f"vpc/{vpc(at)}"), at.arn(f"route-table/{id}")]
    given = {"VpcId": vpc(at), "ServiceName": "com.amazonaws.us-east-1.dynamodb", "RouteTableIds": [id]}
    return Case({**given, **tags("vpc-endpoint")}, on, also=tagging(at, "vpc-endpoint"))


def create_interface_endpoint(at: Stage) -> Case:
    where, own = subnet(at), group(at)
    on = [at.arn(name) for name in ("vpc-endpoint/*", f"vpc/{vpc(at)}", f"subnet/{where}", f"security-group/{own}")]
    given = {"VpcId": vpc(at), "ServiceName": "com.amazonaws.us-east-1.sqs", "VpcEndpointType": "Interface"}
    return Case({**given, "SubnetIds": [where], "SecurityGroupIds": [own]}, on)


EXAMPLES("CreateVpcEndpoint", variant="interface")(create_interface_endpoint)


@EXAMPLES("ModifyVpcEndpoint")
def modify_vpc_endpoint(at: Stage) -> Case:
    id, other = endpoint(at), table(at)
    on = [at.arn(f"vpc-endpoint/{id}"), at.arn(f"route-table/{other}")]
    return Case({"VpcEndpointId": id, "AddRouteTableIds": [other]}, on)


@EXAMPLES("DeleteVpcEndpoints")
def delete_vpc_endpoints(at: Stage) -> Case:
    id = endpoint(at)
    return Case({"VpcEndpointIds": [id]}, at.arn(f"vpc-endpoint/{id}"))


# ---- peering ---------------------------------------------------------------------------------------------------------


def the_peer(at: Stage) -> str:
    """A VPC beside the one of all examples."""
    return at.root().create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]


def asked(at: Stage) -> str:
    """A connection that waits to be accepted; the one of the example before is gone."""
    ec2 = at.root()
    for one in ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
        if one["Status"]["Code"] in ("active", "pending-acceptance"):
            ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=one["VpcPeeringConnectionId"])
    made = ec2.create_vpc_peering_connection(VpcId=vpc(at), PeerVpcId=at.once(the_peer))
    return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]


@EXAMPLES("CreateVpcPeeringConnection")
def create_peering(at: Stage) -> Case:
    at.root().delete_vpc_peering_connection(VpcPeeringConnectionId=asked(at))
    on = [at.arn("vpc-peering-connection/*"), at.arn(f"vpc/{vpc(at)}")]
    given = {"VpcId": vpc(at), "PeerVpcId": at.once(the_peer), **tags("vpc-peering-connection")}
    return Case(given, on, also=tagging(at, "vpc-peering-connection"))


@EXAMPLES("AcceptVpcPeeringConnection")
def accept_peering(at: Stage) -> Case:
    id = asked(at)
    on = [at.arn(f"vpc-peering-connection/{id}"), at.arn(f"vpc/{at.once(the_peer)}")]
    return Case({"VpcPeeringConnectionId": id}, on)


@EXAMPLES("RejectVpcPeeringConnection", "DeleteVpcPeeringConnection")
def end_peering(at: Stage) -> Case:
    id = asked(at)
    return Case({"VpcPeeringConnectionId": id}, at.arn(f"vpc-peering-connection/{id}"))


@EXAMPLES("ModifyVpcPeeringConnectionOptions")
def modify_peering(at: Stage) -> Case:
    id = asked(at)
    at.root().accept_vpc_peering_connection(VpcPeeringConnectionId=id)
    options = {"AllowDnsResolutionFromRemoteVpc": True}
    given = {"VpcPeeringConnectionId": id, "RequesterPeeringConnectionOptions": options}
    return Case(given, at.arn(f"vpc-peering-connection/{id}"))
