"""Traces as trees: what happened later because of a call stands under it, with its decision, traced or not."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import RunningCloud
from tests.services.xray.segments import id_of, put, segment, trace_id


def told(spans: list[dict[str, Any]]) -> list[Any]:
    return [[one["name"], told(one["spans"])] if one["spans"] else one["name"] for one in spans]


@pytest.fixture
def topic(client: Callable[..., Any], account: str) -> tuple[str, str]:
    """A topic and the ARN of the queue that subscribes to it; the queue's policy lets nobody in yet."""
    sqs, sns = client("sqs"), client("sns")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:q"
    made: str = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=made, Protocol="sqs", Endpoint=arn)
    return made, url


def test_what_happens_later_stands_under_its_cause(
    cloud: RunningCloud, client: Callable[..., Any], topic: tuple[str, str], account: str
) -> None:
    arn, url = topic
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "In", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": "*"}
        ],
    }  # fmt: skip
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    answer = client("sns").publish(TopicArn=arn, Message="m")
    cloud.settle()
    request_id = answer["ResponseMetadata"]["RequestId"]
    seen = cloud.control(f"traces/{request_id[:13]}")
    assert told(seen["spans"]) == [["sns:Publish", ["sqs:SendMessage"]]]
    [publish] = seen["spans"]
    [send] = publish["spans"]
    assert publish["request_id"] == request_id and publish["ok"] is True
    assert send["principal"].endswith("sns.amazonaws.com") and send["account"] == account
    [decision] = send["decision"]
    assert decision["allowed"] is True and decision["statements"][0]["sid"] == "In"
    assert publish["start"] <= send["start"] and send["end"] <= seen["end"]
    assert cloud.control(f"traces/{seen['id']}") == seen
    assert cloud.control(f"traces/Root={seen['id']};Sampled=1") == seen
    [brief] = [one for one in cloud.control("traces")["traces"] if one["id"] == seen["id"]]
    assert (brief["name"], brief["calls"], brief["denied"]) == ("sns:Publish", 2, 0)


def test_a_denial_further_on(cloud: RunningCloud, client: Callable[..., Any], topic: tuple[str, str]) -> None:
    answer = client("sns").publish(TopicArn=topic[0], Message="m")
    cloud.settle()
    seen = cloud.control(f"traces/{answer['ResponseMetadata']['RequestId']}")
    [publish] = seen["spans"]
    denied = publish["spans"][0]
    assert denied["name"] == "sqs:SendMessage" and denied["ok"] is False
    assert denied["decision"][0]["allowed"] is False and publish["ok"] is True
    [brief] = [one for one in cloud.control("traces")["traces"] if one["id"] == seen["id"]]
    assert brief["denied"] >= 1


def test_a_request_to_an_api_has_its_name_everywhere(
    cloud: RunningCloud, client: Callable[..., Any], account: str
) -> None:
    gateway, apis = client("apigatewayv2"), []
    for _ in range(2):
        made = gateway.create_api(Name="shop", ProtocolType="HTTP")
        integration = gateway.create_integration(
            ApiId=made["ApiId"], IntegrationType="HTTP_PROXY", IntegrationMethod="GET",
            IntegrationUri=cloud.url + "/", PayloadFormatVersion="1.0",
        )  # fmt: skip
        target = f"integrations/{integration['IntegrationId']}"
        gateway.create_route(ApiId=made["ApiId"], RouteKey="GET /products/{id}", Target=target)
        gateway.create_route(ApiId=made["ApiId"], RouteKey="ANY /{rest+}", Target=target)
        gateway.create_stage(ApiId=made["ApiId"], StageName="live", AutoDeploy=True)
        apis.append(made)
    said = {}
    for api, path in ((apis[0], "live/products/a%20b"), (apis[0], "live/orders/7"), (apis[1], "nowhere/x")):
        with pytest.raises(urllib.error.HTTPError) as caught:  # what stands behind the route is the cloud itself
            urllib.request.urlopen(f"{api['ApiEndpoint']}/{path}?secret=1")
        said[path] = caught.value.headers["apigw-requestid"]
    first = {"id": apis[0]["ApiId"], "name": "shop"}
    one = cloud.control(f"why/{said['live/products/a%20b']}")
    assert one["title"] == "GET /products/{id}"
    assert one["asked"] == {
        "method": "GET", "path": "/live/products/a%20b", "route": "GET /products/{id}", **first
    }  # fmt: skip
    two = cloud.control(f"traces/{said['live/orders/7']}")["spans"][0]
    assert two["name"] == "GET /live/orders/7" and two["asked"]["route"] == "ANY /{rest+}"
    found = cloud.control("journal?path=/products/{id}" + f"&account={account}")["entries"]
    assert [each["asked"]["path"] for each in found] == ["/live/products/a%20b"]
    [again] = cloud.control(f"journal?path=/live/orders/7&account={account}")["entries"]
    assert again["request_id"] == said["live/orders/7"] and again["title"] == "GET /live/orders/7"
    [lost] = cloud.control(f"journal?path=/nowhere/x&account={account}")["entries"]
    assert lost["status"] == 404 and lost["asked"]["route"] == "" and "secret" not in json.dumps(found)
    names = {each["Name"] for each in cloud.control("map")["services"]}
    assert {f"shop ({each['ApiId']})" for each in apis} <= names
    [brief] = [each for each in cloud.control("traces?single=true")["traces"] if each["id"] == one["trace"][5:40]]
    assert brief["name"] == "GET /products/{id}" and brief["asked"]["name"] == "shop" and brief["faults"] == 0
    assert brief["services"][:1] == [{"name": f"shop ({apis[0]['ApiId']})", "type": "AWS::ApiGateway"}]
    assert cloud.control(f"journal?account={account}&operation=CreateApi&limit=1")["entries"][0]["asked"] is None


