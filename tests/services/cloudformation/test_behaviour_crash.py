"""A deployment that is cut off goes on at the next start."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.services.cloudformation.conftest import BAD, CAPABILITIES, Stacks, bucket, group


def deploy_and_kill(fresh_cloud: Any, stacks: Stacks, resources: dict[str, Any], seen: int) -> None:
    """Begin a stack in a thread and kill the cloud as soon as `seen` events are there."""

    def begin() -> None:
        with contextlib.suppress(BotoCoreError, ClientError):  # the cloud dies under it, as it should
            stacks.client.create_stack(StackName="s", TemplateBody=Stacks.body(resources), Capabilities=CAPABILITIES)

    thread = threading.Thread(target=begin)
    thread.start()
    while True:
        try:
            if len(stacks.events("s")) >= seen:
                break
        except ClientError:
            continue
    fresh_cloud.kill()
    thread.join()
    fresh_cloud.start()


def test_a_creation_goes_on_after_a_crash(fresh_cloud: Any) -> None:
    stacks = Stacks(fresh_cloud, fresh_cloud.client("cloudformation"))
    resources: dict[str, Any] = {f"B{number}": bucket() for number in range(30)}
    resources |= {f"G{number}": group(LogGroupName={"Fn::Sub": f"/x/${{B{number}}}"}) for number in range(30)}
    deploy_and_kill(fresh_cloud, stacks, resources, seen=20)
    assert stacks.status("s") == "CREATE_COMPLETE"
    ids = stacks.ids("s")
    names = {entry["Name"] for entry in fresh_cloud.client("s3").list_buckets()["Buckets"]}
    assert names == {name for logical, name in ids.items() if logical.startswith("B")}
    assert stacks.delete("s") == "DELETE_COMPLETE"


def test_a_creation_that_fails_after_a_crash_is_taken_back_whole(fresh_cloud: Any) -> None:
    stacks = Stacks(fresh_cloud, fresh_cloud.client("cloudformation"))
    resources: dict[str, Any] = {f"B{number}": bucket() for number in range(40)}
    resources["Bad"] = {**BAD, "DependsOn": list(resources)}
    deploy_and_kill(fresh_cloud, stacks, resources, seen=20)
    assert stacks.status("s") == "ROLLBACK_COMPLETE"
    assert fresh_cloud.client("s3").list_buckets()["Buckets"] == []
