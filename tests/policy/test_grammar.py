"""What AWS says of a document that is about to be stored; the two-fault cases fix the order of the checks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.policy.documents import MalformedPolicy, check_document, compile_document

OK = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
OLD = "Policy document must be version 2012-10-17 or greater."
ACTIONS = "Policy statement must contain actions."
RESOURCES = "Policy statement must contain resources."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


def policy(*statements: Any, **top: Any) -> str:
    """A document's text; one statement stands without a list."""
    found: Any = statements[0] if len(statements) == 1 else list(statements)
    return json.dumps({"Version": "2012-10-17", "Statement": found, **top})


def problem(text: str, kind: Any = "identity") -> str | None:
    """What AWS says, None when the document is taken."""
    try:
        check_document(text, kind)
    except MalformedPolicy as refused:
        return refused.message
    return None


def but(**changes: Any) -> dict[str, Any]:
    """The good statement with changes; None takes an element out."""
    return {name: value for name, value in {**OK, **changes}.items() if value is not None}


REFUSED = [
    ("This is no JSON", SYNTAX),
    ("[]", SYNTAX),
    ("{}", SYNTAX),
    ("null", SYNTAX),
    (json.dumps({"Statement": OK}), OLD),
    (policy(OK, Version="2008-10-17"), OLD),
    (policy(OK, Version="2013-10-17"), SYNTAX),
    (policy(OK, Extra="x"), SYNTAX),
    (policy(OK, Id=["x"]), SYNTAX),
    (policy(), SYNTAX),
    (policy("x"), SYNTAX),
    (policy(but(Extra="x")), SYNTAX),
    (policy(but(Effect="invalid")), SYNTAX),
    (policy(but(Effect=None)), SYNTAX),
    (policy(but(Effect="allow")), LEGACY),
    (policy(but(Action="invalid")), VENDOR),
    (policy(but(Action="")), VENDOR),
    (policy(but(Action="a a:ListBucket")), "Vendor a a is not valid"),
    (policy(but(Action=":GetObject")), "Vendor  is not valid"),
    (policy(but(Action="s3:List:Bucket")), "Actions/Condition can contain only one colon."),
    (policy(but(Action=123)), SYNTAX),
    (policy(but(Action=None)), ACTIONS),
    (policy(but(Action=[])), ACTIONS),
    (policy(but(Resource=None)), RESOURCES),
    (policy(but(Resource=[])), RESOURCES),
    (policy(but(Action="invalid", Resource=None)), RESOURCES),
    (policy(but(Action=None, Resource=None)), ACTIONS),
    (policy(but(NotAction="s3:*")), SYNTAX),
    (policy(but(NotResource="*")), SYNTAX),
    (policy(but(Resource={"a": "b"})), SYNTAX),
    (policy(but(Resource=["adf", {}])), SYNTAX),
    (policy(but(Resource="invalid resource")), 'Resource invalid resource must be in ARN format or "*".'),
    (policy(but(Resource="")), 'Resource  must be in ARN format or "*".'),
    (policy(but(Action="s:3:ListBucket", Resource="sdf")), 'Resource sdf must be in ARN format or "*".'),
    (policy(but(Resource="a:bsdf")), 'Partition "bsdf" is not valid for resource "arn:bsdf:*:*:*:*".'),
    (policy(but(Resource="a:b:c:d:e:f:g:h")), 'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".'),
    (policy(but(Resource="aws:s3:::b")), 'Partition "s3" is not valid for resource "arn:s3:::b:*".'),
    (policy(but(Resource="arn:aws:s3::b")), LEGACY),
    (policy(but(Resource="arn:aws::fdsasf")), LEGACY),
    (policy(but(Resource="arn:aws:iam::${aws:PrincipalAccount}:role/x")), LEGACY),
    (policy(but(Action=None, Resource="arn:aws:s3::b")), LEGACY),
    (policy(but(Resource="arn:aws")), "Resource vendor must be fully qualified and cannot contain regexes."),
    (
        policy(but(Resource="arn:aws:iam:us-east-1::user/x")),
        "IAM resource arn:aws:iam:us-east-1::user/x cannot contain region information.",
    ),
    (
        policy(but(Resource="arn:aws:s3:us-east-1::b")),
        "Resource arn:aws:s3:us-east-1::b can not contain region information.",
    ),
    (policy(but(Condition=[])), SYNTAX),
    (policy(but(Condition={"a": "b"})), SYNTAX),
    (policy(but(Condition={"x": {"a": "1"}})), SYNTAX),
    (policy(but(Condition={"ForAnyValue::StringEquals": {"a": "1"}})), SYNTAX),
    (policy(but(Condition={"DateGreaterThan": {"a": {}}})), SYNTAX),
    (policy(but(Condition={"DateGreaterThan": {"a": "sdfdsf"}})), LEGACY),
    (policy(but(Action=None, Resource=None, Condition={"DateGreaterThan": {"a": "x"}})), LEGACY),
    (policy(but(Sid={})), SYNTAX),
    (policy(but(Sid="has space")), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
     "regular expression [0-9A-Za-z]*"),
    (policy(but(Sid="x"), but(Sid="x", Action=None)), "Statement IDs (SID) in a single policy must be unique."),
    (policy(but(Principal="*")), "Policy document should not specify a principal."),
    ("[" * 100000, SYNTAX),
    ('{"Version": "2012-10-17", "Statement": ' + "[" * 5000 + "]" * 5000 + "}", SYNTAX),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refused(text: str, message: str) -> None:
    assert problem(text) == message


def test_iam_resources_have_known_paths() -> None:
    assert str(problem(policy(but(Resource="arn:aws:iam:::bucket")))).startswith(
        'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/'
    )


TAKEN = [
    policy(OK),
    policy(OK, Id="x"),
    policy(but(Action="*", Resource="*")),
    policy(but(Action="s3-s:x", Resource=["arn:aws:fdsasf", "*"])),
    policy(but(Action="iam: odd but taken ")),
    policy(but(Condition={})),
    policy(but(Condition={"x": {}})),
    policy(but(Condition={"DateGreaterThan": {"a": []}})),
    policy(but(Condition={"DateLessThan": {"aws:CurrentTime": "2016-12-13T21:20:37.593194+00:00"}})),
    policy(but(Condition={"DateGreaterThan": {"a": ["01T", "2026", "2026-07", "-292275054"]}})),
    policy(but(Resource="arn:aws:ec2:region:account-id:instance/*")),
    policy(but(Condition={"ForAnyValue:StringEqualsIfExists": {"a": "b"}, "Null": {"a": True}})),
    policy(but(Resource="arn:aws:iam::*:user/${aws:username}")),
    policy(but(Resource="arn:aws:invalid-service:us-east-1::x")),
    policy(but(Resource="arn:aws:s3:us-west-2:123456789012:accesspoint/x")),
    policy(but(Sid="a"), but(Sid=""), but(Sid="")),
]


@pytest.mark.parametrize("text", TAKEN)
def test_taken(text: str) -> None:
    assert problem(text) is None
    compile_document(text)


@pytest.mark.parametrize("document", [{"Statement": OK}, {"Version": "2008-10-17", "Statement": [OK]}])
def test_an_inline_policy_needs_no_version(document: dict[str, Any]) -> None:
    check_document(json.dumps(document), "inline")
    with pytest.raises(MalformedPolicy, match="must be version 2012-10-17 or greater"):
        check_document(json.dumps(document), "identity")


# ---- trust policies and resource policies ---------------------------------------------------------------------------


def trust(**changes: Any) -> str:
    """A trust policy with changes."""
    base = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return policy({name: value for name, value in {**base, **changes}.items() if value is not None})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(NotResource="*"), "Has prohibited field NotResource"),
        (trust(Principal=None), "Missing required field Principal"),
        (trust(Action=None), "Missing required field Action"),
        (trust(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Principal={"AWS": "bob"}), 'Invalid principal in policy: "AWS":"bob"'),
        (trust(Principal={"Service": "lambda"}), 'Invalid principal in policy: "Service":"lambda"'),
        (trust(Principal={"Nobody": "x"}), SYNTAX),
        (
            trust(Principal={"AWS": "arn:aws:iam::123456789012:role/*"}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/*"',
        ),
        (trust(Effect="Perhaps"), SYNTAX),
        ("no JSON", "This policy contains invalid Json"),
    ],
)
def test_trust_refused(text: str, message: str) -> None:
    assert problem(text, "trust") == message


@pytest.mark.parametrize(
    "text",
    [
        trust(),
        trust(Principal={"AWS": ["123456789012", "arn:aws:iam::123456789012:root"]}),
        trust(Principal={"Federated": "cognito-identity.amazonaws.com"}, Action="sts:AssumeRoleWithWebIdentity"),
        trust(Principal="*", Action=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]),
        trust().replace("2012-10-17", "2008-10-17"),
    ],
)
def test_trust_taken(text: str) -> None:
    assert problem(text, "trust") is None


def test_resource_policies_need_a_principal() -> None:
    assert problem(policy(OK), "resource") == "Missing required field Principal"
    assert problem(policy(but(Principal="*")), "resource") is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
ELEMENTS = st.sampled_from(["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition"])


@given(st.dictionaries(ELEMENTS, JSON | st.sampled_from(["Allow", "*", "s3:Get", {"AWS": "*"}])))
def test_anything_is_refused_or_compiles(found: dict[str, Any]) -> None:
    text = policy(found)
    for kind in ("identity", "trust", "resource", "session"):
        if problem(text, kind) is None:
            compile_document(text, "", kind)


@given(st.text())
def test_no_text_breaks_the_checks(text: str) -> None:
    assert problem(text) is not None
