"""Access keys, passwords."""

from __future__ import annotations

from tests.permissions.example import Case, Examples, Stage
from tests.permissions.examples.iam.made import make, named, said

EXAMPLES = Examples()

PASSWORD = "Ab3!defghij"


EXAMPLES.add("CreateAccessKey", named("user"))
EXAMPLES.add("ListAccessKeys", named("user"))


def key(at: Stage) -> Case:
    """A new user with an access key, and the call that names both."""
    arn = make(at, "user")
    made = at.root().create_access_key(UserName=at.name)["AccessKey"]
    return Case({"UserName": at.name, "AccessKeyId": made["AccessKeyId"]}, arn, said=said(at, "user"))


EXAMPLES.add("DeleteAccessKey", key)


@EXAMPLES("UpdateAccessKey")
def update_access_key(at: Stage) -> Case:
    ready = key(at)
    return Case({**ready.input, "Status": "Inactive"}, ready.on, said=ready.said)


@EXAMPLES("GetAccessKeyLastUsed")
def get_access_key_last_used(at: Stage) -> Case:
    """Asked on the user whose key it is."""
    ready = key(at)
    return Case({"AccessKeyId": ready.input["AccessKeyId"]}, ready.on)


_PROFILE = ("create_login_profile", {"Password": PASSWORD})
EXAMPLES.add("CreateLoginProfile", named("user", Password=PASSWORD))
EXAMPLES.add("GetLoginProfile", named("user", [_PROFILE]))
EXAMPLES.add("UpdateLoginProfile", named("user", [_PROFILE], Password=f"{PASSWORD}k"))
EXAMPLES.add("DeleteLoginProfile", named("user", [_PROFILE]))


@EXAMPLES("ChangePassword")
def change_password(at: Stage) -> Case:
    """One's own password, so it is asked on oneself."""
    at.root().create_login_profile(UserName=at.user, Password=PASSWORD)
    given = {"OldPassword": PASSWORD, "NewPassword": f"{PASSWORD}k"}
    return Case(given, at.user_arn, said=said(at, "user", at.user))
