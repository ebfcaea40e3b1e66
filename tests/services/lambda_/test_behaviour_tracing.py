"""Traces of functions: what X-Ray gets of those that are traced, and what the glass shows of all."""

from __future__ import annotations

import base64
import importlib
import json
import pathlib
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.lambda_.conftest import BASIC, TRUST, refused, zipped

ACCOUNT = "555500001111"
READS = """
import boto3, os
table = boto3.client("dynamodb")
def handler(event, context):
    table.put_item(TableName="items", Item={"id": {"S": "1"}})
    if event.get("fails"):
        raise ValueError("no more")
    if "queue" in event:
        boto3.client("sqs").send_message(QueueUrl=event["queue"], MessageBody="x")
    return os.environ["_X_AMZN_TRACE_ID"]
"""
WITH_TRACER = """
import boto3
from aws_lambda_powertools import Tracer
tracer = Tracer(service="shop")  # AWS's SDK for X-Ray, and a segment around the handler
table = boto3.client("dynamodb")
@tracer.capture_lambda_handler
def handler(event, context):
    with tracer.provider.in_subsegment("## work") as part:
        part.put_annotation("who", "me")
        table.put_item(TableName="items", Item={"id": {"S": "1"}})
    return {"done": True}
"""
SENDS = """
import json, os, socket, time, urllib.request
def handler(event, context):
    said = dict(part.split("=", 1) for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    now = time.time()
    part = {"name": "by hand", "id": "70de5b6f19ff9a0a", "trace_id": said["Root"], "parent_id": said["Parent"],
            "type": "subsegment", "start_time": now, "end_time": now + 0.001}
    host, _, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b'{"format": "json", "version": 1}\\n' + json.dumps(part).encode(), (host, int(port)))
    span = {"traceId": said["Root"][2:].replace("-", ""), "spanId": "70de5b6f19ff9a0b", "parentSpanId": said["Parent"],
            "name": "a span", "startTimeUnixNano": str(int(now * 1e9)), "endTimeUnixNano": str(int(now * 1e9) + 1000)}
    export = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    request = urllib.request.Request(os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], json.dumps(export).encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request)
"""
IN_A_VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
AUTHORIZES = "def handler(event, context):\n    return {'isAuthorized': True}\n"


class House:
    """Functions in an account of their own: `traced`, `passing` and `sdk`, as a role that may do what they do."""

    def __init__(self, cloud: RunningCloud) -> None:
        self.cloud = cloud
        iam = self.client("iam")
        made = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
        self.role = made["Role"]["Arn"]
        iam.attach_role_policy(RoleName="r", PolicyArn=BASIC)
        self.functions, self.xray = self.client("lambda"), self.client("xray")
        with refused("InvalidParameterValueException") as refusal:
            self.make("traced", READS, "Active")
        assert refusal.message == (
            "The provided execution role does not have permissions to call PutTraceSegments on XRAY"
        )
        iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")
        allow = {"Effect": "Allow", "Action": ["dynamodb:PutItem", "sqs:*"], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName="r", PolicyName="own", PolicyDocument=document)
        self.client("dynamodb").create_table(
            TableName="items", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
        self.make("traced", READS, "Active")
        self.make("passing", READS, "PassThrough")

    def client(self, service: str) -> Any:
        return self.cloud.client(service, key=ACCOUNT)

    def make(self, name: str, source: str | dict[str, str], mode: str, **more: Any) -> None:
        self.functions.create_function(
            FunctionName=name, Role=self.role, Runtime="python3.11", Handler="app.handler", Timeout=20,
            Code={"ZipFile": zipped(source)}, TracingConfig={"Mode": mode}, **more,
        )  # fmt: skip

    def invoke(self, name: str, event: dict[str, Any] | None = None, header: str = "", **given: Any) -> Any:
        """The answer, having said by a header what the caller's trace is."""
        functions = self.client("lambda") if header else self.functions
        if header:
            functions.meta.events.register_first(
                "before-sign.lambda", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header)
            )
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event or {}), **given)
        return json.loads(answer["Payload"].read() or b"null")

    def documents(self, trace: str) -> list[dict[str, Any]]:
        """What X-Ray has of a trace, in the order in which it began."""
        self.cloud.settle()
        found = self.xray.batch_get_traces(TraceIds=[trace])["Traces"]
        documents = [json.loads(one["Document"]) for each in found for one in each["Segments"]]
        return sorted(documents, key=lambda one: one["start_time"])

    def seen(self, wanted: str) -> dict[str, Any]:
        return self.cloud.control(f"traces/{wanted}")


