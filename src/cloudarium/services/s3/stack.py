"""S3's CloudFormation resource types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.stacks import Again, Resource, ResourceFailed, ResourceType, resource_type

_GONE = ("NoSuchBucket",)
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@resource_type("AWS::S3::Bucket")
class Bucket(ResourceType):
    """A bucket with the configurations that are built."""

    properties = (
        "BucketName", "BucketEncryption", "CorsConfiguration", "LifecycleConfiguration", "NotificationConfiguration",
        "OwnershipControls", "PublicAccessBlockConfiguration", "Tags", "VersioningConfiguration", "AccessControl",
    )  # fmt: skip
    refuses = (
        "AbacStatus", "AccelerateConfiguration", "AnalyticsConfigurations", "BucketNamePrefix", "BucketNamespace",
        "IntelligentTieringConfigurations", "InventoryConfigurations", "LoggingConfiguration",
        "MetadataConfiguration", "MetadataTableConfiguration", "MetricsConfigurations", "ObjectLockConfiguration",
        "ObjectLockEnabled", "ReplicationConfiguration", "WebsiteConfiguration",
    )  # fmt: skip
    replaces = ("BucketName",)
    attributes = ("Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL")
    physical_name = "BucketName"
    tags = "Tags"

    async def create(self, r: Resource) -> Again | None:
        """Make the bucket, then configure it."""
        name = r.properties.get("BucketName") or r.name(63, lower=True)
        input: dict[str, Any] = {"Bucket": name}
        if r.scope.region != "us-east-1":
            input["CreateBucketConfiguration"] = {"LocationConstraint": r.scope.region}
        await r.send("s3", "CreateBucket", input, gone=("BucketAlreadyOwnedByYou",) if r.repeated else ())
        r.id, r.arn = name, f"arn:aws:s3:::{name}"
        r.attributes = {
            "Arn": r.arn,
            "DomainName": f"{name}.s3.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{r.scope.region}.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{r.scope.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{r.scope.region}.amazonaws.com",
        }
        await self._configure(r, {})
        return None

    async def update(self, r: Resource) -> Again | None:
        """Change the configurations that differ."""
        await self._configure(r, r.old_properties)
        return None

    async def delete(self, r: Resource) -> Again | None:
        """Remove the bucket; one that is not empty fails the stack, as on AWS."""
        await r.send("s3", "DeleteBucket", {"Bucket": r.id}, gone=_GONE)
        return None

    async def _configure(self, r: Resource, old: dict[str, Any]) -> None:
        if r.properties.get("AccessControl") not in (None, "Private", "BucketOwnerFullControl"):
            raise NotBuilt(f"AWS::S3::Bucket AccessControl {r.properties['AccessControl']}")
        for name, operation, member, convert, undo in _CONFIGURATIONS:
            new = r.properties.get(name)
            if new == old.get(name):
                continue
            if new is None:
                await r.send("s3", undo[0], {"Bucket": r.id, **undo[1]})
            else:
                await r.send("s3", operation, {"Bucket": r.id, member: convert(new)})
        if r.tags != (r.old_tags if old else {}):
            tagging = {"Bucket": r.id, "Tagging": {"TagSet": r.tag_list}}
            await r.send(
                "s3", "PutBucketTagging" if r.tags else "DeleteBucketTagging", tagging if r.tags else {"Bucket": r.id}
            )


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"


def _encryption(value: dict[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in value.get("ServerSideEncryptionConfiguration") or ():
        default = rule.get("ServerSideEncryptionByDefault")
        made: dict[str, Any] = {"BucketKeyEnabled": _flag(rule.get("BucketKeyEnabled", False))}
        if default is not None:
            made["ApplyServerSideEncryptionByDefault"] = default
        if rule.get("BlockedEncryptionTypes") is not None:
            made["BlockedEncryptionTypes"] = rule["BlockedEncryptionTypes"]
        rules.append(made)
    return {"Rules": rules}


_CORS_NAMES = {"AllowedHeaders": "AllowedHeaders", "AllowedMethods": "AllowedMethods",
               "AllowedOrigins": "AllowedOrigins", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}  # fmt: skip


def _cors(value: dict[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in value.get("CorsRules") or ():
        made = {theirs: rule[ours] for ours, theirs in _CORS_NAMES.items() if ours in rule}
        if "MaxAge" in rule:
            made["MaxAgeSeconds"] = int(rule["MaxAge"])
        rules.append(made)
    return {"CORSRules": rules}


def _public_access_block(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _flag(value.get(name, False)) for name in _BLOCKS}


def _versioning(value: dict[str, Any]) -> dict[str, Any]:
    return {"Status": value.get("Status")}


def _notification(value: dict[str, Any]) -> dict[str, Any]:
    kinds = {
        "LambdaConfigurations": ("LambdaFunctionConfigurations", "LambdaFunctionArn", "Function"),
        "QueueConfigurations": ("QueueConfigurations", "QueueArn", "Queue"),
        "TopicConfigurations": ("TopicConfigurations", "TopicArn", "Topic"),
    }
    found: dict[str, Any] = {}
    for name, (theirs, member, ours) in kinds.items():
        for entry in value.get(name) or ():
            made: dict[str, Any] = {member: entry.get(ours), "Events": [entry.get("Event")]}
            rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules")
            if rules:
                made["Filter"] = {
                    "Key": {"FilterRules": [{"Name": rule["Name"], "Value": rule["Value"]} for rule in rules]}
                }
            found.setdefault(theirs, []).append(made)
    bridge = value.get("EventBridgeConfiguration")
    if bridge is not None and _flag(bridge.get("EventBridgeEnabled", True)):
        found["EventBridgeConfiguration"] = {}
    return found


# ---- Lifecycle ------------------------------------------------------------------------------------------------------

_RULE_NAMES = frozenset((
    "AbortIncompleteMultipartUpload", "ExpirationDate", "ExpirationInDays", "ExpiredObjectDeleteMarker", "Id",
    "NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays", "NoncurrentVersionTransition",
    "NoncurrentVersionTransitions", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "Prefix", "Status",
    "TagFilters", "Transition", "Transitions",
))  # fmt: skip


def _lifecycle(value: dict[str, Any]) -> dict[str, Any]:
    return {"Rules": [_rule(rule) for rule in value.get("Rules") or ()]}


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    unknown = rule.keys() - _RULE_NAMES
    if unknown:
        raise ResourceFailed(f"Encountered unsupported property {sorted(unknown)[0]}")
    made: dict[str, Any] = {"Status": rule.get("Status"), "Filter": _filter(rule)}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    expiration = _expiration(rule)
    if expiration:
        made["Expiration"] = expiration
    transitions = [*rule.get("Transitions", ()), *([rule["Transition"]] if "Transition" in rule else ())]
    if transitions:
        made["Transitions"] = [_transition(step) for step in transitions]
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return made | _noncurrent(rule)


def _filter(rule: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "Prefix" in rule:
        found["Prefix"] = rule["Prefix"]
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if name in rule:
            found[name] = int(rule[name])
    tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in rule.get("TagFilters", ())]
    if len(found) + len(tags) > 1:
        return {"And": {**found, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else found or {"Prefix": ""}


def _expiration(rule: dict[str, Any]) -> dict[str, Any]:
    if "ExpirationInDays" in rule:
        return {"Days": int(rule["ExpirationInDays"])}
    if "ExpirationDate" in rule:
        return {"Date": _moment(rule["ExpirationDate"])}
    return {"ExpiredObjectDeleteMarker": True} if _flag(rule.get("ExpiredObjectDeleteMarker")) else {}


def _transition(step: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"StorageClass": step.get("StorageClass")}
    if "TransitionInDays" in step:
        made["Days"] = int(step["TransitionInDays"])
    if "TransitionDate" in step:
        made["Date"] = _moment(step["TransitionDate"])
    return made


def _noncurrent(rule: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    expiration = rule.get("NoncurrentVersionExpiration")
    if expiration is not None:
        made["NoncurrentVersionExpiration"] = {name: int(number) for name, number in expiration.items()}
    elif "NoncurrentVersionExpirationInDays" in rule:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(rule["NoncurrentVersionExpirationInDays"])}
    steps = [*rule.get("NoncurrentVersionTransitions", ())]
    if "NoncurrentVersionTransition" in rule:
        steps.append(rule["NoncurrentVersionTransition"])
    if steps:
        made["NoncurrentVersionTransitions"] = [
            {
                "StorageClass": step.get("StorageClass"),
                "NoncurrentDays": int(step["TransitionInDays"]),
                **(
                    {"NewerNoncurrentVersions": int(step["NewerNoncurrentVersions"])}
                    if "NewerNoncurrentVersions" in step
                    else {}
                ),
            }
            for step in steps
        ]
    return made


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


# property, operation, its member, how the property becomes the member, and what takes the configuration away
_CONFIGURATIONS: tuple[Any, ...] = (
    ("VersioningConfiguration", "PutBucketVersioning", "VersioningConfiguration", _versioning,
     ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}})),
    ("BucketEncryption", "PutBucketEncryption", "ServerSideEncryptionConfiguration", _encryption,
     ("DeleteBucketEncryption", {})),
    ("OwnershipControls", "PutBucketOwnershipControls", "OwnershipControls", lambda value: value,
     ("PutBucketOwnershipControls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}})),
    ("PublicAccessBlockConfiguration", "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _public_access_block,
     ("DeletePublicAccessBlock", {})),
    ("CorsConfiguration", "PutBucketCors", "CORSConfiguration", _cors, ("DeleteBucketCors", {})),
    ("LifecycleConfiguration", "PutBucketLifecycleConfiguration", "LifecycleConfiguration", _lifecycle,
     ("DeleteBucketLifecycle", {})),
    ("NotificationConfiguration", "PutBucketNotificationConfiguration", "NotificationConfiguration", _notification,
     ("PutBucketNotificationConfiguration", {"NotificationConfiguration": {}})),
)  # fmt: skip


@resource_type("AWS::S3::BucketPolicy")
class BucketPolicy(ResourceType):
    """The policy of a bucket."""

    properties = ("Bucket", "PolicyDocument")
    required = ("Bucket", "PolicyDocument")
    replaces = ("Bucket",)
    attributes = ()

    async def create(self, r: Resource) -> Again | None:
        """Set the policy; a bucket that has one already fails, as on AWS."""
        bucket = r.properties["Bucket"]
        if not r.repeated and await r.send("s3", "GetBucketPolicy", {"Bucket": bucket}, gone=("NoSuchBucketPolicy",)):
            raise ResourceFailed(f"The bucket policy already exists on bucket {bucket}.", "AlreadyExists")
        r.id = bucket
        await self._put(r)
        return None

    async def update(self, r: Resource) -> Again | None:
        """Replace the policy."""
        await self._put(r)
        return None

    async def delete(self, r: Resource) -> Again | None:
        """Take the policy away."""
        await r.send("s3", "DeleteBucketPolicy", {"Bucket": r.id}, gone=_GONE)
        return None

    async def _put(self, r: Resource) -> None:
        document = r.properties["PolicyDocument"]
        text = document if isinstance(document, str) else orjson.dumps(document).decode()
        await r.send("s3", "PutBucketPolicy", {"Bucket": r.id, "Policy": text})
