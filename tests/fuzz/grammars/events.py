"""EventBridge's patterns, templates and paths, and the schedules of rules and of Scheduler."""

from __future__ import annotations

import json

from tests.fuzz.area import grammar
from tests.fuzz.target import Target

EVENT = {
    "id": "1", "source": "shop", "detail-type": "sold", "account": "1", "region": "r", "time": "t",
    "detail": {"a": [1, "x", None, {"b": [True, {"c": 2.5}]}], "ip": "10.0.0.1", "text": "abab"},
}  # fmt: skip
PATTERNS = (
    {"source": ["shop", {"prefix": "s"}], "detail": {"a": {"b": {"c": [{"numeric": [">", 0, "<=", 5]}]}}}},
    {
        "detail": {
            "text": [{"wildcard": "a*b"}, {"anything-but": {"suffix": ["x", "y"]}}],
            "ip": [{"cidr": "10.0.0.0/8"}],
        }
    },
    {"$or": [{"detail": {"a": [{"exists": False}]}}, {"source": [{"equals-ignore-case": "SHOP"}]}]},
)
TEMPLATES = ('"of <x> and <y>"', '{"a": <x>, "b": "in <y>", "c": [<aws.events.event.json>]}')


def _prepare(target: Target) -> None:
    target.do("events", "PutRule", Name="fuzz", EventPattern=json.dumps(PATTERNS[0]))


def _pattern(target: Target, text: str) -> None:
    target.ask("events", "TestEventPattern", EventPattern=text, Event=json.dumps(EVENT))
    target.ask("events", "PutRule", Name="p", EventPattern=text)


def _event(target: Target, text: str) -> None:
    target.ask("events", "TestEventPattern", EventPattern=json.dumps(PATTERNS[1]), Event=text)
    target.ask("events", "PutEvents", Entries=[{"Source": "shop", "DetailType": "t", "Detail": text}])


def _template(target: Target, text: str) -> None:
    arn = "arn:aws:sqs:us-east-1:111122223333:none"
    paths = {"x": "$.detail.a", "y": "$.detail.text"}
    made = {"Id": "t", "Arn": arn, "InputTransformer": {"InputPathsMap": paths, "InputTemplate": text}}
    target.ask("events", "PutTargets", Rule="fuzz", Targets=[made])
    target.ask("events", "PutTargets", Rule="fuzz", Targets=[{"Id": "u", "Arn": arn, "InputPath": text}])
    entry = {"Source": "shop", "DetailType": "t", "Detail": json.dumps(EVENT["detail"])}
    target.ask("events", "PutEvents", Entries=[entry])


def _schedule(target: Target, text: str) -> None:
    target.ask("events", "PutRule", Name="s", ScheduleExpression=text, State="DISABLED")
    made = {"Arn": "arn:aws:sqs:us-east-1:111122223333:none", "RoleArn": "arn:aws:iam::111122223333:role/none"}
    window = {"Mode": "OFF"}
    given = {"Name": "s", "Target": made, "FlexibleTimeWindow": window}
    target.ask("scheduler", "CreateSchedule", ScheduleExpression=text, **given)
    target.ask(
        "scheduler", "CreateSchedule", ScheduleExpression="rate(1 day)", ScheduleExpressionTimezone=text, **given
    )


grammar("events-pattern", tuple(json.dumps(each) for each in PATTERNS), _pattern,
        "prefix suffix wildcard cidr exists numeric anything-but equals-ignore-case $or exactly * ** \\\\ [] {} null "
        "= < <= > >= 1e999 -0 [[ :: /33 \\ud800", _prepare)  # fmt: skip
grammar("events-event", (json.dumps(EVENT), json.dumps(EVENT["detail"])), _event,
        "NaN Infinity 1e999 [[[[ {} null \\ud800 \\u0000 -0 1" + "0" * 30, _prepare)  # fmt: skip
grammar("events-template", TEMPLATES, _template,
        "<x> <y> <aws.events.rule-arn> <aws.events.event> << >> <> \\\\ \" { } [ ] $. $[*] ['a'] ..",
        _prepare)  # fmt: skip
grammar("events-schedule", ("rate(5 minutes)", "cron(0 9 ? * MON-FRI *)", "cron(0/15 8-17 LW 1/2 ? 2026-2030)",
        "cron(0 0 ? * 6L,3#2 *)", "at(2027-01-01T00:00:00)", "Europe/Berlin"), _schedule,
        "L W # ? * , - / SUN JAN 0 60 24 32 13 8 1969 2200 99999999999 at( rate( cron( ) ../ /etc/ UTC",
        _prepare)  # fmt: skip
