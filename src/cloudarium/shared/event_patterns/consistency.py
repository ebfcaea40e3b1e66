"""Whether values of several fields can lie in the same elements of the arrays that they share."""

from __future__ import annotations

from collections.abc import Iterable

from cloudarium.shared.event_patterns.fields import Places


def consistent(fields: list[set[Places]]) -> bool:
    """Whether one of the places of each field can be chosen so that no array is seen at two of its elements.

    Fields come in the order of their paths, so that those of one array stand side by side, and what is known of an
    array is dropped after the last of them.
    """
    states: set[Places] = {()}
    for number, places in enumerate(fields):
        still_asked = {array for later in fields[number + 1 :] for place in later for array, _ in place}
        states = {tuple(pair for pair in joined if pair[0] in still_asked) for joined in _joined(states, places)}
        if not states:
            return False
    return True


def _joined(states: set[Places], places: set[Places]) -> Iterable[Places]:
    by_first: dict[tuple[int, int] | None, list[Places]] = {}
    firsts: dict[int, None] = {}
    for place in places:
        by_first.setdefault(place[0] if place else None, []).append(place)
        if place:
            firsts[place[0][0]] = None
    for state in states:
        known = dict(state)
        candidates = list(by_first.get(None, ()))
        for array in firsts:
            if array in known:
                candidates += by_first.get((array, known[array]), ())
            else:
                candidates += (
                    place for first, group in by_first.items() if first and first[0] == array for place in group
                )
        for place in candidates:
            if all(known.get(array, index) == index for array, index in place):
                yield tuple(sorted({**known, **dict(place)}.items()))
