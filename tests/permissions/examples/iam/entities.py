"""Users, groups, roles, instance profiles, service-linked roles."""

from __future__ import annotations

from typing import Any

from tests.permissions.example import Also, Case, Example, Examples, Stage
from tests.permissions.examples.iam.made import NAMES, NOUNS, READ_ONLY, TAGS, TRUST, arn_of, make, named, said

EXAMPLES = Examples()

PASSED = "AddRoleToInstanceProfile API reference: the caller must be granted PassRole on the role."
TAGGED = "IAM user guide, Tags for IAM resources: who creates with tags needs the permission to tag as well."


def created(kind: str, **more: Any) -> Example:
    """The example of a call that makes an entity, with tags where it can have any."""

    def ready(at: Stage) -> Case:
        arn = at.arn(f"{kind}/eng/{at.name}", region="")
        given = {NAMES[kind]: at.name, "Path": "/eng/", **more}
        if kind == "group":
            return Case(given, arn)
        return Case({**given, "Tags": TAGS}, arn, also=[Also(f"iam:Tag{NOUNS[kind]}", arn, TAGGED)])

    return ready


for _kind, _noun in NOUNS.items():
    EXAMPLES.add(f"Create{_noun}", created(_kind, **({"AssumeRolePolicyDocument": TRUST} if _kind == "role" else {})))
    EXAMPLES.add(f"Get{_noun}", named(_kind))
    EXAMPLES.add(f"Delete{_noun}", named(_kind))

EXAMPLES.add("UpdateRole", named("role", Description="x"))
EXAMPLES.add("UpdateRoleDescription", named("role", Description="x"))
EXAMPLES.add("UpdateAssumeRolePolicy", named("role", PolicyDocument=TRUST))
EXAMPLES.add("ListGroupsForUser", named("user"))
EXAMPLES.add("ListInstanceProfilesForRole", named("role"))


def renamed(kind: str) -> Example:
    """The example of a call that gives an entity a new name: it must be allowed on the old and the new one."""

    def ready(at: Stage) -> Case:
        new = f"new-{at.name}"
        both = [make(at, kind), arn_of(at, kind, new)]
        either = said(at, kind, f"*{at.name}")
        return Case({NAMES[kind]: at.name, f"New{NAMES[kind]}": new}, both, said=either)

    return ready


EXAMPLES.add("UpdateUser", renamed("user"))
EXAMPLES.add("UpdateGroup", renamed("group"))


# ---- who is in what --------------------------------------------------------------------------------------------------


@EXAMPLES("AddUserToGroup")
def add_user_to_group(at: Stage) -> Case:
    """Asked on the group alone."""
    make(at, "user")
    return Case({"GroupName": at.name, "UserName": at.name}, make(at, "group"), said=said(at, "group"))


@EXAMPLES("RemoveUserFromGroup")
def remove_user_from_group(at: Stage) -> Case:
    ready = add_user_to_group(at)
    at.root().add_user_to_group(**ready.input)
    return ready


@EXAMPLES("AddRoleToInstanceProfile")
def add_role_to_instance_profile(at: Stage) -> Case:
    passed = Also("iam:PassRole", make(at, "role"), PASSED)
    profile, names = make(at, "instance-profile"), {"InstanceProfileName": at.name, "RoleName": at.name}
    return Case(names, profile, also=[passed], said=said(at, "instance-profile"))


@EXAMPLES("RemoveRoleFromInstanceProfile")
def remove_role_from_instance_profile(at: Stage) -> Case:
    ready = add_role_to_instance_profile(at)
    at.root().add_role_to_instance_profile(**ready.input)
    return Case(ready.input, ready.on, said=ready.said)


# ---- boundaries ------------------------------------------------------------------------------------------------------

for _kind in ("user", "role"):
    _noun = NOUNS[_kind]
    EXAMPLES.add(f"Put{_noun}PermissionsBoundary", named(_kind, PermissionsBoundary=READ_ONLY))
    _bound = (f"put_{_kind}_permissions_boundary", {"PermissionsBoundary": READ_ONLY})
    EXAMPLES.add(f"Delete{_noun}PermissionsBoundary", named(_kind, [_bound]))


# ---- service-linked roles --------------------------------------------------------------------------------------------


@EXAMPLES("CreateServiceLinkedRole")
def create_service_linked_role(at: Stage) -> Case:
    """AWS knows the name that the service will give its role: it stands in the denial."""
    service = "elasticache.amazonaws.com"
    role = at.arn(f"role/aws-service-role/{service}/AWSServiceRoleForElastiCache", region="")
    return Case({"AWSServiceName": service}, role)


def linked_role(at: Stage) -> Any:
    """A new service-linked role."""
    given = {"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": at.operation[:3]}
    return at.root().create_service_linked_role(**given)["Role"]


@EXAMPLES("DeleteServiceLinkedRole")
def delete_service_linked_role(at: Stage) -> Case:
    role = linked_role(at)
    return Case({"RoleName": role["RoleName"]}, role["Arn"], said=said(at, "role", role["RoleName"]))


@EXAMPLES("GetServiceLinkedRoleDeletionStatus")
def get_service_linked_role_deletion_status(at: Stage) -> Case:
    """The role is gone, and is still what is asked on."""
    role = linked_role(at)
    task = at.root().delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    return Case({"DeletionTaskId": task}, role["Arn"])
