"""Security groups and their rules, prefix lists, and peering."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


def only(name, *values):
    return [{"Name": name, "Values": list(values)}]


def code(call, **given):
    with pytest.raises(ClientError) as caught:
        call(**given)
    return caught.value.response["Error"]["Code"]


def tcp(port, *blocks, **more):
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": one} for one in blocks],
        **more,
    }


def shown(net, id):
    return net.ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"][0]


# ---- rules -----------------------------------------------------------------------------------------------------------


def test_rules_are_single_things_that_groups_show_together(net):
    id = net.group("web")
    own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": id}]}
    made = net.ec2.authorize_security_group_ingress(
        GroupId=id, IpPermissions=[tcp(80, "10.0.0.0/8", "172.16.0.0/12"), own],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "k", "Value": "v"}]}],
    )  # fmt: skip
    assert made["Return"] and len(made["SecurityGroupRules"]) == 3
    permissions = shown(net, id)["IpPermissions"]
    assert [(one["IpProtocol"], one["IpRanges"]) for one in permissions] == [
        ("tcp", [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "172.16.0.0/12"}]), ("-1", []),
    ]  # fmt: skip
    assert "FromPort" not in next(one for one in permissions if one["IpProtocol"] == "-1")
    rules = net.ec2.describe_security_group_rules(Filters=[*only("group-id", id), *only("tag:k", "v")])
    assert {one["SecurityGroupRuleId"] for one in rules["SecurityGroupRules"]} == {
        one["SecurityGroupRuleId"] for one in made["SecurityGroupRules"]
    }
    for name, value in (
        ("ip-permission.cidr", "172.16.0.0/12"), ("ip-permission.from-port", "80"), ("ip-permission.protocol", "tcp"),
        ("ip-permission.group-id", id), ("egress.ip-permission.cidr", "0.0.0.0/0"),
    ):  # fmt: skip
        found = net.ec2.describe_security_groups(Filters=[*only("vpc-id", net.vpc), *only(name, value)])
        assert id in [one["GroupId"] for one in found["SecurityGroups"]], name


def test_the_same_rule_is_refused_and_an_unknown_one_too(net):
    given = {"GroupId": net.group("web"), "IpPermissions": [tcp(80, "10.0.0.0/8")]}
    net.ec2.authorize_security_group_ingress(**given)
    with pytest.raises(ClientError) as caught:
        net.ec2.authorize_security_group_ingress(**given)
    assert caught.value.response["Error"] == {
        "Code": "InvalidPermission.Duplicate",
        "Message": 'the specified rule "peer: 10.0.0.0/8, TCP, from port: 80, to port: 80, ALLOW" already exists',
    }
    twice = {**given, "IpPermissions": [tcp(81, "10.0.0.0/8"), tcp(81, "10.0.0.0/8")]}
    assert code(net.ec2.authorize_security_group_ingress, **twice) == "InvalidPermission.Duplicate"
    assert code(net.ec2.revoke_security_group_ingress, **{**given, "IpPermissions": [tcp(82, "10.0.0.0/8")]}) == (
        "InvalidPermission.NotFound"
    )
    gone = net.ec2.revoke_security_group_ingress(**given)["RevokedSecurityGroupRules"]
    assert [(one["CidrIpv4"], one["IsEgress"]) for one in gone] == [("10.0.0.0/8", False)]
    assert shown(net, given["GroupId"])["IpPermissions"] == []


def test_a_rule_in_the_calls_own_members(net):
    id = net.group("web")
    net.ec2.authorize_security_group_ingress(GroupId=id, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.7/24")
    assert shown(net, id)["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "10.0.0.0/24"}]
    net.ec2.revoke_security_group_ingress(GroupId=id, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/24")
    assert shown(net, id)["IpPermissions"] == []


def test_rules_by_id_change_and_go(net):
    id = net.group("web")
    rule = tcp(80, "10.0.0.0/8")
    made = net.ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=[rule])["SecurityGroupRules"][0]
    one = made["SecurityGroupRuleId"]
    new = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 444, "CidrIpv4": "10.0.0.0/16", "Description": "ours"}
    net.ec2.modify_security_group_rules(
        GroupId=id, SecurityGroupRules=[{"SecurityGroupRuleId": one, "SecurityGroupRule": new}]
    )
    (found,) = net.ec2.describe_security_group_rules(SecurityGroupRuleIds=[one])["SecurityGroupRules"]
    assert {name: found[name] for name in new} == new
    note = [{"SecurityGroupRuleId": one, "Description": "theirs"}]
    net.ec2.update_security_group_rule_descriptions_ingress(GroupId=id, SecurityGroupRuleDescriptions=note)
    assert shown(net, id)["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "10.0.0.0/16", "Description": "theirs"}]
    assert code(net.ec2.revoke_security_group_egress, GroupId=id, SecurityGroupRuleIds=[one]) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )
    net.ec2.revoke_security_group_ingress(GroupId=id, SecurityGroupRuleIds=[one])
    assert code(net.ec2.describe_security_group_rules, SecurityGroupRuleIds=[one]) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )


def test_sixty_rules_in_a_direction(net):
    id = net.group("web")
    many = [tcp(port, "10.0.0.0/8") for port in range(1, 61)]
    net.ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=many)
    more = {"GroupId": id, "IpPermissions": [tcp(99, "10.0.0.0/8")]}
    assert code(net.ec2.authorize_security_group_ingress, **more) == "RulesPerSecurityGroupLimitExceeded"
    net.ec2.authorize_security_group_egress(**more)


def test_a_group_that_another_speaks_of_stays(net):
    id, other = net.group("web"), net.group("other")
    pair = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}
    net.ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=[pair])
    assert code(net.ec2.delete_security_group, GroupId=other) == "DependencyViolation"
    net.ec2.revoke_security_group_ingress(GroupId=id, IpPermissions=[pair])
    net.ec2.delete_security_group(GroupId=other)


def test_groups_by_name_are_those_of_the_default_vpc(ec2, net):
    net.group("web")
    assert code(ec2.describe_security_groups, GroupNames=["web"]) == "InvalidGroup.NotFound"
    own = ec2.create_security_group(GroupName="web", Description="d")["GroupId"]
    assert [one["GroupId"] for one in ec2.describe_security_groups(GroupNames=["web"])["SecurityGroups"]] == [own]
    ec2.authorize_security_group_ingress(GroupName="web", IpPermissions=[tcp(80, "10.0.0.0/8")])
    ec2.authorize_security_group_ingress(GroupName="web", SourceSecurityGroupName="default")
    assert len(ec2.describe_security_groups(GroupIds=[own])["SecurityGroups"][0]["IpPermissions"]) == 2
    found = ec2.get_security_groups_for_vpc(VpcId=net.vpc)["SecurityGroupForVpcs"]
    assert sorted((one["GroupName"], one["PrimaryVpcId"], one["Tags"]) for one in found) == [
        ("default", net.vpc, []), ("web", net.vpc, []),
    ]  # fmt: skip


# ---- prefix lists ----------------------------------------------------------------------------------------------------


def test_a_prefix_list_has_versions_and_users(net):
    ec2 = net.ec2
    id = ec2.create_managed_prefix_list(
        PrefixListName="offices", AddressFamily="IPv4", MaxEntries=2, Entries=[{"Cidr": "10.9.0.0/16"}]
    )["PrefixList"]["PrefixListId"]
    change = {"PrefixListId": id, "CurrentVersion": 1}
    late = {"PrefixListId": id, "CurrentVersion": 2, "AddEntries": [{"Cidr": "10.8.0.0/16"}]}
    assert code(ec2.modify_managed_prefix_list, **late) == "PrefixListVersionMismatch"
    more = [{"Cidr": f"10.{number}.0.0/16"} for number in (1, 2)]
    assert code(ec2.modify_managed_prefix_list, **change, AddEntries=more) == "PrefixListMaxEntriesExceeded"
    ec2.modify_managed_prefix_list(
        **change, AddEntries=[{"Cidr": "10.8.0.0/16", "Description": "new"}], RemoveEntries=[{"Cidr": "10.9.0.0/16"}]
    )
    (found,) = ec2.describe_managed_prefix_lists(PrefixListIds=[id])["PrefixLists"]
    assert (found["State"], found["Version"]) == ("modify-complete", 2)
    entries = lambda **given: ec2.get_managed_prefix_list_entries(PrefixListId=id, **given)["Entries"]  # noqa: E731
    assert entries() == [{"Cidr": "10.8.0.0/16", "Description": "new"}]
    assert entries(TargetVersion=1) == [{"Cidr": "10.9.0.0/16"}]
    ec2.restore_managed_prefix_list_version(PrefixListId=id, PreviousVersion=1, CurrentVersion=2)
    assert entries() == [{"Cidr": "10.9.0.0/16"}]

    group, table = net.group("web"), net.table()
    rule = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": id}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    gateway = net.gateway()
    ec2.create_route(RouteTableId=table, DestinationPrefixListId=id, GatewayId=gateway)
    users = ec2.get_managed_prefix_list_associations(PrefixListId=id)["PrefixListAssociations"]
    assert sorted(one["ResourceId"] for one in users) == sorted([group, table])
    ec2.delete_managed_prefix_list(PrefixListId=id)  # EC2 answers before it finds out
    (kept,) = ec2.describe_managed_prefix_lists(PrefixListIds=[id])["PrefixLists"]
    assert (kept["State"], kept["StateMessage"]) == (
        "delete-failed", f"The prefix list {id} is in use and cannot be deleted.",
    )  # fmt: skip
    ec2.delete_route(RouteTableId=table, DestinationPrefixListId=id)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert ec2.delete_managed_prefix_list(PrefixListId=id)["PrefixList"]["State"] == "delete-in-progress"


def test_lists_of_services_are_awss(ec2):
    lists = ec2.describe_prefix_lists()["PrefixLists"]
    assert sorted(one["PrefixListName"] for one in lists) == [
        "com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3",
    ]  # fmt: skip
    managed = ec2.describe_managed_prefix_lists(Filters=only("owner-id", "AWS"))["PrefixLists"]
    assert {one["PrefixListId"] for one in managed} == {one["PrefixListId"] for one in lists}
    assert code(ec2.delete_managed_prefix_list, PrefixListId=lists[0]["PrefixListId"]) == "OperationNotPermitted"


# ---- endpoints -------------------------------------------------------------------------------------------------------


def test_the_services_that_endpoints_lead_to(ec2):
    wanted = {"ServiceNames": ["com.amazonaws.us-east-1.s3", "com.amazonaws.us-east-1.sqs"]}
    found = ec2.describe_vpc_endpoint_services(**wanted)
    assert found["ServiceNames"] == wanted["ServiceNames"]
    types = [(one["ServiceName"][-3:], one["ServiceType"][0]["ServiceType"]) for one in found["ServiceDetails"]]
    assert sorted(types) == [(".s3", "Gateway"), (".s3", "Interface"), ("sqs", "Interface")]
    assert all(one["VpcEndpointPolicySupported"] and len(one["AvailabilityZones"]) == 6
               for one in found["ServiceDetails"])  # fmt: skip
    ids, token = [], {}
    while token is not None:
        page = ec2.describe_vpc_endpoint_services(MaxResults=10, **token)
        assert 0 < len(page["ServiceDetails"]) <= 10
        ids += [one["ServiceId"] for one in page["ServiceDetails"]]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    every = ec2.describe_vpc_endpoint_services(Filters=only("owner", "amazon"))["ServiceDetails"]
    assert sorted(ids) == sorted(one["ServiceId"] for one in every) and len(set(ids)) == len(ids) > 10
    assert code(ec2.describe_vpc_endpoint_services, ServiceNames=["com.example.s3"]) == "InvalidServiceName"


def test_endpoints_lead_to_what_this_cloud_has(net):
    ec2, here = net.ec2, {"VpcId": net.vpc}
    services = ec2.describe_vpc_endpoint_services(Filters=only("service-type", "Gateway"))["ServiceNames"]
    assert services == ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]
    prefix = "com.amazonaws.us-east-1"
    assert code(ec2.create_vpc_endpoint, **here, ServiceName=f"{prefix}.braket") == "InvalidServiceName"
    assert code(ec2.create_vpc_endpoint, **here, ServiceName=f"{prefix}.sqs") == "InvalidParameter"
    inside = {**here, "VpcEndpointType": "Interface", "ServiceName": f"{prefix}.sqs", "SubnetIds": [net.subnet]}
    assert code(ec2.create_vpc_endpoint, **inside) == "InvalidParameter"  # private names need host names
    ec2.modify_vpc_attribute(**here, EnableDnsHostnames={"Value": True})
    made = ec2.create_vpc_endpoint(**inside)["VpcEndpoint"]
    (card,) = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert (card["InterfaceType"], card["Groups"][0]["GroupName"]) == ("vpc_endpoint", "default")
    id = made["VpcEndpointId"]
    names = [one["DnsName"].removeprefix(id) for one in made["DnsEntries"]]
    assert names[0].endswith(".sqs.us-east-1.vpce.amazonaws.com") and "-us-east-1a.sqs." in names[1]
    assert names[2:] == ["sqs.us-east-1.amazonaws.com"]
    ec2.modify_vpc_endpoint(VpcEndpointId=id, PrivateDnsEnabled=False)
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[id])["VpcEndpoints"]
    assert found["DnsEntries"] == made["DnsEntries"][:2]
    group = net.group("guard")
    default = made["Groups"][0]["GroupId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=made["VpcEndpointId"], AddSecurityGroupIds=[group], RemoveSecurityGroupIds=[default]
    )
    (card,) = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert [one["GroupId"] for one in card["Groups"]] == [group]
    table = net.table()
    gateway = {**here, "ServiceName": f"{prefix}.s3", "RouteTableIds": [table]}
    second = ec2.create_vpc_endpoint(**gateway)["VpcEndpoint"]["VpcEndpointId"]
    assert code(ec2.create_vpc_endpoint, **gateway) == "RouteAlreadyExists"
    (found,) = ec2.describe_route_tables(Filters=only("route.gateway-id", second))["RouteTables"]
    assert found["RouteTableId"] == table
    policy = '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}'
    ec2.modify_vpc_endpoint(VpcEndpointId=second, PolicyDocument=policy)
    for wrong in ("{", '{"Statement": []}', policy.replace('"Principal": "*", ', ""), policy + " " * 20_480):
        change = {"VpcEndpointId": second, "PolicyDocument": wrong}
        assert code(ec2.modify_vpc_endpoint, **change) == "InvalidPolicyDocument"
        third = {**inside, "ServiceName": f"{prefix}.sns", "PolicyDocument": wrong}
        assert code(ec2.create_vpc_endpoint, **third) == "InvalidPolicyDocument"
    both = {"VpcEndpointId": second, "PolicyDocument": policy, "ResetPolicy": True}
    assert code(ec2.modify_vpc_endpoint, **both) == "InvalidParameterCombination"
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[second])["VpcEndpoints"]
    assert found["PolicyDocument"] == policy
    ec2.modify_vpc_endpoint(VpcEndpointId=second, ResetPolicy=True)
    (found,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[second])["VpcEndpoints"]
    assert '"Effect": "Allow"' in found["PolicyDocument"]
    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"], second, "vpce-12345678"])
    assert [one["ResourceId"] for one in answer["Unsuccessful"]] == ["vpce-12345678"]
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert len(found["Routes"]) == 1


# ---- peering ---------------------------------------------------------------------------------------------------------


def test_peering_with_another_account_in_another_region(net, cloud):
    far = cloud.client("ec2", key="100000000007", region="eu-west-1")
    other = far.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    asked = {"VpcId": net.vpc, "PeerVpcId": other, "PeerOwnerId": "100000000007", "PeerRegion": "eu-west-1"}
    made = net.ec2.create_vpc_peering_connection(**asked)["VpcPeeringConnection"]
    assert made["Status"]["Code"] == "initiating-request"
    named = {"VpcPeeringConnectionId": made["VpcPeeringConnectionId"]}
    ids = {"VpcPeeringConnectionIds": [named["VpcPeeringConnectionId"]]}
    (seen,) = far.describe_vpc_peering_connections(**ids)["VpcPeeringConnections"]
    assert seen["Status"] == {"Code": "pending-acceptance", "Message": "Pending Acceptance by 100000000007"}
    assert "CidrBlock" not in seen["AccepterVpcInfo"] and seen["RequesterVpcInfo"]["CidrBlock"] == "10.0.0.0/16"
    assert code(net.ec2.create_vpc_peering_connection, **asked) == "VpcPeeringConnectionAlreadyExists"
    with pytest.raises(ClientError) as caught:
        net.ec2.accept_vpc_peering_connection(**named)
    assert caught.value.response["Error"]["Message"] == (
        "Incorrect region (us-east-1) specified for this request.VPC peering connection "
        f"{made['VpcPeeringConnectionId']} must be accepted in region eu-west-1"
    )
    route = {"RouteTableId": net.table(), "DestinationCidrBlock": "10.50.0.0/16", **named}
    net.ec2.create_route(**route)
    (table,) = net.ec2.describe_route_tables(RouteTableIds=[route["RouteTableId"]])["RouteTables"]
    assert table["Routes"][1]["State"] == "blackhole", "nothing gets through before it is accepted"
    far.accept_vpc_peering_connection(**named)
    for client in (net.ec2, far):
        (seen,) = client.describe_vpc_peering_connections(**ids)["VpcPeeringConnections"]
        assert seen["Status"]["Code"] == "active" and "ExpirationTime" not in seen
        assert seen["AccepterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.50.0.0/16"}]
    assert code(far.reject_vpc_peering_connection, **named) == "InvalidStateTransition"
    (table,) = net.ec2.describe_route_tables(RouteTableIds=[route["RouteTableId"]])["RouteTables"]
    assert table["Routes"][1]["State"] == "active"
    far.delete_vpc_peering_connection(**named)
    (seen,) = net.ec2.describe_vpc_peering_connections(**ids)["VpcPeeringConnections"]
    assert seen["Status"] == {"Code": "deleted", "Message": "Deleted by 100000000007"}
    (table,) = net.ec2.describe_route_tables(Filters=only("route.state", "blackhole"))["RouteTables"]
    assert table["RouteTableId"] == route["RouteTableId"]
    far.delete_vpc(VpcId=other)


def test_peering_that_cannot_be(net):
    assert (
        code(net.ec2.create_vpc_peering_connection, VpcId=net.vpc, PeerVpcId="vpc-12345678") == "InvalidVpcID.NotFound"
    )
    same = net.ec2.create_vpc(CidrBlock="10.0.0.0/17")["Vpc"]["VpcId"]
    for peer, owner in ((same, {}), ("vpc-12345678", {"PeerOwnerId": "100000000008"})):
        made = net.ec2.create_vpc_peering_connection(VpcId=net.vpc, PeerVpcId=peer, **owner)["VpcPeeringConnection"]
        ids = [made["VpcPeeringConnectionId"]]
        (seen,) = net.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=ids)["VpcPeeringConnections"]
        assert seen["Status"]["Code"] == "failed" and "overlapping CIDR range" in seen["Status"]["Message"]


def test_rules_about_groups_of_a_peer_go_stale(net):
    ec2 = net.ec2
    other = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    theirs = ec2.create_security_group(GroupName="theirs", Description="d", VpcId=other)["GroupId"]
    mine = net.group("mine")
    rule = {**tcp(80), "UserIdGroupPairs": [{"GroupId": theirs}]}
    assert code(ec2.authorize_security_group_ingress, GroupId=mine, IpPermissions=[rule]) == "InvalidGroup.NotFound"
    made = ec2.create_vpc_peering_connection(VpcId=net.vpc, PeerVpcId=other)["VpcPeeringConnection"]
    named = {"VpcPeeringConnectionId": made["VpcPeeringConnectionId"]}
    ec2.accept_vpc_peering_connection(**named)
    assert code(ec2.delete_vpc, VpcId=other) == "DependencyViolation"
    ec2.authorize_security_group_ingress(GroupId=mine, IpPermissions=[rule])
    (reference,) = ec2.describe_security_group_references(GroupId=[theirs])["SecurityGroupReferenceSet"]
    assert reference == {"GroupId": theirs, "ReferencingVpcId": net.vpc, **named}
    assert ec2.describe_stale_security_groups(VpcId=net.vpc)["StaleSecurityGroupSet"] == []
    ec2.delete_vpc_peering_connection(**named)
    (stale,) = ec2.describe_stale_security_groups(VpcId=net.vpc)["StaleSecurityGroupSet"]
    assert stale["GroupId"] == mine and stale["StaleIpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == theirs
    ec2.revoke_security_group_ingress(GroupId=mine, IpPermissions=[rule])
    assert shown(net, mine)["IpPermissions"] == []


def test_a_connection_that_nobody_accepts_ends_after_a_week(fresh_cloud):
    ec2 = fresh_cloud.client("ec2")
    one, other = (ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (1, 2))
    ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)
    fresh_cloud.clock_advance(7 * 86_400 + 1)
    (seen,) = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert seen["Status"]["Code"] == "expired"
    fresh_cloud.clock_advance(7_200)
    assert ec2.describe_vpc_peering_connections()["VpcPeeringConnections"] == []