@pytest.fixture(scope="module")
def house(cloud: RunningCloud) -> Iterator[House]:
    yield House(cloud)


def root_of(header: str) -> str:
    return header.partition(";")[0].removeprefix("Root=")


def new_root() -> str:
    return f"1-{int(time.time()):08x}-{time.time_ns() & (1 << 96) - 1:024x}"


def eventually(ask: Callable[[], Any]) -> Any:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("nothing came")


def names(spans: list[dict[str, Any]]) -> list[Any]:
    """The names in a tree: [name, [what is inside]] where something is."""
    return [[one["name"], names(one["spans"])] if one["spans"] else one["name"] for one in spans]


def test_a_traced_function(house: House) -> None:
    root, caller = new_root(), "53995c3f42cd8ad8"
    for cold in (True, False):
        said = house.invoke("traced", header=f"Root={root};Parent={caller};Sampled=1")
        assert root_of(said) == root and ";Sampled=1;" in said
        service, function = house.documents(root)[-2:]
        assert (service["origin"], function["origin"]) == ("AWS::Lambda", "AWS::Lambda::Function")
        assert service["parent_id"] == caller and function["parent_id"] == service["id"]
        assert service["resource_arn"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:traced"
        assert function["aws"]["cold_start"] is cold and function["aws"]["account_id"] == ACCOUNT
        parts = [one["name"] for one in function["subsegments"]]
        assert parts == (["Initialization"] if cold else []) + ["Invocation", "Overhead"]
        invocation = function["subsegments"][-2]
        assert said.split(";")[1] == f"Parent={invocation['id']}"
        assert service["start_time"] <= function["start_time"] <= invocation["start_time"] <= invocation["end_time"]
        assert invocation["end_time"] <= function["end_time"] <= service["end_time"] + 0.001
    [summary] = house.xray.get_trace_summaries(
        StartTime=time.time() - 60, EndTime=time.time() + 60, FilterExpression=f'service(id(name: "traced", type: "AWS::Lambda")) AND resource.arn = "{service["resource_arn"]}"',  # noqa: E501
    )["TraceSummaries"]  # fmt: skip
    assert summary["Id"] == root and summary["HasFault"] is False


def test_calls_of_a_function_are_in_its_trace_without_any_code(house: House) -> None:
    said = house.invoke("passing")
    seen = house.seen(root_of(said))
    [invoke] = seen["spans"]
    assert invoke["name"] == "lambda:Invoke" and invoke["kind"] == "call"
    [function] = invoke["spans"]
    assert (function["kind"], function["name"], function["cold"]) == ("function", "passing", True)
    assert function["log_group"] == "/aws/lambda/passing" and function["request_id"] == invoke["request_id"]
    assert [one["name"] for one in function["spans"]] == ["Initialization", "Invocation", "Overhead"]
    [put] = function["spans"][1]["spans"]
    assert put["name"] == "dynamodb:PutItem" and put["principal"].endswith(":assumed-role/r/passing")
    [decision] = put["decision"]
    assert decision["allowed"] and decision["action"] == "dynamodb:PutItem"
    assert decision["statements"][0]["policy"] == "own"
    assert house.documents(root_of(said)) == []  # X-Ray is told only of functions that are traced actively
    assert ";Sampled=0;" in said
    assert house.seen(put["request_id"][:13])["id"] == seen["id"]  # any request leads to its trace


def test_logs_stand_beside_their_run(house: House) -> None:
    house.make("talks", "def handler(event, context):\n    print('said', event['n'])\n", "PassThrough")
    ids = [
        house.functions.invoke(FunctionName="talks", Payload=json.dumps({"n": n}))["ResponseMetadata"]["RequestId"]
        for n in (1, 2)
    ]
    for n, request_id in enumerate(ids, 1):

        def lines(request_id: str = request_id) -> list[str]:
            [invoke] = house.seen(f"{request_id}?lines=true")["spans"]
            found = [one["message"] for one in invoke["spans"][0]["logs"]]
            return found if any(one.startswith(f"REPORT RequestId: {request_id}") for one in found) else []

        said = eventually(lines)
        assert f"said {n}" in said
        assert f"said {3 - n}" not in said
        assert said[-1].startswith(f"REPORT RequestId: {request_id}")


def test_the_map_of_everything(house: House) -> None:
    house.invoke("passing")
    services = house.cloud.control("map?minutes=5")["services"]
    own = {one["Name"]: one for one in services if one.get("AccountId") == ACCOUNT}
    [client] = [one for one in services if one["Type"] == "client"]
    passing, table = own["passing"], own["items"]
    assert (passing["Type"], table["Type"]) == ("AWS::Lambda::Function", "AWS::DynamoDB::Table")
    leads = {(source["Name"], edge["ReferenceId"]): edge for source in services for edge in source["Edges"]}
    edge = leads["passing", table["ReferenceId"]]
    assert edge["SummaryStatistics"]["TotalCount"] == passing["SummaryStatistics"]["TotalCount"] >= 1
    assert passing["ReferenceId"] in {edge["ReferenceId"] for edge in client["Edges"]} and passing["Root"] is True


def test_the_log_says_which_trace_it_was(house: House) -> None:
    root = new_root()
    for sampled, told in (("1", True), ("0", False)):
        functions = house.client("lambda")
        functions.meta.events.register_first(
            "before-sign.lambda",
            lambda request, said=f"Root={root};Sampled={sampled}", **_: request.headers.add_header(
                "X-Amzn-Trace-Id", said
            ),
        )
        answer = functions.invoke(FunctionName="traced", LogType="Tail")
        parent = json.loads(answer["Payload"].read()).split(";")[1].removeprefix("Parent=")
        line = f"\nXRAY TraceId: {root}\tSegmentId: {parent}\tSampled: true\t\n"
        assert (line in base64.b64decode(answer["LogResult"]).decode()) is told
    house.functions.update_function_configuration(FunctionName="traced", LoggingConfig={"LogFormat": "JSON"})
    functions = house.client("lambda")
    functions.meta.events.register_first(
        "before-sign.lambda",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", f"Root={root};Sampled=1"),
    )
    lines = base64.b64decode(functions.invoke(FunctionName="traced", LogType="Tail")["LogResult"]).decode().splitlines()
    reports = [json.loads(line)["record"] for line in lines if '"platform.' in line and '"tracing"' in line]
    assert [one["tracing"]["value"].split(";")[0] for one in reports] == [f"Root={root}"] * 2  # start and report
    assert len({one["tracing"]["spanId"] for one in reports}) == 1


def test_who_samples(house: House) -> None:
    for sampled, told in (("1", 2), ("0", 0)):
        root = new_root()
        said = house.invoke("traced", header=f"Root={root};Sampled={sampled}")
        assert root_of(said) == root and f";Sampled={sampled};" in said
        assert len(house.documents(root)) == told
    roots = [root_of(house.invoke("traced")) for _ in range(8)]  # one a second, and one in twenty of the others
    told = sum(bool(house.documents(root)) for root in roots)
    assert 1 <= told < 8
    said = house.invoke("traced", header="Root=none;Sampled=1")
    assert len(root_of(said)) == 35


def test_a_function_that_fails(house: House) -> None:
    root = new_root()
    house.invoke("traced", {"fails": True}, header=f"Root={root};Sampled=1")
    _, function = house.documents(root)
    assert function["fault"] is True
    assert function["cause"]["exceptions"][0]["type"] == "ValueError"
    assert function["cause"]["exceptions"][0]["message"] == "no more"
    [invoke] = house.seen(root)["spans"]
    assert invoke["spans"][0]["error"] == "ValueError: no more" and invoke["spans"][0]["ok"] is False


def test_an_event_waits(house: House) -> None:
    root = new_root()
    house.invoke("traced", header=f"Root={root};Sampled=1", InvocationType="Event")
    service, function = house.documents(root)
    assert [one["name"] for one in service["subsegments"]] == ["Dwell Time", "Attempt #1"]
    assert function["parent_id"] == service["subsegments"][1]["id"]
    [[invoke, [[service_name, [_, [attempt, [[name, _]]]]]]]] = names(house.seen(root)["spans"])
    assert (invoke, service_name, attempt, name) == ("lambda:Invoke", "traced", "Attempt #1", "traced")


def test_a_program_with_a_tracer_joins(house: House) -> None:
    files = {"app.py": WITH_TRACER}
    for package in ("aws_lambda_powertools", "aws_xray_sdk", "wrapt", "jmespath", "typing_extensions"):
        module = pathlib.Path(importlib.import_module(package).__file__ or "")
        folder = module.parent if module.name == "__init__.py" else None
        for file in folder.rglob("*") if folder is not None else [module]:
            if file.suffix in (".py", ".json"):
                files[str(file.relative_to(folder.parent if folder is not None else module.parent))] = file.read_text()
    house.make("tracer", files, "Active")
    root = new_root()
    house.invoke("tracer", header=f"Root={root};Sampled=1")

    def parts() -> list[dict[str, Any]]:
        _, function, *_ = house.documents(root)
        return function["subsegments"][-2].get("subsegments", [])

    [handler] = eventually(parts)
    assert handler["name"] == "## handler" and handler["annotations"] == {"ColdStart": True, "Service": "shop"}
    [work] = handler["subsegments"]
    assert work["name"] == "## work" and work["annotations"] == {"who": "me"}
    [call] = work["subsegments"]
    [top] = house.seen(root)["spans"]
    [function] = top["spans"]
    inside = ["## handler", [["## work", ["dynamodb:PutItem"]]]]
    assert names(function["spans"][1:2]) == [["Invocation", [inside]]]
    [put] = function["spans"][1]["spans"][0]["spans"][0]["spans"]
    assert put["request_id"] == call["aws"]["request_id"] and put["decision"][0]["allowed"]
    fits = {"StartTime": time.time() - 60, "EndTime": time.time() + 60, "FilterExpression": 'annotation.who = "me"'}
    assert [one["Id"] for one in house.xray.get_trace_summaries(**fits)["TraceSummaries"]] == [root]
    # What is not sampled the SDK sends nobody, but calls still name its subsegments as what made them.
    unsampled = new_root()
    house.invoke("tracer", header=f"Root={unsampled};Sampled=0")
    [top] = house.seen(unsampled)["spans"]
    assert names(top["spans"][0]["spans"])[:1] == [["Invocation", ["dynamodb:PutItem"]]]
    services = {one["ReferenceId"]: one for one in house.cloud.control("map?minutes=5")["services"]}
    known = ("tracer", "AWS::Lambda::Function", ACCOUNT)
    [tracer] = [one for one in services.values() if (one["Name"], one["Type"], one.get("AccountId")) == known]
    [table] = [edge for edge in tracer["Edges"] if services[edge["ReferenceId"]]["Name"] == "items"]
    assert table["SummaryStatistics"]["TotalCount"] == 2


def test_what_programs_send_has_the_time_of_a_clock_that_was_moved(fresh_cloud: RunningCloud) -> None:
    house = House(fresh_cloud)
    fresh_cloud.clock_advance(3 * 86400)
    house.make("sends", SENDS, "Active")
    root = new_root()
    house.invoke("sends", header=f"Root={root};Sampled=1")
    eventually(lambda: {"by hand", "a span"} <= {one["name"] for one in _all_parts(house.documents(root))})
    [found] = house.xray.batch_get_traces(TraceIds=[root])["Traces"]
    assert found["Duration"] < 60
    assert all(time.time() + 2 * 86400 < one["start_time"] for one in _all_parts(house.documents(root)))


def _all_parts(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    inside = [part for one in documents for part in one.get("subsegments", [])]
    return documents + _all_parts(inside) if inside else documents


def test_a_function_in_a_vpc_reaches_its_daemon(house: House) -> None:
    ec2 = house.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="f", Description="d", VpcId=vpc)["GroupId"]
    house.client("iam").attach_role_policy(RoleName="r", PolicyArn=IN_A_VPC)
    config = {"SubnetIds": [subnet], "SecurityGroupIds": [group]}
    house.make("inside", SENDS, "Active", VpcConfig=config)
    root = new_root()
    house.invoke("inside", header=f"Root={root};Sampled=1")
    sent = eventually(lambda: len(found := _parts(house.documents(root))) == 2 and found)
    assert {one["name"] for one in sent} == {"by hand", "a span"}


def _parts(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What stands below the parts of segments: what the function itself has sent."""
    return [part for one in found for each in one.get("subsegments", ()) for part in each.get("subsegments", ())]


def test_a_queue_links_traces(house: House) -> None:
    sqs = house.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    house.make("linked", READS, "Active")  # its first run is sampled
    house.functions.create_event_source_mapping(FunctionName="linked", EventSourceArn=arn)
    root = new_root()
    house.invoke("passing", {"queue": url}, header=f"Root={root};Sampled=1")
    [other] = eventually(lambda: house.seen(root)["went_on"])
    assert house.seen(other)["came_from"] == [root]
    services = {one["ReferenceId"]: one for one in house.cloud.control("map?minutes=5")["services"]}
    [queue] = [one for one in services.values() if one["Name"] == "q" and one.get("AccountId") == ACCOUNT]
    assert "linked" in {services[edge["ReferenceId"]]["Name"] for edge in queue["Edges"]}
    service, _ = house.documents(other)
    [link] = service["links"]
    assert link["trace_id"] == root


def test_a_stream_leads_from_a_change_to_its_consumer(house: House) -> None:
    table = house.client("dynamodb")
    wanted = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    arn = table.update_table(TableName="items", StreamSpecification=wanted)["TableDescription"]["LatestStreamArn"]
    allow = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    house.client("iam").put_role_policy(RoleName="r", PolicyName="streams", PolicyDocument=document)
    house.make("consumes", "def handler(event, context):\n    pass\n", "Active")
    house.functions.create_event_source_mapping(
        FunctionName="consumes", EventSourceArn=arn, StartingPosition="TRIM_HORIZON"
    )
    answer = table.put_item(TableName="items", Item={"id": {"S": "streamed"}})
    root = house.seen(answer["ResponseMetadata"]["RequestId"])["id"]
    [other] = eventually(lambda: house.seen(root)["went_on"])
    assert house.seen(other)["came_from"] == [root]
    service, _ = house.documents(other)
    assert "links" not in service
    streams = house.client("dynamodbstreams")
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    given = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    [record] = streams.get_records(ShardIterator=streams.get_shard_iterator(**given)["ShardIterator"])["Records"]
    assert "Trace" not in record and record["eventName"] == "INSERT"


def test_an_api_its_authorizer_and_its_function_are_one_trace(house: House) -> None:
    house.make("authorizes", AUTHORIZES, "PassThrough")
    gateway = house.client("apigatewayv2")
    api = gateway.create_api(Name="a", ProtocolType="HTTP")
    at = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function"
    made = gateway.create_integration(
        ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=f"{at}:traced", PayloadFormatVersion="2.0"
    )
    authorizer = gateway.create_authorizer(
        ApiId=api["ApiId"], Name="z", AuthorizerType="REQUEST", EnableSimpleResponses=True,
        AuthorizerPayloadFormatVersion="2.0", AuthorizerResultTtlInSeconds=0, IdentitySource=[],
        AuthorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{at}:authorizes/invocations",
    )  # fmt: skip
    gateway.create_route(
        ApiId=api["ApiId"], RouteKey="GET /x", Target=f"integrations/{made['IntegrationId']}",
        AuthorizationType="CUSTOM", AuthorizerId=authorizer["AuthorizerId"],
    )  # fmt: skip
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    for name in ("traced", "authorizes"):
        house.functions.add_permission(
            FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
        )
    root = new_root()
    asked = urllib.request.Request(
        f"{house.cloud.url}/_aws/execute-api/{api['ApiId']}/x", headers={"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert root_of(answer.read().decode()) == root
    asked.add_header("X-Amzn-Trace-Id", "Root=no;Sampled=1")
    with urllib.request.urlopen(asked, timeout=20) as answer:  # what names no trace is no header
        assert len(root_of(answer.read().decode())) == 35
    [door] = house.seen(root)["spans"]
    asked = {"method": "GET", "path": "/x", "route": "GET /x", "id": api["ApiId"], "name": "a"}
    assert (door["kind"], door["name"], door["asked"]) == ("door", "GET /x", asked)
    assert [[one["name"], one["spans"][0]["name"]] for one in door["spans"]] == [
        ["lambda:Invoke", "authorizes"], ["lambda:Invoke", "traced"],
    ]  # fmt: skip
    put = door["spans"][1]["spans"][0]["spans"][-2]["spans"][0]
    assert put["name"] == "dynamodb:PutItem"
    assert [one["name"] for one in house.documents(root)] == ["traced", "traced"]


def test_its_role_is_not_assumed_for_every_run(house: House) -> None:
    def assumed() -> int:
        house.invoke("traced", header=f"Root={new_root()};Sampled=1")
        house.cloud.settle()
        return len(house.cloud.control(f"journal?account={ACCOUNT}&operation=AssumeRole&limit=1000")["entries"])

    assert assumed() == assumed() > 0


def test_a_role_that_may_no_more_sends_nothing(house: House) -> None:
    house.client("iam").detach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")
    root = new_root()
    house.invoke("traced", header=f"Root={root};Sampled=1")
    assert house.documents(root) == []
    [denied] = house.cloud.control(f"journal?account={ACCOUNT}&operation=PutTraceSegments&limit=1")["entries"]
    assert denied["status"] == 403 and denied["principal"].endswith(":assumed-role/r/traced")
    assert len(house.seen(root)["spans"]) == 1  # the glass still shows it