def test_single_calls_are_listed_when_they_are_wanted(cloud: RunningCloud, client: Callable[..., Any]) -> None:
    answer = client("sts").get_caller_identity()
    seen = cloud.control(f"traces/{answer['ResponseMetadata']['RequestId']}")
    assert told(seen["spans"]) == ["sts:GetCallerIdentity"]
    assert seen["id"] not in {one["id"] for one in cloud.control("traces?limit=1000")["traces"]}
    assert seen["id"] in {one["id"] for one in cloud.control("traces?limit=1000&single=true")["traces"]}


def test_programs_and_their_calls(cloud: RunningCloud, client: Callable[..., Any]) -> None:
    trace, xray = trace_id(), client("xray")
    part = {"id": id_of(), "name": "sts", "namespace": "aws", "start_time": 1.0, "end_time": 2.0}
    top = segment(trace, "program", subsegments=[part])
    wrong = {**segment(trace, "orphan"), "type": "subsegment", "parent_id": id_of()}
    put(xray, top, wrong)
    sts = client("sts")
    sts.meta.events.register_first(
        "before-sign.sts",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", f"Root={trace};Parent={part['id']}"),
    )
    said = sts.get_caller_identity()["ResponseMetadata"]["RequestId"]
    seen = cloud.control(f"traces/{trace}")
    assert sorted(map(str, told(seen["spans"]))) == sorted(map(str, [["program", ["sts:GetCallerIdentity"]], "orphan"]))
    [call] = next(one for one in seen["spans"] if one["name"] == "program")["spans"]
    assert call["request_id"] == said and call["id"] == part["id"]
    assert (call["start"], call["end"]) == (1.0, 2.0)  # as the program saw it


@pytest.mark.parametrize(
    ("path", "status"),
    [("traces/nothing", 404), ("traces/1-5f84c7a1-0123456789abcdef01234567", 404),
     ("traces/" + "0" * 400, 404), ("traces?limit=0", 400),
     ("traces?odd=1", 400), ("traces?single=maybe", 400)],
)  # fmt: skip
def test_what_is_not_there(cloud: RunningCloud, path: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control(path)
    assert caught.value.code == status


def test_what_leads_to_itself_and_what_is_deep(cloud: RunningCloud, client: Callable[..., Any]) -> None:
    trace, xray, sts = trace_id(), client("xray"), client("sts")
    top = segment(trace, "program")
    sts.meta.events.register_first(
        "before-sign.sts",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", f"Root={trace};Parent={top['id']}"),
    )
    said = sts.get_caller_identity()["ResponseMetadata"]["RequestId"]
    top["parent_id"] = said.replace("-", "")[:16]  # the call leads to the program, which leads to the call
    chain = [top]
    for number in range(200):
        chain.append({**segment(trace, f"part {number}"), "type": "subsegment", "parent_id": chain[-1]["id"]})
    put(xray, *chain)
    seen = cloud.control(f"traces/{trace}")
    [call] = seen["spans"]
    [program] = call["spans"]
    assert (call["name"], program["name"]) == ("sts:GetCallerIdentity", "program")
    found, waiting = 0, [program]
    while waiting:
        one = waiting.pop()
        found, waiting = found + 1, waiting + one["spans"]
    assert found == 201


def test_hops_by_a_bucket_and_by_a_bus(cloud: RunningCloud, client: Callable[..., Any], account: str) -> None:
    sqs, s3, events = client("sqs"), client("s3"), client("events")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:q"
    everyone = {"Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com", "events.amazonaws.com"]},
                "Action": "sqs:SendMessage", "Resource": "*"}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everyone]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    bucket = f"traced-{account}"
    s3.create_bucket(Bucket=bucket)
    configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": arn}])
    asked = (
        s3.put_object(Bucket=bucket, Key="k", Body=b"x"),
        events.put_events(Entries=[{"Source": "shop", "DetailType": "sold", "Detail": "{}"}]),
    )
    cloud.settle()
    # EventBridge asks for the queue's URL first.
    names = [told(cloud.control(f"traces/{one['ResponseMetadata']['RequestId']}")["spans"]) for one in asked]
    assert names == [
        [["s3:PutObject", ["sqs:SendMessage"]]],
        [["events:PutEvents", ["sqs:GetQueueUrl", "sqs:SendMessage"]]],
    ]
