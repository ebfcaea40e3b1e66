"""The catalogue's pages in the cache: kept, let go, read by one of many, and done without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from valkey.exceptions import AuthenticationError, ConnectionError

import invalidation
from fakes import FakeCache
from http_calls import context
from shop import cache, catalogue

PRODUCT = {
    "id": {"S": "p1"},
    "name": {"S": "A Novel"},
    "category": {"S": "books"},
    "price_cents": {"N": "1490"},
    "stock": {"N": "2"},
}


def reader(*texts: str) -> Callable[[], str]:
    """Reads these, one after another."""
    left = list(texts)
    return lambda: left.pop(0)


def ask(kept: Any, read: Callable[[], str], name: tuple[Any, ...] = ("books",)) -> tuple[str, str]:
    """A page by way of the cache."""
    return catalogue.page(kept, name, 60, read)


def test_a_page_is_read_once_and_kept_for_its_time() -> None:
    kept, read = FakeCache(), reader("one")
    assert ask(kept, read) == ("one", "miss")
    assert ask(kept, read) == ("one", "hit")
    assert list(kept.seconds.values()) == [60]


def test_a_change_lets_go_of_every_page() -> None:
    kept = FakeCache()
    ask(kept, reader("books"))
    ask(kept, reader("games"), ("games",))
    catalogue.forget(kept)  # type: ignore[arg-type]
    assert ask(kept, reader("new books")) == ("new books", "miss")
    assert ask(kept, reader("new games"), ("games",)) == ("new games", "miss")


def test_what_was_read_before_a_change_is_not_found_after_it() -> None:
    kept = FakeCache()

    def read_while_it_changes() -> str:
        catalogue.forget(kept)  # type: ignore[arg-type]
        return "old"

    assert ask(kept, read_while_it_changes) == ("old", "miss")
    assert ask(kept, reader("new")) == ("new", "miss")


def test_of_many_who_miss_one_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = FakeCache()
    kept.claim(f"catalogue:0:{catalogue._digest(('books',))}:flight", 2)
    monkeypatch.setattr("time.sleep", lambda _: kept.put(f"catalogue:0:{catalogue._digest(('books',))}", "theirs", 60))
    assert ask(kept, reader()) == ("theirs", "hit")


def test_who_fails_to_read_lets_the_next_one_read() -> None:
    kept = FakeCache()
    with pytest.raises(IndexError):
        ask(kept, reader())
    assert not kept.kept


def test_who_waits_too_long_reads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, waited = FakeCache(), list[float]()
    kept.claim(f"catalogue:0:{catalogue._digest(('books',))}:flight", 2)
    monkeypatch.setattr("time.sleep", waited.append)
    assert ask(kept, reader("mine")) == ("mine", "miss")
    assert len(waited) == catalogue.WAITS


def test_without_a_cache_the_table_is_read() -> None:
    kept = FakeCache()
    kept.gone = True
    assert ask(kept, reader("read")) == ("read", "gone")


class Refusing:
    """A Valkey that says no, so often."""

    def __init__(self, error: Exception, times: int) -> None:
        self.error, self.times, self.asked = error, times, 0

    def get(self, key: str) -> str:
        """Says no, or the key."""
        self.asked += 1
        if self.asked <= self.times:
            raise self.error
        return key


def test_a_dead_cache_is_left_alone_for_a_moment() -> None:
    moment = [0.0]
    dead = Refusing(ConnectionError("refused"), 1)
    kept = cache.Cache(dead, cache.SecretPassword(), clock=lambda: moment[0])  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(cache.Gone):
            kept.get("a")
    assert dead.asked == 1
    moment[0] = cache.REST_SECONDS
    assert kept.get("a") == "a"


def test_a_refused_password_is_read_again() -> None:
    password = cache.SecretPassword()
    kept = cache.Cache(Refusing(AuthenticationError("WRONGPASS"), 1), password)  # type: ignore[arg-type]
    assert kept.get("a") == "a" and password.refused


@pytest.mark.parametrize(
    ("old", "new", "forgotten"),
    [
        (None, PRODUCT, True),
        (PRODUCT, {**PRODUCT, "price_cents": {"N": "990"}}, True),
        (PRODUCT, {**PRODUCT, "stock": {"N": "1"}}, False),
        (PRODUCT, {**PRODUCT, "stock": {"N": "0"}}, True),
        (PRODUCT, {**PRODUCT, "picture_at": {"S": "2026"}}, True),
        (PRODUCT, {**PRODUCT, "withdrawn_at": {"S": "2026"}}, True),
        (PRODUCT, {**PRODUCT, "description": {"S": "better"}}, False),
        (PRODUCT, None, True),
    ],
)
def test_only_what_shows_lets_go_of_pages(monkeypatch: pytest.MonkeyPatch, old: Any, new: Any, forgotten: bool) -> None:
    kept = FakeCache()
    monkeypatch.setattr(invalidation, "connected", lambda: kept)
    images = {name: image for name, image in (("OldImage", old), ("NewImage", new)) if image}
    change = {"Keys": {"pk": {"S": "PRODUCT#p1"}, "sk": {"S": "PRODUCT"}}, **images}
    invalidation.handler({"Records": [{"eventName": "MODIFY", "dynamodb": change}]}, context())
    assert (kept.get(catalogue.GENERATION) == "1") is forgotten
