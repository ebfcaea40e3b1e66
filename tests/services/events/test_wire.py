"""What AWS answers to calls of EventBridge: shapes, order of checks, sentences."""

from __future__ import annotations

import json

import pytest

from tests.services.events.conftest import PATTERN, entry, refused


def test_the_default_bus_is_there(desk):
    [bus] = desk.events.list_event_buses()["EventBuses"]
    arn = f"arn:aws:events:us-east-1:{desk.account}:event-bus/default"
    assert (bus["Name"], bus["Arn"]) == ("default", arn)
    assert desk.events.describe_event_bus()["Arn"] == arn
    message = refused("ValidationException", desk.events.delete_event_bus, Name="default")
    assert message == "Cannot delete event bus default."


def test_custom_buses(desk):
    arn = desk.events.create_event_bus(Name="b1", Description="d", Tags=[{"Key": "k", "Value": "v"}])["EventBusArn"]
    assert arn.endswith(":event-bus/b1")
    assert desk.events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    message = refused("ResourceAlreadyExistsException", desk.events.create_event_bus, Name="b1")
    assert message == "Event bus b1 already exists."
    refused("ResourceAlreadyExistsException", desk.events.create_event_bus, Name="default")
    refused("ValidationException", desk.events.create_event_bus, Name="a/b")
    refused("NotImplemented", desk.events.create_event_bus, Name="aws.partner/x/y", EventSourceName="aws.partner/x/y")
    described = desk.events.describe_event_bus(Name=arn)
    assert described["Description"] == "d"
    assert described["CreationTime"] == described["LastModifiedTime"]
    desk.events.update_event_bus(Name="b1", Description="other")
    assert desk.events.describe_event_bus(Name="b1")["Description"] == "other"
    message = refused("ResourceNotFoundException", desk.events.describe_event_bus, Name="none")
    assert message == "Event bus none does not exist."
    for number in range(2, 5):
        desk.events.create_event_bus(Name=f"b{number}")
    page = desk.events.list_event_buses(NamePrefix="b", Limit=3)
    assert [bus["Name"] for bus in page["EventBuses"]] == ["b1", "b2", "b3"]
    page = desk.events.list_event_buses(NamePrefix="b", Limit=3, NextToken=page["NextToken"])
    assert [bus["Name"] for bus in page["EventBuses"]] == ["b4"]
    assert "NextToken" not in page
    refused("ValidationException", desk.events.list_event_buses, NextToken="nonsense")
    desk.events.delete_event_bus(Name="b4")
    desk.events.delete_event_bus(Name="b4")
    refused("ResourceNotFoundException", desk.events.describe_event_bus, Name="b4")


