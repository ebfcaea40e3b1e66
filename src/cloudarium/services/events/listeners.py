"""Who listens to what AWS's own services tell: the rules and archives of an account's default bus."""

from __future__ import annotations

from cloudarium.services.events import matching
from cloudarium.services.events.resources import DEFAULT
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

DELIVERY = "Emit"


def listens(store: Store, scope: Scope) -> bool:
    """Whether the default bus has a rule that matches events, or an archive."""
    return matching.has_listeners(store, scope, DEFAULT)
