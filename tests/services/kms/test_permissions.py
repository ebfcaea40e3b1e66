"""Who may use a key: its policy, grants, and IAM only where the policy leaves it to the account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.kms.conftest import refused

USE = ["kms:Encrypt", "kms:Decrypt"]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def iam(action: Any, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}],
    }


def denied(call: Any, **given: Any) -> str:
    return refused("AccessDeniedException", call, **given)


@pytest.fixture
def root(account: str) -> dict[str, str]:
    """The account as a principal."""
    return {"AWS": f"arn:aws:iam::{account}:root"}


@pytest.fixture
def user_arn(account: str) -> str:
    """The ARN of the user that `iam_user` makes."""
    return f"arn:aws:iam::{account}:user/someone"


# ---- The key policy --------------------------------------------------------------------------------------------------


def test_the_default_policy_leaves_it_to_iam(kms, key, iam_user, account):
    id = key()
    found = kms.get_key_policy(KeyId=id)
    assert found["PolicyName"] == "default" and json.loads(found["Policy"])["Id"] == "key-default-1"
    assert kms.list_key_policies(KeyId=id)["PolicyNames"] == ["default"]
    user = iam_user(iam("kms:Encrypt"))("kms")
    user.encrypt(KeyId=id, Plaintext=b"x")
    says = denied(user.describe_key, KeyId=id)
    on = f"kms:DescribeKey on resource: arn:aws:kms:us-east-1:{account}:key/{id}"
    assert f"{on} because no identity-based policy allows" in says


def test_iam_does_not_count_where_the_policy_does_not_delegate(kms, iam_user, user_arn, account):
    user = iam_user(iam("kms:*"))("kms")
    policy = document(allow({"AWS": user_arn}, ["kms:PutKeyPolicy", "kms:GetKeyPolicy"]))
    made = user.create_key(Policy=policy)["KeyMetadata"]
    says = denied(user.encrypt, KeyId=made["KeyId"], Plaintext=b"x")
    assert says.endswith("because no resource-based policy allows the kms:Encrypt action")
    denied(kms.describe_key, KeyId=made["KeyId"])  # not even the root: AWS's own rule
    assert user.get_key_policy(KeyId=made["KeyId"])["Policy"] == policy
    user.put_key_policy(KeyId=made["KeyId"], Policy=document(allow({"AWS": f"arn:aws:iam::{account}:root"})))
    kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")


def test_a_policy_that_names_a_user_is_enough(kms, key, iam_user, user_arn, root):
    user = iam_user()("kms")
    id = key(Policy=document(allow(root), allow({"AWS": user_arn}, USE)))
    blob = user.encrypt(KeyId=id, Plaintext=b"x")["CiphertextBlob"]
    assert user.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    denied(user.disable_key, KeyId=id)
    deny = {**allow({"AWS": user_arn}, "kms:Decrypt"), "Effect": "Deny"}
    kms.put_key_policy(KeyId=id, Policy=document(allow(root), allow({"AWS": user_arn}, USE), deny))
    assert "explicit deny in a resource-based policy" in denied(user.decrypt, CiphertextBlob=blob)


def test_another_account_needs_both_sides(cloud, kms, key, root):
    other = cloud.client("kms", key="550000000001")
    id = key(Policy=document(allow(root), allow({"AWS": "550000000001"}, USE)))
    arn = kms.describe_key(KeyId=id)["KeyMetadata"]["Arn"]
    blob = other.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x" == other.decrypt(CiphertextBlob=blob)["Plaintext"]
    assert refused("NotFoundException", other.encrypt, KeyId=id, Plaintext=b"x")  # an id is of one's own account
    users = cloud.client("iam", key="550000000001")
    users.create_user(UserName="u")
    pair = users.create_access_key(UserName="u")["AccessKey"]
    user = cloud.client("kms", key=pair["AccessKeyId"], secret=pair["SecretAccessKey"])
    denied(user.encrypt, KeyId=arn, Plaintext=b"x")
    users.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(iam("kms:Encrypt", arn)))
    user.encrypt(KeyId=arn, Plaintext=b"x")
    denied(user.decrypt, CiphertextBlob=blob)
    kms.put_key_policy(KeyId=id, Policy=document(allow(root)))
    vague = "because the resource does not exist in this Region, no resource-based policies allow access, or"
    for each in (arn, arn.replace(id, "134f2428-cec1-4b25-a1ae-9048164dba47")):
        assert vague in denied(other.encrypt, KeyId=each, Plaintext=b"x")


def test_nobody_locks_himself_out_unless_he_means_it(kms, key, iam_user, user_arn, root):
    id = key()
    malformed = "MalformedPolicyDocumentException"
    iam_user()
    lockout = document(allow({"AWS": user_arn}))
    says = refused(malformed, kms.put_key_policy, KeyId=id, Policy=lockout)
    assert says == "The new key policy will not allow you to update the key policy in the future."
    refused(malformed, kms.create_key, Policy=lockout)
    for wrong in ("{", "{}", document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})):
        refused(malformed, kms.put_key_policy, KeyId=id, Policy=wrong)
    nobody = {"AWS": user_arn.replace("someone", "nobody")}
    says = refused(malformed, kms.put_key_policy, KeyId=id, Policy=document(allow(root), allow(nobody)))
    assert says == "Policy contains a statement with one or more invalid principals."
    assert json.loads(kms.get_key_policy(KeyId=id)["Policy"])["Id"] == "key-default-1"
    kms.put_key_policy(KeyId=id, Policy=lockout, BypassPolicyLockoutSafetyCheck=True)
    denied(kms.get_key_policy, KeyId=id)


def test_a_deleted_user_is_not_his_successor(client, kms, key, iam_user, user_arn, root):
    user = iam_user()
    id = key(Policy=document(allow(root), allow({"AWS": user_arn}, USE)))
    granted = key()
    kms.create_grant(KeyId=granted, GranteePrincipal=user_arn, Operations=["Encrypt"])
    user("kms").encrypt(KeyId=id, Plaintext=b"x")
    users = client("iam")
    for each in users.list_access_keys(UserName="someone")["AccessKeyMetadata"]:
        users.delete_access_key(UserName="someone", AccessKeyId=each["AccessKeyId"])
    users.delete_user(UserName="someone")
    successor = iam_user()("kms")
    for each in (id, granted):
        denied(successor.encrypt, KeyId=each, Plaintext=b"x")


# ---- Conditions ------------------------------------------------------------------------------------------------------


def test_the_encryption_context_decides(kms, key, iam_user):
    id = key()
    user = iam_user(iam("kms:*", Condition={"StringEquals": {"kms:EncryptionContext:team": "red"}}))("kms")
    red, blue = {"team": "red"}, {"team": "blue"}
    blob = user.encrypt(KeyId=id, Plaintext=b"x", EncryptionContext=red)["CiphertextBlob"]
    denied(user.encrypt, KeyId=id, Plaintext=b"x", EncryptionContext=blue)
    denied(user.encrypt, KeyId=id, Plaintext=b"x")
    denied(user.decrypt, CiphertextBlob=blob)
    again = {"CiphertextBlob": blob, "DestinationKeyId": id, "SourceEncryptionContext": red}
    user.re_encrypt(**again, DestinationEncryptionContext=red)
    assert "kms:ReEncryptTo" in denied(user.re_encrypt, **again, DestinationEncryptionContext=blue)


def test_managed_keys_serve_their_service_alone(kms, iam_user, account):
    arn = kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["Arn"]
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyManager"] == "AWS"
    assert kms.get_key_rotation_status(KeyId=arn)["RotationPeriodInDays"] == 365
    assert [each["AliasName"] for each in kms.list_aliases()["Aliases"]] == ["alias/aws/ssm"]
    policy = json.loads(kms.get_key_policy(KeyId=arn)["Policy"])
    condition = policy["Statement"][0]["Condition"]["StringEquals"]
    assert condition == {"kms:ViaService": "ssm.us-east-1.amazonaws.com", "kms:CallerAccount": account}
    user = iam_user(iam("*"))("kms")
    for caller in (kms, user):  # no request can say by which service it comes
        denied(caller.encrypt, KeyId="alias/aws/ssm", Plaintext=b"x")
        denied(caller.schedule_key_deletion, KeyId=arn)
        denied(caller.put_key_policy, KeyId=arn, Policy="{}")
        denied(caller.create_grant, KeyId=arn, GranteePrincipal=account, Operations=["Decrypt"])
    denied(kms.generate_data_key, KeyId="alias/aws/s3", KeySpec="AES_256")
    assert len(kms.list_keys()["Keys"]) == 1  # a denied call made none


# ---- Grants ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed(kms, root, account) -> str:
    """A key that nobody but the root may use: IAM policies do not count."""
    kept = allow({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalArn": root["AWS"]}})
    return kms.create_key(Policy=document(kept))["KeyMetadata"]["KeyId"]


def test_a_grant_allows_until_it_is_revoked(kms, closed, iam_user, user_arn):
    user = iam_user()("kms")
    denied(user.encrypt, KeyId=closed, Plaintext=b"x")
    grant = kms.create_grant(KeyId=closed, GranteePrincipal=user_arn, Operations=["Encrypt", "Decrypt"], Name="mine")
    again = kms.create_grant(KeyId=closed, GranteePrincipal=user_arn, Operations=["Encrypt", "Decrypt"], Name="mine")
    assert again["GrantId"] == grant["GrantId"]
    blob = user.encrypt(KeyId=closed, Plaintext=b"x", GrantTokens=[grant["GrantToken"]])["CiphertextBlob"]
    assert user.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    denied(user.generate_data_key, KeyId=closed, KeySpec="AES_256")
    [shown] = kms.list_grants(KeyId=closed)["Grants"]
    assert (shown["GranteePrincipal"], shown["Name"], shown["Operations"]) == (user_arn, "mine", ["Encrypt", "Decrypt"])
    assert kms.list_grants(KeyId=closed, GranteePrincipal="arn:aws:iam::111122223333:root")["Grants"] == []
    kms.revoke_grant(KeyId=closed, GrantId=grant["GrantId"])
    denied(user.decrypt, CiphertextBlob=blob)
    assert kms.list_grants(KeyId=closed)["Grants"] == []


def test_a_retired_grant_allows_no_more(kms, closed, iam_user, user_arn):
    user = iam_user()("kms")
    named = {"KeyId": closed, "GranteePrincipal": user_arn, "Operations": ["Encrypt"]}
    first = kms.create_grant(**named)
    denied(user.retire_grant, KeyId=closed, GrantId=first["GrantId"])
    second = kms.create_grant(**named, RetiringPrincipal=user_arn)
    third = kms.create_grant(**{**named, "Operations": ["Encrypt", "RetireGrant"]})
    assert [each["GrantId"] for each in kms.list_retirable_grants(RetiringPrincipal=user_arn)["Grants"]] == [
        second["GrantId"]
    ]
    denied(user.retire_grant, GrantToken=first["GrantToken"])
    user.encrypt(KeyId=closed, Plaintext=b"x")
    user.retire_grant(GrantToken=second["GrantToken"])
    user.retire_grant(KeyId=closed, GrantId=third["GrantId"])
    user.encrypt(KeyId=closed, Plaintext=b"x")
    kms.retire_grant(GrantToken=first["GrantToken"])  # the root of the key's account
    denied(user.encrypt, KeyId=closed, Plaintext=b"x")


def test_a_grant_is_bound_to_its_encryption_context(kms, closed, iam_user, user_arn):
    user = iam_user()("kms")
    given = {"KeyId": closed, "GranteePrincipal": user_arn, "Operations": ["Encrypt", "DescribeKey"]}
    kms.create_grant(**given, Constraints={"EncryptionContextSubset": {"team": "red"}})
    ask = {"KeyId": closed, "Plaintext": b"x"}
    user.encrypt(**ask, EncryptionContext={"team": "red", "more": "1"})
    for wrong in ({}, {"team": "blue"}, {"Team": "red"}):
        denied(user.encrypt, **ask, EncryptionContext=wrong)
    user.describe_key(KeyId=closed)
    [grant] = kms.list_grants(KeyId=closed)["Grants"]
    kms.revoke_grant(KeyId=closed, GrantId=grant["GrantId"])
    kms.create_grant(**given, Constraints={"EncryptionContextEquals": {"team": "red"}})
    user.encrypt(**ask, EncryptionContext={"team": "red"})
    denied(user.encrypt, **ask, EncryptionContext={"team": "red", "more": "1"})


def test_a_grant_by_virtue_of_a_grant_is_no_wider(kms, closed, iam_user, user_arn, root):
    user = iam_user()("kms")
    kms.create_grant(
        KeyId=closed,
        GranteePrincipal=user_arn,
        Operations=["CreateGrant", "Encrypt"],
        Constraints={"EncryptionContextSubset": {"team": "red"}},
    )
    given = {"KeyId": closed, "GranteePrincipal": root["AWS"]}
    red = {"EncryptionContextSubset": {"team": "red", "more": "1"}}
    denied(user.create_grant, **given, Operations=["Encrypt"])
    denied(user.create_grant, **given, Operations=["Encrypt", "Decrypt"], Constraints=red)
    user.create_grant(**given, Operations=["Encrypt"], Constraints=red)
    assert len(kms.list_grants(KeyId=closed)["Grants"]) == 2


def test_a_role_holds_a_grant_within_its_session_policy(client, kms, closed, root, iam_user):
    trust = document({**allow(root, "sts:AssumeRole")})
    statement = json.loads(trust)["Statement"][0]
    del statement["Resource"]
    roles = client("iam")
    arn = roles.create_role(RoleName="r", AssumeRolePolicyDocument=document(statement))["Role"]["Arn"]
    kms.create_grant(KeyId=closed, GranteePrincipal=arn, Operations=["Encrypt"])
    assume_role = iam_user(iam("sts:AssumeRole"))("sts").assume_role  # AWS lets no root assume one

    def session(policy: dict[str, Any] | None = None) -> Any:
        limit = {"Policy": json.dumps(policy)} if policy else {}
        made = assume_role(RoleArn=arn, RoleSessionName="it", **limit)["Credentials"]
        return client("kms", key=made["AccessKeyId"], secret=made["SecretAccessKey"], token=made["SessionToken"])

    session().encrypt(KeyId=closed, Plaintext=b"x")
    session(iam("kms:Encrypt")).encrypt(KeyId=closed, Plaintext=b"x")
    denied(session(iam("s3:*")).encrypt, KeyId=closed, Plaintext=b"x")


def test_a_denial_outweighs_a_grant(kms, root, iam_user, user_arn):
    user = iam_user()("kms")
    deny = {**allow({"AWS": user_arn}, "kms:Encrypt"), "Effect": "Deny"}
    id = kms.create_key(Policy=document(allow(root), deny))["KeyMetadata"]["KeyId"]
    kms.create_grant(KeyId=id, GranteePrincipal=user_arn, Operations=["Encrypt", "DescribeKey"])
    user.describe_key(KeyId=id)
    assert "explicit deny" in denied(user.encrypt, KeyId=id, Plaintext=b"x")
