"""Who may come into a cache: users with passwords and access strings, and tokens that IAM vouches for."""

from __future__ import annotations

import json
from typing import Any

import pytest
import valkey
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.services.elasticache.conftest import Caches

PASSWORD = "a-password-of-some-length"


def token(
    key: str, secret: str, cache: str, user: str, region: str = "us-east-1", expires: int = 900, **more: str
) -> str:
    """A token as AWS's documentation makes it: a presigned URL without its scheme."""
    given = {"Action": "connect", "User": user, **more}
    request = AWSRequest("GET", f"http://{cache}/", params=given)
    SigV4QueryAuth(Credentials(key, secret), "elasticache", region, expires=expires).add_auth(request)
    return request.prepare().url.removeprefix("http://")


@pytest.fixture
def users(caches: Caches) -> dict[str, Any]:
    """A group with a user of each kind, and its replication group's endpoint."""
    make = caches.api.create_user
    make(UserId="nobody", UserName="default", Engine="valkey", AccessString="off ~* +@all", Passwords=[PASSWORD])
    make(UserId="ann", UserName="ann", Engine="valkey", AccessString="on ~a:* +get +set", Passwords=[PASSWORD])
    make(UserId="iam", UserName="iam", Engine="valkey", AccessString="on ~* +@all", AuthenticationMode={"Type": "iam"})
    caches.api.create_user_group(UserGroupId="team", Engine="valkey", UserIds=["nobody", "ann", "iam"])
    made = caches.group(TransitEncryptionEnabled=True, UserGroupIds=["team"])
    return made["NodeGroups"][0]["PrimaryEndpoint"]


def test_users_may_do_what_their_access_strings_say(caches: Caches, users: dict[str, Any]) -> None:
    ann = caches.connect(users, tls=True, username="ann", password=PASSWORD)
    assert ann.set("a:1", "x")
    for command in (("GET", "b:1"), ("DEL", "a:1"), ("CONFIG", "GET", "*")):
        with pytest.raises(valkey.exceptions.NoPermissionError):
            ann.execute_command(*command)
    for name, password in (("ann", "wrong-password-of-some-length"), ("default", PASSWORD), ("iam", PASSWORD)):
        with pytest.raises(valkey.AuthenticationError):
            caches.connect(users, tls=True, username=name, password=password).ping()
    with pytest.raises(valkey.AuthenticationError):
        caches.connect(users, tls=True).ping()
    caches.api.modify_user(UserId="ann", AppendAccessString="~b:* +del")
    caches.cloud.settle()
    assert ann.get("b:1") is None  # the same connection
    caches.api.modify_user_group(UserGroupId="team", UserIdsToRemove=["ann"])
    caches.cloud.settle()
    with pytest.raises(valkey.AuthenticationError):
        caches.connect(users, tls=True, username="ann", password=PASSWORD).ping()
    with pytest.raises(caches.api.exceptions.InvalidUserGroupStateFault):
        caches.api.delete_user_group(UserGroupId="team")


def test_a_token_needs_a_policy_on_the_cache_and_on_the_user(caches: Caches, users: dict[str, Any]) -> None:
    iam = caches.cloud.client("iam", key=caches.account)
    iam.create_user(UserName="app")
    pair = iam.create_access_key(UserName="app")["AccessKey"]
    keys = pair["AccessKeyId"], pair["SecretAccessKey"]
    own = f"arn:aws:elasticache:us-east-1:{caches.account}"

    def grant(*resources: str) -> None:
        statement = {"Effect": "Allow", "Action": "elasticache:Connect", "Resource": list(resources)}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="app", PolicyName="p", PolicyDocument=document)

    def let_in(password: str, user: str = "iam") -> bool:
        client = caches.connect(users, tls=True, username=user, password=password)
        try:
            return bool(client.ping())
        except valkey.AuthenticationError:
            return False

    good = token(*keys, "rg", "iam")
    assert not let_in(good)
    for resources in (
        [f"{own}:replicationgroup:rg"],
        [f"{own}:user:iam"],
        [f"{own}:replicationgroup:other", f"{own}:user:iam"],
    ):
        grant(*resources)
        assert not let_in(good), resources
    grant(f"{own}:replicationgroup:rg", f"{own}:user:iam")
    assert let_in(good)
    assert let_in("http://" + good)
    for wrong in (
        token(*keys, "other", "iam"), token(*keys, "rg", "ann"), token(keys[0], "secret", "rg", "iam"),
        token(*keys, "rg", "iam", region="eu-west-1"), token(*keys, "rg", "iam", expires=901),
        token(*keys, "rg", "iam", ResourceType="ServerlessCache"), good + "x", good.replace("User=iam", "User=ann"),
        "rg/?Action=connect&User=iam", "x" * 2000, "",
    ):  # fmt: skip
        assert not let_in(wrong), wrong
    assert not let_in(good, "ann")
    iam.update_access_key(UserName="app", AccessKeyId=keys[0], Status="Inactive")
    assert not let_in(good)


def test_a_token_ends_after_a_quarter_of_an_hour_and_its_connection_after_twelve_hours(lasting: Caches) -> None:
    lasting.api.create_user(
        UserId="iam", UserName="iam", Engine="valkey", AccessString="on ~* +@all", AuthenticationMode={"Type": "iam"}
    )
    lasting.api.create_user_group(UserGroupId="team", Engine="valkey", UserIds=["iam"])
    lasting.api.create_serverless_cache(ServerlessCacheName="sl", Engine="valkey", UserGroupId="team")
    lasting.cloud.settle()
    endpoint = lasting.api.describe_serverless_caches()["ServerlessCaches"][0]["Endpoint"]
    good = token(lasting.account, "test", "sl", "iam", ResourceType="ServerlessCache")

    def connection() -> Any:
        made = lasting.connect(endpoint, tls=True, username="iam", password=good, single_connection_client=True)
        made.set("a", "1")
        return made.connection

    def answer(connection: Any, *words: str) -> Any:
        connection.send_command(*words, check_health=False)
        return connection.read_response()

    first, second = connection(), connection()
    lasting.cloud.control("clock", {"advance": 901, "wait": True})
    with pytest.raises(valkey.AuthenticationError):
        lasting.connect(endpoint, tls=True, username="iam", password=good).ping()
    newer = token(lasting.account, "test", "sl", "iam", ResourceType="ServerlessCache")
    assert answer(second, "AUTH", "iam", newer) == "OK"
    lasting.cloud.clock_advance(12 * 3600 - 901)
    with pytest.raises(valkey.ConnectionError):
        answer(first, "GET", "a")
    assert answer(second, "GET", "a") == "1"
    lasting.cloud.clock_advance(901)
    with pytest.raises(valkey.ConnectionError):
        answer(second, "GET", "a")
