"""CloudWatch Logs as a client sees it."""

import json
import time

import pytest
from botocore.exceptions import ClientError

DAY = 86_400_000


def now() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def logs(client):
    return client("logs")


@pytest.fixture
def stream(logs):
    logs.create_log_group(logGroupName="/app")
    logs.create_log_stream(logGroupName="/app", logStreamName="one")
    return {"logGroupName": "/app", "logStreamName": "one"}


def put(logs, messages, stream="one", start=None, step=1):
    start = now() - 60_000 if start is None else start
    events = [{"timestamp": start + step * index, "message": message} for index, message in enumerate(messages)]
    return logs.put_log_events(logGroupName="/app", logStreamName=stream, logEvents=events)


def texts(answer):
    return [event["message"] for event in answer["events"]]


def test_groups_are_made_described_and_deleted(logs, account):
    logs.create_log_group(logGroupName="/a/b", tags={"team": "blue"})
    [group] = logs.describe_log_groups(logGroupNamePrefix="/a/")["logGroups"]
    assert group["arn"] == f"arn:aws:logs:us-east-1:{account}:log-group:/a/b:*"
    assert group["logGroupArn"] == f"arn:aws:logs:us-east-1:{account}:log-group:/a/b"
    assert group["logGroupClass"] == "STANDARD"
    assert "retentionInDays" not in group
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException, match="already exists"):
        logs.create_log_group(logGroupName="/a/b")
    logs.delete_log_group(logGroupName="/a/b")
    assert logs.describe_log_groups()["logGroups"] == []
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="The specified log group does not exist."):
        logs.delete_log_group(logGroupName="/a/b")


def test_groups_are_listed_in_pages_by_prefix_and_by_part(logs):
    for index in range(7):
        logs.create_log_group(logGroupName=f"/svc/{index}")
    logs.create_log_group(logGroupName="other")
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["logGroups"]) for page in pages] == [3, 3, 2]
    assert len(logs.describe_log_groups(logGroupNamePrefix="/svc/")["logGroups"]) == 7
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePattern="the")["logGroups"]] == ["other"]


def test_deletion_protection(logs, stream):
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=True)
    with pytest.raises(ClientError, match="ValidationException"):
        logs.delete_log_group(logGroupName="/app")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/app")


