"""The rule that EventBridge keeps for an archive: shown, guarded, and taken away by force alone."""

from __future__ import annotations

import json

import pytest

from tests.services.events.conftest import Desk, entry, refused

NAME = "Events-Archive-kept"


@pytest.fixture
def archived(desk: Desk) -> Desk:
    """A desk with an archive of a bus."""
    arn = desk.events.create_event_bus(Name="shop")["EventBusArn"]
    pattern = '{"replay-name": [{"exists": true}], "source": ["shop"]}'
    desk.events.create_archive(ArchiveName="kept", EventSourceArn=arn, EventPattern=pattern)
    return desk


def test_an_archive_makes_a_rule_on_its_bus(archived):
    events, account = archived.events, archived.account
    [rule] = events.list_rules(EventBusName="shop")["Rules"]
    assert rule == {
        "Name": NAME, "Arn": f"arn:aws:events:us-east-1:{account}:rule/shop/{NAME}", "EventBusName": "shop",
        "EventPattern": '{"replay-name":[{"exists":false}],"source":["shop"]}', "State": "ENABLED",
        "ManagedBy": "prod.vhs.events.aws.internal",
    }  # fmt: skip
    described = events.describe_rule(Name=NAME, EventBusName="shop")
    assert {name: described[name] for name in rule} == rule and described["CreatedBy"] == account
    [target] = events.list_targets_by_rule(Rule=NAME, EventBusName="shop")["Targets"]
    template = target.pop("InputTransformer")["InputTemplate"]
    assert template.startswith(f'{{"archive-arn": "arn:aws:events:us-east-1:{account}:archive/kept:')
    assert target == {"Id": NAME, "Arn": "arn:aws:events:us-east-1:::"}
    found = events.list_rule_names_by_target(TargetArn=target["Arn"], EventBusName="shop")["RuleNames"]
    assert found == [NAME]
    assert events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"] == []


def test_nobody_changes_the_rule_of_an_archive(archived):
    events, at = archived.events, {"EventBusName": "shop"}
    arn = f"arn:aws:events:us-east-1:{archived.account}:rule/shop/{NAME}"
    queue = f"arn:aws:sqs:us-east-1:{archived.account}:queue"
    plain = f"{NAME} is a managed rule."
    for call, given in (
        (events.put_rule, {"Name": NAME, "EventPattern": '{"source": ["x"]}', **at}),
        (events.disable_rule, {"Name": NAME, **at}),
        (events.enable_rule, {"Name": NAME, **at}),
        (events.put_targets, {"Rule": NAME, "Targets": [{"Id": "q", "Arn": queue}], **at}),
    ):
        assert refused("ManagedRuleException", call, **given) == plain
    for call, given in (
        (events.delete_rule, {"Name": NAME, **at}),
        (events.remove_targets, {"Rule": NAME, "Ids": [NAME], **at}),
    ):
        assert refused("ManagedRuleException", call, **given).startswith(f"{plain} Set 'force'")
    tagged = refused("ManagedRuleException", events.tag_resource, ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert tagged == f"Tag related operations on the managed rule {NAME} is not allowed."
    refused("ManagedRuleException", events.untag_resource, ResourceARN=arn, TagKeys=["a"])
    said = refused("ValidationException", events.delete_event_bus, Name="shop")
    assert said == "EventBus can't be deleted since it has rules."


def test_by_force_the_rule_goes_and_the_archive_keeps_nothing_until_it_is_updated(archived):
    events, at = archived.events, {"EventBusName": "shop"}
    archived.put(entry(EventBusName="shop"))
    assert refused("ValidationException", events.delete_rule, Name=NAME, Force=True, **at).endswith("has targets.")
    assert events.remove_targets(Rule=NAME, Ids=["other"], Force=True, **at)["FailedEntryCount"] == 0
    assert events.describe_archive(ArchiveName="kept")["State"] == "ENABLED"
    events.remove_targets(Rule=NAME, Ids=[NAME], Force=True, **at)
    archived.put(entry(EventBusName="shop"))
    found = events.describe_archive(ArchiveName="kept")
    assert (found["State"], found["EventCount"]) == ("DISABLED", 1)
    assert found["StateReason"] == "Managed rule for the archive was forcefully deleted."
    assert [each["ArchiveName"] for each in events.list_archives(State="DISABLED")["Archives"]] == ["kept"]
    refused("ValidationException", events.update_archive, ArchiveName="kept")
    refused("ResourceNotFoundException", events.update_archive, ArchiveName="none")
    assert events.update_archive(ArchiveName="kept", Description="again")["State"] == "ENABLED"
    archived.put(entry(EventBusName="shop"))
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 2
    events.remove_targets(Rule=NAME, Ids=[NAME], Force=True, **at)
    events.delete_rule(Name=NAME, Force=True, **at)
    assert events.list_rules(**at)["Rules"] == []
    events.delete_event_bus(Name="shop")
    said = refused("ResourceNotFoundException", events.update_archive, ArchiveName="kept", Description="x")
    assert said == "Archive kept managed rule does not exist."
    assert events.describe_archive(ArchiveName="kept")["State"] == "DISABLED"
    events.delete_archive(ArchiveName="kept")


def test_a_replay_that_another_bus_hands_on_is_not_archived_again(timed):
    events, account = timed.events, timed.account
    buses = {name: events.create_event_bus(Name=name)["EventBusArn"] for name in ("one", "two")}
    events.create_archive(ArchiveName="first", EventSourceArn=buses["one"])
    events.create_archive(ArchiveName="second", EventSourceArn=buses["two"])
    timed.rule(buses["two"], bus="one", RoleArn=timed.role("hand-on", "events:PutEvents"))
    timed.put(entry(EventBusName="one"))
    timed.cloud.settle()
    assert events.describe_archive(ArchiveName="second")["EventCount"] == 1
    events.start_replay(
        ReplayName="again", EventSourceArn=f"arn:aws:events:us-east-1:{account}:archive/first",
        EventStartTime=0, EventEndTime=4_000_000_000, Destination={"Arn": buses["one"]},
    )  # fmt: skip
    timed.cloud.clock_advance(10)
    assert events.describe_replay(ReplayName="again")["State"] == "COMPLETED"
    counts = [events.describe_archive(ArchiveName=name)["EventCount"] for name in ("first", "second")]
    assert counts == [1, 1], json.dumps(counts)
