"""What a form's policy allows: browsers upload with it in place of a signed request.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html; codes and messages as S3
answers them, which is not what its table of errors says.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cloudarium.gateway.sigv2 import VERSION
from cloudarium.gateway.sigv4 import ALGORITHM, Claim
from cloudarium.services.s3 import errors

_V4 = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy")
_V2 = ("AWSAccessKeyId", "Signature", "Policy")
_UNCOVERED = frozenset({"file", "policy", "x-amz-signature", "signature", "awsaccesskeyid"})
_IGNORED = "x-ignore-"
_RANGE = "content-length-range"


class Fields(NamedTuple):
    """A form's fields: `values` by their names in lower case, `sent` the names as they were sent."""

    values: Mapping[str, str]
    sent: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """A field's value, None when the form lacks it."""
        return self.values.get(name.lower())


class Policy(NamedTuple):
    """A policy that was read: when it ends, its conditions (operator, field, value), and how much it allows to send."""

    ends: float
    conditions: list[tuple[str, str, str]]
    least: int
    most: int


# ---- Who signed -----------------------------------------------------------------------------------------------------


def claim_of(fields: Fields) -> Claim | None:
    """Who the form says it is from; None when it says nothing. Raises InvalidArgument for what is missing or broken."""
    if any(fields.get(name) is not None for name in _V4[:4]):
        return _version_4(fields)
    if any(fields.get(name) is not None for name in _V2[:2]):
        _check_present(fields, _V2)
        token = fields.get("x-amz-security-token") or ""
        key, signature = fields.get("AWSAccessKeyId") or "", fields.get("Signature") or ""
        return Claim(key, "", "us-east-1", "", VERSION, "", signature, "", token, None)
    return None


def _check_present(fields: Fields, names: tuple[str, ...]) -> None:
    for name in names:
        if fields.get(name) is None:
            raise missing_field(name)


def missing_field(name: str) -> errors.InvalidArgument:
    """What S3 answers to a form without this field, or with the file in front of it."""
    return errors.InvalidArgument(
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields.",
        name,
        "",
    )


def _version_4(fields: Fields) -> Claim:
    _check_present(fields, _V4)
    algorithm, credential = fields.get("X-Amz-Algorithm"), fields.get("X-Amz-Credential") or ""
    date, signature = fields.get("X-Amz-Date") or "", fields.get("X-Amz-Signature") or ""
    if algorithm != ALGORITHM:
        raise errors.InvalidArgument(f"X-Amz-Algorithm only supports {ALGORITHM}", "X-Amz-Algorithm", algorithm)
    scope = credential.split("/")
    if len(scope) != 5 or scope[3:] != ["s3", "aws4_request"]:
        raise errors.InvalidArgument(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            "X-Amz-Credential",
            credential,
        )
    if not scope[0]:
        raise errors.InvalidArgument(
            "a non-empty Access Key (AKID) must be provided in the credential.", "X-Amz-Credential", credential
        )
    if _moment(date, "%Y%m%dT%H%M%SZ") is None:
        raise errors.InvalidArgument("X-Amz-Date must be formated via ISO8601 Long format", "X-Amz-Date", date)
    token = fields.get("x-amz-security-token") or ""
    return Claim(scope[0], scope[1], scope[2], scope[3], scope[4], "", signature, date, token, None)


def signed_at(claim: Claim) -> float | None:
    """When the form was signed, as its fields say; version 2 does not say it."""
    return _moment(claim.timestamp, "%Y%m%dT%H%M%SZ")


def _moment(text: str, *forms: str) -> float | None:
    for form in forms:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


# ---- Reading a policy -----------------------------------------------------------------------------------------------


def _invalid(what: str) -> errors.S3Error:
    return errors.S3Error(f"Invalid Policy: {what}", code="InvalidPolicyDocument", status=400)


