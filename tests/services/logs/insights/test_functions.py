"""Each function of Logs Insights, with the values of AWS's reference where it gives some.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

EVENT = json.dumps(
    {
        "n": -2.5,
        "text": " Grüße ",
        "path": "a/b?c=d e",
        "empty": "",
        "blank": " \t",
        "ip": "10.0.3.7",
        "six": "2001:db8::1",
        "digits": "12",
        "huge": 9223372036854775807,
        "list": ["admin", "user", 7],
    }
)
CASES = [
    ("2 + 3 * 4", "14"),
    ("(2 + 3) * 4 - -1", "21"),
    ("7 / 2", "3.5"),
    ("7 / 0", None),
    ("2 ^ 3", "8"),
    ("10 % 3", "1"),
    ("digits * 2", "24"),
    ("text * 2", None),
    ("huge + huge", "18446744073709551616"),
    ("abs(n)", "2.5"),
    ("ceil(n)", "-2"),
    ("floor(n)", "-3"),
    ("greatest(1, digits, 3)", "12"),
    ("least(1, n)", "-2.5"),
    ("log(1)", "0"),
    ("sqrt(2)", "1.4142"),
    ("round(2.567, 1)", "2.6"),
    ("toInt(n)", "-2"),
    ("haversine(52.52, 13.405, 48.8566, 2.3522)", "877.4633"),
    ("haversine(0, 0, 0, 180)", "20015.0868"),
    ("haversine(0, text, 0, 180)", None),
    ("isNumeric(digits)", "1"),
    ("isNumeric(text)", "0"),
    ("isNumeric(nope)", "0"),
    ("messageSize(trim(text))", "7"),
    ("hexToAscii('48656c6c6f')", "Hello"),
    ("hexToAscii('4')", None),
    ("hexToDec('0xff')", "255"),
    ("hexToDec('xyz')", None),
    ("decToHex(255)", "0xff"),
    ("decToHex(-255.9)", "-0xff"),
    ("jsonArraySize(list)", "3"),
    ("jsonArraySize(text)", None),
    ("jsonArrayContains(list, 'admin')", "1"),
    ("jsonArrayContains(list, 'Admin')", "0"),
    ("jsonArrayContains(list, '7')", "1"),
    ("jsonArrayContains(nope, '7')", "0"),
    ("parseDate('2024-02-29', 'yyyy-MM-dd', 'UTC')", "1709164800000"),
    ("parseDate('29/Feb/2024:01:30:00 +0130', 'dd/MMM/yyyy:HH:mm:ss Z')", "1709164800000"),
    ("parseDate('2024-07-01T12:00:00.5', \"yyyy-MM-dd'T'HH:mm:ss.S\", 'Europe/Berlin')", "1719828000500"),
    ("parseDate('1/2/24 12:05 AM', 'M/d/yy h:mm a')", "1704153900000"),
    ("parseDate('2024-02-30', 'yyyy-MM-dd')", None),
    ("parseDate('yesterday', 'yyyy-MM-dd')", None),
    ("parseDate('2024-02-29', 'yyyy-MM-dd', 'Nowhere/Land')", None),
    ("formatDate(@timestamp, '%Y-%m-%d %H:%M:%S', 'UTC')", "2023-11-14 22:13:20"),
    ("strftime(@timestamp, '%d.%m. %H Uhr %Q', 'Europe/Berlin')", "14.11. 23 Uhr %Q"),
    ("queryStartTime()", "1690000000000"),
    ("queryEndTime()", "1710000000000"),
    ("queryTimeRange()", "20000000000"),
    ("ispresent(n)", "1"),
    ("isPresent(nope)", "0"),
    ("coalesce(nope, text, n)", " Grüße "),
    ("if(n < 0, 'minus', 'plus')", "minus"),
    ("case(n > 0, 'plus', n < 0, 'minus', 'zero')", "minus"),
    ("case(n > 0, 'plus')", None),
    ("isempty(empty)", "1"),
    ("isempty(nope)", "1"),
    ("isempty(blank)", "0"),
    ("isblank(blank)", "1"),
    ("isblank(text)", "0"),
    ("concat('a', digits, 'b')", "a12b"),
    ("trim(text)", "Grüße"),
    ("ltrim(text)", "Grüße "),
    ("rtrim('xyZfooxyZ', 'xyZ')", "xyZfoo"),
    ("ltrim('xyZxyfooxyZ', 'xyZ')", "fooxyZ"),
    ("strlen(text)", "7"),
    ("toupper(trim(text))", "GRÜSSE"),
    ("tolower('ÄB')", "äb"),
    ("substr('xyZfooxyZ', 3)", "fooxyZ"),
    ("substr('xyZfooxyZ', 3, 4)", "foox"),
    ("replace('foo', 'o', '0')", "f00"),
    ("regex_replace('foo bar', /(o+) (b)/, '$2-$1')", "fb-ooar"),
    ("regexReplace('foo bar', 'o+', '0')", "f0 bar"),
    ("strcontains('foobar', 'oba')", "1"),
    ("strcontains('foobar', 'OBA', true)", "0"),
    ("startsWith('foobar', 'foo')", "1"),
    ("endsWith('foobar', 'foo')", "0"),
    ("split('a,b', ',')", '["a","b"]'),
    ("urlencode(path)", "a%2Fb%3Fc%3Dd+e"),
    ("urldecode('a%2Fb+c')", "a/b c"),
    ("base64encode('hi')", "aGk="),
    ("base64decode('aGk=')", "hi"),
    ("base64decode('%')", None),
    ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("isValidIp(six)", "1"),
    ("isValidIpV4(six)", "0"),
    ("isValidIpv6(six)", "1"),
    ("isValidIp('1.2.3.400')", "0"),
    ("isIpInSubnet(ip, '10.0.3.0/24')", "1"),
    ("isIpv4InSubnet(ip, '10.0.4.0/24')", "0"),
    ("isIpv6InSubnet(six, '2001:db8::/32')", "1"),
    ("isIpInSubnet(ip, 'nonsense')", "0"),
    ("isPrivateIP(ip)", "1"),
    ("isPrivateIP('127.0.0.1')", "0"),
    ("isPublicIP('8.8.8.8')", "1"),
    ("isPublicIP(ip)", "0"),
    ("isPublicIP('224.0.0.1')", "0"),
    ("isPublicIP('nonsense')", "0"),
    ("isReservedIP('127.0.0.1')", "1"),
    ("isReservedIP('240.0.0.1')", "1"),
    ("isReservedIP(ip)", "0"),
    ("isReservedIP('8.8.8.8')", "0"),
    ("isReservedIP('nonsense')", "0"),
    ("ipv4ToNumber('0.0.1.2')", "258"),
    ("jsonStringify(jsonParse('{ \"a\": [1, 2] }'))", '{"a":[1,2]}'),
    ("jsonParse('{')", None),
    ("fromMillis(0)", "1970-01-01 00:00:00.000"),
    ("toMillis(@timestamp)", "1700000000000"),
    ("now()", "1700000000"),
    ("bin(1h)", "2023-11-14 22:00:00.000"),
    ("bin(30 s)".replace(" ", ""), "2023-11-14 22:13:00.000"),
    ("datefloor(@timestamp, 1mo)", "2023-11-01 00:00:00.000"),
    ("datefloor(@timestamp, 1q)", "2023-10-01 00:00:00.000"),
    ("datefloor(@timestamp, 2years)", "2022-01-01 00:00:00.000"),
    ("dateceil(@timestamp, 1d)", "2023-11-15 00:00:00.000"),
    ("dateceil(@timestamp, 1mo)", "2023-12-01 00:00:00.000"),
    ("dateceil(fromMillis(0), 1h)", "1970-01-01 00:00:00.000"),
    ("histogram(17, 5)", "15"),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What every expression of the cases is, by one query."""
    from tests.services.logs.insights.conftest import store_of

    run = store_of(tmp_path_factory.mktemp("functions"), [EVENT])
    columns = ", ".join(f"{expression} as v{at}" for at, (expression, _) in enumerate(CASES))
    (row,) = run(f"display {columns}", first=1_690_000_000_000, last=1_710_000_000_999)
    return row


@pytest.mark.parametrize(("at", "expression", "expected"), [(at, *case) for at, case in enumerate(CASES)])
def test_values(answers: dict[str, str], at: int, expression: str, expected: Any) -> None:
    assert answers.get(f"v{at}") == expected, expression