def test_both_tag_apis_see_the_same_tags(logs, account):
    logs.create_log_group(logGroupName="g", tags={"a": "1"})
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:g"
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.tag_log_group(logGroupName="g", tags={"c": "3"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2", "c": "3"}
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.untag_log_group(logGroupName="g", tags=["b"])
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == {"c": "3"}
    with pytest.raises(logs.exceptions.TooManyTagsException):
        logs.tag_resource(resourceArn=arn, tags={f"k{index}": "" for index in range(50)})


def test_streams_in_order_of_name_and_of_last_event(logs, stream):
    for name in ("two", "three"):
        logs.create_log_stream(logGroupName="/app", logStreamName=name)
    put(logs, ["x"], "three", start=now() - 5000)
    put(logs, ["x"], "one", start=now() - 9000)
    names = lambda **how: [  # noqa: E731
        found["logStreamName"] for found in logs.describe_log_streams(logGroupName="/app", **how)["logStreams"]
    ]
    assert names() == ["one", "three", "two"]
    assert names(logStreamNamePrefix="t") == ["three", "two"]
    assert names(descending=True) == ["two", "three", "one"]
    assert names(orderBy="LastEventTime", descending=True) == ["three", "one", "two"]
    first = logs.describe_log_streams(logGroupName="/app", orderBy="LastEventTime", descending=True, limit=2)
    assert names(orderBy="LastEventTime", descending=True, nextToken=first["nextToken"]) == ["two"]
    [found] = logs.describe_log_streams(logGroupName="/app", logStreamNamePrefix="three")["logStreams"]
    assert found["lastEventTimestamp"] == found["firstEventTimestamp"]
    assert found["storedBytes"] == 0
    with pytest.raises(ClientError, match="Cannot order by LastEventTime"):
        names(orderBy="LastEventTime", logStreamNamePrefix="t")


def test_reading_goes_both_ways_and_the_token_stands_at_the_ends(logs, stream):
    put(logs, [str(index) for index in range(10)])
    read = lambda **how: logs.get_log_events(**stream, **how)  # noqa: E731
    last = read(limit=4)
    assert texts(last) == ["6", "7", "8", "9"]
    before = read(limit=4, nextToken=last["nextBackwardToken"])
    assert texts(before) == ["2", "3", "4", "5"]
    start = read(limit=4, nextToken=before["nextBackwardToken"])
    assert texts(start) == ["0", "1"]
    end = read(nextToken=start["nextBackwardToken"])
    assert texts(end) == []
    assert end["nextBackwardToken"] == start["nextBackwardToken"]
    assert texts(read(limit=3, nextToken=start["nextForwardToken"], startFromHead=True)) == ["2", "3", "4"]
    behind = read(nextToken=last["nextForwardToken"], startFromHead=True)
    assert texts(behind) == [] and behind["nextForwardToken"] == last["nextForwardToken"]
    put(logs, ["10"], start=now())
    assert texts(read(nextToken=behind["nextForwardToken"], startFromHead=True)) == ["10"]
    assert texts(read(startFromHead=True, limit=2)) == ["0", "1"]


def test_an_empty_stream_has_tokens_and_shows_what_comes_later(logs, stream):
    empty = logs.get_log_events(**stream)
    assert empty["events"] == []
    put(logs, ["late"])
    later = logs.get_log_events(**stream, nextToken=empty["nextForwardToken"], startFromHead=True)
    assert texts(later) == ["late"]


def test_times_bound_what_is_read(logs, stream):
    start = now() - 60_000
    put(logs, ["a", "b", "c"], start=start, step=1000)
    assert texts(logs.get_log_events(**stream, startTime=start, endTime=start + 2000)) == ["a", "b"]
    found = logs.filter_log_events(logGroupName="/app", startTime=start + 1000, endTime=start + 2000)
    assert texts(found) == ["b", "c"]


def test_a_page_holds_one_megabyte(logs, stream):
    for index in range(3):
        put(logs, [str(index) + "x" * 600_000], start=now() + index)
    first = logs.get_log_events(**stream, startFromHead=True)
    assert [text[0] for text in texts(first)] == ["0"]
    assert [text[0] for text in texts(logs.get_log_events(**stream))] == ["2"]


def test_out_of_order_batches_are_read_in_order_of_time(logs, stream):
    start = now() - 10_000
    put(logs, ["second"], start=start + 10)
    put(logs, ["first"], start=start)
    assert texts(logs.get_log_events(**stream)) == ["first", "second"]


def test_rejected_events_are_counted_and_the_others_kept(logs, stream):
    times = [now() - 15 * DAY, now() - 1000, now() + 3 * 3_600_000]
    answer = logs.put_log_events(
        **stream, logEvents=[{"timestamp": at, "message": str(index)} for index, at in enumerate(times)]
    )
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    assert texts(logs.get_log_events(**stream)) == ["1"]
    logs.put_retention_policy(logGroupName="/app", retentionInDays=1)
    answer = put(logs, ["old"], start=now() - 2 * DAY)
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}


def test_any_sequence_token_is_taken(logs, stream):
    event = {"timestamp": now(), "message": "x"}
    answer = logs.put_log_events(**stream, logEvents=[event], sequenceToken="nonsense")
    assert answer["nextSequenceToken"]


def test_messages_keep_every_character(logs, stream):
    odd = ["\x00nul", "é€😀", ' "quoted"\n', "\u202e"]
    put(logs, odd)
    assert texts(logs.get_log_events(**stream)) == odd


def test_search_interleaves_streams_and_narrows_them(logs, stream):
    for name in ("two", "other"):
        logs.create_log_stream(logGroupName="/app", logStreamName=name)
    start = now() - 60_000
    for index, name in enumerate(["one", "two", "other", "one"]):
        put(logs, [f"{name} {index}"], name, start=start + index)
    search = lambda **how: logs.filter_log_events(logGroupName="/app", **how)  # noqa: E731
    assert texts(search()) == ["one 0", "two 1", "other 2", "one 3"]
    assert texts(search(startFromHead=False)) == ["one 3", "other 2", "two 1", "one 0"]
    assert texts(search(logStreamNames=["one", "other"])) == ["one 0", "other 2", "one 3"]
    assert texts(search(logStreamNamePrefix="o")) == ["one 0", "other 2", "one 3"]
    assert texts(search(filterPattern="two")) == ["two 1"]
    first = search(limit=3)
    assert texts(search(nextToken=first["nextToken"])) == ["one 3"]
    assert len({event["eventId"] for event in search()["events"]}) == 4
    assert search()["searchedLogStreams"] == []
    logs.delete_log_stream(logGroupName="/app", logStreamName="one")
    assert texts(search()) == ["two 1", "other 2"]
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        search(logStreamNames=["one"])


def test_a_long_search_comes_in_pages_that_may_be_empty(logs, stream):
    for index in range(3):
        put(logs, ["hay"] * 9_999 + ["needle"], start=now() - 60_000 + index * 10_000, step=0)
    found = list(logs.get_paginator("filter_log_events").paginate(logGroupName="/app", filterPattern="needle"))
    assert sum(len(page["events"]) for page in found) == 3
    assert len(found) > 1


def test_a_group_by_its_arn(logs, stream, account):
    put(logs, ["x"])
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/app"
    assert texts(logs.filter_log_events(logGroupIdentifier=arn)) == ["x"]
    assert texts(logs.get_log_events(logGroupIdentifier=arn, logStreamName="one")) == ["x"]


def test_retention_expires_events_on_the_clock(fresh_cloud):
    logs = fresh_cloud.client("logs")
    logs.create_log_group(logGroupName="/app")
    logs.create_log_stream(logGroupName="/app", logStreamName="one")
    put(logs, ["early"])
    logs.put_retention_policy(logGroupName="/app", retentionInDays=3)
    fresh_cloud.clock_advance(2 * 86_400)
    put(logs, ["late"], start=now() + 2 * DAY)
    assert texts(logs.filter_log_events(logGroupName="/app")) == ["early", "late"]
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 9
    fresh_cloud.clock_advance(86_400)
    assert texts(logs.filter_log_events(logGroupName="/app")) == ["late"]
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 4
    fresh_cloud.restart()
    fresh_cloud.clock_advance(2 * 86_400)
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 0
    logs.delete_retention_policy(logGroupName="/app")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]


