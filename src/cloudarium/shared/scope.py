"""A scope names whose room in the cloud: one account in one region."""

from functools import lru_cache
from typing import NamedTuple


class Scope(NamedTuple):
    """An account (12 digits) and a region; the two leading columns of nearly every table."""

    account: str
    region: str


@lru_cache(maxsize=1024)  # every call asks for one of very few
def scope_of(account: str, region: str) -> Scope:
    """The scope of an account in a region."""
    return Scope(account, region)