def read(text: str) -> Policy:
    """The policy in its base64 form. Raises InvalidPolicyDocument."""
    try:
        document = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    for name in document:
        if name not in ("expiration", "conditions"):
            raise _invalid(f"Unexpected: '{name.lower()}'")
    if "expiration" not in document:
        raise _invalid("Policy missing expiration.")
    expiration = document["expiration"]
    ends = _moment(expiration, "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(expiration, str) else None
    if ends is None:
        raise _invalid(f"Invalid 'expiration' value: '{expiration}'")
    if "conditions" not in document:
        raise _invalid("Policy missing conditions.")
    if not isinstance(document["conditions"], list):
        raise _invalid("Invalid 'conditions' value: must be a List.")
    return _with_conditions(ends, document["conditions"])


def _with_conditions(ends: float, written: list[Any]) -> Policy:
    conditions: list[tuple[str, str, str]] = []
    least, most = 0, errors.MAX_PUT
    for condition in written:
        if isinstance(condition, dict):
            conditions.append(_simple(condition))
        elif not isinstance(condition, list):
            raise _invalid("Invalid Condition: must be a List or Object.")
        elif not condition:
            raise _invalid("Invalid Condition: missing operation identifier.")
        elif condition[0] == _RANGE:
            low, high = _bounds(condition)
            least, most = max(least, low), min(most, high)
        else:
            conditions.append(_compared(condition))
    return Policy(ends, conditions, least, most)


def _simple(condition: dict[str, Any]) -> tuple[str, str, str]:
    if len(condition) != 1:
        raise _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
    ((name, value),) = condition.items()
    if not isinstance(value, str):
        raise _invalid("Invalid Simple-Condition: value must be a string.")
    return "eq", f"${name}", value


def _compared(condition: list[Any]) -> tuple[str, str, str]:
    operator = condition[0]
    if not isinstance(operator, str) or operator.lower() not in ("eq", "starts-with"):
        raise _invalid(f"Invalid Condition: unknown operation '{operator}'.")
    if len(condition) != 3:
        raise _invalid(f"Invalid {operator}: wrong number of arguments.")
    if not all(isinstance(part, str) for part in condition):
        raise _invalid("Invalid JSON.")
    return operator, condition[1], condition[2]


def _bounds(condition: list[Any]) -> tuple[int, int]:
    if len(condition) != 3:
        raise _invalid(f"Invalid {_RANGE}: wrong number of arguments.")
    bounds = []
    for bound in condition[1:]:
        if isinstance(bound, float) or bound is None:
            raise _invalid("Invalid JSON.")
        text = str(bound)
        if not (text.isascii() and text.isdecimal() and len(text) < 16):
            if isinstance(bound, str):
                raise _failed(condition)
            raise _invalid(f"Invalid {_RANGE}: bounds must be positive.")
        bounds.append(int(text))
    return bounds[0], bounds[1]


# ---- Does the form meet it? -----------------------------------------------------------------------------------------


def _failed(condition: object) -> errors.S3Error:
    written = json.dumps(condition, ensure_ascii=False)
    return errors.S3Error(
        f"Invalid according to Policy: Policy Condition failed: {written}", code="AccessDenied", status=403
    )


def check(policy: Policy, fields: Fields, bucket: str, key: str) -> None:
    """Raise AccessDenied when a condition does not hold, or for a field of which no condition speaks."""
    values = {**fields.values, "bucket": bucket, "key": key}
    covered = set(_UNCOVERED)
    for operator, field, wanted in policy.conditions:
        name = field[1:].lower() if field.startswith("$") else None
        value = values.get(name) if name is not None else None
        holds = value is not None and (value == wanted if operator.lower() == "eq" else value.startswith(wanted))
        if not holds or name is None:
            raise _failed([operator, field, wanted])
        covered.add(name)
    extra = [fields.sent[name] for name in fields.values if name not in covered and not name.startswith(_IGNORED)]
    extra = [name for name in extra if name.lower() != "bucket"]
    if extra:
        raise errors.S3Error(
            f"Invalid according to Policy: Extra input fields: {', '.join(extra)}", code="AccessDenied", status=403
        )


def expired() -> errors.S3Error:
    """What S3 answers when the policy is over."""
    return errors.S3Error("Invalid according to Policy: Policy expired.", code="AccessDenied", status=403)
