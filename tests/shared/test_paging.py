"""Page tokens: what was put in comes out, and what is none is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cloudarium.shared import paging


@given(some.recursive(some.none() | some.integers(-(2**53), 2**53) | some.text(), some.lists))
def test_a_key_comes_back(key: object) -> None:
    assert paging.decode(paging.encode(key)) == key


@given(some.integers(0, 2**62 - 1))
def test_a_number_comes_back(number: int) -> None:
    assert paging.number(paging.encode(number)) == number


def test_before_the_first_page_the_number_is_none_yet() -> None:
    assert paging.number(None) == 0


@pytest.mark.parametrize("key", [-1, 2**62, 1.5, True, None, "7", [7]])
def test_what_is_no_number_is_refused(key: object) -> None:
    with pytest.raises(ValueError, match="not a page token"):
        paging.number(paging.encode(key))


@given(some.text())
def test_any_text_is_a_token_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        paging.number(text)
