"""What EventBridge does with events: it matches, forms and delivers them, on time, once more, and after a crash."""

from __future__ import annotations

import json

import pytest

from tests.services.events.conftest import Desk, entry, refused


def test_what_matches_reaches_the_target_as_aws_forms_it(desk):
    desk.rule(desk.log_group(), pattern={"source": ["shop"], "detail": {"id": [{"numeric": [">", 5]}]}})
    answer = desk.put(entry({"id": 5}), entry({"id": 6}, Resources=["arn:x"], Time=1750000000))
    [seen] = desk.seen()
    expected = {
        "version": "0", "id": answer["Entries"][1]["EventId"], "detail-type": "sold", "source": "shop",
        "account": desk.account, "time": "2025-06-15T15:06:40Z", "region": "us-east-1", "resources": ["arn:x"],
        "detail": {"id": 6},
    }  # fmt: skip
    assert seen == json.dumps(expected, separators=(",", ":"))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"Input": '{"fixed": true}'}, '{"fixed": true}'),
        ({"InputPath": "$.detail"}, '{"a":{"b":[1,"x"]},"s":"q\\"t"}'),
        ({"InputPath": "$.detail.a.b[1]"}, '"x"'),
        ({"InputPath": "$.detail-type"}, '"sold"'),
        ({"InputTransformer": {"InputPathsMap": {"x": "$.detail.s", "n": "$.none"}, "InputTemplate": '"<x> <n>."'}},
         '"q"t ."'),
        ({"InputTransformer": {"InputPathsMap": {"x": "$.detail.a"}, "InputTemplate": '"got <x>"'}}, '"got {b:[1,x]}"'),
        ({"InputTransformer": {"InputPathsMap": {"x": "$.detail.s", "y": "$.detail.a", "n": "$.none"},
                               "InputTemplate": '{"x": <x>, "y": <y>, "t": "is <x>", "n": <n>}'}},
         '{"x":"q\\"t","y":{"b":[1,"x"]},"t":"is q\\"t","n":""}'),
        ({"InputTransformer": {"InputTemplate": '"<aws.events.rule-name> <aws.events.rule-arn>"'}},
         '"rule arn:aws:events:us-east-1:ACCOUNT:rule/rule"'),
    ],
)  # fmt: skip
def test_what_a_target_gets_of_an_event(desk, more, expected):
    desk.rule(desk.log_group(), **more)
    desk.put(entry({"a": {"b": [1, "x"]}, "s": 'q"t'}))
    assert desk.seen() == [expected.replace("ACCOUNT", desk.account)]


def test_a_template_may_hold_the_whole_event(desk):
    template = '{"event": <aws.events.event>, "json": <aws.events.event.json>, "at": <aws.events.event.ingestion-time>}'
    desk.rule(desk.log_group(), InputTransformer={"InputTemplate": template})
    desk.put(entry({"x": 1}))
    [seen] = map(json.loads, desk.seen())
    assert seen["json"]["detail"] == {"x": 1} and "detail" not in seen["event"]
    assert seen["event"]["detailType"] == "sold" and seen["at"].endswith("Z")


def test_each_rule_and_each_target_gets_its_own(desk):
    first, second = desk.log_group("one"), desk.log_group("two")
    desk.rule(first, name="a")
    desk.rule(second, name="b")
    desk.events.put_targets(Rule="b", Targets=[{"Id": "u", "Arn": first, "InputPath": "$.detail"}])
    desk.events.put_rule(Name="c", EventPattern='{"source": ["shop"]}', State="DISABLED")
    desk.events.put_targets(Rule="c", Targets=[{"Id": "t", "Arn": first}])
    desk.put(entry())
    assert len(desk.seen("one")) == 2
    assert len(desk.seen("two")) == 1


def test_one_bus_hands_events_on_to_another(desk):
    other = desk.events.create_event_bus(Name="b")["EventBusArn"]
    desk.rule(other, RoleArn=desk.role("r", "events:PutEvents"))
    desk.rule(desk.log_group(), bus="b", name="inner")
    answer = desk.put(entry())
    [seen] = desk.seen()
    assert json.loads(seen)["id"] == answer["Entries"][0]["EventId"]


