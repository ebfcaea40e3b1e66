"""CloudWatch Logs' filter patterns, with events that they are held against."""

from __future__ import annotations

import json
import time

from cloudarium.services.logs.protection.identifiers import IDENTIFIERS
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


def _query(target: Target, text: str) -> None:
    """A query, and a pattern with values to be found."""
    target.ask("logs", "StartQuery", logGroupName="fuzz", startTime=0, endTime=1, queryString=text)
    target.ask("logs", "TestMetricFilter", filterPattern=text, logEventMessages=["a b 7", '{"a": {"b": [1]}}'])


grammar(
    "logs-insights",
    (
        "fields @timestamp, @message | filter @message like /ERR(OR)?/ | sort @timestamp desc | limit 20",
        "parse @message '* [*] *' as a, b, c | stats count(*) as n, pct(d.e[0], 99) by b, bin(5m) | sort n",
        'filter status in [404, "500"] and not (ispresent(x) or strlen(trim(y)) > 3) | dedup server, `a-b`',
        "fields jsonParse(@message) as js | unnest js.events into e | display e.name, concat(a, 'b') as t",
        "stats sum(x) / count(*) * 100 as r by y | stats max(r)", "pattern @message | filter @sampleCount > 2",
        "filter a = 1 | pattern @message | diff previousMonth | filter @diffEventCount > 0 | limit 3",
        "SOURCE logGroups(namePrefix: ['fuzz'], class: 'STANDARD') | fields replace(a, /b/, c) # why",
        "SOURCE /fuzz/a, fuzz start=-1d end=now | expand items | stats count(*) as n by items | addtotals row=true n",
        "fields parseDate(t, 'dd/MMM/yyyy:HH:mm:ss Z', 'UTC') as p, formatDate(@timestamp, '%F %T', 'Asia/Tokyo') as f,"
        " haversine(a, b, c, d) as h, jsonArrayContains(roles, 'x') as j, decToHex(hexToDec(n)) as x, srcAddr, bytes",
        r"parse /(?<u>\w+)=(?<v>[^ ]*)/ | filter v =~ '(?i)x' | fields datefloor(@timestamp, 1mo) + 1 as w",
    ),
    _query,
    "| fields display filter stats sort limit dedup parse unnest pattern unmask diff by as asc desc in like =~ and or "
    "not @message @timestamp @ptr ( ) [ ] , . * / + - % ^ = != < <= > 5m 0s bin( count( pct( /(a+)+$/ /(/ "
    "/\\p{L}/ ` ' \" # 1e999 -1 true SOURCE logGroups( $ { } \\ start= end=now offset expand addtotals col=true EEE 'T",
    logs,
)  # fmt: skip


def _protected(target: Target, text: str) -> None:
    """A data protection policy, or a message that one looks at."""
    given = {"logGroupIdentifier": "fuzz", "policyDocument": text}
    target.ask("logs", "PutDataProtectionPolicy", **given)
    event = {"timestamp": int(time.time() * 1000), "message": text or "x"}
    target.ask("logs", "PutLogEvents", logGroupName="fuzz", logStreamName="fuzz", logEvents=[event])


_ARN = "arn:aws:dataprotection::aws:data-identifier/"
_WATCHED = [f"{_ARN}{name}" for name in IDENTIFIERS]

grammar(
    "logs-protection",
    (
        json.dumps(
            {
                "Name": "p",
                "Version": "2021-06-01",
                "Statement": [
                    {"DataIdentifier": _WATCHED, "Operation": {"Audit": {"FindingsDestination": {}}}},
                    {"DataIdentifier": _WATCHED, "Operation": {"Deidentify": {"MaskConfig": {}}}},
                ],
            }
        ),
        "ssn 123-45-6789, card 4111 1111 1111 1111 exp 04/27, ada@example.com 10.0.0.1 ::1 location 1.5,2.5",
    ),
    _protected,
    'ssn ssn: dob 1815-12-10 - / , @ . :: ::1 1e9 4111111111111111 [] {} null "Audit" "S3" "Bucket" Name '
    "-----BEGIN PuTTY-User-Key-File-2: Private-MAC: +1 206 555 0100",
    logs,
)


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
