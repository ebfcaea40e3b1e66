"""Service-linked roles and OpenID Connect providers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.iam.documents import policy, refused

Client = Callable[..., Any]
PRINT = "a" * 40


@pytest.fixture
def iam(client: Client) -> Any:
    """IAM as the root of this test's account."""
    return client("iam")


def test_a_service_linked_role_belongs_to_its_service(iam: Any, account: str) -> None:
    made = iam.create_service_linked_role(AWSServiceName="elasticache.amazonaws.com", Description="d")["Role"]
    name = "AWSServiceRoleForElastiCache"
    assert made["Arn"] == f"arn:aws:iam::{account}:role/aws-service-role/elasticache.amazonaws.com/{name}"
    trusted = made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert trusted == {"Service": ["elasticache.amazonaws.com"]}
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [one["PolicyName"] for one in attached] == ["ElastiCacheServiceRolePolicy"]
    protected = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    for operation, given in (
        (iam.delete_role, {}),
        (iam.update_assume_role_policy, {"PolicyDocument": policy()}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": policy()}),
        (iam.detach_role_policy, {"PolicyArn": attached[0]["PolicyArn"]}),
    ):
        with refused("UnmodifiableEntity", protected):
            operation(RoleName=name, **given)
    iam.update_role(RoleName=name, Description="mine")
    with refused("UnmodifiableEntity", protected):
        iam.update_role(RoleName=name, MaxSessionDuration=7200)
    taken = f"Service role name {name} has been taken in this account, please try a different suffix."
    with refused("InvalidInput", taken):
        iam.create_service_linked_role(AWSServiceName="elasticache.amazonaws.com")
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with refused("NoSuchEntity"):
        iam.get_role(RoleName=name)
    with refused("NoSuchEntity"):
        iam.get_service_linked_role_deletion_status(DeletionTaskId="task/x")


def test_suffixes(iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="blue")["Role"]
    assert made["RoleName"] == "AWSServiceRoleForAutoScaling_blue"
    with refused("InvalidInput", "Custom suffix is not allowed for rds.amazonaws.com"):
        iam.create_service_linked_role(AWSServiceName="rds.amazonaws.com", CustomSuffix="blue")


def test_a_provider_of_identities(iam: Any, account: str) -> None:
    url = "https://token.example.com/id"
    arn = iam.create_open_id_connect_provider(Url=url, ThumbprintList=[PRINT])["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{account}:oidc-provider/token.example.com/id"
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["Url"] == "token.example.com/id" and found["ThumbprintList"] == [PRINT]
    assert found["ClientIDList"] == [] == found["Tags"]
    for client in ("web", "web", "app"):
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
    for client in ("web", "absent"):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["app"], ["b" * 40])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == found["Tags"]
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["k"])
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": arn}]
    assert iam.get_account_summary()["SummaryMap"]["Providers"] == 1
    with refused("EntityAlreadyExists", f"Provider with url {url} already exists."):
        iam.create_open_id_connect_provider(Url=url, ThumbprintList=[PRINT])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}"):
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    with refused("NoSuchEntity", f"OpenId connect Provider {arn} cannot be found."):
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"Url": "example.org"}, "ValidationError", "Invalid Open ID Connect Provider URL"),
        ({"ThumbprintList": [PRINT] * 6}, "InvalidInput", "Thumbprint list must contain fewer than 5 entries."),
        (
            {"ClientIDList": [str(number) for number in range(101)]},
            "LimitExceeded",
            "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
        ),
    ],
)
def test_providers_that_cannot_be(iam: Any, given: dict[str, Any], code: str, message: str) -> None:
    with refused(code, message):
        iam.create_open_id_connect_provider(**{"Url": "https://example.com", "ThumbprintList": [PRINT], **given})
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
