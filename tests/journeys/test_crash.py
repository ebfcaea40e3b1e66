"""What is cut off by a kill: deployments go on, a reset is whole or not at all. Kills under writes: crash/."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.journeys.crash.checks import check_folder
from tests.journeys.crash.writers import content


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03])
def test_a_deployment_that_is_cut_off_ends_in_order(fresh_cloud: RunningCloud, moment: float) -> None:
    resources: dict[str, Any] = {}
    for n in range(40):
        resources[f"P{n}"] = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": f"/{n}", "Type": "String", "Value": "x"},
        }
        if n:
            resources[f"P{n}"]["DependsOn"] = f"P{n - 1}"
    cfn = fresh_cloud.client("cloudformation")
    made = cfn.create_stack(StackName="cut-off", TemplateBody=json.dumps({"Resources": resources}))["StackId"]
    time.sleep(moment)
    fresh_cloud.restart()
    fresh_cloud.settle()
    status = cfn.describe_stacks(StackName=made)["Stacks"][0]["StackStatus"]
    pages = fresh_cloud.client("ssm").get_paginator("describe_parameters").paginate()
    there = {entry["Name"] for page in pages for entry in page["Parameters"]}
    assert (status, len(there)) in (("CREATE_COMPLETE", 40), ("ROLLBACK_COMPLETE", 0))
    cfn.delete_stack(StackName=made)
    fresh_cloud.settle()
    assert fresh_cloud.client("ssm").describe_parameters()["Parameters"] == []


@pytest.mark.parametrize("moment", [0.0, 0.002, 0.01, 0.05])
def test_a_reset_that_is_cut_off_leaves_all_or_nothing(fresh_cloud: RunningCloud, moment: float) -> None:
    s3, ssm = fresh_cloud.client("s3"), fresh_cloud.client("ssm")
    s3.create_bucket(Bucket="bucket")
    for n in range(20):
        s3.put_object(Bucket="bucket", Key=str(n), Body=content(str(n), 70_000))
        ssm.put_parameter(Name=f"/{n}", Value="x", Type="String")

    def reset() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            fresh_cloud.control("reset", {})

    asking = threading.Thread(target=reset)
    asking.start()
    time.sleep(moment)
    fresh_cloud.restart()
    asking.join(30)
    check_folder(fresh_cloud)
    parameters = ssm.get_paginator("describe_parameters").paginate()
    there = len([entry for page in parameters for entry in page["Parameters"]])
    if s3.list_buckets()["Buckets"]:
        assert there == 20
        for n in range(20):
            assert s3.get_object(Bucket="bucket", Key=str(n))["Body"].read() == content(str(n), 70_000)
    else:
        assert there == 0
