"""The groups that a query's SOURCE selects."""

from __future__ import annotations

from cloudarium.services.logs import records
from cloudarium.services.logs.errors import MalformedQuery
from cloudarium.services.logs.insights.syntax import Source, parse
from cloudarium.services.logs.records.groups import Group
from cloudarium.shared.errors import NotBuilt
from cloudarium.shared.scope import Scope
from cloudarium.store import Store

_MOST = 10_000


def selected(store: Store, scope: Scope, source: Source) -> list[Group]:
    """The groups whose names begin as a SOURCE says."""
    classes = () if source.log_class is None else (source.log_class,)
    found: dict[int, Group] = {}
    for prefix in source.prefixes:
        some = records.groups(store, *scope, after="", limit=_MOST, prefix=prefix, classes=classes)
        found |= {group.id: group for group in some}
    return list(found.values())


def names_in(store: Store, scope: Scope, text: object) -> list[str]:
    """The groups that a query's text is about; none for a text without SOURCE, or which is no query."""
    if not isinstance(text, str) or not text.lstrip().lower().startswith("source"):
        return []
    try:
        source = parse(text).source
    except (MalformedQuery, NotBuilt):
        return []
    if source is None:
        return []
    return [*source.names, *(group.name for group in selected(store, scope, source))]
