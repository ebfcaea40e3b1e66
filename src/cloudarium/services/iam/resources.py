"""IAM's ARNs: what a call touches, the trust policy of a role, and IAM's own condition keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import Need
from cloudarium.policy import principals
from cloudarium.services.iam import rules
from cloudarium.services.iam.records import credentials, entities
from cloudarium.shared import arn as arns

# Whoever becomes a role must be let in by its trust policy, even inside its own account.
POLICY_REQUIRED = frozenset(
    (
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:SetSourceIdentity",
        "sts:TagSession",
    )
)

POLICY_KIND = "trust"

POLICY_TOPIC = "identity"

TAG_KEYS = ("iam:ResourceTag",)

_HOME_REGION = "us-east-1"  # wherever the request comes from

_MEMBERS = {"user": "UserName", "group": "GroupName", "role": "RoleName", "instance-profile": "InstanceProfileName"}
_TAGGING = {"user": "iam:TagUser", "role": "iam:TagRole", "instance-profile": "iam:TagInstanceProfile", "group": ""}


def _named(kind: str) -> Callable[[Call], str]:
    """What a call touches that names an existing entity: its ARN, with its path when it exists."""

    def on(call: Call) -> str:
        name = call.input.get(_MEMBERS[kind])
        if not isinstance(name, str) or not name:
            name = call.principal.name if kind == "user" and call.principal.kind == "user" else "*"
        found = entities.find(call.store, call.account, kind, name)
        return found.arn if found is not None else f"arn:aws:iam::{call.account}:{kind}/{name}"

    return on


def _made(kind: str) -> Callable[[Call], list[str | Need]]:
    """What a call touches that makes an entity: the ARN that it will have; tags need the permission to tag."""

    def on(call: Call) -> list[str | Need]:
        path = call.input.get("Path") or "/"
        arn = f"arn:aws:iam::{call.account}:{kind}{path}{call.input.get(_MEMBERS[kind], '')}"
        return _and_tags(call, arn, _TAGGING[kind])

    return on


def _and_tags(call: Call, arn: str, action: str) -> list[str | Need]:
    return [arn, Need(action, arn)] if call.input.get("Tags") else [arn]


def _renamed(kind: str) -> Callable[[Call], list[str]]:
    """What a call touches that gives an entity a new name or path: the old one and the new one."""

    def on(call: Call) -> list[str]:
        old = _named(kind)(call)
        name, path = call.input.get(f"New{_MEMBERS[kind]}"), call.input.get("NewPath")
        if not name and not path:
            return [old]
        before, _, own = old.removeprefix(f"arn:aws:iam::{call.account}:{kind}").rpartition("/")
        new = f"arn:aws:iam::{call.account}:{kind}{path or f'{before}/'}{name or own}"
        return [old] if new == old else [old, new]

    return on


def _listed(kind: str) -> Callable[[Call], str]:
    """What a call touches that lists entities: the path under which it looks."""

    def on(call: Call) -> str:
        return f"arn:aws:iam::{call.account}:{kind}{call.input.get('PathPrefix') or '/'}"

    return on


user, group, role, profile = _named("user"), _named("group"), _named("role"), _named("instance-profile")
new_user, new_group, new_role, new_profile = _made("user"), _made("group"), _made("role"), _made("instance-profile")
renamed_user, renamed_group = _renamed("user"), _renamed("group")
users, groups, roles, profiles = _listed("user"), _listed("group"), _listed("role"), _listed("instance-profile")


def oidc_provider(call: Call) -> str:
    """The OpenID Connect provider that a call names by ARN."""
    return call.input.get("OpenIDConnectProviderArn") or f"arn:aws:iam::{call.account}:oidc-provider/*"


def new_oidc_provider(call: Call) -> list[str | Need]:
    """The OpenID Connect provider that a call makes."""
    arn = f"arn:aws:iam::{call.account}:oidc-provider/{str(call.input.get('Url', '')).removeprefix('https://')}"
    return _and_tags(call, arn, "iam:TagOpenIDConnectProvider")


def new_linked_role(call: Call) -> str:
    """The service-linked role that a call makes, by the name that the service will give it."""
    service = str(call.input.get("AWSServiceName", "*"))
    name = rules.linked_name(service, str(call.input.get("CustomSuffix") or "")) or "*"
    return f"arn:aws:iam::{call.account}:role{rules.LINKED_PATH}{service}/{name}"


def deleted_linked_role(call: Call) -> str:
    """The service-linked role that a deletion task was about."""
    place = str(call.input.get("DeletionTaskId", "")).removeprefix("task/").rpartition("/")[0]
    return f"arn:aws:iam::{call.account}:role/{place or '*'}"


def simulated(call: Call) -> str:
    """The user, group or role whose policies a simulation asks."""
    return call.input.get("PolicySourceArn") or f"arn:aws:iam::{call.account}:user/*"


def owner_of_key(call: Call) -> str:
    """The user whose access key a call names."""
    key = credentials.access_key(call.store, str(call.input.get("AccessKeyId", "")))
    found = None
    if key is not None and key.account == call.account:
        found = entities.find(call.store, call.account, "user", key.user)
    return found.arn if found is not None else f"arn:aws:iam::{call.account}:user/*"


def policy(call: Call) -> str:
    """The managed policy that a call names by ARN."""
    return call.input.get("PolicyArn") or f"arn:aws:iam::{call.account}:policy/*"


def new_policy(call: Call) -> list[str | Need]:
    """The managed policy that a call makes."""
    path = call.input.get("Path") or "/"
    arn = f"arn:aws:iam::{call.account}:policy{path}{call.input.get('PolicyName', '')}"
    return _and_tags(call, arn, "iam:TagPolicy")


def policies(call: Call) -> str:
    """What a listing of managed policies is checked against."""
    return "*"


def profile_and_passed_role(call: Call) -> list[Need]:
    """The instance profile that gets a role: giving a role to instances is also passing it."""
    adding = Need("iam:AddRoleToInstanceProfile", profile(call))
    return [adding, Need("iam:PassRole", role(call), {"iam:PassedToService": "ec2.amazonaws.com"})]


_SAID_BY_ARN = re.compile("[Tt]ag|Boundary|PassRole")
_BY_NAME: dict[Any, str] = {
    user: "user",
    renamed_user: "user",
    group: "group",
    renamed_group: "group",
    role: "role",
    profile: "instance profile",
    profile_and_passed_role: "instance profile",
}


def said(call: Call, action: str, resource: str) -> str | None:
    """How a denial names what the call touches: by kind and name; where AWS says the ARN, as in its newer calls, None.

    Those are the calls on tags, boundaries and simulations, the ones that make or list entities, and iam:PassRole.
    """
    on = call.handler.on if call.handler is not None else None
    if on is new_policy:
        return f"policy {call.input.get('PolicyName', '')}"
    if on is policies:
        return f"policy path {call.input.get('PathPrefix') or '/'}"
    if _SAID_BY_ARN.search(action):
        return None
    if on is policy:
        return f"policy {resource}"
    return f"{_BY_NAME[on]} {resource.rsplit('/', 1)[-1]}" if on in _BY_NAME else None


def owner(call: Call, resource: str) -> str | None:
    """The account that owns a resource: AWS-managed policies are read as if they were the caller's own."""
    arn = arns.parse(resource)
    return call.account if arn is not None and arn.account == "aws" else None


