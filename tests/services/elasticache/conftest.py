"""What the tests of caches share: clients of the API, and of the caches themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import valkey

from tests.conftest import RunningCloud

SMALL = {"Engine": "valkey", "CacheNodeType": "cache.t4g.micro"}
TOKEN = "a-token-of-sixteen-characters"


class Caches:
    """One account's ElastiCache, and connections to what is in it."""

    def __init__(self, cloud: RunningCloud, account: str) -> None:
        self.cloud = cloud
        self.account = account
        self.api = cloud.client("elasticache", key=account)
        self.ec2 = cloud.client("ec2", key=account)
        self.opened: list[Any] = []

    @property
    def ca(self) -> str:
        """The file of the authority that clients have to trust."""
        assert self.cloud.state is not None
        return str(self.cloud.state / "cloudarium" / "ca.pem")

    def cluster(self, id: str = "one", **more: Any) -> dict[str, Any]:
        """A new cluster, available, as it is described."""
        self.api.create_cache_cluster(CacheClusterId=id, **{**SMALL, **more})
        self.cloud.settle()
        return self.described(id)

    def described(self, id: str = "one") -> dict[str, Any]:
        """A cluster with its node."""
        return self.api.describe_cache_clusters(CacheClusterId=id, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def group(self, id: str = "rg", **more: Any) -> dict[str, Any]:
        """A new replication group, available, as it is described."""
        given = {"ReplicationGroupId": id, "ReplicationGroupDescription": "d", **SMALL, **more}
        self.api.create_replication_group(**given)
        self.cloud.settle()
        return self.described_group(id)

    def described_group(self, id: str = "rg") -> dict[str, Any]:
        """A replication group."""
        return self.api.describe_replication_groups(ReplicationGroupId=id)["ReplicationGroups"][0]

    def connect(self, endpoint: dict[str, Any], tls: bool = False, kind: Any = valkey.Valkey, **more: Any) -> Any:
        """A client of a cache."""
        own = {"ssl": True, "ssl_ca_certs": self.ca} if tls else {}
        client = kind(
            host=endpoint["Address"], port=endpoint["Port"], decode_responses=True, socket_timeout=20, **own, **more
        )
        self.opened.append(client)
        return client


@pytest.fixture(scope="session")
def secure_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud with an authority of its own."""
    running = RunningCloud(state=tmp_path_factory.mktemp("state"))
    yield running
    running.stop()


@pytest.fixture
def caches(secure_cloud: RunningCloud, account: str) -> Iterator[Caches]:
    """An account's caches; what it makes is deleted in the end, so that no server stays."""
    made = Caches(secure_cloud, account)
    yield made
    _clean(made)


@pytest.fixture
def lasting(tmp_path: Path, account: str) -> Iterator[Caches]:
    """The caches of a cloud of the test's own, on disk: its clock may be moved, it may be restarted."""
    running = RunningCloud(tmp_path / "data", tmp_path / "state")
    made = Caches(running, account)
    yield made
    for client in made.opened:
        client.close()
    running.stop()


def _clean(made: Caches) -> None:
    for client in made.opened:
        client.close()
    made.cloud.settle()
    for group in made.api.describe_replication_groups()["ReplicationGroups"]:
        made.api.delete_replication_group(ReplicationGroupId=group["ReplicationGroupId"])
    for cluster in made.api.describe_cache_clusters(ShowCacheClustersNotInReplicationGroups=True)["CacheClusters"]:
        made.api.delete_cache_cluster(CacheClusterId=cluster["CacheClusterId"])
    for cache in made.api.describe_serverless_caches()["ServerlessCaches"]:
        made.api.delete_serverless_cache(ServerlessCacheName=cache["ServerlessCacheName"])
    made.cloud.settle()
