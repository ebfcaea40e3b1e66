"""Access keys and passwords."""

from __future__ import annotations

from typing import Any

from cloudarium.gateway.call import Call
from cloudarium.gateway.operation import operation
from cloudarium.services.iam import errors, resources, rules
from cloudarium.services.iam.operations import shapes
from cloudarium.services.iam.records import credentials
from cloudarium.services.iam.records.credentials import AccessKey, LoginProfile
from cloudarium.shared import ids

_REMEMBERED_PASSWORDS = 24  # the most that a password policy may forbid to reuse


# ---- access keys ----------------------------------------------------------------------------------------------------


@operation("CreateAccessKey", on=resources.user)
def create_access_key(call: Call) -> dict[str, Any]:
    """Make an access key, at most two for a user; only here is its secret answered."""
    user = shapes.the(call, "user", shapes.user_name(call))
    if len(credentials.access_keys(call.store, call.account, user.name)) >= rules.ACCESS_KEYS:
        raise errors.LimitExceeded.quota("AccessKeysPerUser", rules.ACCESS_KEYS)
    key = AccessKey("AKIA" + ids.upper(16), call.account, user.name, ids.secret(40), "Active", call.now)
    credentials.put_access_key(call.store, key)
    return {"AccessKey": {**_metadata(key), "SecretAccessKey": key.secret}}


@operation("ListAccessKeys", on=resources.user)
def list_access_keys(call: Call) -> dict[str, Any]:
    """A user's access keys, without secrets."""
    user = shapes.the(call, "user", shapes.user_name(call))
    found = credentials.access_keys(call.store, call.account, user.name)
    chosen, more = rules.page(call.input, found, lambda key: [key.created, key.id])
    return {"AccessKeyMetadata": [_metadata(key) for key in chosen], **more}


@operation("UpdateAccessKey", on=resources.user)
def update_access_key(call: Call) -> dict[str, Any]:
    """Switch an access key on or off."""
    if call.input["Status"] == "Expired":
        raise errors.InvalidInput("Status Expired cannot be set by a request.")
    key = _the_key(call)
    credentials.put_access_key(call.store, key._replace(status=call.input["Status"]))
    return {}


@operation("DeleteAccessKey", on=resources.user)
def delete_access_key(call: Call) -> dict[str, Any]:
    """Delete an access key: what it signs from now on is refused."""
    credentials.remove_access_key(call.store, _the_key(call))
    return {}


@operation("GetAccessKeyLastUsed", on=resources.owner_of_key)
def get_access_key_last_used(call: Call) -> dict[str, Any]:
    """When, where and for which service an access key last signed a call, in the last 400 days."""
    name = call.input["AccessKeyId"]
    key = credentials.access_key(call.store, name)
    if key is None or key.account != call.account:
        raise errors.HiddenAccessKey(call.principal.arn, name)
    used = call.cloud.journal.last_of_key(key.id)
    last: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if used is not None and used.started >= call.now - rules.TRACKED_SECONDS:
        last = {"LastUsedDate": used.started, "ServiceName": used.service, "Region": used.region}
    return {"UserName": key.user, "AccessKeyLastUsed": last}


def _the_key(call: Call) -> AccessKey:
    user = shapes.the(call, "user", shapes.user_name(call))
    key = credentials.access_key(call.store, call.input["AccessKeyId"])
    if key is None or key.account != call.account or key.user != user.name:
        raise errors.NoSuchEntity.access_key(call.input["AccessKeyId"])
    return key


def _metadata(key: AccessKey) -> dict[str, Any]:
    return {"UserName": key.user, "AccessKeyId": key.id, "Status": key.status, "CreateDate": key.created}


# ---- passwords ------------------------------------------------------------------------------------------------------


@operation("CreateLoginProfile", on=resources.user)
def create_login_profile(call: Call) -> dict[str, Any]:
    """Give a user a password for the console."""
    user = shapes.the(call, "user", shapes.user_name(call))
    if credentials.login_profile(call.store, call.account, user.name) is not None:
        raise errors.EntityAlreadyExists(f"Login Profile for user {user.name} already exists.")
    if "Password" not in call.input:
        raise errors.ValidationError("Password is required to create a login profile")
    password = call.input["Password"]
    rules.check_password(password, user.name, credentials.password_policy(call.store, call.account))
    reset = call.input.get("PasswordResetRequired", False)
    profile = LoginProfile(call.account, user.name, rules.hashed(password), [], reset, call.now)
    credentials.put_login_profile(call.store, profile)
    return {"LoginProfile": _profile(profile)}


@operation("GetLoginProfile", on=resources.user)
def get_login_profile(call: Call) -> dict[str, Any]:
    """Whether and since when a user has a password."""
    return {"LoginProfile": _profile(_the_profile(call, shapes.user_name(call)))}


@operation("UpdateLoginProfile", on=resources.user)
def update_login_profile(call: Call) -> dict[str, Any]:
    """Change a user's password, or whether he must choose another at once."""
    profile = _the_profile(call, call.input["UserName"])
    profile = profile._replace(reset_required=call.input.get("PasswordResetRequired", profile.reset_required))
    if "Password" in call.input:
        profile = _with_password(call, profile, call.input["Password"])
    credentials.put_login_profile(call.store, profile)
    return {}


@operation("DeleteLoginProfile", on=resources.user)
def delete_login_profile(call: Call) -> dict[str, Any]:
    """Take a user's password away."""
    user = shapes.the(call, "user", shapes.user_name(call))
    if not credentials.remove_login_profile(call.store, call.account, user.name):
        raise errors.NoSuchEntity.login_profile(user.name)
    return {}


@operation("ChangePassword", on=resources.user)
def change_password(call: Call) -> dict[str, Any]:
    """Change the caller's own password."""
    if call.principal.kind != "user":
        raise errors.InvalidUserType("Only IAM Users can change their own password")
    profile = credentials.login_profile(call.store, call.account, call.principal.name)
    if profile is None:
        raise errors.NoSuchEntity.login_profile(call.principal.name)
    if not rules.same_password(call.input["OldPassword"], profile.password):
        raise errors.InvalidInput("The old password was incorrect.")
    profile = _with_password(call, profile, call.input["NewPassword"])
    credentials.put_login_profile(call.store, profile._replace(reset_required=False))
    return {}


def _the_profile(call: Call, name: str) -> LoginProfile:
    user = shapes.the(call, "user", name)
    profile = credentials.login_profile(call.store, call.account, user.name)
    if profile is None:
        raise errors.NoSuchEntity.login_profile(user.name)
    return profile


def _with_password(call: Call, profile: LoginProfile, password: str) -> LoginProfile:
    policy = credentials.password_policy(call.store, call.account)
    rules.check_password(password, profile.user, policy)
    earlier = [profile.password, *profile.previous][:_REMEMBERED_PASSWORDS]
    rules.check_not_reused(password, earlier, policy)
    return profile._replace(password=rules.hashed(password), previous=earlier)


def _profile(profile: LoginProfile) -> dict[str, Any]:
    return {
        "UserName": profile.user,
        "CreateDate": profile.created,
        "PasswordResetRequired": profile.reset_required,
    }