def entity(call: Call, resource: str) -> entities.Entity | None:
    """The entity with this ARN, in whatever account."""
    return find_arn(call.store, resource)


def find_arn(store: Any, resource: str) -> entities.Entity | None:
    """The entity with this ARN, None when there is none or the path is not its own."""
    arn = arns.parse(resource)
    if arn is None or arn.service != "iam":
        return None
    kind, _, rest = arn.resource.partition("/")
    found = entities.find(store, arn.account, kind, rest.rsplit("/", 1)[-1])
    return found if found is not None and found.arn == resource else None


def resource_policy(call: Call, arn: str) -> str | None:
    """The trust policy of a role: it is the role's resource policy."""
    found = entity(call, arn) if ":role/" in arn else None
    return found.trust if found is not None else None


def rename_principal(store: Any, old: str, new: str) -> None:
    """Have the trust policies that name the principal `old` name it `new`."""
    for role in entities.trusting(store, old.split(":")[4]):
        trust = principals.renamed(role.trust, old, new)
        if trust != role.trust:
            entities.change(store, role, role._replace(trust=trust))


def conditions(call: Call) -> dict[str, Any]:
    """IAM's own condition keys: iam:PolicyARN, iam:PermissionsBoundary, iam:AWSServiceName; IAM is in one region."""
    found: dict[str, Any] = {"aws:RequestedRegion": _HOME_REGION}
    given = call.input
    if given.get("PolicyArn"):
        found["iam:PolicyARN"] = given["PolicyArn"]
    target = _target(call)
    if given.get("AWSServiceName"):
        found["iam:AWSServiceName"] = given["AWSServiceName"]
    boundary = given.get("PermissionsBoundary") or (target.boundary if target is not None else "")
    if boundary:
        found["iam:PermissionsBoundary"] = boundary
    return found


def _target(call: Call) -> entities.Entity | None:
    for kind, member in _MEMBERS.items():
        name = call.input.get(member)
        if isinstance(name, str):
            return entities.find(call.store, call.account, kind, name)
    return None
