"""Identity pools: who signed in elsewhere gets an identity and a role's credentials, and no more than that."""

from __future__ import annotations

from typing import Any

from tests.services.cognito_identity.conftest import SERVICE, Client, Pool, Users
from tests.services.iam.documents import refused

OWN = f"arn:aws:s3:::BUCKET/${{{SERVICE}:sub}}/*"


def own_prefix(bucket: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": OWN.replace("BUCKET", bucket)}


def test_a_user_who_signed_in_may_use_his_own_prefix_alone(
    client: Client, users: Users, pool: Pool, account: str
) -> None:
    bucket = f"own-{account}"
    client("s3").create_bucket(Bucket=bucket)
    role = pool.role("signed-in", own_prefix(bucket))
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"authenticated": role})
    users.add("bob")
    ann, bob = (
        pool.anyone.get_id(IdentityPoolId=pool.id, Logins=users.logins(name))["IdentityId"] for name in ("ann", "bob")
    )
    assert ann != bob and ann.startswith("us-east-1:")
    assert pool.anyone.get_id(IdentityPoolId=pool.id, Logins=users.logins("ann"))["IdentityId"] == ann
    answer = pool.anyone.get_credentials_for_identity(IdentityId=ann, Logins=users.logins("ann"))
    assert answer["IdentityId"] == ann
    s3 = pool.clients(answer)("s3")
    s3.put_object(Bucket=bucket, Key=f"{ann}/note", Body=b"mine")
    assert s3.get_object(Bucket=bucket, Key=f"{ann}/note")["Body"].read() == b"mine"
    with refused("AccessDenied"):
        s3.put_object(Bucket=bucket, Key=f"{bob}/note", Body=b"not mine")
    who = pool.clients(answer)("sts").get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{account}:assumed-role/signed-in/CognitoIdentityCredentials"


def test_guests_get_what_their_role_and_aws_list_of_services_allow(client: Client, pool: Pool, account: str) -> None:
    role = pool.role("guest", {"Effect": "Allow", "Action": "*", "Resource": "*"}, kind="unauthenticated")
    pool.admin.set_identity_pool_roles(IdentityPoolId=pool.id, Roles={"unauthenticated": role})
    guest = pool.credentials()
    assert guest("dynamodb").list_tables()["TableNames"] == []
    with refused("AccessDenied"):
        guest("iam").list_users()
    with refused("AccessDeniedException"):
        guest("ssm").describe_parameters()


def test_the_basic_flow(client: Client, users: Users, pool: Pool, account: str) -> None:
    role = pool.role("signed-in", {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"})
    logins = users.logins("ann")
    id = pool.anyone.get_id(IdentityPoolId=pool.id, Logins=logins)["IdentityId"]
    token = pool.anyone.get_open_id_token(IdentityId=id, Logins=logins)["Token"]
    sts = client("sts")
    answer = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="me", WebIdentityToken=token)
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"], answer["Provider"]) == (id, pool.id, SERVICE)
    assert pool.clients(answer)("iam").list_users()["Users"] == []