def test_rules(desk):
    text = json.dumps(PATTERN)
    arn = desk.events.put_rule(Name="r", EventPattern=text, Description="d")["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:{desk.account}:rule/r"
    desk.events.create_event_bus(Name="b")
    other = desk.events.put_rule(Name="r", EventPattern=text, EventBusName="b", State="DISABLED")["RuleArn"]
    assert other.endswith(":rule/b/r")
    described = desk.events.describe_rule(Name="r")
    described.pop("ResponseMetadata")
    assert described == {
        "Name": "r", "Arn": arn, "EventPattern": text, "State": "ENABLED", "Description": "d",
        "EventBusName": "default", "CreatedBy": desk.account,
    }  # fmt: skip
    desk.events.disable_rule(Name="r")
    assert desk.events.describe_rule(Name="r")["State"] == "DISABLED"
    desk.events.enable_rule(Name="r")
    assert [rule["Name"] for rule in desk.events.list_rules()["Rules"]] == ["r"]
    assert desk.events.list_rules(EventBusName="b")["Rules"][0]["State"] == "DISABLED"
    assert desk.events.list_rules(NamePrefix="x")["Rules"] == []
    desk.events.put_rule(Name="r", ScheduleExpression="rate(1 hour)")
    assert "EventPattern" not in desk.events.describe_rule(Name="r")
    message = refused("ResourceNotFoundException", desk.events.describe_rule, Name="none")
    assert message == "Rule none does not exist on EventBus default."
    refused("ResourceNotFoundException", desk.events.put_rule, Name="r", EventPattern=text, EventBusName="none")
    message = refused("ValidationException", desk.events.delete_event_bus, Name="b")
    assert "has rules" in message
    desk.events.delete_rule(Name="r", EventBusName="b")
    desk.events.delete_rule(Name="r", EventBusName="b")
    desk.events.delete_event_bus(Name="b")


def test_what_is_no_rule(desk):
    put = desk.events.put_rule
    message = refused("ValidationException", put, Name="r")
    assert message == "Parameter(s) EventPattern or ScheduleExpression must be specified."
    desk.events.create_event_bus(Name="b")
    message = refused("ValidationException", put, Name="r", EventBusName="b", ScheduleExpression="rate(1 minute)")
    assert message == "ScheduleExpression is supported only on the default event bus."
    for expression in ("rate(1 minutes)", "rate(10 seconds)", "cron(0 1 * * * *)", "at(2027-01-01T00:00:00)", "soon"):
        message = refused("ValidationException", put, Name="r", ScheduleExpression=expression)
        assert message == "Parameter ScheduleExpression is not valid."
    message = refused("InvalidEventPatternException", put, Name="r", EventPattern='{"a": 1}')
    reason = 'Event pattern is not valid. Reason: "a" must be an object or an array\n at [Source: (String)"{"a": 1}";'
    assert message == f"{reason} line: 1, column: 8]"
    refused("NotImplemented", put, Name="r", EventPattern='{"a":[1]}',
            State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")  # fmt: skip
    assert desk.events.list_rules()["Rules"] == []


def test_a_bus_has_three_hundred_rules(desk):
    text = json.dumps(PATTERN)
    for number in range(300):
        desk.events.put_rule(Name=f"r{number:03}", EventPattern=text)
    message = refused("LimitExceededException", desk.events.put_rule, Name="more", EventPattern=text)
    assert message == "The requested resource exceeds the maximum number allowed."
    desk.events.put_rule(Name="r000", EventPattern=text)
    names, token = [], {}
    while True:
        page = desk.events.list_rules(Limit=100, **token)
        names += [rule["Name"] for rule in page["Rules"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert names == [f"r{number:03}" for number in range(300)]


def test_targets(desk):
    desk.events.put_rule(Name="r", EventPattern=json.dumps(PATTERN))
    queue = f"arn:aws:sqs:us-east-1:{desk.account}:q"
    targets = [{"Id": f"t{number}", "Arn": queue} for number in range(5)]
    answer = desk.events.put_targets(Rule="r", Targets=targets)
    assert (answer["FailedEntryCount"], answer["FailedEntries"]) == (0, [])
    message = refused("LimitExceededException", desk.events.put_targets, Rule="r", Targets=[{"Id": "x", "Arn": queue}])
    assert message == "The requested resource exceeds the maximum number allowed."
    page = desk.events.list_targets_by_rule(Rule="r", Limit=3)
    assert page["Targets"] == targets[:3]
    page = desk.events.list_targets_by_rule(Rule="r", Limit=3, NextToken=page["NextToken"])
    assert page["Targets"] == targets[3:] and "NextToken" not in page
    assert desk.events.list_rule_names_by_target(TargetArn=queue)["RuleNames"] == ["r"]
    assert desk.events.list_rule_names_by_target(TargetArn=queue + "2")["RuleNames"] == []
    message = refused("ValidationException", desk.events.delete_rule, Name="r")
    assert message == "Rule can't be deleted since it has targets."
    answer = desk.events.remove_targets(Rule="r", Ids=["t0", "none"])
    assert answer["FailedEntryCount"] == 1
    assert answer["FailedEntries"][0]["TargetId"] == "none"
    desk.events.put_rule(Name="r", EventPattern='{"a": [1]}')
    assert len(desk.events.list_targets_by_rule(Rule="r")["Targets"]) == 4
    refused("ResourceNotFoundException", desk.events.put_targets, Rule="none", Targets=targets[:1])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Arn": "nonsense"}, "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format."),
        ({"Input": "{}", "InputPath": "$.a"}, "Only one of Input, InputPath, or InputTransformer must be provided for"),
        ({"InputTransformer": {"InputTemplate": '"<x>"'}},
         "InputTemplate for target t contains invalid placeholder x"),
        ({"Input": "{"}, "JSON syntax error in input for target t"),
        ({"InputTransformer": {"InputTemplate": "{1: 2}"}}, "Invalid InputTemplate for target t"),
        ({"Arn": "arn:aws:sqs:us-east-1:1:q.fifo"}, "not in correct format"),
        ({"Arn": "arn:aws:s3:::b"}, "Parameter arn:aws:s3:::b is not valid. Reason: Provided Arn is not in"),
        ({"Arn": "arn:aws:sqs:us-east-1:000000000001:q.fifo"}, "SqsParameters must be specified for target: t."),
        ({"Id": "!@#"}, "1 validation error detected: Value '!@#' at 'targets.1.member.id' failed to satisfy"),
        ({"RoleArn": "arn:aws:iam::{account}:role/x"}, "cannot be assumed by principal 'events.amazonaws.com'."),
        ({"DeadLetterConfig": {"Arn": "arn:aws:sns:us-east-1:000000000001:t"}}, "DeadLetterConfig.Arn is not valid"),
        ({"Arn": "arn:aws:events:us-east-1:{account}:event-bus/b"}, "RoleArn is required for target"),
    ],
)  # fmt: skip
def test_what_is_no_target(desk, more, message):
    desk.events.put_rule(Name="r", EventPattern=json.dumps(PATTERN))
    given = {"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{desk.account}:q", **more}
    given = json.loads(json.dumps(given).replace("{account}", desk.account))
    assert message in refused("ValidationException", desk.events.put_targets, Rule="r", Targets=[given])
    assert desk.events.list_targets_by_rule(Rule="r")["Targets"] == []


def test_kinds_of_targets_that_are_not_built_are_refused_by_name(desk):
    desk.events.put_rule(Name="r", EventPattern=json.dumps(PATTERN))
    for service, rest in (("states", "stateMachine:m"), ("kinesis", "stream/s"), ("ecs", "cluster/c")):
        target = {"Id": "t", "Arn": f"arn:aws:{service}:us-east-1:{desk.account}:{rest}"}
        assert service in refused("NotImplemented", desk.events.put_targets, Rule="r", Targets=[target])


def test_each_entry_is_taken_or_refused_for_itself(desk):
    answer = desk.put(
        entry(),
        {"DetailType": "t", "Detail": "{}"},
        {"Source": "s", "Detail": "{}"},
        {"Source": "s", "DetailType": "t"},
        entry(Detail="{"),
        entry(Detail="[]"),
        entry(Detail='{"a": NaN}'),
        entry(Source="aws.s3"),
        entry(EventBusName="not-there"),
    )
    assert answer["FailedEntryCount"] == 7
    assert "EventId" in answer["Entries"][0] and "EventId" in answer["Entries"][8]
    reasons = [(each["ErrorCode"], each["ErrorMessage"]) for each in answer["Entries"][1:8]]
    missing = "Parameter {0} is not valid. Reason: {0} is a required argument."
    assert reasons == [
        ("InvalidArgument", missing.format("Source")),
        ("InvalidArgument", missing.format("DetailType")),
        ("InvalidArgument", missing.format("Detail")),
        ("MalformedDetail", "Detail is malformed."),
        ("MalformedDetail", "Detail is malformed."),
        ("MalformedDetail", "Detail is malformed."),
        ("NotAuthorizedForSourceException", "Not authorized for the source."),
    ]


def test_the_limits_of_a_request(desk):
    shown = (
        "PutEventsRequestEntry(time=null, source=shop, resources=null, detailType=sold, detail={}, eventBusName=null, "
        "traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"
    )
    message = refused("ValidationException", desk.events.put_events, Entries=[entry(Detail="{}")] * 11)
    assert message.startswith(f"1 validation error detected: Value '[{', '.join([shown] * 11)}]' at 'entries'")
    message = refused("ValidationException", desk.events.put_events, Entries=[entry()] * 11)
    assert message.endswith(
        "at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"
    )
    most = 1_048_576 - len("shop") - len("sold") - len('{"a": ""}')
    assert desk.put(entry({"a": "x" * most}))["FailedEntryCount"] == 0
    message = refused("ValidationException", desk.events.put_events, Entries=[entry({"a": "x" * (most + 1)})])
    assert message == "Total size of the entries in the request is over the limit."
    deep = '{"a":' * 5000 + "1" + "}" * 5000
    assert desk.put(entry(Detail=deep))["Entries"][0]["ErrorCode"] == "MalformedDetail"


def test_the_pattern_of_an_event_is_tried(desk):
    event = {
        "id": "1",
        "source": "shop",
        "detail-type": "t",
        "account": desk.account,
        "region": "us-east-1",
        "time": "x",
    }
    given = {"Event": json.dumps(event), "EventPattern": json.dumps(PATTERN)}
    assert desk.events.test_event_pattern(**given)["Result"] is True
    given["EventPattern"] = '{"source": ["other"]}'
    assert desk.events.test_event_pattern(**given)["Result"] is False
    for wrong in ("plain", "[]", json.dumps({**event, "source": None}), "{}"):
        message = refused("ValidationException", desk.events.test_event_pattern, **{**given, "Event": wrong})
        assert message == "Parameter Event is not valid."
    refused("InvalidEventPatternException", desk.events.test_event_pattern, **{**given, "EventPattern": "{}"})


def test_tags(desk):
    arn = desk.events.put_rule(Name="r", EventPattern='{"a":[1]}', Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    desk.events.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    desk.events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert desk.events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    message = refused("ResourceNotFoundException", desk.events.list_tags_for_resource, ResourceARN=arn + "x")
    assert message == "Rule rx does not exist on EventBus default."
    tags = [{"Key": "aws:x", "Value": "1"}]
    refused("ValidationException", desk.events.tag_resource, ResourceARN=arn, Tags=tags)
    refused("ValidationException", desk.events.list_tags_for_resource, ResourceARN=arn.replace("rule/r", "archive/r"))
    desk.events.delete_rule(Name="r")
    desk.events.put_rule(Name="r", EventPattern='{"a":[1]}')
    assert desk.events.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_what_aws_has_and_this_has_not_is_refused_by_name(desk):
    for name, given in (
        ("create_endpoint", {"Name": "e", "RoutingConfig": {}, "EventBuses": []}),
        ("list_endpoints", {}),
        ("list_event_sources", {}),
        ("create_partner_event_source", {"Name": "aws.partner/a/b", "Account": desk.account}),
    ):
        assert "events:" in refused("NotImplemented", getattr(desk.events, name), **given)
