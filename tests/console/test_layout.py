"""Where nodes stand: each in a place of its own, arrows to the right but where they close a circle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from cloudarium.console.layout import Place, placed

EDGES = some.lists(some.tuples(some.integers(0, 11), some.integers(0, 11)), max_size=40)


@given(some.integers(0, 12), EDGES)
def test_no_two_nodes_share_a_place(count: int, edges: list[tuple[int, int]]) -> None:
    places = placed(range(count), edges)
    assert places.keys() == set(range(count)) and len(set(places.values())) == count


@given(EDGES)
def test_edges_without_circles_lead_to_the_right(edges: list[tuple[int, int]]) -> None:
    forward = [(start, end) for start, end in edges if start < end]
    places = placed(range(12), forward)
    assert all(places[start].layer < places[end].layer for start, end in forward)


def test_neighbours_stand_side_by_side() -> None:
    places = placed(["client", "api", "a", "b"], [("client", "api"), ("api", "a"), ("api", "b")])
    assert places == {"client": Place(0, 0.5), "api": Place(1, 0.5), "a": Place(2, 0), "b": Place(2, 1)}


def test_a_circle_has_a_beginning() -> None:
    places = placed(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    assert [places[node].layer for node in "abc"] == [0, 1, 2]
