"""Managed data identifiers: what each finds, by a pattern, a check of what it found, and keywords close by.

AWS finds some by machine learning; those are known by name only. Keywords, their variations and their distance:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

Span = tuple[int, int]
_NEAR = 30  # characters between a keyword and the data


class Identifier(NamedTuple):
    """What to look for: `certain` is a pattern that needs no keyword, `pattern` one that needs `keywords` if any."""

    pattern: re.Pattern[str]
    keywords: re.Pattern[str] | None = None
    longest: int = 0
    valid: Callable[[str], bool] | None = None
    certain: re.Pattern[str] | None = None

    def spans(self, text: str) -> list[Span]:
        """Where the data is, from the first character to behind the last."""
        return [
            match.span()
            for match in self.pattern.finditer(text)
            if (self.valid is None or self.valid(match[0])) and self._meant(text, match)
        ]

    def _meant(self, text: str, match: re.Match[str]) -> bool:
        if self.keywords is None or (self.certain is not None and self.certain.match(match[0])):
            return True
        start, end = match.span()
        before = self.keywords.finditer(text, max(start - _NEAR - self.longest, 0), start)
        if any(start - each.end() <= _NEAR for each in before):
            return True
        return any(
            each.start() - end <= _NEAR for each in self.keywords.finditer(text, end, end + _NEAR + self.longest)
        )


def _keywords(*words: str) -> tuple[re.Pattern[str], int]:
    """The words as whole words or parts of camelCaseNames; a space may be missing, or be an underscore or a hyphen."""
    each = "|".join(re.escape(word).replace(r"\ ", "[ _-]?") for word in sorted(words, key=len, reverse=True))
    start = r"(?:(?<![A-Za-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
    end = r"(?:(?![A-Za-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
    return re.compile(f"{start}(?:{each}){end}", re.I), max(map(len, words))


# ---- Checks ----------------------------------------------------------------------------------------------------------

_CARDS = re.compile(  # Visa and Electron, American Express, Mastercard, Discover, Diner's Club, JCB, UnionPay, Dankort
    r"4(?:\d{12}|\d{15}|\d{18})|3[47]\d{13}|(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))\d{12}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}(?:\d{3})?|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|62\d{14}(?:\d{3})?|5019\d{12}",
    re.ASCII,
)


def _is_card(text: str) -> bool:
    digits = text.replace(" ", "").replace("-", "")
    if _CARDS.fullmatch(digits) is None:
        return False
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_place(text: str) -> bool:
    latitude, _, longitude = text.partition(",")
    return abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180


def _is_vehicle(text: str) -> bool:
    return any(each.isdigit() for each in text) and any(each.isalpha() for each in text)


# ---- The identifiers -------------------------------------------------------------------------------------------------

_MONTHS = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = (
    rf"(?:\d{{4}}[ /-](?:0?[1-9]|1[0-2])[ /-]{_DAY}|{_DAY}[ /-]{_DAY}[ /-](?:\d{{4}}|\d\d)"
    rf"|\d{{1,2}}[ /-]{_MONTHS}[ /-]\d{{4}}|{_MONTHS} \d{{1,2}},? \d{{4}})"
)
_AREA = r"(?:\([2-9]\d\d\)|[2-9]\d\d)[ .-]?[2-9]\d\d[ .-]?\d{4}"
_KEY = "-----BEGIN {0}-----(?:(?!-----)[^\\0])*(?:-----END {0}-----)?"
_CARD_WORDS = (
    *("account number", "american express", "amex", "bank card", "card", "card number", "card num", "cc #", "ccn"),
    *("check card", "credit", "credit card#", "dankort", "debit", "debit card", "diners club", "discover", "electron"),
    *("japanese card bureau", "jcb", "mastercard", "mc", "pan", "payment account number", "payment card number"),
    *("pcn", "union pay", "visa", "credit card"),
)
_CODE_WORDS = (
    *("card id", "card identification code", "card identification number", "card security code"),
    *("card validation code", "card validation number", "card verification data", "card verification value"),
    *("cvc", "cvc2", "cvv", "cvv2", "elo verification code"),
)
_VEHICLE_WORDS = (
    *("fahrgestellnummer", "niv", "numarul de identificare", "numarul seriei de sasiu", "serie sasiu", "numer vin"),
    *("número de identificação do veículo", "número de identificación de automóviles", "vin", "vin numeris"),
    *("numéro d'identification du véhicule", "vehicle identification number"),
)


def _of(
    pattern: str,
    words: Sequence[str] = (),
    valid: Callable[[str], bool] | None = None,
    certain: str | None = None,
) -> Identifier:
    keywords, longest = _keywords(*words) if words else (None, 0)
    free = None if certain is None else re.compile(certain, re.ASCII)
    return Identifier(re.compile(pattern, re.ASCII | re.I), keywords, longest, valid, free)


IDENTIFIERS = {
    "AwsSecretKey": _of(
        r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
        ("aws_secret_access_key", "credentials", "secret access key", "secret key", "set-awscredential"),
    ),
    "CreditCardExpiration": _of(
        r"(?<![\w/-])(?:0[1-9]|1[0-2]) ?[/-] ?(?:20)?\d\d(?![\w/-])",
        ("exp d", "exp m", "exp y", "expiration", "expiry"),
    ),
    "CreditCardNumber": _of(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])", _CARD_WORDS, _is_card),
    "CreditCardSecurityCode": _of(r"(?<![\w./-])\d{3,4}(?![\w/-])", _CODE_WORDS),
    "DateOfBirth": _of(
        rf"(?<![\w/-]){_DATE}(?![\w/-])",
        ("dob", "date of birth", "birthdate", "birth date", "birthday", "b-day", "bday"),
    ),
    "EmailAddress": _of(
        r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}(?![\w-])"
    ),
    "IpAddress": _of(
        r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)|(?=[0-9a-f]{0,4}:[0-9a-f]{0,4}:)[0-9a-f:]{2,39}(?![\w:]))",
        valid=_is_address,
    ),
    "LatLong": _of(
        r"(?<![\w.,-])-?\d{1,2}\.\d{1,15}, ?-?\d{1,3}\.\d{1,15}(?![\w.])",
        ("coordinate", "coordinates", "lat long", "latitude longitude", "location", "position"),
        _is_place,
    ),
    "OpenSshPrivateKey": _of(_KEY.format("OPENSSH PRIVATE KEY")),
    "PgpPrivateKey": _of(_KEY.format("PGP PRIVATE KEY BLOCK")),
    "PhoneNumber-US": _of(
        rf"(?<![\w.-])(?:(?:\+|00)?1[ .-]?)?{_AREA}(?![\w-])",
        (
            "cell",
            "contact",
            "fax",
            "fax number",
            "mobile",
            "phone",
            "phone number",
            "tel",
            "telephone",
            "telephone number",
        ),
        certain=r"\+1|001",
    ),
    "PkcsPrivateKey": _of(
        "-----BEGIN (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----(?:(?!-----)[^\\0])*"
        "(?:-----END (?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY-----)?"
    ),
    "PuttyPrivateKey": _of(
        r"PuTTY-User-Key-File-\d:(?:(?!PuTTY-User-Key-File|Private-MAC:)[^\0])*(?:Private-MAC: ?[0-9a-f]*)?"
    ),
    "Ssn-US": _of(
        r"(?<![\w-])(?!000|666|9\d\d)\d{3}([ -]?)(?!00)\d\d\1(?!0000)\d{4}(?![\w-])",
        ("social security", "ss#", "ssn"),
    ),
    "VehicleIdentificationNumber": _of(r"(?<![\w-])[A-HJ-NPR-Z0-9]{17}(?![\w-])", _VEHICLE_WORDS, _is_vehicle),
    "ZipCode-US": _of(r"(?<![\w-])\d{5}(?:-\d{4})?(?![\w-])", ("zip code", "zip+4")),
}

_COUNTRIES = {
    "BankAccountNumber": "DE ES FR GB IT US",
    "CepCode": "BR",
    "Cnpj": "BR",
    "CpfCode": "BR",
    "DriversLicense": "AT AU BE BG CA CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK US",
    "DrugEnforcementAgencyNumber": "US",
    "ElectoralRollNumber": "GB",
    "HealthInsuranceCardNumber": "EU",
    "HealthInsuranceClaimNumber": "US",
    "HealthInsuranceNumber": "FR",
    "HealthcareProcedureCode": "US",
    "IndividualTaxIdentificationNumber": "US",
    "InseeCode": "FR",
    "MedicareBeneficiaryNumber": "US",
    "NationalDrugCode": "US",
    "NationalIdentificationNumber": "DE ES IT",
    "NationalInsuranceNumber": "GB",
    "NationalProviderId": "US",
    "NhsNumber": "GB",
    "NieNumber": "ES",
    "NifNumber": "ES",
    "PassportNumber": "CA DE ES FR GB IT US",
    "PermanentResidenceNumber": "CA",
    "PersonalHealthNumber": "CA",
    "PhoneNumber": "BR DE ES FR GB IT US",
    "PostalCode": "CA",
    "RgNumber": "BR",
    "SocialInsuranceNumber": "CA",
    "Ssn": "ES US",
    "TaxId": "DE ES FR GB",
    "ZipCode": "US",
}


def _all() -> Iterator[str]:
    yield from ("Address", "Name", *IDENTIFIERS)
    for name, countries in _COUNTRIES.items():
        for country in countries.split():
            yield f"{name}-{country}"


MANAGED = frozenset(_all())  # that AWS has, also those which are not built