def test_a_batch_of_ten_thousand_events(logs, stream):
    put(logs, ["x"] * 10_000, step=0)
    assert len(logs.get_log_events(**stream, limit=10_000)["events"]) == 10_000


# ---- Resource policies, and other ways to list groups ----------------------------------------------------------------


def statement(**changes):
    return {"Effect": "Allow", "Principal": {"Service": ["route53.amazonaws.com"]}, "Action": "logs:PutLogEvents",
            "Resource": "*", **changes}  # fmt: skip


def test_resource_policies(logs):
    given = json.dumps({"Statement": [statement()]})
    made = logs.put_resource_policy(policyName="dns", policyDocument=given)["resourcePolicy"]
    assert (made["policyName"], made["policyDocument"], made["policyScope"]) == ("dns", given, "ACCOUNT")
    [listed] = logs.describe_resource_policies()["resourcePolicies"]
    shown = json.loads(listed["policyDocument"])
    assert shown["Version"] == "2008-10-17"
    assert shown["Statement"][0]["Principal"] == {"Service": "route53.amazonaws.com"}
    for index in range(9):
        logs.put_resource_policy(policyName=f"p{index}", policyDocument=given)
    with pytest.raises(logs.exceptions.LimitExceededException, match="Resource limit exceeded."):
        logs.put_resource_policy(policyName="eleventh", policyDocument=given)
    logs.put_resource_policy(policyName="p1", policyDocument=given)
    first = logs.describe_resource_policies(limit=9)
    rest = logs.describe_resource_policies(nextToken=first["nextToken"])
    assert [each["policyName"] for each in rest["resourcePolicies"]] == ["p8"]
    logs.delete_resource_policy(policyName="dns")
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match=r"Policy with name \[dns\] does not exist."):
        logs.delete_resource_policy(policyName="dns")
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Syntax errors in policy."):
        logs.put_resource_policy(policyName="bad", policyDocument="{}")


def test_groups_in_short(logs):
    for name in ("/aws/lambda/orders", "/aws/lambda/mail", "orders-archive"):
        logs.create_log_group(logGroupName=name)
    assert [each["logGroupName"] for each in logs.list_log_groups(logGroupNamePattern="orders")["logGroups"]] == [
        "/aws/lambda/orders",
        "orders-archive",
    ]
    found = logs.list_log_groups(logGroupNamePattern="^orders|mail")["logGroups"]
    assert [each["logGroupName"] for each in found] == ["/aws/lambda/mail", "orders-archive"]
    assert set(found[0]) == {"logGroupName", "logGroupArn", "logGroupClass"}
    first = logs.list_log_groups(limit=2)
    assert len(logs.list_log_groups(nextToken=first["nextToken"])["logGroups"]) == 1
    [searched] = logs.describe_log_groups(logGroupNamePattern="mail")["logGroups"]
    assert "storedBytes" not in searched


def test_names_and_identifiers(logs, stream):
    with pytest.raises(ClientError) as caught:
        logs.describe_log_streams(logGroupName="/app", logGroupIdentifier="/app")
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    }
    for operation, given in (
        (logs.create_log_group, {"logGroupName": "a" * 513}),
        (logs.create_log_stream, {"logGroupName": "/app", "logStreamName": "a" * 513}),
    ):
        with pytest.raises(logs.exceptions.InvalidParameterException, match="less than or equal to 512."):
            operation(**given)