def test_a_bus_of_another_account_must_let_the_first_in(desk):
    near = Desk(desk.cloud, f"{(int(desk.account) + 2) % 10**12:012}")
    near.rule(near.log_group())
    desk.rule(f"arn:aws:events:us-east-1:{near.account}:event-bus/default")
    desk.put(entry())
    assert near.seen() == []
    near.events.put_permission(Action="events:PutEvents", Principal=desk.account, StatementId="s")
    desk.put(entry())
    [seen] = near.seen()
    assert json.loads(seen)["account"] == desk.account


def test_buses_in_a_circle_come_to_an_end(desk):
    role = desk.role("r", "events:PutEvents")
    desk.log_group()
    other = desk.events.create_event_bus(Name="b")["EventBusArn"]
    desk.rule(other, RoleArn=role)
    desk.rule(f"arn:aws:events:us-east-1:{desk.account}:event-bus/default", bus="b", RoleArn=role)
    desk.put(entry())
    desk.cloud.settle()


def test_schedules_fire_on_time(timed):
    timed.at("2027-01-01T00:00:30")
    group = timed.log_group()
    rule = timed.events.put_rule(Name="r", ScheduleExpression="rate(5 minutes)")["RuleArn"]
    timed.events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": group}])
    timed.events.put_rule(Name="c", ScheduleExpression="cron(0 12 * * ? *)")
    timed.events.put_targets(Rule="c", Targets=[{"Id": "t", "Arn": group, "Input": '"noon"'}])
    timed.cloud.clock_advance(600)
    seen = [json.loads(text) for text in timed.seen()]
    assert [event["time"] for event in seen] == ["2027-01-01T00:05:30Z", "2027-01-01T00:10:30Z"]
    assert (seen[0]["source"], seen[0]["detail-type"]) == ("aws.events", "Scheduled Event")
    assert (seen[0]["resources"], seen[0]["detail"]) == ([rule], {})
    timed.events.disable_rule(Name="r")
    timed.cloud.clock_advance(86_400)
    assert timed.seen()[2:] == ['"noon"']
    timed.events.remove_targets(Rule="c", Ids=["t"])
    timed.events.delete_rule(Name="c")
    timed.cloud.clock_advance(86_400)
    assert len(timed.seen()) == 3


def test_an_archive_keeps_events_for_its_days(timed):
    timed.at("2027-01-01T00:00")
    bus = timed.events.describe_event_bus()["Arn"]
    pattern = '{"detail": {"keep": [true]}}'
    answer = timed.events.create_archive(ArchiveName="a", EventSourceArn=bus, EventPattern=pattern, RetentionDays=2)
    assert answer["State"] == "ENABLED" and answer["ArchiveArn"].endswith(":archive/a")
    timed.put(entry({"keep": True}), entry({"keep": False}), entry({"keep": True}))
    described = timed.events.describe_archive(ArchiveName="a")
    assert (described["EventCount"], described["RetentionDays"]) == (2, 2)
    assert described["SizeBytes"] > 200
    timed.cloud.clock_advance(86_400)
    timed.put(entry({"keep": True}))
    timed.cloud.clock_advance(86_400)
    assert timed.events.describe_archive(ArchiveName="a")["EventCount"] == 1
    timed.events.update_archive(ArchiveName="a", RetentionDays=0)
    timed.cloud.clock_advance(10 * 86_400)
    assert timed.events.list_archives(NamePrefix="a")["Archives"][0]["EventCount"] == 1
    message = refused(
        "ResourceAlreadyExistsException", timed.events.create_archive, ArchiveName="a", EventSourceArn=bus
    )
    assert message == "Archive a already exists."
    timed.events.delete_archive(ArchiveName="a")
    message = refused("ResourceNotFoundException", timed.events.describe_archive, ArchiveName="a")
    assert message == "Archive a does not exist."
    refused("ResourceNotFoundException", timed.events.create_archive, ArchiveName="x", EventSourceArn=bus + "x")
    assert timed.events.list_archives()["Archives"] == []


