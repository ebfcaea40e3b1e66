"""CloudWatch Logs' filter patterns, with events that they are held against."""

from __future__ import annotations

from tests.fuzz.area import grammar
from tests.fuzz.furniture import logs
from tests.fuzz.target import Target


def _filter(target: Target, text: str) -> None:
    target.ask("logs", "FilterLogEvents", logGroupName="fuzz", filterPattern=text)


grammar(
    "logs-filter",
    (
        "ERROR -x", '?ERROR ?"a b"', '{ $.level = "ERROR" && ($.n > 4 || $.a.b[0] != 1) }',
        "[ip, user, ..., status=2*, bytes > 4]",
        "%ERR[A-Z]+ \\d%", '{ $.a.b[*] IS NULL }', "{ $.x NOT EXISTS }", '[w1=*x*, w2!="%a(b|c)%", ...]',
        '{ $.level = %E.*R% }',
    ),
    _filter,
    "{ } [ ] ( ) $. && || = != < > * ... , ? - % IS NULL EXISTS NOT TRUE %(a*)*b% %(a+)+$% %a{1,999}% %[% \" ? ip "
    "status [0] [*] $",
    logs,
)  # fmt: skip


def _names(target: Target, text: str) -> None:
    """Names, patterns and ARNs of groups and streams."""
    target.ask("logs", "CreateLogGroup", logGroupName=text)
    target.ask("logs", "CreateLogStream", logGroupName="fuzz", logStreamName=text)
    target.ask("logs", "DescribeLogGroups", logGroupNamePattern=text)
    target.ask("logs", "DescribeLogStreams", logGroupIdentifier=text)
    target.ask("logs", "GetLogEvents", logGroupName="fuzz", logStreamName="fuzz", nextToken=text)
    target.ask("logs", "ListLogGroups", logGroupNamePattern=text)


grammar(
    "logs-names", ("/aws/lambda/fuzz", "a.b_c-d#1", "f/00000000000000000001/s"), _names, "/ * : % # aws/ f/ b/ /s", logs
)
