"""Export tasks: a group's events go to a bucket as files."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOW = int(time.time() * 1000)


def allow(s3: Any, bucket: str, account: str, action: str = "s3:PutObject") -> None:
    """The policy of AWS's guide, for the region's service name; `action` may be another than the one it needs."""
    who = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}}
    own = {"aws:SourceAccount": [account]}
    source = {"ArnLike": {"aws:SourceArn": [f"arn:aws:logs:us-east-1:{account}:log-group:*"]}}
    statements = [
        {
            **who,
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringEquals": own, **source},
        },
        {
            **who,
            "Action": action,
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **own}, **source},
        },
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))


def refused(call: Callable[[], Any], code: str) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    assert raised.value.response["Error"]["Code"] == code
    return str(raised.value.response["Error"]["Message"])


def test_events_are_exported_to_a_bucket(client: Callable[..., Any], cloud: Any, account: str) -> None:
    logs, s3 = client("logs"), client("s3")
    bucket = f"exports-{account}"
    given = {"logGroupName": "/app", "from": NOW - 10, "to": NOW + 1, "destination": bucket}
    message = refused(lambda: logs.create_export_task(**given), "ResourceNotFoundException")
    assert message == "The specified log group does not exist."
    logs.create_log_group(logGroupName="/app")
    message = refused(lambda: logs.create_export_task(**given), "InvalidParameterException")
    assert message == "The given bucket does not exist. Please make sure the bucket is valid."
    s3.create_bucket(Bucket=bucket)
    message = refused(lambda: logs.create_export_task(**given), "InvalidParameterException")
    assert message.startswith("GetBucketAcl call on the given bucket failed.")
    allow(s3, bucket, account, "s3:GetObject")
    message = refused(lambda: logs.create_export_task(**given), "InvalidParameterException")
    assert message.startswith("PutObject call on the given bucket failed.")
    allow(s3, bucket, account)

    for stream, times in (("/a/b", (-20, -10, 0)), ("other", (1, 2))):
        logs.create_log_stream(logGroupName="/app", logStreamName=stream)
        events = [{"timestamp": NOW + at, "message": f"{stream} {at}"} for at in times]
        logs.put_log_events(logGroupName="/app", logStreamName=stream, logEvents=events)
    task = logs.create_export_task(**given, taskName="mine")["taskId"]
    cloud.settle()
    (shown,) = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert shown["status"]["code"] == "COMPLETED" and shown["taskName"] == "mine"
    assert shown["destinationPrefix"] == "exportedlogs" and "completionTime" in shown["executionInfo"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == [
        "aws-logs-write-test",
        f"exportedlogs/{task}/-a-b/000000.gz",
        f"exportedlogs/{task}/other/000000.gz",
    ]
    assert s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read() == b"Permission Check Successful"
    lines = gzip.decompress(s3.get_object(Bucket=bucket, Key=keys[1])["Body"].read()).decode().splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["/a/b -10", "/a/b 0"]
    assert lines[1].startswith(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOW // 1000)) + f".{NOW % 1000:03d}Z ")

    refused(lambda: logs.cancel_export_task(taskId=task), "InvalidOperationException")
    assert logs.describe_export_tasks(taskId="nope")["exportTasks"] == []
    assert [each["taskId"] for each in logs.describe_export_tasks(statusCode="COMPLETED")["exportTasks"]] == [task]
    assert logs.describe_export_tasks(statusCode="FAILED")["exportTasks"] == []
    again = logs.create_export_task(**given, destinationPrefix="p", logStreamNamePrefix="oth")["taskId"]
    cloud.settle()
    page = logs.describe_export_tasks(limit=1)
    assert page["exportTasks"][0]["taskId"] == again
    assert logs.describe_export_tasks(nextToken=page["nextToken"])["exportTasks"][0]["taskId"] == task
    found = s3.list_objects_v2(Bucket=bucket, Prefix="p/")["Contents"]
    assert {each["Key"] for each in found} == {f"p/{again}/other/000000.gz", "p/aws-logs-write-test"}
