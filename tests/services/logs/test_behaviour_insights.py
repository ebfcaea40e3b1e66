"""Logs Insights as a client uses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOW = int(time.time())
GROUP = "/app/orders"


def put(logs: Any, messages: list[str], group: str = GROUP, stream: str = "s") -> None:
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": NOW * 1000 + at, "message": message} for at, message in enumerate(messages)]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def start(logs: Any, text: str, **settings: Any) -> str:
    return str(logs.start_query(startTime=NOW - 60, endTime=NOW + 60, queryString=text, **settings)["queryId"])


def finished(logs: Any, query: str) -> Any:
    while (answer := logs.get_query_results(queryId=query))["status"] in ("Scheduled", "Running"):
        pass
    return answer


def rows(answer: Any) -> list[dict[str, str]]:
    return [{each["field"]: each["value"] for each in row} for row in answer["results"]]


@pytest.fixture
def logs(client: Callable[..., Any]) -> Any:
    return client("logs")


def refused(call: Callable[[], Any], code: str) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    assert raised.value.response["Error"]["Code"] == code
    return str(raised.value.response["Error"]["Message"])


def test_a_query_is_run_and_its_record_read(logs: Any, account: str) -> None:
    put(logs, ['{"level":"INFO","user":{"id":1}}', '{"level":"ERROR","user":{"id":2}}', "plain"])
    query = start(logs, "fields @message, level | filter level = 'ERROR'", logGroupName=GROUP)
    answer = finished(logs, query)
    assert answer["status"] == "Complete" and answer["queryLanguage"] == "CWLI"
    (row,) = rows(answer)
    assert row["level"] == "ERROR" and [each["field"] for each in answer["results"][0]] == ["@message", "level", "@ptr"]
    assert answer["statistics"]["recordsScanned"] == 3 and answer["statistics"]["recordsMatched"] == 1
    assert answer["statistics"]["bytesScanned"] == 70 and answer["statistics"]["logGroupsScanned"] == 1
    record = logs.get_log_record(logRecordPointer=row["@ptr"])["logRecord"]
    assert record["user.id"] == "2" and record["@log"] == f"{account}:{GROUP}" and record["@logStream"] == "s"
    found = {
        each["name"]: each["percent"]
        for each in logs.get_log_group_fields(logGroupName=GROUP, time=NOW)["logGroupFields"]
    }
    assert found["level"] == 67 and found["@message"] == 100

    (listed,) = logs.describe_queries(logGroupName=GROUP)["queries"]
    assert listed["queryId"] == query and listed["status"] == "Complete" and listed["logGroupName"] == GROUP
    assert listed["queryString"] == (
        f"SOURCE \"{GROUP}\" START={NOW - 60}000 END={NOW + 60}999 | fields @message, level | filter level = 'ERROR'"
    )
    assert logs.describe_queries(logGroupName=GROUP, status="Scheduled")["queries"] == []
    assert "not currently running" in refused(lambda: logs.stop_query(queryId=query), "InvalidParameterException")


def test_queries_over_many_groups(logs: Any, account: str) -> None:
    for name in ("/many/a", "/many/b", "/other"):
        put(logs, [name], name)
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:/many/b"
    count = "stats count(*) as n by @log | sort @log"
    both = [{"@log": f"{account}:/many/a", "n": "1"}, {"@log": f"{account}:/many/b", "n": "1"}]
    assert rows(finished(logs, start(logs, count, logGroupNames=["/many/a", "/many/b"]))) == both
    assert rows(finished(logs, start(logs, count, logGroupIdentifiers=[arn, "/many/a"]))) == both
    assert rows(finished(logs, start(logs, f"SOURCE logGroups(namePrefix: ['/many']) | {count}"))) == both
    refused(lambda: start(logs, count), "InvalidParameterException")
    message = refused(lambda: start(logs, count, logGroupName="nope"), "ResourceNotFoundException")
    assert message.startswith(f"Log group 'nope' does not exist for account ID '{account}' (Service: AWSLogs;")


def test_a_query_names_its_groups_and_its_time(logs: Any, account: str) -> None:
    for name in ("/aws/lambda/a", "/aws/lambda/b", "other"):
        put(logs, [name], name)
    logs.create_log_group(logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")
    names = "stats count(*) as n by @log | sort @log | display @log"

    def groups(source: str, **settings: Any) -> list[str]:
        answer = finished(logs, start(logs, f"SOURCE {source} | {names}", **settings))
        return [row["@log"].removeprefix(f"{account}:") for row in rows(answer)]

    assert groups("logGroups()") == ["/aws/lambda/a", "/aws/lambda/b", "other"]
    assert groups('logGroups(namePrefix: ["/aws/lambda/b"], class: "STANDARD") START=-3600s END=0s') == [
        "/aws/lambda/b"
    ]
    assert groups(f"logGroups(accountIdentifiers: ['{account}'], namePrefix: ['oth'])") == ["other"]
    assert groups("logGroups(logGroupClass: ['INFREQUENT_ACCESS'])") == []
    assert groups("/aws/lambda/a, 'other' start=-1d end=now") == ["/aws/lambda/a", "other"]
    assert groups("other start=-1d end=-1h") == []
    assert groups(f"other START={NOW - 5} END={NOW + 5}") == ["other"]
    query = start(logs, f"SOURCE logGroups(namePrefix: ['/aws']) | {names}")
    assert logs.list_log_groups_for_query(queryId=query)["logGroupIdentifiers"] == ["/aws/lambda/a", "/aws/lambda/b"]
    refused(lambda: logs.list_log_groups_for_query(queryId="nope"), "ResourceNotFoundException")
    for source, code in (
        ("nope", "ResourceNotFoundException"),
        ("other start=now end=-1h", "InvalidParameterException"),
        ("other start=soon", "MalformedQueryException"),
        ("logGroups(namePrefix: ['ab'])", "MalformedQueryException"),
        ("logGroups(colour: ['red'])", "MalformedQueryException"),
        ("logGroups(accountIdentifiers: ['111122223333'])", "NotImplemented"),
    ):
        refused(lambda source=source: start(logs, f"SOURCE {source} | {names}"), code)


def test_results_come_in_pages(logs: Any) -> None:
    put(logs, [str(n) for n in range(2500)])
    query = start(logs, "fields @message | sort @timestamp", logGroupName=GROUP, limit=2300)
    finished(logs, query)
    seen, token = [], {}
    while True:
        page = logs.get_query_results(queryId=query, maxItems=900, **token)
        seen.append([row["@message"] for row in rows(page)])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert [len(page) for page in seen] == [900, 900, 500]
    assert [int(each) for page in seen for each in page] == list(range(2300))
    refused(lambda: logs.get_query_results(queryId=query, nextToken="x"), "InvalidParameterException")
    refused(lambda: logs.get_query_results(queryId="nope"), "ResourceNotFoundException")


def test_what_cannot_be_compiled_is_told_with_its_place(logs: Any) -> None:
    put(logs, ["x"])
    with pytest.raises(ClientError) as raised:
        start(logs, "fields @message | foo", logGroupName=GROUP)
    answer = raised.value.response
    assert answer["Error"]["Code"] == "MalformedQueryException"
    assert answer["queryCompileError"] == {
        "location": {"startCharOffset": 18, "endCharOffset": 21},
        "message": "unexpected symbol found foo at line 1 and position 18",
    }
    refused(lambda: start(logs, "fields @message", logGroupName=GROUP, queryLanguage="SQL"), "NotImplemented")
    assert logs.describe_queries()["queries"] == []


def test_saved_queries(logs: Any) -> None:
    made = logs.put_query_definition(name="errors/all", queryString="filter level='E'", logGroupNames=[GROUP])
    logs.put_query_definition(name="other", queryString="fields a")
    logs.put_query_definition(name="errors/new", queryString="fields b", queryDefinitionId=made["queryDefinitionId"])
    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="errors")["queryDefinitions"]
    assert (found["name"], found["queryString"], found["logGroupNames"]) == ("errors/new", "fields b", [])
    token = "t" * 36
    twice = [logs.put_query_definition(name="t", queryString="fields c", clientToken=token) for _ in range(2)]
    assert twice[0]["queryDefinitionId"] == twice[1]["queryDefinitionId"]
    page = logs.describe_query_definitions(maxResults=2)
    rest = logs.describe_query_definitions(nextToken=page["nextToken"])["queryDefinitions"]
    assert [each["name"] for each in [*page["queryDefinitions"], *rest]] == ["errors/new", "other", "t"]
    assert logs.delete_query_definition(queryDefinitionId=made["queryDefinitionId"])["success"] is True
    refused(
        lambda: logs.delete_query_definition(queryDefinitionId=made["queryDefinitionId"]), "ResourceNotFoundException"
    )


def test_a_query_survives_a_crash_and_is_forgotten_after_a_week(fresh_cloud: Any) -> None:
    logs = fresh_cloud.client("logs")
    put(logs, ["x"])
    query = start(logs, "fields @message", logGroupName=GROUP)
    fresh_cloud.restart()
    assert [row["@message"] for row in rows(finished(logs, query))] == ["x"]
    fresh_cloud.clock_advance(7 * 86_400 + 1)
    refused(lambda: logs.get_query_results(queryId=query), "ResourceNotFoundException")


def test_a_query_that_runs_is_stopped_at_once(logs: Any) -> None:
    put(logs, ["a" * 60 + "!"])
    query = start(logs, "filter @message like /^(a+)+$/", logGroupName=GROUP)
    assert logs.get_query_results(queryId=query)["status"] in ("Scheduled", "Running")
    assert logs.stop_query(queryId=query)["success"] is True
    answer = logs.get_query_results(queryId=query)
    assert (answer["status"], answer["results"]) == ("Cancelled", [])
