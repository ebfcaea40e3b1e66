"""Provisioned and reserved concurrency: environments that are there before anyone invokes, and what is throttled."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cloudarium.services.lambda_.rules import concurrency
from tests.services.lambda_.conftest import refused
from tests.services.lambda_.test_event_sources_queues import Room

Make = Callable[..., dict[str, Any]]
KIND = """
import os, time
def handler(event, context):
    if event == "slow":
        time.sleep(0.6)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
BROKEN = "raise RuntimeError('no')"


def wish(functions: Any, number: int, qualifier: str = "live") -> dict[str, Any]:
    """Provision for fn."""
    return functions.put_provisioned_concurrency_config(
        FunctionName="fn", Qualifier=qualifier, ProvisionedConcurrentExecutions=number
    )


def held(functions: Any, qualifier: str = "live") -> tuple[str, int, int]:
    """Status, allocated, available."""
    found = functions.get_provisioned_concurrency_config(FunctionName="fn", Qualifier=qualifier)
    counts = (found["AllocatedProvisionedConcurrentExecutions"], found["AvailableProvisionedConcurrentExecutions"])
    return (found["Status"], *counts)


def kind(functions: Any, qualifier: str = "live") -> tuple[str, str]:
    """How the environment of an invocation was started, and the end of its log."""
    answer = functions.invoke(FunctionName="fn", Qualifier=qualifier, LogType="Tail", Payload=b"1")
    return json.loads(answer["Payload"].read()), base64.b64decode(answer["LogResult"]).decode()


def test_environments_are_there_before_anyone_invokes(make: Make, functions: Any, cloud: Any, client: Any) -> None:
    make("fn", KIND, Publish=True, Timeout=10)
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    put = wish(functions, 1)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (put["Status"], put["RequestedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 1)
    cloud.settle()
    assert held(functions) == ("READY", 1, 1)
    first, log = kind(functions)
    assert first == "provisioned-concurrency" and "Init Duration" in log and "INIT_START" not in log
    again, log = kind(functions)
    assert again == first and "Init Duration" not in log
    assert kind(functions, "1")[0] == "provisioned-concurrency"  # it is the version's
    assert kind(functions, "$LATEST")[0] == "on-demand"
    listed = functions.list_provisioned_concurrency_configs(FunctionName="fn")["ProvisionedConcurrencyConfigs"]
    assert [(one["FunctionArn"].rpartition(":")[2], one["Status"]) for one in listed] == [("live", "READY")]
    limits = functions.get_account_settings()["AccountLimit"]
    assert limits["UnreservedConcurrentExecutions"] == limits["ConcurrentExecutions"] - 1
    names = {one["MetricName"] for one in client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]}
    assert {"ProvisionedConcurrencyInvocations", "ProvisionedConcurrencyUtilization"} <= names
    assert {"ConcurrentExecutions", "UnreservedConcurrentExecutions"} <= names
    functions.delete_provisioned_concurrency_config(FunctionName="fn", Qualifier="live")
    cloud.settle()
    assert kind(functions)[0] == "on-demand"


def test_what_is_over_spills(make: Make, functions: Any, cloud: Any, client: Any) -> None:
    make("fn", KIND, Publish=True, Timeout=10)
    wish(functions, 1, "1")
    cloud.settle()

    def slow(_: int) -> str:
        answer = functions.invoke(FunctionName="fn", Qualifier="1", Payload=b'"slow"')
        return json.loads(answer["Payload"].read())

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(slow, range(2))) == ["on-demand", "provisioned-concurrency"]
    metrics = client("cloudwatch").list_metrics(MetricName="ProvisionedConcurrencySpilloverInvocations")["Metrics"]
    assert {"Name": "Resource", "Value": "fn:1"} in [one for metric in metrics for one in metric["Dimensions"]]


def test_an_alias_takes_its_environments_along(make: Make, functions: Any, cloud: Any) -> None:
    make("fn", KIND, Publish=True)
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    wish(functions, 1)
    cloud.settle()
    functions.update_function_configuration(FunctionName="fn", Description="new")
    functions.publish_version(FunctionName="fn")
    functions.update_alias(FunctionName="fn", Name="live", FunctionVersion="2")
    cloud.settle()
    assert held(functions) == ("READY", 1, 1)
    assert (kind(functions, "2")[0], kind(functions, "1")[0]) == ("provisioned-concurrency", "on-demand")
    functions.delete_alias(FunctionName="fn", Name="live")
    cloud.settle()
    assert kind(functions, "2")[0] == "on-demand"
    assert functions.list_provisioned_concurrency_configs(FunctionName="fn")["ProvisionedConcurrencyConfigs"] == []


def test_what_does_not_initialise_fails(make: Make, functions: Any, cloud: Any) -> None:
    make("fn", BROKEN, Publish=True)
    wish(functions, 2, "1")
    cloud.settle()
    found = functions.get_provisioned_concurrency_config(FunctionName="fn", Qualifier="1")
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert found["AllocatedProvisionedConcurrentExecutions"] == 0