def test_a_replay_brings_a_span_of_time_once_more(timed):
    timed.at("2027-01-01T00:00")
    bus = timed.events.describe_event_bus()["Arn"]
    archive = timed.events.create_archive(ArchiveName="a", EventSourceArn=bus)["ArchiveArn"]
    first = timed.rule(timed.log_group("one"), name="one")
    timed.rule(timed.log_group("two"), name="two")
    for number in range(3):
        timed.put(entry({"n": number}))
        timed.cloud.clock_advance(60)
    span = {"EventStartTime": "2027-01-01T00:01:00Z", "EventEndTime": "2027-01-01T00:10:00Z"}
    given = {"ReplayName": "r", "EventSourceArn": archive, **span}
    answer = timed.events.start_replay(**given, Destination={"Arn": bus, "FilterArns": [first]})
    assert answer["State"] == "STARTING"
    timed.cloud.clock_advance(10)
    replayed = [json.loads(text) for text in timed.seen("one")][3:]
    assert [event["detail"]["n"] for event in replayed] == [1, 2]
    assert [event["replay-name"] for event in replayed] == ["r", "r"]
    before = [json.loads(text) for text in timed.seen("one")][1:3]
    assert [event["time"] for event in replayed] == [event["time"] for event in before]
    assert len({event["id"] for event in (*before, *replayed)}) == 4
    assert len(timed.seen("two")) == 3
    described = timed.events.describe_replay(ReplayName="r")
    assert (described["State"], described["Destination"]["FilterArns"]) == ("COMPLETED", [first])
    assert described["EventLastReplayedTime"].minute == 10
    assert [each["ReplayName"] for each in timed.events.list_replays(State="COMPLETED")["Replays"]] == ["r"]
    assert timed.events.describe_archive(ArchiveName="a")["EventCount"] == 3
    destination = {"Destination": {"Arn": bus}}
    message = refused("ResourceAlreadyExistsException", timed.events.start_replay, **given, **destination)
    assert message == "Replay r already exists."
    refused("IllegalStatusException", timed.events.cancel_replay, ReplayName="r")
    timed.events.start_replay(**{**given, "ReplayName": "c"}, **destination)
    assert timed.events.cancel_replay(ReplayName="c")["State"] == "CANCELLING"
    timed.cloud.clock_advance(10)
    assert timed.events.describe_replay(ReplayName="c")["State"] == "CANCELLED"
    assert len(timed.seen("one")) == 5
    for number in range(10):
        timed.events.start_replay(**{**given, "ReplayName": f"m{number}"}, **destination)
    refused("LimitExceededException", timed.events.start_replay, **{**given, "ReplayName": "m"}, **destination)
    given["ReplayName"] = "s"
    other = timed.events.create_event_bus(Name="b")["EventBusArn"]
    message = refused("ValidationException", timed.events.start_replay, **given, Destination={"Arn": other})
    assert message == "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
    given["EventSourceArn"] += "x"
    message = refused("ValidationException", timed.events.start_replay, **given, **destination)
    assert message == "Parameter EventSourceArn is not valid. Reason: Archive ax does not exist."


def test_a_replay_is_by_the_time_that_an_event_says_and_fails_without_its_archive(timed):
    timed.at("2027-01-01T00:00")
    bus = timed.events.describe_event_bus()["Arn"]
    archive = timed.events.create_archive(ArchiveName="a", EventSourceArn=bus, RetentionDays=2)["ArchiveArn"]
    timed.rule(timed.log_group())
    timed.put(entry({"n": 0}, Time="2026-12-01T12:00:00Z"), entry({"n": 1}))
    span = {"EventStartTime": "2026-12-01T12:00:00Z", "EventEndTime": "2026-12-01T12:00:30Z"}
    given = {"EventSourceArn": archive, "Destination": {"Arn": bus}, **span}
    timed.events.start_replay(ReplayName="r", **given)
    timed.cloud.clock_advance(10)
    assert [json.loads(text)["detail"]["n"] for text in timed.seen()] == [0, 1, 0]
    assert timed.events.describe_replay(ReplayName="r")["EventLastReplayedTime"].second == 0
    timed.events.update_archive(ArchiveName="a", RetentionDays=1)
    assert timed.events.describe_archive(ArchiveName="a")["EventCount"] == 2
    timed.events.start_replay(ReplayName="gone", **given)
    timed.events.delete_archive(ArchiveName="a")
    timed.cloud.clock_advance(86_400)
    failed = timed.events.describe_replay(ReplayName="gone")
    assert (failed["State"], failed["StateReason"]) == ("FAILED", "Archive resource not found.")


def test_nothing_that_was_taken_is_lost_in_a_crash(timed):
    timed.rule(timed.log_group())
    for number in range(20):
        timed.put(*[entry({"n": number * 10 + each}) for each in range(10)])
    timed.cloud.restart()
    seen = {json.loads(text)["detail"]["n"] for text in timed.seen()}
    assert seen == set(range(200))
