"""What managed data identifiers find, and which policies are none; worked out by hand from AWS's tables."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from cloudarium.gateway.call import ANONYMOUS
from cloudarium.services.logs import protecting
from cloudarium.services.logs.errors import InvalidParameter
from cloudarium.services.logs.protection import Policy, Protection, policy_of
from cloudarium.services.logs.protection.identifiers import IDENTIFIERS, MANAGED
from cloudarium.services.logs.protection.scanning import findings_of
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope

ARN = "arn:aws:dataprotection::aws:data-identifier/"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def document(*names: str, **changes: Any) -> dict[str, Any]:
    given = [ARN + name for name in names]
    audit = {"Sid": "a", "DataIdentifier": given, "Operation": {"Audit": {"FindingsDestination": {}}}}
    hide = {"Sid": "m", "DataIdentifier": given, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    return {"Name": "p", "Version": "2021-06-01", "Statement": [audit, hide], **changes}


@pytest.mark.parametrize(
    ("name", "found", "passed"),
    [
        ("EmailAddress", ["ada@example.com", "a.b+c@mail.example.co.uk"], ["ada@", "@example.com", "ada@localhost"]),
        ("IpAddress", ["10.0.0.1", "2001:db8::1", "::1"], ["10.0.0", "256.1.1.1", "1.2.3.4.5", "12:30:45", "a::b::c"]),
        ("CreditCardNumber", ["4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"], ["4111111111111112"]),
        ("CreditCardExpiration", ["04/27", "12/2030"], ["13/27", "2024/04/27"]),
        ("CreditCardSecurityCode", ["123", "4567"], ["12", "12345"]),
        ("AwsSecretKey", [SECRET], [SECRET[1:], SECRET + "x"]),
        ("Ssn-US", ["123-45-6789", "123456789", "123 45 6789"], ["000-45-6789", "666-45-6789", "123-00-6789"]),
        ("PhoneNumber-US", ["(206) 555-0100", "206-555-0100", "+1 206 555 0100"], ["106-555-0100", "555-0100"]),
        ("LatLong", ["41.948614,-87.655311"], ["141.9,12.5", "41,12"]),
        ("DateOfBirth", ["1815-12-10", "12/10/1815", "10 December 1815"], ["1815-13-10", "10-10"]),
        ("VehicleIdentificationNumber", ["1M8GDM9AXKP042788"], ["1M8GDM9AXKP04278", "IM8GDM9AXKP042788"]),
        ("ZipCode-US", ["98109", "98109-1234"], ["9810"]),
        ("PkcsPrivateKey", ["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"], ["PRIVATE KEY"]),
        ("OpenSshPrivateKey", ["-----BEGIN OPENSSH PRIVATE KEY-----\\nb3\\n-----END OPENSSH PRIVATE KEY-----"], []),
        ("PgpPrivateKey", ["-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ\n-----END PGP PRIVATE KEY BLOCK-----"], []),
        ("PuttyPrivateKey", ["PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\nAA\nPrivate-MAC: 0f"], ["PuTTY"]),
    ],
)
def test_identifiers_find_what_they_are_for(name: str, found: list[str], passed: list[str]) -> None:
    word = KEYWORDS.get(name, "x")
    for each in found:
        text = f"{word}: {each} end"
        (span,) = IDENTIFIERS[name].spans(text)
        assert text[slice(*span)] == each
    for each in passed:
        assert IDENTIFIERS[name].spans(f"{word}: {each} end") == []


KEYWORDS = {
    "CreditCardNumber": "creditCard",
    "CreditCardExpiration": "expiry",
    "CreditCardSecurityCode": "CVV",
    "AwsSecretKey": "aws_secret_access_key",
    "Ssn-US": "SSN",
    "PhoneNumber-US": "phone",
    "LatLong": "lat-long",
    "DateOfBirth": "dateOfBirth",
    "VehicleIdentificationNumber": "VIN",
    "ZipCode-US": "zip_code",
}


def test_every_identifier_is_tried_above() -> None:
    tried = {case[0] for case in test_identifiers_find_what_they_are_for.pytestmark[0].args[1]}  # type: ignore[attr-defined]
    assert tried == set(IDENTIFIERS) <= MANAGED


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("123-45-6789", 0),
        ("ssn" + " " * 30 + "123-45-6789", 1),
        ("ssn" + " " * 31 + "123-45-6789", 0),
        ("123-45-6789" + " " * 30 + "social_security", 1),
        ("123-45-6789" + " " * 31 + "social_security", 0),
        ("assn 123-45-6789", 0),  # another word
        ('{"userSsn":"123-45-6789"}', 1),
    ],
)
def test_a_keyword_stands_within_thirty_characters(text: str, count: int) -> None:
    assert len(IDENTIFIERS["Ssn-US"].spans(text)) == count


def test_a_phone_number_with_its_country_needs_no_keyword() -> None:
    spans = IDENTIFIERS["PhoneNumber-US"].spans
    assert spans("+1 206-555-0100") == [(0, 15)]
    assert spans("206-555-0100") == []


def test_masks_are_as_long_as_what_they_hide_and_may_overlap() -> None:
    policy = policy_of(json.dumps(document("EmailAddress", "IpAddress")))
    other = Policy("q", ("EmailAddress",), None)
    scanned = Protection((policy, other)).scanned([{"message": "a@b.cc from 10.0.0.1"}, {"message": "nothing"}])
    assert [each["message"] for each in scanned.events] == ["****** from ********", "nothing"]
    assert scanned.found == {0: {"EmailAddress": [(0, 6)], "IpAddress": [(12, 20)]}}
    assert findings_of(other, scanned.found[0]) == [
        {"name": "EmailAddress", "count": 1, "detections": [{"start": 0, "end": 6}]}
    ]


@pytest.mark.parametrize("text", ["a" * 500_000 + "@", "1 " * 200_000, ":" * 300_000, "-----BEGIN PRIVATE KEY " * 9000])
def test_long_texts_are_searched_in_reasonable_time(text: str) -> None:
    assert not any(identifier.spans(text) for identifier in IDENTIFIERS.values())


AUDIT, HIDE = document("EmailAddress")["Statement"]


@pytest.mark.parametrize(
    "given",
    [
        "[]",
        "{",
        "{}",
        document("Nonsense"),
        document("EmailAddress", Version="2012-10-17"),
        document("EmailAddress", Name=3),
        document("EmailAddress", Extra={}),
        document("EmailAddress", Statement=[AUDIT]),
        document("EmailAddress", Statement=[AUDIT, AUDIT]),
        document("EmailAddress", Statement=[AUDIT, HIDE, HIDE]),
        document("EmailAddress", Statement=[AUDIT, {**HIDE, "DataIdentifier": [f"{ARN}IpAddress"]}]),
        document("EmailAddress", Statement=[AUDIT, {**HIDE, "DataIdentifier": []}]),
        document("EmailAddress", Statement=[AUDIT, {**HIDE, "DataIdentifier": ["EmailAddress"]}]),
        document("EmailAddress", Statement=[AUDIT, {**HIDE, "Operation": {"Deidentify": {"MaskConfig": {"a": 1}}}}]),
        document("EmailAddress", Statement=[HIDE, {**AUDIT, "Operation": {"Audit": {}}}]),
        document("EmailAddress", Statement=[HIDE, {**AUDIT, "Operation": {**AUDIT["Operation"], "Deidentify": {}}}]),
        document("EmailAddress", Description="x" * 31_000),
    ],
)
def test_a_document_that_is_no_policy_is_refused(given: Any) -> None:
    with pytest.raises(InvalidParameter):
        policy_of(given if isinstance(given, str) else json.dumps(given))


@pytest.mark.parametrize(
    "given",
    [
        document("Name"),
        document("DriversLicense-US"),
        document("EmailAddress", Configuration={"CustomDataIdentifier": [{"Name": "Id", "Regex": "x"}]}),
        document(
            "EmailAddress",
            Statement=[{**AUDIT, "Operation": {"Audit": {"FindingsDestination": {"S3": {"Bucket": "b"}}}}}, HIDE],
        ),
    ],
)
def test_what_is_not_built_says_so(given: Any) -> None:
    with pytest.raises(NotBuilt):
        policy_of(json.dumps(given))


def test_a_batch_is_scanned_once_for_a_call() -> None:
    class Once(Protection):
        times = 0

        def scanned(self, events: Any) -> Any:
            Once.times += 1
            return super().scanned(events)

    events = [{"timestamp": 0, "message": "ada@example.com"}]
    protection = Once((policy_of(json.dumps(document("EmailAddress"))),))
    call: Any = SimpleNamespace(
        cloud=SimpleNamespace(keep={}), request_id="a", now=0.0, scope=Scope("1", "eu-west-1"), principal=ANONYMOUS
    )
    group: Any = SimpleNamespace(name="g")
    first = protecting.protect(call, group, "s", protection, events)
    assert protecting.scanned(call, protection, events) is first and Once.times == 1
    call.request_id = "b"  # of another call nothing is taken over
    assert protecting.scanned(call, protection, events).events == first.events and Once.times == 2