def test_provisioned_concurrency_that_may_not_be(make: Make, functions: Any, cloud: Any, account: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:{account}:function:fn"
    make("fn", Publish=True)
    functions.update_function_configuration(FunctionName="fn", Description="new")
    functions.publish_version(FunctionName="fn")
    functions.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    functions.create_alias(FunctionName="fn", Name="head", FunctionVersion="$LATEST")
    both = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.create_alias(FunctionName="fn", Name="both", FunctionVersion="1", RoutingConfig=both)
    unpublished = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    minimum = "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its"
    for qualifier, number, code, message in (
        ("$LATEST", 1, "InvalidParameterValueException", unpublished),
        ("head", 1, "InvalidParameterValueException", unpublished),
        ("9", 1, "ResourceNotFoundException", f"Function not found: {arn}:9"),
        ("none", 1, "ResourceNotFoundException", f"Cannot find alias arn: {arn}:none"),
        ("both", 1, "InvalidParameterValueException",
         "Alias with weights can not be used with Provisioned Concurrency"),
        ("1", 901, "InvalidParameterValueException", f"{minimum} minimum value of [100]."),
        ("1", 1001, "InvalidParameterValueException",
         "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000]."),
    ):  # fmt: skip
        with refused(code) as refusal:
            wish(functions, number, qualifier)
        assert refusal.message == message
    functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=1)
    with refused("InvalidParameterValueException") as refusal:
        wish(functions, 2)
    assert refusal.message.startswith("Requested Provisioned Concurrency should not be greater than")
    wish(functions, 1, "1")
    with refused("ResourceConflictException") as refusal:
        wish(functions, 1)
    assert refusal.message.startswith("Alias can't be used for Provisioned Concurrency configuration on an already")
    functions.delete_provisioned_concurrency_config(FunctionName="fn", Qualifier="1")
    wish(functions, 1)
    with refused("ResourceConflictException") as refusal:
        wish(functions, 1, "1")
    assert refusal.message == "Version is pointed by a Provisioned Concurrency alias"
    with refused("InvalidParameterValueException") as refusal:
        functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=0)
    assert refusal.message.endswith("should not be lower than function's total provisioned concurrency [1].")
    cloud.settle()
    assert functions.invoke(FunctionName="fn", Qualifier="live")["StatusCode"] == 200
    with refused("TooManyRequestsException"):  # all that is reserved is provisioned
        functions.invoke(FunctionName="fn")


class Held(Room):
    """A function whose whole reserved concurrency is provisioned for its version 1."""

    def __init__(self, clients: Callable[..., Any]) -> None:
        super().__init__(clients)
        self.function("fn", KIND, Publish=True)
        self.functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=1)
        wish(self.functions, 1, "1")


def test_what_is_provisioned_survives_a_crash(clients: Callable[..., Any], still: Any) -> None:
    functions = Held(clients).functions
    still.settle()
    still.restart()
    still.settle()
    assert held(functions, "1") == ("READY", 1, 1)
    assert kind(functions, "1")[0] == "provisioned-concurrency"


def test_throttled_events_are_tried_again_for_six_hours(clients: Callable[..., Any], still: Any) -> None:
    room = Held(clients)
    arn = room.sqs.get_queue_attributes(QueueUrl=room.results, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    room.functions.put_function_event_invoke_config(
        FunctionName="fn", DestinationConfig={"OnSuccess": {"Destination": arn}, "OnFailure": {"Destination": arn}}
    )
    still.settle()

    def send() -> None:
        room.functions.invoke(FunctionName="fn", InvocationType="Event", Payload=b"7")
        still.settle()

    def told() -> list[dict[str, Any]]:
        messages = room.sqs.receive_message(QueueUrl=room.results, VisibilityTimeout=43200).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    send()
    still.clock_advance(3600)
    assert told() == []
    still.clock_advance(18000)
    still.clock_advance(300)
    [record] = told()
    assert record["requestContext"]["condition"] == "EventAgeExceeded" and record["requestPayload"] == 7
    assert record["requestContext"]["approximateInvokeCount"] == 0
    send()
    still.clock_advance(600)
    still.restart()
    room.functions.delete_function_concurrency(FunctionName="fn")
    still.clock_advance(300)
    [record] = told()
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", "on-demand")
    still.clock_advance(7200)  # the keys of what is held ready have expired meanwhile
    assert kind(room.functions, "1")[0] == "provisioned-concurrency"


def test_reserved_concurrency_is_a_limit_and_a_pace(make: Make, functions: Any, client: Any) -> None:
    make("fn", KIND, Timeout=10)
    functions.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=1)
    once = client("lambda", retries={"total_max_attempts": 1})

    def attempt(payload: bytes) -> str:
        try:
            once.invoke(FunctionName="fn", Payload=payload)
        except once.exceptions.TooManyRequestsException as error:
            answer = error.response
            assert (answer["Type"], answer["Error"]["Message"]) == ("User", "Rate Exceeded.")
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
            return str(answer["Reason"])
        return ""

    with ThreadPoolExecutor(2) as threads:
        found = sorted(threads.map(attempt, [b'"slow"', b'"slow"']))
    assert found == ["", "ReservedFunctionConcurrentInvocationLimitExceeded"]
    reasons = {attempt(b"1") for _ in range(40)}  # ten a second for each execution, whatever the clock says
    assert reasons == {"", "ReservedFunctionInvocationRateLimitExceeded"}
    answers = [functions.invoke(FunctionName="fn", InvocationType="Event")["StatusCode"] for _ in range(20)]
    assert set(answers) == {202}
    metrics = client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert {"Throttles", "AsyncEventsReceived"} <= {metric["MetricName"] for metric in metrics}


def test_what_functions_share() -> None:
    assert not concurrency.is_full(899, 100) and concurrency.is_full(900, 100)
    assert not concurrency.is_full(99, 900) and concurrency.is_full(100, 900)
    pace = concurrency.Pace()
    assert [pace.take(0.0, 1) for _ in range(11)] == [True] * 10 + [False]
    assert [pace.take(0.25, 1) for _ in range(3)] == [True, True, False]
