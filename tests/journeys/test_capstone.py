"""The shop on this cloud: deployed by the SAM CLI, used, watched, held against its checklist, killed, and taken down.

That it is deployed without the SAM CLI too, and that nothing is deployed twice, `make up` shows (test_two_commands).
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from capstone import journey
from cloudarium.cli import running
from cloudarium.cli.capstone import environment, environment_name
from cloudarium.cli.capstone.checklist import judge
from cloudarium.cli.capstone.reach import Reach
from cloudarium.cli.capstone.stack import Stack, find
from cloudarium.cli.capstone.visit import Visit
from cloudarium.services.cloudformation.template import reading
from tests.clients import chromium
from tests.clients.tools import CAPSTONE, Shell, python_tool
from tests.conftest import RunningCloud
from tests.journeys import neighbours
from tests.journeys.breaking import BREAKAGES, Breakage, Live
from tests.journeys.crash.processes import descendants, wait_for

TEMPLATES = (CAPSTONE / "template.yaml", CAPSTONE / "history" / "template.yaml")
BOB = "bob@example.net"  # nobody has proved that this address is theirs
WILDCARD = re.compile(r"^\*$|:\*$")


class Shop(NamedTuple):
    """The deployed shop: its cloud, its outputs and what its journey printed."""

    cloud: RunningCloud
    shell: Shell
    outputs: dict[str, str]
    said: str
    bob: journey.Shop

    @property
    def variables(self) -> dict[str, str]:
        """What the shop's programs find in their environment."""
        return environment(self.cloud.url, self.outputs)

    def travel(self, *program: str | Path) -> str:
        """Make a customer's journey; what it printed."""
        return self.shell.run(sys.executable, *(program or [CAPSTONE / "journey.py"]), cwd=CAPSTONE, **self.variables)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop, deployed as its README says on a cloud of this module's own, after a customer's journey."""
    cloud = RunningCloud(tmp_path_factory.mktemp("cloud"))
    try:
        shell = Shell(cloud.url, tmp_path_factory.mktemp("home"), key="test")
        outputs = deploy_by_sam(shell, tmp_path_factory.mktemp("project") / "capstone")
        follow_link(cloud, "shop@example.com")
        follow_link(cloud, "owner@example.com")
        with pytest.MonkeyPatch.context() as patch:
            bob = found_by(patch, cloud, outputs).sign_up("Bob", "sandbox", BOB)
        # Out of the sandbox, whose one mail a second would have the tests wait.
        access = {"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.com", "ProductionAccessEnabled": True}
        cloud.client("sesv2").put_account_details(**access)
        shop = Shop(cloud, shell, outputs, "", bob)
        yield shop._replace(said=shop.travel())
    finally:
        cloud.stop()


@pytest.fixture
def deployed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> journey.Deployed:
    """The shop as its own programs see it."""
    return found_by(monkeypatch, shop.cloud, shop.outputs)


def found_by(patch: pytest.MonkeyPatch, cloud: RunningCloud, outputs: dict[str, str]) -> journey.Deployed:
    """The shop for programs that find AWS in their environment, as it now is."""
    for name, value in environment(cloud.url, outputs).items():
        if name.startswith("AWS_"):
            patch.setenv(name, value)
    patch.setattr(boto3, "DEFAULT_SESSION", None)
    return journey.Deployed(*(outputs[name] for name in ("ApiUrl", "UserPoolId", "UserPoolClientId")))


def follow_link(cloud: RunningCloud, address: str) -> None:
    """Follow the link in the mail to an address, as its owner does: SES's proof of it, or SNS's question."""
    [mail] = cloud.control(f"mail?to={address}")["mails"]
    text = cloud.control(f"mail/{mail['id']}")["text"]
    urllib.request.urlopen(next(line for line in text.splitlines() if line.startswith("http"))).close()


def deploy_by_sam(shell: Shell, here: Path) -> dict[str, str]:
    """Deploy a copy of the shop by the SAM CLI, with nothing said that its README does not say; the outputs."""
    shutil.copytree(CAPSTONE, here, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    arm = platform.machine() in ("arm64", "aarch64")
    processor = ("--parameter-overrides", "Architecture=arm64") if arm else ()
    shell.environment["SAM_CLI_POLL_DELAY"] = "0.1"
    shell.sam("validate", "--lint", cwd=here)
    shell.sam("build", *processor, cwd=here)
    assert "Successfully created/updated stack - shop" in shell.sam("deploy", *processor, cwd=here)
    listed = json.loads(shell.sam("list", "stack-outputs", "--output", "json", cwd=here))
    return {output["OutputKey"]: output["OutputValue"] for output in listed}


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
        [python_tool("sam", "cfn-lint"), "--include-checks", "I", "--", *TEMPLATES],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert not [template for template in TEMPLATES if "ignore_checks" in template.read_text()]


def test_a_customers_journey(shop: Shop) -> None:
    steps = shop.said.splitlines()
    assert len(steps) == 13
    assert all(line.startswith("  ✓ ") for line in steps[:-1])
    assert "placed an order: 2 x A Novel, 1 x The Atlas, €78.80 in one transaction" in shop.said


def test_its_integration_tests_pass(shop: Shop) -> None:
    aws = {name: value for name, value in shop.variables.items() if name.startswith("AWS_")}
    own_tests("tests/integration", **aws, **{environment_name(name): each for name, each in shop.outputs.items()})


def test_every_call_was_signed_authorised_and_recorded(shop: Shop) -> None:
    entries = shop.cloud.control("journal?limit=1000&service=dynamodb")["entries"]
    from_functions = [entry for entry in entries if ":assumed-role/shop-" in entry["principal"]]
    assert {entry["operation"] for entry in from_functions} >= {"TransactWriteItems", "Query", "GetItem", "PutItem"}
    for entry in from_functions:
        assert entry["signed"]
        assert entry["decision"] and all(each["allowed"] for each in entry["decision"])
        assert all(each["statements"] for each in entry["decision"]), "someone allowed this by a statement"
    invokes = shop.cloud.control("journal?limit=1000&service=lambda&operation=Invoke")["entries"]
    assert {entry["principal"].rpartition("/")[2].partition(".")[0] for entry in invokes} >= {
        "apigateway", "cognito-idp", "events",
    }  # fmt: skip


def test_no_function_may_do_more_than_its_work(shop: Shop) -> None:
    iam = shop.cloud.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("shop-")]
    assert len(roles) == 13
    for role in roles:
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                said = [statement["Action"], statement["Resource"]]
                words = [word for each in said for word in (each if isinstance(each, list) else [each])]
                assert not [word for word in words if WILDCARD.search(word)]


def test_a_customer_gets_their_mail(shop: Shop) -> None:
    shop.cloud.settle()
    mails = shop.cloud.control("mail?from=shop@example.com&limit=1000")["mails"]
    confirmed = {}
    for mail in (each for each in mails if each["subject"].startswith("Your order ")):
        text = shop.cloud.control(f"mail/{mail['id']}")["text"]
        if "2 x A Novel" in text and "1 x The Atlas" in text and "€78.80" in text:
            confirmed.setdefault(mail["to"][0], []).append(mail)
    assert confirmed and all(len(each) == 1 for each in confirmed.values()), "an order is confirmed once"
    welcomed = [each["to"][0] for each in mails if each["subject"] == "Welcome to the shop, Ada"]
    assert all(welcomed.count(address) == 1 for address in confirmed)


def test_its_logs_are_structured_and_kept_for_a_while(shop: Shop) -> None:
    logs = shop.cloud.client("logs")
    groups = {group["logGroupName"]: group.get("retentionInDays") for group in logs.describe_log_groups()["logGroups"]}
    named = [value for name, value in shop.outputs.items() if name.endswith("LogGroup")]
    assert sorted(named) == ["/shop/api", "/shop/functions"] and all(groups[name] == 14 for name in named)
    assert not [name for name in groups if name not in named], "nothing logs where nobody looks"

    pattern = '{ $.message = "order placed" }'
    events = logs.filter_log_events(logGroupName=shop.outputs["FunctionLogGroup"], filterPattern=pattern)["events"]
    line = json.loads(events[0]["message"])
    assert (line["service"], line["level"]) == ("orders", "INFO")
    accessed = logs.filter_log_events(
        logGroupName=shop.outputs["AccessLogGroup"],
        filterPattern=f'{{ $.requestId = "{line["correlation_id"]}" }}',
    )["events"]
    access = json.loads(accessed[0]["message"])
    assert (access["route"], access["status"]) == ("POST /orders", "201")
    metrics = logs.filter_log_events(logGroupName=shop.outputs["FunctionLogGroup"], filterPattern='"OrdersPlaced"')
    assert json.loads(metrics["events"][0]["message"])["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Shop"


# ---- It checks itself -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def verified(shop: Shop) -> tuple[Live, Reach, Visit]:
    """The shop as its checklist sees it, after a visit that went well."""
    reach = Reach.at(running.Running(0, shop.cloud.url, None, ""))
    return Live(shop.cloud), reach, Visit(look_at(reach)).make()


def look_at(reach: Reach) -> Stack:
    """The shop's stack as it is now."""
    stack = find(reach, "shop")
    assert stack is not None
    return stack


