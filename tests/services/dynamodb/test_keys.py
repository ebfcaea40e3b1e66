"""Keys in bytes: their order, the segments of a scan, the end of a prefix."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.dynamodb.rules import keys

text = st.text(st.characters(exclude_categories=["Cs"]))


@given(text, text)
def test_text_sorts_by_its_utf8_bytes(one: str, other: str) -> None:
    assert (keys.encode("S", one) < keys.encode("S", other)) == (one.encode() < other.encode()) == (one < other)


@given(st.binary(max_size=40), st.integers(1, 1_000_000), st.data())
def test_every_partition_lies_in_exactly_one_segment(encoded: bytes, total: int, data: st.DataObject) -> None:
    slotted = keys.slotted(encoded)
    guess = int.from_bytes(slotted[:4], "big") * total // keys.SLOTS
    holding = [
        segment
        for segment in range(max(guess - 1, 0), min(guess + 2, total))
        if _between(keys.slot_start(segment, total), slotted, keys.slot_start(segment + 1, total))
    ]
    assert len(holding) == 1


def _between(first: bytes | None, place: bytes, last: bytes | None) -> bool:
    assert first is not None
    return first <= place and (last is None or place < last)


@given(st.binary(max_size=6), st.binary(max_size=8))
def test_the_successor_of_a_prefix_ends_what_begins_with_it(prefix: bytes, other: bytes) -> None:
    end = keys.successor(prefix)
    inside = other >= prefix and (end is None or other < end)
    assert inside == other.startswith(prefix) or (end is None and not prefix.strip(b"\xff"))
