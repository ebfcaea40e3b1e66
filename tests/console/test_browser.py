"""A person finds what is slow: from the map to the trace to the line, in three clicks, and by the keyboard alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients import chromium
from tests.conftest import RunningCloud
from tests.journeys.conftest import RUNTIME, lambda_role, package

__all__ = ["lambda_role"]

FUNCTION = """
import time, boto3
table = boto3.client("dynamodb")
def handler(event, context):
    print("looking for prices")
    if event.get("slow"):
        time.sleep(0.3)
    table.get_item(TableName="prices", Key={"id": {"S": "a"}})
"""
# What of the map covers something else, or is written beyond its card.
COVERED = """() => {
  const at = (each) => each.getBoundingClientRect();
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const parts = [...document.querySelectorAll(".map .label text, .map .service > rect")];
  const met = parts.flatMap((one, place) => parts.slice(place + 1).filter((other) => meet(at(one), at(other))));
  const wide = [...document.querySelectorAll(".map .service text")].filter((text) =>
    at(text).right > at(text.parentNode.querySelector("rect")).right);
  return [...met, ...wide].map((each) => each.parentNode.textContent.trim());
}"""
# Where to keep a picture of every page, for whoever wants to see them.
PICTURES = os.environ.get("CLOUDARIUM_PICTURES")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as found:
        yield found


@pytest.fixture
def slow(client: Callable[..., Any], lambda_role: Callable[..., str]) -> str:
    """A function that was slow once; the id of the request in which it was."""
    client("dynamodb").create_table(
        TableName="prices", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    policy = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
    role = lambda_role()
    client("iam").attach_role_policy(RoleName=role.rpartition("/")[2], PolicyArn=policy)
    functions = client("lambda")
    functions.create_function(
        FunctionName="pricing", Role=role, Runtime=RUNTIME, Handler="app.handler",
        Code={"ZipFile": package(app=FUNCTION)},
    )  # fmt: skip
    for payload in (b"{}", b'{"slow": true}'):
        answer = functions.invoke(FunctionName="pricing", Payload=payload)
    return str(answer["ResponseMetadata"]["RequestId"])


def keep(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/console-{name}.png", full_page=True)


@pytest.mark.parametrize(
    "screen", [chromium.DESKTOP, {**chromium.PHONE, "color_scheme": "dark"}], ids=["desk", "phone"]
)
def test_a_slow_path_is_found_in_three_clicks(
    browser: Any, cloud: RunningCloud, account: str, slow: str, screen: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    context = browser.new_context(**screen)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{cloud.url}/_cloudarium/map?account={account}")
    assert page.evaluate(COVERED) == [] and page.locator("header").bounding_box()["height"] < 110
    keep(page, f"map-{request.node.callspec.id}")
    page.get_by_role("link", name="pricing, Lambda function").click()
    page.wait_for_url("**/traces?about=pricing*")
    keep(page, f"traces-{request.node.callspec.id}")
    page.get_by_role("link", name="lambda:Invoke").first.click()  # the newest, which took longest
    page.wait_for_url("**/traces/1-*")
    keep(page, f"trace-{request.node.callspec.id}")
    rows = page.locator("table.fall tbody tr")
    assert "Invocation" in rows.all_inner_texts()[2] and "dynamodb:GetItem" in rows.all_inner_texts()[3]
    page.get_by_role("link", name="log line").click()
    page.wait_for_url("**#logs-*")
    assert "looking for prices" in page.locator("table.log").inner_text()
    lines = page.url
    page.get_by_role("link", name="at that time").click()
    marked = page.locator("tr.here", has_text="looking for prices")
    marked.last.get_by_role("link").click()
    page.wait_for_url(lines)  # from the line back to the request that wrote it
    page.get_by_role("link", name="allowed").first.click()
    page.wait_for_url("**/calls/*")
    assert slow in page.locator("dl").first.inner_text()
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0 and not wrong, wrong
    context.close()


def test_the_pages_are_reached_by_the_keyboard(browser: Any, cloud: RunningCloud, account: str) -> None:
    context = browser.new_context(**chromium.DESKTOP)
    page = context.new_page()
    page.goto(f"{cloud.url}/_cloudarium/?account={account}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Calls"
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls*")
    context.close()


def test_a_group_is_followed_and_asked_about(
    browser: Any, cloud: RunningCloud, account: str, client: Callable[..., Any]
) -> None:
    logs = client("logs")
    for name in ("/shop/orders", "/shop/products"):
        logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName="/shop/orders", logStreamName="one")
    context = browser.new_context(**chromium.DESKTOP)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{cloud.url}/_cloudarium/logs?account={account}&group=/shop/orders&live=1")
    event = {"timestamp": int(time.time() * 1000), "message": '{"level": "ERROR", "order": {"id": 7}}'}
    logs.put_log_events(logGroupName="/shop/orders", logStreamName="one", logEvents=[event])
    row = page.locator("tr.level-error")
    row.locator("summary").click()
    assert '"id": 7\n' in row.locator("pre").inner_text() and page.locator("tr.none").count() == 0
    page.goto(f"{cloud.url}/_cloudarium/logs/insights?account={account}")
    page.get_by_placeholder("Find log groups").fill("orders")
    assert page.get_by_label("/shop/products").is_hidden()
    page.keyboard.press("Enter")
    page.locator("#query").fill("filter level = 'ERROR' | display ")
    page.keyboard.press("Control+Enter")  # a query without an end: what is wrong is said, and the fields are there
    assert "unexpected symbol" in page.get_by_role("alert").inner_text()
    page.locator("[data-insert='order.id']").click()
    page.get_by_placeholder("folder/name").fill("shop/errors")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Run").click()
    assert page.locator("table.log td pre").inner_text() == "7"
    assert page.get_by_role("link", name="shop/errors").count() == 1 and not wrong, wrong
    keep(page, "insights")
    context.close()
