"""A deployment that is cut off by a kill ends in order at the next start. Kills under all kinds of writes: crash/."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.conftest import RunningCloud


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
