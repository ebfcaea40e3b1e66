"""How many queries are remembered: a dashboard asks its log widgets' anew with every look."""

from __future__ import annotations

from cloudarium.gateway.rooms import schemas
from cloudarium.services.logs.records import queries
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

SCOPE = Scope("000000000000", "us-east-1")


def started(store: Store, at: int, status: str, scope: Scope = SCOPE) -> str:
    stored = queries.StoredQuery(f"{scope.region}{at}", *scope, "limit 1", "{}", 0, 1, None, at, status)
    queries.add_query(store, stored)
    return stored.id


def test_the_oldest_that_have_ended_are_forgotten_with_their_results() -> None:
    store = Store(None, schemas())
    with store.transaction():
        under_way = started(store, 0, "Running")
        ended = [started(store, at, "Complete") for at in (1, 2, 3)]
        for each in ended:
            queries.complete(store, each, (1, 1, 1), [(1, b"rows")])
        elsewhere = started(store, 0, "Complete", SCOPE._replace(region="eu-west-1"))
        queries.forget_older(store, SCOPE, 2)
    left = {each: queries.status_of(store, each) for each in (under_way, *ended, elsewhere)}
    assert left == dict(zip(left, ["Running", None, "Complete", "Complete", "Complete"], strict=True))
    assert [len(queries.result_pages(store, each, 0, 9)) for each in ended] == [0, 1, 1]
    store.close()


def test_results_have_a_budget_of_bytes() -> None:
    store = Store(None, schemas())
    with store.transaction():
        under_way = started(store, 0, "Running")
        ended = [started(store, at, "Complete") for at in range(1, 60)]
        for each in ended:
            queries.complete(store, each, (1, 1, 1), [(1, b"x" * 60), (1, b"x" * 40)])
        queries.complete(store, ended[-1], (1, 1, 1), [(1, b"x" * 100)])  # takes the place of its first results
        queries.forget_too_much(store, ended[-1], 4000)
    left = [each for each in ended if queries.status_of(store, each)]
    assert left == ended[-len(left) :] and 20 <= len(left) <= 40  # the first have gone, some at a time
    assert store.one("SELECT bytes FROM volumes") == (100 * len(left),)
    queries.forget_too_much(store, ended[-1], 0)
    assert queries.status_of(store, ended[-1]) and queries.status_of(store, under_way)
    store.close()
