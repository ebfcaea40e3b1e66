"""Access keys, passwords, the account's alias, password policy and summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import allow, policy, refused

Client = Callable[..., Any]


@pytest.fixture
def iam(client: Client) -> Any:
    iam = client("iam")
    iam.create_user(UserName="bob")
    return iam


def test_access_keys(iam: Any, client: Client, account: str) -> None:
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA")
    assert (len(key["AccessKeyId"]), len(key["SecretAccessKey"])) == (20, 40)
    bob = client("sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    assert bob.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:user/bob"
    with refused("SignatureDoesNotMatch"):
        client("sts", key=key["AccessKeyId"], secret="wrong").get_caller_identity()
    iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with refused("InvalidClientTokenId"):
        bob.get_caller_identity()
    iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Active")
    bob.get_caller_identity()
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    with refused("InvalidClientTokenId"):
        bob.get_caller_identity()


def test_two_access_keys_at_most(iam: Any) -> None:
    keys = [iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    with refused("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"):
        iam.create_access_key(UserName="bob")
    found = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert {one["AccessKeyId"] for one in found} == set(keys)
    assert "SecretAccessKey" not in found[0]
    iam.create_user(UserName="eve")
    with refused("NoSuchEntity", f"The Access Key with id {keys[0]} cannot be found."):
        iam.delete_access_key(UserName="eve", AccessKeyId=keys[0])


def test_the_root_has_no_keys_to_make(iam: Any) -> None:
    with refused("NotImplemented"):
        iam.create_access_key()


def test_a_user_serves_himself(client: Client, iam_user: Any) -> None:
    me = iam_user({"Version": "2012-10-17", "Statement": [allow(["iam:*"])]})("iam")
    assert me.get_user()["User"]["UserName"] == "someone"
    assert len(me.list_access_keys()["AccessKeyMetadata"]) == 1
    assert me.create_access_key()["AccessKey"]["UserName"] == "someone"


def test_passwords(iam: Any) -> None:
    with refused("PasswordPolicyViolation") as refusal:
        iam.create_login_profile(UserName="bob", Password="short")
    assert refusal.status == 400
    made = iam.create_login_profile(UserName="bob", Password="Secret-Word-1", PasswordResetRequired=True)
    assert made["LoginProfile"]["PasswordResetRequired"]
    with refused("EntityAlreadyExists", "Login Profile for user bob already exists."):
        iam.create_login_profile(UserName="bob", Password="Secret-Word-2")
    iam.update_login_profile(UserName="bob", Password="Secret-Word-2", PasswordResetRequired=False)
    assert not iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"]
    iam.delete_login_profile(UserName="bob")
    with refused("NoSuchEntity", "Login Profile for User bob cannot be found."):
        iam.get_login_profile(UserName="bob")


def test_a_user_changes_his_password(iam: Any, client: Client) -> None:
    iam.create_login_profile(UserName="bob", Password="Secret-Word-1")
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(allow("iam:ChangePassword")))
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = client("iam", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    with refused("InvalidInput"):
        bob.change_password(OldPassword="Wrong-Word-1", NewPassword="Secret-Word-2")
    bob.change_password(OldPassword="Secret-Word-1", NewPassword="Secret-Word-2")
    bob.change_password(OldPassword="Secret-Word-2", NewPassword="Secret-Word-3")
    with refused("InvalidUserType"):
        iam.change_password(OldPassword="Secret-Word-3", NewPassword="Secret-Word-4")


def test_the_password_policy(iam: Any) -> None:
    with refused("NoSuchEntity"):
        iam.get_account_password_policy()
    iam.update_account_password_policy(MinimumPasswordLength=12, RequireNumbers=True, PasswordReusePrevention=2)
    found = iam.get_account_password_policy()["PasswordPolicy"]
    assert (found["MinimumPasswordLength"], found["RequireNumbers"], found["RequireSymbols"]) == (12, True, False)
    assert found["ExpirePasswords"] is False
    with refused("PasswordPolicyViolation", "Password should have a minimum length of 12"):
        iam.create_login_profile(UserName="bob", Password="short1")
    with refused("PasswordPolicyViolation", "Password should have at least one number"):
        iam.create_login_profile(UserName="bob", Password="longenoughword")
    iam.create_login_profile(UserName="bob", Password="longenoughword1")
    with refused("PasswordPolicyViolation", "Password should not be reused"):
        iam.update_login_profile(UserName="bob", Password="longenoughword1")
    iam.delete_account_password_policy()
    with refused("NoSuchEntity"):
        iam.delete_account_password_policy()


def test_the_alias(iam: Any, client: Client, account: str) -> None:
    alias = f"alias-{account}"
    iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [alias]
    with refused("EntityAlreadyExists"):
        client("iam", key="888888888888").create_account_alias(AccountAlias=alias)
    with refused("NoSuchEntity"):
        iam.delete_account_alias(AccountAlias="another")
    iam.delete_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_the_summary(iam: Any) -> None:
    iam.create_policy(PolicyName="p", PolicyDocument=policy())
    found = iam.get_account_summary()["SummaryMap"]
    assert (found["Users"], found["Policies"], found["AccessKeysPerUserQuota"]) == (1, 1, 2)


def test_credentials_survive_a_crash(fresh_cloud: Any) -> None:
    iam = fresh_cloud.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    fresh_cloud.restart()
    bob = fresh_cloud.client("sts", key=key["AccessKeyId"], secret=key["SecretAccessKey"])
    assert bob.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/bob"
