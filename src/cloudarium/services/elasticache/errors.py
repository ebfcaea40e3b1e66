"""The errors of ElastiCache, in AWS's words."""

from __future__ import annotations

from cloudarium.shared.errors import AwsError

INVALID_VALUE = "InvalidParameterValueException"


class Invalid(AwsError):
    """A parameter's value is not right."""

    code = INVALID_VALUE


class Combination(AwsError):
    """Parameters that do not go together."""

    code = "InvalidParameterCombinationException"


class NotFound(AwsError):
    """No such thing; each kind has a code and a noun of its own."""

    def __init__(self, kind: str, id: str) -> None:
        code, message = NOT_FOUND[kind]
        super().__init__(message.format(id), code=code)


NOT_FOUND = {
    "cluster": ("CacheClusterNotFoundFault", "CacheCluster not found: {}"),
    "replicationgroup": ("ReplicationGroupNotFoundFault", "ReplicationGroup {} not found."),
    "serverlesscache": ("ServerlessCacheNotFoundFault", "ServerlessCache {} not found."),
    "user": ("UserNotFoundFault", "User {} not found."),
    "usergroup": ("UserGroupNotFoundFault", "UserGroup {} not found."),
    "parametergroup": ("CacheParameterGroupNotFoundFault", "CacheParameterGroup {} not found."),
    "subnetgroup": ("CacheSubnetGroupNotFoundFault", "CacheSubnetGroup {} not found."),
    "snapshot": ("SnapshotNotFoundFault", "Snapshot {} not found."),
    "serverlesscachesnapshot": ("ServerlessCacheSnapshotNotFoundFault", "ServerlessCacheSnapshot {} not found."),
}


class Exists(AwsError):
    """The name is taken."""

    def __init__(self, kind: str, id: str) -> None:
        code, noun = EXISTS[kind]
        super().__init__(f"{noun} {id} already exists.", code=code)


EXISTS = {
    "cluster": ("CacheClusterAlreadyExistsFault", "Cache cluster"),
    "replicationgroup": ("ReplicationGroupAlreadyExistsFault", "Replication group"),
    "serverlesscache": ("ServerlessCacheAlreadyExistsFault", "Serverless cache"),
    "user": ("UserAlreadyExistsFault", "User"),
    "usergroup": ("UserGroupAlreadyExistsFault", "User Group"),
    "parametergroup": ("CacheParameterGroupAlreadyExistsFault", "CacheParameterGroup"),
    "subnetgroup": ("CacheSubnetGroupAlreadyExistsFault", "CacheSubnetGroup"),
    "snapshot": ("SnapshotAlreadyExistsFault", "Snapshot"),
    "serverlesscachesnapshot": ("ServerlessCacheSnapshotAlreadyExistsFault", "Serverless Cache Snapshot"),
}


class State(AwsError):
    """The thing is busy, or not in a state in which this can be done."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, code=STATE[kind])


STATE = {
    "cluster": "InvalidCacheClusterStateFault",
    "replicationgroup": "InvalidReplicationGroupStateFault",
    "serverlesscache": "InvalidServerlessCacheStateFault",
    "user": "InvalidUserStateFault",
    "usergroup": "InvalidUserGroupStateFault",
    "parametergroup": "InvalidCacheParameterGroupStateFault",
    "snapshot": "InvalidSnapshotStateFault",
    "serverlesscachesnapshot": "InvalidServerlessCacheSnapshotStateFault",
}


class NoCapacity(AwsError):
    """No cache can be run on this machine; the message says what is missing."""

    code = "InsufficientCacheClusterCapacityFault"


class DuplicateUserName(AwsError):
    """Two users of a group must not have the same name."""

    code = "DuplicateUserNameFault"


class DefaultUserRequired(AwsError):
    """A user group of Redis OSS has a user with the name default."""

    code = "DefaultUserRequired"


class DefaultUserInUse(AwsError):
    """The default user of a group cannot go while it is in it."""

    code = "DefaultUserAssociatedToUserGroupFault"


class InvalidSubnet(AwsError):
    """A subnet that is not there, or of another VPC."""

    code = "InvalidSubnet"


class SubnetGroupInUse(AwsError):
    """A cache is in the subnet group."""

    code = "CacheSubnetGroupInUse"


class SubnetInUse(AwsError):
    """A cache is in the subnet."""

    code = "SubnetInUse"


class InvalidNetwork(AwsError):
    """The VPC does not have what a cache needs."""

    code = "InvalidVPCNetworkStateFault"


class InvalidArn(AwsError):
    """A name that is no ARN, or of nothing here."""

    code = "InvalidARNFault"


class TagNotFound(AwsError):
    """The resource has no such tag."""

    code = "TagNotFoundFault"


class TooManyTags(AwsError):
    """A resource has at most 50 tags."""

    code = "TagQuotaPerResourceExceeded"


class NoOperation(AwsError):
    """Nothing would change."""

    code = "NoOperationFault"


class NodeGroupNotFound(AwsError):
    """No such shard."""

    code = "NodeGroupNotFoundFault"


class FailoverUnavailable(AwsError):
    """There is no replica to fail over to."""

    code = "TestFailoverNotAvailableFault"


class QuotaExceeded(AwsError):
    """There may be no more of these; each kind has a code of its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)
