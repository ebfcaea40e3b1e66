"""The shop on this cloud: deployed without the SAM CLI and with it, used, watched, killed and found whole again."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.clients.tools import CAPSTONE, Shell, python_tool
from tests.conftest import RunningCloud

WILDCARD = re.compile(r"^\*$|:\*$")


class Shop(NamedTuple):
    """The deployed shop: its cloud, its outputs and what its journey printed."""

    cloud: RunningCloud
    shell: Shell
    outputs: dict[str, str]
    said: str

    @property
    def url(self) -> str:
        """Where the API is."""
        return self.outputs["ApiUrl"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop, deployed by `cloudarium deploy` on a cloud of this module's own, after a customer's journey."""
    cloud = RunningCloud(tmp_path_factory.mktemp("cloud"))
    try:
        shell = Shell(cloud.url, tmp_path_factory.mktemp("home"), key="test")
        outputs = deploy(shell)["outputs"]
        said = shell.run(sys.executable, CAPSTONE / "journey.py", outputs["ApiUrl"])
        yield Shop(cloud, shell, outputs, said)
    finally:
        cloud.stop()


def deploy(shell: Shell) -> Any:
    """Deploy the shop as `make up` does."""
    command = (
        sys.executable,
        "-m",
        "cloudarium",
        "deploy",
        CAPSTONE / "template.yaml",
        "--stack-name",
        "shop",
        "--json",
    )
    return json.loads(shell.run(*command))


def own_tests(folder: str, **environment: str) -> None:
    """Run the shop's own tests, as its developers do."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
    kept = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", **environment}
    done = subprocess.run(command, cwd=CAPSTONE, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_its_unit_tests_pass() -> None:
    own_tests("tests/unit")


def test_its_template_is_clean() -> None:
    done = subprocess.run(
        [python_tool("sam", "cfn-lint"), "--include-checks", "I", "--", CAPSTONE / "template.yaml"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "ignore_checks" not in (CAPSTONE / "template.yaml").read_text()


def test_a_customers_journey(shop: Shop) -> None:
    steps = shop.said.splitlines()
    assert len(steps) == 10
    assert all(line.startswith("  ✓ ") for line in steps[:-1])
    assert "placed an order: 2 x A Novel, 1 x The Atlas, €78.80 in one transaction" in shop.said


def test_its_integration_tests_pass(shop: Shop) -> None:
    own_tests("tests/integration", API_URL=shop.url)


def test_deploying_it_again_changes_nothing(shop: Shop) -> None:
    again = deploy(shop.shell)
    assert (again["changed"], again["outputs"]) == (False, shop.outputs)


def test_every_call_was_signed_authorised_and_recorded(shop: Shop) -> None:
    entries = shop.cloud.control("journal?limit=1000&service=dynamodb")["entries"]
    from_functions = [entry for entry in entries if ":assumed-role/shop-" in entry["principal"]]
    assert {entry["operation"] for entry in from_functions} >= {"TransactWriteItems", "Query", "GetItem", "PutItem"}
    for entry in from_functions:
        assert entry["signed"]
        assert entry["decision"] and all(each["allowed"] for each in entry["decision"])
        assert all(each["statements"] for each in entry["decision"]), "someone allowed this by a statement"
    invokes = shop.cloud.control("journal?limit=1000&service=lambda&operation=Invoke")["entries"]
    assert invokes and all(entry["principal"].endswith("apigateway.amazonaws.com") for entry in invokes)


def test_no_function_may_do_more_than_its_work(shop: Shop) -> None:
    iam = shop.cloud.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("shop-")]
    assert len(roles) == 3
    for role in roles:
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                said = [statement["Action"], statement["Resource"]]
                words = [word for each in said for word in (each if isinstance(each, list) else [each])]
                assert not [word for word in words if WILDCARD.search(word)]


def test_its_logs_are_structured_and_kept_for_a_while(shop: Shop) -> None:
    logs = shop.cloud.client("logs")
    groups = {group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]}
    named = [value for name, value in shop.outputs.items() if name.endswith("LogGroup")]
    assert len(named) == 4 and all(groups[name] == 14 for name in named)

    pattern = '{ $.message = "order placed" }'
    events = logs.filter_log_events(logGroupName=shop.outputs["OrdersLogGroup"], filterPattern=pattern)["events"]
    line = json.loads(events[0]["message"])
    assert (line["service"], line["level"]) == ("orders", "INFO")
    accessed = logs.filter_log_events(
        logGroupName=shop.outputs["AccessLogGroup"],
        filterPattern=f'{{ $.requestId = "{line["correlation_id"]}" }}',
    )["events"]
    access = json.loads(accessed[0]["message"])
    assert (access["route"], access["status"]) == ("POST /orders", "201")
    metrics = logs.filter_log_events(logGroupName=shop.outputs["OrdersLogGroup"], filterPattern='"OrdersPlaced"')
    assert json.loads(metrics["events"][0]["message"])["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Shop"


def test_kill_9_loses_no_order(shop: Shop) -> None:
    travelled = shop.shell.run(sys.executable, "-c", TRAVEL, shop.url, cwd=CAPSTONE)
    left = json.loads(travelled)
    shop.cloud.restart()
    order = shop.cloud.client("dynamodb").get_item(
        TableName=shop.outputs["TableName"], Key={"pk": {"S": f"ORDER#{left['order']}"}, "sk": {"S": "ORDER"}}
    )
    assert order["Item"]["status"] == {"S": "cancelled"}
    assert "placed an order" in shop.shell.run(sys.executable, CAPSTONE / "journey.py", shop.url)


TRAVEL = "import json, sys, journey; print(json.dumps(journey.travel(sys.argv[1], lambda line: None)))"


def test_the_sam_cli_deploys_it_too(cloud: RunningCloud, shell: Shell, account: str, tmp_path: Path) -> None:
    here = tmp_path / "capstone"
    shutil.copytree(CAPSTONE, here, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    arm = platform.machine() in ("arm64", "aarch64")
    processor = ("--parameter-overrides", "Architecture=arm64") if arm else ()
    shell.sam("validate", "--lint", cwd=here)
    shell.sam("build", *processor, cwd=here)
    assert "Successfully created/updated stack - shop" in shell.sam("deploy", *processor, cwd=here)
    listed = json.loads(shell.sam("list", "stack-outputs", "--output", "json", cwd=here))
    url = {output["OutputKey"]: output["OutputValue"] for output in listed}["ApiUrl"]
    assert "cancelled the order" in shell.run(sys.executable, here / "journey.py", url)
    shell.sam("delete", "--no-prompts", cwd=here)
    assert cloud.client("dynamodb", key=account).list_tables()["TableNames"] == []
