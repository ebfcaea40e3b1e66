"""A scope names whose room in the cloud: one account in one region."""

from typing import NamedTuple


class Scope(NamedTuple):
    """An account (12 digits) and a region; the two leading columns of nearly every table."""

    account: str
    region: str
