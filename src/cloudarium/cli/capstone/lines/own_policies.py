"""The policies that things have of their own: who may invoke a function, use a bucket, publish to a topic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cloudarium.cli.capstone.lines.resolved import differences, listed
from cloudarium.cli.capstone.stack import Stack

_PERMISSION = "AWS::Lambda::Permission"


def invokers(stack: Stack) -> Iterator[str]:
    """How the permissions to invoke the stack's functions differ from the template's, in words."""
    wanted, present = {each.id: each.logical for each in stack.of(_PERMISSION)}, set()
    for function in stack.functions:
        name = function["FunctionName"]
        for statement in _of_function(stack, name):
            present.add(statement["Sid"])
            if statement["Sid"] not in wanted:
                yield f"{name} may be invoked by the permission {statement['Sid']}, which came by hand"
    for id in sorted(wanted.keys() - present):
        who = stack.processed["Resources"].get(wanted[id], {}).get("Properties", {}).get("Principal", "its caller")
        yield f"the permission {wanted[id]} is gone: {who} may not invoke the function"


def bucket_policies(stack: Stack, names: dict[str, str]) -> Iterator[str]:
    """How the policies of the stack's buckets differ from the template's, in words."""
    wanted = {each.id: document(stack, each.logical) for each in stack.of("AWS::S3::BucketPolicy")}
    s3 = stack.reach("s3")
    for bucket in stack.ids("AWS::S3::Bucket"):
        try:
            there = {bucket: _statements(s3.get_bucket_policy(Bucket=bucket)["Policy"])}
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                continue  # that is said already
            if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                raise
            there = {}
        by_code = [{"PolicyName": bucket, "PolicyDocument": wanted[bucket]}] if bucket in wanted else []
        yield from (f"bucket {bucket}: {told}" for told in differences(there, by_code, names))


def topic_policy(stack: Stack, topic: str, there: str, names: dict[str, str]) -> list[str]:
    """How a topic's policy differs from the one that the template gives it; nothing where the template gives none."""
    logical = stack.logical(topic)
    for each in stack.of("AWS::SNS::TopicPolicy"):
        properties = stack.processed["Resources"].get(each.logical, {}).get("Properties", {})
        if {"Ref": logical} in properties.get("Topics", []):
            by_code = [{"PolicyName": topic, "PolicyDocument": properties["PolicyDocument"]}]
            return differences({topic: _statements(there)}, by_code, names)
    return []


def document(stack: Stack, logical: str) -> dict[str, Any]:
    """The policy document that the template has under this name."""
    wanted = stack.processed["Resources"].get(logical, {}).get("Properties", {})
    return dict(wanted.get("PolicyDocument", {"Statement": []}))


def _of_function(stack: Stack, name: str) -> list[dict[str, Any]]:
    client = stack.reach("lambda")
    try:
        return _statements(client.get_policy(FunctionName=name)["Policy"])
    except client.exceptions.ResourceNotFoundException:
        return []


def _statements(policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = listed(json.loads(policy)["Statement"])
    return found
