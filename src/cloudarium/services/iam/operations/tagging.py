"""Tags of users, roles, policies and instance profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import resources, rules
from cloudarium.services.iam.operations import oidc, shapes


def _tag(call: Call, arn: str, caseless: bool = False) -> dict[str, Any]:
    present = call.tags.of(arn)
    given = rules.new_tags(call.input["Tags"], present, caseless)
    if caseless:  # writing department takes the place of Department
        lowered = {key.lower() for key in given}
        call.tags.remove(arn, [key for key in present if key.lower() in lowered and key not in given])
    call.tags.put(arn, given)
    call.store.changed("identity")
    return {}


def _untag(call: Call, arn: str) -> dict[str, Any]:
    call.tags.remove(arn, call.input["TagKeys"])
    call.store.changed("identity")
    return {}


def _by_key(tag: dict[str, str]) -> list[Any]:
    return [tag["Key"]]


def _by_length(tag: dict[str, str]) -> list[Any]:
    return [len(tag["Key"]), tag["Key"]]


def _list(call: Call, arn: str, order: Callable[[dict[str, str]], list[Any]] = _by_key) -> dict[str, Any]:
    chosen, more = rules.page(call.input, sorted(shapes.tags_of(call, arn), key=order), order)
    return {"Tags": chosen, **more}


def _user(call: Call) -> str:
    return shapes.the(call, "user", call.input["UserName"]).arn


def _role(call: Call) -> str:
    return shapes.the(call, "role", call.input["RoleName"]).arn


def _profile(call: Call) -> str:
    return shapes.the(call, "instance-profile", call.input["InstanceProfileName"]).arn


@operation("TagUser", on=resources.user)
def tag_user(call: Call) -> dict[str, Any]:
    """Add tags to a user."""
    return _tag(call, _user(call), caseless=True)


@operation("UntagUser", on=resources.user)
def untag_user(call: Call) -> dict[str, Any]:
    """Take tags from a user."""
    return _untag(call, _user(call))


@operation("ListUserTags", on=resources.user)
def list_user_tags(call: Call) -> dict[str, Any]:
    """The tags of a user, by key."""
    return _list(call, _user(call))


@operation("TagRole", on=resources.role)
def tag_role(call: Call) -> dict[str, Any]:
    """Add tags to a role."""
    return _tag(call, _role(call), caseless=True)


@operation("UntagRole", on=resources.role)
def untag_role(call: Call) -> dict[str, Any]:
    """Take tags from a role."""
    return _untag(call, _role(call))


@operation("ListRoleTags", on=resources.role)
def list_role_tags(call: Call) -> dict[str, Any]:
    """The tags of a role, by key."""
    return _list(call, _role(call))


@operation("TagPolicy", on=resources.policy)
def tag_policy(call: Call) -> dict[str, Any]:
    """Add tags to a managed policy."""
    return _tag(call, shapes.own_policy(call, call.input["PolicyArn"]).arn)


@operation("UntagPolicy", on=resources.policy)
def untag_policy(call: Call) -> dict[str, Any]:
    """Take tags from a managed policy."""
    return _untag(call, shapes.own_policy(call, call.input["PolicyArn"]).arn)


@operation("ListPolicyTags", on=resources.policy)
def list_policy_tags(call: Call) -> dict[str, Any]:
    """The tags of a managed policy, which AWS lists short keys first."""
    return _list(call, shapes.the_policy(call, call.input["PolicyArn"]).arn, _by_length)


@operation("TagInstanceProfile", on=resources.profile)
def tag_instance_profile(call: Call) -> dict[str, Any]:
    """Add tags to an instance profile."""
    return _tag(call, _profile(call))


@operation("UntagInstanceProfile", on=resources.profile)
def untag_instance_profile(call: Call) -> dict[str, Any]:
    """Take tags from an instance profile."""
    return _untag(call, _profile(call))


@operation("ListInstanceProfileTags", on=resources.profile)
def list_instance_profile_tags(call: Call) -> dict[str, Any]:
    """The tags of an instance profile, by key."""
    return _list(call, _profile(call))


@operation("TagOpenIDConnectProvider", on=resources.oidc_provider)
def tag_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """Add tags to an OpenID Connect provider."""
    return _tag(call, oidc.the_provider(call).arn)


@operation("UntagOpenIDConnectProvider", on=resources.oidc_provider)
def untag_open_id_connect_provider(call: Call) -> dict[str, Any]:
    """Take tags from an OpenID Connect provider."""
    return _untag(call, oidc.the_provider(call).arn)


@operation("ListOpenIDConnectProviderTags", on=resources.oidc_provider)
def list_open_id_connect_provider_tags(call: Call) -> dict[str, Any]:
    """The tags of an OpenID Connect provider, by key."""
    return _list(call, oidc.the_provider(call).arn)
