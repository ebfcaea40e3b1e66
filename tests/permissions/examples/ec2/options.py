"""Calls of EC2 that succeed, and what they need: DHCP options, prefix lists, addresses and tags."""

from __future__ import annotations

from tests.permissions.example import Case, Examples, Stage
from tests.permissions.examples.ec2.made import group, interface, subnet, table, tagging, tags, vpc

EXAMPLES = Examples()

# ---- options, lists, addresses ---------------------------------------------------------------------------------------


def options(at: Stage) -> str:
    given = [{"Key": "domain-name", "Values": ["example.com"]}]
    return at.root().create_dhcp_options(DhcpConfigurations=given)["DhcpOptions"]["DhcpOptionsId"]


@EXAMPLES("CreateDhcpOptions")
def create_dhcp_options(at: Stage) -> Case:
    given = {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["example.com"]}], **tags("dhcp-options")}
    return Case(given, at.arn("dhcp-options/*"), also=tagging(at, "dhcp-options"))


@EXAMPLES("AssociateDhcpOptions")
def associate_dhcp_options(at: Stage) -> Case:
    id = options(at)
    on = [at.arn(f"dhcp-options/{id}"), at.arn(f"vpc/{vpc(at)}")]
    return Case({"DhcpOptionsId": id, "VpcId": vpc(at)}, on)


@EXAMPLES("DeleteDhcpOptions")
def delete_dhcp_options(at: Stage) -> Case:
    id = options(at)
    return Case({"DhcpOptionsId": id}, at.arn(f"dhcp-options/{id}"))


def prefix_list(at: Stage) -> str:
    made = at.root().create_managed_prefix_list(
        PrefixListName=at.name, MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "10.0.0.0/8"}]
    )
    return made["PrefixList"]["PrefixListId"]


@EXAMPLES("CreateManagedPrefixList")
def create_managed_prefix_list(at: Stage) -> Case:
    given = {"PrefixListName": at.name, "MaxEntries": 5, "AddressFamily": "IPv4", **tags("prefix-list")}
    return Case(given, at.arn("prefix-list/*"), also=tagging(at, "prefix-list"))


@EXAMPLES("GetManagedPrefixListEntries", "GetManagedPrefixListAssociations", "DeleteManagedPrefixList")
def by_list(at: Stage) -> Case:
    id = prefix_list(at)
    return Case({"PrefixListId": id}, at.arn(f"prefix-list/{id}"))


@EXAMPLES("ModifyManagedPrefixList")
def modify_managed_prefix_list(at: Stage) -> Case:
    id = prefix_list(at)
    given = {"PrefixListId": id, "CurrentVersion": 1, "AddEntries": [{"Cidr": "192.168.0.0/16"}]}
    return Case(given, at.arn(f"prefix-list/{id}"))


@EXAMPLES("RestoreManagedPrefixListVersion")
def restore_managed_prefix_list_version(at: Stage) -> Case:
    id = prefix_list(at)
    change = {"PrefixListId": id, "CurrentVersion": 1}
    at.root().modify_managed_prefix_list(**change, AddEntries=[{"Cidr": "192.168.0.0/16"}])
    given = {"PrefixListId": id, "CurrentVersion": 2, "PreviousVersion": 1}
    return Case(given, at.arn(f"prefix-list/{id}"))


@EXAMPLES("AssociateAddress", "DisassociateAddress")
def associate_address(at: Stage) -> Case:
    id, address = interface(at), at.root().allocate_address()["AllocationId"]
    given = {"NetworkInterfaceId": id, "AllocationId": address}
    on = [at.arn(f"elastic-ip/{address}"), at.arn(f"network-interface/{id}")]
    if at.operation == "DisassociateAddress":
        given = {"AssociationId": at.root().associate_address(**given)["AssociationId"]}
    return Case(given, on)


@EXAMPLES("GetSecurityGroupsForVpc")
def get_security_groups_for_vpc(at: Stage) -> Case:
    return Case({"VpcId": vpc(at)}, at.arn(f"vpc/{vpc(at)}"))


@EXAMPLES("DescribeStaleSecurityGroups")
def describe_stale_security_groups(at: Stage) -> Case:
    return Case({"VpcId": vpc(at)})


@EXAMPLES("DescribeSecurityGroupReferences")
def describe_security_group_references(at: Stage) -> Case:
    id = group(at)
    return Case({"GroupId": [id]}, at.arn(f"security-group/{id}"))


# ---- tags ------------------------------------------------------------------------------------------------------------


@EXAMPLES("CreateTags", "DeleteTags")
def tag(at: Stage) -> Case:
    id, where = table(at), subnet(at)
    given = {"Resources": [id, where], "Tags": [{"Key": "team", "Value": "red"}]}
    return Case(given, [at.arn(f"route-table/{id}"), at.arn(f"subnet/{where}")])
