"""ElastiCache on the wire: its XML, its errors, and what the model forbids."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import RunningCloud


def ask(cloud: RunningCloud, account: str, **given: str) -> tuple[int, str]:
    """The status and the body of a call that is written by hand."""
    body = urllib.parse.urlencode({"Version": "2015-02-02", **given})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", cloud.url, data=body, headers=headers)
    SigV4Auth(Credentials(account, "test"), "elasticache", "us-east-1").add_auth(request)
    sent = urllib.request.Request(cloud.url, body.encode(), dict(request.headers.items()))
    try:
        with urllib.request.urlopen(sent, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_lists_have_the_names_of_their_members(cloud: RunningCloud, account: str) -> None:
    status, body = ask(cloud, account, Action="DescribeUsers")
    assert status == 200
    assert 'xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"' in body
    assert "<Users><member><UserId>default</UserId><UserName>default</UserName><Status>active</Status>" in body
    status, body = ask(cloud, account, Action="DescribeCacheParameterGroups", MaxRecords="20")
    assert "<CacheParameterGroups><CacheParameterGroup><CacheParameterGroupName>default.redis4.0<" in body
    assert "<_" not in body


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"Action": "DescribeCacheClusters", "CacheClusterId": "none"}, 404, "CacheClusterNotFound"),
        ({"Action": "DescribeReplicationGroups", "ReplicationGroupId": "n"}, 404, "ReplicationGroupNotFoundFault"),
        ({"Action": "DescribeServerlessCaches", "ServerlessCacheName": "n"}, 404, "ServerlessCacheNotFoundFault"),
        ({"Action": "DescribeCacheSubnetGroups", "CacheSubnetGroupName": "n"}, 400, "CacheSubnetGroupNotFoundFault"),
        ({"Action": "DescribeUsers", "UserId": "none"}, 404, "UserNotFound"),
        ({"Action": "DescribeUserGroups", "UserGroupId": "none"}, 404, "UserGroupNotFound"),
        ({"Action": "ListTagsForResource", "ResourceName": "none"}, 400, "InvalidARN"),
        ({"Action": "CreateCacheSubnetGroup", "CacheSubnetGroupName": "x"}, 400, "InvalidParameterValue"),
        ({"Action": "CreateCacheCluster"}, 400, "InvalidParameterValue"),
    ],
)
def test_errors_have_their_codes_and_statuses(
    cloud: RunningCloud, account: str, given: dict[str, str], status: int, code: str
) -> None:
    got, body = ask(cloud, account, **given)
    assert (got, f"<Code>{code}</Code>" in body) == (status, True), body


def test_a_tag_without_a_key_is_refused(cloud: RunningCloud, account: str) -> None:
    named = {"CacheParameterGroupName": "g", "CacheParameterGroupFamily": "valkey8", "Description": "x"}
    status, body = ask(cloud, account, Action="CreateCacheParameterGroup", **named, **{"Tags.Tag.1.Value": "v"})
    assert status == 400
    assert "Tag key must have 1 to 128 characters" in body
