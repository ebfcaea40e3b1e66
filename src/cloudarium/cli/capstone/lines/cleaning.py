"""Line 8: what a deletion of the stack would leave behind. `cloudarium capstone down` does it and proves it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cloudarium.cli.capstone import inventory
from cloudarium.cli.capstone.checklist import Coming, Found
from cloudarium.cli.capstone.stack import Stack, deleted, living, names, resources_of

_KINDS_OF_DATA = ("AWS::DynamoDB::Table", "AWS::Cognito::UserPool")


def check(stack: Stack, coming: Coming, found: Found) -> None:
    """Everything goes with the stack: nothing is retained or protected, buckets are emptied, nothing is beside it."""
    _kept(stack, found)
    _protected(stack, found)
    _buckets(stack, found)
    _log_groups(stack, found)
    beside = beside_the_stack(stack)
    for thing in beside:
        found.breaks(
            f"{thing.kind} {thing.id} is the stack's by its name or its data, and not in it: it would stay",
            "delete it, or put it into the template",
        )
    found.saw(f"looked through {len(inventory.LISTINGS)} kinds of things: {len(beside)} beside the stack")
    found.sum = f"cloudarium capstone down would remove all {len(stack.resources)} resources and leave nothing"


def beside_the_stack(stack: Stack) -> list[inventory.Thing]:
    """What is called after the stack, is a copy of its data, or is left of an earlier stack; and is in no stack."""
    reach = stack.reach
    known = {(each.kind, each.listed) for each in stack.resources}
    known |= {(each.kind, each.listed) for other in living(reach) if other.arn != stack.arn for each in other.resources}
    earlier = {(each.kind, each.listed) for arn in deleted(reach, stack.name) for each in resources_of(reach, arn)}
    owners = {id for _, id in known}
    others, beside = names(reach), []
    for thing in inventory.things(reach):
        copy = thing.kind in inventory.COPIES and thing.owner in {each.id for each in stack.resources}
        named = inventory.is_named_after(thing, stack.name, others) and thing.owner not in owners
        if (copy or named or (thing.kind, thing.id) in earlier) and (thing.kind, thing.id) not in known:
            beside.append(thing)
    return beside


def _kept(stack: Stack, found: Found) -> None:
    """Who is to stay by the template's word."""
    by_code = stack.processed["Resources"]
    for each in stack.resources:
        policy = by_code.get(each.logical, {}).get("DeletionPolicy", "Delete")
        # Of both, CloudFormation would keep a copy or the thing itself without having been asked.
        if policy != "Delete":
            found.breaks(
                f"{each.logical} ({each.id}) has DeletionPolicy {policy}",
                "DeletionPolicy: Delete outside of production",
            )
    kinds = Counter(each.kind.removeprefix("AWS::") for each in stack.resources)
    found.saw(f"would go: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}")


def _protected(stack: Stack, found: Found) -> None:
    described = stack.reach("cloudformation").describe_stacks(StackName=stack.arn)["Stacks"][0]
    if described.get("EnableTerminationProtection"):
        undo = f"aws cloudformation update-termination-protection --no-enable… --stack-name {stack.name}"
        found.breaks(f"the stack {stack.name} is protected from deletion", undo)
    for kind, protected in ((_KINDS_OF_DATA[0], _table), (_KINDS_OF_DATA[1], _pool)):
        for id in stack.ids(kind):
            if protected(stack, id):
                found.breaks(f"{id} is protected from deletion", "Stage=prod does so; take the protection away first")


def _table(stack: Stack, name: str) -> bool:
    dynamodb = stack.reach("dynamodb")
    try:
        return bool(dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"))
    except dynamodb.exceptions.ResourceNotFoundException:
        return False


def _pool(stack: Stack, id: str) -> bool:
    cognito = stack.reach("cognito-idp")
    try:
        return bool(cognito.describe_user_pool(UserPoolId=id)["UserPool"].get("DeletionProtection") == "ACTIVE")
    except cognito.exceptions.ResourceNotFoundException:
        return False


def _buckets(stack: Stack, found: Found) -> None:
    """A bucket with something in it does not go, unless a custom resource of the stack empties it first."""
    custom = [each.id for each in stack.resources if each.kind.startswith("Custom::")]
    s3 = stack.reach("s3")
    for bucket in stack.ids("AWS::S3::Bucket"):
        try:
            count = s3.list_objects_v2(Bucket=bucket, MaxKeys=1000)["KeyCount"]
            versioning = s3.get_bucket_versioning(Bucket=bucket).get("Status")
        except s3.exceptions.NoSuchBucket:
            continue
        emptied = any(bucket in id for id in custom)
        if count and not emptied:
            found.breaks(
                f"the bucket {bucket} has objects and nothing empties it", "a custom resource that does; deploy"
            )
        if versioning and not emptied:
            found.breaks(f"the bucket {bucket} keeps versions of its objects", "empty it with its versions first")
        how = "emptied by the stack itself when it goes" if emptied else "empty" if not count else "emptied by nobody"
        found.saw(f"bucket {bucket}: {count} objects, {how}")


def _log_groups(stack: Stack, found: Found) -> None:
    """Functions write into groups that the stack has; else they make groups of their own, that stay."""
    own: set[str] = set(stack.ids("AWS::Logs::LogGroup"))
    groups: list[dict[str, Any]] = stack.reach.all("logs", "describe_log_groups", "logGroups")
    for function in stack.functions:
        group = function["LoggingConfig"]["LogGroup"]
        if group not in own:
            found.breaks(
                f"{function['FunctionName']} logs to {group}, which is not in the stack and would stay",
                "LoggingConfig: LogGroup in the template; deploy",
            )
    kept = {each["logGroupName"]: each.get("retentionInDays") for each in groups}
    for group in sorted(own & kept.keys()):
        if kept[group] is None:
            found.breaks(
                f"the log group {group} keeps its lines for ever",
                f"RetentionInDays in the template; by hand: aws logs put-retention-policy --log-group-name {group} …",
            )
        found.saw(f"log group {group}: in the stack, {kept[group]} days")
