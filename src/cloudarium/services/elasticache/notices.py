"""Notices of caches for people and programs: to the SNS topic that a cache names.

The message is JSON with the event's name and the cluster's, as functions behind such topics see it on AWS.
Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import orjson

from cloudarium.gateway.background import Event
from cloudarium.gateway.call import Call
from cloudarium.policy.principal import Principal
from cloudarium.services.elasticache import errors, network, records
from cloudarium.services.elasticache.records import CLUSTER, Data
from cloudarium.shared import arn
from cloudarium.shared.errors import AwsError

log = logging.getLogger("cloudarium")
_SERVICE = "elasticache.amazonaws.com"

MADE, NOT_MADE = "CacheClusterProvisioningComplete", "CacheClusterProvisioningFailed"
GROUP_MADE, GROUP_NOT_MADE = "CreateReplicationGroupComplete", "CreateReplicationGroupFailed"
DELETED = "DeleteCacheClusterComplete"
REBOOTED = "CacheNodesRebooted"
FAILED_OVER = "FailoverComplete"
COPIED, NOT_COPIED = "SnapshotComplete", "SnapshotFailed"
PARAMETERS = "CacheClusterParametersChanged"
SECURITY = "CacheClusterSecurityGroupModified"
SCALED = "CacheClusterScalingComplete"


async def configuration(call: Call) -> Data | None:
    """The topic that a call names, as clusters show it. Raises Invalid and InvalidArn."""
    given = call.input.get("NotificationTopicArn")
    if not given:
        return None
    parsed = arn.parse(given)
    if parsed is None or parsed.service != "sns":
        raise errors.InvalidArn(f"The Amazon Resource Name {given[:200]} is not valid.")
    if (parsed.account, parsed.region) != call.scope:
        raise errors.Invalid("The Amazon SNS topic must be in the same account and Region as the cache.")
    try:
        await network.ask(call, "GetTopicAttributes", {"TopicArn": given}, service="sns")
    except AwsError as error:
        raise errors.Invalid(f"The Amazon SNS topic {given} does not exist.") from error
    return {"TopicArn": given, "TopicStatus": "active"}


def change(call: Call, found: Data | None, members: Sequence[Data]) -> None:
    """Have changed clusters name another topic, or be silent. Raises Invalid."""
    status = call.input.get("NotificationTopicStatus")
    if status not in (None, "active", "inactive"):
        raise errors.Invalid("NotificationTopicStatus must be active or inactive.")
    for member in members:
        if call.input.get("NotificationTopicArn") == "":
            member.pop("NotificationConfiguration", None)
        elif found is not None:
            member["NotificationConfiguration"] = dict(found)
        if status is not None and "NotificationConfiguration" in member:
            member["NotificationConfiguration"]["TopicStatus"] = status


def tell(call: Call, cluster: Data, event: str, id: str = "") -> None:
    """Have a cluster's topic told of what happened to it, or to what has this id; part of a transaction."""
    topic = cluster.get("NotificationConfiguration")
    if topic is not None and topic["TopicStatus"] == "active":
        call.later("Notify", {"Topic": topic["TopicArn"], "Event": event, "Id": id or cluster["CacheClusterId"]})


async def publish(event: Event) -> None:
    """Publish a notice; a topic that does not take it becomes inactive, as on AWS."""
    told = event.payload
    message = orjson.dumps({f"ElastiCache:{told['Event']}": told["Id"]}).decode()
    service = Principal.service(_SERVICE, event.account)
    try:
        await event.send(
            "sns", "Publish", {"TopicArn": told["Topic"], "Message": message}, as_=service,
            context={"aws:SourceOwner": event.account},
        )  # fmt: skip
    except AwsError as error:
        log.warning("ElastiCache cannot publish to %s: %s", told["Topic"], error.message or error.code)
        with event.transaction():
            _silence(event, told["Topic"])


def _silence(event: Event, topic: str) -> None:
    for cluster in records.every(event.store, event.scope, CLUSTER):
        if cluster.get("NotificationConfiguration", {}).get("TopicArn") == topic:
            cluster["NotificationConfiguration"]["TopicStatus"] = "inactive"
            records.put(event.store, event.scope, CLUSTER, cluster["CacheClusterId"], cluster)