def test_every_line_of_the_checklist_holds_and_has_evidence(shop: Shop) -> None:
    # With --aws it is asked as a shop at AWS would be: by boto3's own settings, and without this machine's mail box.
    told = json.loads(cloudarium(shop, "capstone", "verify", "--aws", "--json"))
    assert [line["number"] for line in told["lines"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert told["holds"] and all(line["holds"] and not line["broken"] for line in told["lines"])
    evidence = ["\n".join(line["evidence"]) for line in told["lines"]]
    assert "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/" in evidence[0]
    assert all(shop.outputs[name] in evidence[1] for name in ("CacheSecretArn", "PaymentSecretArn"))
    for attempt in ("without a token", "with a forged token"):
        assert re.search(rf"1\d requests {attempt}: 401", evidence[2])
    assert "watches the API's latency: p99 > 2000" in evidence[3] and "tells owner@example.com" in evidence[3]
    assert re.search(r"1-[0-9a-f]{8}-[0-9a-f]{24} \(POST /orders\): .*DynamoDB", evidence[4])
    mails = re.findall(r"mail ([0-9a-f-]{60}) by", evidence[5])
    assert [shop.cloud.control(f"mail/{id}")["subject"].split()[0] for id in mails] == ["Welcome", "Your"]
    assert "hit rate 92%" in evidence[6]
    assert "0 beside the stack" in evidence[7]


@pytest.mark.parametrize("broken", BREAKAGES, ids=lambda broken: "-".join(each.how.__name__ for each in broken))
def test_what_is_broken_is_told_by_its_line_alone(
    verified: tuple[Live, Reach, Visit], broken: tuple[Breakage, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    live, reach, visit = verified
    monkeypatch.setattr("cloudarium.cli.capstone.visit.PATIENCE", 0.5)  # for a mail that will not come
    with contextlib.ExitStack() as mended:
        for each in broken:
            mended.enter_context(each.how(live))
        stack = look_at(reach)
        seen = Visit(stack).make() if any(each.anew for each in broken) else visit
        told = {one.number: one.found.broken for one in judge(stack, lambda: seen) if not one.holds}
    expected: dict[int, list[str]] = {}
    for number, pattern in (pair for each in broken for pair in each.told.items()):
        expected.setdefault(number, []).append(pattern)
    assert told.keys() == expected.keys(), told
    for number, reasons in told.items():
        by_reason = [[bool(re.search(pattern, each.what)) for pattern in expected[number]] for each in reasons]
        assert all(map(any, by_reason)) and all(map(any, zip(*by_reason, strict=True))), reasons
        assert all(each.next for each in reasons)


def test_mended_it_holds_again_and_what_is_not_there_is_said(shop: Shop) -> None:
    shown = cloudarium(shop, "capstone", "verify")
    assert "All eight lines hold." in shown
    assert [line[4] for line in shown.splitlines() if line.startswith("  ✓ ")] == list("12345678")
    assert "no stack another is deployed" in cloudarium(
        shop, "capstone", "verify", "--stack-name", "another", fails=True
    )


def cloudarium(shop: Shop, *words: str, fails: bool = False) -> str:
    """What the command says at the shop's cloud."""
    done = shop.shell.attempt(sys.executable, "-m", "cloudarium", *words)
    assert bool(done.returncode) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


# ---- What is slow is found ------------------------------------------------------------------------------------------


def a_product(staff: journey.Shop) -> Any:
    """A product of the test's own."""
    product = {"name": "A Novel", "category": "journeys", "price_cents": 1_490, "stock": 50}
    return staff.ask(201, "POST", "/products", product).body


def an_order(customer: journey.Shop, product: Any, **headers: str) -> Any:
    """An order of one of these."""
    wanted = {"lines": [{"product_id": product["id"], "quantity": 1}]}
    return customer.ask(201, "POST", "/orders", wanted, idempotency_key=uuid4().hex, **headers).body


def test_the_slow_path_is_found_from_the_map_in_three_clicks(shop: Shop, deployed: journey.Deployed) -> None:
    staff = deployed.hire("slow")
    product, ada = a_product(staff), deployed.sign_up("Ada", "slow")
    placed = [an_order(ada, product)["id"] for _ in range(10)]
    path = f"/products/{product['id']}/orders"
    found = lambda: [each["id"] for each in staff.ask(200, "GET", path).body["orders"]]  # noqa: E731
    journey.eventually(lambda: found() == placed[::-1], "who bought it is not found")
    with chromium.running() as browser:
        page = browser.new_context(**chromium.DESKTOP).new_page()
        page.goto(f"{shop.cloud.url}/_cloudarium/map")
        page.get_by_role("link", name=re.compile(r"^shop-OrdersFunction-\w+, Lambda function")).click()
        page.wait_for_url("**/traces?about=shop-OrdersFunction-*")
        page.get_by_role("link", name="GET /products/{product_id}/orders").first.click()
        page.wait_for_url("**/traces/1-*")
        calls = [row.split()[0] for row in page.locator("table.fall tbody tr").all_inner_texts()]
        assert calls.count("dynamodb:Query") > 10 > len(calls) - calls.count("dynamodb:Query"), calls
        guilty = page.locator("table.fall tbody tr", has_text="dynamodb:Query").last
        guilty.get_by_role("link", name="allowed").click()
        page.wait_for_url("**/calls/*")
        assert "Query" in page.locator("h1").inner_text()


def test_an_orders_way_is_told_from_the_request_to_the_mail(shop: Shop, deployed: journey.Deployed) -> None:
    product, ada = a_product(deployed.hire("way")), deployed.sign_up("Ada", "way")
    root = new_root(shop.cloud)
    an_order(ada, product, X_Amzn_Trace_Id=f"Root={root};Sampled=1")
    way = ["lambda:Invoke", "dynamodb:TransactWriteItems", "sqs:SendMessage", "sesv2:SendEmail"]
    wait_for("the mail is told of", lambda: set(way) <= set(told_of(shop.cloud, root)))
    told = told_of(shop.cloud, root)
    assert sorted(way, key=told.index) == way
    functions = [name.split("-")[1] for name in told if name.startswith("shop-") and "Function-" in name]
    assert {"OrdersFunction", "OrderEventsFunction", "ConfirmationsFunction"} <= set(functions)


def test_the_cache_is_on_the_map(shop: Shop, deployed: journey.Deployed) -> None:
    root = new_root(shop.cloud)
    deployed.nobody().ask(200, "GET", "/products", X_Amzn_Trace_Id=f"Root={root};Sampled=1")
    xray = shop.cloud.client("xray")

    def drawn() -> set[tuple[str, str]]:
        return {(each["Name"], each["Type"]) for each in xray.get_trace_graph(TraceIds=[root])["Services"]}

    wait_for("the cache is on the map", lambda: ("valkey", "remote") in drawn())


def new_root(cloud: RunningCloud) -> str:
    """The id of a trace that begins now."""
    now = datetime.fromisoformat(cloud.control("clock")["now"]).timestamp()
    return f"1-{int(now):08x}-{uuid4().hex[:24]}"


def told_of(cloud: RunningCloud, id: str) -> list[str]:
    """The names of all that a trace tells, and then of the traces that it went on in."""
    told = cloud.control(f"traces/{id}")
    names, spans = [], list(told["spans"])
    while spans:
        names.append(spans[0]["name"])
        spans[:1] = spans[0]["spans"]
    return names + [name for other in told["went_on"] for name in told_of(cloud, other)]


# ---- What must be denied --------------------------------------------------------------------------------------------


def test_in_the_sandbox_an_address_that_nobody_proved_gets_no_mail(shop: Shop) -> None:
    assert shop.bob.ask(200, "GET", "/customers/me").body["email"] == BOB, "a mail that cannot go keeps nobody out"
    assert shop.cloud.control(f"mail?from=shop@example.com&to={BOB}")["mails"] == []
    events = shop.cloud.client("logs").filter_log_events(
        logGroupName=shop.outputs["FunctionLogGroup"], filterPattern='{ $.message = "the welcome mail was not sent" }'
    )["events"]
    assert "MessageRejected" in events[0]["message"] and BOB in events[0]["message"]


def test_no_functions_role_serves_for_its_neighbours_work(shop: Shop) -> None:
    listed = shop.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName="shop")
    resources = [each for page in listed for each in page["StackResourceSummaries"]]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    functions = {name.removesuffix("Function") for name in ids if name.endswith("Function")}
    assert functions == neighbours.WORK.keys()
    ids["Stack"] = shop.cloud.client("cloudformation").describe_stacks(StackName="shop")["Stacks"][0]["StackId"]
    s3 = shop.cloud.client("s3")
    for key in ("pictures/seen", "thumbnails/seen"):
        s3.put_object(Bucket=ids["PicturesBucket"], Key=key, Body=b"no picture")
    with neighbours.curious(shop.cloud) as user:
        worker = neighbours.Worker(shop.cloud, ids, user)
        for name, work in neighbours.WORK.items():
            with neighbours.trusting(shop.cloud, ids[f"{name}FunctionRole"]) as role:
                worker.take(role)
                tried = neighbours.ATTEMPTS | (neighbours.NOBODYS if name == "Orders" else {})
                assert {what for what, attempt in tried.items() if worker.may(attempt)} == work, name
    s3.delete_object(Bucket=ids["ReportsBucket"], Key="daily/neighbours")
    shop.cloud.client("sqs").purge_queue(QueueUrl=ids["ConfirmationQueue"])


def test_who_asks_too_often_is_told_to_wait(shop: Shop, deployed: journey.Deployed) -> None:
    api, anyone = shop.cloud.client("apigatewayv2"), deployed.nobody()
    [stage] = ({"ApiId": each["ApiId"], "StageName": "$default"} for each in api.get_apis()["Items"])
    route = "GET /products/{product_id}"
    api.update_stage(**stage, RouteSettings={route: {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 1}})
    answers = [anyone.send("GET", "/products/nothing") for _ in range(3)]
    assert [answer.status for answer in answers] == [404, 429, 429]
    assert answers[1].body == {"message": "Too Many Requests"}
    anyone.ask(200, "GET", "/products")
    api.delete_route_settings(**stage, RouteKey=route)
    anyone.ask(404, "GET", "/products/nothing")


# ---- What breaks, and what time ends -------------------------------------------------------------------------------


def test_kill_9_loses_no_order(shop: Shop) -> None:
    left = json.loads(shop.travel("-c", TRAVEL))
    shop.cloud.restart()
    order = shop.cloud.client("dynamodb").get_item(
        TableName=shop.outputs["TableName"], Key={"pk": {"S": f"ORDER#{left['order']}"}, "sk": {"S": "ORDER"}}
    )
    assert order["Item"]["status"] == {"S": "cancelled"}
    assert "placed an order" in shop.travel()


TRAVEL = "import json, journey; print(json.dumps(journey.travel(journey.Deployed.by_environment(), lambda line: None)))"


def test_tokens_and_the_urls_of_pictures_end(shop: Shop, deployed: journey.Deployed) -> None:
    staff, ada = deployed.hire("ends"), deployed.sign_up("Ada", "ends")
    path = f"/products/{a_product(staff)['id']}"
    form = staff.ask(200, "POST", f"{path}/picture", {"content_type": "image/png"}).body
    picture = journey.red_square(8)
    assert journey.fetch(journey.post_form(form, picture)).status == 204
    journey.eventually(lambda: bool(staff.ask(200, "GET", path).body["picture_url"]), "no thumbnail was made", 60)
    url = staff.ask(200, "GET", path).body["picture_url"]
    assert journey.fetch(Request(url)).status == 200
    ada.ask(200, "GET", "/customers/me")

    shop.cloud.clock_advance(901)
    assert journey.fetch(journey.post_form(form, picture)).status == 403
    assert journey.fetch(Request(url)).status == 403
    ada.ask(200, "GET", "/customers/me")
    shop.cloud.clock_advance(2700)
    assert "expired" in ada.ask(401, "GET", "/customers/me").headers["www-authenticate"]
    staff.ask(401, "GET", "/orders?status=placed")
    deployed.hire("ended").ask(200, "GET", "/orders?status=placed")


def test_without_its_cache_the_catalogue_serves_on(shop: Shop, deployed: journey.Deployed) -> None:
    anyone = deployed.nobody()
    seen = lambda: anyone.ask(200, "GET", "/products").headers["x-cache"]  # noqa: E731
    journey.eventually(lambda: seen() == "hit", "the cache is not used")
    processes = descendants(shop.cloud.process.pid)
    [server] = (pid for pid in processes if Path(f"/proc/{pid}/comm").read_text() == "valkey-server\n")
    os.kill(server, signal.SIGSTOP)
    assert seen() == "gone", "a cache that does not answer is not waited for"
    os.kill(server, signal.SIGKILL)
    assert seen() == "gone"


def test_what_is_given_up_wakes_the_owner(shop: Shop) -> None:
    shop.cloud.client("sqs").send_message(QueueUrl=shop.outputs["DeadLettersUrl"], MessageBody="an order")
    shop.cloud.clock_advance(180)
    shop.cloud.settle()
    subjects = [each["subject"] for each in shop.cloud.control("mail?to=owner@example.com")["mails"]]
    assert [subject for subject in subjects if subject.startswith('ALARM: "shop-DeadLettersAlarm-')], subjects


def test_every_night_a_report_goes_to_s3_and_into_the_history(shop: Shop) -> None:
    history = ("deploy", CAPSTONE / "history" / "template.yaml", "--stack-name", "shop-history", "--json")
    table = json.loads(shop.shell.run(sys.executable, "-m", "cloudarium", *history))["outputs"]["HistoryTableName"]
    placed = shop.cloud.client("dynamodb").query(
        TableName=shop.outputs["TableName"],
        IndexName="OrdersByStatus",
        KeyConditionExpression="status_pk = :placed",
        ExpressionAttributeValues={":placed": {"S": "STATUS#placed"}},
    )["Items"]
    now = datetime.fromisoformat(shop.cloud.control("clock")["now"])
    night = (now + timedelta(days=1)).replace(hour=0, minute=10, second=30)
    shop.cloud.clock_advance((night - now).total_seconds())
    shop.cloud.settle()
    s3, bucket = shop.cloud.client("s3"), shop.outputs["ReportsBucketName"]
    [key] = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    report = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    day = placed[0]["placed_at"]["S"][:10]
    assert (key, report["day"], report["orders"]) == (f"daily/{day}.json", day, len(placed))
    assert report["revenue_cents"] == sum(int(order["total_cents"]["N"]) for order in placed)
    dynamodb = shop.cloud.client("dynamodb")
    wait_for("the day is in the history", lambda: dynamodb.scan(TableName=table)["Count"] > 0)
    [item] = dynamodb.scan(TableName=table)["Items"]
    assert (item["month"]["S"], item["orders"]["N"]) == (day[:7], str(len(placed)))


def test_in_production_it_is_made_to_last(shop: Shop) -> None:
    cloudformation = shop.cloud.client("cloudformation")
    template = reading.read(cloudformation.get_template(StackName="shop")["TemplateBody"])
    text = json.dumps(template, separators=(",", ":"))  # as YAML, SAM has made it longer than may be sent
    given = {"Stage": "prod", "MailFrom": "sales@example.com"}  # an account has one identity of a name
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    cloudformation.create_stack(
        StackName="shop-prod", TemplateBody=text, Parameters=parameters, Capabilities=capabilities
    )
    wait_for("production is made", lambda: status_of(cloudformation, "shop-prod") == "CREATE_COMPLETE")
    listed = cloudformation.get_paginator("list_stack_resources").paginate(StackName="shop-prod")
    ids = {
        one["LogicalResourceId"]: one["PhysicalResourceId"] for page in listed for one in page["StackResourceSummaries"]
    }
    dynamodb, cognito = shop.cloud.client("dynamodb"), shop.cloud.client("cognito-idp")
    kept = dynamodb.describe_continuous_backups(TableName=ids["ShopTable"])["ContinuousBackupsDescription"]
    assert kept["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    groups = shop.cloud.client("elasticache").describe_replication_groups(ReplicationGroupId=ids["Cache"])
    assert [len(group["MemberClusters"]) for group in groups["ReplicationGroups"]] == [2]
    assert "EmptyingFunction" not in ids

    cloudformation.delete_stack(StackName="shop-prod")
    wait_for("deletion fails", lambda: status_of(cloudformation, "shop-prod") == "DELETE_FAILED")
    assert dynamodb.describe_table(TableName=ids["ShopTable"])["Table"]["TableStatus"] == "ACTIVE"
    dynamodb.update_table(TableName=ids["ShopTable"], DeletionProtectionEnabled=False)
    cognito.update_user_pool(UserPoolId=ids["UserPool"], DeletionProtection="INACTIVE")
    cloudformation.delete_stack(StackName="shop-prod")
    wait_for("production is gone", lambda: status_of(cloudformation, "shop-prod") is None)


def status_of(cloudformation: Any, name: str) -> str | None:
    """How the stack of this name stands; None when there is none."""
    try:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError:
        return None


def test_taken_down_it_leaves_nothing_and_what_is_left_is_named(shop: Shop) -> None:
    shop.cloud.client("s3").create_bucket(Bucket="shop-left-behind")
    told = json.loads(cloudarium(shop, "capstone", "down", "--json", fails=True))
    assert [arn.split("/")[1] for arn in told["deleted"]] == ["shop-history", "shop"]
    assert told["left"] == ["shop-left-behind"]
    assert any("the cache's process" in each["what"] and "is gone" in each["what"] for each in told["looked"])
    shop.cloud.client("s3").delete_bucket(Bucket="shop-left-behind")
    assert "Nothing is left of shop." in cloudarium(shop, "capstone", "down")

    assert shop.cloud.client("dynamodb").list_tables()["TableNames"] == []
    buckets = [bucket["Name"] for bucket in shop.cloud.client("s3").list_buckets()["Buckets"]]
    assert not [name for name in buckets if name.startswith("shop-")], "what the tests put there is gone with them"
    assert shop.cloud.client("lambda").list_functions()["Functions"] == []
    assert shop.cloud.client("logs").describe_log_groups()["logGroups"] == []
