"""What a cache's topic is told: made, copied, failed over, changed, deleted."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.services.elasticache.conftest import SMALL, Caches


class Listener:
    """A topic with its first policy, and a queue that hears what it is told."""

    def __init__(self, caches: Caches) -> None:
        self.sns = caches.cloud.client("sns", key=caches.account)
        self.sqs = caches.cloud.client("sqs", key=caches.account)
        self.caches = caches
        self.topic = self.sns.create_topic(Name="t")["TopicArn"]
        self.queue = self.sqs.create_queue(QueueName="q")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{caches.account}:q"
        allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        self.sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def heard(self) -> list[dict[str, str]]:
        """What has come since the last time."""
        self.caches.cloud.settle()
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for one in messages:
                found.append(json.loads(json.loads(one["Body"])["Message"]))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return sorted(found, key=str)


def test_a_topic_is_told_what_happens_to_a_group(caches: Caches) -> None:
    listener = Listener(caches)
    caches.group(NumCacheClusters=2, AutomaticFailoverEnabled=True, NotificationTopicArn=listener.topic)
    assert caches.described("rg-001")["NotificationConfiguration"] == {
        "TopicArn": listener.topic, "TopicStatus": "active",
    }  # fmt: skip
    assert listener.heard() == [
        {"ElastiCache:CacheClusterProvisioningComplete": "rg-001"},
        {"ElastiCache:CacheClusterProvisioningComplete": "rg-002"},
        {"ElastiCache:CreateReplicationGroupComplete": "rg"},
    ]
    caches.api.create_snapshot(SnapshotName="s", ReplicationGroupId="rg")
    assert listener.heard() == [{"ElastiCache:SnapshotComplete": "rg-001"}]
    caches.api.test_failover(ReplicationGroupId="rg", NodeGroupId="0001")
    assert listener.heard() == [{"ElastiCache:FailoverComplete": "rg-002"}]
    caches.api.modify_replication_group(ReplicationGroupId="rg", NotificationTopicStatus="inactive")
    caches.cloud.settle()
    caches.api.reboot_cache_cluster(CacheClusterId="rg-001", CacheNodeIdsToReboot=["0001"])
    assert listener.heard() == []
    caches.api.modify_replication_group(ReplicationGroupId="rg", NotificationTopicStatus="active")
    caches.cloud.settle()
    caches.api.delete_replication_group(ReplicationGroupId="rg")
    assert listener.heard() == [
        {"ElastiCache:DeleteCacheClusterComplete": "rg-001"},
        {"ElastiCache:DeleteCacheClusterComplete": "rg-002"},
    ]


def test_a_topic_that_does_not_let_elasticache_in_becomes_inactive(caches: Caches) -> None:
    listener = Listener(caches)
    caches.cluster(NotificationTopicArn=listener.topic)
    assert len(listener.heard()) == 1
    allow = {"Effect": "Allow", "Principal": {"AWS": caches.account}, "Action": "sns:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    listener.sns.set_topic_attributes(TopicArn=listener.topic, AttributeName="Policy", AttributeValue=policy)
    caches.api.reboot_cache_cluster(CacheClusterId="one", CacheNodeIdsToReboot=["0001"])
    assert listener.heard() == []
    assert caches.described()["NotificationConfiguration"]["TopicStatus"] == "inactive"
    for topic in (listener.topic + "x", "t", listener.topic.replace("us-east-1", "eu-west-1")):
        with pytest.raises(ClientError, match="InvalidParameterValue|InvalidARN"):
            caches.api.create_cache_cluster(CacheClusterId="two", NotificationTopicArn=topic, **SMALL)
