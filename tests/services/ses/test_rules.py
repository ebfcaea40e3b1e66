"""Receipt rules by themselves: whom they match, whom filters let in."""

from __future__ import annotations

import pytest

from cloudarium.services.ses import rules


@pytest.mark.parametrize(
    ("wanted", "recipient", "matches"),
    [
        ("a@example.com", "a@example.com", True),
        ("a@example.com", "A@Example.com", True),
        ("a@example.com", "a+shop@example.com", True),
        ("a+shop@example.com", "a@example.com", False),
        ("a+shop@example.com", "a+shop@example.com", True),
        ("example.com", "a@example.com", True),
        ("example.com", "a@sub.example.com", False),
        (".example.com", "a@sub.example.com", True),
        (".example.com", "a@deep.sub.example.com", True),
        (".example.com", "a@example.com", False),
        (".example.com", "a@notexample.com", False),
        ("example.com", "a@notexample.com", False),
    ],
)
def test_whom_a_rule_is_about(wanted: str, recipient: str, matches: bool) -> None:
    assert rules.matched({"Recipients": [wanted]}, [recipient]) == ([recipient] if matches else [])


def test_a_rule_without_recipients_is_about_all() -> None:
    assert rules.matched({"Recipients": []}, ["a@example.com", "b@example.org"]) == ["a@example.com", "b@example.org"]


def test_filters() -> None:
    def one(policy: str, cidr: str) -> dict[str, object]:
        return {"IpFilter": {"Policy": policy, "Cidr": cidr}}

    assert rules.lets_in([], "127.0.0.1")
    assert not rules.lets_in([one("Block", "127.0.0.0/8")], "127.0.0.1")
    assert rules.lets_in([one("Block", "127.0.0.0/8"), one("Allow", "127.0.0.1")], "127.0.0.1")
    assert rules.lets_in([one("Block", "10.0.0.0/8")], "127.0.0.1")
    assert rules.lets_in([one("Block", "::/0")], "127.0.0.1")
